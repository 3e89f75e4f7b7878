/** What a larger buffer pool saves (`cached_reads.ts`), of a B-tree. */
import type { MemoryQuestion } from '../protocol/btree';
import type { MemoryNote, MemoryPrices } from '../protocol/prices';
import { memoryPrices } from './priced_devices';
import { loadAscending, MeasuredTree } from './btree_measured';
import { measureShares, NotedReads } from './cached_reads';

const LOG_BYTES = 4 * 2 ** 20;
const LOAD_POOL_BYTES = 64 * 2 ** 20;
/** No pool has fewer frames. */
const FRAMES_MIN = 32;

export function* measureMemory(
  question: MemoryQuestion,
  post: (note: MemoryPrices | MemoryNote) => void,
): Generator<number> {
  const { keys, pageBytes, seed, valueBytes } = question;
  post(memoryPrices(pageBytes));
  const reads = new NotedReads();
  const tree = new MeasuredTree({
    pageBytes,
    protection: 'copy_on_write',
    poolBytes: LOAD_POOL_BYTES,
    seed,
    logBytes: LOG_BYTES,
    checkpointLogBytes: LOG_BYTES / 2,
    traced: false,
    device: reads,
  });
  for (const _ of loadAscending(tree, keys, valueBytes, seed)) yield 0;
  const cached = {
    get store() {
      return tree.store;
    },
    blockBytes: pageBytes,
    blocks: () => tree.stats().pages,
    reopen(poolBytes: number): number {
      tree.reopen(poolBytes);
      return Math.max(FRAMES_MIN, Math.floor(poolBytes / pageBytes));
    },
    looked: () => tree.stats().hits + tree.stats().misses,
  };
  yield* measureShares(question, cached, reads, post);
}
