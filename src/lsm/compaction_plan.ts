/**
 * One compaction, planned: which tables become which run, and what follows from where they lie.
 *
 *     level 1    run 9   | a..c |  d...h |  k..p |
 *                                   \ from here
 *     level 2    run 5   | a.b | c..e | f...k | l..o |          inputs: d..h of run 9; c..e and f..k of run 5
 *                                 to here                       outputs: c..k, into the gap in run 5
 *     level 3    run 2   | a......f |   | i.....z |             older: both overlap c..k, so it is not the bottom
 *
 *   B1  The inputs of a level are the oldest of what overlaps there: what stays behind is newer, and stays above.
 *   B2  The outputs join a run in whose gap they fit, or begin the youngest run of their level. Level 0 gets none: flushes
 *       are newer than any compaction.
 *   B3  Whatever may hold an older entry of a key of the merge is among the inputs, or in `older`. A tombstone whose key no
 *       table of `older` spans has nothing left to hide.
 *   B4  Of keys that differ, the older may lie above the newer: tables go down one by one. So what an older *version* may be
 *       in, under another key of the same filter prefix, is any table that is no input, wherever it lies.
 */
import { assert } from '../base/assert';
import { compareBytes, startsWith } from '../base/bytes';
import type { Lsn } from '../base/ids';
import type { TableMeta } from './table/table_meta';
import {
  bytesOf,
  overlapping,
  spanOf,
  tableFor,
  tableIndexFor,
  type KeySpan,
  type Run,
  type RunId,
  type Version,
} from './version';

export interface InputRun {
  readonly level: number;
  readonly run: RunId;
  /** In key order. */
  readonly tables: readonly TableMeta[];
}

export interface CompactionPlan {
  readonly fromLevel: number;
  readonly toLevel: number;
  /** Youngest first. */
  readonly inputs: readonly InputRun[];
  /** The run of `toLevel` that the outputs join; undefined: they begin one. */
  readonly intoRun: RunId | undefined;
  /** B3: what overlaps the inputs, is as old or older, and is none of them. */
  readonly older: readonly Run[];
  /** Nothing to merge, and nothing that a merge could drop: the tables only change their level. */
  readonly isTrivialMove: boolean;
  /** Nothing older anywhere: no tombstone of the merge is needed any more. */
  readonly isBottom: boolean;
  /** Of the inputs. */
  readonly bytes: number;
  /** For people: what made it due, and why these tables. */
  readonly why: string;
}

export type PlanSketch = Pick<CompactionPlan, 'fromLevel' | 'toLevel' | 'inputs' | 'intoRun' | 'why'>;

/** Adds what follows from the version. Inputs without tables are left out. */
export function makePlan(version: Version, sketch: PlanSketch): CompactionPlan {
  assert(sketch.toLevel > 0, 'B2: level 0 gets only what is flushed');
  const inputs = sketch.inputs.filter(({ tables }) => tables.length > 0);
  const tables = inputs.flatMap((input) => input.tables);
  const span = spanOf(tables);
  assert(span !== undefined, 'a compaction has something to merge');
  const older = olderRuns(version, sketch, new Set(tables), span);
  const isBottom = older.length === 0;
  const movesOnly = sketch.toLevel !== sketch.fromLevel && inputs.every(({ level }) => level === sketch.fromLevel);
  const couldDrop = isBottom && tables.some(({ tombstones }) => tombstones > 0);
  return {
    ...sketch,
    inputs,
    older,
    isTrivialMove: movesOnly && !couldDrop && areDisjoint(tables),
    isBottom,
    bytes: bytesOf(tables),
  };
}

/** B3, for one key of the merge. */
export const isBottomFor = ({ older }: Pick<CompactionPlan, 'older'>, key: Uint8Array): boolean =>
  older.every((run) => tableFor(run, key) === undefined);

/**
 * B4, for all keys with one filter prefix: whether no table outside the merge may have one that was written before `newest`.
 * What is flushed while the merge goes on was written later.
 */
export function bottomForPrefixes(
  { levels }: Version,
  { inputs }: Pick<CompactionPlan, 'inputs'>,
): (prefix: Uint8Array, newest: Lsn) => boolean {
  const merged = new Set(inputs.flatMap(({ tables }) => tables));
  return (prefix, newest) =>
    levels.every((runs) =>
      runs.every(({ tables }) => {
        for (let i = tableIndexFor({ tables }, prefix); i < tables.length; i++) {
          const table = tables[i]!;
          if (compareBytes(table.smallest, prefix) > 0 && !startsWith(table.smallest, prefix)) return true;
          if (table.minLsn < newest && !merged.has(table)) return false;
        }
        return true;
      }),
    );
}

/** Of every run that is as old as the outputs or older, the tables that overlap and are no inputs. */
function olderRuns(
  { levels }: Version,
  { intoRun = Infinity, toLevel }: Pick<PlanSketch, 'intoRun' | 'toLevel'>,
  inputs: ReadonlySet<TableMeta>,
  span: KeySpan,
): readonly Run[] {
  return levels.slice(toLevel).flatMap((runs, i) =>
    runs.flatMap((run): Run[] => {
      if (i === 0 && run.id > intoRun) return [];
      const tables = overlapping(run, span).filter((table) => !inputs.has(table));
      return tables.length === 0 ? [] : [{ ...run, tables }];
    }),
  );
}

function areDisjoint(tables: readonly TableMeta[]): boolean {
  const sorted = tables.toSorted((a, b) => compareBytes(a.smallest, b.smallest));
  return sorted.every(({ smallest }, i) => i === 0 || compareBytes(sorted[i - 1]!.largest, smallest) < 0);
}

/** All of a run, or some of its tables, as an input. */
export const inputOf = (level: number, run: Run, tables: readonly TableMeta[] = run.tables): InputRun => ({
  level,
  run: run.id,
  tables,
});

/** For reasons: `4.2 MiB`. */
export function inWords(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
