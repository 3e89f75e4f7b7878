/**
 * The pages of the tree by level, each level in key order, and the pages that are on their way into it. A scrubbed run
 * asks for another order in each frame, and a tree may have ten thousand pages: so levels are numbers in typed arrays,
 * and what an unchanged page leads to is not looked up again.
 */
import type { PageId } from '../../../base/ids';
import { listNumbers } from '../../../lab/list_numbers';
import type { PageView, TreeView } from './model';
import { NO_PAGE, type PageBody, usedBytes } from './page_body';

export interface TreeOrder {
  /** From the leaves up. */
  readonly levels: readonly Level[];
  /** Overflow pages, by the leaf that leads to them. */
  readonly chains: readonly { readonly leaf: PageId; readonly cell: string; readonly pages: readonly PageView[] }[];
  /** Pages in the map that nothing drawn leads to, because a page on the way was not read yet. */
  readonly unseen: number;
  /** By page number: how many bytes of the page are used, as far as is known; of a page that is not there, less than 0. */
  readonly used: Int32Array;
}

/** The pages of one level, from left to right. */
export class Level {
  count = 0;
  #pages: Int32Array;
  #parents: Int32Array;
  #slots: Int32Array;

  constructor(most: number) {
    this.#pages = new Int32Array(most);
    this.#parents = new Int32Array(most);
    this.#slots = new Int32Array(most);
  }

  page(index: number): PageId {
    return this.#pages[index]! as PageId;
  }
  parent(index: number): PageId {
    return this.#parents[index]! as PageId;
  }
  /** Among the children of its parent; -1 is the leftmost. */
  slot(index: number): number {
    return this.#slots[index]!;
  }
  /** -1 if the page is not on this level. */
  indexOf(page: PageId): number {
    return this.#pages.subarray(0, this.count).indexOf(page);
  }

