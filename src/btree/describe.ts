/**
 * The state of a tree for pictures: from its pages, in memory or in the files, and from its tables; never from the
 * trace. Looking changes nothing: no page is brought into memory, no bit is set, nothing is told.
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { ExtentId, PageId } from '../base/ids';
import type { Entry } from '../base/ordered_index';
import type { FileSet } from '../storage/file';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { FrameState } from './buffer_pool';
import { pageProblem } from './page';
import { contentOf, type PageContent } from './page_content';
import type { PageMap } from './page_map';
import type { Pager } from './pager';
import type { Shape } from './path';
import { entriesBelow, type WalkOptions } from './walk';

export interface PageDescription extends PageContent {
  readonly page: PageId;
  /** Its bytes in the file are not what was written there: nothing is in it that could be told. */
  readonly isDamaged: boolean;
  /** Where its newest self lies; undefined while that is in memory alone. */
  readonly extent: ExtentId | undefined;
  /** Where the root in force says that it lies. */
  readonly durableExtent: ExtentId | undefined;
}

export interface PoolDescription {
  readonly frames: readonly FrameState[];
  readonly capacity: number;
  /** The frame that the clock's hand points at. */
  readonly hand: number;
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
      hand: pager.pool.hand,
      nextVictim: pager.pool.nextVictim(),
    },
  };
}

/**
 * The entries of a range, for a table on screen. A run that somebody looked at stays the run it was: the same pages in
 * memory, the same I/Os, the same trace. Not to be read on after a change.
 *
 * @throws EngineError page_damaged
 */
export function entriesUnseen(input: DescribeTreeInput, options: WalkOptions): Generator<Entry, void> {
  const read = (page: PageId): Uint8Array => {
    const bytes = input.pager.exists(page) ? bytesOf(page, input) : undefined;
    if (bytes !== undefined) return bytes;
    throw new EngineError('page_damaged', `Page ${page} is damaged.`, { page });
  };
  return entriesBelow(input.shape, read, input.pager.pageBytes, options);
}

function describePage(page: PageId, input: DescribeTreeInput): PageDescription {
  const bytes = bytesOf(page, input);
  return {
    ...contentOf(bytes ?? new Uint8Array(input.pager.pageBytes)),
    page,
    isDamaged: bytes === undefined,
    extent: input.pager.placeOf(page)?.extent,
    durableExtent: input.map.place(page)?.extent,
  };
}

/** Undefined where the file does not hold the page that was written there. */
function bytesOf(page: PageId, { allocator, files, pager }: DescribeTreeInput): Uint8Array | undefined {
  const frame = pager.pool.find(page);
  if (frame >= 0) return pager.pool.bytes(frame);
  const place = pager.placeOf(page);
  assert(place !== undefined, 'P1: a page that is in no frame has a place');
  const { at, name } = allocator.locate(place.extent);
  const bytes = new Uint8Array(pager.pageBytes);
  const dataFile = files[name];
  const count = dataFile.read(at, bytes);
  const isWhole = count === bytes.length && pageProblem(bytes, page, pager.storeSeed, place.crc, true) === undefined;
  return isWhole ? bytes : undefined;
}
