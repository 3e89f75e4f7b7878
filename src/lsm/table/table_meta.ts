/** What is known of a table without reading it: the manifest keeps this of each table in force. */
import type { ExtentId, Lsn } from '../../base/ids';

/**
 * Tables are numbered in the order in which they were begun. A number that an edit named is never used again in the same
 * store; one that a crash left unnamed is, in the next life, under another salt.
 */
export type TableId = number;

export interface TableMeta {
  readonly id: TableId;
  /** S6: of the life in which it was written. */
  readonly salt: number;
  /** Byte p of the table lies at `p mod extentBytes` of extent `floor(p / extentBytes)` of these. */
  readonly extents: readonly ExtentId[];
  /** Length of the table; its footer ends there. The rest of the last extent is nobody's. */
  readonly bytes: number;
  readonly entries: number;
  readonly tombstones: number;
  /** Both are keys of the table. */
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly minLsn: Lsn;
  readonly maxLsn: Lsn;
}

/** Whose bytes they are, within one store. */
export type TableOwner = Pick<TableMeta, 'id' | 'salt'>;
