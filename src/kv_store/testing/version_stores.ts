/** For tests: small stores with versions, over each index, and text in and out of them. */
import { decodeText, encodeText } from '../../base/bytes';
import { WHOLE_KEY, type PolicyOptions } from '../../lsm';
import type { Transaction } from '../../mvcc';
import type { FileSet } from '../../storage/file';
import { MemoryStorage } from '../../storage/memory';
import type { OpenOptions } from '../open_options';
import type { Store } from '../store';
import type { FormatOptions } from '../types';
import { openSmall, SMALL_FORMAT, type SmallStore } from './small_store';

export const MAP: FormatOptions = { ...SMALL_FORMAT, versions: true };
export const TREES = (['copy_on_write', 'double_write', 'log_images'] as const).map((protection): FormatOptions => ({
  ...MAP,
  logBytes: 16 * 1024,
  tree: { pageBytes: 256, protection },
}));
export const LSM: FormatOptions = { ...MAP, logBytes: 16 * 1024, lsm: { filterPrefix: WHOLE_KEY } };
export const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
];
export interface Tried {
  readonly name: string;
  readonly format: FormatOptions;
  readonly tuning?: NonNullable<OpenOptions['tuning']>;
}
/** Memtables and tables of a few commits: dozens of them fill three levels. */
export const LSMS = POLICIES.map((policy): Tried => {
  const lsm = { memtableBytes: 600, cacheBytes: 1024, blockBytes: 128, tableBytes: 512, restartInterval: 2, policy };
  return { name: `LSM tree, ${policy.kind}`, format: LSM, tuning: { lsm } };
});
export const IN_PLACE = [MAP, ...TREES].map((format): Tried => ({ name: format.tree?.protection ?? 'map', format }));
export const FORMATS = [...IN_PLACE, ...LSMS];

export const memory = (storage = new MemoryStorage()): FileSet => storage.openNow({ create: true });
export const open = (files: FileSet, salts: number, options: Partial<OpenOptions> = {}): SmallStore =>
  openSmall(files, salts, { format: MAP, ...options });
export const get = (from: Store | Transaction, key: string): string | undefined => {
  const value = from.get(encodeText(key));
  return value && decodeText(value);
};
export const put = (transaction: Transaction, key: string, value: string): void =>
  transaction.put(encodeText(key), encodeText(value));
export const entriesOf = (transaction: Transaction): string[] =>
  [...transaction.scan()].map(({ key, value }) => `${decodeText(key)}=${decodeText(value)}`);
