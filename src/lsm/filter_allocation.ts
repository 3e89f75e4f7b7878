/**
 * How the runs of a tree share the bits of its filters.
 *
 * A Bloom filter with b bits for each of its keys says "maybe" of a key that is not there with probability
 * p = e^(-b (ln 2)^2) (Bloom 1970). A lookup of a key that is nowhere asks every run, and reads a block in vain as often as
 * all these p add up to. The usual choice, the same b for every run, spends nearly all bits on the last level, since nearly
 * all keys are there; one stop of many. Taking a few bits a key from it buys the small runs very many.
 *
 * Monkey (Dayan, Athanassoulis, Idreos 2017, section 4) asks for the least sum. For runs with n_j entries:
 *
 *     least   sum p_j      where   sum n_j b_j = M,   b_j = -ln p_j / (ln 2)^2
 *
 * With a multiplier l for the memory, the derivative by p_j is 1 - l n_j / p_j = 0, so p_j = l n_j: *the longer a run, the
 * more often its filter may be wrong, in proportion.* All that is left is l, from the memory:
 *
 *     ln l = -(M (ln 2)^2 + sum n_j ln n_j) / sum n_j
 *
 * A p over 1 makes no sense: such a run gets no filter, and the others share what there is; the longest ones first, until
 * no p is over 1. Nothing here asks how runs are arranged, so the same rule is right for leveled trees, tiered ones (many
 * runs of equal length a level) and lazy leveling (Dayan, Idreos 2018, section 4, derives it once more).
 */
import { assert, unreachable } from '../base/assert';
import { lazyLastLevel, lazyLimit } from './lazy_leveling_policy';
import { leveledLimit } from './leveled_policy';
import type { LsmTuning } from './options';
import { tieredRunBytes } from './tiered_policy';
import { bytesOf, type Version } from './version';

const LN2_SQUARED = Math.LN2 ** 2;

/** Runs of one length. The unit does not matter, but for the bits that are then meant by it: entries, or bytes. */
export interface RunClass {
  readonly length: number;
  readonly runs: number;
}

/** How often a filter with so many bits a key says "maybe" of a key that is not there. */
export const falsePositiveRate = (bitsPerKey: number): number => Math.exp(-bitsPerKey * LN2_SQUARED);
export const bitsForRate = (rate: number): number => -Math.log(rate) / LN2_SQUARED;

/** Blocks read in vain by a lookup of a key that is nowhere. */
export function wastedReads(classes: readonly RunClass[], bitsPerKey: readonly number[]): number {
  return classes.reduce((sum, { runs }, i) => sum + runs * falsePositiveRate(bitsPerKey[i]!), 0);
}

/** Monkey: bits a key for each class of runs, `averageBits` over all keys. */
export function monkeyBits(classes: readonly RunClass[], averageBits: number): number[] {
  assert(averageBits >= 0, 'there is no memory below none');
  const keysOf = ({ length, runs }: RunClass): number => length * runs;
  const memory = averageBits * classes.reduce((sum, one) => sum + keysOf(one), 0);
  // Longest first: if any rate comes out over 1, the longest run's does.
  const order = classes.map((_, i) => i).filter((i) => keysOf(classes[i]!) > 0);
  order.sort((a, b) => classes[b]!.length - classes[a]!.length);
  const bits = classes.map(() => 0);
  for (let first = 0; first < order.length; first++) {
    const filtered = order.slice(first);
    let keys = 0;
    let weighted = 0;
    for (const i of filtered) {
      keys += keysOf(classes[i]!);
      weighted += keysOf(classes[i]!) * Math.log(classes[i]!.length);
    }
    const logMultiplier = -(memory * LN2_SQUARED + weighted) / keys;
    if (logMultiplier + Math.log(classes[filtered[0]!]!.length) > 0) continue; // Over 1: without a filter.
    for (const i of filtered) bits[i] = Math.max(0, -(logMultiplier + Math.log(classes[i]!.length)) / LN2_SQUARED);
    break;
  }
  return bits;
}

/**
 * The runs of the tree when all levels above the last are full: the shape that filters are built for. What a level has at
 * the moment says little: a table lives on while its level fills and empties many times.
 */
export function fullShape(version: Version, tuning: LsmTuning, levels = version.levels.length): RunClass[] {
  const { memtableBytes, policy } = tuning;
  const last = Math.max(levels, 1) - 1;
  const held = (level: number): number => bytesOf(version.levels[level] ?? []);
  return Array.from({ length: last + 1 }, (_, level): RunClass => {
    switch (policy.kind) {
      case 'leveled': {
        if (level === 0) return { length: memtableBytes, runs: policy.l0Tables };
        const full = leveledLimit(level, memtableBytes, policy);
        return { length: level === last ? held(level) || full : full, runs: 1 };
      }
      case 'tiered':
        return { length: tieredRunBytes(level, memtableBytes, policy.ratio), runs: policy.ratio };
      case 'lazy_leveling': {
        if (level < Math.max(1, lazyLastLevel(version)) || level === 0) {
          return { length: tieredRunBytes(level, memtableBytes, policy.ratio), runs: policy.ratio };
        }
        return { length: held(level) || lazyLimit(level, memtableBytes, policy.ratio), runs: 1 };
      }
      default:
        return unreachable(policy);
    }
  });
}

/** Bits a key for the filter of a table that is built for a level; 0: none. */
export function bitsPerKeyOf(level: number, version: Version, tuning: LsmTuning): number {
  const { allocation, bitsPerKey, byLevel, kind } = tuning.filter;
  if (kind === 'none') return 0;
  if (byLevel) return byLevel[Math.min(level, byLevel.length - 1)] ?? 0;
  if (allocation === 'equal') return bitsPerKey;
  const shape = fullShape(version, tuning, Math.max(version.levels.length, level + 1));
  return monkeyBits(shape, bitsPerKey)[level]!;
}
