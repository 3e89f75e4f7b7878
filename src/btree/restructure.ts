/**
 * What happens when a page has too much in it, or too little. Everything else in the tree touches one leaf.
 *
 *     split a leaf                    split an inner page              borrow from the right           merge
 *
 *         [ m ]                          [ m ]                             [ m ] -> [ p ]               [ m  s ] -> [ s ]
 *        /     \                        /     \                           /     \                      /  |
 *     [a c]   [m p]                  [a c]   [p s]                     [a]      [m p s]              [a] [m]   ->  [a m]
 *
 *     m is copied: keys live          m is moved: an inner page         cells move until both have     the separator goes;
 *     in leaves                       only guides                       the same; p separates now      between inner pages
 *                                                                                                      it comes down
 *
 * A split or a merge changes the parent, which may have too much or too little then, and so on up; the root alone may
 * end this by growing or shrinking the whole tree, and so all leaves stay equally deep (Bayer and McCreight 1972; Comer
 * 1979). Deletion rebalances at once. Separators differ in length, so one that is replaced may be too long for
 * its page: borrowing can split an ancestor. It is the one case that the textbooks with their fixed keys leave out.
 *
 *   S1  All leaves are equally deep.
 *   S2  Keys under child i are smaller than separator i, and it is not larger than those under child i + 1.
 *   S3  The leaves' links go through all of them in key order, both ways.
 *   S4  Every inner page has a separator, and no leaf but the root is empty; a page that has less than a third in it
 *       has no neighbour that it could be joined with. Only appending makes an exception: it leaves a short last page.
 */
