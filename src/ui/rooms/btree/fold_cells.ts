/** Cells in the view: inserted, moved between pages by splits, borrows and merges; separators copied and moved up. */
import { toHex } from '../../../base/bytes';
import type { PageId, SiteId } from '../../../base/ids';
import type { BTreeEvent } from '../../../btree';
import { bodyIn, setBody, setPage } from './fold_pages';
import {
  type Cell,
  NO_PAGE,
  putCell,
  putCells,
  separatorBytes,
  usableBytes,
  withCells,
  withoutCell,
} from './page_body';
import { NOTHING_PENDING, type Subject, type TreeView } from './model';

type Event<K extends BTreeEvent['kind']> = Extract<BTreeEvent, { kind: K }>;
interface When {
  readonly seq: number;
  readonly site: SiteId;
}

const about = (pages: readonly PageId[], cells: readonly string[] = []): Subject => ({ pages, cells, extents: [] });
const bytesOfPage = (view: TreeView): number => view.tree?.pageBytes ?? 0;

// ---- cells of leaves

export function cellInserted(view: TreeView, event: Event<'btree.cell_inserted'>, when: When): TreeView {
  const { cellBytes, key, lsn, page, slot } = event;
  const { overflow, removed } = view.pending;
  // A value that is replaced by a longer one takes its cell out and puts it in again: it is the same cell.
  const isBack = removed?.keyHex === toHex(key);
  const id = isBack ? removed.id : `c${view.named}`;
  const cell: Cell = { id, key, cellBytes, at: 0, overflow };
  const pageBytes = bytesOfPage(view);
  return {
    ...setBody(view, page, when, (body) => ({ ...putCell(body, slot, cell, pageBytes), lsn })),
    named: view.named + (isBack ? 0 : 1),
    pending: { ...view.pending, overflow: NO_PAGE, removed: undefined },
    subject: about([page], [id]),
  };
}

export function cellReplaced(view: TreeView, event: Event<'btree.cell_replaced'>, when: When): TreeView {
  const { lsn, page, slot } = event;
  const { overflow } = view.pending;
  const cell = bodyIn(view, page).cells[slot];
  return {
    ...setBody(view, page, when, (body) => ({
      ...body,
      lsn,
      cells: body.cells.map((each, index) => (index === slot ? { ...each, overflow } : each)),
    })),
    pending: { ...view.pending, overflow: NO_PAGE },
    subject: about([page], cell ? [cell.id] : []),
  };
}

export function cellRemoved(view: TreeView, event: Event<'btree.cell_removed'>, when: When): TreeView {
  const { lsn, page, slot } = event;
  const cell = bodyIn(view, page).cells[slot];
  const pageBytes = bytesOfPage(view);
  return {
    ...setBody(view, page, when, (body) => {
      const after = withoutCell(body, slot, pageBytes);
      // A cell that comes back longer or shorter: the page is stamped when it does.
      return view.operation?.purpose === 'delete' ? { ...after, lsn } : after;
    }),
    pending: { ...view.pending, removed: cell && { id: cell.id, keyHex: toHex(cell.key) } },
    subject: about([page], cell ? [cell.id] : []),
  };
}

export function overflowWritten(view: TreeView, event: Event<'btree.overflow_written'>, when: When): TreeView {
  const { bytes, lsn, pages } = event;
  const stretch = usableBytes(bytesOfPage(view));
  let next = view;
  pages.forEach((page, index) => {
    const valueBytes = Math.max(0, Math.min(stretch, bytes - index * stretch));
    const right = pages[index + 1] ?? NO_PAGE;
    next = setPage(
      setBody(next, page, when, (body) => ({ ...body, lsn, right, valueBytes, areaBytes: valueBytes })),
      page,
      (known) => ({ ...known, isUnfinished: false }),
    );
  });
  return { ...next, pending: { ...view.pending, overflow: pages[0] ?? NO_PAGE }, subject: about(pages) };
}

// ---- splits

export function leafSplit(view: TreeView, event: Event<'btree.leaf_split'>, when: When): TreeView {
  const { from, left, lsn, next, right } = event;
  const pageBytes = bytesOfPage(view);
  const before = bodyIn(view, left);
  const moved = before.cells.slice(from);
  let after = setBody(view, right, when, (body) => ({
    ...putCells(body, 0, moved, pageBytes),
    lsn,
    left,
    right: before.right,
  }));
  after = setBody(after, left, when, (body) => ({
    ...withCells(body, before.cells.slice(0, from), pageBytes),
    lsn,
    right,
  }));
  after = setBody(after, next, when, (body) => ({ ...body, lsn, left: right }));
  return {
    ...after,
    counters: { ...after.counters, splits: after.counters.splits + 1 },
    subject: about(
      [left, right],
      moved.map((cell) => cell.id),
    ),
  };
}

