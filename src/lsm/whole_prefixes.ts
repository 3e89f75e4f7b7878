/**
 * A merge for a filter takes the versions of a key together, as far as its levels have them.
 *
 *     level 1    | a9 ...... k7 | k6 ....... p2 |       the first table of level 1 overlaps only the first one below:
 *     level 2    | a2 ... k5 | k4 ... k1 m3 | p1 ...    k6 would stay above, k4 to k1 below, and no merge meets them all
 *
 * Policies look for tables that overlap by their keys, and versions of one key have different keys. A key that is written
 * all the time could fill table after table none of which overlaps another, and all of them would only move down: nothing
 * that a filter could drop would ever come together (F1). So a plan is widened by the tables that may have versions of a key
 * at the edge of what comes down. RocksDB does the same for its user keys ("clean cut").
 *
 *   B5  A chain is not cut by what comes down: neighbours in its run that share a prefix with it come along, and of the
 *       run that it joins every table that may have a prefix between its first and its last. Tables that share a prefix are
 *       merged, not moved.
 */
import { compareBytes, startsWith } from '../base/bytes';
import { makePlan, type CompactionPlan, type InputRun } from './compaction_plan';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';
import type { TableMeta } from './table/table_meta';
import { spanOf, tableIndexFor, type KeySpan, type Run, type Version } from './version';

/** B5. */
export function withWholePrefixes(version: Version, plan: CompactionPlan, rule: FilterPrefixRule): CompactionPlan {
  const inputs = widened(version, plan, rule);
  const before = tableCount(plan.inputs);
  const added = tableCount(inputs) - before;
  const why = added === 0 ? plan.why : `${plan.why}; with ${added} more that may have versions of the same keys`;
  const next = added === 0 ? plan : makePlan(version, { ...plan, inputs, why });
  return next.isTrivialMove && sharePrefix(next, rule) ? { ...next, isTrivialMove: false } : next;
}

const tableCount = (inputs: readonly InputRun[]): number => inputs.reduce((sum, { tables }) => sum + tables.length, 0);

function widened(version: Version, plan: CompactionPlan, rule: FilterPrefixRule): readonly InputRun[] {
  const { fromLevel, inputs, intoRun, toLevel } = plan;
  const runOf = (level: number, id: number | undefined): Run | undefined =>
    version.levels[level]?.find((run) => run.id === id);
  const isTarget = ({ level }: Pick<InputRun, 'level'>): boolean => level === toLevel && toLevel !== fromLevel;
  const coming = inputs
    .filter((input) => !isTarget(input))
    .map((input) => ({ ...input, tables: withNeighbours(runOf(input.level, input.run)!, input.tables, rule) }));
  const span = spanOf(coming.flatMap(({ tables }) => tables));
  const into = toLevel === fromLevel ? undefined : runOf(toLevel, intoRun);
  if (!into || !span) return [...coming, ...inputs.filter(isTarget)];
  return [...coming, { level: toLevel, run: into.id, tables: sharing(into, span, rule) }];
}

/** Tables that follow each other in a run, and those at either side that begin or end with the same prefix. */
function withNeighbours(run: Run, tables: readonly TableMeta[], rule: FilterPrefixRule): readonly TableMeta[] {
  let from = run.tables.indexOf(tables[0]!);
  let to = from + tables.length;
  while (from > 0 && mayShare(run.tables[from - 1]!, run.tables[from]!, rule)) from--;
  while (to < run.tables.length && mayShare(run.tables[to - 1]!, run.tables[to]!, rule)) to++;
  return run.tables.slice(from, to);
}

/** Whether two tables, the second behind the first, may both have versions of one key. */
const mayShare = (first: TableMeta, second: TableMeta, rule: FilterPrefixRule): boolean =>
  !isPast(second.smallest, filterPrefix(first.largest, rule));

/** The tables of a run that may have a key of the span, or one with the prefix of its first or its last. */
function sharing(run: Run, { largest, smallest }: KeySpan, rule: FilterPrefixRule): readonly TableMeta[] {
  const last = filterPrefix(largest, rule);
  const from = tableIndexFor(run, filterPrefix(smallest, rule));
  let to = from;
  while (to < run.tables.length && !isPast(run.tables[to]!.smallest, last)) to++;
  return run.tables.slice(from, to);
}

/** Past every key with the prefix. */
const isPast = (key: Uint8Array, prefix: Uint8Array): boolean =>
  compareBytes(key, prefix) > 0 && !startsWith(key, prefix);

/** Whether two of its tables may have versions of one key; they are disjoint. */
function sharePrefix({ inputs }: CompactionPlan, rule: FilterPrefixRule): boolean {
  const tables = inputs.flatMap((input) => input.tables).toSorted((a, b) => compareBytes(a.smallest, b.smallest));
  return tables.some((table, i) => i > 0 && mayShare(tables[i - 1]!, table, rule));
}
