/** The files in the view: what lies in which extent, what a checkpoint writes, and what is left of it all after a crash. */
import { extentId, pageId, type ExtentId, type PageId } from '../../../base/ids';
import type { BTreeEvent } from '../../../btree';
import type { CheckpointFinished, CheckpointLoaded, CheckpointStarted } from '../../../kv_store/events';
import { PersistentList } from '../../../lab/persistent_list';
import type { Crashed } from '../../../protocol/trace';
import type { ExtentsCounted, FileWritten } from '../../../storage/events';
import { eachExtent, setExtent, SOUND } from './extents';
import { writeCutShort } from './fold_damage';
import { letGo } from './fold_pages';
import { setFrame } from './fold_pool';
import {
  blankExtent,
  NOBODY,
  NOTHING_PENDING,
  setAt,
  type ExtentView,
  type FrameView,
  type MapPlace,
  type PageView,
  type TreeView,
} from './model';
import { emptyBody } from './page_body';

type Event<K extends BTreeEvent['kind']> = Extract<BTreeEvent, { kind: K }>;

/** A file has grown, was cut, or turned out to be shorter than it was before the power went. */
export function extentsCounted(view: TreeView, event: ExtentsCounted): TreeView {
  const parity = event.file === 'data_0' ? 0 : 1;
  let { extents } = view;
  for (let extent = 2 * event.extents + parity; extent < extents.end; extent += 2)
    if (extents.get(extent) !== undefined) extents = extents.set(extent, undefined);
  for (let index = 0; index < event.extents; index++) {
    const extent = extentId(2 * index + parity);
    if (extents.get(extent) === undefined) extents = setAt(extents, extent, blankExtent(extent, view.extentBytes));
  }
  return { ...view, extents, subject: { pages: [], cells: [], extents: [] } };
}

/** Bytes have come to extents; the event of whoever wrote them says next what they are. */
export function dataWritten(view: TreeView, event: FileWritten, seq: number): TreeView {
  if (view.extentBytes === 0) return view;
  const isWhole = event.result === 'ok';
  const pageBytes = view.tree?.pageBytes ?? view.extentBytes;
  const parity = event.file === 'data_0' ? 0 : 1;
  const first = Math.floor(event.at / view.extentBytes);
  const end = Math.ceil((event.at + event.count) / view.extentBytes);
  let next = view;
  const written: ExtentId[] = [];
  for (let index = first; index < end; index++) {
    const extent = extentId(2 * index + parity);
    if (next.extents.get(extent) === undefined) continue;
    written.push(extent);
    next = setExtent(next, extent, (known) => ({
      ...known,
      isUnflushed: true,
      ...SOUND,
      isAhead: known.isAhead,
      ...(!isWhole && index * view.extentBytes + pageBytes > event.at + event.count && { spoiled: 'torn' }),
      changedAt: seq,
      // Free extents that were to be written, and were not, are given back.
      ...(known.state === 'free' && isWhole && { state: 'written', holds: 'untold', lsn: undefined }),
    }));
  }
  return { ...next, subject: { pages: [], cells: [], extents: written } };
}

export const dataFlushed = (view: TreeView, file: string): TreeView =>
  eachExtent(view, (known) => (known.file === file && known.isUnflushed ? { ...known, isUnflushed: false } : known));

export function pageSpilled(view: TreeView, event: Event<'btree.page_spilled'>, seq: number): TreeView {
  const { extent, page } = event;
  const known = view.pages.get(page);
  if (known === undefined) return view;
  const next = setExtent(view, extent, (one) => ({
    ...one,
    state: 'spilled',
    holds: 'page',
    page,
    pageLife: known.id,
    lsn: known.body.lsn,
    changedAt: seq,
  }));
  const isOfCheckpoint = view.checkpoint?.pages.get(page)?.body === known.body;
  const moved = isOfCheckpoint ? checkpointSees(next, page, extent) : next;
  return {
    ...setFrame({ ...moved, pages: moved.pages.set(page, { ...known, extent }) }, known.frame, { isDirty: false }),
    counters: { ...next.counters, pagesWritten: next.counters.pagesWritten + 1 },
    subject: { pages: [page], cells: [], extents: [extent], flow: 'write' },
  };
}

