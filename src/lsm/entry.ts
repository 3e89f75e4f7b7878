/**
 * What memtables and tables hold of a key: its newest value, or that it was deleted (a tombstone), and since when.
 *
 * Of one memtable or table each key has at most one entry. Of several, the one with the highest LSN is in force: newer
 * memtables and tables have it, because a table never gets entries newer than those of a memtable that came after it.
 */
import type { Lsn } from '../base/ids';

export interface VersionedEntry {
  readonly key: Uint8Array;
  /** Of the batch that wrote it. */
  readonly lsn: Lsn;
  /** Undefined for a tombstone. */
  readonly value: Uint8Array | undefined;
}

/**
 * One pass over entries in key order, or against it. The arrays are the source's own, good until it is closed; those of a
 * merge only until the one after the next is asked for (E1 in `table/reused_entries.ts`).
 */
export interface EntryCursor {
  next(): VersionedEntry | undefined;
  close(): void;
}

/** What an entry counts as in a memtable: key, value, and what is kept beside them. */
export const entryBytes = ({ key, value }: Pick<VersionedEntry, 'key' | 'value'>): number =>
  key.length + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
export const ENTRY_OVERHEAD_BYTES = 16;
