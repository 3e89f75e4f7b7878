/**
 * A page as bytes: header, slots, gap, cells and what is dead between them; and what a step changed of that. It is the
 * page as the engine has it in memory, which a file may not have yet; sizes and places only, as the events tell them.
 */
import { decodeText, toHex } from '../../../../base/bytes';
import type { PageId } from '../../../../base/ids';
import type { PageView, TreeView } from '../model';
import { gapBytes, HEADER_BYTES, SLOT_BYTES, type Cell, type PageBody } from '../page_body';

export interface Part {
  readonly id: string;
  readonly what: 'header' | 'slots' | 'gap' | 'cell' | 'dead' | 'stretch';
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export const keyText = (key: Uint8Array): string => decodeText(key) ?? toHex(key);
const nameOf = ({ key }: Cell, { kind }: PageBody): string =>
  key.length === 0 && kind === 'inner' ? 'leftmost' : keyText(key);

/** In the order of the bytes, without a byte left over. */
export function partsOf(body: PageBody, pageBytes: number): Part[] {
  const parts: Part[] = [{ id: 'header', what: 'header', from: 0, to: HEADER_BYTES, text: 'header' }];
  const put = (id: string, what: Part['what'], to: number, text: string): void => {
    const from = parts.at(-1)!.to;
    if (to > from) parts.push({ id, what, from, to, text });
  };
  if (body.kind === 'overflow') {
    put('stretch', 'stretch', HEADER_BYTES + body.valueBytes, 'a stretch of the value');
    put('gap', 'gap', pageBytes, 'unused');
    return parts;
  }
  const slotsEnd = HEADER_BYTES + SLOT_BYTES * body.cells.length;
  put('slots', 'slots', slotsEnd, 'slots');
  put('gap', 'gap', slotsEnd + Math.max(0, gapBytes(body, pageBytes)), 'gap');
  for (const cell of body.cells.toSorted((a, b) => a.at - b.at)) {
    put(`dead-${cell.at}`, 'dead', cell.at, 'dead');
    put(cell.id, 'cell', cell.at + cell.cellBytes, nameOf(cell, body));
  }
  put('dead-end', 'dead', pageBytes, 'dead');
  return parts;
}

export interface SlotRow {
  readonly id: string;
  /** Undefined: the cell has left the page. */
  readonly slot: number | undefined;
  readonly at: number;
  readonly cellBytes: number;
  readonly text: string;
  readonly keyHex: string;
  /** Where a separator leads, or where a long value begins. */
  readonly leadsTo: PageId | undefined;
  readonly change: 'none' | 'new' | 'moved' | 'gone';
}

/** The slots after a step, and those cells that it took away. */
export function rowsOf(before: PageBody | undefined, after: PageBody): SlotRow[] {
  const old = new Map((before?.cells ?? []).map((cell) => [cell.id, cell]));
  const row = (cell: Cell, slot: number | undefined, change: SlotRow['change']): SlotRow => ({
    id: cell.id,
    slot,
    at: cell.at,
    cellBytes: cell.cellBytes,
    text: nameOf(cell, after),
    keyHex: toHex(cell.key),
    leadsTo: cell.child ?? (cell.overflow === 0 ? undefined : cell.overflow),
    change,
  });
  const rows = after.cells.map((cell, slot) => {
    const was = old.get(cell.id);
    old.delete(cell.id);
    const change = before === undefined ? 'none' : was === undefined ? 'new' : sameBytes(was, cell) ? 'none' : 'moved';
    return row(cell, slot, change);
  });
  return [...rows, ...[...old.values()].map((cell) => row(cell, undefined, 'gone'))];
}

const sameBytes = (a: Cell, b: Cell): boolean => a.at === b.at && a.cellBytes === b.cellBytes && a.child === b.child;

/** Parts whose bytes a step changed: those outlined. The header has the LSN, so it changes with anything else. */
export function changedParts(before: PageBody | undefined, after: PageBody, pageBytes: number): ReadonlySet<string> {
  if (before === undefined || before === after) return new Set();
  const changed = new Set(rowsOf(before, after).flatMap(({ change, id }) => (change === 'none' ? [] : [id])));
  const slots = (body: PageBody): string => body.cells.map(({ at }) => at).join();
  if (slots(before) !== slots(after)) changed.add('slots');
  if (before.lsn !== after.lsn || changed.size > 0 || before.left !== after.left || before.right !== after.right) {
    changed.add('header');
  }
  const known = new Set(partsOf(after, pageBytes).map(({ id }) => id));
  return new Set([...changed].filter((id) => known.has(id)));
}

/** The page before a step, if it is the same page: a number that is given out again is another one. */
export function sameLife(page: PageView | undefined, view: TreeView): PageView | undefined {
  const known = page && view.pages.get(page.page);
  return known?.id === page?.id && known?.state === 'known' ? known : undefined;
}
