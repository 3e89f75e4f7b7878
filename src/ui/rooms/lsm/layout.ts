/**
 * From view to scene: where everything of the LSM room lies on the page. Pure; one function for each part:
 *
 *     readouts                                     what the numbers are now
 *     keys       ash ... elm ... oak     (switches) the axis that all rows share
 *     memtable   [ entries     ]                   ┌ valve ──────┐
 *     level 0    [ 7   ]                           ├ compaction ─┤    or the heap of a scan
 *     level 1    [ 3 ][ 5 ]                        └─────────────┘
 *     files      ▬▬▭▬▬////▬▬                       manifest  ▬|||
 */
import { STRIP_HEIGHT } from '../../marks/file_strip';
import { drawReadouts } from '../../marks/readouts';
import type { Box } from '../../marks/scene';
import { fitted, keyText } from '../../marks/units';
import type { AxisScale, KeyAxis } from './axis';
import { axisOf } from './contents';
import { drawStrip } from './files_layout';
import { LevelsLayout } from './levels_layout';
import { drawMerge, mergeHeight } from './merge_layout';
import type { LsmView } from './model';
import { drawPlane, PLANE_HEIGHT_MIN } from './plane_layout';
import { drawProbe } from './probe_layout';
import { NARROW_READOUTS, readoutsOf } from './readouts';
import { heightOfRows, placeRows, rowsOf, type Row } from './rows';
import { drawCursors, drawHeap, scanHeight } from './scan_layout';
import type { Draw, Frame, Mark, Scene } from './scene';
import { drawManifest, drawValve, MANIFEST_HEIGHT, VALVE_HEIGHT } from './side_layout';

/** Levels by key, or keys by age. */
export type PictureView = 'levels' | 'plane';
export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  readonly scale?: AxisScale;
  readonly picture?: PictureView;
}

export const NARROW_BELOW = 720;
const READOUT_HEIGHT = 36;
/** The switches stand at its right end. */
export const AXIS_HEIGHT = 26;
const SIDE_WIDTH = 214;
const GAP = 10;
const RIGHT = 12;

export function layoutLsm(view: LsmView, { height, picture = 'levels', scale = 'rank', width }: LayoutOptions): Scene {
  const rows = rowsOf(view);
  const frame = makeFrame(view, rows, { width, height, picture });
  const marks = new Map<string, Mark>();
  const draw = (mark: Mark): void => void marks.set(mark.id, mark);
  drawNumbers(view, frame, draw);
  if (!view.isLsm) drawNothing(view, frame, draw);
  else {
    const axis = axisOf(view, scale, frame.levels.x, frame.levels.width);
    drawStrip(view, frame, draw);
    drawManifest(view, frame, draw);
    drawValve(view, frame, draw);
    if (view.scan) drawHeap(view.scan, frame, draw);
    else drawMerge(view, frame, draw);
    drawKeys(axis, frame, draw);
    if (picture === 'plane') drawPlane(view, axis, frame, draw);
    else {
      const placed = placeRows(rows, frame.levels.y, frame.levels.height);
      new LevelsLayout(view, axis, frame, draw).draw(placed);
      drawProbe(view, axis, placed, frame, draw);
      drawCursors(view, axis, placed, frame, draw);
    }
  }
  return { frame, offsets: { page: 0 }, window: { from: 0, to: frame.width }, marks };
}

function drawNothing({ hasFormat }: LsmView, { levels }: Frame, draw: Draw): void {
  const text = hasFormat
    ? 'This store has another index. Play, your store, Data: there it can be made over an LSM tree.'
    : 'No store yet.';
  draw({ id: 'nothing', kind: 'note', plane: 'page', ...levels, y: levels.y + 24, height: 20, text, label: text });
}

function drawNumbers(view: LsmView, { narrow, width }: Frame, draw: Draw): void {
  const readouts = readoutsOf(view).filter(({ note }) => !narrow || NARROW_READOUTS.includes(note));
  drawReadouts(readouts, { width, height: READOUT_HEIGHT - 2, columnMax: 116 }, draw);
}

const NAMES_WIDTH = 58;
/** The switches reach a little over the axis. */
const BESIDE_SWITCHES = 14;

/** What keys have in common says nothing of where one lies: of long keys, the part from where they differ. */
class KeyNames {
  readonly #shared: number = 0;

