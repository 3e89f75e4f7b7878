/** An environment for tests: scratch and learner's files in memory, which several hosts can share as workers would. */
import { EngineError } from '../../base/errors';
import { ManualSchedule } from '../../base/runtime';
import { closeAll, type FileSet } from '../../storage/file';
import { MemoryStorage } from '../../storage/memory';
import type { Port } from '../commit_port';
import type { HostEnvironment } from '../environment';

/** What outlives a worker: the files. */
export class SharedPlaces {
  readonly stores = new Map<string, MemoryStorage>();
  readonly #open = new Map<string, FileSet>();
  #added = 0;

  open(name: string): FileSet {
    let store = this.stores.get(name);
    if (store === undefined) this.stores.set(name, (store = new MemoryStorage()));
    const files = store.openNow({ create: true });
    this.#open.set(name, files);
    return files;
  }

  add(): string {
    return `scratch/test/store-${++this.#added}`;
  }

  /** What the end of a worker does: its handles are let go, whatever it was doing. */
  workerDied(): void {
    for (const files of this.#open.values()) closeAll(files);
    this.#open.clear();
  }
}

export function testEnvironment(
  places: SharedPlaces,
  change: Partial<HostEnvironment> = {},
): HostEnvironment & { readonly hops: ManualSchedule } {
  const hops = new ManualSchedule();
  return {
    storage: 'opfs',
    openLearner: () => answer(() => places.open('learner')),
    findLearnerOwner: () => Promise.resolve(undefined),
    addScratch: () => answer(() => places.add()),
    openScratch: (folder) => answer(() => places.open(folder)),
    removeScratch: (folder) => answer(() => void places.stores.delete(folder)),
    hop: hops.schedule,
    hops,
    pause: () => Promise.resolve(),
    now: () => 0,
    drawSeed: () => 1,
    ...change,
  };
}

export const inUse = (): EngineError => new EngineError('storage_in_use', 'Another tab has the store.');

function answer<T>(call: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(call());
  });
}

/** A port that keeps what is posted to it; what that is, is the test's to say. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function listeningPort<T>(): Port & { readonly heard: T[] } {
  const heard: T[] = [];
  return {
    heard,
    postMessage: (message) => void heard.push(structuredClone(message) as T),
    addEventListener: () => undefined,
    start: () => undefined,
    close: () => undefined,
  };
}
