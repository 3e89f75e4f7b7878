/**
 * What is damaged, and which keys that takes. Two things are kept apart: what was done to a disk behind the store's back,
 * which only the reader of the picture knows, and what the store itself has found.
 */
import type { PageId } from '../../../base/ids';
import type { ExtentView, PageView, TreeView } from './model';
import { NO_PAGE } from './page_body';
import { keyText } from '../../marks/units';

/** Keys in [from, to); undefined where there is no bound. */
export interface KeyBounds {
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array | undefined;
}

/** What a page held: keys between bounds, or a part of the value of a key. */
export type Held =
  { readonly kind: 'keys'; readonly bounds: KeyBounds } | { readonly kind: 'value'; readonly of: Uint8Array };

/** Whoever needs the page now is refused: it is in no frame, and what lies in its extent is something else. */
export function isDamaged(page: PageView, view: TreeView): boolean {
  const extent = damagedExtent(page, view);
  return extent !== undefined && (extent.found?.isOfNewest === true || extent.spoiled === 'flipped');
}

/** Where a page that memory does not have lies, if that is not known to be whole. */
export function damagedExtent(page: PageView, view: TreeView): ExtentView | undefined {
  const extent = page.frame >= 0 || page.extent === undefined ? undefined : view.extents.get(page.extent);
  return extent?.found?.isOfNewest === true || extent?.spoiled !== undefined ? extent : undefined;
}

/** What a page holds or held, as the pages that lead to it have it; undefined where those were not read either. */
export function heldBy(view: TreeView, page: PageId): Held | undefined {
  const seen = new Set<PageId>();
  const pending: { readonly page: PageId; readonly bounds: KeyBounds }[] = [
    { page: view.root, bounds: { from: undefined, to: undefined } },
  ];
  for (let at = pending.pop(); at; at = pending.pop()) {
    if (at.page === page) return { kind: 'keys', bounds: at.bounds };
    const known = view.pages.get(at.page);
    if (known?.state !== 'known' || seen.has(at.page)) continue;
    seen.add(at.page);
    const { body } = known;
    if (body.kind === 'leaf') {
      const cell = body.cells.find(({ overflow }) => leadsTo(view, overflow, page));
      if (cell) return { kind: 'value', of: cell.key };
    }
    if (body.kind !== 'inner') continue;
    const { from, to } = at.bounds;
    body.cells.forEach(({ child, key }, slot) =>
      pending.push({ page: child!, bounds: { from: key, to: body.cells[slot + 1]?.key ?? to } }),
    );
    pending.push({ page: body.left, bounds: { from, to: body.cells[0]?.key ?? to } });
  }
  return undefined;
}

function leadsTo(view: TreeView, first: PageId | undefined, page: PageId): boolean {
  const seen = new Set<PageId>();
  for (let next = first; next !== undefined && next !== NO_PAGE && !seen.has(next);) {
    if (next === page) return true;
    seen.add(next);
    const known = view.pages.get(next);
    next = known?.state === 'known' ? known.body.right : undefined;
  }
  return false;
}

export function boundsWords({ from, to }: KeyBounds): string {
  if (from && to) return `keys from ${keyText(from)} up to ${keyText(to)}, not included`;
  if (from) return `keys from ${keyText(from)} on`;
  return to ? `keys before ${keyText(to)}` : 'all keys';
}

/** Which keys a damaged page takes with it: as the tree in the picture has it, or as a scrub has read it. */
export function heldWords(view: TreeView, page: PageId): string {
  const held = heldBy(view, page);
  if (held) return held.kind === 'keys' ? boundsWords(held.bounds) : `a part of the value of ${keyText(held.of)}`;
  const extent = view.pages.get(page)?.extent ?? view.map.get(page)?.extent;
  const bounds = extent === undefined ? undefined : view.extents.get(extent)?.found?.bounds;
  return bounds ? boundsWords(bounds) : 'keys that only a page not read yet can name';
}

const SPOILED_WORDS: Readonly<Record<NonNullable<ExtentView['spoiled']>, string>> = {
  lost: 'a power cut took what was written there',
  torn: 'only a part of what was written there is there',
  flipped: 'a bit of it was flipped',
  ahead: 'it has a later self, of a checkpoint that did not come to its end',
};

/** What is wrong with an extent, and whether the store knows. */
export function damageWords({ found, spoiled }: ExtentView): string {
  const done = spoiled === undefined ? '' : SPOILED_WORDS[spoiled];
  if (found) return `found damaged: ${found.problem}`;
  return done === '' ? '' : `${done}, and nobody has read it since`;
}
