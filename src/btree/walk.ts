/**
 * A pass over the tree by its parents instead of by the links between leaves: where those cannot be relied on.
 *
 *     [ m | t ] ─┬─▶ [a f] damaged: thrown, or passed over
 *                ├─▶ [m p]
 *                └─▶ [t x]          a leaf's neighbour is what its parent says, whatever its own link does
 *
 * Three have use for it. Salvage serves what is left around damaged pages, and the way past one is not in it. And a leaf
 * that could not be read when its left neighbour was split or joined links to what was there before, until it is
 * mended (`mend.ts`): going backwards would miss keys. And a table on screen shows what is there without a trace of its
 * looking (`entriesUnseen` in `describe.ts`).
 */
import { compareBytes } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { PageId } from '../base/ids';
import type { Cursor, Entry, Range } from '../base/ordered_index';
import { readChain, type ReadPage } from './overflow';
import { childAt, keyAt, keyViewAt, kindOf, levelOf, NO_PAGE, slotCount, valueAt, type ValuePlace } from './page';
import type { Pager } from './pager';
import type { Shape } from './path';

export interface WalkOptions {
  readonly range: Range;
  readonly reverse: boolean;
  /** Damaged pages are as if nothing had been in them. */
  readonly passesOverDamage: boolean;
  /** Each time it does: what was there may be of the range. */
  readonly onDamage?: () => void;
}

/** As `TreeCursor`, through a view of its own. */
export class WalkingCursor implements Cursor {
  readonly #entries: Generator<Entry, void>;
  readonly #close: () => void;

  constructor(pager: Pager, { height, root }: Readonly<Shape>, options: WalkOptions) {
    const view = pager.former.openView();
    const walk = new Walk((page) => pager.readAt(view, page), pager.pageBytes, options);
    this.#entries = walk.entries(root, height - 1);
    this.#close = () => pager.former.closeView(view);
  }

  next(): Entry | undefined {
    const { done, value } = this.#entries.next();
    if (done !== true) return value;
    this.close();
    return undefined;
  }

  close(): void {
    this.#entries.return();
    this.#close();
  }
}

/** Entries below a root, each page read by `read`. */
export function entriesBelow(
  { height, root }: Readonly<Shape>,
  read: ReadPage,
  pageBytes: number,
  options: WalkOptions,
): Generator<Entry, void> {
  return new Walk(read, pageBytes, options).entries(root, height - 1);
}

class Walk {
  readonly #read: ReadPage;
  readonly #pageBytes: number;
  readonly #options: WalkOptions;
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };

  constructor(read: ReadPage, pageBytes: number, options: WalkOptions) {
    this.#read = read;
    this.#pageBytes = pageBytes;
    this.#options = options;
  }

  *entries(page: PageId, level: number): Generator<Entry, void> {
    // A copy: the pages below take the frame, and entries are parts of it.
    const bytes = this.#try(() => this.#read(page).slice());
    // What stands where another kind of page is due was taken for a page that is lost.
    if (!bytes) return;
    if (levelOf(bytes) !== level || kindOf(bytes) !== (level === 0 ? 'leaf' : 'inner')) {
      this.#options.onDamage?.();
      return;
    }
    const slots = slotCount(bytes);
    for (let i = level === 0 ? 0 : -1; i < slots; i++) {
      const slot = this.#options.reverse ? slots - 1 - i - (level === 0 ? 0 : 1) : i;
      if (level === 0) yield* this.#entry(bytes, slot);
      else if (this.#mayHold(bytes, slot)) yield* this.entries(childAt(bytes, slot), level - 1);
    }
  }

  *#entry(leaf: Uint8Array, slot: number): Generator<Entry, void> {
    const key = keyViewAt(leaf, slot);
    const { from, to } = this.#options.range;
    if ((from && compareBytes(key, from) < 0) || (to && compareBytes(key, to) >= 0)) return;
    const value = this.#try(() => this.#valueAt(leaf, slot));
    if (value) yield { key, value };
  }

  #valueAt(leaf: Uint8Array, slot: number): Uint8Array {
    const value = this.#value;
    valueAt(leaf, slot, value);
    if (value.overflow === NO_PAGE) return leaf.subarray(value.at, value.at + value.length);
    return readChain(value.overflow, value.length, this.#pageBytes, this.#read);
  }

  /** Whether the child in `slot` can have keys of the range. */
  #mayHold(inner: Uint8Array, slot: number): boolean {
    const { from, to } = this.#options.range;
    if (to && slot >= 0 && compareBytes(keyAt(inner, slot), to) >= 0) return false;
    return !(from && slot + 1 < slotCount(inner) && compareBytes(keyAt(inner, slot + 1), from) <= 0);
  }

  /** Undefined for what is damaged, if that is passed over. */
  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!this.#options.passesOverDamage || !isEngineError(error, 'page_damaged')) throw error;
      this.#options.onDamage?.();
      return undefined;
    }
  }
}
