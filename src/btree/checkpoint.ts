/**
 * A checkpoint of the tree: the pages that changed since the last one, as they were when it began, made to count.
 *
 *     begin     a view of the tree; which pages changed
 *     pages     each written, in slices: where to, the protection says
 *     map       the map pages above them, at new places, up to the topmost
 *     flush     C1: only now may a superblock name the root
 *     (slots)   the store writes both superblock slots
 *     home      pages are written over their own places, and flushed            (double write, images in the log)
 *     finish    what only the last checkpoint's root needed is free
 *
 *     copy on write     page 17 -> a free extent.                Nothing that counts is written over, at any time.
 *     double write      page 17 -> a copy, flush; slots; page 17 -> its own place, flush.
 *     images in the log page 17 -> a record of the log, flush; slots; page 17 -> its own place, flush.
 *     none              page 17 -> its own place.                Until the slots are written it is in two minds.
 *
 * A page without a place yet goes to a free extent in every case, and so do map pages: with an entry for each of a hundred
 * pages, they are few. So does a page whose image the log has no room for: that is always safe, and the log is there for
 * the commits in the first place.
 *
 *   C1  The root is handed out after everything that it names is flushed.
 *   C2  Until `finish`, everything that the last root names is as it was; with `none` on purpose not.
 *   C3  Given up, a checkpoint leaves the tree as if it had not begun, but that some pages lie somewhere already.
 */
import { assert } from '../base/assert';
import type { ExtentId, Lsn, PageId } from '../base/ids';
import type { LogSink } from '../base/log_sink';
import type { IndexCheckpoint } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { ExtentAllocator } from '../storage/extent_allocator';
import { copiesPerPage, encodeCopies, type PageCopy } from './double_write';
import type { BTreeEvent, PageWritten } from './events';
import type { PageMap, PagePlace } from './page_map';
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
  /** For images of pages. */
  readonly log: LogSink | undefined;
  readonly flushData: boolean;
  readonly trace: TraceSink<BTreeEvent> | null;
  /** `copies`: extents that have to stay until the next checkpoint has finished; `freed`: what is let go now. */
  readonly onFinish: (copies: readonly ExtentId[], freed: readonly ExtentId[]) => void;
  readonly onAbandon: () => void;
}

/** A page that is to be written over its own place; the same bytes are in its copy, or in an image in the log. */
interface Homeward {
  readonly page: PageId;
  readonly home: PagePlace;
  readonly copy: ExtentId | undefined;
}

/** How a page is written before any slot is. */
type How = PageWritten['where'] | 'image';

