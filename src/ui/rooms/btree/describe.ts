/** V1: the view in the engine's own words; a test holds the two equal. */
import type { CellDescription, PageDescription, TreeDescription } from '../../../btree';
import { freeBytes, type Cell, type PageBody } from './page_body';
import { clockOf } from './clock';
import { isDamaged } from './damage';
import type { PageView, TreeView } from './model';

export function describeView(view: TreeView): TreeDescription {
  const pageBytes = view.tree?.pageBytes ?? 0;
  return {
    root: view.root,
    height: view.height,
    pageBytes,
    pages: [...view.pages].filter((page) => page !== undefined).map((page) => describePage(page, view, pageBytes)),
    pool: {
      frames: [...view.frames].flatMap((frame, index) => (frame ? [{ frame: index, ...frame }] : [])),
      capacity: view.capacity,
      hand: view.hand,
      nextVictim: clockOf(view).next,
    },
  };
}

function describePage(page: PageView, view: TreeView, pageBytes: number): PageDescription {
  const { body } = page;
  return {
    page: page.page,
    isDamaged: isDamaged(page, view),
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
