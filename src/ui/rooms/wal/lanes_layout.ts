/** The lanes over time. A step of the run is a column; the window is wound on a third at a time, so it mostly stands still. */
import { scaleLinear } from 'd3';
import type { ClientId } from '../../../kv_store/types';
import { NEVER, type DeviceCall, type Entry, type Flush, type WalView } from './model';
import type { Family, MarkState } from '../../marks/states';
import type { Frame, Mark } from './scene';
import { digits, windOn } from './units';

type Draw = (mark: Mark) => void;

const STEP_WIDTH = 12;
const STEP_WIDTH_NARROW = 8;

export function laneRows(view: WalView): number {
  return view.clients.reduce((sum, client) => sum + client.rows, 0);
}

/** @returns how far the axis of time is wound on */
export function drawLanes(view: WalView, frame: Frame, draw: Draw): number {
  const lanes = new Lanes(view, frame, draw);
  lanes.axis();
  lanes.clients();
  lanes.entries();
  lanes.device();
  return lanes.offset;
}

class Lanes {
  readonly offset: number;
  readonly #view: WalView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #stepWidth: number;
  /** Left edge of a step's column, on the strip. */
  readonly #x: (seq: number) => number;
  /** The steps drawn: those in the window, and as many around it as a wind can bring in. */
  readonly #from: number;
  readonly #rowHeight: number;
  readonly #top = new Map<ClientId, number>();

