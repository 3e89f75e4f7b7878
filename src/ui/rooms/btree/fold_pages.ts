/** Pages in the view: their lives, their frames in the pool, and the clock that decides which of them leave. */
import { pageId, type ExtentId, type PageId, type SiteId } from '../../../base/ids';
import { toHex } from '../../../base/bytes';
import type { BTreeEvent } from '../../../btree';
import { PersistentList } from '../../../lab/persistent_list';
import { readWhole, setExtent } from './extents';
import { emptyFrame, setFrame } from './fold_pool';
import { bodyOf, emptyBody, isSameContent, NO_PAGE, type PageBody } from './page_body';
import { NOBODY, NOTHING_PENDING, setAt, type FrameView, type MapPlace, type PageView, type TreeView } from './model';

type Event<K extends BTreeEvent['kind']> = Extract<BTreeEvent, { kind: K }>;

/** Changes a page that is there. */
export function setPage(view: TreeView, page: PageId, change: (known: PageView) => PageView): TreeView {
  const known = view.pages.get(page);
  return known === undefined ? view : { ...view, pages: view.pages.set(page, change(known)) };
}

/** Which record did it, and which line of the engine. */
interface When {
  readonly seq: number;
  readonly site: SiteId;
}

/** Changes what is in a page. */
export function setBody(view: TreeView, page: PageId, at: When, change: (body: PageBody) => PageBody): TreeView {
  return setPage(view, page, (known) => ({ ...known, body: change(known.body), changedAt: at.seq, site: at.site }));
}

export const bodyIn = (view: TreeView, page: PageId): PageBody => view.pages.get(page)?.body ?? emptyBody('leaf', 0);

/** Nothing is in memory, and nothing is known of any page. */
export function treeOpened(view: TreeView, event: Event<'btree.tree_opened'>): TreeView {
  return {
    ...view,
    state: 'opening',
    hasFormat: true,
    tree: { pageBytes: event.pageBytes, protection: event.protection },
    root: pageId(0),
    height: 0,
    pages: PersistentList.empty<PageView | undefined>(1),
    pageCount: 0,
    frames: PersistentList.empty<FrameView | undefined>(),
    capacity: event.frames,
    hand: 0,
    dirtyCount: 0,
    checkpoint: undefined,
    rebuild: undefined,
    operation: undefined,
    pending: NOTHING_PENDING,
  };
}

/** The map is read: every page has a place. Pages whose checksum is that of what this run wrote are known. */
export function mapLoaded(view: TreeView, event: Event<'btree.map_loaded'>, seq: number): TreeView {
  let map = PersistentList.empty<MapPlace | undefined>(1);
  let pages = PersistentList.empty<PageView | undefined>(1);
  let { named } = view;
  for (const { crc, extent, page } of event.entries) {
    if (extent === undefined) continue;
    const known = [view.map, view.mapBefore].map((one) => one.get(page)).find((place) => place?.crc === crc);
    const id = known?.id ?? `${page}.${named++}`;
    map = setAt(map, page, { extent, crc, body: known?.body, id });
    pages = setAt(pages, page, {
      page,
      id,
      body: known?.body ?? emptyBody('leaf', 0),
      state: known?.body ? 'known' : 'unread',
      extent,
      frame: -1,
      isUnfinished: false,
      isLeaving: false,
      changedAt: seq,
      site: 0,
    });
  }
  const { height, root } = event;
  return {
    ...view,
    root,
    height,
    durableRoot: root,
    durableHeight: height,
    pages,
    pageCount: event.pages,
    map,
    mapBefore: map,
    named,
    subject: { pages: [root], cells: [], extents: [] },
  };
}

// ---- another tree, built beside this one

export const rebuildStarted = (view: TreeView, { fillShare }: Event<'btree.rebuild_started'>): TreeView => ({
  ...view,
  rebuild: { pages: PersistentList.empty(), fillShare },
  operation: undefined,
  pending: NOTHING_PENDING,
  subject: NOBODY,
});

export function pageBuilt(view: TreeView, event: Event<'btree.page_built'>, at: When): TreeView {
  const { content, page } = event;
  let { named } = view;
  const body = bodyOf(content, view.tree?.pageBytes ?? 0, () => `c${named++}`);
  const next = setBody(view, page, at, () => body);
  return {
    ...setPage(next, page, (known) => ({ ...known, isUnfinished: false })),
    named,
    subject: { pages: [page], cells: body.cells.map(({ id }) => id), extents: [] },
  };
}

export const rebuildAbandoned = (view: TreeView): TreeView => ({ ...view, rebuild: undefined, subject: NOBODY });

/** The new pages are the tree; the old ones are freed one by one. */
export const treeRebuilt = (view: TreeView, { height, root }: Event<'btree.tree_rebuilt'>): TreeView => ({
  ...view,
  root,
  height,
  rebuild: undefined,
  subject: { pages: [root], cells: [], extents: [] },
});

