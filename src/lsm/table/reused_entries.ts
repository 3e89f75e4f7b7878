/**
 * Entries that are used again, for a merge: it looks at each once and lets it go, a million times.
 *
 * Three arrays and objects an entry are cheap to make. What is dear is that the collector stops everything to clear them
 * away: a merge of 25 KB a slice made it do so every six hundred slices, for two milliseconds each, and that was the
 * slowest put in a thousand. So a merge has a set of entries for each of two restarts, in turns: while it takes those
 * behind one restart, those of the one before are still good.
 *
 *     restart 4   [e0 e1 ... e15]   being taken          restart 5   goes into what was 3's
 *     restart 3   [e0 e1 ... e15]   still good
 *
 * A typed array cannot change its length. Rows of a table mostly have keys of one length, and values too; where two in a
 * row have not, or values are long, a new array is made, as for any reader.
 *
 *   E1  An entry handed out is good until the one after the next is asked for: the next may be the first of the next restart.
 */
import { EMPTY_BYTES } from '../../base/bytes';
import { lsn, type Lsn } from '../../base/ids';
import type { VersionedEntry } from '../entry';

/** Up to here copying a value costs no more than making a view of it. */
const COPIED_BYTES_MAX = 256;

export class ReusedEntry implements VersionedEntry {
  key: Uint8Array = EMPTY_BYTES;
  lsn: Lsn = lsn(0);
  value: Uint8Array | undefined;
  #copy: Uint8Array = EMPTY_BYTES;
  #lengthBefore = -1;

  /** The key's array, of so many bytes, for the caller to fill. */
  keyOf(length: number): Uint8Array {
    if (this.key.length !== length) this.key = new Uint8Array(length);
    return this.key;
  }

  /** Takes `block[at, end)` as its value. */
  setValue(block: Uint8Array, at: number, end: number): void {
    const length = end - at;
    if (length > COPIED_BYTES_MAX || length !== this.#lengthBefore) {
      this.#lengthBefore = length;
      this.value = new Uint8Array(block.buffer, block.byteOffset + at, length);
      return;
    }
    if (this.#copy.length !== length) this.#copy = new Uint8Array(length);
    const copy = this.#copy;
    for (let i = 0; i < length; i++) copy[i] = block[at + i]!;
    this.value = copy;
  }
}

/** E1. */
export class ReusedEntries {
  #entries: ReusedEntry[] = [];
  #former: ReusedEntry[] = [];

  /** Begins with the next restart. */
  turn(): void {
    [this.#entries, this.#former] = [this.#former, this.#entries];
  }

  /** Number `index` behind this restart. */
  at(index: number): ReusedEntry {
    return (this.#entries[index] ??= new ReusedEntry());
  }
}
