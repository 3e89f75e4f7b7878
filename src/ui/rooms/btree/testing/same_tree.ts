/** For tests: whether the view and what the engine says of itself are the same (V1, V2), and where they are not. */
import { expect } from 'vitest';
import { equalBytes } from '../../../../base/bytes';
import type { CellDescription, PageDescription, TreeDescription } from '../../../../btree';
import type { StoreDescription } from '../../../../kv_store/types';
import { describeView } from '../describe';
import type { PageView, TreeView } from '../model';
import { freeBytes } from '../page_body';

/** V1: all but what an operation has in its hands at this very event, and what nobody has read yet. */
export function expectSameTree(view: TreeView, tree: TreeDescription, when: () => string): void {
  // Comparing is cheaper than telling what differs.
  if (isSame(view, tree)) return;
  expect(comparable(describeView(view), tree, view), when()).toEqual(comparable(tree, tree, view));
  expect.fail(`${when()}: the two differ, and it cannot be told where`);
}

/**
 * V2, at rest. While a checkpoint is under way only what is free: the engine counts what the next root names as live.
 */
export function expectSameExtents(view: TreeView, extents: StoreDescription['extents'], when: string): void {
  const stateOf = (state: string): string => (view.checkpoint && state !== 'free' ? 'used' : state);
  const word = { durable: 'live', free: 'free', spilled: 'writing', written: 'writing', garbage: 'writing' } as const;
  const mine = [...view.extents].flatMap((known) => (known ? [[known.extent, stateOf(word[known.state])]] : []));
  const theirs = extents.map(({ extent, state }) => [extent, stateOf(state)]);
  expect(mine, when).toEqual(theirs.sort((a, b) => Number(a[0]) - Number(b[0])));
}

/** A power cut leaves a guess, a flipped bit a fact: what the first did, the picture learns from whoever reads it. */
function isGuess(page: PageView, view: TreeView): boolean {
  const extent = page.extent === undefined ? undefined : view.extents.get(page.extent);
  return extent?.spoiled !== undefined && extent.spoiled !== 'flipped' && extent.found === undefined;
}

const isOpen = (known: PageView | undefined, pins: number): boolean =>
  pins > 0 || known?.isUnfinished === true || known?.state !== 'known';

function isSame(view: TreeView, tree: TreeDescription): boolean {
  const { pool } = tree;
  if (view.root !== tree.root || view.height !== tree.height || view.tree?.pageBytes !== tree.pageBytes) return false;
  const mine = describeView({ ...view, pages: view.pages.truncate(view.pages.first) }).pool;
  const isBetween = pool.frames.length < pool.capacity;
  if (mine.capacity !== pool.capacity || mine.hand !== pool.hand || mine.frames.length !== pool.frames.length)
    return false;
  if (!isBetween && mine.nextVictim !== pool.nextVictim) return false;
  const pins = new Map<number, number>();
  const isSamePool = mine.frames.every((frame, index) => {
    const theirs = pool.frames[index]!;
    pins.set(theirs.page, theirs.pins);
    return (
      frame.frame === theirs.frame &&
      frame.page === theirs.page &&
      frame.isDirty === theirs.isDirty &&
      frame.isReferenced === theirs.isReferenced &&
      frame.pins === theirs.pins
    );
  });
  if (!isSamePool) return false;
  let at = 0;
  let isSamePages = true;
  const described = describeView({ ...view, frames: view.frames.truncate(view.frames.first) }).pages;
  for (const page of described) {
    const theirs = tree.pages[at++];
    if (!theirs || !isSamePage(page, theirs, view, pins.get(theirs.page) ?? 0)) {
      isSamePages = false;
      break;
    }
  }
  return isSamePages && at === tree.pages.length;
}

function isSamePage(mine: PageDescription, theirs: PageDescription, view: TreeView, pins: number): boolean {
  const known = view.pages.get(mine.page)!;
  if (mine.page !== theirs.page || mine.extent !== theirs.extent || mine.durableExtent !== theirs.durableExtent)
    return false;
  if (mine.isDamaged !== theirs.isDamaged && !isGuess(known, view)) return false;
  if (isOpen(known, pins) || theirs.isDamaged) return true;
  return (
    mine.kind === theirs.kind &&
    mine.level === theirs.level &&
    mine.lsn === theirs.lsn &&
    mine.left === theirs.left &&
    mine.right === theirs.right &&
    mine.holeBytes === theirs.holeBytes &&
    mine.valueBytes === theirs.valueBytes &&
    freeBytes(known.body, view.tree!.pageBytes) === theirs.freeBytes &&
    mine.cells.length === theirs.cells.length &&
    mine.cells.every((cell, slot) => isSameCell(cell, theirs.cells[slot]!))
  );
}

const isSameCell = (mine: CellDescription, theirs: CellDescription): boolean =>
  mine.at === theirs.at &&
  mine.cellBytes === theirs.cellBytes &&
  mine.child === theirs.child &&
  mine.overflow === theirs.overflow &&
  equalBytes(mine.key, theirs.key);

/** What of a description is compared, in a form that a reader can make out. */
function comparable(tree: TreeDescription, engine: TreeDescription, view: TreeView): unknown {
  const pins = new Map(engine.pool.frames.map((frame) => [frame.page, frame.pins]));
  const isDamagedThere = new Set(engine.pages.filter((page) => page.isDamaged).map(({ page }) => page));
  const { frames, ...pool } = tree.pool;
  return {
    root: tree.root,
    height: tree.height,
    pageBytes: tree.pageBytes,
    pages: tree.pages.map(({ durableExtent, extent, isDamaged, page, ...content }) => {
      const known = view.pages.get(page);
      const place = { page, extent, durableExtent, ...(known && !isGuess(known, view) && { isDamaged }) };
      if (isOpen(known, pins.get(page) ?? 0) || isDamagedThere.has(page)) return place;
      return { ...place, ...content, cells: content.cells.map(cellInWords) };
    }),
    pool: {
      ...pool,
      frames: frames.map((one) => [one.frame, one.page, one.isDirty, one.isReferenced, one.pins]),
      // A frame that was just emptied is about to be filled: the engine has no other.
      nextVictim: engine.pool.frames.length < engine.pool.capacity ? undefined : pool.nextVictim,
    },
  };
}

const cellInWords = ({ at, cellBytes, child, key, overflow }: CellDescription): unknown => [
  Array.from(key).join(),
  cellBytes,
  at,
  child,
  overflow,
];
