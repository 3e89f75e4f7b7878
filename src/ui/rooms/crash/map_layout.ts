/**
 * Where the cells of the verdict map go.
 *
 * Crash points follow each other like words in a text: each is a small block of cells with its I/O number above it,
 * filled column by column, and the line goes on in the next band where it reaches the edge. A block may be cut between
 * two columns. So reading order is program order, and thousands of states fit beside a single one.
 *
 *     12  13    14            15
 *     A   AA    AAAAA         AA
 *         AA    AAAAA         AL
 *               AASS          L
 *
 * The same numbers of states give the same places, whatever the verdicts are: nothing moves while a search runs.
 */

export interface MapPoint {
  readonly io: number;
  readonly cells: number;
}

/** Cells `first` to `first + count - 1` of a point, in one band. */
export interface MapBlock {
  readonly io: number;
  readonly first: number;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** The rest of a block that began in an earlier band carries no number. */
  readonly labelled: boolean;
}

export interface MapLayout {
  /** From one cell to the next, in pixels; what is drawn is a little less. */
  readonly pitch: number;
  readonly rows: number;
  readonly blocks: readonly MapBlock[];
  readonly width: number;
  readonly height: number;
}

/** From a handful of states that fill the picture to mere colour. */
const PITCHES = [56, 48, 40, 32, 26, 22, 18, 15, 13, 10, 8, 6, 5, 4, 3] as const;
/** A letter is drawn in cells of at least this size; below, a pattern says the same. */
export const LETTER_PITCH_MIN = 13;
const ROWS = [4, 6, 8, 12, 16, 24, 32] as const;
export const LABEL_HEIGHT = 15;
const BAND_GAP = 7;
const BLOCK_GAP = 7;
const LABEL_DIGIT = 6.5;

/** The largest cells with which the whole map fits; where none does, the smallest, and the map scrolls. */
export function layoutMap(points: readonly MapPoint[], width: number, height: number): MapLayout {
  let last: MapLayout | undefined;
  for (const pitch of PITCHES) {
    for (const rows of ROWS) {
      const layout = flow(points, width, pitch, rows);
      if (layout.height <= height) return layout;
      last = layout;
    }
  }
  return last ?? { pitch: PITCHES[0], rows: ROWS[0], blocks: [], width, height: 0 };
}

function flow(points: readonly MapPoint[], width: number, pitch: number, rows: number): MapLayout {
  const blocks: MapBlock[] = [];
  const bandHeight = LABEL_HEIGHT + rows * pitch + BAND_GAP;
  let x = 0;
  let band = 0;
  for (const { io, cells } of points) {
    let first = 0;
    const labelWidth = String(io).length * LABEL_DIGIT;
    while (first < cells) {
      if (x > 0 && width - x < Math.max(pitch, first === 0 ? labelWidth : 0)) {
        x = 0;
        band++;
      }
      const columnsLeft = Math.max(1, Math.floor((width - x) / pitch));
      const count = Math.min(cells - first, columnsLeft * rows);
      const wide = Math.max(Math.ceil(count / rows) * pitch, first === 0 ? labelWidth : 0);
      blocks.push({ io, first, count, x, y: band * bandHeight, width: wide, labelled: first === 0 });
      x += wide + BLOCK_GAP;
      first += count;
      if (first < cells) x = width;
    }
  }
  const height = blocks.length === 0 ? 0 : (band + 1) * bandHeight - BAND_GAP;
  return { pitch, rows, blocks, width, height };
}

export interface Place {
  readonly io: number;
  /** Counted in the point. */
  readonly index: number;
}

/** The upper left corner of a cell. */
export function placeOf(layout: MapLayout, { io, index }: Place): { x: number; y: number } | undefined {
  const { pitch, rows } = layout;
  const block = layout.blocks.find((one) => one.io === io && index >= one.first && index < one.first + one.count);
  return block && cornerOf(block, index - block.first, pitch, rows);
}

function cornerOf(block: MapBlock, offset: number, pitch: number, rows: number): { x: number; y: number } {
  return {
    x: block.x + Math.floor(offset / rows) * pitch,
    y: block.y + LABEL_HEIGHT + (offset % rows) * pitch,
  };
}

/** The cell under a point of the picture. */
export function cellAt(layout: MapLayout, x: number, y: number): Place | undefined {
  const { pitch, rows } = layout;
  for (const block of layout.blocks) {
    const column = Math.floor((x - block.x) / pitch);
    const row = Math.floor((y - block.y - LABEL_HEIGHT) / pitch);
    if (column < 0 || row < 0 || row >= rows) continue;
    const offset = column * rows + row;
    if (offset < block.count) return { io: block.io, index: block.first + offset };
  }
  return undefined;
}

