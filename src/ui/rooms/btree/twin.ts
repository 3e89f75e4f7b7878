/** The tree and its buffer pool as tables: the pages, the root first; the frames, from the hand on. */
import { type Twin, TWIN_ROWS_MAX, type TwinRow } from '../../marks/twin';
import { clockOf, clockWords } from './clock';
import type { PageView, TreeView } from './model';
import { orderOf } from './order';
import { pageWords } from './page_words';
import { digits, keyText } from '../../marks/units';

const KEYS_MAX = 12;

export const twinsOf = (view: TreeView): readonly Twin[] => [treeTwin(view), poolTwin(view)];

function treeTwin(view: TreeView): Twin {
  const pages = pagesOf(view);
  return {
    caption:
      `The tree: ${view.height} levels, ${digits(view.pageCount)} pages, ${digits(view.keys)} keys, ` +
      `${digits(view.dirtyCount)} pages dirty. ${pages.length} of them, the root first:`,
    columns: ['page', 'level', 'keys', 'state', 'next leaf'],
    rows: pages.map((page) => ({ id: page.id, cells: cellsOf(view, page) })),
  };
}

/** Each level from left to right; of thousands, the first pages and the way of the operation. */
function pagesOf(view: TreeView): readonly PageView[] {
  const way = new Set(view.operation?.path);
  const { levels } = orderOf(view);
  const all = levels.reduce((sum, { count }) => sum + count, 0);
  const first = all <= TWIN_ROWS_MAX ? all : TWIN_ROWS_MAX - way.size;
  const shown: PageView[] = [];
  for (const row of levels.toReversed()) {
    for (let index = 0; index < row.count; index++) {
      if (shown.length >= first && !way.has(row.page(index))) continue;
      shown.push(view.pages.get(row.page(index))!);
    }
  }
  return shown;
}

function cellsOf(view: TreeView, page: PageView): readonly (string | number)[] {
  const { cells, kind, level, right } = page.body;
  const keys = cells.slice(0, KEYS_MAX).map(({ key }) => keyText(key));
  return [
    page.page,
    level,
    `${keys.join(', ')}${cells.length > KEYS_MAX ? ' …' : ''}`,
    pageWords(page, view, view.tree?.pageBytes ?? 0),
    kind === 'leaf' && right ? right : '–',
  ];
}

function poolTwin(view: TreeView): Twin {
  const { capacity, frames, hand } = view;
  const { next } = clockOf(view);
  const rows: TwinRow[] = [];
  for (let i = 0; i < capacity && rows.length < TWIN_ROWS_MAX; i++) {
    const index = (hand + i) % capacity;
    const frame = frames.get(index);
    if (!frame) continue;
    const state = `${frame.isDirty ? 'dirty' : 'clean'}${frame.pins > 0 ? ', pinned' : ''}`;
    rows.push({ id: `${index}`, cells: [index, frame.page, state, clockWords(view, index)] });
  }
  return {
    part: 'pool-table',
    caption:
      `The buffer pool: ${digits(frames.length)} of ${digits(capacity)} frames in use, the hand at frame ${hand}` +
      `${next === undefined ? '' : `; page ${next} leaves next`}.`,
    columns: ['frame', 'page', 'state', 'clock'],
    rows,
  };
}
