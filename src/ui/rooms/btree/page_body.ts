/**
 * What is in a page, cell by cell and byte by byte: where each lies, which bytes are dead, how much is free. The same
 * few rules as the engine's pages (`src/btree/page.ts` draws them), on values that are never changed in place.
 */
import type { Lsn, PageId } from '../../../base/ids';
import { pageId, lsn as asLsn } from '../../../base/ids';
import type { CellDescription, PageContent } from '../../../btree';

export const HEADER_BYTES = 36;
export const SLOT_BYTES = 2;
const POINTER_BYTES = 4;
export const NO_PAGE = pageId(0);

export interface Cell {
  /** For life, wherever it goes. */
  readonly id: string;
  readonly key: Uint8Array;
  /** Its slot not counted. */
  readonly cellBytes: number;
  /** Where in the page it starts. */
  readonly at: number;
  /** Of an inner page: the child behind the separator. */
  readonly child?: PageId | undefined;
  /** Of a leaf: the first page of the value's chain, 0 if the value is in the cell. */
  readonly overflow?: PageId | undefined;
}

export interface PageBody {
  readonly kind: PageContent['kind'];
  readonly level: number;
  readonly lsn: Lsn;
  readonly left: PageId;
  readonly right: PageId;
  readonly cells: readonly Cell[];
  /** From the lowest cell to the end of the page. */
  readonly areaBytes: number;
  readonly holeBytes: number;
  readonly valueBytes: number;
}

export const emptyBody = (kind: PageBody['kind'], level: number): PageBody => ({
  kind,
  level,
  lsn: asLsn(0),
  left: NO_PAGE,
  right: NO_PAGE,
  cells: [],
  areaBytes: 0,
  holeBytes: 0,
  valueBytes: 0,
});

export const usableBytes = (pageBytes: number): number => pageBytes - HEADER_BYTES;
export const usedBytes = ({ areaBytes, cells, holeBytes }: PageBody): number =>
  SLOT_BYTES * cells.length + areaBytes - holeBytes;
export const freeBytes = (body: PageBody, pageBytes: number): number => usableBytes(pageBytes) - usedBytes(body);
export const gapBytes = (body: PageBody, pageBytes: number): number => freeBytes(body, pageBytes) - body.holeBytes;
/** A separator's cell: its length in one byte or two, itself, the number of its child. */
export const separatorBytes = (separator: Uint8Array): number =>
  (separator.length < 0x80 ? 1 : 2) + separator.length + POINTER_BYTES;

export function putCell(body: PageBody, slot: number, cell: Cell, pageBytes: number): PageBody {
  const roomy = gapBytes(body, pageBytes) < cell.cellBytes + SLOT_BYTES ? compacted(body, pageBytes) : body;
  const areaBytes = roomy.areaBytes + cell.cellBytes;
  const cells = [...roomy.cells.slice(0, slot), { ...cell, at: pageBytes - areaBytes }, ...roomy.cells.slice(slot)];
  return { ...roomy, cells, areaBytes };
}

export function withoutCell(body: PageBody, slot: number, pageBytes: number): PageBody {
  const cell = body.cells[slot];
  if (cell === undefined) return body;
  const cells = body.cells.filter((_, index) => index !== slot);
  if (cells.length === 0) return { ...body, cells, areaBytes: 0, holeBytes: 0 };
  return cell.at === pageBytes - body.areaBytes
    ? { ...body, cells, areaBytes: body.areaBytes - cell.cellBytes }
    : { ...body, cells, holeBytes: body.holeBytes + cell.cellBytes };
}

export function putCells(body: PageBody, slot: number, cells: readonly Cell[], pageBytes: number): PageBody {
  return cells.reduce((page, cell, index) => putCell(page, slot + index, cell, pageBytes), body);
}

/** Holds exactly these, laid down one after the other. */
export function withCells(body: PageBody, cells: readonly Cell[], pageBytes: number): PageBody {
  return putCells({ ...body, cells: [], areaBytes: 0, holeBytes: 0 }, 0, cells, pageBytes);
}

function compacted(body: PageBody, pageBytes: number): PageBody {
  let at = pageBytes;
  const cells = body.cells.slice();
  for (let slot = cells.length - 1; slot >= 0; slot--) {
    at -= cells[slot]!.cellBytes;
    cells[slot] = { ...cells[slot]!, at };
  }
  return { ...body, cells, areaBytes: pageBytes - at, holeBytes: 0 };
}

/** A page as it was read; `idOf` names its cells. */
export function bodyOf(content: PageContent, pageBytes: number, idOf: (cell: CellDescription) => string): PageBody {
  const cells = content.cells.map((cell) => ({ ...cell, id: idOf(cell) }));
  const gap = content.freeBytes - content.holeBytes;
  return {
    kind: content.kind,
    level: content.level,
    lsn: content.lsn,
    left: content.left,
    right: content.right,
    cells,
    areaBytes:
      content.kind === 'overflow' ? content.valueBytes : usableBytes(pageBytes) - SLOT_BYTES * cells.length - gap,
    holeBytes: content.holeBytes,
    valueBytes: content.valueBytes,
  };
}

/** Whether what was read is what was thought to be there. */
export const isSameContent = (body: PageBody, content: PageContent): boolean =>
  body.kind === content.kind &&
  body.lsn === content.lsn &&
  body.cells.length === content.cells.length &&
  body.cells.every((cell, slot) => cell.at === content.cells[slot]!.at);
