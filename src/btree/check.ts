/**
 * Walks the whole tree and says what is wrong. Reads every page, through the pool; changes nothing.
 *
 * The rules are those of the files they come from: G (`page.ts`), S (`restructure.ts`), T (`page_map.ts`), P (`pager.ts`).
 * A tree that needs mending is let off what `mend.ts` will put right.
 */
import { compareBytes, toHex } from '../base/bytes';
import { EngineError } from '../base/errors';
import { pageId, type ExtentId, type PageId } from '../base/ids';
import type { Finding } from '../base/ordered_index';
import type { ExtentAllocator } from '../storage/extent_allocator';
import { pagesOfChain } from './overflow';
import {
  cellBytesOf,
  cellLength,
  childAt,
  holeBytesOf,
  isLeaf,
  keyAt,
  kindOf,
  leftOf,
  levelOf,
  NO_PAGE,
  rightOf,
  slotCount,
  usableBytes,
  valueAt,
  type ValuePlace,
} from './page';
import type { PageMap } from './page_map';
import type { Pager } from './pager';
import type { Shape } from './path';

export interface CheckInput {
  readonly pager: Pager;
  readonly map: PageMap;
  readonly shape: Readonly<Shape>;
  readonly allocator: ExtentAllocator;
  /** Extents in use for other reasons: a checkpoint under way, the double-write area. */
  readonly others: readonly ExtentId[];
}

export function checkTree(input: CheckInput): Finding[] {
  return new TreeCheck(input).run();
}

class TreeCheck {
  readonly #input: CheckInput;
  readonly #findings: Finding[] = [];
  readonly #reached = new Set<PageId>();
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  /** The last leaf visited: what the next one has to be linked with. Undefined after one that could not be read. */
  #lastLeaf: PageId | undefined = NO_PAGE;
  #lastRight: PageId = NO_PAGE;
  #keys = 0;
  #userBytes = 0;

  constructor(input: CheckInput) {
    this.#input = input;
  }

  run(): Finding[] {
    const { shape } = this.#input;
    this.#visit(shape.root, shape.height - 1, undefined, undefined);
    if (this.#findings.length === 0) this.#checkWhole();
    this.#checkExtents();
    return this.#findings;
  }

  /** One page and everything below it; its keys lie in [from, to). */
  #visit(page: PageId, level: number, from: Uint8Array | undefined, to: Uint8Array | undefined): void {
    if (this.#reached.has(page)) {
      this.#found('T1', page, 'is reached twice');
      return;
    }
    this.#reached.add(page);
    const bytes = this.#read(page, from, to);
    if (!bytes) return;
    if (levelOf(bytes) !== level) {
      this.#found('S1', page, `is of level ${levelOf(bytes)}, not ${level}`);
      return;
    }
    if (kindOf(bytes) !== (level === 0 ? 'leaf' : 'inner')) {
      this.#found('S1', page, `is a ${kindOf(bytes)} page`);
      return;
    }
    this.#checkCells(page, bytes, from, to);
    if (isLeaf(bytes)) this.#visitLeaf(page, bytes);
    else this.#visitChildren(page, bytes, level, from, to);
  }