interface PlannedWrite {
  readonly page: PageId;
  readonly how: How;
  readonly home: ExtentId | undefined;
  /** Where its bytes go, now or (of an image) later. */
  readonly extent: ExtentId;
  readonly bytes: Uint8Array;
  readonly crc: number;
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
  readonly #homeward: Homeward[] = [];
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
    const { map, protection } = this.#options;
    // A page that is in the log as an image is dirty until it is home, and may have to leave memory before.
    const images = protection === 'log_images' ? this.#homeward.length - this.#homeNext : 0;
    return images + (this.#root ? 0 : this.#pages.length - this.#next + map.pagesToWrite(0));
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

  /** After both superblock slots are written: pages with a copy or an image are written over their own places. */
  settle(budgetBytes: number): { readonly done: boolean } {
    const { flushData, pager } = this.#options;
    for (let left = budgetBytes; this.#homeNext < this.#homeward.length;) {
      const pages = this.#homeward.slice(this.#homeNext, this.#homeNext + pagesFor(left, pager.pageBytes));
      this.#writeHome(pages);
      this.#homeNext += pages.length;
      left -= pages.length * pager.pageBytes;
      if (left <= 0 && this.#homeNext < this.#homeward.length) return { done: false };
    }
    if (flushData && this.#homeward.length > 0) pager.writer.flush();
    return { done: true };
  }

  finish(): void {
    assert(this.#root !== undefined && this.#homeNext === this.#homeward.length, 'C1: only a durable checkpoint ends');
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
    const { allocator, log, pager } = this.#options;
    // Before anything is read: commits may be carried out to make the log ready, and they change pages.
    let imagesLeft = this.#options.protection === 'log_images' ? (log?.prepare(pager.pageBytes) ?? 0) : 0;
    const planned: PlannedWrite[] = [];
    const claimed: ExtentId[] = [];
    try {
      for (const page of pages) {
        const version = pager.versionAt(this.#view, page);
        const home = this.#options.map.place(page)?.extent;
        const how = this.#howToWrite(home, imagesLeft);
        if (!version) {
          this.#entries.push({ page, place: undefined });
        } else if ('place' in version && how === 'new_place') {
          this.#refer(version.place.extent);
          this.#entries.push({ page, place: version.place });
        } else {
          if (how === 'image') imagesLeft--;
          planned.push(this.#plan(page, version, how, home, claimed));
        }
      }
      pager.writer.write(planned.filter(({ how }) => how !== 'image'));
    } catch (error) {
      for (const extent of claimed) allocator.free(extent);
      throw error;
    }
    for (const write of planned) if (write.how !== 'image') this.#noteWritten(write, write.how);
    this.#logImages(planned.filter(({ how }) => how === 'image'));
    this.#written += planned.length;
  }

  /** `home`: the place that the last root names. */
  #howToWrite(home: ExtentId | undefined, imagesLeft: number): How {
    const { protection } = this.#options;
    if (home === undefined || protection === 'copy_on_write') return 'new_place';
    if (protection === 'log_images') return imagesLeft > 0 ? 'image' : 'new_place';
    return protection === 'double_write' ? 'double_write' : 'in_place';
  }

  #plan(page: PageId, version: Version, how: How, home: ExtentId | undefined, claimed: ExtentId[]): PlannedWrite {
    const { pager } = this.#options;
    const bytes = this.#bytesOf(page, version);
    const isAtHome = how === 'in_place' || how === 'image';
    const extent = isAtHome ? home! : pager.takeExtent();
    if (!isAtHome) claimed.push(extent);
    else if (how === 'in_place') pager.rescue(page, extent);
    return { page, how, home, extent, bytes, crc: pager.seal(bytes) };
  }

  #bytesOf(page: PageId, version: Version): Uint8Array {
    return 'bytes' in version ? version.bytes : this.#options.pager.readPlace(page, version.place);
  }

  #noteWritten({ crc, extent, home, page }: PlannedWrite, where: PageWritten['where']): void {
    const { pager, trace } = this.#options;
    if (where !== 'in_place') this.#refer(extent);
    if (where === 'double_write') {
      this.#copiesExtents.push(extent);
      this.#goesHome(page, { extent: home!, crc }, extent);
    } else {
      this.#entries.push({ page, place: { extent, crc } });
    }
    pager.written(page, this.#view, { extent, crc });
    trace?.emit({ kind: 'btree.page_written', page, extent, where });
  }

  /** In memory these pages stay what they are, dirty: an image is no place that a page could be read from. */
  #logImages(images: readonly PlannedWrite[]): void {
    const { log, pager, trace } = this.#options;
    if (images.length === 0) return;
    log!.write(images.map(({ bytes }) => bytes));
    pager.pagesLogged += images.length;
    for (const { crc, extent, page } of images) {
      this.#goesHome(page, { extent, crc }, undefined);
      trace?.emit({ kind: 'btree.page_logged', page, extent });
    }
  }

  #goesHome(page: PageId, home: PagePlace, copy: ExtentId | undefined): void {
    this.#homeward.push({ page, home, copy });
    this.#entries.push({ page, place: home });
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
    for (const { level, number } of map.mapPagesAbove(depth)) this.#dropMapPage(level, number);
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
      hasImages: this.#homeward.some(({ copy }) => copy === undefined),
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
    const changed = map.changedPages(level);
    for (const number of changed) if (map.isEmpty(level, number)) this.#dropMapPage(level, number);
    const numbers = changed.filter((number) => !map.isEmpty(level, number));
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

  /** A map page without entries would keep its extent for nothing, and a file from being cut off behind it. */
  #dropMapPage(level: number, number: number): void {
    const { map } = this.#options;
    const before = map.dropMapPlace(level, number);
    this.#undo.push(() => map.unsetMapPlace(level, number, before));
    if (before) this.#outdated.push(before.extent);
  }

  /** The directory of the copies, its last page first: each names the next. */
  #writeDirectory(): PagePlace | undefined {
    const { pager, trace } = this.#options;
    const perPage = copiesPerPage(pager.pageBytes);
    const copies = this.#homeward.flatMap(({ copy, page }): PageCopy[] =>
      copy === undefined ? [] : [{ page, extent: copy }],
    );
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

  #writeHome(pages: readonly Homeward[]): void {
    const { pager, trace } = this.#options;
    const writes = pages.map((homeward) => {
      pager.rescue(homeward.page, homeward.home.extent);
      return { extent: homeward.home.extent, bytes: this.#bytesFor(homeward) };
    });
    pager.writer.write(writes);
    for (const { home, page } of pages) {
      // Whoever looks for this edition of the page finds it at home from now on.
      pager.written(page, this.#view, home);
      trace?.emit({ kind: 'btree.page_written', page, extent: home.extent, where: 'in_place' });
    }
  }

  /** From the copy; of a page that has none, what memory knows of that edition. */
  #bytesFor({ copy, home, page }: Homeward): Uint8Array {
    const { pager } = this.#options;
    if (copy !== undefined) return pager.readPlace(page, { extent: copy, crc: home.crc });
    const version = pager.versionAt(this.#view, page);
    assert(version !== undefined, 'P4: what the view sees of a page does not go');
    const bytes = this.#bytesOf(page, version);
    assert(pager.seal(bytes) === home.crc, 'C2: the page at home is the one in the log');
    return bytes;
  }
}