export function pageAllocated(
  view: TreeView,
  event: Event<'btree.page_allocated'>,
  seq: number,
  site: SiteId,
): TreeView {
  const { frame, level, page, pageKind } = event;
  const wasUsed = page < view.pages.end;
  const fresh: PageView = {
    page,
    id: wasUsed ? `${page}.${view.named}` : `${page}`,
    body: emptyBody(pageKind, level),
    state: 'known',
    extent: undefined,
    frame,
    isUnfinished: pageKind === 'overflow' || view.rebuild !== undefined,
    isLeaving: false,
    changedAt: seq,
    site,
  };
  const isFirst = view.root === NO_PAGE;
  return {
    ...view,
    ...(isFirst && { root: page, height: 1 }),
    pages: setAt(view.pages, page, fresh),
    pageCount: view.pageCount + 1,
    named: view.named + (wasUsed ? 1 : 0),
    rebuild: view.rebuild && { ...view.rebuild, pages: view.rebuild.pages.push(page) },
    frames: setAt(view.frames, frame, { page, isDirty: true, isReferenced: true, pins: 0 }),
    dirtyCount: view.dirtyCount + 1,
    operation: touched(view, page),
    subject: { pages: [page], cells: [], extents: [] },
  };
}

export function pageFreed(view: TreeView, event: Event<'btree.page_freed'>): TreeView {
  const known = view.pages.get(event.page);
  if (known === undefined) return view;
  const emptied = emptyFrame(view, known.frame);
  const next = letGo({ ...emptied, pages: emptied.pages.set(event.page, undefined) }, known.extent);
  return {
    ...next,
    pageCount: next.pageCount - 1,
    subject: { pages: [event.page], cells: [], extents: known.extent === undefined ? [] : [known.extent] },
  };
}

/** It is in memory and differs from what lies in any file. */
export function pageDirtied(view: TreeView, page: PageId): TreeView {
  const known = view.pages.get(page);
  if (known === undefined) return view;
  const next = letGo({ ...view, pages: view.pages.set(page, { ...known, extent: undefined }) }, known.extent);
  return {
    ...setFrame(next, known.frame, { isDirty: true }),
    operation: touched(view, page),
    subject: { pages: [page], cells: [], extents: [] },
  };
}

export function pageRead(view: TreeView, event: Event<'btree.page_read'>, seq: number, site: SiteId): TreeView {
  const { content, extent, frame, isScan, page } = event;
  let { named } = view;
  const known = view.pages.get(page) ?? unreadPage(page, `${page}.${named++}`, extent);
  const pageBytes = view.tree?.pageBytes ?? 0;
  const isNew = known.state !== 'known' || !isSameContent(known.body, content);
  const body = isNew ? bodyOf(content, pageBytes, () => `c${named++}`) : known.body;
  const map = view.map.get(page);
  return {
    ...setExtent(view, extent, readWhole),
    named,
    pages: setAt(view.pages, page, { ...known, body, state: 'known', frame, ...(isNew && { changedAt: seq, site }) }),
    // What lies where the map says is known now as well.
    map: isNew && map?.extent === extent ? view.map.set(page, { ...map, body }) : view.map,
    frames: setAt(view.frames, frame, { page, isDirty: false, isReferenced: !isScan, pins: 0 }),
    counters: { ...view.counters, pagesRead: view.counters.pagesRead + 1 },
    subject: { pages: [page], cells: [], extents: [extent], flow: 'read' },
  };
}

const unreadPage = (page: PageId, id: string, extent: ExtentId): PageView => ({
  page,
  id,
  body: emptyBody('leaf', 0),
  state: 'unread',
  extent,
  frame: -1,
  isUnfinished: false,
  isLeaving: false,
  changedAt: -1,
  site: 0,
});

/**
 * Somebody does not need the extent any more. It is free unless the page itself lies there, a superblock names it, or a
 * checkpoint under way still sees the page there.
 */
export function letGo(view: TreeView, extent: ExtentId | undefined): TreeView {
  const known = extent === undefined ? undefined : view.extents.get(extent);
  if (known?.state !== 'spilled') return view;
  const { page } = known;
  if (view.pages.get(page)?.extent === extent || view.checkpoint?.pages.get(page)?.extent === extent) return view;
  return { ...view, extents: view.extents.set(known.extent, { ...known, state: 'free', holds: 'nothing' }) };
}

/** The operation under way has changed one more page. */
export function touched(view: TreeView, page: PageId): TreeView['operation'] {
  const { operation } = view;
  if (!operation || operation.isOver || operation.changed.includes(page)) return operation;
  return { ...operation, changed: [...operation.changed, page] };
}

export const keyHexOf = (key: Uint8Array): string => toHex(key);
