/**
 * Where the tables of an exercise are drawn: a row for each run, the newest on top, and along it the order of all keys that
 * are an end of some table. Ranks, not distances: every end can be told from every other.
 */
import type { TaskTable, TaskTables } from '../../../../protocol/lsm';

export interface TableBox {
  readonly table: TaskTable;
  readonly level: number;
  /** Shares of the width. */
  readonly from: number;
  readonly to: number;
}
export interface RunRow {
  readonly level: number;
  /** From 0, the youngest of its level. */
  readonly run: number;
  readonly boxes: readonly TableBox[];
}

export function rowsOf({ levels }: TaskTables): RunRow[] {
  const all = levels.flatMap(({ runs }) => runs.flatMap(({ tables }) => tables));
  const ends = [...new Set(all.flatMap(({ largest, smallest }) => [smallest, largest]))].sort();
  const rank = new Map(ends.map((end, i) => [end, i]));
  // The last key of one and the first of the next have a gap between them.
  const places = Math.max(1, ends.length);
  return levels.flatMap(({ level, runs }) =>
    runs.map(({ tables }, run) => ({
      level,
      run,
      boxes: tables.map((table) => ({
        table,
        level,
        from: rank.get(table.smallest)! / places,
        to: (rank.get(table.largest)! + 1) / places,
      })),
    })),
  );
}
