/**
 * Values too long for a leaf: a chain of pages of their own, each with a stretch of the value and the number of the next.
 *
 *     leaf cell  [key | length, elsewhere | page 31] ──▶ page 31 [4060 bytes | next 32] ──▶ page 32 [917 bytes | next 0]
 *
 * A value is replaced by a new chain, never in part. The pages pass through the pool like any other.
 */
import { EngineError } from '../base/errors';
import type { Lsn, PageId } from '../base/ids';
import {
  cellBytesOf,
  kindOf,
  NO_PAGE,
  PAGE_HEADER_BYTES,
  rightOf,
  setCellBytes,
  setLsn,
  setRight,
  usableBytes,
} from './page';

/** How a chain is read: through the pool, or as a view sees it. */
export type ReadPage = (page: PageId) => Uint8Array;

export const overflowPages = (valueBytes: number, pageBytes: number): number =>
  Math.max(1, Math.ceil(valueBytes / usableBytes(pageBytes)));

/** What a chain is made with. */
export interface ChainPages {
  readonly pageBytes: number;
  allocate(kind: 'overflow', level: number): PageId;
  change(page: PageId): Uint8Array;
}

/** Writes a chain, the last page first, so that each knows the next. @returns its pages in order */
export function writeChain(pages: ChainPages, value: Uint8Array, lsn: Lsn): PageId[] {
  const stretch = usableBytes(pages.pageBytes);
  const chain: PageId[] = [];
  let next = NO_PAGE;
  for (let number = overflowPages(value.length, pages.pageBytes) - 1; number >= 0; number--) {
    const page = pages.allocate('overflow', 0);
    const bytes = pages.change(page);
    const part = value.subarray(number * stretch, (number + 1) * stretch);
    bytes.set(part, PAGE_HEADER_BYTES);
    setCellBytes(bytes, part.length);
    setRight(bytes, next);
    setLsn(bytes, lsn);
    chain.unshift(page);
    next = page;
  }
  return chain;
}

/** @throws EngineError page_damaged if the chain is not as long as the value, and what `read` throws */
export function readChain(first: PageId, length: number, pageBytes: number, read: ReadPage): Uint8Array {
  const value = new Uint8Array(length);
  let at = 0;
  eachPage(first, overflowPages(length, pageBytes), read, (bytes, page) => {
    const part = cellBytesOf(bytes);
    if (at + part > length || part === 0) throw brokenChain(page, `it goes past the ${length} bytes of its value`);
    value.set(bytes.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + part), at);
    at += part;
  });
  if (at !== length) throw brokenChain(first, `the chain has ${at} of ${length} bytes`);
  return value;
}

/** The pages of the chain of a value so long, in order. @throws as `readChain` */
export function pagesOfChain(first: PageId, length: number, pageBytes: number, read: ReadPage): PageId[] {
  const pages: PageId[] = [];
  eachPage(first, overflowPages(length, pageBytes), read, (_, page) => pages.push(page));
  return pages;
}

/** `most`: a chain that is longer goes round in a circle, or belongs to another value. */
function eachPage(first: PageId, most: number, read: ReadPage, visit: (bytes: Uint8Array, page: PageId) => void): void {
  let left = most;
  for (let page = first; page !== NO_PAGE;) {
    const bytes = read(page);
    if (kindOf(bytes) !== 'overflow') throw brokenChain(page, 'it is no overflow page');
    if (left-- === 0) throw brokenChain(page, `the chain of its value has ${most} pages, and goes on`);
    const next = rightOf(bytes);
    visit(bytes, page);
    page = next;
  }
}

function brokenChain(page: PageId, problem: string): EngineError {
  return new EngineError('page_damaged', `Page ${page} is damaged: ${problem}.`, { page });
}
