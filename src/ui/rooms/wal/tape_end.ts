/**
 * Where the scan of the log ended: the reason, and what lies behind the end. Recovery says *redo* or *skip* of each
 * record it takes; of one that had been written and that it does not take, the end of the scan says *discard*.
 */
import type { Entry, Recovery, WalView } from './model';
import type { Frame, Mark } from './scene';
import { alongOf, DURABLE_LABEL, endOfScan, FLAGS, recordRow } from './tape_place';
import { recordWidth } from './tape_scale';
import { digits } from './units';

type Draw = (mark: Mark) => void;
type Ended = NonNullable<ReturnType<typeof endOfScan>>;

/** A label is about this wide a letter. */
const LETTER = 6.4;

export function drawEnd(view: WalView, frame: Frame, offset: number, draw: Draw): void {
  const recovery = endOfScan(view);
  if (!recovery) return;
  for (const entry of recovery.discarded) drawDiscarded(entry, recovery, frame, draw);
  const row = recordRow(frame);
  const x = frame.gutter + alongOf(view, recovery.end.position);
  const { end, position, reason } = recovery.end;
  const room = frame.gutter + frame.tape.width + offset - x - 8;
  const whole = `${END_WORDS[end]}: ${reason}`;
  draw({
    id: 'scan-end',
    kind: 'scan_end',
    plane: 'tape',
    variant: end,
    x,
    y: frame.tape.y,
    width: 14,
    height: DURABLE_LABEL + FLAGS + row.height,
    text: whole.length * LETTER <= room ? whole : END_WORDS[end],
    data: { end, position },
    label: `The scan stopped at ${digits(position)}: ${reason}${discardedWords(recovery)}`,
  });
}

function drawDiscarded(entry: Entry, recovery: Ended, frame: Frame, draw: Draw): void {
  const { along, bytes } = entry.place!;
  const { cut, width } = recordWidth(bytes);
  const row = recordRow(frame);
  const x = frame.gutter + along;
  const { end } = recovery;
  const label = `Record ${entry.lsn} had been written and is discarded: the log ends before it (${end.reason})`;
  draw({
    id: `record-${entry.id}`,
    kind: 'record',
    plane: 'tape',
    state: isWhereItBroke(entry, recovery) ? 'torn' : 'garbage',
    family: 'log',
    cut,
    x,
    y: row.y,
    width,
    height: row.height,
    text: String(entry.lsn),
    note: `${bytes} B`,
    lsn: entry.lsn,
    site: entry.sites.buffered,
    data: { lsn: entry.lsn, state: 'discarded' },
    label,
  });
  drawDiscard(`verdict-${entry.id}`, { x, width }, label, frame, draw, entry.lsn);
}

/** The word over what recovery did not take. */
export function drawDiscard(
  id: string,
  at: { readonly x: number; readonly width: number },
  label: string,
  frame: Frame,
  draw: Draw,
  lsn?: number,
): void {
  draw({
    id,
    kind: 'verdict',
    plane: 'tape',
    ...at,
    y: frame.tape.y + DURABLE_LABEL,
    height: FLAGS,
    text: 'discard',
    variant: 'discard',
    ...(lsn === undefined ? {} : { lsn }),
    data: { ...(lsn === undefined ? {} : { lsn }), verdict: 'discard' },
    label,
  });
}

const isWhereItBroke = (entry: Entry, { end }: Ended): boolean => end.reason.startsWith(`record ${entry.lsn}: `);

/** As the end of a sentence; nothing where nothing that had been written is missing. */
export function discardedWords({ discarded }: Pick<Recovery, 'discarded'>): string {
  const count = discarded.length;
  if (count === 0) return '';
  const [first, last] = [discarded[0]!.lsn, discarded.at(-1)!.lsn];
  return count === 1
    ? `; record ${first}, which had been written, is discarded`
    : `; records ${first} to ${last}, which had been written, are discarded`;
}

const END_WORDS = {
  end_clean: 'end of the log',
  end_unfinished: 'unfinished or damaged',
  damaged: 'damaged',
} as const;
