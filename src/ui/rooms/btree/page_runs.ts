/** Pages too small for a box of their own: a run of neighbours as bars, several pages a bar, shaded by how full they are. */
import type { Box } from '../../marks/scene';
import { barsOf } from '../../marks/bars';
import type { TreeView } from './model';
import { usableBytes } from './page_body';
import type { Level, TreeOrder } from './order';
import { PAGE_HEIGHT, selectionOf } from './page_glyph';
import type { Mark } from './scene';
import type { Run } from './shares';
import { digits, percent, plural } from '../../marks/units';

const SHADES = 5;

/** @returns undefined for a run of which the window shows nothing */
export function drawRun(
  view: TreeView,
  { used }: TreeOrder,
  row: Level,
  run: Run,
  { level, window, y }: { readonly level: number; readonly window: Box; readonly y: number },
): Mark | undefined {
  const count = run.to - run.from;
  const each = run.width / count;
  const end = window.x + window.width;
  const first = Math.max(run.from, run.from + Math.floor((window.x - run.x) / each));
  const last = Math.min(run.to, run.from + Math.ceil((end - run.x) / each));
  if (last <= first) return undefined;
  const usable = usableBytes(view.tree?.pageBytes ?? 0);
  let sum = 0;
  const shadeOf = (from: number, to: number): number => {
    let bytes = 0;
    for (let index = first + from; index < first + to; index++) bytes += used[row.page(index)]!;
    sum += bytes / usable;
    return Math.min(SHADES - 1, Math.floor((bytes / usable / (to - from)) * SHADES));
  };
  const bars = barsOf({ x: run.x + (first - run.from) * each, each, count: last - first, shades: SHADES, shadeOf });
  const from = Math.max(run.x, window.x);
  const width = Math.min(run.x + run.width, end) - from;
  return {
    id: `mass-${level}-${view.pages.get(row.page(run.from))!.id}`,
    kind: 'mass',
    plane: 'page',
    family: 'page',
    x: from,
    y,
    width: Math.max(1, width),
    height: PAGE_HEIGHT,
    bars,
    text: width > 90 ? digits(count) : '',
    data: { pages: count },
    select: selectionOf(view.pages.get(row.page(Math.floor((first + last) / 2)))!, view),
    label: `${plural(count, 'page')} of level ${level}, ${percent(sum / (last - first))} full on average. Zoom in to see each.`,
  };
}