import { assert } from '../base/assert';
import { isEngineError } from '../base/errors';
import type { Lsn, PageId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { BTreeEvent } from './events';
import {
  appendCells,
  cellLength,
  childAt,
  innerCellBytes,
  innerCells,
  insertCells,
  isLeaf,
  keepCells,
  keyAt,
  keyViewAt,
  leftOf,
  NO_PAGE,
  freeBytes,
  openSlot,
  putInnerCell,
  removeCell,
  rightOf,
  roomFor,
  setLeft,
  setLsn,
  setRight,
  slotCount,
  usableBytes,
  usedBytes,
  writeInner,
  type InnerCell,
} from './page';
import type { Pager } from './pager';
import type { Path, Shape } from './path';
import { chooseMiddle, chooseRebalance, chooseSplit, shortestSeparator, underflowBytes } from './policy';

/** Two children of one parent, side by side. */
interface Neighbours {
  readonly left: PageId;
  readonly right: PageId;
  /** The slot of the separator between them, which is the slot of the right one. */
  readonly slot: number;
}

export class Restructuring {
  readonly #pager: Pager;
  readonly #shape: Shape;
  readonly #path: Path;
  readonly #trace: TraceSink<BTreeEvent> | null;
  readonly #usable: number;
  #lsn: Lsn;

  constructor(pager: Pager, shape: Shape, path: Path, lsn: Lsn, trace: TraceSink<BTreeEvent> | null) {
    this.#pager = pager;
    this.#shape = shape;
    this.#path = path;
    this.#lsn = lsn;
    this.#trace = trace;
    this.#usable = usableBytes(pager.pageBytes);
  }

  set lsn(value: Lsn) {
    this.#lsn = value;
  }

  // ---- too much

  /**
   * Splits the leaf at the end of the path so that a cell of `cellBytes` in `slot` fits, and makes the separator known
   * above. `place` writes the cell: it is told where, before the separator is taken between the two leaves.
   */
  splitLeaf(slot: number, cellBytes: number, place: (leaf: PageId, slot: number) => void): void {
    const pager = this.#pager;
    const leftId = this.#path.pages[0]!;
    const left = this.#changed(leftId, true);
    const count = slotCount(left);
    const sizes = Array.from({ length: count }, (_, i) => roomFor(cellLength(left, i)));
    sizes.splice(slot, 0, roomFor(cellBytes));
    const isAppend = slot === count && rightOf(left) === NO_PAGE;
    const split = chooseSplit(sizes, this.#usable, isAppend);
    const goesLeft = slot < split;
    const from = goesLeft ? split - 1 : split;

    const rightId = pager.allocate('leaf', 0);
    const right = this.#changed(rightId, true);
    appendCells(right, left, from, count);
    keepCells(left, 0, from);
    const next = rightOf(left);
    setRight(right, next);
    setLeft(right, leftId);
    setRight(left, rightId);
    this.#linkBack(next, rightId);
    this.#trace?.emit({
      kind: 'btree.leaf_split',
      left: leftId,
      right: rightId,
      from,
      moved: count - from,
      next,
      why: isAppend ? 'append' : 'halves',
      lsn: this.#lsn,
    });
    place(goesLeft ? leftId : rightId, goesLeft ? slot : slot - from);

    const separator = shortestSeparator(keyViewAt(left, slotCount(left) - 1), keyViewAt(right, 0));
    pager.unpin(leftId, rightId);
    this.#insertSeparator(1, separator, rightId, 'leaf');
  }

  /** The child that the path took at `level` was split: `right` stands behind it from now on. */
  #insertSeparator(level: number, separator: Uint8Array, right: PageId, from: 'leaf' | 'inner'): void {
    if (level === this.#shape.height) this.#growRoot();
    const page = this.#path.pages[level]!;
    const slot = this.#path.slots[level]! + 1;
    if (!this.#putSeparator(page, slot, separator, right)) {
      this.#splitInner(level, { slot, cell: { separator, child: right } });
      return;
    }
    this.#trace?.emit({ kind: 'btree.separator_inserted', page, slot, separator, child: right, from, lsn: this.#lsn });
  }

  /** The leaf behind has another one before it now. One that cannot be read now is told when the tree is mended. */
  #linkBack(leaf: PageId, before: PageId): void {
    if (leaf === NO_PAGE) return;
    try {
      setLeft(this.#changed(leaf), before);
    } catch (error) {
      if (!isEngineError(error, 'page_damaged')) throw error;
      this.#shape.needsMending = true;
    }
  }

  /** False if there is no room for it. */
  #putSeparator(page: PageId, slot: number, separator: Uint8Array, child: PageId): boolean {
    const cellBytes = innerCellBytes(separator.length);
    if (freeBytes(this.#pager.read(page)) < roomFor(cellBytes)) return false;
    const bytes = this.#changed(page);
    putInnerCell(bytes, openSlot(bytes, slot, cellBytes), separator, child);
    return true;
  }

  /** Splits the inner page of the path at `level`, which one more cell was to go into. */
  #splitInner(level: number, added: { readonly slot: number; readonly cell: InnerCell }): void {
    const pager = this.#pager;
    const leftId = this.#path.pages[level]!;
    const left = this.#changed(leftId, true);
    const cells = innerCells(left);
    const isAppend = added.slot === cells.length && this.#isLastOfLevel(level);
    cells.splice(added.slot, 0, added.cell);
    const middle = chooseMiddle(cells.map(roomOf), this.#usable, isAppend);
    const { child: rightFirst, separator } = cells[middle]!;
    const rightId = pager.allocate('inner', level);
    const right = this.#changed(rightId);
    const leftCells = cells.slice(0, middle);
    const rightCells = cells.slice(middle + 1);
    writeInner(right, rightFirst, rightCells);
    writeInner(left, leftOf(left), leftCells);
    this.#trace?.emit({
      kind: 'btree.inner_split',
      left: leftId,
      right: rightId,
      leftCells,
      rightFirst,
      rightCells,
      separator,
      why: isAppend ? 'append' : 'halves',
      lsn: this.#lsn,
    });
    pager.unpin(leftId);
    this.#insertSeparator(level + 1, separator, rightId, 'inner');
  }

  /** The path went along the right edge of the tree from the root down to `level`. */
  #isLastOfLevel(level: number): boolean {
    for (let above = level + 1; above < this.#shape.height; above++) {
      if (this.#path.slots[above]! < slotCount(this.#pager.read(this.#path.pages[above]!)) - 1) return false;
    }
    return true;
  }

  #growRoot(): void {
    const { height, root: child } = this.#shape;
    const root = this.#pager.allocate('inner', height);
    setLeft(this.#changed(root), child);
    this.#shape.root = root;
    this.#shape.height = height + 1;
    this.#path.pages[height] = root;
    this.#path.slots[height] = -1;
    this.#path.height = height + 1;
    this.#trace?.emit({ kind: 'btree.root_grown', root, child, height: height + 1, lsn: this.#lsn });
  }

  // ---- too little

  /** After cells left the page of the path at `level`: joins it with a neighbour, or fills it from one, if it is time. */
  rebalance(level: number): void {
    const page = this.#path.pages[level]!;
    if (level === this.#shape.height - 1) {
      this.#shrinkRoot();
      return;
    }
    const used = usedBytes(this.#pager.read(page));
    if (used >= underflowBytes(this.#usable)) return;

    const [left, right] = [this.#neighbours(level, -1), this.#neighbours(level, 1)];
    const question = {
      usable: this.#usable,
      used,
      left: left && this.#usedBytes(left.left),
      right: right && this.#usedBytes(right.right),
      joinBytes: { left: this.#joinBytes(level, left), right: this.#joinBytes(level, right) },
    };
    this.#trace?.emit({
      kind: 'btree.page_underfull',
      page,
      usedBytes: used,
      underflowBytes: underflowBytes(this.#usable),
      left: question.left,
      right: question.right,
    });
    const choice = chooseRebalance(question);
    if (choice.do === 'merge_left') this.#merge(level, left!);
    else if (choice.do === 'merge_right') this.#merge(level, right!);
    else if (choice.do === 'borrow_left') this.#borrow(level, left!, 'left');
    else if (choice.do === 'borrow_right') this.#borrow(level, right!, 'right');
  }

  /** A neighbour that cannot be read is none: the page stays as it is, which is poor and not wrong. */
  #usedBytes(page: PageId): number | undefined {
    try {
      return usedBytes(this.#pager.read(page));
    } catch (error) {
      if (!isEngineError(error, 'page_damaged')) throw error;
      this.#shape.needsMending = true;
      return undefined;
    }
  }

  /** The page of the path at `level` and the one beside it under the same parent. */
  #neighbours(level: number, side: -1 | 1): Neighbours | undefined {
    const parent = this.#pager.read(this.#path.pages[level + 1]!);
    const slot = this.#path.slots[level + 1]!;
    if (side < 0 ? slot < 0 : slot >= slotCount(parent) - 1) return undefined;
    const rightSlot = side < 0 ? slot : slot + 1;
    return { left: childAt(parent, rightSlot - 1), right: childAt(parent, rightSlot), slot: rightSlot };
  }

  /** Between inner pages, the separator comes down when they are joined. */
  #joinBytes(level: number, pair: Neighbours | undefined): number {
    if (level === 0 || !pair) return 0;
    return roomFor(innerCellBytes(this.#separator(level, pair).length));
  }

  #separator(level: number, { slot }: Neighbours): Uint8Array {
    return keyAt(this.#pager.read(this.#path.pages[level + 1]!), slot);
  }

  #merge(level: number, pair: Neighbours): void {
    if (level === 0) this.#mergeLeaves(pair);
    else this.#mergeInner(pair, this.#separator(level, pair));
    this.#pager.free(pair.right);
    const parent = this.#path.pages[level + 1]!;
    removeCell(this.#changed(parent), pair.slot);
    this.#trace?.emit({ kind: 'btree.separator_removed', page: parent, slot: pair.slot, lsn: this.#lsn });
    this.rebalance(level + 1);
  }

  #mergeLeaves({ left: leftId, right: rightId }: Neighbours): void {
    const left = this.#changed(leftId, true);
    const right = this.#pager.pin(rightId);
    const moved = slotCount(right);
    appendCells(left, right, 0, moved);
    const next = rightOf(right);
    setRight(left, next);
    this.#linkBack(next, leftId);
    this.#trace?.emit({ kind: 'btree.leaf_merged', into: leftId, from: rightId, moved, next, lsn: this.#lsn });
    this.#pager.unpin(leftId, rightId);
  }

  #mergeInner({ left: leftId, right: rightId }: Neighbours, separator: Uint8Array): void {
    const right = this.#pager.read(rightId);
    const cells = [{ separator, child: leftOf(right) }, ...innerCells(right)];
    const left = this.#changed(leftId);
    writeInner(left, leftOf(left), [...innerCells(left), ...cells]);
    this.#trace?.emit({ kind: 'btree.inner_merged', into: leftId, from: rightId, cells, lsn: this.#lsn });
  }

  #borrow(level: number, pair: Neighbours, side: 'left' | 'right'): void {
    const separator = level === 0 ? this.#borrowLeaf(pair, side) : this.#borrowInner(level, pair, side);
    if (separator === undefined) return;
    this.#replaceSeparator(level + 1, pair, separator);
  }

  /** Cells go over one by one while that makes the two more equal. @returns the new separator, if any went */
  #borrowLeaf({ left: leftId, right: rightId }: Neighbours, side: 'left' | 'right'): Uint8Array | undefined {
    const left = this.#changed(leftId, true);
    const right = this.#changed(rightId, true);
    const [giver, taker] = side === 'left' ? [left, right] : [right, left];
    const count = cellsToGive(giver, usedBytes(giver) - usedBytes(taker), side, freeBytes(taker));
    const cells = slotCount(giver);
    if (side === 'left') {
      insertCells(taker, 0, giver, cells - count, cells);
      keepCells(giver, 0, cells - count);
    } else {
      appendCells(taker, giver, 0, count);
      keepCells(giver, count, cells);
    }
    const separator = shortestSeparator(keyViewAt(left, slotCount(left) - 1), keyViewAt(right, 0));
    const [page, from] = side === 'left' ? [rightId, leftId] : [leftId, rightId];
    this.#trace?.emit({ kind: 'btree.leaf_borrowed', page, from, side, count, lsn: this.#lsn });
    this.#pager.unpin(leftId, rightId);
    return count === 0 ? undefined : separator;
  }

  #borrowInner(level: number, pair: Neighbours, side: 'left' | 'right'): Uint8Array | undefined {
    const down = this.#separator(level, pair);
    const left = this.#changed(pair.left, true);
    const right = this.#changed(pair.right, true);
    const before = slotCount(left);
    const cells = [...innerCells(left), { separator: down, child: leftOf(right) }, ...innerCells(right)];
    const middle = chooseMiddle(cells.map(roomOf), this.#usable, false);
    const up = cells[middle]!;
    const leftCells = cells.slice(0, middle);
    const rightCells = cells.slice(middle + 1);
    if (middle !== before) {
      writeInner(left, leftOf(left), leftCells);
      writeInner(right, up.child, rightCells);
    }
    this.#trace?.emit({
      kind: 'btree.inner_borrowed',
      left: pair.left,
      right: pair.right,
      leftCells,
      rightFirst: up.child,
      rightCells,
      side,
      moved: middle !== before,
      lsn: this.#lsn,
    });
    this.#pager.unpin(pair.left, pair.right);
    return middle === before ? undefined : up.separator;
  }

  /** The boundary between two children has moved. The new separator may be longer: then their parent may split. */
  #replaceSeparator(level: number, { right, slot }: Neighbours, separator: Uint8Array): void {
    const page = this.#path.pages[level]!;
    removeCell(this.#changed(page), slot);
    if (this.#putSeparator(page, slot, separator, right)) {
      this.#trace?.emit({ kind: 'btree.separator_replaced', page, slot, separator, lsn: this.#lsn });
      this.rebalance(level);
      return;
    }
    this.#trace?.emit({ kind: 'btree.separator_removed', page, slot, lsn: this.#lsn });
    this.#splitInner(level, { slot, cell: { separator, child: right } });
  }

  #shrinkRoot(): void {
    const { height, root } = this.#shape;
    const bytes = this.#pager.read(root);
    if (isLeaf(bytes) || slotCount(bytes) > 0) return;
    this.#shape.root = leftOf(bytes);
    this.#shape.height = height - 1;
    this.#trace?.emit({ kind: 'btree.root_shrunk', root: this.#shape.root, freed: root, height: height - 1 });
    this.#pager.free(root);
  }

  /** The page, to change, with the LSN of what changes it; pinned if it has to stay while others are asked for. */
  #changed(page: PageId, pinned = false): Uint8Array {
    const bytes = this.#pager.change(page);
    if (pinned) this.#pager.pin(page);
    setLsn(bytes, this.#lsn);
    return bytes;
  }
}

const roomOf = ({ separator }: InnerCell): number => roomFor(innerCellBytes(separator.length));

/** How many cells the fuller leaf gives: as long as the difference shrinks, and they fit, but never all it has. */
function cellsToGive(giver: Uint8Array, difference: number, side: 'left' | 'right', room: number): number {
  const cells = slotCount(giver);
  let given = 0;
  let bytes = 0;
  while (given < cells - 1) {
    const size = roomFor(cellLength(giver, side === 'left' ? cells - 1 - given : given));
    const isBetter = Math.abs(difference - 2 * (bytes + size)) < Math.abs(difference - 2 * bytes);
    if (!isBetter || bytes + size > room) break;
    bytes += size;
    given++;
  }
  assert(given < cells, 'S4: a page never gives away all it has');
  return given;
}
