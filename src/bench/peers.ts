/** What the engines and their peers share: the same page size and the same bytes of cache for each. */
import type { LsmTuning } from '../lsm';

export const PEER_PAGE_BYTES = 4096;
export const PEER_CACHE_BYTES = 16 * 1024 * 1024;

/**
 * An LSM tree keeps in memory what was written last, besides blocks that were read: one memtable that fills, and one that
 * waits to be flushed. Both come out of the same bytes.
 */
const MEMTABLE_BYTES = 2 * 1024 * 1024;
export const PEER_LSM: Partial<LsmTuning> = {
  memtableBytes: MEMTABLE_BYTES,
  cacheBytes: PEER_CACHE_BYTES - 2 * MEMTABLE_BYTES,
  blockBytes: PEER_PAGE_BYTES,
};
