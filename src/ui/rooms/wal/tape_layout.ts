/**
 * The log tape: records back to back in groups, oldest on the left, and the lines that matter on it (tape_lines.ts).
 * Widths follow tape_scale.ts. Rows from the top:
 *
 *     durable: LSN 14          label of the durable line
 *     ● ● ● ○                  who was told, or recovery's verdict: redo, skip or discard
 *     [g|12|13|14|::]          header, records, padding
 *     @4,608  3 records        where the group lies on the tape
 *     ▲redo ├── 1.5 KiB ──┤    what recovery would read, and how much is dirty
 */
import { recordState } from './describe';
import { NEVER, type Entry, type Group, type WalView } from './model';
import type { MarkState } from '../../marks/states';
import type { Frame, Mark } from './scene';
import { drawDiscard, drawEnd } from './tape_end';
import { drawLines, drawReading } from './tape_lines';
import { DURABLE_LABEL, endOfScan, FLAGS, GROUP_LABEL, recordRow } from './tape_place';
import { HEADER_WIDTH, recordWidth } from './tape_scale';
import { bytesText, digits } from './units';

type Draw = (mark: Mark) => void;

export function drawTape(view: WalView, frame: Frame, offset: number, draw: Draw): void {
  const tape = new Tape(view, frame, offset, draw);
  tape.title();
  tape.groups();
  drawLines(view, frame, draw);
  drawReading(view, frame, draw);
  drawEnd(view, frame, offset, draw);
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
    const row = recordRow(frame);
    this.#recordY = row.y;
    this.#recordHeight = row.height;
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
    // Records this trace saw being written are drawn as themselves; see tape_end.ts.
    if (endOfScan(this.#view)?.discarded.some((entry) => entry.place!.group === group.id)) return;
    const last = this.#view.entries.get(group.lastLsn)?.place;
    // Without a good record the header is what was taken, and how long it is only the engine knows.
    const hasRecords = last?.group === group.id;
    const from = hasRecords ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
    const end = group.position + group.bytes;
    const at = { x: this.#x(from), width: Math.max(14, group.alongEnd - from) };
    const label = `${digits(group.leftBytes)} bytes that recovery did not take: unfinished or damaged`;
    if (group.id === this.#view.groups.end - 1 && endOfScan(this.#view)) {
      drawDiscard(`verdict-left-${group.id}`, at, label, this.#frame, this.#draw);
    }
    this.#draw({
      id: `padding-${group.id}`,
      kind: 'record',
      plane: 'tape',
      state: 'torn',
      family: 'log',
      ...at,
      y: this.#recordY,
      height: this.#recordHeight,
      text: 'not taken',
      note: hasRecords ? `${group.leftBytes} B` : '',
      data: { left: group.position },
      ...this.#inFile(end - group.leftBytes, end),
      label,
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

  /** Where these tape bytes lie in the log file: for the byte view. A run across the end of the file shows its first part. */
  #inFile(from: number, to: number): Pick<Mark, 'bytes' | 'select'> {
    const { logBytes } = this.#view;
    if (logBytes === 0) return {};
    const at = from % logBytes;
    const bytes = { file: 'log' as const, from: at, to: Math.min(logBytes, at + (to - from)) };
    return { bytes, select: { kind: 'bytes', ...bytes } };
  }
}

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
