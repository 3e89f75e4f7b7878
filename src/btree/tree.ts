/**
 * The B+tree: keys in order in pages of many cells, so that the way to any of them is a few pages long.
 *
 *                    [ k 12 | r 14 ]                     inner page: separators, and the children between them
 *                   /       |       \
 *           [ a  c  f ]  [ k  m ]  [ r  t  x ]           leaves: every key with its value, linked both ways
 *             page 9  <-> page 12 <-> page 14
 *
 * A lookup compares its way down, one page a level. Since a page holds a hundred children and not two, a tree of a
 * million keys is three pages high, and all but the leaves fit into little memory: that is the whole trick (Bayer and
 * McCreight 1972, "Organization and maintenance of large ordered indexes"; Comer 1979, "The ubiquitous B-tree"; the
 * variant with all values in linked leaves is Comer's B+-tree).
 *
 * An operation goes down once, remembering the way; it changes one leaf; and only if that has too much or too little
 * in it, the pages on the way back up (`restructure.ts`). There is one writer and nobody else at the same time: no latches
 * and no links to the right of every page as in Lehman and Yao 1981; readers that go on for longer look through a view.
 */
import { assert } from '../base/assert';
import { EngineError, isEngineError } from '../base/errors';
import type { Lsn, PageId } from '../base/ids';
import type { Operation } from '../base/ordered_index';
import { Slab } from '../base/slab';
import type { TraceSink } from '../base/trace';
import type { BTreeEvent, Descended } from './events';
import { pagesOfChain, readChain, writeChain } from './overflow';
import {
  cellAt,
  cellLength,
  childAt,
  childSlotFor,
  freeBytes,
  isLeaf,
  leafCellBytes,
  levelOf,
  NO_PAGE,
  openSlot,
  overflows,
  putLeafCell,
  removeCell,
  roomFor,
  searchPage,
  setLeft,
  setLsn,
  usableBytes,
  usedBytes,
  valueAt,
  type ValuePlace,
} from './page';
import type { Pager } from './pager';
import { Path, type Shape } from './path';
import { underflowBytes } from './policy';
import { Restructuring } from './restructure';

export class Tree {
  readonly shape: Shape;
  readonly #pager: Pager;
  readonly #trace: TraceSink<BTreeEvent> | null;
  readonly #path = new Path();
  readonly #restructuring: Restructuring;
  /** Values handed out lie side by side: making a buffer for each would cost more than all the rest of a lookup. */
  readonly #copies = new Slab();
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  #lsn: Lsn;

  constructor(pager: Pager, shape: Shape, lsn: Lsn, trace: TraceSink<BTreeEvent> | null) {
    this.#pager = pager;
    this.shape = shape;
    this.#trace = trace;
    this.#lsn = lsn;
    this.#restructuring = new Restructuring(pager, shape, this.#path, lsn, trace);
  }

  /** A tree of one empty leaf. */
  static empty(pager: Pager, lsn: Lsn, trace: TraceSink<BTreeEvent> | null): Tree {
    const root = pager.allocate('leaf', 0);
    return new Tree(pager, { root, height: 1, keys: 0, userBytes: 0, needsMending: false }, lsn, trace);
  }

