/**
 * Reading around damage: what an LSM tree that was opened for salvage serves of a table that cannot be read whole.
 *
 *     table 9      a4  b4  [ unreadable ]  k4  m4          newest
 *     table 2      a1  c1   d1   g1   h1   k1  z1          oldest
 *     served       a4  b4                  k4  m4  z1      c1, d1, g1, h1 are hidden
 *
 * What the damaged part held, nobody knows: a newer value of `d`, or a tombstone. So nothing older that lies in its gap is
 * served either: every entry handed out is the newest there was, and some are missing. The gap is what lies between the
 * last entry that can be read from the front and the last one that can be read from the back.
 */
import { compareBytes } from '../base/bytes';
import { isEngineError, type EngineError } from '../base/errors';
import type { Range } from '../base/ordered_index';
import type { EntryCursor, VersionedEntry } from './entry';
import type { ReadableTable } from './run_cursor';
import type { TableMeta } from './table/table_meta';

/** Keys of which nothing is known: past `after`, before `before`; an absent end is the table's own, which is part of it. */
interface Gap {
  readonly after: Uint8Array | undefined;
  readonly before: Uint8Array | undefined;
}

export class SalvagedTable implements ReadableTable {
  readonly meta: TableMeta;
  readonly damage: EngineError | undefined;
  readonly #table: ReadableTable | undefined;
  readonly #gap: Gap | undefined;

  /** Reads all of it, from both ends. `open` throws where not even that can be done. */
  constructor(meta: TableMeta, open: () => ReadableTable) {
    this.meta = meta;
    try {
      this.#table = open();
      const [after, damage] = this.#lastReadable(false);
      this.damage = damage;
      if (damage) this.#gap = { after, before: this.#lastReadable(true)[0] };
    } catch (error) {
      this.damage = damageOf(error);
      this.#gap = { after: undefined, before: undefined };
    }
  }

  /** Whether a key lies where nothing older may be served either. */
  hides(key: Uint8Array): boolean {
    if (!this.#gap) return false;
    const { after, before } = this.#gap;
    const isPastStart = after ? compareBytes(key, after) > 0 : compareBytes(key, this.meta.smallest) >= 0;
    const isBeforeEnd = before ? compareBytes(key, before) < 0 : compareBytes(key, this.meta.largest) <= 0;
    return isPastStart && isBeforeEnd;
  }

  /** Whether something of `[from, to)` may lie in the gap. */
  mayMiss({ from, to }: Range): boolean {
    if (!this.#gap) return false;
    const { after, before } = this.#gap;
    const isBeforeGap = to !== undefined && compareBytes(to, after ?? this.meta.smallest) <= 0;
    const isBehindGap = from !== undefined && compareBytes(from, before ?? this.meta.largest) > 0;
    return !isBeforeGap && !isBehindGap;
  }

  /** What can be read of the range, on both sides of the gap. */
  cursor(range: Range, reverse: boolean): EntryCursor {
    if (!this.#table) return NOTHING;
    if (!this.#gap) return this.#table.cursor(range, reverse);
    return new ListCursor(this.#around(range, reverse, this.#gap));
  }

  *#around(range: Range, reverse: boolean, { after, before }: Gap): Generator<VersionedEntry, void> {
    const { from, to } = range;
    const sides = [
      after && this.#upTo(after, range, reverse),
      before && this.#side({ from: larger(from, before), to }, reverse),
    ];
    for (const side of reverse ? sides.reverse() : sides) if (side) yield* side;
  }

  /**
   * The side that ends with the key `after`. Backwards, looking for what comes before the key past it may well begin in
   * the block that cannot be read: so the last entry is looked for by itself.
   */
  *#upTo(after: Uint8Array, { from, to }: Range, reverse: boolean): Generator<VersionedEntry, void> {
    const end = smaller(to, successor(after));
    if (!reverse || compareBytes(end, after) <= 0) yield* this.#side({ from, to: end }, reverse);
    else {
      yield* this.#side({ from: larger(from, after), to: end }, false);
      yield* this.#side({ from, to: after }, true);
    }
  }

  /** Ends at damage: the range ends right beside the gap, and looking for what comes next may run into it. */
  *#side(range: Range, reverse: boolean): Generator<VersionedEntry, void> {
    const { from, to } = range;
    if (from && to && compareBytes(from, to) >= 0) return;
    try {
      const cursor = this.#table!.cursor(range, reverse);
      for (let entry = cursor.next(); entry; entry = cursor.next()) yield entry;
    } catch (error) {
      damageOf(error);
    }
  }

  #lastReadable(reverse: boolean): [Uint8Array | undefined, EngineError | undefined] {
    let last: Uint8Array | undefined;
    try {
      const cursor = this.#table!.cursor({}, reverse);
      for (let entry = cursor.next(); entry; entry = cursor.next()) last = entry.key.slice();
      return [last, undefined];
    } catch (error) {
      return [last, damageOf(error)];
    }
  }
}

/** The entries of a run, but for those that damage in something newer hides. */
export class HidingCursor implements EntryCursor {
  readonly #cursor: EntryCursor;
  readonly #newer: readonly SalvagedTable[];

  constructor(cursor: EntryCursor, newer: readonly SalvagedTable[]) {
    this.#cursor = cursor;
    this.#newer = newer;
  }

  next(): VersionedEntry | undefined {
    for (;;) {
      const entry = this.#cursor.next();
      if (entry === undefined || !this.#newer.some((table) => table.hides(entry.key))) return entry;
    }
  }

  close(): void {
    this.#cursor.close();
  }
}

class ListCursor implements EntryCursor {
  readonly #entries: Generator<VersionedEntry, void>;

  constructor(entries: Generator<VersionedEntry, void>) {
    this.#entries = entries;
  }

  next(): VersionedEntry | undefined {
    return this.#entries.next().value ?? undefined;
  }

  close(): void {
    this.#entries.return();
  }
}

const NOTHING: EntryCursor = { next: () => undefined, close: () => undefined };

/** Anything but damage goes on. */
function damageOf(error: unknown): EngineError {
  if (isEngineError(error, 'table_damaged')) return error;
  throw error;
}

/** The smallest key past this one. */
const successor = (key: Uint8Array): Uint8Array => {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
};
const smaller = (a: Uint8Array | undefined, b: Uint8Array): Uint8Array => (a && compareBytes(a, b) < 0 ? a : b);
const larger = (a: Uint8Array | undefined, b: Uint8Array): Uint8Array => (a && compareBytes(a, b) > 0 ? a : b);
