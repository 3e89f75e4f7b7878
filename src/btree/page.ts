/**
 * A page: the unit the tree reads, writes, keeps in memory and protects. Slotted, so that cells of any length live in
 * it and move without anybody outside noticing. Little-endian.
 *
 *     0     4      5       6       8       12      16      24      28      32       34      36
 *     +-----+------+-------+-------+-------+-------+-------+-------+-------+--------+-------+--
 *     | crc | kind | level | slots | page  | store | lsn   | left  | right | cells  | holes |
 *     | u32 | u8   | u8    | u16   | u32   | u32   | u64   | u32   | u32   | u16    | u16   |
 *     +-----+------+-------+-------+-------+-------+-------+-------+-------+--------+-------+--
 *
 *     36               36 + 2 slots             size - cells                             size
 *     +----------------+------------------------+----------------------------------------+
 *     | slots          | gap                    | cells: the youngest lowest, in no other |
 *     | u16 offsets,   | whatever was there     | order; `holes` bytes of them are dead   |
 *     | in key order   | before: it means naught|                                        |
 *     +----------------+------------------------+----------------------------------------+
 *
 *     cell of a leaf      key length varint | key | 2 * value length + 1 if it lies elsewhere, varint | value
 *                                                                                     or | first overflow page u32
 *     cell of an inner    key length varint | key | child u32
 *
 * crc32c starts from the store's seed and covers bytes 4 to the end. `page` is the page's logical number and `store`
 * the seed, so a page that landed in the wrong place, or came from another store, is found even where its checksum holds.
 *
 *   kind 1  leaf      `left` and `right` are its neighbours in key order, 0 at either end of the tree
 *   kind 2  inner     `left` is the child before the first separator; child i + 1 stands in cell i, with the
 *                     separator before it: keys under child i are < separator i <= keys under child i + 1
 *   kind 3  overflow  a stretch of one long value: `cells` bytes from byte 36 on, then the page `right`; no slots
 *   kind 4  map       see `page_map.ts`
 *   kind 5  copies    see `double_write.ts`
 *
 * Leaves keep whole keys; inner pages keep the shortest bytes that still separate two leaves (Bayer and Unterauer
 * 1977, "Prefix B-trees", section 3). The layout is that of Graefe 2011, "Modern B-tree techniques", section 3.3.
 *
 *   G1  Slots are in strictly ascending key order.
 *   G2  cells + 36 + 2 slots <= size: slots and cells do not meet.
 *   G3  The live cells and the holes add up to `cells`.
 *   G4  A cell with its slot takes at most half of what a page holds: two pages always suffice for a split.
 */
