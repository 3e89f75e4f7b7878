/**
 * A checkpoint of the tree: the pages that changed since the last one, as they were when it began, made to count.
 *
 *     begin     a view of the tree; which pages changed
 *     pages     each written, in slices: where to, the protection says
 *     map       the map pages above them, at new places, up to the topmost
 *     flush     C1: only now may a superblock name the root
 *     (slots)   the store writes both superblock slots
 *     home      copies are written over the pages' own places, and flushed      (double write)
 *     finish    what only the last checkpoint's root needed is free
 *
 *     copy on write     page 17 -> a free extent.                Nothing that counts is written over, at any time.
 *     double write      page 17 -> a copy, flush; slots; page 17 -> its own place, flush.
 *     none              page 17 -> its own place.                Until the slots are written it is in two minds.
 *
 * A page without a place yet goes to a free extent in every case, and so do map pages: with an entry for each of a hundred
 * pages, they are few.
 *
 *   C1  The root is handed out after everything that it names is flushed.
 *   C2  Until `finish`, everything that the last root names is as it was; with `none` on purpose not.
 *   C3  Given up, a checkpoint leaves the tree as if it had not begun, but that some pages lie somewhere already.
 */
import { assert } from '../base/assert';
import type { ExtentId, Lsn, PageId } from '../base/ids';
import type { IndexCheckpoint } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { ExtentAllocator } from '../storage/extent_allocator';
import { copiesPerPage, encodeCopies, type PageCopy } from './double_write';
import type { BTreeEvent, PageWritten } from './events';
import type { PageMap, PagePlace } from './page_map';
import type { PageWrite } from './page_writer';
import type { View } from './former_pages';
import type { Pager, Version } from './pager';
import type { Shape } from './path';
import type { PageProtection } from './protections';
import { encodeTreeRoot } from './tree_root';

export interface TreeCheckpointOptions {
  readonly pager: Pager;
  readonly map: PageMap;
  readonly allocator: ExtentAllocator;
  readonly shape: Readonly<Shape>;
  readonly lsn: Lsn;
  readonly protection: PageProtection;
  readonly flushData: boolean;
  readonly trace: TraceSink<BTreeEvent> | null;
  /** `copies`: extents that have to stay until the next checkpoint has finished; `freed`: what is let go now. */
  readonly onFinish: (copies: readonly ExtentId[], freed: readonly ExtentId[]) => void;
  readonly onAbandon: () => void;
}

/** A page on its way: its bytes, and where the map will say that it lies. */
interface Home {
  readonly page: PageId;
  readonly copy: PagePlace;
  readonly home: ExtentId;
}

/** Pages written with one step of the loop: bounded memory, one call where they lie together. */
const PAGES_A_TIME = 64;

const pagesFor = (budgetBytes: number, pageBytes: number): number =>
  Math.max(1, Math.min(PAGES_A_TIME, Math.floor(budgetBytes / pageBytes)));

/** What a checkpoint with double write takes for so many pages, beside a copy of each: room to copy the first, and a list. */
export const extentsBesideCopies = (pages: number, pageBytes: number): number =>
  Math.min(PAGES_A_TIME, pages) + Math.ceil(pages / copiesPerPage(pageBytes));

export class TreeCheckpoint implements IndexCheckpoint {
  readonly lsn: Lsn;
  readonly #options: TreeCheckpointOptions;
  readonly #view: View;
  readonly #pages: readonly PageId[];
  #next = 0;
  /** Entries that the map gets once all pages are written; undefined: the page is no more. */
  readonly #entries: { readonly page: PageId; readonly place: PagePlace | undefined }[] = [];
  readonly #copies: Home[] = [];
  #homeNext = 0;
  /** References to let go at the end: what only the last root needed. */
  readonly #outdated: ExtentId[] = [];
  /** References taken, to let go if this is given up; and how to undo what was done to the map, last first. */
  readonly #taken: ExtentId[] = [];
  readonly #undo: (() => void)[] = [];
  #copiesExtents: ExtentId[] = [];
  #root: Uint8Array | undefined;
  #mapPages = 0;
  #written = 0;

  constructor(options: TreeCheckpointOptions) {
    this.#options = options;
    this.lsn = options.lsn;
    this.#view = options.pager.former.openView();
    this.#pages = options.pager.takeChanged();
  }

