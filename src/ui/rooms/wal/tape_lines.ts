/** The lines that matter on the log tape: up to where it is durable, where recovery would start, how far it has read. */
import { dirtyKeys, isRunning } from './dirty';
import type { WalView } from './model';
import type { Frame, Mark } from './scene';
import { alongOf, DURABLE_LABEL, FLAGS, GROUP_LABEL, recordRow } from './tape_place';
import { SEAM_WIDTH } from './tape_scale';
import { bytesText, digits } from './units';

type Draw = (mark: Mark) => void;

const xOf = ({ gutter }: Frame, along: number): number => gutter + along;

/** The durable line, the redo point, and what recovery would read. */
export function drawLines(view: WalView, frame: Frame, draw: Draw): void {
  const { tape } = frame;
  const row = recordRow(frame);
  const reading = view.state === 'opening' && view.recovery?.end === undefined;
  if (view.groups.length > 0 && !reading) {
    const x = xOf(frame, alongOf(view, view.durablePosition) - SEAM_WIDTH / 2);
    draw({
      id: 'durable',
      kind: 'durable',
      plane: 'tape',
      family: 'log',
      x,
      y: tape.y,
      width: 0,
      height: DURABLE_LABEL + FLAGS + row.height + 6,
      text: view.durableLsn === 0 ? 'nothing durable' : `durable to ${view.durableLsn}`,
      data: { durable: view.durableLsn },
      label: `Durable line: everything up to LSN ${view.durableLsn} survives a power cut`,
      lit: view.flushes.last()?.at === view.seq,
    });
  }
  if (view.groups.length === 0 || view.state === 'none') return;
  const y = row.y + row.height + GROUP_LABEL;
  const redo = xOf(frame, alongOf(view, view.redoPosition));
  draw({
    id: 'redo',
    kind: 'redo',
    plane: 'tape',
    family: 'page',
    x: redo,
    y,
    width: 0,
    height: REPLAY_ROW,
    text: 'redo point',
    data: { redo: view.redoPosition },
    label: `Redo point: recovery would start at ${digits(view.redoPosition)}, LSN ${view.redoLsn}`,
  });
  const bytes = replayBytes(view);
  const end = xOf(frame, alongOf(view, view.writtenPosition) - SEAM_WIDTH);
  draw({
    id: 'replay',
    kind: 'replay',
    plane: 'tape',
    family: 'page',
    x: redo,
    y: y + 4,
    width: Math.max(0, end - redo),
    height: REPLAY_ROW - 6,
    text: bytes === 0 ? 'recovery would replay nothing' : `recovery would replay ${bytesText(bytes)}`,
    data: { replay: bytes },
    label: `Recovery would read ${digits(bytes)} bytes of log`,
  });
  if (!isRunning(view)) return;
  const dirty = dirtyKeys(view);
  draw({
    id: 'dirty',
    kind: 'dirty',
    plane: 'tape',
    family: 'page',
    x: redo,
    y: y + REPLAY_ROW,
    width: Math.max(0, end - redo),
    height: DIRTY_ROW,
    text: dirty.keys === 0 ? 'nothing dirty' : dirtyText(dirty),
    data: { dirty: dirty.keys },
    label: `Changed since the checkpoint, and in memory and the log only: ${count(dirty.keys, 'key')}, ${digits(dirty.bytes)} bytes of keys and values`,
  });
}

/** How far recovery has read. */
export function drawReading(view: WalView, frame: Frame, draw: Draw): void {
  const { recovery } = view;
  if (!recovery || recovery.from === undefined || recovery.report) return;
  const { tape } = frame;
  const row = recordRow(frame);
  const x = xOf(frame, alongOf(view, recovery.cursor));
  draw({
    id: 'cursor',
    kind: 'cursor',
    plane: 'tape',
    x,
    y: tape.y,
    width: 0,
    height: DURABLE_LABEL + FLAGS + row.height + 6,
    text: recovery.end ? '' : 'reading',
    data: { cursor: recovery.cursor },
    label: `Recovery has read up to ${digits(recovery.cursor)}`,
  });
}

/** What recovery would read now. */
export const replayBytes = (view: WalView): number => Math.max(0, view.writtenPosition - view.redoPosition);

const REPLAY_ROW = 25;
const DIRTY_ROW = 13;

const dirtyText = ({ bytes, keys }: ReturnType<typeof dirtyKeys>): string =>
  `dirty: ${count(keys, 'key')}, ${bytesText(bytes)} since the checkpoint`;

const count = (number: number, noun: string): string => `${digits(number)} ${noun}${number === 1 ? '' : 's'}`;