  /** The value, as a copy. */
  get(key: Uint8Array): Uint8Array | undefined {
    const leaf = this.#pager.read(this.leafFor(key, 'get'));
    const slot = searchPage(leaf, key);
    if (slot < 0) return undefined;
    const value = this.#value;
    valueAt(leaf, slot, value);
    if (value.overflow === NO_PAGE) return this.#copies.copy(leaf, value.at, value.at + value.length);
    return readChain(value.overflow, value.length, this.#pager.pageBytes, (page) => this.#pager.read(page));
  }

  /** The leaf in which `key` is, if it is anywhere; the way there is remembered. */
  leafFor(key: Uint8Array, purpose: Descended['purpose']): PageId {
    const { height, root } = this.shape;
    const path = this.#path;
    path.height = height;
    let page = root;
    for (let level = height - 1; level > 0; level--) {
      const bytes = this.#pager.read(page);
      if (levelOf(bytes) !== level || isLeaf(bytes)) throw misplaced(page, level, levelOf(bytes));
      const slot = childSlotFor(bytes, key);
      path.pages[level] = page;
      path.slots[level] = slot;
      page = childAt(bytes, slot);
    }
    path.pages[0] = page;
    this.#trace?.emit({
      kind: 'btree.descended',
      key: key.slice(),
      purpose,
      path: path.pages.slice(0, height).reverse(),
      slots: path.slots.slice(1, height).reverse(),
    });
    return page;
  }

  /** Reads the way to where `key` belongs, and says nothing of it. */
  reach(key: Uint8Array): void {
    let page = this.shape.root;
    for (let level = this.shape.height - 1; level > 0; level--) {
      const bytes = this.#pager.read(page);
      page = childAt(bytes, childSlotFor(bytes, key));
    }
    this.#pager.read(page);
  }

  apply(operation: Operation, lsn: Lsn): void {
    this.#lsn = lsn;
    this.#restructuring.lsn = lsn;
    if (operation.kind === 'put') this.#put(operation.key, operation.value);
    else this.#delete(operation.key);
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    const leafId = this.leafFor(key, 'put');
    const found = searchPage(this.#pager.read(leafId), key);
    const isElsewhere = overflows(this.#pager.pageBytes, key.length, value.length);
    const overflow = isElsewhere ? this.#writeOverflow(value) : NO_PAGE;
    const cellBytes = leafCellBytes(key.length, value.length, isElsewhere);
    this.shape.userBytes += value.length;
    if (found >= 0) {
      this.#replace(leafId, found, key, value, overflow, cellBytes);
      return;
    }
    this.shape.keys++;
    this.shape.userBytes += key.length;
    this.#insert(leafId, ~found, key, value, overflow, cellBytes);
  }

  /** @returns false if the leaf had to be split for it: then the way that was remembered may lead elsewhere */
  #insert(
    leafId: PageId,
    slot: number,
    key: Uint8Array,
    value: Uint8Array,
    overflow: PageId,
    cellBytes: number,
  ): boolean {
    const place = (page: PageId, at: number): void => {
      this.#writeCell(page, at, key, value, overflow, cellBytes);
      this.#trace?.emit({ kind: 'btree.cell_inserted', page, slot: at, key: key.slice(), cellBytes, lsn: this.#lsn });
    };
    const room = freeBytes(this.#pager.read(leafId));
    if (room >= roomFor(cellBytes)) {
      place(leafId, slot);
      return true;
    }
    this.#trace?.emit({ kind: 'btree.leaf_overfull', page: leafId, slot, cellBytes, freeBytes: room });
    this.#restructuring.splitLeaf(slot, cellBytes, place);
    return false;
  }

  #writeCell(
    page: PageId,
    slot: number,
    key: Uint8Array,
    value: Uint8Array,
    overflow: PageId,
    cellBytes: number,
  ): void {
    const bytes = this.#pager.change(page);
    const at = openSlot(bytes, slot, cellBytes);
    const end = putLeafCell(bytes, at, key, value, overflow);
    assert(end === at + cellBytes, 'G3: a cell is as long as it was said to be');
    setLsn(bytes, this.#lsn);
  }

  #replace(
    leafId: PageId,
    slot: number,
    key: Uint8Array,
    value: Uint8Array,
    overflow: PageId,
    cellBytes: number,
  ): void {
    const bytes = this.#pager.change(leafId);
    const before = this.#value;
    valueAt(bytes, slot, before);
    this.shape.userBytes -= before.length;
    const { length: oldLength, overflow: oldOverflow } = before;
    if (cellLength(bytes, slot) === cellBytes) {
      putLeafCell(bytes, cellAt(bytes, slot), key, value, overflow);
      setLsn(bytes, this.#lsn);
      this.#trace?.emit({ kind: 'btree.cell_replaced', page: leafId, slot, cellBytes, lsn: this.#lsn });
    } else {
      removeCell(bytes, slot);
      this.#trace?.emit({ kind: 'btree.cell_removed', page: leafId, slot, lsn: this.#lsn });
      if (this.#insert(leafId, slot, key, value, overflow, cellBytes)) this.#fillUp(leafId);
    }
    if (oldOverflow !== NO_PAGE) this.#freeOverflow(oldOverflow, oldLength);
  }

  #delete(key: Uint8Array): void {
    const leafId = this.leafFor(key, 'delete');
    const slot = searchPage(this.#pager.read(leafId), key);
    if (slot < 0) return;
    const bytes = this.#pager.change(leafId);
    valueAt(bytes, slot, this.#value);
    const { length, overflow } = this.#value;
    removeCell(bytes, slot);
    setLsn(bytes, this.#lsn);
    this.shape.keys--;
    this.shape.userBytes -= key.length + length;
    this.#trace?.emit({ kind: 'btree.cell_removed', page: leafId, slot, lsn: this.#lsn });
    this.#fillUp(leafId);
    if (overflow !== NO_PAGE) this.#freeOverflow(overflow, length);
  }

  /** The leaf at the end of the path may have too little in it now. */
  #fillUp(leafId: PageId): void {
    const used = usedBytes(this.#pager.read(leafId));
    if (used < underflowBytes(usableBytes(this.#pager.pageBytes))) this.#restructuring.rebalance(0);
  }

  #writeOverflow(value: Uint8Array): PageId {
    const pages = writeChain(this.#pager, value, this.#lsn);
    this.#trace?.emit({ kind: 'btree.overflow_written', pages, bytes: value.length, lsn: this.#lsn });
    return pages[0]!;
  }

  /** The pages of a chain that cannot be read to its end are given back when the tree is mended (`mend.ts`). */
  #freeOverflow(first: PageId, length: number): void {
    let pages: PageId[];
    try {
      pages = pagesOfChain(first, length, this.#pager.pageBytes, (page) => this.#pager.read(page));
    } catch (error) {
      if (!isEngineError(error, 'page_damaged')) throw error;
      this.shape.needsMending = true;
      return;
    }
    for (const page of pages) this.#pager.free(page);
    this.#trace?.emit({ kind: 'btree.overflow_freed', pages });
  }

  // ---- mending (`mend.ts`)

  /** Joins or fills the page of `level` on the way to `key`, if it has too little in it. */
  rebalanceAt(key: Uint8Array, level: number): void {
    this.leafFor(key, 'seek');
    if (level < this.shape.height) this.#restructuring.rebalance(level);
  }

  /** Corrects a leaf's link to the left. */
  relink(leaf: PageId, left: PageId): void {
    const bytes = this.#pager.change(leaf);
    setLeft(bytes, left);
    setLsn(bytes, this.#lsn);
    this.#trace?.emit({ kind: 'btree.leaf_relinked', page: leaf, left, lsn: this.#lsn });
  }
}

function misplaced(page: PageId, level: number, found: number): EngineError {
  return new EngineError('page_damaged', `Page ${page} is damaged: it is of level ${found} where ${level} is due.`, {
    page,
  });
}
