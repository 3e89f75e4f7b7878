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
  const loose = looseOf(view);
  const top = Math.max(view.height - 1, ...[...loose.keys()]);
  const levels: Placed[][] = Array.from({ length: Math.max(0, top + 1) }, () => []);
  const seen = new Set<PageId>();
  const root = view.pages.get(view.root);
  for (let level = top; level >= 0; level--) {
    const row = levels[level]!;
    if (root && level === view.height - 1) row.push({ page: root, parent: NO_PAGE, slot: -1 });
    for (const { page } of row) seen.add(page.page);
    placeLoose(view, row, loose.get(level) ?? [], seen);
    const below = levels[level - 1];
    if (below) for (const { page } of row) childrenOf(view, page, seen, below);
  }
  const chains = chainsOf(view, drawnWhole(view, levels[0] ?? []));
  return { levels, chains, unseen: hidesSome(view, levels) ? countUnseen(view, seen, chains) : 0 };
}

const CROWD = 150;
/** Of thousands of leaves only a few are drawn so that a chain under them could be seen. */
function drawnWhole(view: TreeView, leaves: readonly Placed[]): readonly Placed[] {
  if (leaves.length <= CROWD) return leaves;
  const near = new Set([...(view.operation?.path ?? []), ...(view.operation?.changed ?? [])]);
  return leaves.filter(({ page }) => near.has(page.page));
}

/** An inner page that nobody has read hides all that lies under it. */
const hidesSome = (view: TreeView, levels: readonly (readonly Placed[])[]): boolean =>
  view.height > 1 && levels.slice(1).some((row) => row.length === 0 || row.some(({ page }) => page.state !== 'known'));

function countUnseen(view: TreeView, seen: ReadonlySet<PageId>, chains: TreeOrder['chains']): number {
  const chained = chains.reduce((sum, { pages }) => sum + pages.length, 0);
  return Math.max(0, view.pageCount - seen.size - chained);
}

function childrenOf(view: TreeView, page: PageView, seen: ReadonlySet<PageId>, below: Placed[]): void {
  if (page.body.kind !== 'inner' || page.state !== 'known') return;
  const add = (child: PageId | undefined, slot: number): void => {
    const known = child === undefined ? undefined : view.pages.get(child);
    if (known && !seen.has(known.page)) below.push({ page: known, parent: page.page, slot });
  };
  add(page.body.left, -1);
  page.body.cells.forEach(({ child }, slot) => add(child, slot));
}

/** Pages that the operation under way has changed, or a rebuild has made, by level: they may be linked nowhere yet. */
function looseOf(view: TreeView): ReadonlyMap<number, readonly PageView[]> {
  const byLevel = new Map<number, PageView[]>();
  for (const number of [...(view.operation?.changed ?? []), ...(view.rebuild?.pages ?? [])]) {
    const page = view.pages.get(number);
    if (!page || page.body.kind === 'overflow') continue;
    const known = byLevel.get(page.body.level);
    if (known) known.push(page);
    else byLevel.set(page.body.level, [page]);
  }
  return byLevel;
}

/** A page that was made and not linked yet stands beside the page that it was made for. */
function placeLoose(view: TreeView, row: Placed[], loose: readonly PageView[], seen: Set<PageId>): void {
  const path = view.operation?.path ?? [];
  for (const page of loose) {
    if (seen.has(page.page)) continue;
    const beside = path[path.length - 1 - page.body.level];
    const index = row.findIndex((placed) => placed.page.page === beside);
    row.splice(index < 0 ? row.length : index + 1, 0, { page, parent: NO_PAGE, slot: -1 });
    seen.add(page.page);
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
