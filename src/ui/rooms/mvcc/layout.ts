/**
 * From view to scene: where everything of the MVCC room lies on the page. Pure; one function for each part:
 *
 *     readouts                                     what the numbers are now
 *              t2   t1                             readers, each a flag on the line of its snapshot
 *     commit   0  1  2  3  4  5  6 | now
 *     apple       [a   ][b      ][d│  [d' ]        (in transactions' memory)
 *     pear           [e            │
 *     chain of apple   [d][b][a]                   side by side, the newest first
 *     sessions  t1  begin ── get ──── commit       one column for each thing that somebody does
 *     bytes     ▁▂▃▃▅▅▅▂                           live, kept, garbage
 */
import { drawReadouts } from '../../marks/readouts';
import type { Box } from '../../marks/scene';
import { chainHeight, drawChain, type Storage } from './chain_layout';
import { CommitAxis } from './commit_axis';
import { FLAG_HEIGHT, placeFlags } from './flags';
import { drawGrid, type Looking } from './grid_layout';
import { chainsDrawn, leastHeight, placeKeys, ROW_MAX } from './keys';
import { drawSessions, lanesHeight, lanesHeightMax } from './lanes_layout';
import { readersOf, watermarkOf, type ChainView, type MvccView } from './model';
import { NARROW_READOUTS, readoutsOf } from './readouts';
import { fromHex, versionOfRecord } from './records';
import type { Draw, Frame, Mark, Scene } from './scene';
import { sizesFor, type Sizes } from './sizes';

export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  /** What if somebody read as of this commit? */
  readonly asOf?: number | undefined;
  /** The key that is selected, and the step that is: a reader's is its beginning. */
  readonly keyHex?: string | undefined;
  readonly chosenSeq?: number | undefined;
  readonly storage?: Storage;
}

export const NARROW_BELOW = 720;
const READOUT_HEIGHT = 36;
/** The handle stands here, over the flags. */
export const HANDLE_TOP = READOUT_HEIGHT;
const HANDLE_HEIGHT = 22;
const TICKS = 14;
const GAP = 9;
const RIGHT = 12;

export function layoutMvcc(view: MvccView, options: LayoutOptions): Scene {
  const { height, storage = 'records', width } = options;
  const chains = chainsDrawn(view);
  const columns = columnsOf(width);
  const newest = Math.max(view.publishedLsn, ...view.pending.map(({ lsn }) => lsn));
  const axis = new CommitAxis(newest, columns);
  const { flags, rows: flagRows } = placeFlags(view, axis);
  const frame = makeFrame(view, chains, columns, flagRows, { width, height });
  const marks = new Map<string, Mark>();
  const draw = (mark: Mark): void => void marks.set(mark.id, mark);
  const last = view.publishedLsn;
  let offset = 0;
  drawNumbers(view, frame, draw);
  if (!view.hasVersions) drawNothing(view, frame, draw);
  else {
    const looking = lookingOf(view, options);
    const near = nearKeys(view, options.keyHex);
    const rows = placeKeys(chains, near, { ...frame.grid, rowMin: frame.sizes.row });
    drawGrid({ view, axis, rows, frame, looking, flags }, draw);
    const chain = chainInSight(view, options.keyHex);
    drawChain({ view, chain, frame, storage, at: looking?.at ?? watermarkOf(view) }, draw);
    offset = drawSessions(view, frame, draw);
  }
  return {
    frame,
    offsets: { page: 0, time: offset },
    // A picture shows a little more than its window: not of what has gone out.
    window: { from: frame.lanes.x + 3, to: frame.lanes.x + frame.lanes.width },
    marks,
    axis: { mid: (lsn) => axis.mid(lsn), nearest: (x) => axis.nearest(x, last), last },
  };
}

/** Of the key that is selected, or of a record of it; else of the one that was read or written last. */
function chainInSight(view: MvccView, chosen: string | undefined): ChainView | undefined {
  const { chains, focus } = view;
  const record = chosen === undefined ? undefined : versionOfRecord(fromHex(chosen));
  const of = (hex: string | undefined): ChainView | undefined => chains.find(({ keyHex }) => keyHex === hex);
  return of(chosen) ?? of(record?.keyHex) ?? of(focus) ?? chains[0];
}

