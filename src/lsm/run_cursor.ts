/**
 * One sorted run as one source: its tables follow each other and do not overlap, so at most one of them is open, the first
 * is found by a search, and those outside the range are never looked at.
 */
import { compareBytes } from '../base/bytes';
import type { Range } from '../base/ordered_index';
import type { EntryCursor, VersionedEntry } from './entry';
import type { CursorPurpose } from './table/table';
import type { TableId, TableMeta } from './table/table_meta';
import { tableIndexFor } from './version';

/** What a cursor over a table is opened by: tables that salvage reads around their damage have it too. */
export interface ReadableTable {
  readonly meta: TableMeta;
  cursor(range: Range, reverse: boolean, purpose?: CursorPurpose): EntryCursor;
}

export class RunCursor implements EntryCursor {
  readonly #tables: readonly TableMeta[];
  readonly #tableOf: (meta: TableMeta) => ReadableTable;
  readonly #range: Range;
  readonly #reverse: boolean;
  readonly #purpose: CursorPurpose;
  readonly #mayHave: ((meta: TableMeta) => boolean) | undefined;
  #next: number;
  #open: EntryCursor | undefined;
  #openId: TableId = 0;

  /** @param tables in key order @param mayHave of those it says no of nothing is read */
  constructor(
    tables: readonly TableMeta[],
    tableOf: (meta: TableMeta) => ReadableTable,
    range: Range,
    reverse: boolean,
    purpose: CursorPurpose = 'read',
    mayHave?: (meta: TableMeta) => boolean,
  ) {
    this.#tables = tables;
    this.#tableOf = tableOf;
    this.#range = range;
    this.#reverse = reverse;
    this.#purpose = purpose;
    this.#mayHave = mayHave;
    this.#next = reverse ? lastBelow(tables, range.to) : range.from ? tableIndexFor({ tables }, range.from) : 0;
  }

  /** The table that the last entry came from. */
  get table(): TableId {
    return this.#openId;
  }

  next(): VersionedEntry | undefined {
    for (;;) {
      const entry = this.#open?.next();
      if (entry !== undefined) return entry;
      this.#open?.close();
      this.#open = undefined;
      const meta = this.#tables[this.#next];
      if (meta === undefined || !this.#isInRange(meta)) return undefined;
      this.#next += this.#reverse ? -1 : 1;
      if (this.#mayHave?.(meta) === false) continue;
      this.#openId = meta.id;
      this.#open = this.#tableOf(meta).cursor(this.#range, this.#reverse, this.#purpose);
    }
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
    this.#next = this.#reverse ? -1 : this.#tables.length;
  }

  /** Of the far end: the near one is where it began. */
  #isInRange({ largest, smallest }: TableMeta): boolean {
    const { from, to } = this.#range;
    if (this.#reverse) return from === undefined || compareBytes(largest, from) >= 0;
    return to === undefined || compareBytes(smallest, to) < 0;
  }
}

/** Where the last table lies that may have a key below `to`; -1 if there is none. */
function lastBelow(tables: readonly TableMeta[], to: Uint8Array | undefined): number {
  if (to === undefined) return tables.length - 1;
  const index = tableIndexFor({ tables }, to);
  const table = tables[index];
  return table !== undefined && compareBytes(table.smallest, to) < 0 ? index : index - 1;
}
