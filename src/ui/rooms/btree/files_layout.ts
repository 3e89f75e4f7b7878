/** The buffer pool and the file strip: the same pages once more, where they are in memory and where in the files. */
import type { MarkState } from '../../marks/states';
import { barsOf } from '../../marks/bars';
import { drawFileStrip, FREE_SHADE, STRIP_ROW, stripsOf } from '../../marks/file_strip';
import { clockOf, clockWords, frameCounter, noFrames } from './clock';
import { damageWords } from './damage';
import type { Box } from '../../marks/scene';
import type { ExtentView, FrameView, TreeView } from './model';
import type { Draw, Frame, Mark } from './scene';
import { digits, plural } from '../../marks/units';

const TITLE = 15;

// ---- the file strip

/** What changes is few and matters: it shows before what is merely there. */
const SHADES: Readonly<Record<ExtentView['state'], number>> = {
  free: FREE_SHADE,
  durable: 1,
  garbage: 2,
  spilled: 3,
  written: 3,
};
const stripOf = stripsOf<ExtentView>(({ state }) => SHADES[state]);

export function drawStrip(view: TreeView, frame: Frame, draw: Draw): void {
  const { gutter, narrow, strip: box } = frame;
  if (view.tree === undefined) return;
  drawFileStrip(
    {
      strip: stripOf(view.extents),
      box,
      gutter,
      narrow,
      family: 'page',
      shades: 4,
      drawExtent: (extent, x, y, each) => drawExtent(view, view.extents.get(extent)!, x, y, each, draw),
    },
    draw,
  );
}

export function extentState(extent: ExtentView): MarkState {
  if ((extent.found ?? extent.spoiled) !== undefined && extent.state !== 'free') return 'torn';
  switch (extent.state) {
    case 'free':
      return 'memory';
    case 'spilled':
    case 'written':
      return 'handed';
    case 'durable':
      return extent.isUnflushed ? 'handed' : 'durable';
    case 'garbage':
      return 'garbage';
  }
}

function drawExtent(view: TreeView, extent: ExtentView, x: number, y: number, each: number, draw: Draw): void {
  const box = { x, y, width: Math.max(1, each - (each > 10 ? 3 : 1)), height: STRIP_ROW };
  const bytes = { file: extent.file, from: extent.at, to: extent.at + view.extentBytes };
  const isLit = view.subject.extents.includes(extent.extent);
  draw({
    id: `extent-${extent.extent}`,
    kind: 'extent',
    plane: 'page',
    family: 'page',
    ...box,
    variant: extent.state === 'free' ? 'free' : 'taken',
    data: { extent: extent.extent, holds: extent.holds },
    bytes,
    select: { kind: 'bytes', file: extent.file, from: bytes.from, to: bytes.to },
    seq: extent.changedAt,
    lit: isLit,
    label: `Extent ${extent.extent}, byte ${digits(extent.at)} of ${extent.file}: ${extentWords(view, extent)}`,
  });
  if (extent.holds === 'nothing' || extent.state === 'free') return;
  const comesFrom = extent.page === 0 ? undefined : `page-${extent.pageLife}`;
  const newest = extent.holds !== 'page' || view.pages.get(extent.page)?.extent === extent.extent;
  draw({
    id: `lies-${extent.extent}-${extent.holds}-${extent.pageLife}-${extent.changedAt}`,
    kind: 'lies',
    plane: 'page',
    family: extent.holds === 'page' ? 'page' : 'table',
    ...box,
    state: extentState(extent),
    text: each >= 15 ? nameOf(extent) : '',
    variant: newest ? '' : 'older',
    keepsSize: true,
    ...(comesFrom === undefined ? {} : { copyOf: comesFrom }),
    data: { holds: extent.holds, page: extent.page, lies: extent.extent },
    bytes,
  });
}

function nameOf({ holds, page }: ExtentView): string {
  if (holds === 'page') return String(page);
  if (holds === 'copy') return `${page}′`;
  return holds === 'map' || holds === 'list' ? holds : '';
}

