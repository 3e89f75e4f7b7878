/**
 * The pager: hands the tree its pages by number, and knows for each where its bytes are: in a frame of the pool, in an
 * extent of the data files, or both.
 *
 *     tree ── read(17) ──▶ pool ── miss ──▶ extent of page 17 ──▶ read, verify ──▶ a frame
 *          ── change(17) ─▶ a frame, dirty: its extent, if any, is not its place any more
 *
 * The tree goes on changing while a checkpoint writes what was, and while cursors read it: both look through a view, and
 * the pager keeps for them what pages were (`former_pages.ts`).
 *
 * An extent is free when nobody refers to it: the map in force, the page's present place, a retained self, a
 * checkpoint under way. References are counted; so nothing that the superblock reaches is ever overwritten, by
 * construction and not by care (P3).
 *
 * Where memory runs short, dirty pages are *spilled*: written to free extents, a run at a time. Nothing reaches them
 * there but this program, so a crash forgets them. The log record of every change is on disk before: the checkpoint that
 * makes a page count flushes the log first.
 *
 *   P1  A page is in a frame, or it has a place, or both; if its frame is dirty it has none.
 *   P2  A place is a page's newest self: its checksum is remembered, and checked at every read.
 *   P3  An extent that the map in force names is not written, unless the protection says so: `in place`.
 *   P4  A view sees every page as it was when the view was opened.
 *   P5  Extents that writers were promised are not taken for views: on a full device, what those see stays in memory.
 */
import { assert } from '../base/assert';
import { EngineError, isEngineError } from '../base/errors';
import { extentId, pageId, type ExtentId, type PageId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { DataFileName, ExtentAllocator } from '../storage/extent_allocator';
import { BufferPool } from './buffer_pool';
import type { BTreeEvent } from './events';
import { ExtentReferences } from './extent_references';
import { FormerPages, type View } from './former_pages';
import { formatPage, kindOf, levelOf, pageProblem, sealPage, type PageKind } from './page';
import { contentOf } from './page_content';
import type { PagePlace } from './page_map';
import { PageWriter } from './page_writer';

export interface PagerOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly pageBytes: number;
  readonly poolBytes: number;
  readonly verifyChecksums: boolean;
  readonly wholeWrites: boolean;
  readonly trace: TraceSink<BTreeEvent> | null;
}

/** What a view sees of a page: bytes that lie nowhere yet, or where they lie. */
export type Version = { readonly bytes: Uint8Array } | { readonly place: PagePlace };

const EXISTS = 1;
const CHANGED = 2;
/** Dirty pages written together when memory runs short: one call for all of them. */
const SPILL_PAGES = 16;
const SPILL_FRAMES_SEEN = 64;
/** Former selves may take as much memory as the pool, and this besides. */
const FORMER_BYTES = 64 * 1024;

export class Pager {
  readonly pageBytes: number;
  readonly storeSeed: number;
  readonly pool: BufferPool;
  readonly references: ExtentReferences;
  readonly writer: PageWriter;
  /** Where new pages go while there is room. */
  preferredFile: DataFileName = 'data_0';
  /** Pages read from a file since opening, written because memory ran short, and written to the log as images. */
  pagesRead = 0;
  pagesSpilled = 0;
  pagesLogged = 0;
  readonly former: FormerPages;
  readonly #options: PagerOptions;
  readonly #trace: TraceSink<BTreeEvent> | null;
  /** P5. Extents that what was promised to writers may take. */
  #promisedExtents = 0;
  #flags = new Uint8Array(256);
  #extents = new Uint32Array(256); // extent + 1
  #checksums = new Uint32Array(256);
  /** Every cursor takes an edition: 32 bits would come round. */
  #editions = new Float64Array(256);
  #length = 1; // Page 0 does not exist.
  #freePages: PageId[] = [];
  #changed: PageId[] = [];
  /** While opening: what an extent should hold, by an image in the log, where it does not. */
  readonly #images = new Map<ExtentId, Uint8Array>();

