/**
 * The rows of the picture, from the newest data down to the oldest: the order in which a lookup goes through them.
 *
 *     memtable
 *     waiting       memtables that are full, newest first
 *     level 0       what is being flushed, then one row a run, newest on top
 *     level 1 ...   what a merge is making, then one row a run
 *     no longer     tables that are not in force, and that somebody still reads
 */
import { compareBytes } from '../../../base/bytes';
import type { LevelLimit } from '../../../lsm';
import { digits, plural } from '../../marks/units';
import { isUnderWay, type LsmView, type MemtableView, type RunView, type TableView } from './model';

export interface Row {
  readonly id: string;
  readonly kind: 'memtable' | 'waiting' | 'run' | 'making' | 'shelf';
  readonly level: number;
  /** What a group of rows is called, at its first one. */
  readonly label?: {
    readonly text: string;
    readonly short: string;
    readonly note: string;
    /** How near the level is to its limit: from 1 on, something of it is due to move down. */
    readonly score?: number;
  };
  readonly tables: readonly TableView[];
  readonly memtable?: MemtableView;
}

/** Levels that are drawn even while nothing is in them. */
const LEVELS_MIN = 3;

export function rowsOf(view: LsmView): readonly Row[] {
  return [...memoryRows(view), ...levelRows(view), ...shelfRows(view)];
}

function memoryRows({ immutables, memtable }: LsmView): readonly Row[] {
  const waiting = immutables.length;
  const rows: Row[] = [
    {
      id: 'memtable',
      kind: 'memtable',
      level: -1,
      tables: [],
      memtable,
      label: { text: 'memtable', short: 'mem', note: 'in memory' },
    },
  ];
  const label = { text: 'waiting', short: 'wait', note: waiting === 0 ? 'none' : `${waiting} to flush` };
  if (waiting === 0) rows.push({ id: 'waiting', kind: 'waiting', level: -1, tables: [], label });
  immutables.forEach((one, i) =>
    rows.push({
      id: `waiting-${one.number}`,
      kind: 'waiting',
      level: -1,
      tables: [],
      memtable: one,
      ...(i === 0 && { label }),
    }),
  );
  return rows;
}

function levelRows(view: LsmView): readonly Row[] {
  const { levels, making, merge } = view;
  const target = isUnderWay(merge) ? merge.to + 1 : 0;
  const highest = Math.max(0, ...making.map(({ level }) => level + 1));
  const count = Math.max(LEVELS_MIN, levels.length, target, highest);
  return Array.from({ length: count }, (_, level) => rowsOfLevel(view, level)).flat();
}

function rowsOfLevel({ levels, limits, making }: LsmView, level: number): readonly Row[] {
  const limit = limits[level];
  const made = making.filter((one) => one.level === level);
  const runs = levels[level] ?? [];
  const rows: Omit<Row, 'label'>[] = [];
  if (made.length > 0) rows.push({ id: `making-${level}`, kind: 'making', level, tables: inKeyOrder(made) });
  for (const { id, tables } of runs) rows.push({ id: `run-${level}-${id}`, kind: 'run', level, tables });
  if (rows.length === 0) rows.push({ id: `empty-${level}`, kind: 'run', level, tables: [] });
  const tables = runs.reduce((sum, run) => sum + run.tables.length, 0);
  const label = {
    text: `level ${level}`,
    short: `L${level}`,
    note: noteOf(runs.length, tables),
    ...scoreOf(runs, level, limit),
  };
  return rows.map((row, i) => (i === 0 ? { ...row, label } : row));
}

/** One run is what a lower level of a leveled tree has anyway: there bytes decide. */
function scoreOf(runs: readonly RunView[], level: number, limit: LevelLimit | undefined): { score?: number } {
  if (!limit || runs.length === 0) return {};
  const { bytesMax, runsMax } = limit;
  const byRuns = level === 0 || runsMax > 1 || runs.length > runsMax ? runs.length / runsMax : 0;
  const byBytes = bytesMax === undefined ? 0 : runs.reduce((sum, { bytes }) => sum + bytes, 0) / bytesMax;
  return { score: Math.max(byRuns, byBytes) };
}

function noteOf(runs: number, tables: number): string {
  if (tables === 0) return 'empty';
  return runs > 1 && runs < tables ? `${digits(tables)} in ${digits(runs)} runs` : plural(tables, 'table');
}

const inKeyOrder = (tables: readonly TableView[]): readonly TableView[] =>
  tables.toSorted((a, b) => (a.smallest && b.smallest ? compareBytes(a.smallest, b.smallest) : 0));

/** Tables of several runs may overlap: each goes to the first row in which there is room for it. */
function shelfRows({ readers, shelf }: LsmView): readonly Row[] {
  const lanes: TableView[][] = [];
  for (const table of inKeyOrder(shelf)) {
    const lane = lanes.find((one) => isBehind(table, one.at(-1)!));
    if (lane) lane.push(table);
    else lanes.push([table]);
  }
  const note = readers.length === 0 ? 'still read' : readers.length === 1 ? '1 reader' : `${readers.length} readers`;
  const label = { text: 'let go', short: 'old', note };
  return lanes.map((tables, i) => ({
    id: `shelf-${i}`,
    kind: 'shelf',
    level: -2,
    tables,
    ...(i === 0 && { label }),
  }));
}

const isBehind = (table: TableView, last: TableView): boolean =>
  table.smallest !== undefined && last.largest !== undefined && compareBytes(last.largest, table.smallest) < 0;

// ---- where they are

export interface PlacedRow extends Row {
  readonly y: number;
  readonly height: number;
}

const GAP = 3;
const GROUP_GAP = 7;
export const ROW_MIN = 28;
/** With more rows than this, a row has no room for a line of words over its entries. */
const MANY_ROWS = 14;
const ROW_MIN_OF_MANY = 15;
const ROW_MAX = 44;

const gapBefore = (rows: readonly Row[], i: number): number => (i === 0 ? 0 : rows[i]!.label ? GROUP_GAP : GAP);
const leastHeight = (rows: readonly Row[]): number => (rows.length > MANY_ROWS ? ROW_MIN_OF_MANY : ROW_MIN);
const gapsOf = (rows: readonly Row[]): number => rows.reduce((sum, _, i) => sum + gapBefore(rows, i), 0);

export const heightOfRows = (rows: readonly Row[]): number => rows.length * leastHeight(rows) + gapsOf(rows) + 4;

export function placeRows(rows: readonly Row[], y: number, room: number): readonly PlacedRow[] {
  const each = Math.floor((room - gapsOf(rows) - 4) / rows.length);
  const height = Math.min(ROW_MAX, Math.max(leastHeight(rows), each));
  let at = y;
  return rows.map((row, i) => {
    at += gapBefore(rows, i);
    const placed = { ...row, y: at, height };
    at += height;
    return placed;
  });
}
