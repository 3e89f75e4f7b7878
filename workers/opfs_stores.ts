/** The stores of this origin: the learner's, and scratch folders that forks and drills come and go in. */
import { EngineError } from '../src/base/errors';
import { findOwner } from '../src/storage/opfs/ownership';
import { Scratch } from '../src/storage/opfs/scratch';
import { OpfsStorage, type OpfsOptions } from '../src/storage/opfs/storage';

const LEARNER = 'learner';
/** What forks and drills of all open labs may hold together. */
const SCRATCH_BYTES_MAX = 512 * 1024 * 1024;

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const now = (): number => Date.now();
export const uniqueName = (): string => crypto.randomUUID();
const tabLabel = (): string => `the tab opened at ${new Date(performance.timeOrigin).toLocaleTimeString()}`;

export function learnerStorage(calls: Pick<OpfsOptions, 'onAskedToRelease' | 'onLost'>): OpfsStorage {
  return new OpfsStorage({ path: [LEARNER], label: tabLabel(), wait, now, ...calls });
}

/** Who has the learner's store, in words. */
export async function learnerOwner(): Promise<string | undefined> {
  const owner = await findOwner(LEARNER, wait);
  return owner && `${owner.label}, since ${new Date(owner.sinceMs).toLocaleTimeString()}`;
}

export function startScratch(): Promise<Scratch> {
  return Scratch.start({ session: uniqueName(), capBytes: SCRATCH_BYTES_MAX, wait, now });
}

/** The page says which folder; it may say no other than one of scratch. */
export function scratchStorage(folder: string): OpfsStorage {
  const path = folder.split('/');
  if (path.length !== 3 || path[0] !== 'scratch') {
    throw new EngineError('storage_unavailable', `${folder} is no scratch folder.`);
  }
  return new OpfsStorage({ path, label: 'a drill', wait, now });
}
