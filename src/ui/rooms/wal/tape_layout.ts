/**
 * The log tape: records back to back in groups, oldest on the left, and the lines that matter on it. Widths follow
 * tape_scale.ts. Rows from the top:
 *
 *     durable: LSN 14          label of the durable line
 *     ● ● ● ○                  who was told, or recovery's verdict
 *     [g|12|13|14|::]          header, records, padding
 *     @4,608  3 records        where the group lies on the tape
 *     ▲redo ├── 1.5 KiB ──┤    what recovery would read
 */
import type { LogPosition } from '../../../base/ids';
import { recordState } from './describe';
import { NEVER, type Entry, type Group, type WalView } from './model';
import type { MarkState } from '../../marks/states';
import type { Frame, Mark } from './scene';
import { HEADER_WIDTH, recordWidth, SEAM_WIDTH } from './tape_scale';
import { bytesText, digits, windOn } from './units';

type Draw = (mark: Mark) => void;

const DURABLE_LABEL = 18;
const FLAGS = 18;
const GROUP_LABEL = 18;
const REDO = 24;
export const TAPE_ROWS_HEIGHT = DURABLE_LABEL + FLAGS + GROUP_LABEL + REDO;
/** Room kept free right of the newest record. */
const AHEAD = 56;
/** And where a scan ended, for the words that say how. */
const AHEAD_OF_END = 170;

export function tapeOffset(view: WalView, frame: Frame, focusLsn: number | undefined): number {
  const width = frame.tape.width;
  const reading = view.recovery && view.recovery.report === undefined && view.recovery.end === undefined;
  const newest = reading ? alongOf(view, view.recovery.cursor) : (view.groups.last()?.alongEnd ?? 0);
  const saysEnd = view.recovery?.end !== undefined && view.recovery.report === undefined;
  const offset = windOn(newest + (saysEnd ? AHEAD_OF_END : AHEAD), width);
  const focused = focusLsn === undefined ? undefined : view.entries.get(focusLsn)?.place?.along;
  if (focused === undefined || (focused >= offset && focused < offset + width)) return offset;
  return windOn(focused + width / 2, width);
}

/** Where a position lies on the drawn tape; between two records it is the start of the later one. */
export function alongOf(view: WalView, position: LogPosition | number): number {
  const { groups } = view;
  const index = groups.search((group) => group.position > position) - 1;
  const group = groups.get(index);
  if (!group) return groups.get(groups.first)?.along ?? 0;
  if (position >= group.position + group.bytes) return group.alongEnd + SEAM_WIDTH;
  if (position === group.position) return group.along;
  for (let lsn = group.firstLsn as number; lsn <= group.lastLsn; lsn++) {
    const place = view.entries.get(lsn)?.place;
    if (place && place.position + place.bytes > position) return place.along;
  }
  const last = view.entries.get(group.lastLsn)?.place;
  return last ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
}

export function drawTape(view: WalView, frame: Frame, offset: number, draw: Draw): void {
  const tape = new Tape(view, frame, offset, draw);
  tape.title();
  tape.groups();
  tape.lines();
  tape.recovery();
}

class Tape {
  readonly #view: WalView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #from: number;
  readonly #to: number;
  readonly #recordY: number;
  readonly #recordHeight: number;

  constructor(view: WalView, frame: Frame, offset: number, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    const { width } = frame.tape;
    this.#from = offset - width * 0.4;
    this.#to = offset + width * 1.4;
    this.#recordY = frame.tape.y + DURABLE_LABEL + FLAGS;
    this.#recordHeight = frame.tape.height - TAPE_ROWS_HEIGHT;
  }

