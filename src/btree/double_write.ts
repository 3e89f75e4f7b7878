/**
 * The directory of the double-write area: which page each copy is of, and where its home is to be found again if a crash
 * tears the page there. A chain of pages with the header of every page (`page.ts`, kind 5, `page` counting from 0), then
 *
 *     36       40         44       48
 *     +--------+----------+--------+----------+--
 *     | page   | extent+1 | page   | extent+1 | ...        the copy of `page` lies at `extent`
 *     | u32    | u32      |        |          |
 *     +--------+----------+--------+----------+--
 *
 * with `left` the extent+1 of the next page of the directory, and `right` its checksum; both 0 in the last.
 *
 * Recovery holds every page that the directory names against the page map. Its home has the right checksum, or it was
 * torn, or never written: then the copy has it. Either way the copy is written home again (`open.ts` says why).
 */
import { readU32, viewOf } from '../base/bytes';
import { extentId, pageId, type ExtentId, type PageId } from '../base/ids';
import { cellBytesOf, formatPage, leftOf, PAGE_HEADER_BYTES, rightOf, setCellBytes, setLeft, setRight } from './page';
import type { PagePlace } from './page_map';

const ENTRY_BYTES = 8;

export interface PageCopy {
  readonly page: PageId;
  readonly extent: ExtentId;
}

export const copiesPerPage = (pageBytes: number): number => Math.floor((pageBytes - PAGE_HEADER_BYTES) / ENTRY_BYTES);

export function encodeCopies(
  into: Uint8Array,
  number: number,
  store: number,
  copies: readonly PageCopy[],
  next: PagePlace | undefined,
): void {
  formatPage(into, 'copies', 0, pageId(number), store);
  const view = viewOf(into, PAGE_HEADER_BYTES);
  copies.forEach(({ extent, page }, i) => {
    view.setUint32(i * ENTRY_BYTES, page, true);
    view.setUint32(i * ENTRY_BYTES + 4, extent + 1, true);
  });
  setCellBytes(into, copies.length * ENTRY_BYTES);
  setLeft(into, pageId(next ? next.extent + 1 : 0));
  setRight(into, pageId(next?.crc ?? 0));
}

export function decodeCopies(page: Uint8Array): { readonly copies: PageCopy[]; readonly next: PagePlace | undefined } {
  const count = Math.min(Math.floor(cellBytesOf(page) / ENTRY_BYTES), copiesPerPage(page.length));
  const copies = Array.from({ length: count }, (_, i) => {
    const at = PAGE_HEADER_BYTES + i * ENTRY_BYTES;
    return { page: pageId(readU32(page, at)), extent: extentId(readU32(page, at + 4) - 1) };
  });
  const nextExtent = leftOf(page);
  return { copies, next: nextExtent === 0 ? undefined : { extent: extentId(nextExtent - 1), crc: rightOf(page) } };
}
