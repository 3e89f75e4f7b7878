/** A page in words: what its bytes say, for pictures and for whoever watches. */
import type { Lsn, PageId } from '../base/ids';
import {
  cellAt,
  cellBytesOf,
  cellLength,
  childAt,
  freeBytes,
  holeBytesOf,
  keyAt,
  kindOf,
  leftOf,
  levelOf,
  lsnOf,
  NO_PAGE,
  rightOf,
  slotCount,
  valueAt,
  type PageKind,
  type ValuePlace,
} from './page';

export interface CellDescription {
  readonly key: Uint8Array;
  /** Bytes of the cell, its slot not counted. */
  readonly cellBytes: number;
  /** Of a leaf's cell: the first page of its value's chain, 0 if the value is in the cell. */
  readonly overflow?: PageId;
  /** Of an inner page's cell: the child behind the separator. */
  readonly child?: PageId;
  /** Where in the page it starts. */
  readonly at: number;
}

/** What a page says of itself. */
export interface PageContent {
  readonly kind: PageKind;
  readonly level: number;
  readonly lsn: Lsn;
  /** Neighbours of a leaf; of an inner page, `left` is the first child; of an overflow page, `right` is the next. */
  readonly left: PageId;
  readonly right: PageId;
  readonly cells: readonly CellDescription[];
  readonly freeBytes: number;
  readonly holeBytes: number;
  /** Of an overflow page: bytes of the value. */
  readonly valueBytes: number;
}

/** A page that was found whole, for people. */
export function contentOf(bytes: Uint8Array): PageContent {
  const kind = kindOf(bytes) ?? 'leaf';
  return {
    kind,
    level: levelOf(bytes),
    lsn: lsnOf(bytes),
    left: leftOf(bytes),
    right: rightOf(bytes),
    cells: kind === 'leaf' ? leafCells(bytes) : kind === 'inner' ? separators(bytes) : [],
    freeBytes: freeBytes(bytes),
    holeBytes: holeBytesOf(bytes),
    valueBytes: kind === 'overflow' ? cellBytesOf(bytes) : 0,
  };
}

function leafCells(bytes: Uint8Array): CellDescription[] {
  const place: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  return Array.from({ length: slotCount(bytes) }, (_, slot) => {
    valueAt(bytes, slot, place);
    return {
      key: keyAt(bytes, slot),
      cellBytes: cellLength(bytes, slot),
      overflow: place.overflow,
      at: cellAt(bytes, slot),
    };
  });
}

function separators(bytes: Uint8Array): CellDescription[] {
  return Array.from({ length: slotCount(bytes) }, (_, slot) => ({
    key: keyAt(bytes, slot),
    cellBytes: cellLength(bytes, slot),
    child: childAt(bytes, slot),
    at: cellAt(bytes, slot),
  }));
}
