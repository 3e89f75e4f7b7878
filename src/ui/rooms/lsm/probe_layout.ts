/** A lookup: a line down through all levels at the key, with what it met at each stop. */
import { fitted, keyText } from '../../marks/units';
import type { KeyAxis } from './axis';
import type { LsmView, ProbeStop } from './model';
import type { PlacedRow } from './rows';
import type { Draw, Frame } from './scene';
import { OUTCOME_WORDS } from './words';

export const CHIP_HEIGHT = 13;
export const CHIP_LETTER = 5.6;
/** Over the line of words, so that the entries under it can be seen. */
export const chipY = ({ height, y }: PlacedRow): number =>
  y + (height > 2 * CHIP_HEIGHT ? 0 : Math.max(0, (height - CHIP_HEIGHT) / 2));

export function drawProbe(
  view: LsmView,
  axis: KeyAxis,
  rows: readonly PlacedRow[],
  { levels }: Frame,
  draw: Draw,
): void {
  const { probe } = view;
  const first = rows[0];
  if (!probe || !first) return;
  const x = Math.min(levels.x + levels.width - 2, Math.max(levels.x + 2, axis.middle(probe.key)));
  const stops = probe.stops.flatMap((stop) => {
    const row = rows.find((one) => isIn(one, stop.at));
    return row ? [{ stop, row }] : [];
  });
  const reached = stops.at(-1)?.row ?? first;
  const end = probe.found === undefined || stops.length > 0 ? reached.y + reached.height : lastOf(rows);
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
  stops.forEach(({ row, stop }, i) => {
    const words = chipWords(stop);
    const width = Math.min(levels.width - 8, words.length * CHIP_LETTER + 10);
    const right = levels.x + levels.width;
    const isLeft = x + 5 + width > right;
    draw({
      id: `stop-${i}`,
      kind: 'stop',
      plane: 'page',
      x: isLeft ? Math.max(levels.x, x - 5 - width) : x + 5,
      y: chipY(row),
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