/** The crash point whose number, or block, is under a point of the picture. */
export function pointAt(layout: MapLayout, x: number, y: number): number | undefined {
  const bottom = LABEL_HEIGHT + layout.rows * layout.pitch;
  return layout.blocks.find(
    (block) => x >= block.x && x < block.x + block.width && y >= block.y && y < block.y + bottom,
  )?.io;
}

export type Walk = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'previous_point' | 'next_point';

/** The next cell when walking with the keys; the same one at the edge. */
export function walk(layout: MapLayout, points: readonly MapPoint[], from: Place, way: Walk): Place {
  const drawn = points.filter((point) => point.cells > 0);
  const at = drawn.findIndex((point) => point.io === from.io);
  const here = drawn[at];
  if (here === undefined) return from;
  const before = drawn[at - 1];
  const after = drawn[at + 1];
  switch (way) {
    case 'first':
      return { io: drawn[0]!.io, index: 0 };
    case 'last':
      return { io: drawn.at(-1)!.io, index: drawn.at(-1)!.cells - 1 };
    case 'previous_point':
      return before === undefined ? { io: here.io, index: 0 } : { io: before.io, index: 0 };
    case 'next_point':
      return after === undefined ? { io: here.io, index: here.cells - 1 } : { io: after.io, index: 0 };
    case 'up':
    case 'down': {
      const index = from.index + (way === 'up' ? -1 : 1);
      if (index >= 0 && index < here.cells) return { io: here.io, index };
      if (way === 'up') return before === undefined ? from : { io: before.io, index: before.cells - 1 };
      return after === undefined ? from : { io: after.io, index: 0 };
    }
    case 'left':
    case 'right': {
      const index = from.index + (way === 'left' ? -layout.rows : layout.rows);
      if (index >= 0 && index < here.cells) return { io: here.io, index };
      const row = from.index % layout.rows;
      if (way === 'left') {
        if (before === undefined) return from;
        const column = Math.floor((before.cells - 1) / layout.rows);
        return { io: before.io, index: Math.min(before.cells - 1, column * layout.rows + row) };
      }
      // The last column may be shorter than the one we are in.
      const lastColumn = Math.floor((here.cells - 1) / layout.rows);
      if (Math.floor(from.index / layout.rows) < lastColumn) return { io: here.io, index: here.cells - 1 };
      return after === undefined ? from : { io: after.io, index: Math.min(after.cells - 1, row) };
    }
  }
}

// ---- paths: one for all cells of a letter, so that the page holds a dozen elements, not thousands

export interface LetterRun<L> {
  readonly letter: L;
  readonly count: number;
}

/**
 * The cells of each letter as one path of squares. `runsOf` says which letters a point holds, in the order of its
 * cells; what is not judged yet has none and stays out.
 */
export function squares<L extends string>(
  layout: MapLayout,
  runsOf: (io: number) => readonly LetterRun<L>[],
): {
  readonly paths: ReadonlyMap<L, string>;
  readonly corners: ReadonlyMap<L, readonly (readonly [number, number])[]>;
} {
  const parts = new Map<L, string[]>();
  const corners = new Map<L, (readonly [number, number])[]>();
  const side = layout.pitch - (layout.pitch > 6 ? 1.5 : layout.pitch > 3 ? 1 : 0.5);
  for (const block of layout.blocks) {
    let start = 0;
    for (const { letter, count } of runsOf(block.io)) {
      const from = Math.max(start, block.first);
      const to = Math.min(start + count, block.first + block.count);
      for (let index = from; index < to; index++) {
        const { x, y } = cornerOf(block, index - block.first, layout.pitch, layout.rows);
        push(parts, letter, `M${x} ${y}h${side}v${side}h${-side}z`);
        push(corners, letter, [x, y] as const);
      }
      start += count;
    }
  }
  return { paths: new Map([...parts].map(([letter, list]) => [letter, list.join('')])), corners };
}

function push<K, T>(map: Map<K, T[]>, key: K, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The five letters as strokes in a square of 10 by 10, so that thousands of them are one path too. */
const STROKES: Readonly<Record<string, string>> = {
  A: 'm2 8l3-6l3 6m-1-2h-4',
  L: 'm3 2v6h4.5',
  D: 'm2.8 2v6h1.7c4 0 4-6 0-6z',
  F: 'm3 8v-6h4.5m-4.5 2.8h3.6',
  S: 'm7.4 3c-1-1.6-4.6-1.3-4.6.5c0 2 4.8 1 4.8 3.1c0 1.9-4 2.2-5 .4',
};

export function glyphs(letter: string, corners: readonly (readonly [number, number])[], pitch: number): string {
  const scale = (pitch - 1.5) / 10;
  const stroke = (STROKES[letter] ?? '').replace(
    /-?\d*\.?\d+/g,
    (number) => String(round(Number(number) * scale)) + ' ',
  );
  return corners.map(([x, y]) => `M${x} ${y}${stroke}`).join('');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