  constructor(keys: readonly Uint8Array[]) {
    const first = keyText(keys[0] ?? NO_KEY);
    const last = keyText(keys.at(-1) ?? NO_KEY);
    let shared = 0;
    while (shared < first.length - 1 && first[shared] === last[shared]) shared++;
    if (first.length * 6 > NAMES_WIDTH && shared > 2) this.#shared = shared;
  }

  nameOf(key: Uint8Array): string {
    const text = keyText(key);
    return this.#shared === 0 ? text : `…${text.slice(this.#shared)}`;
  }
}
const NO_KEY = new Uint8Array(0);

/** A few of the keys by name, so that one knows which way the axis goes. */
function drawKeys(axis: KeyAxis, { axis: box }: Frame, draw: Draw): void {
  const { keys } = axis;
  const names = new KeyNames(keys);
  const most = Math.max(2, Math.floor(box.width / (NAMES_WIDTH * 1.6)));
  const step = Math.max(1, Math.ceil((keys.length - 1) / (most - 1)));
  let end = -Infinity;
  for (let i = 0; i < keys.length; i += step) {
    const key = keys[i]!;
    const text = fitted(names.nameOf(key), NAMES_WIDTH, 6);
    const x = axis.middle(key);
    const from = Math.min(Math.max(box.x, x - NAMES_WIDTH / 2), box.x + box.width - NAMES_WIDTH - BESIDE_SWITCHES);
    if (from < end || text === '') continue;
    end = from + NAMES_WIDTH + 2;
    draw({
      id: `tick-${i}`,
      kind: 'tick',
      plane: 'page',
      x: from,
      y: box.y + box.height - 13,
      width: NAMES_WIDTH,
      height: 12,
      text,
    });
  }
}

/** The levels get what the others leave; where that is too little, the picture is longer than its window. */
function makeFrame(
  view: LsmView,
  rows: readonly Row[],
  { height, picture, width }: Required<Pick<LayoutOptions, 'width' | 'height' | 'picture'>>,
): Frame {
  const narrow = width < NARROW_BELOW;
  const gutter = narrow ? 50 : 72;
  const mainWidth = Math.max(120, width - gutter - RIGHT - (narrow ? 0 : SIDE_WIDTH + 22));
  // On a narrow page the switches have a line of their own.
  const axisHeight = narrow ? AXIS_HEIGHT + 16 : AXIS_HEIGHT;
  const axis: Box = { x: gutter, y: READOUT_HEIGHT, width: mainWidth, height: axisHeight };
  const top = axis.y + axis.height + 4;
  const lens = view.scan ? scanHeight(view.scan) : mergeHeight(view, narrow ? mainWidth : SIDE_WIDTH);
  const least = picture === 'plane' ? PLANE_HEIGHT_MIN : heightOfRows(rows);
  const below = GAP + STRIP_HEIGHT + 4;
  const beside = narrow ? 0 : VALVE_HEIGHT + GAP + lens;
  const room = narrow ? least : Math.max(least, beside, height - top - below);
  const levels: Box = { x: gutter, y: top, width: mainWidth, height: room };
  const end = levels.y + levels.height + GAP;
  if (!narrow) {
    const side = { x: width - RIGHT - SIDE_WIDTH, width: SIDE_WIDTH };
    return {
      ...{ width, height: Math.max(height, end + STRIP_HEIGHT + 4), narrow, gutter, axis, levels },
      valve: { ...side, y: top, height: VALVE_HEIGHT },
      merge: { ...side, y: top + VALVE_HEIGHT + GAP, height: lens },
      strip: { x: gutter, y: end, width: mainWidth, height: STRIP_HEIGHT },
      manifest: { ...side, y: end, height: MANIFEST_HEIGHT },
    };
  }
  const line = { x: 10, width: width - 10 - RIGHT };
  const valve = { ...line, y: end, height: VALVE_HEIGHT };
  const merge = { ...line, y: valve.y + valve.height + GAP, height: lens };
  const strip = { x: gutter, y: merge.y + merge.height + GAP, width: width - gutter - RIGHT, height: STRIP_HEIGHT };
  const manifest = { ...line, y: strip.y + strip.height + GAP, height: MANIFEST_HEIGHT };
  const all = Math.max(height, manifest.y + manifest.height + 4);
  return { width, height: all, narrow, gutter, axis, levels, valve, merge, strip, manifest };
}
