/**
 * How many extents a table may take: from above, because a checkpoint that was promised room has to find it (K3 in
 * `kv_store/store.ts`), and not by much, because what is kept free is space that nobody else gets.
 */
import type { LsmTuning } from './options';

/** What a data block takes besides its entries, and in the index besides a separator. */
const BLOCK_BYTES_BESIDES = 48;
/** No key is longer; a separator is at most a key. */
const KEY_BYTES_MAX = 1024;
/** Properties with two keys of any length, footer, trailers, a filter of the smallest size. */
export const TABLE_BYTES_BESIDES = 2 * KEY_BYTES_MAX + 512;

/** Extents for a table of entries that count as so many bytes (`entryBytes`). */
export function extentsForTable(
  entryBytes: number,
  entries: number,
  tuning: Pick<LsmTuning, 'blockBytes' | 'filter'>,
  bitsPerKeyMax: number,
  extentBytes: number,
): number {
  if (entries === 0) return 0;
  const { blockBytes, filter } = tuning;
  const blocks = Math.min(entries, Math.ceil(entryBytes / blockBytes) + 1);
  // All separators together are no longer than the keys, and each no longer than the longest key.
  const indexBytes = blocks * BLOCK_BYTES_BESIDES + Math.min(entryBytes, blocks * KEY_BYTES_MAX);
  const filterBytes =
    filter.kind === 'none' ? 0 : Math.ceil((entries * bitsPerKeyMax) / 8) + blocks * BLOCK_BYTES_BESIDES;
  return Math.ceil((entryBytes + indexBytes + filterBytes + TABLE_BYTES_BESIDES) / extentBytes) + 1;
}