  constructor(view: WalView, frame: Frame, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    const width = frame.lanes.width;
    this.#stepWidth = frame.narrow ? STEP_WIDTH_NARROW : STEP_WIDTH;
    this.#x = scaleLinear([0, 1], [frame.gutter, frame.gutter + this.#stepWidth]);
    this.offset = windOn((view.seq + 4) * this.#stepWidth, width);
    const inWindow = width / this.#stepWidth;
    this.#from = this.offset / this.#stepWidth - inWindow * 0.4;
    this.#rowHeight = frame.lanes.height / Math.max(2, laneRows(view));
    let y = frame.lanes.y;
    for (const { client, rows } of view.clients) {
      this.#top.set(client, y);
      y += rows * this.#rowHeight;
    }
  }

  axis(): void {
    const { lanes, device } = this.#frame;
    const every = 10;
    const last = (this.offset + lanes.width - 12) / this.#stepWidth;
    // Steps count from 1, as the transport does; step n is record n - 1.
    for (let step = Math.max(every, Math.ceil(this.#from / every) * every); step <= last; step += every) {
      this.#draw({
        id: `tick-${step}`,
        kind: 'tick',
        plane: 'time',
        x: this.#x(step - 1),
        y: lanes.y - 18,
        width: 0,
        height: lanes.height + device.height + 18,
        text: digits(step),
      });
    }
    this.#draw({
      id: 'now',
      kind: 'now',
      plane: 'time',
      x: this.#x(this.#view.seq + 1),
      y: lanes.y - 18,
      width: 0,
      height: lanes.height + device.height + 18,
      label: 'the step that was taken last',
    });
  }

  clients(): void {
    const { lanes, gutter, narrow } = this.#frame;
    // Where a lane is lower than its name, every so many lanes are named.
    const every = Math.max(1, Math.ceil(13 / this.#rowHeight));
    for (const { client, rows } of this.#view.clients) {
      this.#draw({
        id: `lane-${client}`,
        kind: 'lane',
        plane: 'page',
        x: 0,
        y: this.#top.get(client)!,
        width: gutter + lanes.width,
        height: rows * this.#rowHeight,
        data: { client },
        ...(client % every === 0 ? { text: narrow ? `c ${client}` : `client ${client}` } : {}),
        label: `Lane of client ${client}`,
      });
    }
    if (this.#view.clients.length === 0) {
      this.#draw({
        id: 'lane-none',
        kind: 'lane',
        plane: 'page',
        x: 0,
        y: lanes.y,
        width: gutter + lanes.width,
        height: lanes.height,
        text: 'clients',
        note: 'no commit yet',
      });
    }
  }

  entries(): void {
    for (const entry of this.#view.gone) this.#entry(entry);
    const { entries } = this.#view;
    for (let lsn = entries.end - 1; lsn >= entries.first; lsn--) {
      const entry = entries.get(lsn)!;
      // Commits settle in LSN order: before one that left the window, all have.
      if (entry.settledAt !== NEVER && entry.settledAt < this.#from) break;
      this.#entry(entry);
    }
  }

  #entry(entry: Entry): void {
    const { client, submittedAt, settledAt } = entry;
    if (client === undefined || submittedAt === NEVER) return;
    const end = settledAt === NEVER ? this.#view.seq + 1 : settledAt;
    if (end < this.#from) return;
    const isSettled = settledAt !== NEVER;
    const start = entry.bufferedAt === NEVER ? submittedAt : Math.min(submittedAt, entry.bufferedAt);
    const turns: [MarkState, number][] = [['memory', start]];
    if (entry.writtenAt !== NEVER && entry.writtenAt < end) turns.push(['handed', entry.writtenAt]);
    if (entry.flushedAt !== NEVER && entry.flushedAt < end) turns.push(['durable', entry.flushedAt]);
    turns.forEach(([state, from], index) => this.#bar(entry, state, from, turns[index + 1]?.[1] ?? end, index === 0));
    if (isSettled) this.#end(entry);
  }

  #bar(entry: Entry, state: MarkState, from: number, to: number, isFirst: boolean): void {
    const { y, height } = this.#row(entry);
    this.#draw({
      id: `bar-${entry.id}-${state}`,
      kind: 'bar',
      plane: 'time',
      state,
      family: 'transaction',
      x: this.#x(from),
      y,
      width: Math.max(1, (to - from) * this.#stepWidth),
      height,
      ...(isFirst && height >= 11 ? { text: String(entry.lsn) } : {}),
      lsn: entry.lsn,
      seq: from,
      ...(isFirst ? { site: entry.sites.submitted } : {}),
      data: { lsn: entry.lsn, client: entry.client!, phase: state },
      select: { kind: 'lsn', lsn: entry.lsn },
      lit: this.#isAlone && this.#isLit(entry.lsn),
      label: `Commit ${entry.lsn} of client ${entry.client}: ${PHASE_WORDS[state] ?? state} from step ${from + 1} to ${to + 1}`,
    });
  }

  #end(entry: Entry): void {
    const { y, height } = this.#row(entry);
    const size = Math.min(height, 12);
    const told = entry.outcome === 'acknowledged';
    this.#draw({
      id: `end-${entry.id}`,
      kind: 'end',
      plane: 'time',
      family: 'transaction',
      variant: told ? (entry.mode ?? 'strict') : entry.outcome,
      x: this.#x(entry.settledAt),
      y: y + (height - size) / 2,
      width: size,
      height: size,
      ...(entry.place ? { copyOf: `record-${entry.id}`, keepsSize: true } : {}),
      lsn: entry.lsn,
      seq: entry.settledAt,
      site: entry.sites.settled,
      data: { lsn: entry.lsn, client: entry.client!, outcome: entry.outcome },
      select: { kind: 'event', seq: entry.settledAt },
      lit: entry.settledAt === this.#view.seq,
      label: `Commit ${entry.lsn}: ${outcomeWords(entry)} at step ${entry.settledAt + 1}`,
    });
  }

  #row(entry: Entry): { y: number; height: number } {
    const padding = this.#rowHeight >= 12 ? 2 : this.#rowHeight >= 7 ? 1 : 0.5;
    const top = (this.#top.get(entry.client!) ?? this.#frame.lanes.y) + entry.row * this.#rowHeight;
    return { y: top + padding, height: this.#rowHeight - 2 * padding };
  }

  /** A group or a flush is pointed at once, on the tape; not at each of its commits up here. */
  get #isAlone(): boolean {
    return this.#view.subject.toLsn === undefined;
  }

  #isLit(lsn: number): boolean {
    const { subject } = this.#view;
    return subject.lsn !== undefined && lsn >= subject.lsn && lsn <= (subject.toLsn ?? subject.lsn);
  }

  device(): void {
    const { device, gutter } = this.#frame;
    this.#draw({
      id: 'lane-device',
      kind: 'lane',
      plane: 'page',
      x: 0,
      y: device.y,
      width: gutter + device.width,
      height: device.height,
      text: 'device',
      variant: 'device',
      label: 'Calls of the four files',
    });
    const { calls, flushes } = this.#view;
    for (let i = calls.end - 1; i >= calls.first; i--) {
      const call = calls.get(i)!;
      if (call.at < this.#from) break;
      this.#call(call);
    }
    for (let i = flushes.end - 1; i >= flushes.first; i--) {
      const flush = flushes.get(i)!;
      if (flush.at < this.#from) break;
      this.#gate(flush);
    }
  }

  #call(call: DeviceCall): void {
    const { device } = this.#frame;
    const isFlush = call.call === 'flush';
    const state: MarkState =
      call.result !== 'ok' ? 'torn' : isFlush ? 'durable' : call.call === 'read' ? 'memory' : 'handed';
    this.#draw({
      id: `call-${call.at}`,
      kind: 'call',
      plane: 'time',
      state,
      family: fileFamily(call.file),
      variant: call.call,
      x: this.#x(call.at) + 1,
      y: device.y + 4,
      width: this.#stepWidth - 2,
      height: device.height - 8,
      seq: call.at,
      site: call.site,
      data: { call: call.call, file: call.file, seq: call.at },
      select: { kind: 'event', seq: call.at },
      lit: call.at === this.#view.seq,
      label: callWords(call),
    });
  }

  /** A flush of the log is a gate: what waited left of it goes through together. */
  #gate(flush: Flush): void {
    const { at, durableLsn, id, site } = flush;
    const { lanes, device } = this.#frame;
    const count = durableLsn - flush.afterLsn;
    const first = flush.afterLsn + 1;
    this.#draw({
      id: `gate-${id}`,
      kind: 'gate',
      plane: 'time',
      family: 'log',
      x: this.#x(at),
      y: lanes.y - 15,
      width: 0,
      height: lanes.height + device.height + 15,
      text: `n = ${count}`,
      seq: at,
      site,
      note: count === 1 ? 'one commit' : `${count} commits`,
      data: { flush: id, from: first, to: durableLsn },
      select: { kind: 'event', seq: at },
      lit: at === this.#view.seq,
      label:
        count === 0
          ? `Flush at step ${at + 1}: nothing new`
          : `Flush at step ${at + 1}: n = ${count}, commits ${first} to ${durableLsn} shared it`,
    });
  }
}

const PHASE_WORDS: Partial<Record<MarkState, string>> = {
  memory: 'only in memory',
  handed: 'handed to the file',
  durable: 'durable, not yet told',
};

export const fileFamily = (file: DeviceCall['file']): Family => (file === 'log' ? 'log' : 'page');

export function outcomeWords(entry: Entry): string {
  switch (entry.outcome) {
    case 'acknowledged':
      return entry.mode === 'relaxed' ? 'acknowledged after the write (relaxed)' : 'acknowledged';
    case 'rejected':
      return `rejected (${entry.code ?? 'no code'})`;
    case 'cut_off':
      return 'cut off by the crash: the client never heard';
    case 'refused':
    case 'waiting':
      return 'waiting';
  }
}

function callWords(call: DeviceCall): string {
  const result = call.result === 'ok' ? '' : `, ${call.result}`;
  switch (call.call) {
    case 'flush':
      return `flush ${call.file}${result}`;
    case 'truncate':
      return `set the length of ${call.file} to ${digits(call.offset)}${result}`;
    default:
      return `${call.call} ${digits(call.bytes)} bytes at ${digits(call.offset)} of ${call.file}${result}`;
  }
}
