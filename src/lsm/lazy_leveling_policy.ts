/**
 * Lazy leveling: tiered, but for the last level, which is leveled.
 *
 *     level 0    | . | | . | | . |             up to `ratio` runs
 *     level 1    | ....... |  | ....... |      up to `ratio` runs
 *     level 2    | ........................... |       one run; most of the data
 *
 * Most of the entries are in the last level, so most of what a read and the space pay for tiering is paid there; and most
 * of what leveling writes is written above it, for little. So merge eagerly where it pays, and lazily elsewhere (Dayan,
 * Idreos 2018, "Dostoevsky", section 4): space as leveled, reads of what is not there nearly as leveled with Monkey's
 * filters, writes between the two.
 *
 * *Which level.* As tiered, among those above the last. The level just above it is merged into it: into the tables that
 * it overlaps. *When it grows.* Once the last level has more than it may, it becomes the last but one: its run moves
 * down as it is, and there is room for tiers above it.
 *
 * A last level with several runs was left by another policy: they become one first.
 */
import { inputOf, inWords, makePlan, type CompactionPlan } from './compaction_plan';
import type { LsmTuning, PolicyOptions } from './options';
import { fullestLevel, tieredRunBytes } from './tiered_policy';
import { bytesOf, overlapping, spanOf, type Version } from './version';

export type LazyLevelingOptions = Extract<PolicyOptions, { readonly kind: 'lazy_leveling' }>;

/** Where the leveled level is: nothing lies deeper, and it is never level 0. */
export const lazyLastLevel = ({ levels }: Version): number => Math.max(1, levels.length - 1);

/** What the last level may have, if it is that one: `ratio` times all of the level above it. */
export const lazyLimit = (level: number, memtableBytes: number, ratio: number): number =>
  ratio * tieredRunBytes(level, memtableBytes, ratio);

export function chooseLazyLeveling(
  version: Version,
  { memtableBytes }: LsmTuning,
  { ratio }: LazyLevelingOptions,
): CompactionPlan | undefined {
  const { levels } = version;
  const last = lazyLastLevel(version);
  const lastRuns = levels[last] ?? [];
  if (lastRuns.length > 1) {
    const inputs = lastRuns.map((run) => inputOf(last, run));
    const why = `level ${last} is the last, and has ${lastRuns.length} runs: they become one`;
    return makePlan(version, { fromLevel: last, toLevel: last, inputs, intoRun: undefined, why });
  }
  const target = lastRuns[0];
  const level = fullestLevel(version, ratio, last);
  if (level === undefined) return target && chooseGrowth(version, memtableBytes, ratio);
  const runs = levels[level]!;
  const isAboveLast = level + 1 === last && target !== undefined;
  const span = spanOf(runs.flatMap(({ tables }) => tables))!;
  return makePlan(version, {
    fromLevel: level,
    toLevel: level + 1,
    inputs: [
      ...runs.map((run) => inputOf(level, run)),
      ...(isAboveLast ? [inputOf(last, target, overlapping(target, span))] : []),
    ],
    intoRun: isAboveLast ? target.id : undefined,
    why: `level ${level} has ${runs.length} runs of ${ratio}: all ${isAboveLast ? `go into the run of level ${last}` : 'become one'}`,
  });
}

function chooseGrowth(version: Version, memtableBytes: number, ratio: number): CompactionPlan | undefined {
  const last = lazyLastLevel(version);
  const run = version.levels[last]![0]!;
  const limit = lazyLimit(last, memtableBytes, ratio);
  if (run.bytes <= limit) return undefined;
  return makePlan(version, {
    fromLevel: last,
    toLevel: last + 1,
    inputs: [inputOf(last, run)],
    intoRun: undefined,
    why: `level ${last} is the last, and has ${inWords(run.bytes)} of ${inWords(limit)}: the tree grows by a level`,
  });
}

/** What compactions have to read until no level above the last is full, and the last is one run. */
export function lazyDebt(version: Version, ratio: number): number {
  const { levels } = version;
  const last = lazyLastLevel(version);
  let debt = 0;
  let comingDown = 0;
  for (let level = 0; level < last; level++) {
    const runs = levels[level] ?? [];
    const isFull = runs.length + (comingDown > 0 ? 1 : 0) >= ratio;
    comingDown = isFull ? bytesOf(runs) + comingDown : 0;
    debt += comingDown;
  }
  const lastRuns = levels[last] ?? [];
  return comingDown > 0 || lastRuns.length > 1 ? debt + bytesOf(lastRuns) : debt;
}
