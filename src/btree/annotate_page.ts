/**
 * What the bytes of an extent mean that holds a page, by the drawings of `page.ts`, `page_map.ts` and `double_write.ts`.
 * Every byte of the extent is in exactly one field, in the order of the file. Never throws: whatever the bytes are, a
 * page that does not hold together is described by its header alone, and the rest is said to be not decoded.
 */
import { decodeText, readU32, toHex } from '../base/bytes';
import { crc32c } from '../base/checksum';
import type { FieldAnnotation } from '../base/fields';
import { extentId, type PageId } from '../base/ids';
import { overflowPages } from './overflow';
import {
  cellAt,
  cellBytesOf,
  cellLength,
  checksumOf,
  childAt,
  gapBytes,
  holeBytesOf,
  isLeaf,
  keyViewAt,
  kindOf,
  leftOf,
  levelOf,
  lsnOf,
  NO_PAGE,
  PAGE_FIELDS,
  PAGE_HEADER_BYTES,
  pageOf,
  rightOf,
  SLOT_BYTES,
  slotCount,
  valueAt,
  type PageKind,
  type ValuePlace,
} from './page';

export interface PageToAnnotate {
  /** The extent, from its first byte; it may be cut off by the end of what was read. */
  readonly bytes: Uint8Array;
  /** Where it lies in its file. */
  readonly at: number;
  readonly pageBytes: number;
  readonly storeSeed: number;
  /** Where an extent lies: for what points to one. */
  readonly locate: (extent: number) => { readonly file: string; readonly at: number };
}

/** Empty where no page of this store lies. */
export function annotatePage(input: PageToAnnotate): FieldAnnotation[] {
  const { bytes, pageBytes, storeSeed } = input;
  if (bytes.length < PAGE_HEADER_BYTES || readU32(bytes, 12) !== storeSeed) return [];
  const kind = kindOf(bytes);
  if (kind === undefined) return [];
  return new PageFields(input, bytes.subarray(0, Math.min(pageBytes, bytes.length)), kind).fields();
}

const OF_KIND: Readonly<Record<PageKind, string>> = {
  leaf: 'leaf',
  inner: 'inner page',
  overflow: 'overflow page',
  map: 'map page',
  copies: 'list of copies',
};

const ENTRY_BYTES = 8;

class PageFields {
  readonly #input: PageToAnnotate;
  readonly #page: Uint8Array;
  readonly #kind: PageKind;
  readonly #structure: string;
  readonly #fields: FieldAnnotation[] = [];
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  /** Bytes of the page that have a field, from the first on. */
  #end = 0;

  constructor(input: PageToAnnotate, page: Uint8Array, kind: PageKind) {
    this.#input = input;
    this.#page = page;
    this.#kind = kind;
    const level = kind === 'map' ? ` of level ${levelOf(page)}` : '';
    this.#structure = `${OF_KIND[kind]} ${pageOf(page)}${level}`;
  }

