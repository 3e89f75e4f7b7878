/**
 * What a serializable transaction has read: keys, whether they were there or not, and ranges, with the gaps between the
 * keys that were found. A range grows as the scan goes on: who stops after three rows has read no further.
 *
 * (PostgreSQL keeps the same as SIREAD locks, on rows and on pages of an index; ours are exact. Ports and Grittner 2012,
 * "Serializable Snapshot Isolation in PostgreSQL", section 5.2.)
 */
import { compareBytes } from '../base/bytes';
import type { Range } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import type { RangeDescription, ReadsDescription } from './descriptions';

const PRESENT = { length: 0 };

/** One scan: what of its range it has seen so far. */
export class RangeRead {
  readonly range: Range;
  readonly #reverse: boolean;
  #last: Uint8Array | undefined;
  #isWhole = false;

  constructor(range: Range, reverse: boolean) {
    this.range = range;
    this.#reverse = reverse;
  }

  /** It has seen this key, and that there is none before it. */
  reached(key: Uint8Array): void {
    this.#last = key.slice(); // Of a buffer of the index.
  }

  ended(): void {
    this.#isWhole = true;
  }

  describe(): RangeDescription {
    const { from, to } = this.range;
    return {
      ...(from && { from }),
      ...(to && { to }),
      reverse: this.#reverse,
      ...(this.#last && { reached: this.#last }),
      isWhole: this.#isWhole,
    };
  }

  covers(key: Uint8Array): boolean {
    const { from, to } = this.range;
    if (from && compareBytes(key, from) < 0) return false;
    if (to && compareBytes(key, to) >= 0) return false;
    if (this.#isWhole) return true;
    if (this.#last === undefined) return false;
    const order = compareBytes(key, this.#last);
    return this.#reverse ? order >= 0 : order <= 0;
  }
}

export class ReadSet {
  readonly #keys = new OrderedMap<{ readonly length: number }>();
  readonly #ranges: RangeRead[] = [];

  get ranges(): readonly RangeRead[] {
    return this.#ranges;
  }

  addKey(key: Uint8Array): void {
    this.#keys.put(key, PRESENT);
  }

  addRange(range: Range, reverse: boolean): RangeRead {
    const read = new RangeRead(range, reverse);
    this.#ranges.push(read);
    return read;
  }

  has(key: Uint8Array): boolean {
    return this.#keys.get(key) !== undefined || this.#ranges.some((range) => range.covers(key));
  }

  describe(): ReadsDescription {
    return { keys: [...this.keys()], ranges: this.#ranges.map((read) => read.describe()) };
  }

  /** The first of the keys that was read. */
  firstOf(keys: readonly Uint8Array[]): Uint8Array | undefined {
    return keys.find((key) => this.has(key));
  }

  *keys(): Generator<Uint8Array, void> {
    const cursor = this.#keys.cursor({}, false);
    for (let entry = cursor.next(); entry; entry = cursor.next()) yield entry.key;
  }
}