import { assert } from '../base/assert';
import { putU64, readU32, readU64, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { lsn, pageId, type Lsn, type PageId } from '../base/ids';
import { putVarint, varintBytes } from '../base/varint';

const CRC = 0;
const KIND = 4;
const LEVEL = 5;
const SLOTS = 6;
const PAGE = 8;
const STORE = 12;
const LSN = 16;
const LEFT = 24;
const RIGHT = 28;
const CELLS = 32;
const HOLES = 34;
export const PAGE_HEADER_BYTES = 36;
export const SLOT_BYTES = 2;
const POINTER_BYTES = 4;

export const PAGE_BYTES_MIN = 256;
export const PAGE_BYTES_MAX = 64 * 1024;

export const PAGE_KINDS = { leaf: 1, inner: 2, overflow: 3, map: 4, copies: 5 } as const;
export type PageKind = keyof typeof PAGE_KINDS;
const KIND_NAMES: readonly (PageKind | undefined)[] = [undefined, 'leaf', 'inner', 'overflow', 'map', 'copies'];

export const NO_PAGE = pageId(0);

/** Bytes of a page for slots and cells. */
export const usableBytes = (pageBytes: number): number => pageBytes - PAGE_HEADER_BYTES;

/** G4: the longest key of a tree with pages of this size, whose value may still have to lie elsewhere. */
export function keyBytesMax(pageBytes: number): number {
  const lengths = 2 + 5 + SLOT_BYTES + POINTER_BYTES; // Two bytes for the key's length, five for the value's.
  return Math.floor(usableBytes(pageBytes) / 2) - lengths;
}

// ---- header

export function formatPage(page: Uint8Array, kind: PageKind, level: number, id: PageId, store: number): void {
  page.fill(0);
  page[KIND] = PAGE_KINDS[kind];
  page[LEVEL] = level;
  const view = viewOf(page);
  view.setUint32(PAGE, id, true);
  view.setUint32(STORE, store, true);
}

export const kindOf = (page: Uint8Array): PageKind | undefined => KIND_NAMES[page[KIND]!];
export const isLeaf = (page: Uint8Array): boolean => page[KIND] === PAGE_KINDS.leaf;
export const levelOf = (page: Uint8Array): number => page[LEVEL]!;
export const pageOf = (page: Uint8Array): PageId => pageId(readU32(page, PAGE));
export const lsnOf = (page: Uint8Array): Lsn => lsn(readU64(page, LSN));
export const leftOf = (page: Uint8Array): PageId => pageId(readU32(page, LEFT));
export const rightOf = (page: Uint8Array): PageId => pageId(readU32(page, RIGHT));
export const slotCount = (page: Uint8Array): number => page[SLOTS]! | (page[SLOTS + 1]! << 8);
export const cellBytesOf = (page: Uint8Array): number => page[CELLS]! | (page[CELLS + 1]! << 8);
export const holeBytesOf = (page: Uint8Array): number => page[HOLES]! | (page[HOLES + 1]! << 8);

export const setLsn = (page: Uint8Array, value: Lsn): void => putU64(viewOf(page), LSN, value);
export const setLeft = (page: Uint8Array, value: PageId): void => putU32(page, LEFT, value);
export const setRight = (page: Uint8Array, value: PageId): void => putU32(page, RIGHT, value);
export const setCellBytes = (page: Uint8Array, value: number): void => putU16(page, CELLS, value);

function putU16(page: Uint8Array, at: number, value: number): void {
  page[at] = value;
  page[at + 1] = value >>> 8;
}

function putU32(page: Uint8Array, at: number, value: number): void {
  page[at] = value;
  page[at + 1] = value >>> 8;
  page[at + 2] = value >>> 16;
  page[at + 3] = value >>> 24;
}

// ---- checksum

/** Sets the checksum and returns it: the last thing before a page is written. */
export function sealPage(page: Uint8Array, storeSeed: number): number {
  const crc = crc32c(page, KIND, page.length, storeSeed);
  putU32(page, CRC, crc);
  return crc;
}

export const checksumOf = (page: Uint8Array): number => readU32(page, CRC);

/** What is wrong with a page that was read as number `id`, or undefined. `expectedCrc`: what the page map says. */
export function pageProblem(
  page: Uint8Array,
  id: PageId,
  storeSeed: number,
  expectedCrc: number,
  verify: boolean,
): string | undefined {
  if (verify) {
    if (crc32c(page, KIND, page.length, storeSeed) !== checksumOf(page)) return 'its checksum does not match';
    if (readU32(page, STORE) !== storeSeed) return 'it belongs to another store';
    if (pageOf(page) !== id) return `it says that it is page ${pageOf(page)}`;
    if (checksumOf(page) !== expectedCrc) return 'it is another edition of the page than the one last written';
  }
  const kind = kindOf(page);
  if (kind === undefined) return 'it is of no known kind';
  if (PAGE_HEADER_BYTES + SLOT_BYTES * slotCount(page) + cellBytesOf(page) > page.length)
    return 'G2: slots and cells meet';
  return undefined;
}

// ---- room

/** Bytes between slots and cells. */
export const gapBytes = (page: Uint8Array): number =>
  page.length - PAGE_HEADER_BYTES - SLOT_BYTES * slotCount(page) - cellBytesOf(page);

/** Bytes that a cell and its slot could take, after the live cells were moved together. */
export const freeBytes = (page: Uint8Array): number => gapBytes(page) + holeBytesOf(page);

/** Bytes of live cells and their slots. */
export const usedBytes = (page: Uint8Array): number => usableBytes(page.length) - freeBytes(page);

/** What a cell costs the page: itself and its slot. */
export const roomFor = (cellBytes: number): number => cellBytes + SLOT_BYTES;

// ---- cells

export function cellAt(page: Uint8Array, slot: number): number {
  const at = PAGE_HEADER_BYTES + SLOT_BYTES * slot;
  return page[at]! | (page[at + 1]! << 8);
}

/** Keys are at most 1,024 bytes long, so their length takes one byte or two. */
function keyLengthAt(page: Uint8Array, cell: number): number {
  const first = page[cell]!;
  return first < 0x80 ? first : (first & 0x7f) | (page[cell + 1]! << 7);
}
const keyStart = (page: Uint8Array, cell: number): number => cell + (page[cell]! < 0x80 ? 1 : 2);

/** A copy of the key. */
export function keyAt(page: Uint8Array, slot: number): Uint8Array {
  const cell = cellAt(page, slot);
  const start = keyStart(page, cell);
  return page.slice(start, start + keyLengthAt(page, cell));
}

/** The key as a view of the page: for looking at before the page changes. */
export function keyViewAt(page: Uint8Array, slot: number): Uint8Array {
  const cell = cellAt(page, slot);
  const start = keyStart(page, cell);
  return page.subarray(start, start + keyLengthAt(page, cell));
}

/** Where a value is: in the page at `at`, or in the chain of pages that starts with `overflow`. */
export interface ValuePlace {
  at: number;
  length: number;
  overflow: PageId;
}

/** Fills `place`: the caller keeps it, so a read makes nothing but the value. */
export function valueAt(page: Uint8Array, slot: number, place: ValuePlace): void {
  const cell = cellAt(page, slot);
  let at = keyStart(page, cell) + keyLengthAt(page, cell);
  let marked = page[at]!;
  if (marked >= 0x80) {
    marked &= 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = page[++at]!;
      marked += (byte & 0x7f) * scale;
      if (!(byte >= 0x80)) break; // Also past the end, where a page is damaged and nobody checked it.
    }
  }
  at++;
  place.at = at;
  place.length = Math.floor(marked / 2);
  place.overflow = marked % 2 === 1 ? pageId(readU32(page, at)) : NO_PAGE;
}

