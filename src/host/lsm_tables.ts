/** Which tables are in force, run by run, as the engine's events say: what drawings of the desk are made from. */
import { assert } from '../base/assert';
import { compareBytes } from '../base/bytes';
import type { LsmEvent, TableId, TableMeta } from '../lsm';

export interface RunInForce {
  readonly run: number;
  /** In key order. */
  readonly tables: readonly TableMeta[];
}

export class TablesInForce {
  readonly #known = new Map<TableId, TableMeta>();
  #levels: readonly (readonly RunInForce[])[] = [];

  /** Level 0 first, of each the youngest run first. */
  get levels(): readonly (readonly RunInForce[])[] {
    return this.#levels;
  }

  /** A table that is in force, or was. */
  find(table: TableId): TableMeta | undefined {
    return this.#known.get(table);
  }

  note(event: LsmEvent): void {
    if (event.kind === 'lsm.table_finished') this.#known.set(event.meta.id, event.meta);
    else if (event.kind === 'lsm.version_edited') this.#edit(event);
  }

  #edit({ added, removed }: Extract<LsmEvent, { kind: 'lsm.version_edited' }>): void {
    const count = Math.max(this.#levels.length, ...added.map(({ level }) => level + 1));
    const levels = Array.from({ length: count }, (_, level) => {
      const gone = new Set(removed.filter((one) => one.level === level).map(({ table }) => table));
      const runs = new Map(
        (this.#levels[level] ?? []).map(({ run, tables }) => [run, tables.filter(({ id }) => !gone.has(id))]),
      );
      for (const { run, table } of added.filter((one) => one.level === level)) {
        const meta = this.#known.get(table);
        assert(meta !== undefined, 'a table is finished before it is in force');
        runs.set(run, [...(runs.get(run) ?? []), meta]);
      }
      return runsOf(runs);
    });
    while (levels.at(-1)?.length === 0) levels.pop();
    this.#levels = levels;
  }
}

function runsOf(runs: ReadonlyMap<number, readonly TableMeta[]>): RunInForce[] {
  return [...runs]
    .filter(([, tables]) => tables.length > 0)
    .sort(([a], [b]) => b - a)
    .map(([run, tables]) => ({ run, tables: tables.toSorted((a, b) => compareBytes(a.smallest, b.smallest)) }));
}
