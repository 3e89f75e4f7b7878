/**
 * The versions that somebody uses: the one in force, and those that readers began with.
 *
 * A cursor reads its tables for as long as it lives, whatever compactions do meanwhile. So it pins the version it began
 * with, and a table is let go when no version in use has it any more:
 *
 *     version 7   tables 1 2 3      pinned by a cursor          table 2: versions 7 and 8
 *     version 8   tables 1 2   4    nobody: forgotten           table 3: version 7 alone; goes with it
 *     version 9   tables 1     4 5  in force
 *
 * The versions of before an edit and after it share the runs that it did not touch. So references are counted twice over,
 * versions to runs and runs to tables: what an edit costs here is what it touched, not all there is. (LevelDB and RocksDB
 * keep their versions in the same way, with counts of files.)
 *
 *   U1  A version is in use while it is in force or pinned.
 *   U2  `onDrop` is told of a table once: when the last version in use that has it goes.
 *   U3  Versions in use share tables, never extents: those of a table are its own until it is dropped.
 */
import { assert } from '../base/assert';
import type { TableId, TableMeta } from './table/table_meta';
import type { Run, Version } from './version';

export class Versions {
  readonly #onDrop: (table: TableMeta) => void;
  /** How many use each: pins, and being in force. */
  readonly #users = new Map<Version, number>();
  /** In how many versions in use each run is, and in how many of those runs each table. */
  readonly #runs = new Map<Run, number>();
  readonly #tables = new Map<TableId, number>();
  #current: Version;

  constructor(current: Version, onDrop: (table: TableMeta) => void) {
    this.#onDrop = onDrop;
    this.#current = current;
    this.pin(current);
  }

  /** The one in force. */
  get current(): Version {
    return this.#current;
  }

  /** All in use, in the order in which they came into force. */
  get inUse(): readonly Version[] {
    return [...this.#users.keys()].sort((a, b) => a.edit - b.edit);
  }

  /** Every table that a version in use has, once. */
  get tables(): readonly TableMeta[] {
    const tables = new Map<TableId, TableMeta>();
    for (const run of this.#runs.keys()) for (const table of run.tables) tables.set(table.id, table);
    return [...tables.values()];
  }

  /** Makes a version the one in force, after the edit that led to it is durable. `onInstalled`: before any table goes. */
  install(next: Version, onInstalled?: () => void): void {
    const former = this.#current;
    assert(next.edit > former.edit, 'the manifest only goes forward');
    this.pin(next);
    this.#current = next;
    onInstalled?.();
    this.unpin(former);
  }

  /** Keeps every table of the version, the one in force unless another one is given. */
  pin(version: Version = this.#current): Version {
    if (add(this.#users, version) > 1) return version;
    for (const run of runsOf(version)) {
      if (add(this.#runs, run) === 1) for (const { id } of run.tables) add(this.#tables, id);
    }
    return version;
  }

  unpin(version: Version): void {
    if (take(this.#users, version) > 0) return;
    assert(version !== this.#current, 'U1: the version in force is in use');
    for (const run of runsOf(version)) {
      if (take(this.#runs, run) > 0) continue;
      for (const table of run.tables) if (take(this.#tables, table.id) === 0) this.#onDrop(table); // U2
    }
  }
}

const runsOf = ({ levels }: Version): readonly Run[] => levels.flat();

/** @returns how many there are now */
function add<T>(counts: Map<T, number>, one: T): number {
  const count = (counts.get(one) ?? 0) + 1;
  counts.set(one, count);
  return count;
}

function take<T>(counts: Map<T, number>, one: T): number {
  const count = counts.get(one);
  assert(count !== undefined, 'U1: what is let go was in use');
  if (count > 1) counts.set(one, count - 1);
  else counts.delete(one);
  return count - 1;
}