const scratch: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };

/** Bytes of the cell in a slot. */
export function cellLength(page: Uint8Array, slot: number): number {
  const cell = cellAt(page, slot);
  if (!isLeaf(page)) return keyStart(page, cell) + keyLengthAt(page, cell) + POINTER_BYTES - cell;
  valueAt(page, slot, scratch);
  return scratch.at + (scratch.overflow === NO_PAGE ? scratch.length : POINTER_BYTES) - cell;
}

/** The child in slot `slot` of an inner page; slot -1 is the one before the first separator. */
export function childAt(page: Uint8Array, slot: number): PageId {
  if (slot < 0) return leftOf(page);
  const cell = cellAt(page, slot);
  return pageId(readU32(page, keyStart(page, cell) + keyLengthAt(page, cell)));
}

export function leafCellBytes(keyBytes: number, valueBytes: number, overflows: boolean): number {
  const body = overflows ? POINTER_BYTES : valueBytes;
  return varintBytes(keyBytes) + keyBytes + varintBytes(2 * valueBytes + (overflows ? 1 : 0)) + body;
}

/**
 * A value longer than a quarter of a page lies in overflow pages; and a shorter one too where G4 wants it, if that makes the
 * cell shorter. The quarter is of the page, whatever the key takes: values of 1 KiB in pages of 4 KiB are common, and each
 * of them in a page of its own would be four times the bytes.
 */
export function overflows(pageBytes: number, keyBytes: number, valueBytes: number): boolean {
  if (valueBytes <= POINTER_BYTES) return false;
  if (valueBytes > pageBytes / 4) return true;
  return roomFor(leafCellBytes(keyBytes, valueBytes, false)) > Math.floor(usableBytes(pageBytes) / 2);
}

/** Writes a leaf's cell at `at`. Exactly one of `value` (whole, in the page) and `overflow` counts. */
export function putLeafCell(
  into: Uint8Array,
  at: number,
  key: Uint8Array,
  value: Uint8Array,
  overflow: PageId,
): number {
  at = putVarint(into, at, key.length);
  into.set(key, at);
  at = putVarint(into, at + key.length, 2 * value.length + (overflow === NO_PAGE ? 0 : 1));
  if (overflow === NO_PAGE) {
    into.set(value, at);
    return at + value.length;
  }
  putU32(into, at, overflow);
  return at + POINTER_BYTES;
}

export const innerCellBytes = (keyBytes: number): number => varintBytes(keyBytes) + keyBytes + POINTER_BYTES;

export function putInnerCell(into: Uint8Array, at: number, separator: Uint8Array, child: PageId): number {
  at = putVarint(into, at, separator.length);
  into.set(separator, at);
  putU32(into, at + separator.length, child);
  return at + separator.length + POINTER_BYTES;
}

// ---- search

/** Where `key` is among the keys of a page; or, if it is not there, `~slot` of where it would go: a negative number. */
export function searchPage(page: Uint8Array, key: Uint8Array): number {
  const length = key.length;
  let low = 0;
  let high = slotCount(page);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const slotAt = PAGE_HEADER_BYTES + 2 * middle;
    let at = page[slotAt]! | (page[slotAt + 1]! << 8);
    let keyLength = page[at++]!;
    if (keyLength >= 0x80) keyLength = (keyLength & 0x7f) | (page[at++]! << 7);
    const common = keyLength < length ? keyLength : length;
    let i = 0;
    while (i < common && page[at + i] === key[i]) i++;
    const order = i < common ? page[at + i]! - key[i]! : keyLength - length;
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return ~low;
}

/** The slot of the child under which `key` belongs: -1 for the one before the first separator. */
export function childSlotFor(page: Uint8Array, key: Uint8Array): number {
  const found = searchPage(page, key);
  return found >= 0 ? found : ~found - 1;
}

// ---- change

/**
 * Makes room for a cell of `cellBytes` in `slot`, moving live cells together if need be.
 *
 * @returns where in the page to write it
 */
