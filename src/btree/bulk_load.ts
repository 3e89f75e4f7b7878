/**
 * Building a tree from entries that come in order: bottom up, each page written once and filled as far as is wanted.
 *
 *     level 1             [ k | r | ... ]            made when all leaves are
 *     leaves      [a .. j] -> [k .. q] -> [r ..      one after the other, each filled before the next is begun
 *
 * Inserting the same keys one by one goes down the tree for each and splits a page for every one that fills; here a page
 * is only ever appended to. Full pages make the smallest tree, and the first insert into each splits it; a share below 1
 * leaves room for what comes later (Graefe 2011, section 4.2, "fill factor").
 */
import { assert } from '../base/assert';
import type { Lsn, PageId } from '../base/ids';
import type { Entry } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { BTreeEvent } from './events';
import { writeChain } from './overflow';
import {
  freeBytes,
  innerCellBytes,
  leafCellBytes,
  NO_PAGE,
  openSlot,
  overflows,
  putLeafCell,
  roomFor,
  setLeft,
  setLsn,
  setRight,
  slotCount,
  usableBytes,
  writeInner,
  type InnerCell,
} from './page';
import { contentOf } from './page_content';
import type { Pager } from './pager';
import type { Shape } from './path';
import { shortestSeparator } from './policy';

/** Takes entries in strictly ascending order; `finish` gives the tree. */
export class BulkLoader {
  readonly #pager: Pager;
  readonly #lsn: Lsn;
  readonly #reservedBytes: number;
  readonly #trace: TraceSink<BTreeEvent> | null;
  /** The pages of the level being built, each with the separator before it; the first one's is never looked at. */
  #level: InnerCell[] = [];
  #leaf: PageId;
  #lastKey: Uint8Array | undefined;
  #keys = 0;
  #userBytes = 0;

  /** @param fillShare how much of each page to fill, up to 1 */
  constructor(pager: Pager, lsn: Lsn, fillShare = 1, trace: TraceSink<BTreeEvent> | null = null) {
    assert(fillShare > 0 && fillShare <= 1, 'a page is filled in part or whole');
    this.#pager = pager;
    this.#lsn = lsn;
    this.#trace = trace;
    this.#reservedBytes = Math.floor(usableBytes(pager.pageBytes) * (1 - fillShare));
    this.#leaf = pager.allocate('leaf', 0);
    this.#level.push({ separator: new Uint8Array(0), child: this.#leaf });
  }

  add({ key, value }: Entry): void {
    const pager = this.#pager;
    const isElsewhere = overflows(pager.pageBytes, key.length, value.length);
    const overflow = isElsewhere ? this.#writeChain(value) : NO_PAGE;
    const cellBytes = leafCellBytes(key.length, value.length, isElsewhere);
    const leaf = pager.read(this.#leaf);
    if (slotCount(leaf) > 0 && freeBytes(leaf) - this.#reservedBytes < roomFor(cellBytes)) this.#nextLeaf(key);
    const bytes = pager.change(this.#leaf);
    putLeafCell(bytes, openSlot(bytes, slotCount(bytes), cellBytes), key, value, overflow);
    setLsn(bytes, this.#lsn);
    this.#lastKey = key.slice();
    this.#keys++;
    this.#userBytes += key.length + value.length;
  }

  /** Builds the levels above the leaves. */
  finish(): Shape {
    this.#built(this.#leaf, this.#pager.read(this.#leaf));
    let height = 1;
    for (; this.#level.length > 1; height++) this.#level = this.#levelAbove(this.#level, height);
    return { root: this.#level[0]!.child, height, keys: this.#keys, userBytes: this.#userBytes, needsMending: false };
  }

  #nextLeaf(firstKey: Uint8Array): void {
    const pager = this.#pager;
    const next = pager.allocate('leaf', 0);
    setLeft(pager.change(next), this.#leaf);
    const full = pager.change(this.#leaf);
    setRight(full, next);
    this.#built(this.#leaf, full);
    this.#level.push({ separator: shortestSeparator(this.#lastKey!, firstKey), child: next });
    this.#leaf = next;
  }

  /** Every page takes as many children as fit; the last gets at least two, if need be from the one before. */
  #levelAbove(children: readonly InnerCell[], level: number): InnerCell[] {
    const above: InnerCell[] = [];
    const usable = usableBytes(this.#pager.pageBytes) - this.#reservedBytes;
    for (let from = 0; from < children.length;) {
      let to = from + 1;
      let used = 0;
      for (; to < children.length; to++) {
        const size = roomFor(innerCellBytes(children[to]!.separator.length));
        // A page has a separator, however long that is.
        if (used + size > usable && to > from + 1) break;
        used += size;
      }
      // Of three, two separators fit by G4, though they may fill more than was asked for.
      if (children.length - to === 1) to += to - from > 2 ? -1 : 1;
      above.push({
        separator: children[from]!.separator,
        child: this.#innerPage(children.slice(from, to), level),
      });
      from = to;
    }
    return above;
  }

  #innerPage(children: readonly InnerCell[], level: number): PageId {
    const page = this.#pager.allocate('inner', level);
    const bytes = this.#pager.change(page);
    writeInner(bytes, children[0]!.child, children.slice(1));
    setLsn(bytes, this.#lsn);
    this.#built(page, bytes);
    return page;
  }

  #writeChain(value: Uint8Array): PageId {
    const pages = writeChain(this.#pager, value, this.#lsn);
    this.#trace?.emit({ kind: 'btree.overflow_written', pages, bytes: value.length, lsn: this.#lsn });
    return pages[0]!;
  }

  #built(page: PageId, bytes: Uint8Array): void {
    this.#trace?.emit({ kind: 'btree.page_built', page, content: contentOf(bytes) });
  }
}