export function innerSplit(view: TreeView, event: Event<'btree.inner_split'>, when: When): TreeView {
  const { left, leftCells, lsn, right, rightCells, rightFirst } = event;
  const pageBytes = bytesOfPage(view);
  const names = new Names(view, [left]);
  const leftNow = leftCells.map((cell) => names.cell(cell));
  const rightNow = rightCells.map((cell) => names.cell(cell));
  let after = setBody(view, left, when, (body) => ({ ...withCells(body, leftNow, pageBytes), lsn }));
  after = setBody(after, right, when, (body) => ({
    ...withCells({ ...body, left: rightFirst }, rightNow, pageBytes),
    lsn,
  }));
  return {
    ...after,
    named: names.named,
    pending: { ...after.pending, carried: { id: names.of(rightFirst), key: event.separator, from: left } },
    counters: { ...after.counters, splits: after.counters.splits + 1 },
    subject: about(
      [left, right],
      rightNow.map((cell) => cell.id),
    ),
  };
}

export function separatorInserted(view: TreeView, event: Event<'btree.separator_inserted'>, when: When): TreeView {
  const { child, from, lsn, page, separator, slot } = event;
  const pageBytes = bytesOfPage(view);
  const carried = from === 'inner' ? view.pending.carried?.id : undefined;
  const id = carried ?? `c${view.named}`;
  const cell: Cell = { id, key: separator, cellBytes: separatorBytes(separator), at: 0, child };
  // Between leaves the key stays where it is: what goes up is a copy.
  const original = from === 'leaf' ? bodyIn(view, child).cells[0] : undefined;
  return {
    ...setBody(view, page, when, (body) => ({ ...putCell(body, slot, cell, pageBytes), lsn })),
    named: view.named + (carried === undefined ? 1 : 0),
    pending: { ...view.pending, carried: undefined },
    subject: { ...about([page, child], [id]), copyOf: original && { cell: id, of: original.id } },
  };
}

export function rootGrown(view: TreeView, event: Event<'btree.root_grown'>, when: When): TreeView {
  const { child, height, lsn, root } = event;
  return {
    ...setBody(view, root, when, (body) => ({ ...body, lsn, left: child })),
    root,
    height,
    subject: about([root, child]),
  };
}

// ---- too little

export function leafBorrowed(view: TreeView, event: Event<'btree.leaf_borrowed'>, when: When): TreeView {
  const { count, from, lsn, page, side } = event;
  const pageBytes = bytesOfPage(view);
  const giver = bodyIn(view, from).cells;
  const cut = side === 'left' ? giver.length - count : count;
  const [kept, moved] =
    side === 'left' ? [giver.slice(0, cut), giver.slice(cut)] : [giver.slice(cut), giver.slice(0, cut)];
  let after = setBody(view, page, when, (body) => ({
    ...putCells(body, side === 'left' ? 0 : body.cells.length, moved, pageBytes),
    lsn,
  }));
  after = setBody(after, from, when, (body) => ({ ...withCells(body, kept, pageBytes), lsn }));
  return {
    ...after,
    counters: { ...after.counters, borrows: after.counters.borrows + 1 },
    subject: about(
      [page, from],
      moved.map((cell) => cell.id),
    ),
  };
}

export function innerBorrowed(view: TreeView, event: Event<'btree.inner_borrowed'>, when: When): TreeView {
  const { left, leftCells, lsn, moved, right, rightCells, rightFirst } = event;
  const pageBytes = bytesOfPage(view);
  if (!moved) {
    const stamped = setBody(view, left, when, (body) => ({ ...body, lsn }));
    return { ...setBody(stamped, right, when, (body) => ({ ...body, lsn })), subject: about([left, right]) };
  }
  const names = new Names(view, [left, right], { of: right, as: bodyIn(view, right).left });
  const up = [left, right].flatMap((page) => bodyIn(view, page).cells).find(({ child }) => child === rightFirst);
  const leftNow = leftCells.map((cell) => names.cell(cell));
  const rightNow = rightCells.map((cell) => names.cell(cell));
  let after = setBody(view, left, when, (body) => ({ ...withCells(body, leftNow, pageBytes), lsn }));
  after = setBody(after, right, when, (body) => ({
    ...withCells({ ...body, left: rightFirst }, rightNow, pageBytes),
    lsn,
  }));
  return {
    ...after,
    named: names.named,
    pending: { ...after.pending, carried: up && { id: names.of(rightFirst), key: up.key, from: left } },
    counters: { ...after.counters, borrows: after.counters.borrows + 1 },
    subject: about(
      [left, right],
      [...leftNow, ...rightNow].map((cell) => cell.id),
    ),
  };
}