  #visitChildren(
    page: PageId,
    bytes: Uint8Array,
    level: number,
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
  ): void {
    const slots = slotCount(bytes);
    if (slots === 0 && !this.#input.shape.needsMending) this.#found('S4', page, 'has no separator');
    for (let slot = -1; slot < slots; slot++) {
      const low = slot < 0 ? from : keyAt(bytes, slot);
      const high = slot + 1 < slots ? keyAt(bytes, slot + 1) : to;
      this.#visit(childAt(bytes, slot), level - 1, low, high);
    }
  }

  #visitLeaf(page: PageId, bytes: Uint8Array): void {
    const before = this.#lastLeaf;
    const { needsMending } = this.#input.shape;
    if (before !== undefined && leftOf(bytes) !== before && !needsMending) {
      this.#found('S3', page, `links left to ${leftOf(bytes)}, not ${before}`);
    }
    if (before !== undefined && before !== NO_PAGE && this.#lastRight !== page) {
      this.#found('S3', before, `links right to ${this.#lastRight}, not ${page}`);
    }
    this.#lastLeaf = page;
    this.#lastRight = rightOf(bytes);
    if (slotCount(bytes) === 0 && this.#input.shape.height > 1 && !needsMending) this.#found('S4', page, 'is empty');
    for (let slot = 0; slot < slotCount(bytes); slot++) {
      valueAt(bytes, slot, this.#value);
      const { length, overflow } = this.#value;
      this.#keys++;
      this.#userBytes += keyAt(bytes, slot).length + length;
      if (overflow !== NO_PAGE) this.#visitChain(overflow, length);
    }
  }

  #visitChain(first: PageId, length: number): void {
    const { pager } = this.#input;
    try {
      for (const page of pagesOfChain(first, length, pager.pageBytes, (each) => pager.read(each))) {
        if (this.#reached.has(page)) this.#found('T1', page, 'is reached twice');
        this.#reached.add(page);
      }
    } catch (error) {
      this.#damage(error);
    }
  }

  #checkCells(page: PageId, bytes: Uint8Array, from: Uint8Array | undefined, to: Uint8Array | undefined): void {
    let liveBytes = 0;
    let before: Uint8Array | undefined;
    for (let slot = 0; slot < slotCount(bytes); slot++) {
      const size = cellLength(bytes, slot);
      liveBytes += size;
      const key = keyAt(bytes, slot);
      if (before && compareBytes(before, key) >= 0) this.#found('G1', page, `slot ${slot} is not after the one before`);
      if (from && compareBytes(key, from) < 0) this.#found('S2', page, `slot ${slot} is below the page's bounds`);
      if (to && compareBytes(key, to) >= 0) this.#found('S2', page, `slot ${slot} is above the page's bounds`);
      if (size + 2 > usableBytes(bytes.length) / 2) this.#found('G4', page, `the cell in slot ${slot} is too large`);
      before = key;
    }
    if (liveBytes + holeBytesOf(bytes) !== cellBytesOf(bytes)) {
      this.#found(
        'G3',
        page,
        `${liveBytes} live bytes and ${holeBytesOf(bytes)} of holes are not ${cellBytesOf(bytes)}`,
      );
    }
  }

  /** What only a tree that could be read whole can be held to. */
  #checkWhole(): void {
    const { pager, shape } = this.#input;
    if (this.#lastRight !== NO_PAGE) this.#found('S3', this.#lastLeaf!, 'is the last leaf and links right');
    if (this.#keys !== shape.keys)
      this.#found('S4', shape.root, `holds ${this.#keys} keys, and ${shape.keys} are counted`);
    if (this.#userBytes !== shape.userBytes) {
      this.#found('S4', shape.root, `holds ${this.#userBytes} bytes, and ${shape.userBytes} are counted`);
    }
    // M (`mend.ts`): what damage left behind is given back by the next checkpoint that can read everything.
    for (let page = pageId(1); page < pager.length && !shape.needsMending; page++) {
      if (pager.exists(page) && !this.#reached.has(page)) this.#found('T1', page, 'exists and nothing reaches it');
    }
  }

  /** T2, and E1 of the allocator: every extent is used for exactly one thing, or free. */
  #checkExtents(): void {
    const { allocator, map, others, pager } = this.#input;
    const used = new Set<ExtentId>(others);
    const named = new Set<ExtentId>();
    for (const extent of map.extents()) {
      if (named.has(extent)) this.#findings.push({ rule: 'T2', detail: `the map names extent ${extent} twice` });
      named.add(extent);
      used.add(extent);
    }
    for (let page = pageId(1); page < pager.length; page++) {
      const place = pager.exists(page) ? pager.placeOf(page) : undefined;
      if (place) used.add(place.extent);
    }
    for (const extent of pager.former.extents()) used.add(extent);
    this.#findings.push(...allocator.check(used));
  }

  #read(page: PageId, from: Uint8Array | undefined, to: Uint8Array | undefined): Uint8Array | undefined {
    if (!this.#input.pager.exists(page)) {
      this.#found('T1', page, 'is reached and does not exist');
      return undefined;
    }
    try {
      // A copy: the pages below may take its frame.
      return this.#input.pager.read(page, true).slice();
    } catch (error) {
      this.#damage(error, `keys ${from ? `from ${toHex(from)}` : 'from the first'} ${to ? `to ${toHex(to)}` : 'on'}`);
      this.#lastLeaf = undefined;
      return undefined;
    }
  }

  #damage(error: unknown, range = 'a value'): void {
    if (!(error instanceof EngineError)) throw error;
    this.#findings.push({ rule: 'P2', detail: `${error.message} It held ${range}.`, place: error.place });
  }

  #found(rule: string, page: PageId, detail: string): void {
    this.#findings.push({ rule, detail: `page ${page} ${detail}`, place: { page } });
  }
}
