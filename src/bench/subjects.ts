/** Everything that takes part. A new one: a class in a file of its own, and a line here. */
import type { Subject } from './subject';

export const GROUPS = ['spine'] as const;
export type Group = (typeof GROUPS)[number];

/** Of the worker: with the trace seam in the code and no sink, as the lab ships, or with the emits compiled out. */
export type Build = 'with_seam' | 'without_seam';

export interface SubjectEntry {
  readonly group: Group;
  readonly name: string;
  readonly build: Build;
  /** @param folder a folder name of its own in the private file system */
  make(folder: string): Promise<Subject>;
}

const makeStore = async (folder: string): Promise<Subject> =>
  new (await import('./store_subject')).StoreSubject(folder);
const makeBare = async (folder: string): Promise<Subject> => new (await import('./bare_subject')).BareSubject(folder);

export const STORE = 'store';
export const STORE_WITHOUT_SEAM = 'store without trace seam';
export const BARE = 'bare';

export const SUBJECTS: readonly SubjectEntry[] = [
  { group: 'spine', name: STORE, build: 'with_seam', make: makeStore },
  { group: 'spine', name: STORE_WITHOUT_SEAM, build: 'without_seam', make: makeStore },
  { group: 'spine', name: BARE, build: 'with_seam', make: makeBare },
];
