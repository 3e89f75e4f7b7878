/**
 * Filters: how often a real one is wrong, beside the formula; and what it is worth to share the same bits among the levels
 * of a tree in one way or another.
 *
 *   F1  Only keys that are nowhere are looked up, so every data block that is read is a filter's mistake.
 */
import { SeededRandom } from '../base/runtime';
import { falsePositiveRate, probesFor } from '../lsm/table/bloom_filter';
import { monkeyBits } from '../lsm/filter_allocation';
import type { FilterOptions } from '../lsm';
import type { BudgetNote, BudgetQuestion, FiltersQuestion, LsmNote, SplitNote } from '../protocol/lsm';
import { isLsmEvent, loadShuffled, MeasuredLsm } from './lsm_measured';
import { missingKey } from './lsm_reads';

const LOOKUPS_IN_SLICE = 1000;
const CACHE_BYTES = 64 * 2 ** 20;
/** One table holds all keys. */
const ONE_MEMTABLE_BYTES = 16 * 2 ** 20;
/** Three levels and more from a few thousand keys; and tiers, since each of their runs reaches over all keys. */
const GAME = { memtableBytes: 8192, policy: { kind: 'tiered', ratio: 4 } } as const;
const CURVE_POINTS = 161;
const CURVE_BITS_MAX = 16;

export function* measureFilters(question: FiltersQuestion, post: (note: LsmNote) => void): Generator<number> {
  post({ note: 'curve', points: curve() });
  let done = 0;
  const game = yield* atStep(done, gameTree(question, { kind: 'none', bitsPerKey: 0, allocation: 'equal' }));
  post(budgetOf(game.lsm, question.averageBits));
  yield ++done;
  for (const bits of question.bits) {
    const filter: FilterOptions = { kind: bits === 0 ? 'none' : 'full', bitsPerKey: bits, allocation: 'equal' };
    const { lsm } = yield* atStep(done, loaded(question, filter, ONE_MEMTABLE_BYTES));
    let asked = 0;
    let passed = 0;
    for (const key of missing(question)) {
      lsm.store.get(key);
      if (++asked % LOOKUPS_IN_SLICE === 0) yield done;
    }
    const { reads } = lsm.stats();
    // A table without a filter is read for every lookup.
    passed = bits === 0 ? asked : reads.filterFalsePositives;
    asked = bits === 0 ? asked : reads.filterFalsePositives + reads.filterNegatives;
    post({ note: 'rate', bits, asked, passed, expected: rateOf(bits) });
    yield ++done;
  }
}

/** The same tree once for each split. */
export function* measureSplits(question: BudgetQuestion, post: (note: SplitNote) => void): Generator<number> {
  let done = 0;
  for (const { bits, name } of question.splits) {
    const average = bits.reduce((sum, one) => sum + one, 0) / Math.max(1, bits.length);
    const { blocks, lsm } = yield* atStep(
      done,
      gameTree(question, {
        kind: 'full',
        bitsPerKey: average,
        allocation: 'equal',
        byLevel: bits,
      }),
    );
    yield done;
    const before = blocks();
    let lookups = 0;
    for (const key of missing(question)) {
      lsm.store.get(key);
      if (++lookups % LOOKUPS_IN_SLICE === 0) yield done;
    }
    const filterBytes = lsm.stats().pinnedBytes;
    post({ note: 'split', name, bits, filterBytes, lookups, measured: (blocks() - before) / lookups });
    yield ++done;
  }
}

export const rateOf = (bitsPerKey: number): number =>
  bitsPerKey === 0 ? 1 : falsePositiveRate(bitsPerKey, 1, probesFor(bitsPerKey));

const curve = (): { bits: number; rate: number }[] =>
  Array.from({ length: CURVE_POINTS }, (_, i) => {
    const bits = (CURVE_BITS_MAX * i) / (CURVE_POINTS - 1);
    return { bits, rate: rateOf(bits) };
  });

function budgetOf(lsm: MeasuredLsm, averageBits: number): BudgetNote {
  const levels = lsm
    .stats()
    .levels.map(({ entries, level, runs }) => ({ level, runs, entries }))
    .filter(({ entries }) => entries > 0);
  const classes = levels.map(({ entries, runs }) => ({ length: entries / runs, runs }));
  const equal = levels.map(() => averageBits);
  return { note: 'budget', levels, averageBits, equal, monkey: monkeyBits(classes, averageBits) };
}

/** Slices of a load count nothing. */
function* atStep(done: number, load: Generator<number, Loaded>): Generator<number, Loaded> {
  for (;;) {
    const next = load.next();
    if (next.done === true) return next.value;
    yield done;
  }
}

interface Loaded {
  readonly lsm: MeasuredLsm;
  /** Data blocks that were looked at so far. */
  readonly blocks: () => number;
}

function* gameTree(question: FiltersQuestion | BudgetQuestion, filter: FilterOptions): Generator<number, Loaded> {
  return yield* loaded(question, filter, GAME.memtableBytes);
}

function* loaded(
  { keys, seed, valueBytes }: Pick<FiltersQuestion, 'keys' | 'seed' | 'valueBytes'>,
  filter: FilterOptions,
  memtableBytes: number,
): Generator<number, Loaded> {
  let looked = 0;
  const lsm = new MeasuredLsm({
    ...{ policy: GAME.policy, memtableBytes, filter, cacheBytes: CACHE_BYTES, blockBytes: 1024, seed },
    logBytes: 1024 * 1024,
    listen: (event) => {
      if (isLsmEvent(event) && event.kind === 'lsm.block_read' && event.block === 'data') looked++;
    },
  });
  yield* loadShuffled(lsm, keys, valueBytes, seed);
  return { lsm, blocks: () => looked };
}

/** F1. No key is asked for twice: that would tell nothing new. */
function* missing({ keys, lookups, seed }: Pick<FiltersQuestion, 'keys' | 'lookups' | 'seed'>): Generator<Uint8Array> {
  const random = new SeededRandom(seed + 7);
  // The last key is left out: nothing lies behind it, and no table would be asked.
  for (let i = 0; i < lookups; i++) yield missingKey(random.below(keys - 1), i);
}
