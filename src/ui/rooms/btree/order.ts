/** The pages of the tree by level, each level in key order, and the pages that are on their way into it. */
import type { PageId } from '../../../base/ids';
import type { PageView, TreeView } from './model';
import { NO_PAGE } from './page_body';

export interface Placed {
  readonly page: PageView;
  readonly parent: PageId;
  /** Among the children of its parent; -1 is the leftmost. */
  readonly slot: number;
}

export interface TreeOrder {
  /** From the leaves up. */
  readonly levels: readonly (readonly Placed[])[];
  /** Overflow pages, by the leaf that leads to them. */
  readonly chains: readonly { readonly leaf: PageId; readonly cell: string; readonly pages: readonly PageView[] }[];
  /** Pages in the map that nothing drawn leads to, because a page on the way was not read yet. */
  readonly unseen: number;
}

const known = new WeakMap<object, TreeOrder>();

/** Views that differ in no page share one order. */
export function orderOf(view: TreeView): TreeOrder {
  const cached = known.get(view.pages);
  if (cached && view.root !== NO_PAGE) return cached;
  const order = makeOrder(view);
  known.set(view.pages, order);
  return order;
}

function makeOrder(view: TreeView): TreeOrder {
  const levels: Placed[][] = [];
  const seen = new Set<PageId>();
  const top = view.pages.get(view.root);
  let row: Placed[] = top ? [{ page: top, parent: NO_PAGE, slot: -1 }] : [];
  while (row.length > 0) {
    levels.unshift(row);
    const next: Placed[] = [];
    for (const { page } of row) {
      seen.add(page.page);
      if (page.body.kind !== 'inner' || page.state !== 'known') continue;
      const childOf = (child: PageId | undefined, slot: number): void => {
        const below = child === undefined ? undefined : view.pages.get(child);
        if (below && !seen.has(below.page)) next.push({ page: below, parent: page.page, slot });
      };
      childOf(page.body.left, -1);
      page.body.cells.forEach(({ child }, slot) => childOf(child, slot));
    }
    row = next;
  }
  // Where inner pages were not read, the rows do not reach the leaves.
  while (levels.length > 0 && levels.length < view.height) levels.unshift([]);
  placeLoose(view, levels, seen);
  const chains = chainsOf(view, levels[0] ?? []);
  const chained = chains.reduce((sum, { pages }) => sum + pages.length, 0);
  return { levels, chains, unseen: Math.max(0, view.pageCount - seen.size - chained) };
}

/** Pages that the operation has made and not linked yet stand beside the page that they were made for. */
function placeLoose(view: TreeView, levels: Placed[][], seen: Set<PageId>): void {
  const { operation } = view;
  if (!operation) return;
  for (const number of operation.changed) {
    const page = view.pages.get(number);
    if (!page || seen.has(number) || page.body.kind === 'overflow') continue;
    const { level } = page.body;
    while (levels.length <= level) levels.push([]);
    const row = levels[level]!;
    const beside = operation.path[operation.path.length - 1 - level];
    const index = row.findIndex((placed) => placed.page.page === beside);
    row.splice(index < 0 ? row.length : index + 1, 0, { page, parent: NO_PAGE, slot: -1 });
    seen.add(number);
  }
}

function chainsOf(view: TreeView, leaves: readonly Placed[]): TreeOrder['chains'] {
  const chains: { leaf: PageId; cell: string; pages: PageView[] }[] = [];
  for (const { page } of leaves) {
    for (const { id, overflow } of page.body.cells) {
      if (overflow === undefined || overflow === NO_PAGE) continue;
      const pages: PageView[] = [];
      for (let next: PageView | undefined = view.pages.get(overflow); next && pages.length < 64;) {
        pages.push(next);
        next = next.body.right === NO_PAGE ? undefined : view.pages.get(next.body.right);
      }
      if (pages.length > 0) chains.push({ leaf: page.page, cell: id, pages });
    }
  }
  return chains;
}