  constructor(options: PagerOptions) {
    this.#options = options;
    this.#trace = options.trace;
    this.pageBytes = options.pageBytes;
    this.storeSeed = options.storeSeed;
    this.pool = new BufferPool(options.poolBytes, options.pageBytes);
    this.references = new ExtentReferences(options.allocator);
    this.writer = new PageWriter(options.allocator, options.wholeWrites);
    this.former = new FormerPages({
      references: this.references,
      pageBytes: options.pageBytes,
      bytesMax: options.poolBytes + FORMER_BYTES,
      writeAway: (pages, bytes) => this.#writeFormer(pages, bytes),
    });
  }

  // ---- pages

  /** How many pages there are. */
  get pageCount(): number {
    return this.#length - 1 - this.#freePages.length;
  }
  /** One more than the highest page number in use or free. */
  get length(): number {
    return this.#length;
  }
  /** All of them, in order of their numbers. */
  pages(): PageId[] {
    const pages: PageId[] = [];
    for (let page = pageId(1); page < this.#length; page++) if (this.exists(page)) pages.push(page);
    return pages;
  }
  exists(page: PageId): boolean {
    return page < this.#length && (this.#flags[page]! & EXISTS) !== 0;
  }

  /**
   * The page's bytes, to look at: they stay what they are until the next call to the pager, or until it is unpinned.
   * `isScan`: read in passing, and the first to go.
   *
   * @throws EngineError page_damaged, read_failed
   */
  read(page: PageId, isScan = false): Uint8Array {
    const frame = this.pool.find(page);
    if (frame >= 0) {
      this.pool.counters.hits++;
      return this.#use(page, frame);
    }
    return this.pool.bytes(this.#load(page, isScan));
  }

  /** As `read`, and the page stays in its frame until `unpin`. */
  pin(page: PageId): Uint8Array {
    const found = this.pool.find(page);
    const frame = found >= 0 ? found : this.#load(page, false);
    this.pool.pin(frame);
    this.#trace?.emit({ kind: 'btree.page_pinned', page });
    return this.#use(page, frame);
  }
  unpin(...pages: PageId[]): void {
    for (const page of pages) this.pool.unpin(this.pool.find(page));
    this.#trace?.emit({ kind: 'btree.pages_unpinned', pages });
  }

  /** The page's bytes, to change: what `read` gave before may be another copy of them. */
  change(page: PageId): Uint8Array {
    let frame = this.pool.find(page);
    if (frame < 0) frame = this.#load(page, false);
    if (this.#editions[page]! <= this.former.youngestView) this.#retain(page, frame);
    if (!this.pool.isDirty(frame)) {
      this.#setPlace(page, undefined);
      this.pool.setDirty(frame, true);
      this.#trace?.emit({ kind: 'btree.page_dirtied', page });
    }
    this.#editions[page] = this.former.edition;
    this.#noteChange(page);
    return this.#use(page, frame);
  }

  #use(page: PageId, frame: number): Uint8Array {
    if (this.#trace !== null && !this.pool.isReferenced(frame)) {
      this.pool.use(frame);
      this.#trace.emit({ kind: 'btree.page_referenced', page });
    }
    return this.pool.use(frame);
  }

  /** A new page, formatted, in a frame. */
  allocate(kind: PageKind, level: number): PageId {
    const frame = this.#emptyFrame(); // First: where it fails, no number is lost.
    const page = this.#freePages.pop() ?? this.#newNumber();
    formatPage(this.pool.place(frame, page, true), kind, level, page, this.storeSeed);
    this.pool.setDirty(frame, true);
    this.#flags[page]! |= EXISTS;
    this.#editions[page] = this.former.edition;
    this.#noteChange(page);
    this.#trace?.emit({ kind: 'btree.page_allocated', page, pageKind: kind, level, frame });
    return page;
  }

  /** The page is part of the tree no more; views that saw it still do. */
  free(page: PageId): void {
    const frame = this.pool.find(page);
    if (this.#editions[page]! <= this.former.youngestView) this.#retain(page, frame);
    if (frame >= 0) {
      this.pool.clear(frame);
      this.pool.release(frame);
    }
    this.#setPlace(page, undefined);
    this.#flags[page]! &= ~EXISTS;
    this.#editions[page] = this.former.edition;
    this.#noteChange(page);
    this.#freePages.push(page);
    this.#trace?.emit({ kind: 'btree.page_freed', page });
  }

  // ---- places

  /** Where the page's newest self lies, unless that is in a dirty frame. */
  placeOf(page: PageId): PagePlace | undefined {
    const extent = this.#extents[page]!;
    return extent === 0 ? undefined : { extent: extentId(extent - 1), crc: this.#checksums[page]! };
  }

  /** While opening: the map names this page. */
  adopt(page: PageId, place: PagePlace): void {
    while (this.#length <= page) this.#freePages.push(this.#newNumber());
    this.#flags[page] = EXISTS;
    this.#setPlace(page, place);
  }
  /** After every page was adopted: the numbers in between are free, the lowest are given out first. */
  adoptFree(): void {
    this.#freePages = this.#freePages.filter((page) => !this.exists(page)).reverse();
  }
  /** The same, where the map could not be read whole: any number below `length` may be of a page that is not found. */
  adoptNoneFree(length: number): void {
    while (this.#length < length) this.#newNumber();
    this.#freePages = [];
  }

  /** While opening: the same page lies there as well, and is read from there from now on. */
  lookAt(page: PageId, place: PagePlace): void {
    this.#setPlace(page, place);
  }

  /** While opening: until `dropImages` this is what is read there. */
  readInstead(extent: ExtentId, image: Uint8Array): void {
    this.#images.set(extent, image);
  }
  dropImages(): void {
    this.#images.clear();
  }

  /** The version of `page` that `view` sees now lies at `place`. It was written by whoever says so. */
  written(page: PageId, view: View, place: PagePlace): void {
    if (this.#editions[page]! <= view.edition) {
      this.#setPlace(page, place);
      const frame = this.pool.find(page);
      if (frame >= 0) this.pool.setDirty(frame, false);
      return;
    }
    this.former.moved(page, view, place);
  }

  /** Pages changed since the last call, some of them freed since; each once. */
  takeChanged(): PageId[] {
    const changed = this.#changed;
    this.#changed = [];
    for (const page of changed) this.#flags[page]! &= ~CHANGED;
    return changed;
  }
  /** As if they had changed now: the checkpoint that was to write them is given up. */
  giveBackChanged(pages: readonly PageId[]): void {
    for (const page of pages) this.#noteChange(page);
  }
  get changedCount(): number {
    return this.#changed.length;
  }

  // ---- views

  /** P4. The bytes are to look at, until the next call to the pager. */
  readAt(view: View, page: PageId): Uint8Array {
    if (this.#editions[page]! <= view.edition) return this.read(page, true);
    const kept = this.former.find(page, view);
    assert(kept !== undefined, 'P4: what a view reaches is there or retained');
    return kept instanceof Uint8Array ? kept : this.readPlace(page, kept);
  }

  /** What `view` sees of a page; undefined if there was no such page. */
  versionAt(view: View, page: PageId): Version | undefined {
    if (this.#editions[page]! <= view.edition) {
      if (!this.exists(page)) return undefined;
      const place = this.placeOf(page);
      return place ? { place } : { bytes: this.pool.bytes(this.pool.find(page)) };
    }
    const kept = this.former.find(page, view);
    return kept && (kept instanceof Uint8Array ? { bytes: kept } : { place: kept });
  }

  /** Before an extent is overwritten in place: former selves of `page` that lie there are read into memory. */
  rescue(page: PageId, extent: ExtentId): void {
    this.former.rescue(page, extent, (place) => this.readPlace(page, place));
  }

  // ---- reading and writing

  /**
   * Reads a page from a place, past the pool.
   *
   * @throws EngineError page_damaged, read_failed
   */
  readPlace(page: PageId, place: PagePlace, into: Uint8Array = new Uint8Array(this.pageBytes)): Uint8Array {
    const problem = this.#readVerified(page, place, into);
    if (problem === undefined) return into;
    this.#trace?.emit({
      kind: 'btree.damage_found',
      page,
      extent: place.extent,
      isNewest: this.#extents[page] === place.extent + 1 && this.#checksums[page] === place.crc,
      problem,
    });
    const { at, name } = this.#options.allocator.locate(place.extent);
    throw new EngineError('page_damaged', `Page ${page} is damaged: ${problem}.`, { file: name, offset: at, page });
  }

  /** For whoever does not count on it: undefined if the page there is damaged. @throws EngineError read_failed */
  readIfWhole(page: PageId, place: PagePlace): Uint8Array | undefined {
    const into = new Uint8Array(this.pageBytes);
    return this.#readVerified(page, place, into) === undefined ? into : undefined;
  }

  /** A page of the map, which is numbered within its level. @throws as `readPlace` */
  readMapPlace(level: number, number: number, place: PagePlace): Uint8Array {
    const into = new Uint8Array(this.pageBytes);
    const problem = this.#readVerified(pageId(number), place, into) ?? problemOfMapPage(into, level);
    if (problem === undefined) return into;
    const { at, name } = this.#options.allocator.locate(place.extent);
    this.#trace?.emit({ kind: 'btree.map_damage_found', level, number, extent: place.extent, problem });
    const message = `Page ${number} of level ${level} of the page map is damaged: ${problem}.`;
    throw new EngineError('page_damaged', message, { file: name, offset: at });
  }

  /** What is wrong with the bytes there, if anything. */
  #readVerified(page: PageId, place: PagePlace, into: Uint8Array): string | undefined {
    const { allocator, storeSeed, verifyChecksums } = this.#options;
    if (!allocator.exists(place.extent)) return 'the data file is too short to hold it';
    const image = this.#images.size === 0 ? undefined : this.#images.get(place.extent);
    if (image) {
      into.set(image);
      return pageProblem(into, page, storeSeed, place.crc, verifyChecksums);
    }
    const { at, file: dataFile } = allocator.place(place.extent);
    let problem: string | undefined;
    // A read can go wrong once where the medium is fine: before the page counts as damaged it is read again.
    for (let tries = 0; tries < 2; tries++) {
      const count = dataFile.read(at, into);
      this.pagesRead++;
      problem =
        count === into.length
          ? pageProblem(into, page, storeSeed, place.crc, verifyChecksums)
          : `the device gave ${count} of ${into.length} bytes`;
      if (problem === undefined) return undefined;
    }
    return problem;
  }

  /**
   * P5: sees to it that so many extents are free.
   *
   * @throws EngineError store_full, write_failed; what was promised before still is
   */
  promiseExtents(count: number): void {
    this.#growToHold(count);
    this.#promisedExtents = count;
  }

  #growToHold(count: number): void {
    const { allocator } = this.#options;
    const missing = count - allocator.freeExtents('data_0') - allocator.freeExtents('data_1');
    if (missing > 0) allocator.reserve(this.preferredFile, allocator.freeExtents(this.preferredFile) + missing);
  }

  /** A free extent; the caller refers to it, or gives it back. */
  takeExtent(preferred = this.preferredFile): ExtentId {
    return this.#options.allocator.allocate(preferred);
  }

  /**
   * Seals pages and writes them to free extents, which nobody refers to yet: the caller does, or gives them back.
   *
   * @throws EngineError store_full, write_failed; nothing is taken then
   */
  writeNew(pages: readonly Uint8Array[]): PagePlace[] {
    const claimed: ExtentId[] = [];
    try {
      const writes = pages.map((bytes) => {
        const extent = this.takeExtent();
        claimed.push(extent);
        return { extent, bytes, crc: this.seal(bytes) };
      });
      this.writer.write(writes);
      return writes.map(({ crc, extent }) => ({ extent, crc }));
    } catch (error) {
      for (const extent of claimed) this.#options.allocator.free(extent);
      throw error;
    }
  }

  /** Sets the page's checksum. */
  seal(bytes: Uint8Array): number {
    return sealPage(bytes, this.storeSeed);
  }

  #load(page: PageId, isScan: boolean): number {
    // After salvage: the page of the map that knew where it lies was damaged.
    const place = this.exists(page) ? this.placeOf(page) : undefined;
    if (!place)
      throw new EngineError('page_damaged', `Page ${page} cannot be found: the page map is damaged.`, { page });
    this.pool.counters.misses++;
    const frame = this.#emptyFrame();
    try {
      this.readPlace(page, place, this.pool.bytes(frame));
    } catch (error) {
      this.pool.release(frame);
      throw error;
    }
    this.pool.place(frame, page, !isScan);
    this.#trace?.emit({
      kind: 'btree.page_read',
      page,
      extent: place.extent,
      frame,
      isScan,
      content: contentOf(this.pool.bytes(frame)),
    });
    return frame;
  }

