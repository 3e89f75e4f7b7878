/** The host's environment in a browser's worker: files on OPFS, or in memory where the browser has none for us. */
import { hopOver } from '../src/host/commit_port';
import type { HostEnvironment } from '../src/host/environment';
import { opfsAvailable } from '../src/storage/opfs/available';
import type { Scratch } from '../src/storage/opfs/scratch';
import { learnerOwner, learnerStorage, scratchStorage, startScratch, uniqueName } from './opfs_stores';

/** `cleansScratch`: this is the worker of a lab, not of a drill, and deletes what dead labs left behind. */
export async function browserEnvironment(cleansScratch: boolean): Promise<HostEnvironment> {
  const opfs = await opfsAvailable(`probe-${uniqueName()}`);
  const hop = hopOver(new MessageChannel());
  let scratch: Promise<Scratch> | undefined;
  let stores = 0;
  if (opfs.available && cleansScratch) await (scratch = startScratch());

  return {
    storage: opfs.available ? 'opfs' : 'memory',
    ...(!opfs.available && { why: opfs.reason }),
    openLearner: (calls, takeOver) => learnerStorage(calls).open({ create: true, takeOver }),
    findLearnerOwner: learnerOwner,
    async addScratch(expectedBytes) {
      const started = await (scratch ??= startScratch());
      const store = `store-${++stores}`;
      await started.add(store, expectedBytes);
      return started.path(store).join('/');
    },
    openScratch: async (folder) => scratchStorage(folder).open({ create: true }),
    removeScratch: async (folder) => scratchStorage(folder).remove(),
    hop,
    pause: () => new Promise((resolve) => hop(resolve)),
    now: () => performance.now(),
    drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
  };
}