export function separatorReplaced(view: TreeView, event: Event<'btree.separator_replaced'>, when: When): TreeView {
  const { lsn, page, separator, slot } = event;
  const pageBytes = bytesOfPage(view);
  const old = bodyIn(view, page).cells[slot];
  const id = view.pending.carried?.id ?? old?.id ?? `c${view.named}`;
  const cell: Cell = { id, key: separator, cellBytes: separatorBytes(separator), at: 0, child: old?.child };
  return {
    ...setBody(view, page, when, (body) => ({
      ...putCell(withoutCell(body, slot, pageBytes), slot, cell, pageBytes),
      lsn,
    })),
    pending: { ...view.pending, carried: undefined },
    subject: about([page], [id]),
  };
}

export function leafMerged(view: TreeView, event: Event<'btree.leaf_merged'>, when: When): TreeView {
  const { from, into, lsn, next } = event;
  const pageBytes = bytesOfPage(view);
  const moved = bodyIn(view, from).cells;
  let after = setBody(view, into, when, (body) => ({
    ...putCells(body, body.cells.length, moved, pageBytes),
    lsn,
    right: next,
  }));
  after = setBody(after, next, when, (body) => ({ ...body, lsn, left: into }));
  after = setPage(after, from, (known) => ({ ...known, isLeaving: true }));
  return {
    ...after,
    counters: { ...after.counters, merges: after.counters.merges + 1 },
    subject: about(
      [into, from],
      moved.map((cell) => cell.id),
    ),
  };
}

export function innerMerged(view: TreeView, event: Event<'btree.inner_merged'>, when: When): TreeView {
  const { cells, from, into, lsn } = event;
  const pageBytes = bytesOfPage(view);
  const names = new Names(view, [from], { of: from, as: bodyIn(view, from).left });
  const moved = cells.map((cell) => names.cell(cell));
  let after = setBody(view, into, when, (body) => ({ ...withCells(body, [...body.cells, ...moved], pageBytes), lsn }));
  after = setPage(after, from, (known) => ({ ...known, isLeaving: true }));
  return {
    ...after,
    named: names.named,
    counters: { ...after.counters, merges: after.counters.merges + 1 },
    subject: about(
      [into, from],
      moved.map((cell) => cell.id),
    ),
  };
}

export function separatorRemoved(view: TreeView, event: Event<'btree.separator_removed'>, when: When): TreeView {
  const { lsn, page, slot } = event;
  const pageBytes = bytesOfPage(view);
  return {
    ...setBody(view, page, when, (body) => ({ ...withoutCell(body, slot, pageBytes), lsn })),
    subject: about([page]),
  };
}

export function rootShrunk(view: TreeView, event: Event<'btree.root_shrunk'>): TreeView {
  const { freed, height, root } = event;
  const after = setPage(view, freed, (known) => ({ ...known, isLeaving: true }));
  return { ...after, root, height, pending: NOTHING_PENDING, subject: about([root, freed]) };
}

/** Separators go by the child behind them: whichever page they come from, they keep their names (V3). */
class Names {
  readonly #known = new Map<PageId, string>();
  named: number;

  /** @param down the separator of page `of` in its parent, which came down and leads to page `as` now */
  constructor(view: TreeView, pages: readonly PageId[], down?: { readonly of: PageId; readonly as: PageId }) {
    this.named = view.named;
    for (const page of pages) for (const { child, id } of bodyIn(view, page).cells) this.#known.set(child!, id);
    if (!down) return;
    for (const parent of view.operation?.path ?? []) {
      const cell = bodyIn(view, parent).cells.find(({ child }) => child === down.of);
      if (cell) this.#known.set(down.as, cell.id);
    }
  }

  of(child: PageId): string {
    let id = this.#known.get(child);
    if (id === undefined) this.#known.set(child, (id = `c${this.named++}`));
    return id;
  }

  cell({ child, separator }: { readonly child: PageId; readonly separator: Uint8Array }): Cell {
    return { id: this.of(child), key: separator, cellBytes: separatorBytes(separator), at: 0, child };
  }
}
