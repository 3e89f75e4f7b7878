/**
 * Copies of short byte strings, many to a buffer.
 *
 * A typed array of more than 64 bytes has a buffer outside the heap, and making one costs several times what the copy
 * does. Opening a store makes one for every value, all at once; so there they lie side by side in slabs of 4 KiB.
 * A slab stays as long as one of its strings does, which is why commits do not use it: among values that change often,
 * a few that never do would hold on to all the memory there ever was. What is loaded at opening is bounded.
 */
const SLAB_BYTES = 4096;
const SHORT_BYTES = 512;
/** Up to here a typed array keeps its bytes on the heap, and is cheap. */
const ON_HEAP_BYTES = 64;

export class Slab {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** A copy of `bytes[from, to)`. Where it lies in its buffer is nobody's business but its own. */
  copy(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const length = to - from;
    if (length <= ON_HEAP_BYTES || length > SHORT_BYTES) return bytes.slice(from, to);
    if (this.#used + length > this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES);
      this.#used = 0;
    }
    const copy = new Uint8Array(this.#buffer, this.#used, length);
    copy.set(bytes.subarray(from, to));
    this.#used += length;
    return copy;
  }
}
