/** Which page the inspector shows, and whether before the bytes of the file. */
import { toHex } from '../../../../base/bytes';
import type { PageId } from '../../../../base/ids';
import type { Selection } from '../../../../lab/selection';
import type { LabEvent } from '../../../../protocol/trace';
import { fileOf, placeOf, type TreeView } from '../model';

/** The pages a step is about, the selected one first. */
export function pagesInSight(selection: Selection, view: TreeView): readonly PageId[] {
  const selected = ofSelection(selection, view);
  if (selected !== undefined) return [selected];
  return [...new Set(view.subject.pages)].filter((page) => view.pages.get(page) !== undefined);
}

function ofSelection(selection: Selection, view: TreeView): PageId | undefined {
  if (selection.kind === 'key') {
    for (const page of view.pages) {
      const holds = page?.body.kind === 'leaf' && page.body.cells.some(({ key }) => toHex(key) === selection.keyHex);
      if (page && holds) return page.page;
    }
  }
  if (selection.kind !== 'bytes') return undefined;
  for (const page of view.pages) {
    const extent = page?.extent ?? (page && view.map.get(page.page)?.extent);
    if (!page || extent === undefined || fileOf(extent) !== selection.file) continue;
    const at = placeOf(extent, view.extentBytes);
    if (at <= selection.from && selection.from < at + view.extentBytes) return page.page;
  }
  return undefined;
}

/** What happens in memory is shown on the page in memory; what is written or read, in the bytes of the file. */
export function showsPageFirst(event: LabEvent | undefined, selection: Selection, view: TreeView): boolean {
  if (selection.kind === 'key') return ofSelection(selection, view) !== undefined;
  if (selection.kind === 'bytes') {
    const page = ofSelection(selection, view);
    // Of a page that was changed since, the file has an older self.
    return page !== undefined && view.pages.get(page)?.extent === undefined;
  }
  return event?.kind.startsWith('btree.') === true && !OF_FILES.has(event.kind);
}

/** Events of the tree that are about the files. */
const OF_FILES: ReadonlySet<LabEvent['kind']> = new Set<LabEvent['kind']>([
  'btree.page_read',
  'btree.page_written',
  'btree.page_spilled',
  'btree.former_page_spilled',
  'btree.page_restored',
  'btree.map_page_written',
  'btree.map_changed',
  'btree.map_loaded',
  'btree.checkpoint_flushed',
  'btree.tree_opened',
]);
