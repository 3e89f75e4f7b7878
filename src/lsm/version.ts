/**
 * A version: which tables are in force, and in which order of age. Immutable; an edit makes the next one.
 *
 *     level 0    run 14  | a......m |                       newest: what was flushed last
 *                run 13  |    d.........t |
 *     level 1    run 9   | a..c |  d...h |  k..p |          a run: tables with disjoint keys, in key order
 *     level 2    run 5   | a.b | c..e | f...k | l..o | r.z |  oldest
 *
 * A read asks runs in this order and takes the first answer; in each run at most one table can have the key. Flushes
 * and compactions never change a table: they add some and remove some, all of it in one edit, and an edit is in the
 * manifest or it is not. A leveled level has one run, a tiered one several; nothing here knows of policies.
 *
 * A run is numbered by the edit that began it, so a higher number is younger, and no number has to be kept for it. Later
 * edits may add tables to a run where its keys have a gap: what a leveled compaction does.
 *
 *   V1  The tables of a run are in key order and disjoint; each has its smallest key at most at its largest.
 *   V2  Runs of a level descend in number, thereby in age: of two entries of one key the one in the earlier run is newer.
 *       A lower level is older: what it has of a key is older than what any level above has.
 *   V3  Level 0 gets only what was flushed, and gives away its oldest runs first: LSNs of a run there are all larger than
 *       those of older runs there, and than any further down.
 *   V4  A table is in a version once. Numbers that an edit named are never used again.
 *   V5  The last level has a run, and no run is empty: versions that hold the same are equal.
 */
import { assert } from '../base/assert';
import { compareBytes } from '../base/bytes';
import { lsn, type Lsn } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { TableId, TableMeta } from './table/table_meta';

/** Number of the edit that began the run. */
export type RunId = number;

export interface Run {
  readonly id: RunId;
  /** V1. Never empty. */
  readonly tables: readonly TableMeta[];
  readonly bytes: number;
  readonly entries: number;
}

export interface Version {
  /** How many edits made it: 0 is the empty store. */
  readonly edit: number;
  /** Everything up to it is in these tables. */
  readonly flushedLsn: Lsn;
  /** What the next table is numbered, as far as the manifest knows. */
  readonly nextTableId: TableId;
  /** V2: runs of a level youngest first. Levels in the middle may be empty. */
  readonly levels: readonly (readonly Run[])[];
}

/** More than any number of tables asks for; a level past it is nonsense in a file. */
export const LEVELS_MAX = 64;

export const EMPTY_VERSION: Version = Object.freeze({ edit: 0, flushedLsn: lsn(0), nextTableId: 1, levels: [] });

export interface AddedTable {
  readonly level: number;
  /** The run it joins; undefined: one that this edit begins, together with the others of the level that say so. */
  readonly run: RunId | undefined;
  readonly table: TableMeta;
}
export interface RemovedTable {
  readonly level: number;
  readonly table: TableId;
}

/** What happens to a version, all at once. */
export interface VersionEdit {
  readonly cause: 'flush' | 'compaction' | 'trivial_move';
  readonly removed: readonly RemovedTable[];
  readonly added: readonly AddedTable[];
  /** A flush raises it; all others leave it. */
  readonly flushedLsn: Lsn;
  readonly nextTableId: TableId;
}

/** The version after an edit. Levels and runs that it does not touch are shared. */
export function applyEdit(version: Version, edit: VersionEdit): Version {
  const number = version.edit + 1;
  const levels = [...version.levels];
  const touched = new Set([...edit.removed, ...edit.added].map(({ level }) => level));
  for (const level of touched) {
    while (levels.length <= level) levels.push([]);
    levels[level] = editLevel(levels[level]!, level, number, edit);
  }
  while (levels.at(-1)?.length === 0) levels.pop(); // V5
  assert(edit.flushedLsn >= version.flushedLsn, 'what was flushed stays flushed');
  return { edit: number, flushedLsn: edit.flushedLsn, nextTableId: edit.nextTableId, levels };
}

/** Whether an edit makes sense of a version: for one that comes from a file. */
export function canApply(version: Version, edit: VersionEdit): boolean {
  const has = ({ level, table }: RemovedTable): boolean =>
    version.levels[level]?.some(({ tables }) => tables.some(({ id }) => id === table)) ?? false;
  const runIsThere = ({ level, run }: AddedTable): boolean =>
    level < LEVELS_MAX && (run === undefined || (version.levels[level]?.some(({ id }) => id === run) ?? false));
  return edit.flushedLsn >= version.flushedLsn && edit.removed.every(has) && edit.added.every(runIsThere);
}

