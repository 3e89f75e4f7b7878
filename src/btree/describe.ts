/**
 * The state of a tree for pictures: from its pages, in memory or in the files, and from its tables; never from the
 * trace. Looking changes nothing: no page is brought into memory, no bit is set, nothing is told.
 */
import { assert } from '../base/assert';
import type { ExtentId, Lsn, PageId } from '../base/ids';
import type { FileSet } from '../storage/file';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { FrameState } from './buffer_pool';
import {
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
import type { PageMap } from './page_map';
import type { Pager } from './pager';
import type { Shape } from './path';

export interface CellDescription {
  readonly key: Uint8Array;
  /** Bytes of the cell, its slot not counted. */
  readonly cellBytes: number;
  /** Of a leaf's cell: the first page of its value's chain, 0 if the value is in the cell. */
  readonly overflow?: PageId;
  /** Of an inner page's cell: the child behind the separator. */
  readonly child?: PageId;
}

export interface PageDescription {
  readonly page: PageId;
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
  /** Where its newest self lies; undefined while that is in memory alone. */
  readonly extent: ExtentId | undefined;
  /** Where the root in force says that it lies. */
  readonly durableExtent: ExtentId | undefined;
}

export interface PoolDescription {
  readonly frames: readonly FrameState[];
  readonly capacity: number;
  /** What goes next, if a frame is needed now. */
  readonly nextVictim: PageId | undefined;
}

export interface TreeDescription {
  readonly root: PageId;
  readonly height: number;
  readonly pageBytes: number;
  /** In order of their numbers. */
  readonly pages: readonly PageDescription[];
  readonly pool: PoolDescription;
}

export interface DescribeTreeInput {
  readonly pager: Pager;
  readonly map: PageMap;
  readonly shape: Readonly<Shape>;
  readonly allocator: ExtentAllocator;
  /** Read without leaving a trace. */
  readonly files: FileSet;
}

export function describeTree(input: DescribeTreeInput): TreeDescription {
  const { pager, shape } = input;
  return {
    root: shape.root,
    height: shape.height,
    pageBytes: pager.pageBytes,
    pages: pager.pages().map((page) => describePage(page, input)),
    pool: {
      frames: pager.pool.describe(),
      capacity: pager.pool.capacity,
      nextVictim: pager.pool.nextVictim(),
    },
  };
}

function describePage(page: PageId, input: DescribeTreeInput): PageDescription {
  const bytes = bytesOf(page, input);
  const kind = kindOf(bytes) ?? 'leaf';
  return {
    page,
    kind,
    level: levelOf(bytes),
    lsn: lsnOf(bytes),
    left: leftOf(bytes),
    right: rightOf(bytes),
    cells: kind === 'leaf' ? leafCells(bytes) : kind === 'inner' ? separators(bytes) : [],
    freeBytes: freeBytes(bytes),
    holeBytes: holeBytesOf(bytes),
    valueBytes: kind === 'overflow' ? cellBytesOf(bytes) : 0,
    extent: input.pager.placeOf(page)?.extent,
    durableExtent: input.map.place(page)?.extent,
  };
}

function leafCells(bytes: Uint8Array): CellDescription[] {
  const place: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  return Array.from({ length: slotCount(bytes) }, (_, slot) => {
    valueAt(bytes, slot, place);
    return { key: keyAt(bytes, slot), cellBytes: cellLength(bytes, slot), overflow: place.overflow };
  });
}

function separators(bytes: Uint8Array): CellDescription[] {
  return Array.from({ length: slotCount(bytes) }, (_, slot) => ({
    key: keyAt(bytes, slot),
    cellBytes: cellLength(bytes, slot),
    child: childAt(bytes, slot),
  }));
}

function bytesOf(page: PageId, { allocator, files, pager }: DescribeTreeInput): Uint8Array {
  const frame = pager.pool.find(page);
  if (frame >= 0) return pager.pool.bytes(frame);
  const place = pager.placeOf(page);
  assert(place !== undefined, 'P1: a page that is in no frame has a place');
  const { at, name } = allocator.locate(place.extent);
  const bytes = new Uint8Array(pager.pageBytes);
  const dataFile = files[name];
  dataFile.read(at, bytes);
  return bytes;
}