  #x(along: number): number {
    return this.#frame.gutter + along;
  }

  title(): void {
    const { tape, gutter, narrow } = this.#frame;
    this.#draw({
      id: 'title-tape',
      kind: 'title',
      plane: 'page',
      x: 0,
      y: this.#recordY,
      width: gutter,
      height: this.#recordHeight,
      text: narrow ? 'tape' : 'log tape',
      label: 'The log as an endless tape',
    });
    const { groups, recovery } = this.#view;
    const isRead = recovery?.from !== undefined && recovery.report === undefined;
    if (groups.length > 0 || isRead) return;
    this.#draw({
      id: 'tape-empty',
      kind: 'title',
      plane: 'page',
      x: gutter,
      y: this.#recordY,
      width: tape.width,
      height: this.#recordHeight,
      text: 'nothing in the log yet',
      variant: 'empty',
    });
  }

  groups(): void {
    const { groups } = this.#view;
    const first = groups.search((group) => group.alongEnd >= this.#from);
    for (let id = first; id < groups.end; id++) {
      const group = groups.get(id)!;
      if (group.along > this.#to) break;
      this.#group(group);
    }
  }

  #group(group: Group): void {
    const y = this.#recordY;
    const height = this.#recordHeight;
    const state = groupState(this.#view, group);
    const at = { from: group.position, to: group.position + group.bytes };
    const file = this.#inFile(at.from, at.to);
    const { subject } = this.#view;
    this.#draw({
      id: `header-${group.id}`,
      kind: 'header',
      plane: 'tape',
      state,
      family: 'log',
      x: this.#x(group.along),
      y,
      width: HEADER_WIDTH,
      height,
      text: 'g',
      data: { group: group.position },
      ...file,
      lit: subject.group === group.position,
      label: `Header of the group at ${digits(group.position)}, ${MARK_WORDS[state]}`,
    });
    for (let lsn = group.firstLsn as number; lsn <= group.lastLsn; lsn++) {
      const entry = this.#view.entries.get(lsn);
      if (entry?.place?.group === group.id) this.#record(entry);
    }
    if (group.state === 'open') this.#buffer(group);
    else this.#padding(group, state);
    this.#groupLabel(group);
  }

  #record(entry: Entry): void {
    const { position, bytes, along } = entry.place!;
    const { width, cut } = recordWidth(bytes);
    const state = entryState(this.#view, entry);
    this.#draw({
      id: `record-${entry.id}`,
      kind: 'record',
      plane: 'tape',
      state,
      family: 'log',
      cut,
      x: this.#x(along),
      y: this.#recordY,
      width,
      height: this.#recordHeight,
      text: String(entry.lsn),
      note: `${bytes} B`,
      ...(entry.submittedAt === NEVER ? {} : { copyOf: `bar-${entry.id}-memory` }),
      lsn: entry.lsn,
      site: entry.sites.buffered,
      data: { lsn: entry.lsn, state },
      ...this.#inFile(position, position + bytes),
      select: { kind: 'lsn', lsn: entry.lsn },
      lit: this.#isLit(entry.lsn),
      label: `Record ${entry.lsn}, ${bytes} bytes at ${digits(position)}, ${MARK_WORDS[state]}${operationsWords(entry)}`,
    });
    this.#flag(entry, along, width);
  }

  #flag(entry: Entry, along: number, width: number): void {
    const x = this.#x(along);
    const y = this.#frame.tape.y + DURABLE_LABEL;
    const { recovery } = this.#view;
    const isReading = recovery !== undefined && (recovery.report === undefined || entry.client === undefined);
    if (isReading && entry.verdict && entry.scannedAt >= recovery.startedAt) {
      this.#draw({
        id: `verdict-${entry.id}`,
        kind: 'verdict',
        plane: 'tape',
        x,
        y,
        width,
        height: FLAGS,
        text: entry.verdict,
        variant: entry.verdict,
        lsn: entry.lsn,
        data: { lsn: entry.lsn, verdict: entry.verdict },
        label:
          entry.verdict === 'redo'
            ? `Record ${entry.lsn} is applied again`
            : `Record ${entry.lsn} is skipped: the checkpoint holds it`,
      });
      return;
    }
    if (entry.client === undefined) return;
    this.#draw({
      id: `flag-${entry.id}`,
      kind: 'flag',
      plane: 'tape',
      family: 'transaction',
      variant: entry.outcome === 'acknowledged' ? (entry.mode ?? 'strict') : entry.outcome,
      x: x + width / 2 - 5,
      y: y + 3,
      width: 10,
      height: 10,
      lsn: entry.lsn,
      data: { lsn: entry.lsn, outcome: entry.outcome },
    });
  }

  #isLit(lsn: number): boolean {
    const { subject } = this.#view;
    return subject.lsn !== undefined && lsn >= subject.lsn && lsn <= (subject.toLsn ?? subject.lsn);
  }

  /** The group in the buffer lies where it will be written; a frame says that it is not there yet. */
  #buffer(group: Group): void {
    const y = this.#recordY;
    const count = group.lastLsn - group.firstLsn + 1;
    this.#draw({
      id: 'buffer',
      kind: 'buffer',
      plane: 'tape',
      x: this.#x(group.along) - 3,
      y: y - 3,
      width: group.alongEnd - group.along + 6,
      height: this.#recordHeight + 6,
      text: 'log buffer, in memory',
      data: { buffer: group.position },
      label: `Log buffer: ${count} ${count === 1 ? 'record' : 'records'}, ${digits(group.bytes)} bytes, in memory only`,
    });
  }

  #padding(group: Group, state: MarkState): void {
    if (group.leftBytes > 0) {
      this.#left(group);
      return;
    }
    if (group.paddingBytes === 0) return;
    const last = this.#view.entries.get(group.lastLsn)?.place;
    const from = last?.group === group.id ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
    const width = group.alongEnd - from;
    if (width <= 0) return;
    const end = group.position + group.bytes;
    this.#draw({
      id: `padding-${group.id}`,
      kind: 'padding',
      plane: 'tape',
      state,
      family: 'log',
      cut: group.paddingBytes * 0.5 > width,
      x: this.#x(from),
      y: this.#recordY,
      width,
      height: this.#recordHeight,
      data: { padding: group.position },
      ...this.#inFile(end - group.paddingBytes, end),
      label: `${digits(group.paddingBytes)} zero bytes to the end of the sector`,
    });
  }

  /** What is left in the file of records that recovery did not take. */
  #left(group: Group): void {
    const last = this.#view.entries.get(group.lastLsn)?.place;
    // Without a good record the header is what was taken, and how long it is only the engine knows.
    const hasRecords = last?.group === group.id;
    const from = hasRecords ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
    const end = group.position + group.bytes;
    this.#draw({
      id: `padding-${group.id}`,
      kind: 'record',
      plane: 'tape',
      state: 'torn',
      family: 'log',
      x: this.#x(from),
      y: this.#recordY,
      width: Math.max(14, group.alongEnd - from),
      height: this.#recordHeight,
      text: 'not taken',
      note: hasRecords ? `${group.leftBytes} B` : '',
      data: { left: group.position },
      ...this.#inFile(end - group.leftBytes, end),
      label: `${digits(group.leftBytes)} bytes that recovery did not take: unfinished or damaged`,
    });
  }

  #groupLabel(group: Group): void {
    const width = group.alongEnd - group.along;
    const count = group.lastLsn - group.firstLsn + 1;
    const where = `@${digits(group.position)}`;
    const long = `${where} · ${bytesText(group.bytes)}`;
    this.#draw({
      id: `group-${group.id}`,
      kind: 'group',
      plane: 'tape',
      x: this.#x(group.along),
      y: this.#recordY + this.#recordHeight + 3,
      width,
      height: GROUP_LABEL - 3,
      text: long.length * 6.2 < width ? long : where.length * 6.2 < width ? where : '',
      data: { group: group.position },
      ...this.#inFile(group.position, group.position + group.bytes),
      label: `Group at ${digits(group.position)}: ${count} ${count === 1 ? 'record' : 'records'}, ${digits(group.bytes)} bytes`,
    });
  }

  lines(): void {
    const view = this.#view;
    const { tape } = this.#frame;
    const reading = view.state === 'opening' && view.recovery?.end === undefined;
    if (view.groups.length > 0 && !reading) {
      const x = this.#x(alongOf(view, view.durablePosition) - SEAM_WIDTH / 2);
      this.#draw({
        id: 'durable',
        kind: 'durable',
        plane: 'tape',
        family: 'log',
        x,
        y: tape.y,
        width: 0,
        height: DURABLE_LABEL + FLAGS + this.#recordHeight + 6,
        text: view.durableLsn === 0 ? 'nothing durable' : `durable to ${view.durableLsn}`,
        data: { durable: view.durableLsn },
        label: `Durable line: everything up to LSN ${view.durableLsn} survives a power cut`,
        lit: view.flushes.last()?.at === view.seq,
      });
    }
    if (view.groups.length === 0 || view.state === 'none') return;
    const y = this.#recordY + this.#recordHeight + GROUP_LABEL;
    const redo = this.#x(alongOf(view, view.redoPosition));
    this.#draw({
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
    const end = this.#x(alongOf(view, view.writtenPosition) - SEAM_WIDTH);
    this.#draw({
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

  recovery(): void {
    const { recovery } = this.#view;
    if (!recovery || recovery.from === undefined || recovery.report) return;
    const { tape } = this.#frame;
    const x = this.#x(alongOf(this.#view, recovery.cursor));
    this.#draw({
      id: 'cursor',
      kind: 'cursor',
      plane: 'tape',
      x,
      y: tape.y,
      width: 0,
      height: DURABLE_LABEL + FLAGS + this.#recordHeight + 6,
      text: recovery.end ? '' : 'reading',
      data: { cursor: recovery.cursor },
      label: `Recovery has read up to ${digits(recovery.cursor)}`,
    });
    if (!recovery.end) return;
    this.#draw({
      id: 'scan-end',
      kind: 'scan_end',
      plane: 'tape',
      variant: recovery.end.end,
      x,
      y: this.#recordY,
      width: 14,
      height: this.#recordHeight,
      text: END_WORDS[recovery.end.end],
      note: recovery.end.reason,
      data: { end: recovery.end.end, position: recovery.end.position },
      label: `The scan stopped at ${digits(recovery.end.position)}: ${recovery.end.reason}`,
    });
  }

  /** Where these tape bytes lie in the log file: for the byte view. A run across the end of the file shows its first part. */
  #inFile(from: number, to: number): Pick<Mark, 'bytes' | 'select'> {
    const { logBytes } = this.#view;
    if (logBytes === 0) return {};
    const at = from % logBytes;
    const bytes = { file: 'log' as const, from: at, to: Math.min(logBytes, at + (to - from)) };
    return { bytes, select: { kind: 'bytes', ...bytes } };
  }
}

