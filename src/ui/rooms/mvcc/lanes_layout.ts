/**
 * Sessions over time: a lane for each, a column for each moment (`clock.ts`), and a rail from the beginning of a transaction to
 * its end. What overlaps in time stands over one another: a conflict is two rails that both have a write of one key, and a
 * dependency is an arrow from who read to who changed it. The strip is wound on a third of a window at a time.
 */
import { scaleLinear } from 'd3';
import type { MarkState } from '../../marks/states';
import { digits, fitted, keyText } from '../../marks/units';
import {
  ALONE,
  STORE,
  transactionOf,
  type BytesView,
  type EdgeView,
  type MvccView,
  type StepView,
  type TransactionState,
  type TransactionView,
} from './model';
import type { Draw, Frame } from './scene';
import { laneName, nameOf, stepText, stepWords, transactionWords } from './words';

export const LANES_TITLE = 16;
const LANE_MIN = 22;
const LANE_MAX = 30;
/** Where arrows and words of conflicts go between the lanes. */
const LANE_BETWEEN = 36;
const LANES_SHOWN = 7;
const STEP_WIDTH = 80;
const STEP_WIDTH_NARROW = 64;
const LETTER = 5.7;
const CHIP = 17;

/** Those that do something now, and those that did last; outside of transactions first, the store last. */
export function lanesShown(view: MvccView): readonly string[] {
  const open = new Set(view.transactions.filter(({ inUse, to }) => inUse || to === undefined).map(({ lane }) => lane));
  const rank = new Map<string, number>();
  for (const { lane, seq } of view.steps) rank.set(lane, seq);
  const chosen = [...view.lanes]
    .sort((a, b) => Number(open.has(b)) - Number(open.has(a)) || (rank.get(b) ?? -1) - (rank.get(a) ?? -1))
    .slice(0, LANES_SHOWN);
  const place = (lane: string): number => (lane === ALONE ? -1 : lane === STORE ? Infinity : view.lanes.indexOf(lane));
  return chosen.sort((a, b) => place(a) - place(b));
}

export const lanesHeight = (view: MvccView): number =>
  LANES_TITLE + Math.max(2, lanesShown(view).length) * (hasBetween(view) ? LANE_BETWEEN : LANE_MIN);

const hasBetween = ({ edges, transactions }: MvccView): boolean =>
  edges.length > 0 || transactions.some(({ conflict }) => conflict !== undefined);

/** @returns how far the strip of time is wound on */
export function drawSessions(view: MvccView, frame: Frame, draw: Draw): number {
  const lanes = new Lanes(view, frame, draw);
  lanes.lanes();
  lanes.moments();
  for (const transaction of view.transactions) lanes.span(transaction);
  for (const edge of view.edges) lanes.edge(edge);
  for (const step of view.steps) lanes.step(step);
  for (const transaction of view.transactions) lanes.clash(transaction);
  lanes.bytes();
  return lanes.offset;
}

/** What a window on a long strip shows: the newest thing near its right end, wound on a third of a window at a time. */
function windOn(newest: number, windowWidth: number): number {
  const page = Math.max(1, Math.floor(windowWidth / 3));
  return Math.max(0, Math.ceil((newest - windowWidth) / page) * page);
}

const STATES: Readonly<Record<TransactionState, MarkState>> = {
  active: 'memory',
  committing: 'handed',
  committed: 'durable',
  aborted: 'garbage',
  unknown: 'torn',
  refused: 'garbage',
  idle: 'garbage',
  cut_off: 'torn',
};

class Lanes {
  readonly offset: number;
  readonly #view: MvccView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #stepWidth: number;
  readonly #x: (moment: number) => number;
  /** The first moment that is drawn: what a wind can bring in, too. */
  readonly #from: number;
  readonly #rowHeight: number;
  readonly #shown: readonly string[];
  readonly #lit: ReadonlySet<number>;