const STATE_WORDS: Readonly<Record<ExtentView['state'], string>> = {
  free: 'free',
  spilled: 'written because memory ran short; no superblock names it',
  written: 'written by the checkpoint, not named by a superblock yet',
  durable: 'named by the superblock in force',
  garbage: 'only the old superblock names it: free once the checkpoint is finished',
};

function extentWords(view: TreeView, extent: ExtentView): string {
  if (extent.state === 'free') return 'free';
  const damage = damageWords(extent);
  const isOlder = extent.holds === 'page' && view.pages.get(extent.page)?.extent !== extent.extent;
  const what = {
    page: `page ${extent.page}${extent.lsn === undefined ? '' : ` as of LSN ${extent.lsn}`}${isOlder ? ', an older self of it' : ''}`,
    copy: `a copy of page ${extent.page}`,
    map: extent.level === 0 ? 'a page of the page map' : `map page ${extent.number} of level ${extent.level}`,
    list: 'the list of copies',
    untold: 'pages just written',
    nothing: 'nothing',
  }[extent.holds];
  return `${what}; ${STATE_WORDS[extent.state]}.${damage === '' ? '' : ` Not whole: ${damage}.`}`;
}

// ---- the buffer pool

const FRAME_WIDTH = 27;
const FRAME_HEIGHT = 20;
const FRAMES_SHOWN = 96;

export function poolHeight(view: TreeView, width: number): number {
  const columns = Math.max(1, Math.floor(width / (FRAME_WIDTH + 3)));
  const shown = Math.min(shownFrames(view), FRAMES_SHOWN);
  return TITLE + Math.max(1, Math.ceil(shown / columns)) * (FRAME_HEIGHT + 4) + 4;
}

const shownFrames = (view: TreeView): number => Math.max(view.frames.length, Math.min(view.capacity, 32));

export function drawPool(view: TreeView, { narrow, pool }: Frame, draw: Draw): void {
  if (view.tree === undefined) return;
  const victim = clockOf(view).next;
  const count = frameCounter(view);
  const { pinned, taken } = count(0, view.frames.length, noFrames());
  const note = narrow
    ? `${view.dirtyCount} dirty`
    : pinned > 0
      ? `${pinned} pinned`
      : victim === undefined
        ? `${digits(taken)} of ${digits(view.capacity)}`
        : `next out: ${victim}`;
  draw(title('title-pool', pool.x, pool.y, 'Buffer pool', note, pool.width));
  const columns = Math.max(1, Math.floor(pool.width / (FRAME_WIDTH + 3)));
  const shown = shownFrames(view);
  const rows = Math.max(1, Math.floor((pool.height - TITLE) / (FRAME_HEIGHT + 4)));
  const isCrowd = shown > Math.min(FRAMES_SHOWN, columns * rows);
  // Of a crowd, those from the hand on have a box, where the clock looks next; under them are all.
  const most = isCrowd ? columns * Math.max(1, Math.min(CROWD_ROWS, rows - 1)) : shown;
  for (let i = 0; i < most; i++) {
    const index = isCrowd ? (view.hand + i) % shown : i;
    const box = {
      x: pool.x + (i % columns) * (FRAME_WIDTH + 3),
      y: pool.y + TITLE + 3 + Math.floor(i / columns) * (FRAME_HEIGHT + 4),
      width: FRAME_WIDTH,
      height: FRAME_HEIGHT,
    };
    drawFrame(view, index, box, draw);
  }
  if (isCrowd) {
    const from = pool.y + TITLE + 3 + Math.ceil(most / columns) * (FRAME_HEIGHT + 4) + 2;
    const box = { x: pool.x, y: from, width: pool.width - 4, height: pool.y + pool.height - from };
    drawFrames(view.capacity, count, box, draw);
  }
}

const CROWD_ROWS = 3;
const LINE_HEIGHT = 6;
/** Of those under a bar: none is there; or none, some, most of them are dirty. */
const POOL_SHADES = 4;

