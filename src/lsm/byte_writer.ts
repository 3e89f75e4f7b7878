/** Varints and byte strings, one after the other: what records of no fixed shape are made of. */
import { getVarint, putVarint, VARINT_BYTES_MAX } from '../base/varint';

const BYTES_FIRST = 256;

export class ByteWriter {
  #bytes = new Uint8Array(BYTES_FIRST);
  #length = 0;

  varint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    this.#length = putVarint(this.#bytes, this.#length, value);
  }

  /** Its length, then the bytes. */
  string(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + bytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what a `ByteWriter` wrote. What is not there comes back as 0 or no bytes, and `isWhole` is false from then on. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #found = { value: 0, end: 0 };
  #at: number;
  #isWhole = true;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }
  /** Of the next byte. */
  get at(): number {
    return this.#at;
  }
  /** All was there, and nothing besides. */
  get isAtEnd(): boolean {
    return this.#isWhole && this.#at === this.#bytes.length;
  }

  varint(): number {
    if (!this.#isWhole || !getVarint(this.#bytes, this.#at, this.#bytes.length, this.#found)) return this.#missing();
    this.#at = this.#found.end;
    return this.#found.value;
  }

  /** A copy. */
  string(): Uint8Array {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) this.#missing();
    const string = this.#bytes.slice(this.#at, this.#isWhole ? end : this.#at);
    if (this.#isWhole) this.#at = end;
    return string;
  }

  /** As many as a count says, which comes first; it ends where bytes do, whatever the count says. */
  list<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.varint(); left > 0 && this.#isWhole; left--) items.push(read());
    return items;
  }

  #missing(): number {
    this.#isWhole = false;
    return 0;
  }
}
