/**
 * The page map: where each page lies, and which edition of it counts.
 *
 * Pages know each other by number: a parent its children, a leaf its neighbours. Were the numbers places in a file, then
 * writing a page to a new place would change its parent and both its neighbours, theirs in turn, and so the whole tree.
 * So numbers are logical, and one table says where each page lies now. It is kept in pages of its own, and a second
 * table says where those lie, and so on until one page suffices; the superblock names that one.
 *
 *     superblock root ──▶ map page, level 2 ──▶ map pages, level 1 ──▶ the tree's pages
 *                          (extent, crc)         (extent, crc)
 *
 * A map page has the header of every page (`page.ts`; kind 4, its level, and `page` the number of the map page within
 * its level, from 0), and then the entries of consecutive pages:
 *
 *     36         40      44         48
 *     +----------+-------+----------+-------+--
 *     | extent+1 | crc   | extent+1 | crc   | ...      extent+1 = 0: there is no such page
 *     | u32      | u32   | u32      | u32   |
 *     +----------+-------+----------+-------+--
 *
 * An entry carries the checksum of what it points to, all the way up to the superblock (a Merkle tree, 1979; ZFS and
 * btrfs do the same): a page that was never written, written elsewhere, or is an older self of the right one, each
 * whole and with a checksum of its own that holds, is found when it is read.
 *
 * There is no list of free pages: a number without an entry is free, an extent that no entry names is free, and so the
 * two can never disagree with the tree after a crash.
 *
 *   T1  Every number that the tree reaches has an entry; every other has none.
 *   T2  No two entries, of any level, name the same extent.
 */
import { readU32, viewOf } from '../base/bytes';
import { extentId, pageId, type ExtentId } from '../base/ids';
import { formatPage, PAGE_HEADER_BYTES, setCellBytes } from './page';

const ENTRY_BYTES = 8;

export const entriesPerMapPage = (pageBytes: number): number =>
  Math.floor((pageBytes - PAGE_HEADER_BYTES) / ENTRY_BYTES);

/** Where a page lies and the checksum that it has there. */
export interface PagePlace {
  readonly extent: ExtentId;
  readonly crc: number;
}

/** The entries of one level, and which of its map pages have to be written again. */
class MapLevel {
  #extents = new Uint32Array(64); // extent + 1; 0: no page
  #checksums = new Uint32Array(64);
  /** One more than the highest number that ever had an entry. */
  length = 0;
  readonly changed = new Set<number>();