  constructor(view: MvccView, frame: Frame, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    const { lanes } = frame;
    this.#stepWidth = frame.narrow ? STEP_WIDTH_NARROW : STEP_WIDTH;
    this.#x = scaleLinear([0, 1], [lanes.x, lanes.x + this.#stepWidth]);
    this.offset = windOn((view.clock.moment + 1.5) * this.#stepWidth, lanes.width);
    this.#from = this.offset / this.#stepWidth - (lanes.width / this.#stepWidth) * 0.4 - 1;
    this.#shown = lanesShown(view);
    const most = hasBetween(view) ? LANE_BETWEEN : LANE_MAX;
    this.#rowHeight = Math.min(most, (lanes.height - LANES_TITLE) / Math.max(2, this.#shown.length));
    this.#lit = new Set(view.subject.transactions);
  }

  #top(lane: string): number | undefined {
    const row = this.#shown.indexOf(lane);
    return row < 0 ? undefined : this.#frame.lanes.y + LANES_TITLE + row * this.#rowHeight;
  }

  lanes(): void {
    const { lanes, narrow } = this.#frame;
    this.#draw({
      id: 'title-lanes',
      kind: 'title',
      plane: 'page',
      x: 0,
      y: lanes.y,
      width: lanes.x + lanes.width,
      height: LANES_TITLE,
      text: 'Sessions',
      note: narrow ? '' : 'over time, one column for each thing that one of them does',
    });
    if (this.#shown.length === 0) {
      const place = { x: lanes.x, y: lanes.y + LANES_TITLE + 6, width: lanes.width, height: 14 };
      this.#draw({ id: 'lanes-none', kind: 'words', plane: 'page', ...place, text: 'Nobody has done anything yet.' });
    }
    for (const lane of this.#shown) {
      const open = this.#view.transactions.findLast((one) => one.lane === lane && one.to === undefined);
      this.#draw({
        id: `lane-${lane}`,
        kind: 'lane',
        plane: 'page',
        x: 0,
        y: this.#top(lane)!,
        width: lanes.x + lanes.width,
        height: this.#rowHeight,
        text: fitted(narrow && lane === ALONE ? 'alone' : laneName(lane), lanes.x - 12, 6),
        data: { lane },
        label: open ? transactionWords(open) : `Lane: ${laneName(lane)}`,
      });
    }
  }

  moments(): void {
    const { bytes, lanes } = this.#frame;
    const last = this.#view.clock.moment;
    this.#draw({
      id: 'moment-now',
      kind: 'moment',
      plane: 'time',
      x: this.#x(last + 1),
      y: lanes.y + LANES_TITLE - 4,
      width: 0,
      height: bytes.y + bytes.height - lanes.y - LANES_TITLE + 4,
    });
  }

  span(transaction: TransactionView): void {
    const { from, key, snapshot, state, to } = transaction;
    const top = this.#top(transaction.lane);
    const end = to ?? this.#view.clock.moment;
    if (top === undefined || end < this.#from || transaction.lane === ALONE) return;
    const x = this.#x(from) + 3;
    this.#draw({
      id: `span-${key}`,
      kind: 'span',
      plane: 'time',
      family: 'transaction',
      state: STATES[state],
      x,
      y: top + this.#rowHeight / 2 - 4,
      width: Math.max(4, this.#x(end + 1) - 3 - x),
      height: 8,
      variant: to === undefined ? 'open' : '',
      data: { transaction: nameOf(transaction), snapshot, outcome: state },
      seq: transaction.beganAt,
      select: { kind: 'event', seq: transaction.beganAt },
      lit: this.#lit.has(transaction.id) && key.startsWith(`${this.#view.life}.`),
      label: transactionWords(transaction),
    });
  }

  step(step: StepView): void {
    const top = this.#top(step.lane);
    if (top === undefined || step.moment < this.#from) return;
    const width = this.#stepWidth - 6;
    const text = stepText(step);
    this.#draw({
      id: `step-${step.id}`,
      kind: 'step',
      plane: 'time',
      family: 'transaction',
      x: this.#x(step.moment) + 3,
      y: top + (this.#rowHeight - CHIP) / 2,
      width,
      height: CHIP,
      text: fitted(text, width - 2, LETTER),
      variant: step.kind,
      data: { step: step.kind, lane: step.lane, ...(step.key && { key: keyText(step.key) }) },
      seq: step.seq,
      site: step.site,
      ...(step.lsn !== undefined && { lsn: step.lsn }),
      select: { kind: 'event', seq: step.seq },
      lit: step.seq === this.#view.seq,
      label: stepWords(step),
    });
  }

  // ---- who is in whose way

  /** Both rails that wrote one key, from the beginning of the later one's snapshot on. */
  clash(transaction: TransactionView): void {
    const { conflict, key } = transaction;
    if (!conflict) return;
    const other = this.#view.transactions.findLast((one) => one.lsn === conflict.lsn && one.key !== key);
    const both = [transaction, ...(other ? [other] : [])];
    const end = transaction.to ?? this.#view.clock.moment;
    both.forEach((one, index) => {
      const top = this.#top(one.lane);
      if (top === undefined || end < this.#from) return;
      const x = this.#x(one.from) + 1;
      const name = keyText(conflict.key);
      this.#draw({
        id: `clash-${key}-${index}`,
        kind: 'clash',
        plane: 'time',
        x,
        y: top + 1,
        width: Math.max(8, this.#x((one.to ?? this.#view.clock.moment) + 1) - 1 - x),
        height: this.#rowHeight - 2,
        text: index === 0 ? `both wrote ${fitted(name, 60, 6)}` : '',
        data: { clash: name, commit: conflict.lsn },
        lit: conflict.seq === this.#view.seq,
        label: `Both wrote ${name}, and neither saw the other: commit ${conflict.lsn} came first.`,
      });
    });
  }

  edge(edge: EdgeView): void {
    const { isDanger, keyHex, reader, writer, writerLsn } = edge;
    const from = this.#stepOf(reader, keyHex, ['read', 'scan']);
    const to = writer === undefined ? this.#stepAt(writerLsn) : this.#stepOf(writer, keyHex, ['put', 'delete']);
    if (!from || !to || Math.max(from.moment, to.moment) < this.#from) return;
    const [top, bottom] = [this.#top(from.lane), this.#top(to.lane)];
    if (top === undefined || bottom === undefined || top === bottom) return;
    const [x1, x2] = [from, to].map(({ moment }) => this.#x(moment) + this.#stepWidth / 2) as [number, number];
    const down = top < bottom;
    const y1 = (down ? top : bottom) + (this.#rowHeight + CHIP) / 2;
    const y2 = (down ? bottom : top) + (this.#rowHeight - CHIP) / 2;
    const name = keyText(edge.key);
    this.#draw({
      id: `edge-${edge.id}`,
      kind: 'edge',
      plane: 'time',
      x: Math.min(x1, x2),
      y: y1,
      width: Math.abs(x2 - x1),
      height: Math.max(1, y2 - y1),
      text: `rw ${fitted(name, 50, 6)}`,
      variant: `${down ? 'down' : 'up'} ${x1 <= x2 ? 'right' : 'left'}${isDanger ? ' danger' : ''}`,
      data: { edge: name, danger: isDanger ? 'yes' : 'no' },
      lit: edge.seq === this.#view.seq,
      label: `${this.#name(reader)} read ${name} as it was before ${writer === undefined ? `commit ${writerLsn}` : this.#name(writer)} changed it: it has to come first.`,
    });
  }

  #name(id: TransactionView['id']): string {
    const transaction = transactionOf(this.#view, id);
    return transaction ? nameOf(transaction) : `transaction ${id}`;
  }

  #stepOf(id: TransactionView['id'], keyHex: string, kinds: readonly StepView['kind'][]): StepView | undefined {
    const mine = transactionOf(this.#view, id);
    let found: StepView | undefined;
    for (const step of this.#view.steps) {
      if (step.transaction !== id || step.moment < (mine?.from ?? 0) || !kinds.includes(step.kind)) continue;
      // A scan is one step, and was told of its last key.
      if (step.keyHex === keyHex || step.kind === 'scan') found = step;
    }
    return found;
  }

  #stepAt(lsn: number | undefined): StepView | undefined {
    for (const step of this.#view.steps)
      if (step.lsn === lsn && (step.kind === 'put' || step.kind === 'delete' || step.kind === 'commit')) return step;
    return undefined;
  }

  // ---- what it costs

  /** Under each moment, what versions take at its end: live at the bottom, then what readers keep, then garbage. */
  bytes(): void {
    const { bytes, lanes, narrow } = this.#frame;
    const { samples } = this.#view;
    const now = samples.last() ?? { live: 0, held: 0, garbage: 0 };
    this.#draw({
      id: 'title-bytes',
      kind: 'title',
      plane: 'page',
      x: 0,
      y: bytes.y,
      width: lanes.x + lanes.width,
      height: LANES_TITLE,
      text: 'Bytes of versions',
      note: narrow ? `${digits(now.live + now.held + now.garbage)} B` : 'at the end of each moment',
    });
    const area = { y: bytes.y + LANES_TITLE, height: bytes.height - LANES_TITLE - 2 };
    const scale = scaleLinear([0, roundUp(maxOf(this.#view))], [0, area.height]);
    this.#swatches(now, area.y);
    for (let moment = Math.max(samples.first, Math.floor(this.#from)); moment < samples.end; moment++) {
      const sample = samples.get(moment);
      if (sample) this.#column(moment, sample, area, scale);
    }
  }

  #column(
    moment: number,
    sample: BytesView,
    area: { readonly y: number; readonly height: number },
    scale: (bytes: number) => number,
  ): void {
    let under = 0;
    for (const part of PARTS) {
      const height = scale(sample[part]);
      this.#draw({
        id: `bytes-${part}-${moment}`,
        kind: 'bytes',
        plane: 'time',
        family: 'version',
        x: this.#x(moment) + 0.5,
        y: area.y + area.height - under - height,
        width: this.#stepWidth - 1,
        height,
        variant: part,
        data: { bytes: part, moment, size: sample[part] },
        ...(sample[part] > 0 && { label: `${PART_WORDS[part]}: ${digits(sample[part])} bytes` }),
      });
      under += height;
    }
  }

  #swatches(now: BytesView, y: number): void {
    const { gutter } = this.#frame;
    PARTS.toReversed().forEach((part, row) => {
      this.#draw({
        id: `swatch-${part}`,
        kind: 'swatch',
        plane: 'page',
        family: 'version',
        x: 10,
        y: y + row * SWATCH_ROW,
        width: gutter - 14,
        height: 9,
        variant: part,
        text: gutter > 70 ? `${PART_NAMES[part]} ${digits(now[part])}` : digits(now[part]),
        data: { total: part, size: now[part] },
        label: `${PART_WORDS[part]}: ${digits(now[part])} bytes now`,
      });
    });
  }
}

const SWATCH_ROW = 13;
export const BYTES_HEIGHT = LANES_TITLE + 3 * SWATCH_ROW + 4;
const PARTS = ['live', 'held', 'garbage'] as const;
const PART_NAMES = { live: 'live', held: 'kept', garbage: 'garbage' } as const;
const PART_WORDS = {
  live: 'Live, the newest version of each key',
  held: 'Kept, older versions that a snapshot in use still needs',
  garbage: 'Garbage, versions that nobody can read any more',
} as const;

function maxOf({ samples }: MvccView): number {
  let most = 0;
  samples.each(({ garbage, held, live }) => (most = Math.max(most, live + held + garbage)));
  return most;
}

/** So that the scale stands still for a while. */
const roundUp = (bytes: number): number => 2 ** Math.ceil(Math.log2(Math.max(64, bytes * 1.05)));
