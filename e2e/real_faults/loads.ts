/** Loads drawn from a seed: many clients or one, batches or single puts, keys in order or at random. */
import type { SeededRandom } from '../../src/base/runtime';
import type { LoadSpec } from '../../src/protocol/drill';
import type { OpenRequest } from './page/messages';

const OVER_A_MAP: ReadonlySet<string> = new Set(['renderer_kill', 'tabs', 'zombie', 'power_cut_cache', 'quota']);

/**
 * A log so small that a load goes round it, and a checkpoint is always near. About half of the rows have a store over a
 * map, the others one over a B-tree, so that both are met every day.
 */
export function smallStore(row: string): OpenRequest {
  return { index: OVER_A_MAP.has(row) ? 'map' : 'btree', logBytes: 64 * 1024, extentBytes: 4096 };
}

export function drawLoad(random: SeededRandom, fixed: Partial<LoadSpec> = {}): LoadSpec {
  return {
    seed: random.next(),
    keys: (['sequential', 'random', 'zipf'] as const)[random.below(3)]!,
    keySpace: 300,
    valueBytes: 16 + random.below(300),
    batch: 1 + random.below(4),
    clients: [1, 4, 16][random.below(3)]!,
    relaxedEvery: [0, 1, 3, 7][random.below(4)]!,
    commits: 0,
    ...fixed,
  };
}
