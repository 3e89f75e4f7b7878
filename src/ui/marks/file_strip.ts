/**
 * The data files as strips: one box for each extent, in file order; of thousands, bars.
 *
 *     data_0  ▬▬▬▭▬▬▭▭      even extents
 *     data_1  ▬▭▭           odd ones
 */
import { listNumbers } from '../../lab/list_numbers';
import type { PersistentList } from '../../lab/persistent_list';
import { barsOf, type Bars } from './bars';
import type { Box, Mark } from './scene';
import type { Family } from './states';
import { digits, plural } from './units';

export const STRIP_TITLE = 15;
export const STRIP_ROW = 24;
const ROW_GAP = 5;
export const STRIP_HEIGHT = STRIP_TITLE + 2 * (STRIP_ROW + ROW_GAP);
const SLOT_MAX = 32;
const SLOT_BOX_MIN = 7;
/** The shade of a free extent. */
export const FREE_SHADE = 0;

export interface StripMark extends Mark<'title' | 'row' | 'note' | 'mass', 'page'> {
  readonly bars?: Bars;
}

export interface Strip {
  /** Of data_0 and of data_1: the numbers of their extents. */
  readonly rows: readonly [Int32Array, Int32Array];
  readonly count: number;
  readonly free: number;
  /** By number: what it looks like as one of thousands. */
  readonly shades: Int32Array;
}

/** @param shadeOf `FREE_SHADE` for a free extent; of several under one bar the highest counts */
export function stripsOf<E>(shadeOf: (extent: E) => number): (extents: PersistentList<E | undefined>) => Strip {
  const shadesOf = listNumbers<E>(shadeOf);
  // Steps that wrote nothing share them.
  const strips = new WeakMap<PersistentList<E | undefined>, Strip>();
  return (extents) => {
    const cached = strips.get(extents);
    if (cached) return cached;
    const strip = stripOf(shadesOf(extents));
    strips.set(extents, strip);
    return strip;
  };
}

function stripOf(shades: Int32Array): Strip {
  const rows = [0, 1].map((file) => {
    const row = new Int32Array((shades.length >> 1) + 1);
    let count = 0;
    for (let extent = file; extent < shades.length; extent += 2) if (shades[extent]! >= 0) row[count++] = extent;
    return row.subarray(0, count);
  });
  let free = 0;
  for (const shade of shades) if (shade === FREE_SHADE) free++;
  const [even, odd] = [rows[0]!, rows[1]!];
  return { rows: [even, odd], count: even.length + odd.length, free, shades };
}

export interface StripOptions {
  readonly strip: Strip;
  readonly box: Box;
  /** Width of the names left of the box. */
  readonly gutter: number;
  readonly narrow: boolean;
  readonly family: Family;
  readonly shades: number;
  /** Draws extent `extent` from `x` on; the next one begins `each` further. */
  readonly drawExtent: (extent: number, x: number, y: number, each: number) => void;
}

export function drawFileStrip(options: StripOptions, draw: (mark: StripMark) => void): void {
  const { box, drawExtent, gutter, narrow, strip } = options;
  draw({
    id: 'title-strip',
    kind: 'title',
    plane: 'page',
    x: 0,
    y: box.y,
    width: box.width + gutter,
    height: STRIP_TITLE,
    text: narrow ? 'files' : 'Files: what lies where',
    note: noteOf(strip, narrow),
  });
  const most = Math.max(1, strip.rows[0].length, strip.rows[1].length);
  const each = Math.min(SLOT_MAX, box.width / most);
  for (const row of [0, 1] as const) {
    const extents = strip.rows[row];
    const y = box.y + STRIP_TITLE + row * (STRIP_ROW + ROW_GAP) + 3;
    draw({
      id: `row-${row}`,
      kind: 'row',
      plane: 'page',
      x: 0,
      y,
      width: gutter,
      height: STRIP_ROW,
      text: `data_${row}`,
      data: { file: `data_${row}` },
    });
    if (extents.length === 0) {
      const empty = { x: box.x, y: y + 4, width: box.width, height: 12 };
      draw({ id: `empty-${row}`, kind: 'note', plane: 'page', ...empty, text: 'empty' });
    } else if (each >= SLOT_BOX_MIN) {
      extents.forEach((extent, index) => drawExtent(extent, box.x + index * each, y, each));
    } else draw(massOf(options, row, { x: box.x, y, width: Math.max(1, extents.length * each), height: STRIP_ROW }));
  }
}

function noteOf({ count, free }: Strip, narrow: boolean): string {
  return count === 0 ? 'empty' : narrow ? `${digits(free)} free` : `${plural(count, 'extent')}, ${digits(free)} free`;
}

/** Thousands of extents: one bar for several. */
function massOf({ family, shades: count, strip }: StripOptions, row: 0 | 1, box: Box): StripMark {
  const { rows, shades } = strip;
  const extents = rows[row];
  const shadeOf = (from: number, to: number): number => {
    let shade = FREE_SHADE;
    for (let index = from; index < to; index++) shade = Math.max(shade, shades[extents[index]!]!);
    return shade;
  };
  const bars = barsOf({ x: box.x, each: box.width / extents.length, count: extents.length, shades: count, shadeOf });
  return {
    id: `strip-mass-${row}`,
    kind: 'mass',
    plane: 'page',
    family,
    variant: 'strip',
    ...box,
    bars,
    data: { extents: extents.length },
    label: `${plural(extents.length, 'extent')} of data_${row}`,
  };
}