/** All frames by number, line by line; a bar for several, paler the more of them are dirty. */
function drawFrames(capacity: number, counter: ReturnType<typeof frameCounter>, box: Box, draw: Draw): void {
  const lines = Math.min(POOL_LINES_MAX, Math.floor(box.height / LINE_HEIGHT));
  if (lines < 1) return;
  const perLine = Math.ceil(capacity / lines);
  const each = box.width / perLine;
  for (let first = 0; first < capacity; first += perLine) {
    const count = Math.min(perLine, capacity - first);
    const all = noFrames();
    const shadeOf = (from: number, to: number): number => {
      const { dirty, taken } = counter(first + from, first + to, noFrames());
      all.taken += taken;
      all.dirty += dirty;
      return taken === 0 ? 0 : 1 + Math.min(POOL_SHADES - 2, Math.floor((dirty / taken) * (POOL_SHADES - 1)));
    };
    const bars = barsOf({ x: box.x, each, count, shades: POOL_SHADES, shadeOf });
    draw({
      id: `frames-${first}`,
      kind: 'mass',
      plane: 'page',
      family: 'page',
      variant: 'pool',
      x: box.x,
      y: box.y + (first / perLine) * LINE_HEIGHT,
      width: Math.max(1, count * each),
      height: LINE_HEIGHT - 1,
      bars,
      data: { frames: count },
      label: `Frames ${digits(first)} to ${digits(first + count - 1)}: ${
        all.taken === 0 ? 'empty' : `${plural(all.taken, 'page')}, ${digits(all.dirty)} dirty`
      }`,
    });
  }
}
const POOL_LINES_MAX = 32;

function drawFrame(view: TreeView, index: number, box: Pick<Mark, 'x' | 'y' | 'width' | 'height'>, draw: Draw): void {
  const frame = view.frames.get(index);
  const isHand = index === view.hand && view.frames.length >= view.capacity;
  draw({
    id: `frame-${index}`,
    kind: 'frame',
    plane: 'page',
    ...box,
    variant: frame ? 'taken' : 'free',
    data: { frame: index },
    label: frame ? frameWords(view, frame, index) : `Frame ${index}: empty`,
    ...(frame ? { select: selectionOf(view, frame) } : {}),
    lit: frame !== undefined && view.subject.pages.length === 1 && view.subject.pages[0] === frame.page,
  });
  if (isHand)
    draw({ id: 'hand', kind: 'hand', plane: 'page', x: box.x + box.width / 2, y: box.y - 3, width: 0, height: 5 });
  if (!frame) return;
  const page = view.pages.get(frame.page);
  const lies = page?.extent === undefined ? undefined : view.extents.get(page.extent);
  draw({
    id: `frame-${index}-${page?.id}`,
    kind: 'held',
    plane: 'page',
    family: 'page',
    ...box,
    state: frame.isDirty ? 'memory' : 'durable',
    text: String(frame.page),
    variant: frame.pins > 0 ? 'pinned' : clockOf(view).verdicts.get(index) === 'next' ? 'next' : '',
    referenced: frame.isReferenced,
    keepsSize: true,
    ...(lies ? { copyOf: `extent-${lies.extent}` } : {}),
    data: {
      page: frame.page,
      dirty: frame.isDirty ? 'yes' : 'no',
      referenced: frame.isReferenced ? 'yes' : 'no',
      pins: frame.pins,
    },
  });
}

function selectionOf(view: TreeView, frame: FrameView): NonNullable<Mark['select']> {
  const page = view.pages.get(frame.page);
  const extent = page?.extent ?? view.map.get(frame.page)?.extent;
  const lies = extent === undefined ? undefined : view.extents.get(extent);
  if (lies) return { kind: 'bytes', file: lies.file, from: lies.at, to: lies.at + (view.tree?.pageBytes ?? 0) };
  return { kind: 'event', seq: page?.changedAt ?? 0 };
}

function frameWords(view: TreeView, frame: FrameView, index: number): string {
  const parts = [frame.isDirty ? 'dirty: its newest state is here alone' : 'clean: the file has the same'];
  if (view.operation?.isOver === false && view.operation.changed.includes(frame.page))
    parts.push('in the hands of the operation');
  parts.push(clockWords(view, index));
  return `Frame ${index}: page ${frame.page}, ${parts.join('; ')}`;
}

function title(id: string, x: number, y: number, text: string, note: string, width: number): Mark {
  return { id, kind: 'title', plane: 'page', x, y, width, height: TITLE, text, note };
}