export function openSlot(page: Uint8Array, slot: number, cellBytes: number): number {
  assert(freeBytes(page) >= roomFor(cellBytes), 'G2: a page that is full is split first');
  if (gapBytes(page) < roomFor(cellBytes)) compactCells(page);
  const slots = slotCount(page);
  const at = page.length - cellBytesOf(page) - cellBytes;
  const slotAt = PAGE_HEADER_BYTES + SLOT_BYTES * slot;
  page.copyWithin(slotAt + SLOT_BYTES, slotAt, PAGE_HEADER_BYTES + SLOT_BYTES * slots);
  putU16(page, slotAt, at);
  putU16(page, SLOTS, slots + 1);
  putU16(page, CELLS, cellBytesOf(page) + cellBytes);
  return at;
}

/** Takes a cell out; its bytes become a hole, unless it was the lowest. */
export function removeCell(page: Uint8Array, slot: number): void {
  const slots = slotCount(page);
  const at = cellAt(page, slot);
  const length = cellLength(page, slot);
  const slotAt = PAGE_HEADER_BYTES + SLOT_BYTES * slot;
  page.copyWithin(slotAt, slotAt + SLOT_BYTES, PAGE_HEADER_BYTES + SLOT_BYTES * slots);
  putU16(page, SLOTS, slots - 1);
  if (slots === 1) {
    putU16(page, CELLS, 0);
    putU16(page, HOLES, 0);
  } else if (at === page.length - cellBytesOf(page)) putU16(page, CELLS, cellBytesOf(page) - length);
  else putU16(page, HOLES, holeBytesOf(page) + length);
}

/** Copies the cells `[from, to)` of one page behind the last of another, of the same kind. */
export function appendCells(target: Uint8Array, source: Uint8Array, from: number, to: number): void {
  insertCells(target, slotCount(target), source, from, to);
}

/** Copies the cells `[from, to)` of one page into another of the same kind, before its slot `slot`. */
export function insertCells(target: Uint8Array, slot: number, source: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const cell = cellAt(source, i);
    const length = cellLength(source, i);
    const at = openSlot(target, slot + i - from, length);
    target.set(source.subarray(cell, cell + length), at);
  }
}

/** Keeps the cells `[from, to)` and nothing else, moved together. */
export function keepCells(page: Uint8Array, from: number, to: number): void {
  const before = page.slice();
  clearCells(page);
  insertCells(page, 0, before, from, to);
}

function clearCells(page: Uint8Array): void {
  putU16(page, SLOTS, 0);
  putU16(page, CELLS, 0);
  putU16(page, HOLES, 0);
}

/** Moves the live cells together at the end, in slot order: the holes join the gap. */
export function compactCells(page: Uint8Array): void {
  const slots = slotCount(page);
  const before = page.slice();
  let at = page.length;
  for (let slot = slots - 1; slot >= 0; slot--) {
    const cell = cellAt(before, slot);
    const length = cellLength(before, slot);
    at -= length;
    page.set(before.subarray(cell, cell + length), at);
    putU16(page, PAGE_HEADER_BYTES + SLOT_BYTES * slot, at);
  }
  putU16(page, CELLS, page.length - at);
  putU16(page, HOLES, 0);
}

// ---- inner pages, as a list: they change seldom, and then by several cells at once

export interface InnerCell {
  readonly separator: Uint8Array;
  /** The child behind the separator. */
  readonly child: PageId;
}

/** The cells of an inner page, as copies; the child before the first is `leftOf`. */
export function innerCells(page: Uint8Array): InnerCell[] {
  return Array.from({ length: slotCount(page) }, (_, slot) => ({
    separator: keyAt(page, slot),
    child: childAt(page, slot),
  }));
}

/** Makes an inner page hold exactly this. */
export function writeInner(page: Uint8Array, first: PageId, cells: readonly InnerCell[]): void {
  clearCells(page);
  setLeft(page, first);
  cells.forEach(({ child, separator }, slot) => {
    putInnerCell(page, openSlot(page, slot, innerCellBytes(separator.length)), separator, child);
  });
}

/** Field by field, for people: name, offset, length. */
export const PAGE_FIELDS = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'kind', offset: KIND, length: 1 },
  { name: 'level', offset: LEVEL, length: 1 },
  { name: 'slots', offset: SLOTS, length: 2 },
  { name: 'page', offset: PAGE, length: 4 },
  { name: 'store', offset: STORE, length: 4 },
  { name: 'LSN', offset: LSN, length: 8 },
  { name: 'left', offset: LEFT, length: 4 },
  { name: 'right', offset: RIGHT, length: 4 },
  { name: 'cell bytes', offset: CELLS, length: 2 },
  { name: 'hole bytes', offset: HOLES, length: 2 },
] as const;
