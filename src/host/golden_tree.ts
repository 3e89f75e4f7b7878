/**
 * A tree drawn in text, for golden files: a line for each page, indented by its depth, in key order.
 *
 *     tree  height 2, 3 pages of 256 B
 *             3 inner  ░  7 %  [1] elm [2]                    separators between the pages they lead to
 *               1 leaf  █ 66 %  ash:35 bay:35  ▸2             keys with the bytes of their cells, and the next leaf
 *               2 leaf  ▒ 66 %  elm:35 fig:35
 *     pool  3 frames of 32: 1+ 2+ 3*                          * dirty, + used since the clock last came by
 *
 * Of a page: █ durable and current, ▒ in the files and not named by the root in force, ░ in memory only.
 */
import type { CellDescription, PageDescription, TreeDescription } from '../btree';
import { keyText } from './golden_key';

const HEADER_BYTES = 36;
/** A pool with more frames is counted, not listed. */
const FRAMES_SHOWN = 40;

/** @param nameOf how the key of a record is shown */
export function treeLines(tree: TreeDescription, nameOf = keyText): string[] {
  const pages = new Map<number, PageDescription>(tree.pages.map((page) => [page.page, page]));
  const seen = new Set<number>();
  const lines = [`tree  height ${tree.height}, ${count(tree.pages.length, 'page')} of ${tree.pageBytes} B`];
  const draw = (number: number, depth: number): void => {
    const page = pages.get(number);
    if (!page || seen.has(number)) return;
    seen.add(number);
    lines.push(`${' '.repeat(6 + 2 * depth)}${pageLine(page, tree.pageBytes, nameOf)}`);
    if (page.kind === 'inner') {
      draw(page.left, depth + 1);
      for (const { child } of page.cells) if (child !== undefined) draw(child, depth + 1);
    } else if (page.kind === 'leaf') {
      for (const { overflow } of page.cells) if (overflow) draw(overflow, depth + 1);
    } else if (page.right > 0) draw(page.right, depth);
  };
  draw(tree.root, 0);
  const lost = tree.pages.filter(({ page }) => !seen.has(page)).map(({ page }) => page);
  if (lost.length > 0) lines.push(`      nothing leads to ${lost.join(', ')}`);
  lines.push(poolLine(tree.pool));
  return lines;
}

function pageLine(page: PageDescription, pageBytes: number, nameOf: typeof keyText): string {
  const { cells, durableExtent, extent, freeBytes, isDamaged, kind, left, right, valueBytes } = page;
  const state = extent === undefined ? '░' : extent === durableExtent ? '█' : '▒';
  const used = `${Math.round(100 * (1 - freeBytes / (pageBytes - HEADER_BYTES)))} %`.padStart(5);
  const head = `${page.page} ${kind} ${state}${used}  `;
  if (isDamaged) return `${page.page} ✗  damaged`;
  if (kind === 'overflow') return `${head}${valueBytes} B${right > 0 ? `  ▸${right}` : ''}`;
  if (kind === 'inner')
    return `${head}[${left}]${cells.map((cell) => ` ${keyText(cell.key)} [${cell.child}]`).join('')}`;
  const list = cells.map((cell) => leafCell(cell, nameOf));
  return `${head}${list.join(' ')}${right > 0 ? `  ▸${right}` : ''}`;
}

const leafCell = ({ cellBytes, key, overflow }: CellDescription, nameOf: typeof keyText): string =>
  `${nameOf(key)}:${cellBytes}${overflow ? `▸${overflow}` : ''}`;

function poolLine({ capacity, frames, nextVictim }: TreeDescription['pool']): string {
  const next = nextVictim === undefined ? '' : `; ${nextVictim} leaves next`;
  if (frames.length > FRAMES_SHOWN) {
    const dirty = frames.filter(({ isDirty }) => isDirty).length;
    return `pool  ${frames.length} frames of ${capacity}, ${dirty} dirty${next}`;
  }
  const list = frames.map(
    ({ isDirty, isReferenced, page }) => `${page}${isDirty ? '*' : ''}${isReferenced ? '+' : ''}`,
  );
  return `pool  ${frames.length} frames of ${capacity}: ${list.join(' ')}${next}`.trimEnd();
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