function editLevel(runs: readonly Run[], level: number, number: number, edit: VersionEdit): readonly Run[] {
  const gone = new Set(edit.removed.filter((one) => one.level === level).map(({ table }) => table));
  const joins = new Map<RunId, TableMeta[]>();
  for (const { run = number, table } of edit.added.filter((one) => one.level === level)) {
    joins.set(run, [...(joins.get(run) ?? []), table]);
  }
  const edited = runs.flatMap((run): Run[] => {
    const joining = joins.get(run.id) ?? [];
    joins.delete(run.id);
    const kept = run.tables.filter(({ id }) => !gone.delete(id));
    if (joining.length === 0 && kept.length === run.tables.length) return [run];
    return kept.length + joining.length === 0 ? [] : [makeRun(run.id, [...kept, ...joining])];
  });
  assert(gone.size === 0, 'an edit removes what is there');
  for (const [id, tables] of joins) {
    assert(id === number, 'V2: a run is numbered by the edit that begins it');
    edited.unshift(makeRun(id, tables));
  }
  return edited;
}

/** A run of these tables, in whatever order they come. */
export function makeRun(id: RunId, tables: readonly TableMeta[]): Run {
  const sorted = tables.toSorted((a, b) => compareBytes(a.smallest, b.smallest));
  let bytes = 0;
  let entries = 0;
  sorted.forEach((table, i) => {
    assert(i === 0 || compareBytes(sorted[i - 1]!.largest, table.smallest) < 0, 'V1: tables of a run are disjoint');
    bytes += table.bytes;
    entries += table.entries;
  });
  return { id, tables: sorted, bytes, entries };
}

/** All tables, youngest runs first. */
export function tablesOf(version: Version): TableMeta[] {
  return version.levels.flatMap((runs) => runs.flatMap(({ tables }) => tables));
}

/** Where in a run the first table lies whose largest key is at least `key`: the only one that can have it. */
export function tableIndexFor({ tables }: Pick<Run, 'tables'>, key: Uint8Array): number {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(tables[middle]!.largest, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The table of a run whose range has the key. */
export function tableFor(run: Run, key: Uint8Array): TableMeta | undefined {
  const table = run.tables[tableIndexFor(run, key)];
  return table !== undefined && compareBytes(table.smallest, key) <= 0 ? table : undefined;
}

/** Keys from `smallest` to `largest`, both included. */
export interface KeySpan {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** The tables of a run that overlap a span. */
export function overlapping(run: Run, { largest, smallest }: KeySpan): readonly TableMeta[] {
  const from = tableIndexFor(run, smallest);
  let to = from;
  while (to < run.tables.length && compareBytes(run.tables[to]!.smallest, largest) <= 0) to++;
  return run.tables.slice(from, to);
}

/** From the smallest key of all to the largest of all; undefined for none. */
export function spanOf(tables: readonly TableMeta[]): KeySpan | undefined {
  const first = tables[0];
  if (!first) return undefined;
  let { largest, smallest } = first;
  for (const table of tables) {
    if (compareBytes(table.smallest, smallest) < 0) smallest = table.smallest;
    if (compareBytes(table.largest, largest) > 0) largest = table.largest;
  }
  return { smallest, largest };
}

export const bytesOf = (runs: readonly { readonly bytes: number }[]): number =>
  runs.reduce((sum, { bytes }) => sum + bytes, 0);

/** V1 to V5, of what can be seen without reading a table. */
export function checkVersion(version: Version): Finding[] {
  const findings: Finding[] = [];
  const found = (rule: string, detail: string): void => void findings.push({ rule, detail });
  const ids = new Set<TableId>();
  version.levels.forEach((runs, level) => {
    runs.forEach((run, i) => {
      if (i > 0 && run.id >= runs[i - 1]!.id) found('V2', `level ${level}: run ${run.id} after run ${runs[i - 1]!.id}`);
      if (run.tables.length === 0) found('V5', `level ${level}: run ${run.id} is empty`);
      checkRun(run, level, found);
      for (const { id } of run.tables) {
        if (ids.has(id)) found('V4', `table ${id} is there twice`);
        if (id >= version.nextTableId) found('V4', `table ${id} is numbered past ${version.nextTableId}`);
        ids.add(id);
      }
    });
  });
  if (version.levels.at(-1)?.length === 0) found('V5', 'the last level is empty');
  checkAges(version, found);
  return findings;
}

function checkRun(run: Run, level: number, found: (rule: string, detail: string) => void): void {
  run.tables.forEach((table, i) => {
    const before = run.tables[i - 1];
    if (compareBytes(table.smallest, table.largest) > 0) found('V1', `table ${table.id} ends before it begins`);
    if (before && compareBytes(before.largest, table.smallest) >= 0) {
      found('V1', `level ${level}, run ${run.id}: tables ${before.id} and ${table.id} overlap`);
    }
  });
}

/** V3, from the oldest upwards. */
function checkAges({ flushedLsn, levels }: Version, found: (rule: string, detail: string) => void): void {
  const newest = (runs: readonly Run[]): number =>
    Math.max(0, ...runs.flatMap((run) => run.tables.map((t) => t.maxLsn)));
  let below = newest(levels.slice(1).flat());
  for (const run of (levels[0] ?? []).toReversed()) {
    for (const { id, minLsn } of run.tables) {
      if (minLsn <= below) found('V3', `table ${id} of level 0 has LSN ${minLsn}, older ones go up to ${below}`);
    }
    below = Math.max(below, newest([run]));
  }
  if (below > flushedLsn) found('V3', `a table has LSN ${below}, past what was flushed, ${flushedLsn}`);
}
