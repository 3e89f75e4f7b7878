/**
 * Keys in ascending order, quick to search.
 *
 * A binary search over byte strings touches a different object at every step, and each is a miss in the processor's
 * cache, which costs far more than the comparison. So beside the keys lie their *heads*: of each key, the first few
 * bytes after the prefix that all of them share, as one small integer, all in one dense array.
 *
 *     keys    "key-000117"  "key-000124"  "key-000130"        skip = 7, all share "key-000"
 *     heads       "117"         "124"         "130"           as integers: the search reads these
 *
 * Only where two heads are equal are the keys themselves compared. (Lomet 2001, "The evolution of effective B-tree:
 * page organization and techniques", calls it poor man's normalized key; Graefe and Larson 2001, "B-tree indexes and
 * CPU caches", section 3, has the prefix.) Measured in `notes/perf.md`.
 *
 *   H1  Every key starts with the first `skip` bytes of the first one.
 *   H2  A smaller head means a smaller key; an equal one says nothing.
 */
import { assert } from './assert';
import { compareBytes } from './bytes';

export class SortedKeys {
  #keys: Uint8Array[];
  #heads: number[];
  #skip: number;

  /** Takes the array over. The keys ascend strictly. */
  constructor(keys: Uint8Array[]) {
    this.#keys = keys;
    this.#heads = [];
    this.#skip = 0;
    this.#measure();
  }

  get length(): number {
    return this.#keys.length;
  }

  /** The keys in order; the caller does not change the array. */
  get all(): readonly Uint8Array[] {
    return this.#keys;
  }

  at(index: number): Uint8Array {
    return this.#keys[index]!;
  }

  /** Where `key` is; or, if it is not there, `~index` of where it would go: a negative number. */
  search(key: Uint8Array): number {
    const keys = this.#keys;
    const heads = this.#heads;
    const count = keys.length;
    if (count === 0) return ~0;
    const side = sideOfPrefix(keys[0]!, key, this.#skip);
    if (side !== 0) return side < 0 ? ~0 : ~count;
    const head = headOf(key, this.#skip);
    if (heads[count - 1]! < head) return ~count; // Ascending loads end here.
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = heads[middle]! - head || compareBytes(keys[middle]!, key);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return ~low;
  }

  /** Puts a key that is not there where `search` said. */
  insert(index: number, key: Uint8Array): void {
    const isNarrower = this.#keys.length > 0 && sideOfPrefix(this.#keys[0]!, key, this.#skip) !== 0;
    const isFirst = this.#keys.length === 0;
    if (index === this.#keys.length) this.#keys.push(key);
    else this.#keys.splice(index, 0, key);
    if (isNarrower || isFirst) this.#measure();
    else if (index === this.#heads.length) this.#heads.push(headOf(key, this.#skip));
    else this.#heads.splice(index, 0, headOf(key, this.#skip));
  }

  removeAt(index: number): void {
    this.#keys.splice(index, 1);
    this.#heads.splice(index, 1);
  }

  /** Cuts the keys from `index` on off, and gives them back. */
  splitOff(index: number): SortedKeys {
    const right = new SortedKeys(this.#keys.splice(index));
    this.#measure();
    return right;
  }

  /** Cuts the last key off, and gives it back. */
  pop(): Uint8Array {
    const last = this.#keys.pop();
    assert(last !== undefined, 'there is a last key');
    this.#heads.pop();
    return last;
  }

  copy(): SortedKeys {
    return new SortedKeys(this.#keys.slice());
  }

  /** H1, H2: the prefix as long as it goes, and all heads behind it. */
  #measure(): void {
    const keys = this.#keys;
    const first = keys[0];
    // What the first and the last have in common, all between them have too.
    this.#skip = first === undefined ? 0 : commonPrefixBytes(first, keys.at(-1)!);
    this.#heads = keys.map((key) => headOf(key, this.#skip));
  }
}

/** Thirty bits from `bytes[at]` on, zeros past the end: an integer that needs no object of its own in any engine. */
function headOf(bytes: Uint8Array, at: number): number {
  if (at + 4 <= bytes.length) {
    return (bytes[at]! << 22) | (bytes[at + 1]! << 14) | (bytes[at + 2]! << 6) | (bytes[at + 3]! >>> 2);
  }
  return ((bytes[at] ?? 0) << 22) | ((bytes[at + 1] ?? 0) << 14) | ((bytes[at + 2] ?? 0) << 6);
}

/** 0 if `key` starts with the first `skip` bytes of `first`; else which side of all that do it sorts to. */
function sideOfPrefix(first: Uint8Array, key: Uint8Array, skip: number): number {
  const common = key.length < skip ? key.length : skip;
  for (let i = 0; i < common; i++) {
    const difference = key[i]! - first[i]!;
    if (difference !== 0) return difference;
  }
  return common < skip ? -1 : 0;
}

function commonPrefixBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}
