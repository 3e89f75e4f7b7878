/** V1: the view in the engine's own words; a test holds the two equal. */
import type { CellDescription, PageDescription, TreeDescription } from '../../../btree';
import type { PageId } from '../../../base/ids';
import { freeBytes, type Cell, type PageBody } from './page_body';
import type { PageView, TreeView } from './model';

export function describeView(view: TreeView): TreeDescription {
  const pageBytes = view.tree?.pageBytes ?? 0;
  return {
    root: view.root,
    height: view.height,
    pageBytes,
    pages: [...view.pages].filter((page) => page !== undefined).map((page) => describePage(page, view, pageBytes)),
    pool: {
      frames: [...view.frames].flatMap((frame, index) => (frame ? [{ frame: index, ...frame, pins: 0 }] : [])),
      capacity: view.capacity,
      hand: view.hand,
      nextVictim: nextVictim(view),
    },
  };
}

function describePage(page: PageView, view: TreeView, pageBytes: number): PageDescription {
  const { body } = page;
  return {
    page: page.page,
    isDamaged: page.state === 'damaged',
    kind: body.kind,
    level: body.level,
    lsn: body.lsn,
    left: body.left,
    right: body.right,
    cells: body.cells.map((cell) => describeCell(cell, body)),
    freeBytes: freeBytes(body, pageBytes),
    holeBytes: body.holeBytes,
    valueBytes: body.valueBytes,
    extent: page.extent,
    durableExtent: view.map.get(page.page)?.extent,
  };
}

function describeCell({ at, cellBytes, child, key, overflow }: Cell, { kind }: PageBody): CellDescription {
  return kind === 'leaf' ? { key, cellBytes, overflow: overflow!, at } : { key, cellBytes, child: child!, at };
}

/** Which page goes next if a frame is needed now: by the clock, as the engine does it. */
export function nextVictim({ capacity, frames, hand }: TreeView): PageId | undefined {
  if (capacity === 0 || frames.length < capacity) return undefined;
  let empty = 0;
  frames.each((frame) => (empty += frame === undefined ? 1 : 0));
  if (empty > 0) return undefined;
  for (let i = 0; i < capacity; i++) {
    const frame = frames.get((hand + i) % capacity)!;
    if (!frame.isReferenced) return frame.page;
  }
  return frames.get(hand % capacity)!.page;
}