  fields(): FieldAnnotation[] {
    const isWhole = this.#addHeader();
    if (!isWhole) this.#add(this.#page.length - this.#end, 'not decoded', 'the page is damaged', 'page');
    else if (this.#kind === 'leaf' || this.#kind === 'inner') this.#addCells();
    else if (this.#kind === 'overflow') this.#addStretch();
    else this.#addEntries();
    const page = this.#page.length;
    if (this.#end < page) this.#add(page - this.#end, 'unused', 'whatever was there before', 'free');
    const behind = this.#input.bytes.length - page;
    if (behind > 0) this.#add(behind, 'unused', 'the extent is longer than the page', 'free');
    return this.#fields;
  }

  /** Whether the page is what was written: then its offsets can be followed. */
  #addHeader(): boolean {
    const { pageBytes, storeSeed } = this.#input;
    const computed = crc32c(this.#page, 4, this.#page.length, storeSeed);
    const isWhole = this.#page.length === pageBytes;
    const ok = isWhole && computed === checksumOf(this.#page);
    for (const { length, name } of PAGE_FIELDS) {
      this.#add(length, name, this.#headerValue(name), 'page');
      if (name !== 'checksum' || !isWhole) continue;
      const note = ok ? 'matches the bytes' : `the bytes give ${hexOf(computed)}`;
      this.#fields.push({ ...this.#fields.pop()!, verdict: { ok, note } });
    }
    return ok && gapBytes(this.#page) >= 0; // G2
  }

  #headerValue(name: (typeof PAGE_FIELDS)[number]['name']): string {
    const page = this.#page;
    switch (name) {
      case 'checksum':
        return hexOf(checksumOf(page));
      case 'kind':
        return this.#kind;
      case 'level':
        return `${levelOf(page)}`;
      case 'slots':
        return `${slotCount(page)}`;
      case 'page':
        return `${pageOf(page)}`;
      case 'store':
        return hexOf(this.#input.storeSeed);
      case 'LSN':
        return `${lsnOf(page)}`;
      case 'left':
        return this.#kind === 'copies' ? extentInWords(leftOf(page)) : pageInWords(leftOf(page));
      case 'right':
        return this.#kind === 'copies' ? hexOf(rightOf(page)) : pageInWords(rightOf(page));
      case 'cell bytes':
        return `${cellBytesOf(page)}`;
      case 'hole bytes':
        return `${holeBytesOf(page)}`;
    }
  }

  // ---- slots and cells

  #addCells(): void {
    const page = this.#page;
    const slots = slotCount(page);
    for (let slot = 0; slot < slots; slot++) this.#add(SLOT_BYTES, `slot ${slot}`, `cell at ${cellAt(page, slot)}`);
    const inOrder = Array.from({ length: slots }, (_, slot) => slot).sort((a, b) => cellAt(page, a) - cellAt(page, b));
    const cellsStart = page.length - cellBytesOf(page);
    if (this.#end < cellsStart) this.#add(cellsStart - this.#end, 'gap', 'whatever was there before', 'free');
    for (const slot of inOrder) {
      const at = cellAt(page, slot);
      if (this.#end < at) this.#add(at - this.#end, 'hole', 'cells that are gone', 'free');
      this.#addCell(slot, at);
    }
    if (this.#end < page.length) this.#add(page.length - this.#end, 'hole', 'cells that are gone', 'free');
  }

  #addCell(slot: number, at: number): void {
    const page = this.#page;
    const key = keyViewAt(page, slot);
    const keyAt = key.byteOffset - page.byteOffset;
    this.#add(keyAt - at, 'key length', `${key.length}`);
    this.#add(key.length, isLeaf(page) ? 'key' : 'separator', textOf(key));
    if (!isLeaf(page)) {
      this.#add(4, 'child', pageInWords(childAt(page, slot)));
      return;
    }
    valueAt(page, slot, this.#value);
    const { at: valueStart, length, overflow } = this.#value;
    const pages = overflowPages(length, page.length);
    const where = overflow === NO_PAGE ? '' : ` in ${pages} overflow ${pages === 1 ? 'page' : 'pages'}`;
    this.#add(valueStart - keyAt - key.length, 'value length', `${length}${where}`);
    const rest = at + cellLength(page, slot) - valueStart;
    if (overflow !== NO_PAGE) this.#add(rest, 'first overflow page', pageInWords(overflow));
    else this.#add(rest, 'value', textOf(page.subarray(valueStart, valueStart + length)));
  }

  #addStretch(): void {
    const bytes = cellBytesOf(this.#page);
    this.#add(bytes, 'part of a value', textOf(this.#page.subarray(this.#end, this.#end + bytes)));
  }

  // ---- entries

  #addEntries(): void {
    const count = Math.floor(cellBytesOf(this.#page) / ENTRY_BYTES);
    const first = pageOf(this.#page) * Math.floor((this.#page.length - PAGE_HEADER_BYTES) / ENTRY_BYTES);
    for (let i = 0; i < count; i++) {
      const [a, b] = [readU32(this.#page, this.#end), readU32(this.#page, this.#end + 4)];
      if (this.#kind === 'copies') {
        this.#add(4, 'copy of', pageInWords(a as PageId));
        this.#addExtent('lies in', b);
      } else {
        const what = levelOf(this.#page) === 1 ? 'page' : 'map page';
        this.#addExtent(`${what} ${first + i} in`, a);
        this.#add(4, `${what} ${first + i} checksum`, hexOf(b));
      }
    }
  }

  /** `stored`: the extent and one; 0 is none. */
  #addExtent(name: string, stored: number): void {
    this.#add(4, name, extentInWords(stored));
    if (stored > 0) {
      const target = this.#input.locate(extentId(stored - 1));
      this.#fields.push({ ...this.#fields.pop()!, target });
    }
  }

  #add(length: number, name: string, value: string, family: FieldAnnotation['family'] = 'page'): void {
    if (length <= 0) return;
    const structure = this.#structure;
    this.#fields.push({ at: this.#input.at + this.#end, length, structure, name, value, family });
    this.#end += length;
  }
}

const hexOf = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
const pageInWords = (page: PageId): string => (page === NO_PAGE ? 'none' : `page ${page}`);
const extentInWords = (stored: number): string => (stored === 0 ? 'none' : `extent ${stored - 1}`);

const SHOWN_BYTES = 32;

/** As text where it is text, else in hexadecimal; cut where it is long. */
function textOf(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN_BYTES);
  const text = decodeText(shown);
  const readable = text !== undefined && /^[\x20-\x7e]*$/.test(text) ? `“${text}”` : `0x${toHex(shown)}`;
  return bytes.length > SHOWN_BYTES ? `${readable}…` : readable;
}