/** An older self of a page, which a cursor or a checkpoint still sees. */
export function formerPageSpilled(
  view: TreeView,
  { extent, page }: Event<'btree.former_page_spilled'>,
  seq: number,
): TreeView {
  const snapshot = view.checkpoint?.pages.get(page);
  const next = setExtent(view, extent, (known) => ({
    ...known,
    state: 'spilled',
    holds: 'page',
    page,
    pageLife: snapshot?.id ?? view.pages.get(page)?.id ?? String(page),
    lsn: snapshot?.body.lsn,
    changedAt: seq,
  }));
  return { ...checkpointSees(next, page, extent), subject: { pages: [page], cells: [], extents: [extent] } };
}

/** What the checkpoint under way sees of a page lies there now; where it lay before, it does not any more. */
function checkpointSees(view: TreeView, page: PageId, extent: ExtentId): TreeView {
  const { checkpoint } = view;
  const snapshot = checkpoint?.pages.get(page);
  if (!checkpoint || !snapshot) return view;
  const pages = checkpoint.pages.set(page, { ...snapshot, extent });
  return letGo({ ...view, checkpoint: { ...checkpoint, pages } }, snapshot.extent);
}

// ---- checkpoints

export function checkpointStarted(view: TreeView, event: CheckpointStarted, seq: number): TreeView {
  return {
    ...view,
    checkpoint: {
      lsn: event.lsn,
      startedAt: seq,
      phase: 'pages',
      isNamed: false,
      pages: view.pages,
      root: view.root,
      height: view.height,
      mapBefore: view.map,
      written: 0,
      mapPages: 0,
    },
    subject: { pages: [], cells: [], extents: [] },
  };
}

export function pageWritten(view: TreeView, event: Event<'btree.page_written'>, seq: number): TreeView {
  const { extent, page, where } = event;
  const { checkpoint } = view;
  const snapshot = checkpoint?.pages.get(page);
  const known = view.pages.get(page);
  const isHome = checkpoint?.phase === 'slots' || checkpoint?.phase === 'home';
  let next = setExtent(view, extent, (one) => ({
    ...one,
    state: one.state === 'durable' ? 'durable' : 'written',
    holds: where === 'double_write' ? 'copy' : 'page',
    page,
    pageLife: snapshot?.id ?? String(page),
    lsn: snapshot?.body.lsn,
    isAhead: where === 'in_place' && !isHome,
    changedAt: seq,
  }));
  // Only the page that is still what it was when the checkpoint began lies there now.
  if (known && snapshot && known.id === snapshot.id && known.body === snapshot.body) {
    next = letGo({ ...next, pages: next.pages.set(page, { ...known, extent }) }, known.extent);
    next = setFrame(next, known.frame, { isDirty: false });
  }
  next = checkpointSees(next, page, extent);
  return {
    ...next,
    checkpoint: next.checkpoint && {
      ...next.checkpoint,
      phase: isHome ? 'home' : 'pages',
      written: next.checkpoint.written + 1,
    },
    counters: { ...next.counters, pagesWritten: next.counters.pagesWritten + 1 },
    subject: { pages: [page], cells: [], extents: [extent], flow: 'write' },
  };
}

export function mapPageWritten(view: TreeView, event: Event<'btree.map_page_written'>, seq: number): TreeView {
  const { extent, level, number } = event;
  const older = eachExtent(view, (known) =>
    known.holds === 'map' && known.level === level && known.number === number && known.state === 'durable'
      ? { ...known, state: 'garbage' }
      : known,
  );
  const next = setExtent(older, extent, (known) => ({
    ...known,
    state: 'written',
    holds: 'map',
    level,
    number,
    lsn: undefined,
    changedAt: seq,
  }));
  return {
    ...next,
    checkpoint: next.checkpoint && { ...next.checkpoint, phase: 'map', mapPages: next.checkpoint.mapPages + 1 },
    counters: { ...next.counters, pagesWritten: next.counters.pagesWritten + 1 },
    subject: { pages: [], cells: [], extents: [extent], flow: 'write' },
  };
}

export const copiesListed = (view: TreeView, { extent }: Event<'btree.copies_listed'>, seq: number): TreeView => ({
  ...setExtent(view, extent, (known) => ({
    ...known,
    state: 'written',
    holds: 'list',
    lsn: undefined,
    changedAt: seq,
  })),
  counters: { ...view.counters, pagesWritten: view.counters.pagesWritten + 1 },
  subject: { pages: [], cells: [], extents: [extent], flow: 'write' },
});

