/**
 * What to compact, and how much is waiting: pure functions of the version and the tuning, so that a room can ask "why this
 * one?" and show the answer, and the simulator gets the same answer every time. How it is done is `compaction.ts`.
 *
 *                       runs a level   writes           reads             space
 *     leveled           1              dearest          cheapest          small
 *     tiered            up to ratio    cheapest         dearest           large
 *     lazy leveling     up to ratio,   between          nearly leveled    small
 *                       the last 1
 *
 * In closed forms: `theory.ts`. The policy is not part of the format: any of them takes over whatever another one left.
 */
import { unreachable } from '../base/assert';
import type { CompactionPlan } from './compaction_plan';
import { chooseLazyLeveling, lazyDebt, lazyLastLevel, lazyLimit } from './lazy_leveling_policy';
import { chooseLeveled, leveledDebt, leveledLimit, leveledPass } from './leveled_policy';
import type { LevelLimit, LsmTuning } from './options';
import { chooseTiered, tieredDebt, tieredPass } from './tiered_policy';
import type { Version } from './version';

export { backPressure, SHARES, type BackPressure } from './back_pressure';
export { isBottomFor, type CompactionPlan, type InputRun } from './compaction_plan';
export { bitsPerKeyOf } from './filter_allocation';

/** The compaction that is due; undefined if every level is within its limits. */
export function chooseCompaction(version: Version, tuning: LsmTuning): CompactionPlan | undefined {
  const { policy } = tuning;
  switch (policy.kind) {
    case 'leveled':
      return chooseLeveled(version, tuning, policy);
    case 'tiered':
      return chooseTiered(version, tuning, policy);
    case 'lazy_leveling':
      return chooseLazyLeveling(version, tuning, policy);
    default:
      return unreachable(policy);
  }
}

/** Of each level that there is: a picture's marks, which `chooseCompaction` goes by. */
export function levelLimits(version: Version, { memtableBytes, policy }: LsmTuning): readonly LevelLimit[] {
  const last = lazyLastLevel(version);
  return version.levels.map((_, level): LevelLimit => {
    switch (policy.kind) {
      case 'leveled':
        return {
          runsMax: level === 0 ? policy.l0Tables : 1,
          bytesMax: leveledLimit(level, memtableBytes, policy),
        };
      case 'tiered':
        return { runsMax: policy.ratio };
      case 'lazy_leveling':
        return level < last
          ? { runsMax: policy.ratio }
          : { runsMax: 1, bytesMax: lazyLimit(level, memtableBytes, policy.ratio) };
      default:
        return unreachable(policy);
    }
  });
}

/** An estimate of the bytes that compactions have to read until none is due any more. */
export function debtBytes(version: Version, tuning: LsmTuning): number {
  const { policy } = tuning;
  switch (policy.kind) {
    case 'leveled':
      return leveledDebt(version, tuning, policy);
    case 'tiered':
      return tieredDebt(version, policy.ratio);
    case 'lazy_leveling':
      return lazyDebt(version, policy.ratio);
    default:
      return unreachable(policy);
  }
}

/** Debt is ordinary up to what it takes when every level is full at once; so many times that, writers are slowed. */
const PASSES_SLOWED = 2;
/** The same for the runs that are due to leave level 0. */
const LEVEL_0_SLOWED = 3;

/** How far behind compaction is: 1 is where writers are slowed, 2 where they wait (`back_pressure.ts`). */
export function pressureOf(version: Version, tuning: LsmTuning): number {
  const { policy } = tuning;
  const level0Runs = policy.kind === 'leveled' ? policy.l0Tables : policy.ratio;
  const byRuns = (version.levels[0]?.length ?? 0) / (LEVEL_0_SLOWED * level0Runs);
  const byDebt = debtBytes(version, tuning) / (PASSES_SLOWED * fullPassBytes(version, tuning));
  return Math.max(byRuns, byDebt);
}

/** The debt when every level there is has just become full. */
function fullPassBytes(version: Version, tuning: LsmTuning): number {
  const { memtableBytes, policy } = tuning;
  const levels = Math.max(1, version.levels.length);
  switch (policy.kind) {
    case 'leveled':
      return leveledPass(levels - 1, tuning, policy);
    case 'tiered':
      return tieredPass(levels, memtableBytes, policy.ratio);
    case 'lazy_leveling': {
      const last = lazyLastLevel(version);
      return tieredPass(last, memtableBytes, policy.ratio) + lazyLimit(last, memtableBytes, policy.ratio);
    }
    default:
      return unreachable(policy);
  }
}
