/** Changing extents in the view. */
import { extentId, type ExtentId } from '../../../base/ids';
import type { PersistentList } from '../../../lab/persistent_list';
import { blankExtent, type ExtentView, type LsmView, type TableView } from './model';

type Extents = PersistentList<ExtentView | undefined>;

/** Sets extent `index` of a list with gaps. */
export function setAt(list: Extents, index: number, item: ExtentView | undefined): Extents {
  let longer = list;
  while (longer.end <= index) longer = longer.push(undefined);
  return longer.set(index, item);
}

export function setExtents(
  view: LsmView,
  which: readonly ExtentId[],
  change: (known: ExtentView, part: number) => ExtentView,
): LsmView {
  let { extents } = view;
  which.forEach((extent, part) => {
    // Nobody has counted it yet: the two heads of a manifest are taken before anything is told of a file.
    const known = extents.get(extent) ?? blankExtent(extent, view.extentBytes);
    const next = change(known, part);
    if (next !== extents.get(extent)) extents = setAt(extents, extent, next);
  });
  return extents === view.extents ? view : { ...view, extents };
}

/** Changes every extent that `change` gives another value for. */
export function eachExtent(view: LsmView, change: (known: ExtentView) => ExtentView): LsmView {
  let { extents } = view;
  view.extents.each((known) => {
    const next = known && change(known);
    if (known && next && next !== known) extents = extents.set(known.extent, next);
  });
  return extents === view.extents ? view : { ...view, extents };
}

export const FREE = { state: 'free', holds: 'nothing', isUnflushed: false, spoiled: undefined } as const;

export const freed = (view: LsmView, extents: readonly ExtentId[]): LsmView =>
  setExtents(view, extents, (known) => ({ ...known, ...FREE }));

/** What lies in the extents of a table, from now on. */
export const heldBy = (view: LsmView, table: TableView, state: ExtentView['state']): LsmView =>
  setExtents(view, table.extents, (known, part) => ({
    ...known,
    state,
    holds: 'table',
    table: table.table,
    tableId: table.id,
    part,
  }));

export const extentAt = (view: LsmView, file: 'data_0' | 'data_1', at: number): ExtentId =>
  extentId(2 * Math.floor(at / Math.max(1, view.extentBytes)) + (file === 'data_0' ? 0 : 1));
