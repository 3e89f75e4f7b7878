/**
 * The four files, to scale: the log file as a ring laid flat, the two slots of the superblock, the extents of the two
 * data files. What the tape shows in order, this shows where it lies.
 */
import { scaleLinear } from 'd3';
import type { Extent, Group, Slot, WalView } from './model';
import type { MarkState } from '../../marks/states';
import type { Frame, Mark } from './scene';
import { groupState } from './tape_layout';
import { bytesText, digits, lapOf } from './units';

type Draw = (mark: Mark) => void;

const STRIP = 26;
const STRIP_TOP = 12;
const STRIP_AXIS = 24;
const SLOT = 36;
const SLOT_WIDTH_MAX = 208;
const EXTENT = 15;
const EXTENT_WIDTH_MAX = 26;
const GAP = 14;

export function filesHeight(view: WalView, narrow: boolean): number {
  const ring = STRIP_TOP + STRIP + STRIP_AXIS;
  const data = EXTENT * 2 + 6;
  return narrow ? ring + GAP + SLOT + GAP + data : ring + GAP + Math.max(SLOT, data);
}

export function drawFiles(view: WalView, frame: Frame, draw: Draw): void {
  drawRing(view, frame, draw);
  drawSlots(view, frame, draw);
  drawExtents(view, frame, draw);
}

// ---- the log file

function drawRing(view: WalView, frame: Frame, draw: Draw): void {
  const { strip, gutter, narrow } = frame;
  const { logBytes } = view;
  const y = strip.y + STRIP_TOP;
  draw({ id: 'title-ring', kind: 'title', plane: 'page', x: 0, y, width: gutter, height: STRIP, text: 'log file' });
  const lap = lapOf(view.appendPosition, logBytes);
  draw({
    id: 'ring',
    kind: 'strip',
    plane: 'page',
    family: 'log',
    x: strip.x,
    y,
    width: strip.width,
    height: STRIP,
    text: logBytes === 0 ? '' : `lap ${lap}`,
    data: { file: 'log' },
    label: logBytes === 0 ? 'The log file' : `The log file: a ring of ${digits(logBytes)} bytes, on lap ${lap}`,
  });
  if (logBytes === 0) return;
  const x = scaleLinear([0, logBytes], [strip.x, strip.x + strip.width]);
  const runs = ringRuns(view, strip.width / 3);
  for (const run of runs) drawRun(run, view, x, y, draw);

  for (const share of narrow ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]) {
    const at = Math.round(logBytes * share);
    draw({
      id: `seam-${share}`,
      kind: 'seam',
      plane: 'page',
      x: x(at),
      y: y + STRIP,
      width: 0,
      height: 4,
      text: bytesText(at),
      variant: share === 0 ? 'start' : share === 1 ? 'end' : 'middle',
    });
  }
  draw({
    id: 'head',
    kind: 'head',
    plane: 'page',
    family: 'log',
    x: x(view.appendPosition % logBytes),
    y: y - 9,
    width: 0,
    height: 8,
    data: { head: view.appendPosition % logBytes },
    label: `The next group goes to byte ${digits(view.appendPosition % logBytes)} of the log file`,
  });
  draw({
    id: 'strip-redo',
    kind: 'strip_redo',
    plane: 'page',
    family: 'page',
    x: x(view.redoPosition % logBytes),
    y: y + STRIP + 1,
    width: 0,
    height: 8,
    data: { redo: view.redoPosition % logBytes },
    label: `Recovery would start at byte ${digits(view.redoPosition % logBytes)} of the log file`,
  });
}

interface Run {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly state: MarkState;
  readonly groups: number;
  readonly first: Group;
}

/** Group by group where that can be seen, else neighbours of one state as one. */
function ringRuns(view: WalView, most: number): Run[] {
  const runs: Run[] = [];
  const mayMerge = view.groups.length > most;
  for (const group of view.groups) {
    if (group.state === 'open') continue;
    const state = groupState(view, group);
    const last = runs.at(-1);
    const to = group.position + group.bytes;
    if (
      mayMerge &&
      last &&
      last.state === state &&
      last.to === group.position &&
      lapOf(last.from, view.logBytes) === lapOf(to - 1, view.logBytes)
    ) {
      runs[runs.length - 1] = { ...last, to, groups: last.groups + 1 };
    } else {
      runs.push({ id: `segment-${group.id}`, from: group.position, to, state, groups: 1, first: group });
    }
  }
  return runs;
}

function drawRun(run: Run, view: WalView, x: (bytes: number) => number, y: number, draw: Draw): void {
  const { logBytes } = view;
  const start = run.from % logBytes;
  const length = run.to - run.from;
  const pieces: [string, number, number][] =
    start + length <= logBytes
      ? [[run.id, start, start + length]]
      : [
          [run.id, start, logBytes],
          [`${run.id}-rest`, 0, start + length - logBytes],
        ];
  const lap = lapOf(run.from, logBytes);
  for (const [id, from, to] of pieces) {
    draw({
      id,
      kind: 'segment',
      plane: 'page',
      state: run.state,
      family: 'log',
      x: x(from),
      y,
      width: Math.max(1, x(to) - x(from)),
      height: STRIP,
      ...(run.groups === 1 ? { copyOf: `group-${run.first.id}` } : {}),
      data: { segment: run.from, lap },
      bytes: { file: 'log', from, to },
      select: { kind: 'bytes', file: 'log', from, to },
      lit: run.groups === 1 && view.subject.group === run.first.position,
      label: `Bytes ${digits(from)} to ${digits(to)} of the log file, lap ${lap}: ${run.groups} ${run.groups === 1 ? 'group' : 'groups'}`,
    });
  }
}

