/** The pool in the view: which page is in which frame, who holds it there, and what the clock's hand does. */
import type { PageId } from '../../../base/ids';
import type { BTreeEvent } from '../../../btree';
import type { FrameView, TreeView } from './model';

type Event<K extends BTreeEvent['kind']> = Extract<BTreeEvent, { kind: K }>;

const about = (...pages: PageId[]): TreeView['subject'] => ({ pages, cells: [], extents: [] });

export function setFrame(view: TreeView, frame: number, change: Partial<FrameView>): TreeView {
  const known = view.frames.get(frame);
  if (known === undefined) return view;
  const isDirty = change.isDirty ?? known.isDirty;
  const dirtyCount = view.dirtyCount + Number(isDirty) - Number(known.isDirty);
  return { ...view, dirtyCount, frames: view.frames.set(frame, { ...known, ...change }) };
}

export function emptyFrame(view: TreeView, frame: number): TreeView {
  const known = view.frames.get(frame);
  if (known === undefined) return view;
  return {
    ...view,
    frames: view.frames.set(frame, undefined),
    dirtyCount: view.dirtyCount - Number(known.isDirty),
  };
}

const setFrameOf = (view: TreeView, page: PageId, change: (known: FrameView) => Partial<FrameView>): TreeView => {
  const frame = view.pages.get(page)?.frame ?? -1;
  const known = view.frames.get(frame);
  return known ? setFrame(view, frame, change(known)) : view;
};

export const pageReferenced = (view: TreeView, { page }: Event<'btree.page_referenced'>): TreeView => ({
  ...setFrameOf(view, page, () => ({ isReferenced: true })),
  subject: about(page),
});

/** A page may be held more than once. */
export const pagePinned = (view: TreeView, { page }: Event<'btree.page_pinned'>): TreeView => ({
  ...setFrameOf(view, page, ({ pins }) => ({ pins: pins + 1 })),
  subject: about(page),
});

export const pagesUnpinned = (view: TreeView, { pages }: Event<'btree.pages_unpinned'>): TreeView => ({
  ...pages.reduce((next, page) => setFrameOf(next, page, ({ pins }) => ({ pins: pins - 1 })), view),
  subject: about(...pages),
});

export function victimChosen(view: TreeView, event: Event<'btree.victim_chosen'>): TreeView {
  let { frames } = view;
  for (const frame of event.cleared) {
    const passed = frames.get(frame);
    if (passed) frames = frames.set(frame, { ...passed, isReferenced: false });
  }
  return {
    ...view,
    frames,
    hand: view.capacity === 0 ? 0 : (event.frame + 1) % view.capacity,
    subject: about(event.page),
  };
}

export function pageEvicted(view: TreeView, page: PageId): TreeView {
  const known = view.pages.get(page);
  if (known === undefined) return view;
  const next = emptyFrame(view, known.frame);
  return {
    ...next,
    pages: next.pages.set(page, { ...known, frame: -1 }),
    counters: { ...next.counters, evictions: next.counters.evictions + 1 },
    subject: about(page),
  };
}