/** What recovery would read now. */
export const replayBytes = (view: WalView): number => Math.max(0, view.writtenPosition - view.redoPosition);

export const END_WORDS = {
  end_clean: 'end of the log',
  end_unfinished: 'unfinished or damaged',
  damaged: 'damaged',
} as const;

const MARK_WORDS: Record<MarkState, string> = {
  memory: 'only in memory',
  pending: 'not read back yet',
  handed: 'handed to the file, not flushed',
  durable: 'durable',
  torn: 'torn',
  garbage: 'not needed any more: the checkpoint holds it',
};

export function entryState(view: WalView, entry: Entry): MarkState {
  const group = view.groups.get(entry.place!.group);
  if (entry.place!.position < view.redoPosition) return 'garbage';
  if (isUnread(view, entry, group)) return 'pending';
  const state = recordState(view, entry);
  return state === 'buffered' ? 'memory' : state === 'written' ? 'handed' : 'durable';
}

/** While the log is read back, what has not been reached yet is only hoped for. */
function isUnread(view: WalView, entry: Entry, group: Group | undefined): boolean {
  if (view.state !== 'opening' || view.recovery?.end !== undefined) return false;
  return group?.confirmed === false || (view.recovery !== undefined && entry.scannedAt < view.recovery.startedAt);
}

export function groupState(view: WalView, group: Group): MarkState {
  if (group.state === 'open') return 'memory';
  if (group.position < view.redoPosition) return 'garbage';
  if (!group.confirmed) return 'pending';
  return group.position + group.bytes <= view.durablePosition ? 'durable' : 'handed';
}

function operationsWords(entry: Entry): string {
  const count = entry.operations.length;
  return count === 0 ? '' : `, ${count} ${count === 1 ? 'operation' : 'operations'}`;
}
