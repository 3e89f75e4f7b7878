/**
 * From view to scene: where everything of the WAL room lies on the page. Pure; one function for each band:
 *
 *     readouts                         what the numbers are now
 *     clients  ▭▭▭▬▬● ...              lanes over steps: submitted, handed over, durable, told
 *     device   w  w f| ...             calls of the files; a flush is a gate through the lanes above
 *     tape     [g|12|13|14|..][g|15|   the log as an endless strip of records, and the durable line
 *     log file ▬▬▬▬▭▭▭///              the same bytes to scale, where they lie in the file
 *     slots, extents                   the other three files
 */
import { drawFiles, filesHeight } from './files_layout';
import { drawLanes, laneRows } from './lanes_layout';
import type { WalView } from './model';
import { drawReadouts, type Readout } from '../../marks/readouts';
import type { Box } from '../../marks/scene';
import type { Frame, Mark, Scene } from './scene';
import { drawTape } from './tape_layout';
import { replayBytes } from './tape_lines';
import { TAPE_ROWS_HEIGHT, tapeOffset } from './tape_place';
import { bytesText, digits } from './units';

export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  /** Brought into view on the tape when it is outside. */
  readonly focusLsn?: number | undefined;
}

export const NARROW_BELOW = 720;
const AXIS_HEIGHT = 32;
const DEVICE_HEIGHT = 24;
const READOUT_HEIGHT = 34;
const GAP = 14;
const ROW_HEIGHT_MIN = 5;
const ROW_HEIGHT_MAX = 32;
const RECORD_HEIGHT_MIN = 42;
const RECORD_HEIGHT_MAX = 84;

export function layoutWal(view: WalView, options: LayoutOptions): Scene {
  const frame = makeFrame(view, options);
  const marks = new Map<string, Mark>();
  const draw = (mark: Mark): void => void marks.set(mark.id, mark);
  const timeOffset = drawLanes(view, frame, draw);
  const offset = tapeOffset(view, frame, options.focusLsn);
  drawTape(view, frame, offset, draw);
  drawFiles(view, frame, draw);
  const readouts = readoutsOf(view).filter(({ note }) => !frame.narrow || NARROW_READOUTS.has(note));
  drawReadouts(readouts, { width: frame.width, height: READOUT_HEIGHT, columnMax: 124 }, draw);
  const window = { from: frame.gutter, to: frame.width };
  return { frame, offsets: { page: 0, time: timeOffset, tape: offset }, window, marks };
}

/** Shares out the height: the lanes get what the rest leaves, within what a row can use. */
function makeFrame(view: WalView, { width, height }: LayoutOptions): Frame {
  const narrow = width < NARROW_BELOW;
  const gutter = narrow ? 54 : 76;
  const readouts = READOUT_HEIGHT;
  const files = filesHeight(view, narrow);
  const rows = Math.max(2, laneRows(view));
  const fixed = readouts + AXIS_HEIGHT + DEVICE_HEIGHT + TAPE_ROWS_HEIGHT + files + GAP * 3;
  const spare = height - fixed - RECORD_HEIGHT_MIN;
  const rowHeight = Math.min(ROW_HEIGHT_MAX, Math.max(ROW_HEIGHT_MIN, (spare * 0.75) / rows));
  const rowsHeight = Math.max(narrow ? 44 : 56, rowHeight * rows);
  const recordHeight = Math.min(RECORD_HEIGHT_MAX, Math.max(RECORD_HEIGHT_MIN, RECORD_HEIGHT_MIN + spare - rowsHeight));
  const slack = Math.max(0, height - fixed - rowsHeight - recordHeight);
  const gap = GAP + Math.min(72, slack / 4);

  const inner = Math.max(80, width - gutter - 10);
  const lanes: Box = { x: gutter, y: readouts + AXIS_HEIGHT, width: inner, height: rowsHeight };
  const device: Box = { x: gutter, y: lanes.y + rowsHeight, width: inner, height: DEVICE_HEIGHT };
  const tape: Box = {
    x: gutter,
    y: device.y + DEVICE_HEIGHT + gap,
    width: inner,
    height: recordHeight + TAPE_ROWS_HEIGHT,
  };
  const strip: Box = { x: gutter, y: tape.y + tape.height + gap, width: inner, height: files };
  return { width, height: Math.max(height, strip.y + files + 4), gutter, narrow, lanes, device, tape, strip };
}

const STATE_WORDS: Record<WalView['state'], string> = {
  none: 'none yet',
  opening: 'opening',
  open: 'open',
  read_only: 'read-only',
  closed: 'closed',
  down: 'not open',
};
const STATE_MEANINGS: Record<WalView['state'], string> = {
  none: 'nothing was opened yet',
  opening: 'recovery reads what the files say; nobody is served before it is done',
  open: 'it takes commits and answers reads',
  read_only: 'it answers reads and takes no commits',
  closed: 'closed in order',
  down: 'nothing runs: the files are all there is',
};

function readoutsOf(view: WalView): readonly Readout[] {
  const { counters } = view;
  const perFlush = counters.flushes > 0 ? (counters.acknowledged / counters.flushes).toFixed(1) : '–';
  return [
    { note: 'store', text: STATE_WORDS[view.state], meaning: STATE_MEANINGS[view.state] },
    { note: 'acknowledged', text: digits(counters.acknowledged), meaning: 'commits whose client was told' },
    { note: 'waiting', text: digits(waitingCount(view)), meaning: 'commits submitted and not yet settled' },
    { note: 'groups', text: digits(counters.groups), meaning: 'writes of the log so far' },
    { note: 'flushes', text: digits(counters.flushes), meaning: 'flushes of the log so far' },
    { note: 'commits a flush', text: perFlush, meaning: 'acknowledged commits for each flush' },
    { note: 'log written', text: bytesText(counters.logBytes), meaning: 'headers, records and padding' },
    { note: 'to replay', text: bytesText(replayBytes(view)), meaning: 'what recovery would read now' },
  ];
}
const NARROW_READOUTS: ReadonlySet<string> = new Set(['store', 'acknowledged', 'waiting', 'to replay']);

function waitingCount(view: WalView): number {
  let count = 0;
  for (let n = view.entries.end - 1; n >= view.entries.first; n--) {
    const entry = view.entries.get(n)!;
    if (entry.outcome === 'waiting' && entry.client !== undefined) count++;
    else if (entry.outcome === 'acknowledged') break;
  }
  return count;
}
