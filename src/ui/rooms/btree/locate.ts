/** Where keys, pages and extents lie in the files. */
import { toHex } from '../../../base/bytes';
import type { ExtentId, PageId } from '../../../base/ids';
import type { Selection } from '../../../lab/selection';
import type { LabEvent } from '../../../protocol/trace';
import { type ByteRange, locateBy } from '../../inspect/locate';
import { fileOf, placeOf, type TreeView } from './model';

export const locate = locateBy<TreeView>({ ofSelection, ofEvent });

function ofSelection(selection: Selection, view: TreeView): ByteRange | undefined {
  if (selection.kind !== 'key') return undefined;
  for (const page of view.pages) {
    const cell =
      page?.body.kind === 'leaf' ? page.body.cells.find(({ key }) => toHex(key) === selection.keyHex) : undefined;
    if (!page || !cell) continue;
    const whole = ofPage(page.page, view);
    // What lies in the file is the cell itself only while the page there is the newest.
    if (!whole || page.extent === undefined) return whole;
    return { ...whole, from: whole.from + cell.at, to: whole.from + cell.at + cell.cellBytes };
  }
  return undefined;
}

const ofExtent = (extent: ExtentId, view: TreeView): ByteRange => {
  const from = placeOf(extent, view.extentBytes);
  return { file: fileOf(extent), from, to: from + (view.tree?.pageBytes ?? view.extentBytes) };
};

/** Where a page lies, or where an older self of it does. */
function ofPage(page: PageId, view: TreeView): ByteRange | undefined {
  const extent = view.pages.get(page)?.extent ?? view.map.get(page)?.extent;
  return extent === undefined ? undefined : ofExtent(extent, view);
}

function ofEvent(event: LabEvent, view: TreeView): ByteRange | undefined {
  switch (event.kind) {
    case 'btree.page_read':
    case 'btree.page_written':
    case 'btree.page_spilled':
    case 'btree.map_page_written':
    case 'btree.page_restored':
      return ofExtent(event.extent, view);
    case 'btree.cell_inserted':
    case 'btree.cell_replaced':
    case 'btree.cell_removed':
    case 'btree.page_dirtied':
    case 'btree.leaf_overfull':
    case 'btree.page_underfull':
    case 'btree.separator_inserted':
    case 'btree.separator_removed':
    case 'btree.separator_replaced':
    case 'btree.leaf_borrowed':
    case 'btree.victim_chosen':
    case 'btree.page_evicted':
      return ofPage(event.page, view);
    case 'btree.leaf_split':
    case 'btree.inner_split':
      return ofPage(event.left, view);
    case 'btree.leaf_merged':
    case 'btree.inner_merged':
      return ofPage(event.into, view);
    default:
      return undefined;
  }
}
