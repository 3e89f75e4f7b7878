/**
 * Who still needs an extent: a count each. The last to let go frees it.
 *
 * Several parties name the same extent at the same time, and stop in any order: the map that the superblock reaches,
 * the present place of a page, a former self that a cursor reads, a checkpoint that is not finished.
 */
import { assert } from '../base/assert';
import type { ExtentId } from '../base/ids';
import type { ExtentAllocator } from '../storage/extent_allocator';

export class ExtentReferences {
  readonly #allocator: ExtentAllocator;
  #counts = new Uint16Array(256);

  constructor(allocator: ExtentAllocator) {
    this.#allocator = allocator;
  }

  count(extent: ExtentId): number {
    return this.#counts[extent] ?? 0;
  }

  /** One more party needs it. It was taken from the allocator before. */
  add(extent: ExtentId): void {
    if (extent >= this.#counts.length) {
      const counts = new Uint16Array(2 * (extent + 1));
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#counts[extent]!++;
  }

  drop(extent: ExtentId): void {
    assert(this.count(extent) > 0, 'only what was referred to is let go');
    if (--this.#counts[extent]! === 0) this.#allocator.free(extent);
  }
}
