/**
 * The second view: keys across, age upwards. Every table is a box from its smallest to its largest key and from its oldest
 * to its newest LSN. A flush adds a flat box on top; a merge makes one tall box of several. Where boxes stand over one
 * another, a lookup may have to look into each; the one under way is a line from the newest down.
 */
import type { Box } from '../../marks/scene';
import type { MarkState } from '../../marks/states';
import { bytesText, fitted } from '../../marks/units';
import type { KeyAxis } from './axis';
import { tablesInForce } from './contents';
import type { LsmView, MemtableView, TableView } from './model';
import { rangesOf } from './places';
import { drawProbeByAge } from './probe_layout';
import type { Draw, Frame, Mark } from './scene';
import { longestFit, memtableWords, tableWords } from './words';

export const PLANE_HEIGHT_MIN = 180;
const THINNEST = 4;
const TICKS = 5;
/** As high as its edge and a line of words. */
const WORDS_FROM = 17;

export function drawPlane(view: LsmView, axis: KeyAxis, frame: Frame, draw: Draw): void {
  const { levels } = frame;
  const boxes = new Map<string, Pick<Box, 'y' | 'height'>>();
  const placed = (id: string, box: Mark): void => {
    boxes.set(id, box);
    draw(box);
  };
  const memtables = [view.memtable, ...view.immutables].filter(({ count }) => count > 0);
  const tables = [...tablesInForce(view), ...view.making.filter(({ maxLsn }) => maxLsn > 0)];
  const newest = Math.max(1, ...memtables.map(({ maxLsn }) => maxLsn), view.flushedLsn);
  const room = levels.height - 8;
  // A batch has the height of one LSN, from under its number to the number.
  const yOf = (lsn: number): number => levels.y + 4 + room * (1 - lsn / newest);
  drawTicks(newest, yOf, levels, draw);
  // Oldest and largest first, so that what is newer lies on top.
  for (const table of tables.toSorted((a, b) => b.level - a.level || a.maxLsn - b.maxLsn))
    drawBox(view, table, axis, yOf, (box) => placed(table.id, box));
  for (const memtable of memtables.toReversed())
    drawMemory(view, memtable, axis, yOf, levels, (box) => placed(`m${memtable.number}`, box));
  drawProbeByAge(view, axis, boxes, frame, draw);
}

function drawTicks(newest: number, yOf: (lsn: number) => number, levels: Frame['levels'], draw: Draw): void {
  const step = Math.max(1, Math.ceil(newest / TICKS));
  for (let lsn = 0; lsn <= newest; lsn += step) {
    draw({
      id: `lsn-${lsn}`,
      kind: 'lsn',
      plane: 'page',
      x: levels.x,
      y: yOf(lsn),
      width: levels.width,
      height: 0,
      text: lsn === 0 ? 'LSN 0' : String(lsn),
    });
  }
}

function drawBox(view: LsmView, table: TableView, axis: KeyAxis, yOf: (lsn: number) => number, draw: Draw): void {
  const { bytes, id, largest, level, maxLsn, minLsn, smallest, state } = table;
  if (!smallest || !largest) return;
  const x = axis.left(smallest);
  const width = Math.max(3, axis.right(largest) - x - 1);
  const top = yOf(maxLsn);
  const height = Math.max(THINNEST, yOf(minLsn - 1) - top - 1);
  const look: MarkState = state === 'making' ? 'pending' : table.damage === undefined ? 'durable' : 'torn';
  // What is being made lies over what it is made of.
  const hasWords = state !== 'making' && height >= WORDS_FROM;
  const ranges = rangesOf(table, view.extentBytes);
  draw({
    id: `table-${id}`,
    kind: 'table',
    plane: 'page',
    family: 'table',
    state: look,
    x,
    y: top,
    width,
    height,
    text: hasWords ? longestFit(width, [`${table.table}`]) : '',
    note: hasWords && width > 110 ? `level ${level}, ${bytesText(bytes)}` : '',
    variant: 'plane',
    data: { table: table.table, level, force: state },
    label: tableWords(table),
    ...(ranges.length > 0 && { ranges }),
    select: ranges[0] ? { kind: 'bytes', ...ranges[0] } : { kind: 'event', seq: table.changedAt },
    seq: table.changedAt,
    site: table.site,
    lit: view.subject.tables.includes(id),
  });
}

function drawMemory(
  view: LsmView,
  memtable: MemtableView,
  axis: KeyAxis,
  yOf: (lsn: number) => number,
  levels: Frame['levels'],
  draw: Draw,
): void {
  const { entries, maxLsn, minLsn, number } = memtable;
  const first = entries?.[0];
  const last = entries?.at(-1);
  const x = first ? axis.left(first.key) : levels.x;
  const width = first && last ? axis.right(last.key) - x : levels.width;
  const top = yOf(maxLsn);
  const height = Math.max(THINNEST, yOf(minLsn - 1) - top - 1);
  draw({
    id: `memtable-${number}`,
    kind: 'memtable',
    plane: 'page',
    family: 'table',
    state: 'memory',
    x,
    y: top,
    width: Math.max(3, width - 1),
    height,
    text: height < WORDS_FROM ? '' : fitted(number === view.memtable.number ? 'memtable' : 'waiting', width, 6),
    variant: 'plane',
    data: { memtable: number },
    label: memtableWords(memtable, number !== view.memtable.number),
    lit: view.subject.part === 'memtable',
  });
}