  push(page: PageId, parent: PageId, slot: number): void {
    const index = this.count++;
    this.#pages[index] = page;
    this.#parents[index] = parent;
    this.#slots[index] = slot;
  }
  /** The children of a page, all of them, from left to right. */
  append(children: Int32Array, parent: PageId): void {
    const from = this.count;
    this.count += children.length;
    this.#pages.set(children, from);
    this.#parents.fill(parent, from, this.count);
    const slots = this.#slots;
    for (let index = 0; index < children.length; index++) slots[from + index] = index - 1;
  }
  /** All pages, in order; not to be kept. */
  get pages(): Int32Array {
    return this.#pages.subarray(0, this.count);
  }
  /** A page that no parent leads to. */
  insert(index: number, page: PageId): void {
    for (const numbers of [this.#pages, this.#parents, this.#slots]) numbers.copyWithin(index + 1, index, this.count);
    this.count++;
    this.#pages[index] = page;
    this.#parents[index] = NO_PAGE;
    this.#slots[index] = -1;
  }
}

interface Known extends Pick<TreeView, 'root' | 'height' | 'rebuild'> {
  readonly path: readonly PageId[] | undefined;
  readonly changed: readonly PageId[] | undefined;
  readonly order: TreeOrder;
}
const known = new WeakMap<TreeView['pages'], Known>();

/** Views that differ in no page, and in nothing else that matters here, share one order. */
export function orderOf(view: TreeView): TreeOrder {
  const { height, operation, pages, rebuild, root } = view;
  const { changed, path } = operation ?? {};
  const cached = known.get(pages);
  if (
    cached?.root === root &&
    cached.height === height &&
    cached.rebuild === rebuild &&
    cached.path === path &&
    cached.changed === changed
  )
    return cached.order;
  const order = makeOrder(view);
  known.set(pages, { root, height, rebuild, path, changed, order });
  return order;
}

const usedOf = listNumbers<PageView>(({ body, state }) => (state === 'known' ? usedBytes(body) : 0));

function makeOrder(view: TreeView): TreeOrder {
  const used = usedOf(view.pages);
  const loose = looseOf(view);
  const top = Math.max(view.height - 1, ...loose.keys());
  const levels: Level[] = [];
  const seen = new Seen(view.pages.end);
  for (let level = top; level >= 0; level--) {
    const fresh = loose.get(level) ?? [];
    const row =
      level === top ? new Level(1 + fresh.length) : levelBelow(view, levels[level + 1]!, fresh.length, seen, used);
    if (level === view.height - 1 && view.pages.get(view.root)) row.push(view.root, NO_PAGE, -1);
    seen.addAll(row.pages);
    placeLoose(view, row, fresh, seen);
    levels[level] = row;
  }
  const chains = chainsOf(view, levels[0]);
  return { levels, chains, unseen: hidesSome(view, levels) ? countUnseen(view, seen.count, chains) : 0, used };
}

/** A set of page numbers. */
class Seen {
  count = 0;
  readonly #flags: Uint8Array;
  /** @param end one past the highest number */
  constructor(end: number) {
    this.#flags = new Uint8Array(end);
  }
  has(page: number): boolean {
    return this.#flags[page] === 1;
  }
  add(page: number): void {
    if (this.#flags[page] === 0) this.count++;
    this.#flags[page] = 1;
  }
  addAll(pages: Int32Array): void {
    const flags = this.#flags;
    let fresh = 0;
    for (let index = 0; index < pages.length; index++) {
      const page = pages[index]!;
      fresh += 1 - flags[page]!;
      flags[page] = 1;
    }
    this.count += fresh;
  }
  /** Whether some of `pages` are in it already, or are not there at all. */
  hasSome(pages: Int32Array, used: Int32Array): boolean {
    const flags = this.#flags;
    for (let index = 0; index < pages.length; index++) {
      const page = pages[index]!;
      if (flags[page] !== 0 || used[page]! < 0) return true;
    }
    return false;
  }
}

/** The children of a level, with room for those that are linked nowhere yet. */
function levelBelow(view: TreeView, above: Level, loose: number, seen: Seen, used: Int32Array): Level {
  const parents: (readonly [page: PageId, children: Int32Array])[] = [];
  let most = loose + 1;
  for (let index = 0; index < above.count; index++) {
    const page = view.pages.get(above.page(index))!;
    if (page.body.kind !== 'inner' || page.state !== 'known') continue;
    const children = childrenOf(page.body);
    parents.push([page.page, children]);
    most += children.length;
  }
  const below = new Level(most);
  for (const [parent, children] of parents) {
    if (!seen.hasSome(children, used)) {
      below.append(children, parent);
      continue;
    }
    for (let index = 0; index < children.length; index++) {
      const child = children[index]!;
      // A page on its way out may still be led to, one on its way in has its place already.
      if (used[child]! >= 0 && !seen.has(child)) below.push(child as PageId, parent, index - 1);
    }
  }
  return below;
}

const childrenKnown = new WeakMap<PageBody, Int32Array>();
function childrenOf(body: PageBody): Int32Array {
  let children = childrenKnown.get(body);
  if (!children) {
    children = Int32Array.of(body.left, ...body.cells.map(({ child }) => child ?? NO_PAGE));
    childrenKnown.set(body, children);
  }
  return children;
}

/** Pages that the operation under way has changed, or a rebuild has made, by level: they may be linked nowhere yet. */
function looseOf(view: TreeView): ReadonlyMap<number, readonly PageView[]> {
  const byLevel = new Map<number, PageView[]>();
  for (const number of [...(view.operation?.changed ?? []), ...(view.rebuild?.pages ?? [])]) {
    const page = view.pages.get(number);
    if (!page || page.body.kind === 'overflow') continue;
    const others = byLevel.get(page.body.level);
    if (others) others.push(page);
    else byLevel.set(page.body.level, [page]);
  }
  return byLevel;
}

/** A page that was made and not linked yet stands beside the page that it was made for; of a rebuild, at the end. */
function placeLoose(view: TreeView, row: Level, loose: readonly PageView[], seen: Seen): void {
  const path = view.operation?.path ?? [];
  const level = loose[0]?.body.level ?? 0;
  const beside = row.indexOf(path[path.length - 1 - level] ?? NO_PAGE);
  for (const { page } of loose) {
    if (seen.has(page)) continue;
    if (beside < 0) row.push(page, NO_PAGE, -1);
    else row.insert(beside + 1, page);
    seen.add(page);
  }
}

// ---- what nobody has read

/** An inner page that nobody has read hides all that lies under it. */
function hidesSome(view: TreeView, levels: readonly Level[]): boolean {
  if (view.height <= 1) return false;
  return levels.slice(1).some((row) => {
    if (row.count === 0) return true;
    for (let index = 0; index < row.count; index++) if (view.pages.get(row.page(index))!.state !== 'known') return true;
    return false;
  });
}

function countUnseen(view: TreeView, seen: number, chains: TreeOrder['chains']): number {
  const chained = chains.reduce((sum, { pages }) => sum + pages.length, 0);
  return Math.max(0, view.pageCount - seen - chained);
}

// ---- long values

const CROWD = 150;
const CHAIN_MAX = 64;

function chainsOf(view: TreeView, leaves: Level | undefined): TreeOrder['chains'] {
  const chains: { leaf: PageId; cell: string; pages: PageView[] }[] = [];
  for (const leaf of leaves ? drawnWhole(view, leaves) : []) {
    for (const { id, overflow } of view.pages.get(leaf)!.body.cells) {
      if (overflow === undefined || overflow === NO_PAGE) continue;
      const pages: PageView[] = [];
      for (let next = view.pages.get(overflow); next && pages.length < CHAIN_MAX;) {
        pages.push(next);
        next = next.body.right === NO_PAGE ? undefined : view.pages.get(next.body.right);
      }
      if (pages.length > 0) chains.push({ leaf, cell: id, pages });
    }
  }
  return chains;
}

/** Of thousands of leaves only a few are drawn so that a chain under them could be seen. */
function drawnWhole({ operation }: TreeView, leaves: Level): readonly PageId[] {
  if (leaves.count <= CROWD) return Array.from({ length: leaves.count }, (_, index) => leaves.page(index));
  const near = new Set([...(operation?.path ?? []), ...(operation?.changed ?? [])]);
  return [...near]
    .map((page) => leaves.indexOf(page))
    .filter((index) => index >= 0)
    .sort((one, other) => one - other)
    .map((index) => leaves.page(index));
}