  get root(): Uint8Array {
    assert(this.#root !== undefined, 'C1: a root exists once everything it names is flushed');
    return this.#root;
  }

  get rootPage(): PageId {
    return this.#options.shape.root;
  }

  get remainingBytes(): number {
    if (this.#root) return 0;
    const { map, pager } = this.#options;
    return (this.#pages.length - this.#next + map.pagesToWrite(0)) * pager.pageBytes;
  }

  /** Pages that this checkpoint still has to find a place for. */
  get remainingPages(): number {
    return this.#root ? 0 : this.#pages.length - this.#next + this.#options.map.pagesToWrite(0);
  }

  /** Extents that only this checkpoint refers to, or refers to as well: its own, and those it will let go. */
  get extents(): readonly ExtentId[] {
    return [...this.#taken, ...this.#outdated];
  }

  step(budgetBytes: number): { readonly done: boolean } {
    const { pager } = this.#options;
    for (let left = budgetBytes; this.#next < this.#pages.length;) {
      const pages = this.#pages.slice(this.#next, this.#next + pagesFor(left, pager.pageBytes));
      this.#writePages(pages);
      this.#next += pages.length;
      left -= pages.length * pager.pageBytes;
      if (left <= 0 && this.#next < this.#pages.length) return { done: false };
    }
    if (!this.#root) this.#complete();
    return { done: true };
  }

  /** After both superblock slots are written: pages that were copied are written over their own places. */
  settle(budgetBytes: number): { readonly done: boolean } {
    const { flushData, pager } = this.#options;
    for (let left = budgetBytes; this.#homeNext < this.#copies.length;) {
      const copies = this.#copies.slice(this.#homeNext, this.#homeNext + pagesFor(left, pager.pageBytes));
      this.#writeHome(copies);
      this.#homeNext += copies.length;
      left -= copies.length * pager.pageBytes;
      if (left <= 0 && this.#homeNext < this.#copies.length) return { done: false };
    }
    if (flushData && this.#copies.length > 0) pager.writer.flush();
    return { done: true };
  }

  finish(): void {
    assert(this.#root !== undefined && this.#homeNext === this.#copies.length, 'C1: only a durable checkpoint ends');
    const { onFinish, pager } = this.#options;
    pager.former.closeView(this.#view);
    for (const extent of this.#outdated) pager.references.drop(extent);
    onFinish(this.#copiesExtents, this.#outdated);
  }

  abandon(): void {
    const { onAbandon, pager } = this.#options;
    while (this.#undo.length > 0) this.#undo.pop()!();
    pager.former.closeView(this.#view);
    for (const extent of this.#taken) pager.references.drop(extent);
    pager.giveBackChanged(this.#pages);
    onAbandon();
  }

  // ---- pages

  #writePages(pages: readonly PageId[]): void {
    const { pager } = this.#options;
    const writes: (PageWrite & { readonly page: PageId; readonly isCopy: boolean; readonly crc: number })[] = [];
    const claimed: ExtentId[] = [];
    try {
      for (const page of pages) {
        const version = pager.versionAt(this.#view, page);
        const home = this.#homeOf(page);
        if (!version) {
          this.#entries.push({ page, place: undefined });
        } else if ('place' in version && home === undefined) {
          this.#refer(version.place.extent);
          this.#entries.push({ page, place: version.place });
        } else {
          const bytes = this.#bytesOf(page, version);
          const isCopy = home !== undefined && this.#options.protection !== 'none';
          const extent = home === undefined || isCopy ? pager.takeExtent() : home;
          if (extent !== home) claimed.push(extent);
          else pager.rescue(page, home);
          writes.push({ page, extent, bytes, isCopy, crc: pager.seal(bytes) });
        }
      }
      pager.writer.write(writes);
    } catch (error) {
      for (const extent of claimed) this.#options.allocator.free(extent);
      throw error;
    }
    for (const { crc, extent, isCopy, page } of writes) this.#noteWritten(page, { extent, crc }, isCopy);
    this.#written += writes.length;
  }

  /** The place that the last root names for a page, if pages are written over; undefined if they go to new places. */
  #homeOf(page: PageId): ExtentId | undefined {
    const { map, protection } = this.#options;
    return protection === 'copy_on_write' ? undefined : map.place(page)?.extent;
  }

  #bytesOf(page: PageId, version: Version): Uint8Array {
    return 'bytes' in version ? version.bytes : this.#options.pager.readPlace(page, version.place);
  }

  #noteWritten(page: PageId, place: PagePlace, isCopy: boolean): void {
    const { pager, trace } = this.#options;
    const home = this.#homeOf(page);
    let where: PageWritten['where'] = 'new_place';
    if (isCopy) {
      where = 'double_write';
      this.#refer(place.extent);
      this.#copiesExtents.push(place.extent);
      this.#copies.push({ page, copy: place, home: home! });
      this.#entries.push({ page, place: { extent: home!, crc: place.crc } });
    } else {
      if (home === place.extent) where = 'in_place';
      else this.#refer(place.extent);
      this.#entries.push({ page, place });
    }
    pager.written(page, this.#view, place);
    trace?.emit({ kind: 'btree.page_written', page, extent: place.extent, where });
  }

  #refer(extent: ExtentId): void {
    this.#options.pager.references.add(extent);
    this.#taken.push(extent);
  }

  // ---- map, directory, root

  #complete(): void {
    const { flushData, map, pager, shape, trace } = this.#options;
    for (const { page, place } of this.#entries) this.#setEntry(page, place);
    trace?.emit({
      kind: 'btree.map_changed',
      entries: this.#entries.map(({ page, place }) => ({ page, extent: place?.extent, crc: place?.crc ?? 0 })),
    });
    const depth = map.depth;
    for (let level = 1; level <= depth; level++) this.#writeMapLevel(level);
    map.settleTop(depth);
    const copies = this.#writeDirectory();
    if (flushData) pager.writer.flush();
    this.#root = encodeTreeRoot({
      map: map.mapPlace(depth, 0)!,
      mapDepth: depth,
      mapEntries: map.length,
      root: shape.root,
      height: shape.height,
      pageBytes: pager.pageBytes,
      lsn: this.lsn,
      keys: shape.keys,
      userBytes: shape.userBytes,
      needsMending: shape.needsMending,
      copies,
    });
    trace?.emit({
      kind: 'btree.checkpoint_flushed',
      root: shape.root,
      pages: this.#written,
      mapPages: this.#mapPages,
    });
  }

  #setEntry(page: PageId, place: PagePlace | undefined): void {
    const { map } = this.#options;
    const before = map.place(page);
    map.set(page, place);
    this.#undo.push(() => map.set(page, before));
    if (before && before.extent !== place?.extent) this.#outdated.push(before.extent);
  }

  #writeMapLevel(level: number): void {
    const { map, pager, trace } = this.#options;
    const numbers = map.changedPages(level);
    for (let from = 0; from < numbers.length; from += PAGES_A_TIME) {
      const some = numbers.slice(from, from + PAGES_A_TIME);
      const places = this.#writeNew(some, (into, number) => map.encode(into, level, number, pager.storeSeed));
      some.forEach((number, i) => {
        const place = places[i]!;
        const before = map.setMapPlace(level, number, place);
        this.#undo.push(() => map.unsetMapPlace(level, number, before));
        if (before) this.#outdated.push(before.extent);
        trace?.emit({ kind: 'btree.map_page_written', level, number, extent: place.extent });
      });
      this.#mapPages += some.length;
    }
  }

  /** The directory of the copies, its last page first: each names the next. */
  #writeDirectory(): PagePlace | undefined {
    const { pager, trace } = this.#options;
    const perPage = copiesPerPage(pager.pageBytes);
    const copies: PageCopy[] = this.#copies.map(({ copy, page }) => ({ page, extent: copy.extent }));
    let next: PagePlace | undefined;
    for (let number = Math.ceil(copies.length / perPage) - 1; number >= 0; number--) {
      const some = copies.slice(number * perPage, (number + 1) * perPage);
      const [place] = this.#writeNew([number], (into) => encodeCopies(into, number, pager.storeSeed, some, next));
      this.#copiesExtents.push(place!.extent);
      trace?.emit({ kind: 'btree.copies_listed', extent: place!.extent, copies: some.length });
      next = place;
    }
    return next;
  }

  /** Encodes pages and writes them to free extents. */
  #writeNew(numbers: readonly number[], encode: (into: Uint8Array, number: number) => void): PagePlace[] {
    const { pager } = this.#options;
    const places = pager.writeNew(
      numbers.map((number) => {
        const bytes = new Uint8Array(pager.pageBytes);
        encode(bytes, number);
        return bytes;
      }),
    );
    for (const { extent } of places) this.#refer(extent);
    return places;
  }

  // ---- home

  #writeHome(copies: readonly Home[]): void {
    const { pager, trace } = this.#options;
    const writes = copies.map(({ copy, home, page }) => {
      pager.rescue(page, home);
      return { page, extent: home, bytes: pager.readPlace(page, copy), crc: copy.crc };
    });
    pager.writer.write(writes);
    for (const { crc, extent, page } of writes) {
      // Whoever looks for this edition of the page finds it at home from now on.
      pager.written(page, this.#view, { extent, crc });
      trace?.emit({ kind: 'btree.page_written', page, extent, where: 'in_place' });
    }
  }
}