// ---- the superblock

const SLOT_AT = [0, 4096] as const;
const SLOT_LENGTH = 512;

function drawSlots(view: WalView, frame: Frame, draw: Draw): void {
  const { strip, gutter, narrow } = frame;
  const y = strip.y + STRIP_TOP + STRIP + STRIP_AXIS + GAP;
  draw({
    id: 'title-slots',
    kind: 'title',
    plane: 'page',
    x: 0,
    y,
    width: gutter,
    height: SLOT,
    text: narrow ? 'super' : 'superblock',
    ...(narrow ? { note: 'block' } : {}),
  });
  const width = slotWidth(frame);
  const inForce = slotInForce(view.slots);
  view.slots.forEach((slot, index) => {
    const name = slot.slot === 0 ? 'A' : 'B';
    const at = SLOT_AT[slot.slot];
    draw({
      id: `slot-${slot.slot}`,
      kind: 'slot',
      plane: 'page',
      state: slotState(slot),
      family: 'page',
      x: strip.x + index * (width + 8),
      y,
      width,
      height: SLOT,
      text: name,
      note: slotNote(slot, width),
      variant: slot.slot === inForce ? 'in_force' : '',
      data: { slot: slot.slot },
      lit: view.subject.slot === slot.slot,
      bytes: { file: 'superblock', from: at, to: at + SLOT_LENGTH },
      select: { kind: 'bytes', file: 'superblock', from: at, to: at + SLOT_LENGTH },
      label: `Superblock slot ${name}: ${slotNote(slot, Infinity)}${slot.slot === inForce ? ', in force' : ''}${slot.handed ? ', not flushed' : ''}`,
    });
  });
}

const slotWidth = ({ narrow, strip }: Frame): number =>
  narrow ? (strip.width - 8) / 2 : Math.min(SLOT_WIDTH_MAX, (strip.width * 0.5 - 8) / 2);

function slotState(slot: Slot): MarkState {
  if (!slot.known) return 'pending';
  if (!slot.valid) return 'torn';
  return slot.handed ? 'handed' : 'durable';
}

function slotNote(slot: Slot, width: number): string {
  if (!slot.known) return 'nothing known of it';
  if (!slot.valid) return 'does not check out';
  const where = `LSN ${slot.checkpointLsn} · @${digits(slot.redoPosition)}`;
  const long = `epoch ${slot.epoch} · to ${where}`;
  return long.length * 5.8 < width - 16 ? long : where;
}

/** The valid slot with the higher epoch is the one that opening would use. */
export function slotInForce(slots: readonly Slot[]): 0 | 1 | undefined {
  const valid = slots.filter((slot) => slot.known && slot.valid);
  return valid.reduce<Slot | undefined>((best, slot) => (best && best.epoch >= slot.epoch ? best : slot), undefined)
    ?.slot;
}

// ---- the data files

function drawExtents(view: WalView, frame: Frame, draw: Draw): void {
  const { strip, narrow } = frame;
  const top = strip.y + STRIP_TOP + STRIP + STRIP_AXIS + GAP;
  const y = narrow ? top + SLOT + GAP : top;
  const left = narrow ? strip.x : strip.x + slotWidth(frame) * 2 + 8 + 76;
  const labelWidth = narrow ? frame.gutter : 52;
  const width = strip.x + strip.width - left;
  (['data_0', 'data_1'] as const).forEach((file, row) => {
    const rowY = y + row * (EXTENT + 6);
    const extents = view.extents.filter((extent) => extent.file === file);
    draw({
      id: `title-${file}`,
      kind: 'title',
      plane: 'page',
      x: left - labelWidth,
      y: rowY,
      width: labelWidth,
      height: EXTENT,
      text: file,
      data: { file },
    });
    if (extents.length === 0) {
      draw({
        id: `empty-${file}`,
        kind: 'title',
        plane: 'page',
        x: left,
        y: rowY,
        width,
        height: EXTENT,
        text: 'empty',
        variant: 'empty',
      });
    }
    const cell = Math.min(EXTENT_WIDTH_MAX, Math.max(2, width / Math.max(1, extents.length)));
    extents.forEach((extent, index) => drawExtent(view, extent, left + index * cell, rowY, cell, draw));
  });
}

function drawExtent(view: WalView, extent: Extent, x: number, y: number, cell: number, draw: Draw): void {
  const state: MarkState =
    extent.state === 'free' ? 'memory' : extent.state === 'writing' && !extent.flushed ? 'handed' : 'durable';
  // Flushed, but no superblock slot names it yet.
  const unnamed = extent.state === 'writing' && extent.flushed;
  const bytes = { file: extent.file, from: extent.at, to: extent.at + view.extentBytes };
  draw({
    id: `extent-${extent.extent}`,
    kind: 'extent',
    plane: 'page',
    state,
    family: 'page',
    x,
    y,
    width: Math.max(1, cell - (cell > 5 ? 2 : 0.5)),
    height: EXTENT,
    data: { extent: extent.extent, state: extent.state },
    bytes,
    select: { kind: 'bytes', ...bytes },
    ...(unnamed ? { variant: 'unnamed' } : {}),
    lit: view.subject.extent === extent.extent || (unnamed && view.subject.file === 'data_0'),
    label: `Extent ${extent.extent} at ${digits(extent.at)} of ${extent.file}: ${EXTENT_WORDS[extent.state]}`,
  });
}

const EXTENT_WORDS: Record<Extent['state'], string> = {
  free: 'free',
  live: 'part of the checkpoint in force',
  writing: 'written by the checkpoint under way',
};
