/**
 * Reads: what was written last wins, and whatever is older is looked at only if need be.
 *
 *     memtable ─▶ immutable memtables ─▶ level 0, newest run first ─▶ level 1 ─▶ ...      the first that knows the key
 *
 * Of a run at most one table can have the key, and its filter mostly says so if it has not. A cursor merges all of it; it
 * sees the tree as it was when it was opened (X3), because memtables give frozen views and a version is pinned.
 */
import { compareBytes } from '../base/bytes';
import type { Cursor, Entry, Range } from '../base/ordered_index';
import type { EntryCursor, VersionedEntry } from './entry';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';
import type { Memtable } from './memtable';
import { mergeCursor } from './merge_cursor';
import { RunCursor, type ReadableTable } from './run_cursor';
import { HidingCursor, SalvagedTable } from './salvage';
import { hashPrefix, newPrefixHash, type PrefixHash } from './table/prefix_hash';
import type { TableMeta } from './table/table_meta';
import { tableFor, type Version } from './version';

export interface GettableTable extends ReadableTable {
  get(key: Uint8Array, hash?: PrefixHash): VersionedEntry | undefined;
}

/** Of the key that is looked for: the same for every table. */
const hash = newPrefixHash();

/** The newest entry of a key, a tombstone too. `memtables` newest first. */
export function newestEntry(
  key: Uint8Array,
  memtables: readonly Memtable[],
  version: Version,
  table: (meta: TableMeta) => GettableTable,
  rule: FilterPrefixRule,
): VersionedEntry | undefined {
  for (const memtable of memtables) {
    const entry = memtable.get(key);
    if (entry !== undefined) return entry;
  }
  let isHashed = false;
  for (const runs of version.levels) {
    for (const run of runs) {
      const meta = tableFor(run, key);
      if (meta === undefined) continue;
      if (!isHashed) hashPrefix(filterPrefix(key, rule), hash);
      isHashed = true;
      const entry = table(meta).get(key, hash);
      if (entry !== undefined) return entry;
    }
  }
  return undefined;
}

export interface MergeOptions {
  readonly isSalvage?: boolean | undefined;
  /** False: the table has nothing that is looked for, and is passed by. */
  readonly mayHave?: ((meta: TableMeta) => boolean) | undefined;
}

/** All of it in one pass, tombstones too. */
export function mergedEntries(
  range: Range,
  reverse: boolean,
  memtables: readonly Memtable[],
  version: Version,
  table: (meta: TableMeta) => ReadableTable,
  { isSalvage = false, mayHave }: MergeOptions = {},
): EntryCursor {
  const sources: EntryCursor[] = memtables.map((memtable) => memtable.cursor(range, reverse));
  const damaged: SalvagedTable[] = [];
  for (const run of version.levels.flat()) {
    const cursor = new RunCursor(run.tables, table, range, reverse, 'read', mayHave);
    sources.push(damaged.length === 0 ? cursor : new HidingCursor(cursor, [...damaged]));
    if (isSalvage) damaged.push(...damagedOf(run.tables.map(table)));
  }
  return mergeCursor(sources, reverse);
}

const damagedOf = (tables: readonly ReadableTable[]): SalvagedTable[] =>
  tables.filter((one): one is SalvagedTable => one instanceof SalvagedTable && one.damage !== undefined);

/** What a reader sees of it: no tombstones. */
export class LsmCursor implements Cursor {
  readonly #entries: EntryCursor;
  readonly #range: Range;
  #onClose: (() => void) | undefined;

  constructor(entries: EntryCursor, range: Range, onClose: () => void) {
    this.#entries = entries;
    this.#range = range;
    this.#onClose = onClose;
  }

  next(): Entry | undefined {
    if (!this.#onClose) return undefined;
    const { from, to } = this.#range;
    let entry = from && to && compareBytes(from, to) >= 0 ? undefined : this.#entries.next();
    while (entry && entry.value === undefined) entry = this.#entries.next();
    if (entry?.value !== undefined) return { key: entry.key, value: entry.value };
    this.#end();
    return undefined;
  }

  close(): void {
    this.#end();
  }

  #end(): void {
    const onClose = this.#onClose;
    this.#onClose = undefined;
    if (!onClose) return;
    this.#entries.close();
    onClose();
  }
}
