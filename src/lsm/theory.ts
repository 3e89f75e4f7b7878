/**
 * What each policy costs, in closed form: the lines that measured figures are plotted beside.
 *
 * A tree over D bytes, with a memtable of M bytes and size ratio T; keys written evenly at random, each once.
 *
 *                       write amplification                    runs that a read asks       bytes kept for each byte of data
 *     leveled           1 + (1 + B1/B0) + sum (1 + B(i+1)/Bi)  l0 + L                      1 + (all above the last) / last
 *     tiered            levels                                 T a level                   up to the runs of the last level
 *     lazy leveling     levels above the last                  T a level, and 1            1 + (all above the last) / last
 *                       + 1 + Blast / Babove
 *
 * *Writes.* Every byte is written once by the flush. From a leveled level of Bi bytes to the next, of B(i+1), a byte takes
 * B(i+1)/Bi others with it that it falls among, T of them where both are full (O'Neil et al. 1996, section 3: a merge reads
 * and writes as much of the larger component as the ratio says). A tier writes each byte once, whatever is there (Dayan,
 * Idreos 2018, section 2). A lazy tree does so down to the last level; all tiers of the level above it, together, then fall
 * among what the last one has.
 *
 * *Reads.* At worst one stop in each run. A lookup of a key that is nowhere reads a block where a filter is wrong: the sum
 * of the rates (`filter_allocation.ts`). One of a key that is in the last level reads that block and, of the others, the same.
 *
 * *Space.* In a level above the last, every entry may have an older one in the last level. In a tiered last level, every run
 * may have all keys (Dayan, Idreos 2018, table 1: O(1/T) for leveled and lazy, O(T) for tiered).
 *
 * What is left out, and which way it moves the figures: leveled levels are taken as full, spread evenly, whenever more comes
 * down, which bounds what they write from above: one that is merged whole grows from nothing, hence (T - 1) / 2 a level in
 * Dayan, Idreos 2018, equation 12, and of one that is merged table by table the densest ranges go first (Lim, Andersen,
 * Kaminsky 2016: the bound is 1.8 to 3.5 times too high for LevelDB). Choosing tables by least overlap, and moves without a
 * merge, write less as well; keys written again meet higher up, which writes less and keeps less; the edges of tables
 * overlap one table more than their bytes say, which writes more; filters, indexes and block trailers are bytes of their own.
 */
import { unreachable } from '../base/assert';
import { falsePositiveRate, monkeyBits, wastedReads, type RunClass } from './filter_allocation';
import { lazyLimit } from './lazy_leveling_policy';
import { leveledLimit } from './leveled_policy';
import type { FilterOptions, PolicyOptions } from './options';
import { tieredRunBytes } from './tiered_policy';

export interface TheoryInput {
  readonly policy: PolicyOptions;
  readonly memtableBytes: number;
  /** Keys and values of the live entries. */
  readonly dataBytes: number;
}

export interface Theory {
  /** Runs of each level when it is full, and of the last one when the tree has `dataBytes`: level 0 first. */
  readonly shape: readonly RunClass[];
  /** Bytes written to tables of each level for each byte written by the user; the flush is level 0's. */
  readonly writesByLevel: readonly number[];
  readonly writeAmplification: number;
  /** At worst. */
  readonly runs: number;
  /** Bytes in tables for each live byte, at worst. */
  readonly spaceAmplification: number;
}

export function theoryOf(input: TheoryInput): Theory {
  const shape = shapeOf(input);
  const writesByLevel = shape.map((_, level) => (level === 0 ? 1 : writesInto(level, shape, input.policy)));
  return {
    shape,
    writesByLevel,
    writeAmplification: writesByLevel.reduce((sum, writes) => sum + writes, 0),
    runs: shape.reduce((sum, { runs }) => sum + runs, 0),
    spaceAmplification: spaceOf(shape),
  };
}

/** Blocks that a lookup of a key that is nowhere reads in vain, by the filters' options. */
export function wastedReadsOf({ shape }: Pick<Theory, 'shape'>, filter: FilterOptions): number {
  if (filter.kind === 'none') return shape.reduce((sum, { runs }) => sum + runs, 0);
  if (filter.allocation === 'monkey') return wastedReads(shape, monkeyBits(shape, filter.bitsPerKey));
  return shape.reduce((sum, { runs }) => sum + runs * falsePositiveRate(filter.bitsPerKey), 0);
}

/** Levels are filled from the top; the last one has what is left. */
function shapeOf({ dataBytes, memtableBytes, policy }: TheoryInput): RunClass[] {
  const shape: RunClass[] = [];
  let left = dataBytes;
  for (let level = 0; level === 0 || left > 0; level++) {
    const full = fullLevel(level, memtableBytes, policy);
    const bytes = Math.min(left, full.length * full.runs);
    const isLast = left <= full.length * full.runs;
    // Of a last level of tiers, fewer runs are there; of one run, less.
    if (!isLast) shape.push(full);
    else if (full.runs > 1) shape.push({ length: full.length, runs: Math.max(1, Math.ceil(bytes / full.length)) });
    else shape.push({ length: bytes, runs: 1 });
    left -= bytes;
  }
  if (policy.kind === 'lazy_leveling' && shape.length > 1) lazyEnd(shape, memtableBytes, policy.ratio, dataBytes);
  return shape;
}

function fullLevel(level: number, memtableBytes: number, policy: PolicyOptions): RunClass {
  switch (policy.kind) {
    case 'leveled':
      if (level === 0) return { length: memtableBytes, runs: policy.l0Tables };
      return { length: leveledLimit(level, memtableBytes, policy), runs: 1 };
    case 'tiered':
    case 'lazy_leveling':
      return { length: tieredRunBytes(level, memtableBytes, policy.ratio), runs: policy.ratio };
    default:
      return unreachable(policy);
  }
}

/** The last level is one run, of all that the tiers above it do not have; a level deeper only if that is more than it may. */
function lazyEnd(shape: RunClass[], memtableBytes: number, ratio: number, dataBytes: number): void {
  const above = (): number => shape.slice(0, -1).reduce((sum, { length, runs }) => sum + length * runs, 0);
  const last = shape.length - 1;
  shape[last] = { length: Math.max(dataBytes - above(), 1), runs: 1 };
  if (shape[last].length > lazyLimit(last, memtableBytes, ratio)) {
    shape[last] = { length: tieredRunBytes(last, memtableBytes, ratio), runs: ratio };
    shape.push({ length: Math.max(dataBytes - above(), 1), runs: 1 });
  }
}

const bytesIn = ({ length, runs }: RunClass): number => length * runs;

function writesInto(level: number, shape: readonly RunClass[], policy: PolicyOptions): number {
  const isMerged = policy.kind === 'leveled' || (policy.kind === 'lazy_leveling' && level === shape.length - 1);
  return isMerged ? 1 + bytesIn(shape[level]!) / bytesIn(shape[level - 1]!) : 1;
}

function spaceOf(shape: readonly RunClass[]): number {
  const last = shape.at(-1)!;
  const above = shape.slice(0, -1).reduce((sum, one) => sum + bytesIn(one), 0);
  return last.runs + above / last.length;
}
