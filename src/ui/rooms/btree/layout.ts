/**
 * From view to scene: where everything of the B-tree room lies on the page. Pure; one function for each part:
 *
 *     readouts                                what the numbers are now
 *     root            [ 7 | elm ]        ┌ pool ──┐
 *     leaves    [ 3 | ash bay ][ 5 |..]  │ ▭▬▬▭▬  │
 *     files     ▬▬▭▬▬////▬▬              └────────┘
 */
import { STRIP_HEIGHT } from '../../marks/file_strip';
import { drawReadouts, type Readout } from '../../marks/readouts';
import type { Box } from '../../marks/scene';
import { drawPool, drawStrip, poolHeight } from './files_layout';
import type { TreeView } from './model';
import type { Draw, Frame, Mark, Scene } from './scene';
import { drawTree, treeHeight } from './tree_layout';
import { bytesText, digits } from '../../marks/units';
import { NO_ZOOM, type Zoom } from './zoom';

export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  readonly zoom?: Zoom;
}

export const NARROW_BELOW = 720;
const READOUT_HEIGHT = 36;
const POOL_WIDTH = 150;
const ZOOM_BUTTONS = 168;
const GAP = 10;

export function layoutTree(view: TreeView, options: LayoutOptions): Scene {
  const frame = makeFrame(view, options);
  const marks = new Map<string, Mark>();
  const draw = (mark: Mark): void => void marks.set(mark.id, mark);
  const { zoom = NO_ZOOM } = options;
  drawPool(view, frame, draw);
  drawStrip(view, frame, draw);
  drawTree(view, frame, zoom, draw);
  const isCrowded = [...marks.values()].some(isOneOfMany);
  drawNumbers(view, frame, isCrowded || zoom.factor > 1, draw);
  return { frame, offsets: { page: 0 }, window: { from: 0, to: frame.width }, marks, isCrowded };
}

const isOneOfMany = ({ kind, variant }: Mark): boolean => kind === 'mini' || (kind === 'mass' && variant === undefined);

/** @param hasZoom the buttons for it stand at the end of the line */
function drawNumbers(view: TreeView, { narrow, width }: Frame, hasZoom: boolean, draw: Draw): void {
  const wanted = narrow ? NARROW_READOUTS.slice(0, hasZoom ? 3 : 4) : undefined;
  const readouts = readoutsOf(view).filter(({ note }) => wanted?.includes(note) ?? true);
  const room = width - (hasZoom ? ZOOM_BUTTONS : 0);
  drawReadouts(readouts, { width: room, height: READOUT_HEIGHT - 2, columnMax: 112 }, draw);
}

/** The tree gets what the others leave; where that is too little, the picture is longer than its window. */
function makeFrame(view: TreeView, { height, width }: LayoutOptions): Frame {
  const narrow = width < NARROW_BELOW;
  const gutter = narrow ? 48 : 70;
  const right = 12;
  const poolWidth = narrow ? width - gutter - right : POOL_WIDTH;
  const poolRows = narrow ? poolHeight(view, poolWidth) : 0;
  const fixed = READOUT_HEIGHT + STRIP_HEIGHT + GAP + (narrow ? poolRows + GAP : 0);
  const needed = treeHeight(view);
  const treeRoom = Math.max(needed, height - fixed - 6);
  const treeWidth = width - gutter - right - (narrow ? 0 : POOL_WIDTH + 24);
  const tree: Box = { x: gutter, y: READOUT_HEIGHT, width: Math.max(120, treeWidth), height: treeRoom };
  const below = tree.y + tree.height + GAP;
  const pool: Box = narrow
    ? { x: gutter, y: below, width: poolWidth, height: poolRows }
    : { x: width - right - POOL_WIDTH, y: READOUT_HEIGHT + 4, width: POOL_WIDTH, height: treeRoom - 8 };
  const strip: Box = {
    x: gutter,
    y: narrow ? below + poolRows + GAP : below,
    width: width - gutter - right,
    height: STRIP_HEIGHT,
  };
  return { width, height: Math.max(height, strip.y + strip.height + 4), narrow, gutter, tree, pool, strip };
}

const STATE_WORDS: Readonly<Record<TreeView['state'], readonly [string, string]>> = {
  none: ['none yet', 'nothing was opened yet'],
  opening: ['opening', 'recovery reads what the files say'],
  open: ['open', 'it takes commits and answers reads'],
  read_only: ['read-only', 'it answers reads and takes no commits'],
  closed: ['closed', 'closed in order'],
  down: ['not running', 'the picture is what the files hold'],
};

function readoutsOf(view: TreeView): readonly Readout[] {
  const { counters } = view;
  const [word, meaning] = STATE_WORDS[view.state];
  return [
    { note: 'store', text: word, meaning },
    { note: 'height', text: digits(view.height), meaning: 'levels from the root to the leaves' },
    { note: 'keys', text: digits(view.keys), meaning: 'in the tree' },
    { note: 'pages', text: digits(view.pageCount), meaning: 'leaves, inner and overflow pages' },
    { note: 'dirty', text: digits(view.dirtyCount), meaning: 'pages whose newest state is in memory only' },
    { note: 'log', text: bytesText(counters.logBytes), meaning: 'written to the log since the run began' },
    {
      note: 'pages written',
      text: digits(counters.pagesWritten),
      meaning: 'by checkpoints, and where memory ran short; map pages too',
    },
    {
      note: 'pages read',
      text: digits(counters.pagesRead),
      meaning: 'from the files, because they were not in the pool',
    },
  ];
}
/** The most important first. */
const NARROW_READOUTS: readonly string[] = ['pages', 'height', 'dirty', 'pages written'];