  get(number: number): PagePlace | undefined {
    const extent = number < this.length ? this.#extents[number]! : 0;
    return extent === 0 ? undefined : { extent: extentId(extent - 1), crc: this.#checksums[number]! };
  }

  set(number: number, place: PagePlace | undefined, perPage: number): void {
    if (number >= this.length) this.#lengthen(number + 1);
    this.#extents[number] = place ? place.extent + 1 : 0;
    this.#checksums[number] = place?.crc ?? 0;
    this.changed.add(Math.floor(number / perPage));
  }

  #lengthen(length: number): void {
    this.length = length;
    if (length <= this.#extents.length) return;
    const capacity = Math.max(length, 2 * this.#extents.length);
    const extents = new Uint32Array(capacity);
    extents.set(this.#extents);
    const checksums = new Uint32Array(capacity);
    checksums.set(this.#checksums);
    this.#extents = extents;
    this.#checksums = checksums;
  }
}

/** The map as the next superblock will have it. Level 0 has the entries of the tree's pages, in memory as on disk. */
export class PageMap {
  readonly #pageBytes: number;
  readonly #perPage: number;
  readonly #levels: MapLevel[] = [new MapLevel()];

  constructor(pageBytes: number) {
    this.#pageBytes = pageBytes;
    this.#perPage = entriesPerMapPage(pageBytes);
  }

  /** One more than the highest page number that has an entry, or had one. */
  get length(): number {
    return this.#levels[0]!.length;
  }

  place(page: number): PagePlace | undefined {
    return this.#levels[0]!.get(page);
  }

  set(page: number, place: PagePlace | undefined): void {
    this.#levels[0]!.set(page, place, this.#perPage);
  }

  /** Levels of map pages: 0 for an empty map. */
  get depth(): number {
    let pages = this.length;
    let depth = 0;
    for (; pages > 1 || depth === 0; depth++) {
      if (pages === 0) return 0;
      pages = Math.ceil(pages / this.#perPage);
    }
    return depth;
  }

  /** How many map pages a checkpoint of the present changes writes, at most `extraPages` of the tree changing besides. */
  pagesToWrite(extraPages: number): number {
    let pages = Math.min(
      this.#levels[0]!.changed.size + extraPages,
      Math.ceil((this.length + extraPages) / this.#perPage),
    );
    let written = 0;
    for (; pages > 1; pages = Math.ceil(pages / this.#perPage)) written += pages;
    return written + 1 + this.depth;
  }

  /** The map page that holds the entries of the map pages of `level` (level 1: entries of tree pages). */
  mapPlace(level: number, number: number): PagePlace | undefined {
    return this.#levels[level]?.get(number);
  }

  /** Numbers of the map pages of `level` that have to be written again, ascending. Level 1 first, each before the next. */
  changedPages(level: number): number[] {
    return [...(this.#levels[level - 1]?.changed ?? [])].sort((a, b) => a - b);
  }

  /** Says that map page `number` of `level` was written there; its own entry, a level up, has changed thereby. */
  setMapPlace(level: number, number: number, place: PagePlace): PagePlace | undefined {
    const own = (this.#levels[level] ??= new MapLevel());
    const before = own.get(number);
    own.set(number, place, this.#perPage);
    this.#levels[level - 1]!.changed.delete(number);
    return before;
  }

  /** Whether a map page would have no entry at all: then nobody needs it. */
  isEmpty(level: number, number: number): boolean {
    const below = this.#levels[level - 1]!;
    const end = Math.min((number + 1) * this.#perPage, below.length);
    for (let entry = number * this.#perPage; entry < end; entry++) if (below.get(entry)) return false;
    return true;
  }

  /** Says that map page `number` of `level` is no more. @returns where it was */
  dropMapPlace(level: number, number: number): PagePlace | undefined {
    const own = this.#levels[level];
    const before = own?.get(number);
    if (before) own!.set(number, undefined, this.#perPage);
    this.#levels[level - 1]!.changed.delete(number);
    return before;
  }

  /** Map pages of levels that a map of this depth does not have, left from when it was deeper. */
  mapPagesAbove(depth: number): { readonly level: number; readonly number: number }[] {
    return this.#levels.flatMap(({ length }, level) =>
      level <= depth ? [] : Array.from({ length }, (_, number) => ({ level, number })),
    );
  }

  /** Undoes `setMapPlace` and `dropMapPlace`: the entries below are to be written again. */
  unsetMapPlace(level: number, number: number, before: PagePlace | undefined): void {
    this.#levels[level]?.set(number, before, this.#perPage);
    this.#levels[level - 1]!.changed.add(number);
  }

  /** Every map page is to be written again: none stays where it is. */
  rewriteAll(): void {
    for (const { changed, length } of this.#levels.slice(0, this.depth)) {
      for (let number = 0; number * this.#perPage < length; number++) changed.add(number);
    }
  }

  /** The whole of what the topmost level remembers as changed is in the superblock: nothing is left to write. */
  settleTop(depth: number): void {
    this.#levels[depth]?.changed.clear();
  }

  encode(into: Uint8Array, level: number, number: number, store: number): void {
    formatPage(into, 'map', level, pageId(number), store);
    const below = this.#levels[level - 1]!;
    const first = number * this.#perPage;
    const count = Math.min(this.#perPage, below.length - first);
    const view = viewOf(into, PAGE_HEADER_BYTES);
    for (let i = 0; i < count; i++) {
      const place = below.get(first + i);
      if (!place) continue;
      view.setUint32(i * ENTRY_BYTES, place.extent + 1, true);
      view.setUint32(i * ENTRY_BYTES + 4, place.crc, true);
    }
    setCellBytes(into, count * ENTRY_BYTES);
  }

  /**
   * While opening: takes over the entries of a map page that was read and verified, which do not count as changed.
   *
   * @returns the numbers one level down that have an entry: tree pages at level 1
   */
  load(page: Uint8Array, level: number, number: number, count: number): number[] {
    const below = (this.#levels[level - 1] ??= new MapLevel());
    const present: number[] = [];
    const first = number * this.#perPage;
    for (let i = 0; i < Math.min(count, this.#perPage); i++) {
      const at = PAGE_HEADER_BYTES + i * ENTRY_BYTES;
      const extent = readU32(page, at);
      if (extent === 0) continue;
      below.set(first + i, { extent: extentId(extent - 1), crc: readU32(page, at + 4) }, this.#perPage);
      present.push(first + i);
    }
    below.changed.delete(number);
    // A page of the map without an entry, as older programs wrote: the next checkpoint lets it go.
    if (present.length === 0) below.changed.add(number);
    return present;
  }

  /** While opening: the topmost map page, as the superblock names it. */
  loadTop(depth: number, place: PagePlace): void {
    // All levels: those whose pages turn out to be damaged are empty, and not absent.
    for (let level = 0; level <= depth; level++) this.#levels[level] ??= new MapLevel();
    const top = this.#levels[depth]!;
    top.set(0, place, this.#perPage);
    top.changed.clear();
  }

  /** Every extent that the map names or lies in. */
  *extents(): Generator<ExtentId> {
    for (const level of this.#levels) {
      for (let number = 0; number < level.length; number++) {
        const place = level.get(number);
        if (place) yield place.extent;
      }
    }
  }
}

/** Entries that a map page holds, as its header says. */
export const mapEntries = (page: Uint8Array, cellBytes: number): number =>
  Math.min(Math.floor(cellBytes / ENTRY_BYTES), entriesPerMapPage(page.length));
