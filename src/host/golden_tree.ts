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
import type { RecordPlace, VersionsDescription } from '../mvcc';
import { keyText } from './golden_key';

const HEADER_BYTES = 36;
/** A pool with more frames is counted, not listed. */
const FRAMES_SHOWN = 40;

/** @param versions of a store that has them: its records are shown as `key@LSN` */
export function treeLines(tree: TreeDescription, versions?: VersionsDescription): string[] {
  const records = new Map(versions && recordNames(versions));
  const pages = new Map<number, PageDescription>(tree.pages.map((page) => [page.page, page]));
  const seen = new Set<number>();
  const lines = [`tree  height ${tree.height}, ${count(tree.pages.length, 'page')} of ${tree.pageBytes} B`];
  const draw = (number: number, depth: number): void => {
    const page = pages.get(number);
    if (!page || seen.has(number)) return;
    seen.add(number);
    lines.push(`${' '.repeat(6 + 2 * depth)}${pageLine(page, tree.pageBytes, records)}`);
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

function recordNames({ keys }: VersionsDescription): (readonly [string, string])[] {
  return keys.flatMap(({ key, versions }) =>
    versions.flatMap(({ lsn, place }) => (place ? [[nameOf(place), `${keyText(key)}@${lsn}`] as const] : [])),
  );
}

const nameOf = ({ page, slot }: RecordPlace): string => `${page}/${slot}`;

function pageLine(page: PageDescription, pageBytes: number, records: ReadonlyMap<string, string>): string {
  const { cells, durableExtent, extent, freeBytes, isDamaged, kind, left, right, valueBytes } = page;
  const state = extent === undefined ? '░' : extent === durableExtent ? '█' : '▒';
  const used = `${Math.round(100 * (1 - freeBytes / (pageBytes - HEADER_BYTES)))} %`.padStart(5);
  const head = `${page.page} ${kind} ${state}${used}  `;
  if (isDamaged) return `${page.page} ✗  damaged`;
  if (kind === 'overflow') return `${head}${valueBytes} B${right > 0 ? `  ▸${right}` : ''}`;
  if (kind === 'inner')
    return `${head}[${left}]${cells.map((cell) => ` ${keyText(cell.key)} [${cell.child}]`).join('')}`;
  const list = cells.map((cell, slot) => leafCell(cell, records.get(nameOf({ page: page.page, slot }))));
  return `${head}${list.join(' ')}${right > 0 ? `  ▸${right}` : ''}`;
}

const leafCell = ({ cellBytes, key, overflow }: CellDescription, name = keyText(key)): string =>
  `${name}:${cellBytes}${overflow ? `▸${overflow}` : ''}`;

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