/** Whoever stands there by hand; else the reader that is selected, or that the step is about. */
function lookingOf(view: MvccView, { asOf, chosenSeq }: LayoutOptions): Looking | undefined {
  if (asOf !== undefined) return { at: Math.min(asOf, view.publishedLsn), reader: undefined };
  const readers = readersOf(view);
  const reader = readers.find(({ seq }) => seq === chosenSeq) ?? readers.find(({ id }) => id === view.subject.reader);
  return reader && { at: reader.snapshot, reader };
}

function nearKeys(view: MvccView, keyHex: string | undefined): ReadonlySet<string> {
  const writes = [...view.pending.flatMap((one) => one.versions), ...view.transactions.flatMap((one) => one.writes)];
  const near = new Set(writes.map((one) => one.keyHex));
  if (view.focus !== undefined) near.add(view.focus);
  if (keyHex !== undefined) near.add(keyHex);
  return near;
}

function drawNothing({ hasFormat }: MvccView, { grid }: Frame, draw: Draw): void {
  const text = hasFormat
    ? 'This store keeps no versions: say “store versions” in the head of a script.'
    : 'No store yet.';
  draw({ id: 'nothing', kind: 'words', plane: 'page', ...grid, y: grid.y + 24, height: 20, text, label: text });
}

function drawNumbers(view: MvccView, { narrow, width }: Frame, draw: Draw): void {
  const readouts = readoutsOf(view).filter(({ note }) => !narrow || NARROW_READOUTS.includes(note));
  drawReadouts(readouts, { width, height: READOUT_HEIGHT - 2, columnMax: 112 }, draw);
}

type Columns = Pick<Frame, 'narrow' | 'gutter' | 'memory'> & Pick<Box, 'x' | 'width'>;

/** How the width is shared out: names, commits, the memory of transactions. */
function columnsOf(width: number): Columns {
  const narrow = width < NARROW_BELOW;
  const gutter = narrow ? 66 : 112;
  const memoryWidth = narrow ? 74 : 150;
  const right = width - RIGHT;
  const memory: Box = { x: right - memoryWidth, y: 0, width: memoryWidth, height: 0 };
  return { narrow, gutter, memory, x: gutter, width: right - gutter - memoryWidth - GAP };
}

/** The keys get what the others leave; where that is too little, the picture is longer than its window. */
function makeFrame(
  view: MvccView,
  chains: readonly ChainView[],
  { gutter, memory, narrow, ...across }: Columns,
  flagRows: number,
  { height, width }: Pick<LayoutOptions, 'width' | 'height'>,
): Frame {
  const right = width - RIGHT;
  const flags: Box = { ...across, y: READOUT_HEIGHT + HANDLE_HEIGHT, height: flagRows * FLAG_HEIGHT };
  const ticks: Box = { ...flags, y: flags.y + flags.height + 2, height: TICKS };
  const top = ticks.y + ticks.height + 2;
  const count = chains.length;
  const below = (sizes: Sizes): number =>
    sizes.foot + chainHeight(view, sizes) + lanesHeight(view, sizes) + 2 * sizes.gap + sizes.bytes + BOTTOM;
  const sizes = sizesFor(height, (one) => top + leastHeight(count, one.row) + below(one));
  const { foot, gap } = sizes;
  const most = Math.max(2, count) * ROW_MAX;
  const room = Math.max(leastHeight(count, sizes.row), Math.min(most, height - top - below(sizes)));
  const grid: Box = { ...flags, y: top, height: room };
  const chain: Box = { x: gutter, y: top + room + foot, width: right - gutter, height: chainHeight(view, sizes) };
  const end = chain.y + chain.height + gap;
  const least = lanesHeight(view, sizes);
  // What is left over goes to the lanes, as far as they can use it: there most of it is to be read.
  const spare = Math.max(0, height - end - least - gap - sizes.bytes - BOTTOM);
  const lanes = Math.max(least, Math.min(lanesHeightMax(view), least + spare * LANES_SHARE));
  const sessions: Box = { x: gutter, y: end, width: right - gutter, height: lanes };
  const bytes: Box = { ...sessions, y: end + lanes + gap, height: sizes.bytes + spare - (lanes - least) };
  return {
    ...{ width, height: Math.max(height, bytes.y + bytes.height + 2), narrow, gutter, sizes },
    ...{ flags, ticks, grid, chain, lanes: sessions, bytes },
    memory: { ...memory, y: ticks.y, height: top + room - ticks.y },
  };
}
/** Under everything. */
const BOTTOM = 4;
const LANES_SHARE = 0.6;
