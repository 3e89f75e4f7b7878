/**
 * One pass over a range of the tree, as it was when the cursor was opened (X3 in `base/ordered_index.ts`).
 *
 * The cursor looks through a view of its own, takes a copy of one leaf at a time, and hands out entries that are parts
 * of it: one copy a leaf instead of two an entry. From leaf to leaf it follows the links.
 */
import { compareBytes } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { PageId } from '../base/ids';
import type { Cursor, Entry, Range } from '../base/ordered_index';
import type { View } from './former_pages';
import { readChain } from './overflow';
import {
  childAt,
  childSlotFor,
  keyAt,
  keyViewAt,
  leftOf,
  NO_PAGE,
  rightOf,
  searchPage,
  slotCount,
  valueAt,
  type ValuePlace,
} from './page';
import type { Pager } from './pager';
import type { Shape } from './path';

export class TreeCursor implements Cursor {
  readonly #pager: Pager;
  readonly #view: View;
  readonly #range: Range;
  readonly #reverse: boolean;
  /** A copy of the leaf the cursor stands in; undefined once it is at its end. */
  #leaf: Uint8Array | undefined;
  readonly #shape: { readonly root: PageId; readonly height: number };
  /** The slot of the next entry. */
  #slot = 0;
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };

  /** @throws EngineError page_damaged, read_failed */
  constructor(pager: Pager, shape: Readonly<Shape>, range: Range, reverse: boolean) {
    this.#pager = pager;
    this.#range = range;
    this.#reverse = reverse;
    this.#view = pager.former.openView();
    this.#shape = { root: shape.root, height: shape.height };
    try {
      this.#start();
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
    this.#pager.former.closeView(this.#view);
  }

  #isInRange(key: Uint8Array): boolean {
    const { from, to } = this.#range;
    return this.#reverse ? !from || compareBytes(key, from) >= 0 : !to || compareBytes(key, to) < 0;
  }

  /** Finds the first entry: at `from`, or going backwards the last one before `to`. */
  #start(): void {
    const bound = this.#reverse ? this.#range.to : this.#range.from;
    let page = this.#shape.root;
    for (let level = this.#shape.height - 1; level > 0; level--) {
      const bytes = this.#pager.readAt(this.#view, page);
      const end = this.#reverse ? slotCount(bytes) - 1 : -1;
      page = childAt(bytes, bound ? this.#firstChild(bytes, bound) : end);
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

  /** `to` itself is not in the range: where it is a separator, the last keys are before it. */
  #firstChild(inner: Uint8Array, bound: Uint8Array): number {
    const found = searchPage(inner, bound);
    if (found < 0) return ~found - 1;
    return this.#reverse ? found - 1 : found;
  }

  #toNeighbour(leaf: Uint8Array): void {
    const page = this.#reverse ? leftOf(leaf) : rightOf(leaf);
    if (page === NO_PAGE) {
      this.#leaf = undefined;
      return;
    }
    const next = this.#enterIfNeeded(page, leaf);
    if (!next) return;
    this.#slot = this.#reverse ? slotCount(next) - 1 : 0;
  }

  /** Damage behind the range is nobody's concern: undefined then, and the cursor is at its end. */
  #enterIfNeeded(page: PageId, before: Uint8Array): Uint8Array | undefined {
    try {
      return this.#enter(page);
    } catch (error) {
      if (!isEngineError(error, 'page_damaged') || !this.#isLast(before)) throw error;
      this.#leaf = undefined;
      return undefined;
    }
  }

  /** Whether the separator behind a leaf, as its parents have it, ends the range. */
  #isLast(leaf: Uint8Array): boolean {
    const bound = this.#reverse ? this.#range.from : this.#range.to;
    if (!bound || slotCount(leaf) === 0) return false;
    const key = keyViewAt(leaf, 0);
    let page = this.#shape.root;
    let separator: Uint8Array | undefined;
    for (let level = this.#shape.height - 1; level > 0; level--) {
      const bytes = this.#pager.readAt(this.#view, page);
      const slot = childSlotFor(bytes, key);
      const behind = this.#reverse ? slot : slot + 1;
      if (behind >= 0 && behind < slotCount(bytes)) separator = keyAt(bytes, behind);
      page = childAt(bytes, slot);
    }
    if (!separator) return false;
    const order = compareBytes(separator, bound);
    return this.#reverse ? order <= 0 : order >= 0;
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
