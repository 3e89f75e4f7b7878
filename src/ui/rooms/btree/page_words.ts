/** What state a page is in, and what there is to say of it. */
import type { MarkState } from '../../marks/states';
import { damagedExtent, damageWords, heldWords } from './damage';
import type { PageView, TreeView } from './model';
import { type Cell, type PageBody, usableBytes, usedBytes } from './page_body';
import { percent, plural } from '../../marks/units';

/** Durable and current; written and not named yet; in memory only; or no more part of the tree. */
export function pageState(page: PageView, view: TreeView): MarkState {
  if (page.isLeaving) return 'garbage';
  if (page.extent === undefined) return 'memory';
  if (damagedExtent(page, view)) return 'torn';
  if (page.state === 'unread') return 'pending';
  const extent = view.extents.get(page.extent);
  return extent?.state === 'written' || extent?.state === 'spilled' ? 'handed' : 'durable';
}

export const KIND_WORDS: Readonly<Record<PageBody['kind'], string>> = {
  leaf: 'leaf',
  inner: 'inner page',
  overflow: 'overflow page',
  map: 'map page',
  copies: 'list of copies',
};
const STATE_WORDS: Readonly<Record<MarkState, string>> = {
  memory: 'its newest state is in memory only',
  handed: 'written to the file, not named by a superblock yet',
  durable: 'durable and current',
  pending: 'on disk, not read since the tree was opened',
  torn: 'damaged on disk',
  garbage: 'emptied, about to be freed',
};

export function pageWords(page: PageView, view: TreeView, pageBytes: number): string {
  const { body } = page;
  const words = STATE_WORDS[pageState(page, view)];
  const damage = damagedExtent(page, view);
  if (damage) {
    const [takes, what] = [damage.found ? 'takes' : 'would take', heldWords(view, page.page)];
    return `${damageWords(damage)}; that ${takes} ${what}, and nothing else`;
  }
  if (page.state !== 'known') return words;
  if (body.kind === 'overflow') return `${plural(body.valueBytes, 'byte')} of a value; ${words}`;
  const used = usedBytes(body);
  const what =
    body.kind === 'inner' ? plural(body.cells.length + 1, 'child', 'children') : plural(body.cells.length, 'key');
  return `${what}, ${used} of ${usableBytes(pageBytes)} bytes used (${percent(used / usableBytes(pageBytes))}), LSN ${body.lsn}; ${words}`;
}

export function cellWords(words: string, slot: number, { cellBytes, child }: Cell, kind: PageBody['kind']): string {
  if (kind === 'inner') return `Separator ${words}: from here on, page ${child}. ${cellBytes} bytes, slot ${slot}`;
  return `${words}: ${cellBytes} bytes, slot ${slot}`;
}
