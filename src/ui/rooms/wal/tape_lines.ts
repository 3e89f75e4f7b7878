/** The lines that matter on the log tape: up to where it is durable, where recovery would start, how far it has read. */
import type { WalView } from './model';
import type { Frame, Mark } from './scene';
import { alongOf, DURABLE_LABEL, FLAGS, GROUP_LABEL, recordRow, REDO } from './tape_place';
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
    height: REDO,
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
    height: REDO - 6,
    text: bytes === 0 ? 'recovery would replay nothing' : `recovery would replay ${bytesText(bytes)}`,
    data: { replay: bytes },
    label: `Recovery would read ${digits(bytes)} bytes of log`,
  });
}

/** How far recovery has read, and how its scan ended. */
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
  if (!recovery.end) return;
  draw({
    id: 'scan-end',
    kind: 'scan_end',
    plane: 'tape',
    variant: recovery.end.end,
    x,
    y: row.y,
    width: 14,
    height: row.height,
    text: END_WORDS[recovery.end.end],
    note: recovery.end.reason,
    data: { end: recovery.end.end, position: recovery.end.position },
    label: `The scan stopped at ${digits(recovery.end.position)}: ${recovery.end.reason}`,
  });
}

/** What recovery would read now. */
export const replayBytes = (view: WalView): number => Math.max(0, view.writtenPosition - view.redoPosition);

const END_WORDS = {
  end_clean: 'end of the log',
  end_unfinished: 'unfinished or damaged',
  damaged: 'damaged',
} as const;
