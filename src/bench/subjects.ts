/** Everything that takes part. A new one: a class in a file of its own, and a line here. */
import { PEER_CACHE_BYTES, PEER_LSM, PEER_PAGE_BYTES } from './peers';
import type { StoreOptions } from './open_store';
import type { Journal } from './sqlite_subject';
import type { Subject } from './subject';

export const GROUPS = ['spine', 'btree', 'lsm', 'mvcc'] as const;
export type Group = (typeof GROUPS)[number];

/** Of the worker: with the trace seam in the code and no sink, as the lab ships, or with the emits compiled out. */
export type Build = 'with_seam' | 'without_seam';

export interface SubjectEntry {
  /** It takes part when any of them is run, once; its rows come under the first that is. */
  readonly groups: readonly Group[];
  readonly name: string;
  readonly build: Build;
  /** @param folder a folder name of its own in the private file system */
  make(folder: string): Promise<Subject>;
}

const makeStore = async (folder: string): Promise<Subject> =>
  new (await import('./store_subject')).StoreSubject(folder);
const makeBare = async (folder: string): Promise<Subject> => new (await import('./bare_subject')).BareSubject(folder);

const TREE_OPTIONS: StoreOptions = {
  format: { tree: { pageBytes: PEER_PAGE_BYTES, protection: 'copy_on_write' } },
  tuning: { poolBytes: PEER_CACHE_BYTES },
};
const LSM_OPTIONS: StoreOptions = {
  format: { lsm: { filterPrefix: { kind: 'whole_key' } } },
  tuning: { lsm: PEER_LSM },
};

const makeTree = async (folder: string): Promise<Subject> =>
  new (await import('./store_subject')).StoreSubject(folder, TREE_OPTIONS);
const makeLsm = async (folder: string): Promise<Subject> =>
  new (await import('./lsm_subject')).LsmSubject(folder, LSM_OPTIONS);
const makeVersions =
  (options: StoreOptions = {}) =>
  async (folder: string): Promise<Subject> =>
    new (await import('./versions_subject')).VersionsSubject(folder, options);
const makeSqlite =
  (journal: Journal) =>
  async (folder: string): Promise<Subject> =>
    new (await import('./sqlite_subject')).SqliteSubject(folder, journal);
const makeIndexedDb = async (folder: string): Promise<Subject> =>
  new (await import('./indexeddb_subject')).IndexedDbSubject(folder);

export const STORE = 'store';
export const STORE_WITHOUT_SEAM = 'store without trace seam';
export const BARE = 'bare';
export const TREE = 'B-tree';
export const LSM = 'LSM tree';
export const VERSIONS_IN_MAP = 'store, versions';
export const VERSIONS_IN_TREE = 'B-tree, versions';
export const VERSIONS_IN_LSM = 'LSM tree, versions';
export const SQLITE_ROLLBACK = 'SQLite, rollback journal';
export const SQLITE_WAL = 'SQLite, write-ahead log';
export const INDEXED_DB = 'IndexedDB';

export const SUBJECTS: readonly SubjectEntry[] = [
  { groups: ['spine'], name: STORE, build: 'with_seam', make: makeStore },
  { groups: ['spine'], name: STORE_WITHOUT_SEAM, build: 'without_seam', make: makeStore },
  { groups: ['spine', 'lsm'], name: BARE, build: 'with_seam', make: makeBare },
  { groups: ['btree'], name: TREE, build: 'with_seam', make: makeTree },
  { groups: ['lsm'], name: LSM, build: 'with_seam', make: makeLsm },
  { groups: ['mvcc'], name: VERSIONS_IN_MAP, build: 'with_seam', make: makeVersions() },
  { groups: ['mvcc'], name: VERSIONS_IN_TREE, build: 'with_seam', make: makeVersions(TREE_OPTIONS) },
  { groups: ['mvcc'], name: VERSIONS_IN_LSM, build: 'with_seam', make: makeVersions(LSM_OPTIONS) },
  { groups: ['btree', 'lsm'], name: SQLITE_ROLLBACK, build: 'with_seam', make: makeSqlite('rollback') },
  { groups: ['btree', 'lsm'], name: SQLITE_WAL, build: 'with_seam', make: makeSqlite('wal') },
  { groups: ['btree', 'lsm'], name: INDEXED_DB, build: 'with_seam', make: makeIndexedDb },
];
