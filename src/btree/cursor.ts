/**
 * One pass over a range of the tree, as it was when the cursor was opened (X3 in `base/ordered_index.ts`).
 *
 * The cursor looks through a view of its own, takes a copy of one leaf at a time, and hands out entries that are parts
 * of it: one copy a leaf instead of two an entry. From leaf to leaf it follows the links.
 */
import { compareBytes } from '../base/bytes';
import type { PageId } from '../base/ids';
import type { Cursor, Entry, Range } from '../base/ordered_index';
import { readChain } from './overflow';
import {
  childAt,
  childSlotFor,
  keyViewAt,
  leftOf,
  NO_PAGE,
  rightOf,
  searchPage,
  slotCount,
  valueAt,
  type ValuePlace,
} from './page';
import type { Pager, View } from './pager';
import type { Shape } from './path';

export class TreeCursor implements Cursor {
  readonly #pager: Pager;
  readonly #view: View;
  readonly #range: Range;
  readonly #reverse: boolean;
  /** A copy of the leaf the cursor stands in; undefined once it is at its end. */
  #leaf: Uint8Array | undefined;
  /** The slot of the next entry. */
  #slot = 0;
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };

  /** @throws EngineError page_damaged, read_failed */
  constructor(pager: Pager, shape: Readonly<Shape>, range: Range, reverse: boolean) {
    this.#pager = pager;
    this.#range = range;
    this.#reverse = reverse;
    this.#view = pager.openView();
    try {
      this.#start(shape.root, shape.height);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  next(): Entry | undefined {
    while (this.#leaf) {
      if (this.#reverse ? this.#slot >= 0 : this.#slot < slotCount(this.#leaf)) {
        const key = keyViewAt(this.#leaf, this.#slot);
        if (!this.#isInRange(key)) break;
        const entry = { key, value: this.#valueAt(this.#leaf, this.#slot) };
        this.#slot += this.#reverse ? -1 : 1;
        return entry;
      }
      this.#toNeighbour(this.#leaf);
    }
    this.close();
    return undefined;
  }

  close(): void {
    this.#leaf = undefined;
    this.#pager.closeView(this.#view);
  }

  #isInRange(key: Uint8Array): boolean {
    const { from, to } = this.#range;
    return this.#reverse ? !from || compareBytes(key, from) >= 0 : !to || compareBytes(key, to) < 0;
  }

  /** Finds the first entry: at `from`, or going backwards the last one before `to`. */
  #start(root: PageId, height: number): void {
    const bound = this.#reverse ? this.#range.to : this.#range.from;
    let page = root;
    for (let level = height - 1; level > 0; level--) {
      const bytes = this.#pager.readAt(this.#view, page);
      const end = this.#reverse ? slotCount(bytes) - 1 : -1;
      page = childAt(bytes, bound ? childSlotFor(bytes, bound) : end);
    }
    const leaf = this.#enter(page);
    if (!bound) {
      this.#slot = this.#reverse ? slotCount(leaf) - 1 : 0;
      return;
    }
    const found = searchPage(leaf, bound);
    const first = found >= 0 ? found : ~found;
    this.#slot = this.#reverse ? first - 1 : first;
  }

  #toNeighbour(leaf: Uint8Array): void {
    const page = this.#reverse ? leftOf(leaf) : rightOf(leaf);
    if (page === NO_PAGE) {
      this.#leaf = undefined;
      return;
    }
    const next = this.#enter(page);
    this.#slot = this.#reverse ? slotCount(next) - 1 : 0;
  }

  #enter(page: PageId): Uint8Array {
    this.#leaf = this.#pager.readAt(this.#view, page).slice();
    return this.#leaf;
  }

  #valueAt(leaf: Uint8Array, slot: number): Uint8Array {
    const { at, length, overflow } = this.#locate(leaf, slot);
    if (overflow === NO_PAGE) return leaf.subarray(at, at + length);
    return readChain(overflow, length, this.#pager.pageBytes, (page) => this.#pager.readAt(this.#view, page));
  }

  #locate(leaf: Uint8Array, slot: number): ValuePlace {
    valueAt(leaf, slot, this.#value);
    return this.#value;
  }
}
