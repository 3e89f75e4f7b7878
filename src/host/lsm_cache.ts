/** What a larger block cache saves (`cached_reads.ts`), of an LSM tree. */
import type { MemoryNote, MemoryPrices } from '../protocol/prices';
import type { CacheQuestion } from '../protocol/lsm';
import { memoryPrices } from './priced_devices';
import { measureShares, NotedReads } from './cached_reads';
import { loadShuffled, MeasuredLsm } from './lsm_measured';

const LOAD_CACHE_BYTES = 64 * 2 ** 20;
/** Four levels of 20,000 keys. */
const TREE = {
  memtableBytes: 32 * 1024,
  policy: { kind: 'leveled', ratio: 4, l0Tables: 4 },
  filter: { kind: 'full', bitsPerKey: 10, allocation: 'equal' },
} as const;

export function* measureCache(
  question: CacheQuestion,
  post: (note: MemoryPrices | MemoryNote) => void,
): Generator<number> {
  const { blockBytes, keys, seed, valueBytes } = question;
  post(memoryPrices(blockBytes));
  const reads = new NotedReads();
  const lsm = new MeasuredLsm({ ...TREE, cacheBytes: LOAD_CACHE_BYTES, blockBytes, seed, device: reads });
  for (const _ of loadShuffled(lsm, keys, valueBytes, seed)) yield 0;
  const cached = {
    get store() {
      return lsm.store;
    },
    blockBytes,
    blocks: () => Math.ceil(lsm.stats().tableBytes / blockBytes),
    reopen(cacheBytes: number): number {
      lsm.reopen(cacheBytes);
      return Math.floor(cacheBytes / blockBytes);
    },
    looked: () => lsm.stats().cache.hits + lsm.stats().cache.misses,
  };
  yield* measureShares(question, cached, reads, post);
}
