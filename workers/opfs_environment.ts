/** The host's environment in a browser's worker: files on OPFS, or in memory where the browser has none for us. */
import { EngineError } from '../src/base/errors';
import { hopOver } from '../src/host/commit_port';
import type { HostEnvironment } from '../src/host/environment';
import { opfsAvailable } from '../src/storage/opfs/available';
import { findOwner } from '../src/storage/opfs/ownership';
import { Scratch } from '../src/storage/opfs/scratch';
import { OpfsStorage, type OpfsOptions } from '../src/storage/opfs/storage';

const LEARNER = 'learner';
/** What forks and drills of all open labs may hold together. */
const SCRATCH_BYTES_MAX = 512 * 1024 * 1024;

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const wallClock = (): number => Date.now();
const uniqueName = (): string => crypto.randomUUID();

/** `cleansScratch`: this is the worker of a lab, not of a drill, and deletes what dead labs left behind. */
export async function browserEnvironment(cleansScratch: boolean): Promise<HostEnvironment> {
  const opfs = await opfsAvailable(`probe-${uniqueName()}`);
  const hop = hopOver(new MessageChannel());
  let scratch: Promise<Scratch> | undefined;
  let stores = 0;
  const startScratch = (): Promise<Scratch> =>
    (scratch ??= Scratch.start({ session: uniqueName(), capBytes: SCRATCH_BYTES_MAX, wait, now: wallClock }));
  if (opfs.available && cleansScratch) await startScratch();

  return {
    storage: opfs.available ? 'opfs' : 'memory',
    ...(!opfs.available && { why: opfs.reason }),
    openLearner: (calls, takeOver) =>
      storageAt([LEARNER], { ...calls, label: tabLabel() }).open({ create: true, takeOver }),
    async findLearnerOwner() {
      const owner = await findOwner(LEARNER, wait);
      return owner && `${owner.label}, since ${new Date(owner.sinceMs).toLocaleTimeString()}`;
    },
    async addScratch(expectedBytes) {
      const started = await startScratch();
      const store = `store-${++stores}`;
      await started.add(store, expectedBytes);
      return started.path(store).join('/');
    },
    openScratch: (folder) => storageAt(scratchPath(folder), { label: 'a drill' }).open({ create: true }),
    removeScratch: (folder) => storageAt(scratchPath(folder), { label: 'a drill' }).remove(),
    hop,
    pause: () => new Promise((resolve) => hop(resolve)),
    now: () => performance.now(),
    drawSeed: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
  };
}

function storageAt(path: readonly string[], options: Pick<OpfsOptions, 'label'> & Partial<OpfsOptions>): OpfsStorage {
  return new OpfsStorage({ path, wait, now: wallClock, ...options });
}

/** The page says which folder; it may say no other than one of scratch. */
function scratchPath(folder: string): readonly string[] {
  const path = folder.split('/');
  if (path.length === 3 && path[0] === 'scratch') return path;
  throw new EngineError('storage_unavailable', `${folder} is no scratch folder.`);
}

const tabLabel = (): string => `the tab opened at ${new Date(performance.timeOrigin).toLocaleTimeString()}`;