/** The next root's map says where the pages lie: what only the last one named is garbage from here on. */
export function mapChanged(view: TreeView, event: Event<'btree.map_changed'>): TreeView {
  let { map } = view;
  let next = view;
  const outdated = new Set<ExtentId>();
  const named: ExtentId[] = [];
  for (const { crc, extent, page } of event.entries) {
    const before = map.get(page);
    if (before && before.extent !== extent) outdated.add(before.extent);
    const snapshot = view.checkpoint?.pages.get(page);
    const place: MapPlace | undefined =
      extent === undefined ? undefined : { extent, crc, body: snapshot?.body, id: snapshot?.id ?? String(page) };
    map = setAt(map, page, place);
    if (extent === undefined) continue;
    named.push(extent);
    // A page that memory had no room for lies where it was put; it is simply named.
    if (view.extents.get(extent)?.state === 'spilled')
      next = setExtent(next, extent, (known) => ({ ...known, state: 'written' }));
  }
  for (const extent of outdated) next = setExtent(next, extent, (known) => ({ ...known, state: 'garbage' }));
  return {
    ...next,
    map,
    mapBefore: view.map,
    checkpoint: next.checkpoint && { ...next.checkpoint, phase: 'map' },
    subject: { pages: event.entries.map(({ page }) => page), cells: [], extents: named },
  };
}

/** A slot has the superblock that names the checkpoint: if the process ends now, the new tree is the one. */
export const checkpointNamed = (view: TreeView): TreeView =>
  view.checkpoint ? { ...view, checkpoint: { ...view.checkpoint, isNamed: true }, subject: NOBODY } : view;

export function checkpointFlushed(view: TreeView): TreeView {
  const { checkpoint } = view;
  const written: ExtentId[] = [];
  view.extents.each((known) => known?.state === 'written' && written.push(known.extent));
  return {
    ...view,
    checkpoint: checkpoint && { ...checkpoint, phase: 'slots' },
    subject: { pages: [], cells: [], extents: written },
  };
}

export function checkpointFinished(view: TreeView, event: CheckpointFinished): TreeView {
  const freed = new Set<ExtentId>(event.freed);
  const { checkpoint } = view;
  // An extent that was freed by one party may have been kept by another: a page that lies there still.
  const inUse = new Set<ExtentId>();
  view.pages.each((page) => page?.extent !== undefined && inUse.add(page.extent));
  view.map.each((place) => place && inUse.add(place.extent));
  const next = eachExtent(view, (known) => {
    if (known.state === 'written') return { ...known, state: 'durable' };
    // What an older superblock's self was found to be matters to nobody any more.
    if (known.isAhead) return { ...known, isAhead: false, ...(known.found?.isOfNewest === false && SOUND) };
    const isGarbage = known.state === 'garbage' || known.state === 'spilled' || freed.has(known.extent);
    if (!isGarbage || inUse.has(known.extent)) return known;
    return { ...known, state: 'free', holds: 'nothing' };
  });
  return {
    ...next,
    mapBefore: view.map,
    durableRoot: checkpoint?.root ?? view.root,
    durableHeight: checkpoint?.height ?? view.height,
    checkpoint: undefined,
    counters: { ...view.counters, checkpoints: view.counters.checkpoints + 1 },
    subject: { pages: [], cells: [], extents: [...freed] },
  };
}

export function checkpointAbandoned(view: TreeView): TreeView {
  const { checkpoint } = view;
  if (!checkpoint) return view;
  const lies = new Set<ExtentId>();
  for (const page of view.pages) if (page?.extent !== undefined) lies.add(page.extent);
  const next = eachExtent(view, (known) => {
    if (known.state === 'garbage') return { ...known, state: 'durable' };
    if (known.state !== 'written' && known.state !== 'spilled') return known;
    return lies.has(known.extent)
      ? { ...known, state: 'spilled', holds: 'page' }
      : { ...known, state: 'free', holds: 'nothing' };
  });
  return {
    ...next,
    map: checkpoint.mapBefore,
    mapBefore: checkpoint.mapBefore,
    checkpoint: undefined,
    subject: NOBODY,
  };
}

// ---- opening, and what comes before it