  /** A frame without a page in it. */
  #emptyFrame(): number {
    const free = this.pool.takeFree();
    if (free !== undefined) return free;
    const sweep = this.#trace === null ? undefined : this.pool.nextSweep();
    const frame = this.pool.victim();
    const page = this.pool.pageIn(frame);
    const isDirty = this.pool.isDirty(frame);
    if (sweep) this.#trace!.emit({ kind: 'btree.victim_chosen', page, isDirty, ...sweep });
    if (isDirty) this.#spill(frame);
    this.pool.clear(frame);
    this.#trace?.emit({ kind: 'btree.page_evicted', page });
    return frame;
  }

  /** Writes a dirty page that has to go, and the next few of the clock with it, to free extents. */
  #spill(frame: number): void {
    const frames = [
      frame,
      ...this.pool.dirtyAfterHand(SPILL_PAGES, SPILL_FRAMES_SEEN).filter((other) => other !== frame),
    ];
    const places = this.writeNew(frames.map((dirty) => this.pool.bytes(dirty)));
    frames.forEach((dirty, i) => {
      const page = this.pool.pageIn(dirty);
      this.#setPlace(page, places[i]);
      this.pool.setDirty(dirty, false);
      this.#trace?.emit({ kind: 'btree.page_spilled', page, extent: places[i]!.extent });
    });
    this.pagesSpilled += frames.length;
  }

  // ---- former selves

  /** Keeps the page as it is for the views that see it. */
  #retain(page: PageId, frame: number): void {
    this.former.retain(page, this.#editions[page]!, this.placeOf(page) ?? this.pool.detach(frame));
  }

  #writeFormer(pages: readonly PageId[], bytes: readonly Uint8Array[]): readonly PagePlace[] | undefined {
    try {
      this.#growToHold(this.#promisedExtents + pages.length); // P5
      const places = this.writeNew(bytes);
      places.forEach(({ extent }, i) => {
        this.#trace?.emit({ kind: 'btree.former_page_spilled', page: pages[i]!, extent });
      });
      return places;
    } catch (error) {
      if (isEngineError(error, 'store_full')) return undefined;
      throw error;
    }
  }

  // ---- the table of pages

  #setPlace(page: PageId, place: PagePlace | undefined): void {
    const before = this.#extents[page]!;
    if (place) this.references.add(place.extent);
    this.#extents[page] = place ? place.extent + 1 : 0;
    this.#checksums[page] = place?.crc ?? 0;
    if (before !== 0) this.references.drop(extentId(before - 1));
  }

  #noteChange(page: PageId): void {
    if ((this.#flags[page]! & CHANGED) !== 0) return;
    this.#flags[page]! |= CHANGED;
    this.#changed.push(page);
  }

  #newNumber(): PageId {
    const page = pageId(this.#length++);
    if (page >= this.#flags.length) {
      this.#flags = lengthened(this.#flags, new Uint8Array(2 * page));
      this.#extents = lengthened(this.#extents, new Uint32Array(2 * page));
      this.#checksums = lengthened(this.#checksums, new Uint32Array(2 * page));
      this.#editions = lengthened(this.#editions, new Float64Array(2 * page));
    }
    return page;
  }
}

function lengthened<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function problemOfMapPage(bytes: Uint8Array, level: number): string | undefined {
  return kindOf(bytes) === 'map' && levelOf(bytes) === level ? undefined : 'it is no such page';
}
