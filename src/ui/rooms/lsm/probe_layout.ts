/** A lookup: a line down through all levels at the key, with what it met at each stop. */
import type { Box } from '../../marks/scene';
import { fitted, keyText } from '../../marks/units';
import type { KeyAxis } from './axis';
import type { LsmView, ProbeStop } from './model';
import type { PlacedRow } from './rows';
import type { Draw, Frame } from './scene';
import { OUTCOME_WORDS } from './words';

export const CHIP_HEIGHT = 13;
export const CHIP_LETTER = 5.6;
/** Over the line of words, so that the entries under it can be seen. */
export const chipY = ({ height, y }: Pick<PlacedRow, 'height' | 'y'>): number =>
  y + (height > 2 * CHIP_HEIGHT ? 0 : Math.max(0, (height - CHIP_HEIGHT) / 2));

/** Where a stop stands on the page: from where to where the line goes by it, and its chip. */
interface StopPlace {
  readonly end: number;
  readonly chipY: number;
}

/** Through the levels, row by row. */
export function drawProbe(
  view: LsmView,
  axis: KeyAxis,
  rows: readonly PlacedRow[],
  { levels }: Frame,
  draw: Draw,
): void {
  const first = rows[0];
  if (!first) return;
  const placeOf = (at: string): StopPlace | undefined => {
    const row = rows.find((one) => isIn(one, at));
    return row && { end: row.y + row.height, chipY: chipY(row) };
  };
  drawWay(view, axis, { placeOf, start: first.y + first.height, end: lastOf(rows) }, levels, draw);
}

/** Among keys and ages, from what is newest down to what is oldest: where boxes are flat, chips keep off each other. */
export function drawProbeByAge(
  view: LsmView,
  axis: KeyAxis,
  boxes: ReadonlyMap<string, Pick<Box, 'y' | 'height'>>,
  { levels }: Frame,
  draw: Draw,
): void {
  let last = -Infinity;
  const placeOf = (at: string): StopPlace | undefined => {
    const box = boxes.get(at);
    if (!box) return undefined;
    last = Math.max(last + CHIP_HEIGHT + 1, chipY(box));
    return { end: Math.max(last + CHIP_HEIGHT, box.y + box.height), chipY: last };
  };
  drawWay(view, axis, { placeOf, start: levels.y, end: levels.y + levels.height }, levels, draw);
}

interface Way {
  readonly placeOf: (at: string) => StopPlace | undefined;
  /** The end of the line before its first stop, and where it ends if there was none. */
  readonly start: number;
  readonly end: number;
}

function drawWay(view: LsmView, axis: KeyAxis, way: Way, levels: Box, draw: Draw): void {
  const { probe } = view;
  if (!probe) return;
  const x = Math.min(levels.x + levels.width - 2, Math.max(levels.x + 2, axis.middle(probe.key)));
  const stops = probe.stops.flatMap((stop) => {
    const place = way.placeOf(stop.at);
    return place ? [{ stop, place }] : [];
  });
  const reached = stops.at(-1)?.place.end ?? way.start;
  const end = probe.found === undefined || stops.length > 0 ? reached : way.end;
  draw({
    id: 'probe',
    kind: 'probe',
    plane: 'page',
    x,
    y: levels.y - 6,
    width: 0,
    height: end - levels.y + 6,
    variant: probe.found === undefined ? '' : probe.found ? 'found' : 'missed',
    data: { probe: keyText(probe.key) },
    label: `Looking for ${keyText(probe.key)}`,
  });
  stops.forEach(({ place, stop }, i) => {
    const words = chipWords(stop);
    const width = Math.min(levels.width - 8, words.length * CHIP_LETTER + 10);
    const right = levels.x + levels.width;
    const isLeft = x + 5 + width > right;
    draw({
      id: `stop-${i}`,
      kind: 'stop',
      plane: 'page',
      x: isLeft ? Math.max(levels.x, x - 5 - width) : x + 5,
      y: place.chipY,
      width,
      height: CHIP_HEIGHT,
      text: fitted(words, width, CHIP_LETTER),
      variant: stop.outcome,
      data: { stop: stop.at, outcome: stop.outcome },
      label: stopWords(stop),
      lit: i === stops.length - 1 && probe.found === undefined,
    });
  });
}

function isIn({ memtable, tables }: PlacedRow, at: string): boolean {
  return memtable ? `m${memtable.number}` === at : tables.some(({ id }) => id === at);
}

const lastOf = (rows: readonly PlacedRow[]): number => {
  const last = rows.at(-1)!;
  return last.y + last.height;
};

function chipWords({ blocks, outcome }: ProbeStop): string {
  const read = blocks.filter(({ isCached }) => !isCached).length;
  const cached = blocks.length - read;
  const parts = [read > 0 ? `${read} read` : '', cached > 0 ? `${cached} cached` : ''].filter(Boolean);
  return [OUTCOME_WORDS[outcome], ...parts].join(' · ');
}

function stopWords({ at, blocks, outcome }: ProbeStop): string {
  const where = at.startsWith('m') ? 'The memtable' : `Table ${at}`;
  const what = blocks.map(
    ({ block, isCached }) => `${block.replace('_', ' ')} block ${isCached ? 'from the cache' : 'from the file'}`,
  );
  return `${where}: ${OUTCOME_WORDS[outcome]}${what.length > 0 ? `; read: ${what.join(', ')}` : ''}.`;
}