/** What the superblock in force reaches is in use, everything else is free. Before the first checkpoint that is all. */
export function rootLoaded(view: TreeView, event: CheckpointLoaded): TreeView {
  const live = new Set<ExtentId>(event.extents);
  const nothing = PersistentList.empty<MapPlace | undefined>(1);
  const isNothing = live.size === 0 && { map: nothing, mapBefore: nothing, durableRoot: pageId(0), durableHeight: 0 };
  return eachExtent({ ...view, ...isNothing }, (known) =>
    live.has(known.extent) || known.state === 'free'
      ? known
      : { ...known, state: 'free', holds: 'nothing', isUnflushed: false },
  );
}

/** What was written and never became anything, because another write of the same call failed, is given back. */
export const untoldGivenBack = (view: TreeView): TreeView =>
  eachExtent(view, (known) => (known.holds === 'untold' ? { ...known, state: 'free', holds: 'nothing' } : known));

/** The map says what lies where; everything else is free. */
export function extentsFromMap(view: TreeView, event: Event<'btree.map_loaded'>): TreeView {
  const pages = new Map<ExtentId, PageId>();
  for (const { extent, page } of event.entries) if (extent !== undefined) pages.set(extent, page);
  const others = new Set<ExtentId>(event.others);
  const copies = new Map(event.copies.map(({ extent, page }) => [extent, page]));
  const lists = new Set<ExtentId>(event.lists);
  return eachExtent(view, (known): ExtentView => {
    const page = pages.get(known.extent);
    if (page !== undefined) {
      const one = view.pages.get(page);
      return {
        ...known,
        state: 'durable',
        holds: 'page',
        page,
        pageLife: one?.id ?? String(page),
        lsn: one?.state === 'known' ? one.body.lsn : undefined,
        isUnflushed: false,
      };
    }
    if (others.has(known.extent)) {
      const copy = copies.get(known.extent);
      const holds = copy !== undefined ? 'copy' : lists.has(known.extent) ? 'list' : 'map';
      const isAsBefore = known.state !== 'free' && known.holds === holds && (copy === undefined || known.page === copy);
      const found = { holds, page: copy ?? pageId(0), pageLife: String(copy ?? ''), lsn: undefined, level: 0 } as const;
      return { ...known, ...(!isAsBefore && found), state: 'durable', isUnflushed: false };
    }
    return known.state === 'free' ? known : { ...known, state: 'free', holds: 'nothing', isUnflushed: false };
  });
}

/** Without protection, a page written over in place is right only if the superblock that knows of it was written. */
const aheadAfter = (known: ExtentView, isNamed: boolean): Partial<ExtentView> =>
  isNamed
    ? { isAhead: false, ...(known.found?.isOfNewest === false && { found: undefined }) }
    : { isAhead: false, spoiled: 'ahead', found: known.found && { ...known.found, isOfNewest: true } };

/** The process is gone: what is left is what the files hold, and the last superblock says what of it counts. */
export function crashed(view: TreeView, event: Crashed): TreeView {
  const { checkpoint } = view;
  const isUnnamed = checkpoint?.isNamed === false;
  // The other one may turn out to be in force after a power cut, which takes slots as it takes pages.
  const [map, mapBefore] = isUnnamed ? [checkpoint.mapBefore, view.map] : [view.map, view.mapBefore];
  let pages = PersistentList.empty<PageView | undefined>(1);
  let pageCount = 0;
  for (let number = map.first; number < map.end; number++) {
    const place = map.get(number);
    if (!place) continue;
    pageCount++;
    const known = view.pages.get(number);
    pages = setAt(pages, number, {
      page: number as PageId,
      id: place.id,
      body: place.body ?? known?.body ?? emptyBody('leaf', 0),
      state: place.body ? 'known' : 'unread',
      extent: place.extent,
      frame: -1,
      isUnfinished: false,
      isLeaving: false,
      changedAt: known?.changedAt ?? -1,
      site: 0,
    });
  }
  const files = eachExtent(writeCutShort(view, event), (known) =>
    known.isAhead ? { ...known, ...aheadAfter(known, checkpoint?.isNamed === true) } : known,
  );
  return {
    ...files,
    state: 'down',
    pages,
    pageCount,
    map,
    mapBefore,
    root: checkpoint?.isNamed === true ? checkpoint.root : view.durableRoot,
    height: checkpoint?.isNamed === true ? checkpoint.height : view.durableHeight,
    frames: PersistentList.empty<FrameView | undefined>(),
    dirtyCount: 0,
    hand: 0,
    checkpoint: undefined,
    rebuild: undefined,
    operation: undefined,
    pending: NOTHING_PENDING,
    subject: NOBODY,
  };
}
