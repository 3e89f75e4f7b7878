/**
 * One sorted run as one source: its tables follow each other and do not overlap, so at most one of them is open, and those
 * outside the range are never looked at.
 */
import { compareBytes } from '../base/bytes';
import type { Range } from '../base/ordered_index';
import type { EntryCursor, VersionedEntry } from './entry';
import type { CursorPurpose } from './table/table';
import type { TableId, TableMeta } from './table/table_meta';

/** Whether the table may hold keys of `[from, to)`. */
export const overlaps = ({ largest, smallest }: TableMeta, { from, to }: Range): boolean =>
  (from === undefined || compareBytes(largest, from) >= 0) && (to === undefined || compareBytes(smallest, to) < 0);

/** What a cursor over a table is opened by: tables that salvage reads around their damage have it too. */
export interface ReadableTable {
  readonly meta: TableMeta;
  cursor(range: Range, reverse: boolean, purpose?: CursorPurpose): EntryCursor;
}

export class RunCursor implements EntryCursor {
  readonly #tables: readonly ReadableTable[];
  readonly #range: Range;
  readonly #reverse: boolean;
  readonly #purpose: CursorPurpose;
  #next = 0;
  #open: EntryCursor | undefined;

  /** @param tables in key order */
  constructor(tables: readonly ReadableTable[], range: Range, reverse: boolean, purpose: CursorPurpose = 'read') {
    const within = tables.filter(({ meta }) => overlaps(meta, range));
    this.#tables = reverse ? within.reverse() : within;
    this.#range = range;
    this.#reverse = reverse;
    this.#purpose = purpose;
  }

  /** The table that the last entry came from. */
  get table(): TableId {
    return this.#tables[this.#next - 1]?.meta.id ?? 0;
  }

  next(): VersionedEntry | undefined {
    for (;;) {
      const entry = this.#open?.next();
      if (entry !== undefined) return entry;
      this.#open?.close();
      this.#open = undefined;
      const table = this.#tables[this.#next];
      if (table === undefined) return undefined;
      this.#next++;
      this.#open = table.cursor(this.#range, this.#reverse, this.#purpose);
    }
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
    this.#next = this.#tables.length;
  }
}
