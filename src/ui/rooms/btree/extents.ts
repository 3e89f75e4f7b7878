/** Changing extents in the view. */
import type { ExtentId } from '../../../base/ids';
import { NO_FLIPS, type ExtentView, type TreeView } from './model';

export function setExtent(view: TreeView, extent: ExtentId, change: (known: ExtentView) => ExtentView): TreeView {
  const known = view.extents.get(extent);
  if (known === undefined) return view;
  const next = change(known);
  return next === known ? view : { ...view, extents: view.extents.set(extent, next) };
}

/** Changes every extent that `change` gives another value for. */
export function eachExtent(view: TreeView, change: (known: ExtentView) => ExtentView): TreeView {
  let { extents } = view;
  view.extents.each((known) => {
    const next = known && change(known);
    if (known && next && next !== known) extents = extents.set(known.extent, next);
  });
  return extents === view.extents ? view : { ...view, extents };
}

/** The disk has what was written. */
export const SOUND = { spoiled: undefined, flips: NO_FLIPS, found: undefined, isAhead: false } as const;

/** What was read and checked out is whole. A flipped bit that was read all the same is there still: nobody checked. */
export const readWhole = (known: ExtentView): ExtentView =>
  known.found === undefined && (known.spoiled === undefined || known.spoiled === 'flipped')
    ? known
    : { ...known, found: undefined, spoiled: known.flips.length > 0 ? 'flipped' : undefined };
