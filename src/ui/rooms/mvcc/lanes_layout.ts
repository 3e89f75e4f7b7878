/**
 * Sessions over time: a lane for each, a column for each moment (`clock.ts`), and a rail from the beginning of a transaction to
 * its end. What overlaps in time stands over one another: a conflict is two rails that both have a write of one key, and a
 * dependency is an arrow from who read to who changed it. The strip of time is in `columns.ts`.
 */
import type { Box } from '../../marks/scene';
import type { MarkState } from '../../marks/states';
import { digits, fitted, keyText, plural } from '../../marks/units';
import { drawBytes } from './bytes_layout';
import { alongEdge, placeCaptions, type Point, type Wanted } from './captions';
import { Columns } from './columns';
import {
  ALONE,
  STORE,
  transactionOf,
  type EdgeView,
  type MvccView,
  type StepView,
  type StrayView,
  type TransactionState,
  type TransactionView,
} from './model';
import type { Draw, Frame } from './scene';
import type { Sizes } from './sizes';
import { laneName, nameOf, stepText, stepWords, strayText, transactionWords } from './words';

export const LANES_TITLE = 16;
const LANE_MAX = 30;
const LANE_BETWEEN_MAX = 38;
const LANES_SHOWN = 7;
const LETTER = 5.7;
const TITLE_LETTER = 6.3;

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

export const lanesHeight = (view: MvccView, { lane, laneBetween }: Sizes): number =>
  LANES_TITLE + lanesCount(view) * (hasBetween(view) ? laneBetween : lane);
/** More would be empty. */
export const lanesHeightMax = (view: MvccView): number =>
  LANES_TITLE + lanesCount(view) * (hasBetween(view) ? LANE_BETWEEN_MAX : LANE_MAX);

const lanesCount = (view: MvccView): number => Math.max(2, lanesShown(view).length);

const hasBetween = ({ edges, steps, transactions }: MvccView): boolean =>
  edges.length > 0 || transactions.some(({ conflict }) => conflict !== undefined) || hasStray(steps);

function hasStray(steps: MvccView['steps']): boolean {
  for (const { stray } of steps) if (stray) return true;
  return false;
}

/** @returns how far the strip of time is wound on */
export function drawSessions(view: MvccView, frame: Frame, draw: Draw): number {
  const lanes = new Lanes(view, frame, draw);
  lanes.lanes();
  lanes.moments();
  for (const transaction of view.transactions) lanes.span(transaction);
  for (const edge of view.edges) lanes.edge(edge);
  for (const step of view.steps) lanes.step(step);
  for (const transaction of view.transactions) lanes.clash(transaction);
  lanes.captions();
  drawBytes(view, frame, lanes.columns, draw);
  return lanes.columns.offset;
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
  readonly columns: Columns;
  readonly #view: MvccView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #rowHeight: number;
  readonly #chip: number;
  readonly #shown: readonly string[];
  readonly #lit: ReadonlySet<number>;
  readonly #chips: Box[] = [];
  readonly #wanted: (Wanted & { readonly id: string; readonly text: string; readonly variant: string })[] = [];

  constructor(view: MvccView, frame: Frame, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    const { lanes } = frame;
    this.columns = new Columns(view.clock.moment, lanes, frame.narrow);
    this.#shown = lanesShown(view);
    this.#rowHeight = (lanes.height - LANES_TITLE) / Math.max(2, this.#shown.length);
    this.#chip = frame.sizes.chip;
    this.#lit = new Set(view.subject.transactions);
  }

  #x(moment: number): number {
    return this.columns.x(moment);
  }

  #top(lane: string): number | undefined {
    const row = this.#shown.indexOf(lane);
    return row < 0 ? undefined : this.#frame.lanes.y + LANES_TITLE + row * this.#rowHeight;
  }

  lanes(): void {
    const { lanes, narrow } = this.#frame;
    const all = this.#view.lanes.length;
    const title = all > this.#shown.length ? `Sessions, ${this.#shown.length} of ${all}` : 'Sessions';
    this.#draw({
      id: 'title-lanes',
      kind: 'title',
      plane: 'page',
      x: 0,
      y: lanes.y,
      width: lanes.x + lanes.width,
      height: LANES_TITLE,
      text: title,
      note: narrow ? '' : 'over time, one column for each thing that one of them does',
    });
    this.#earlier(Math.max(lanes.x + 4, 22 + title.length * TITLE_LETTER));
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

  /** What has gone out at the left: how much, and a way there. */
  #earlier(x: number): void {
    const { hidden } = this.columns;
    if (hidden === 0) return;
    const { bytes, lanes } = this.#frame;
    const parts = [lanes, bytes].map((part) => ({
      y: part.y + LANES_TITLE - 2,
      height: part.height - LANES_TITLE + 2,
    }));
    parts.forEach((part, index) =>
      this.#draw({
        id: `lanes-cut-${index}`,
        kind: 'row',
        plane: 'page',
        x: lanes.x,
        width: 0,
        ...part,
        variant: 'cut',
      }),
    );
    let last: StepView | undefined;
    for (const step of this.#view.steps) if (step.moment < hidden) last = step;
    const text = `‹ ${digits(hidden)} earlier${last ? `: to step ${digits(last.seq + 1)}` : ''}`;
    this.#draw({
      id: 'lanes-earlier',
      kind: 'earlier',
      plane: 'page',
      x,
      y: lanes.y - 1,
      width: text.length * LETTER + 4,
      height: LANES_TITLE - 3,
      text,
      data: { earlier: hidden },
      wordsAbove: true,
      ...(last && { select: { kind: 'event', seq: last.seq } as const }),
      label: `${plural(hidden, 'moment')} before these went out at the left; the step field, the rug, or this, lead back to them.`,
    });
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
    if (top === undefined || end < this.columns.first || transaction.lane === ALONE) return;
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
    if (top === undefined || step.moment < this.columns.first) return;
    const width = this.columns.width - 6;
    const text = stepText(step);
    const y = top + (this.#rowHeight - this.#chip) / 2;
    const chip: Box = { x: this.#x(step.moment) + 3, y, width, height: this.#chip };
    this.#chips.push(chip);
    this.#draw({
      id: `step-${step.id}`,
      kind: 'step',
      plane: 'time',
      family: 'transaction',
      ...chip,
      text: fitted(text, width - 2, LETTER),
      variant: step.stray ? `${step.kind} stray` : step.kind,
      data: {
        step: step.kind,
        lane: step.lane,
        ...(step.key && { key: keyText(step.key) }),
        ...(step.stray && { stray: step.stray.why }),
      },
      seq: step.seq,
      site: step.site,
      ...(step.lsn !== undefined && { lsn: step.lsn }),
      select: { kind: 'event', seq: step.seq },
      lit: step.seq === this.#view.seq,
      label: stepWords(step),
    });
    if (step.stray && step.moment >= this.columns.hidden) this.#wantStray(step.id, step.stray, chip, top);
  }

  /** Under the chip that read it, or over it. */
  #wantStray(id: string, stray: StrayView, chip: Box, top: number): void {
    const text = strayText(stray);
    const width = text.length * LETTER + 8;
    const middle = chip.x + chip.width / 2;
    const places = [top + this.#rowHeight, top].flatMap((y) =>
      [0, width / 4, -width / 4, width / 2, -width / 2].map((aside) => ({ x: middle + aside, y })),
    );
    this.#wanted.push({ id: `caption-stray-${id}`, text, variant: 'danger', width, places, line: [] });
  }

  // ---- who is in whose way

  /** Both rails that wrote one key, from the beginning of the later one's snapshot on. */
  clash(transaction: TransactionView): void {
    const { conflict, key, lsn } = transaction;
    if (!conflict) return;
    const other = this.#view.transactions.findLast((one) => one.lsn === conflict.lsn && one.key !== key);
    const both = [transaction, ...(other ? [other] : [])];
    // Nothing is lost by whoever is refused: that one went through means that nobody checked.
    const isLost = lsn !== undefined;
    const end = transaction.to ?? this.#view.clock.moment;
    if (end >= this.columns.hidden) this.#wantClash(transaction, other);
    both.forEach((one, index) => {
      const top = this.#top(one.lane);
      if (top === undefined || end < this.columns.first) return;
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
        data: { clash: name, commit: conflict.lsn },
        lit: conflict.seq === this.#view.seq,
        label: `Both wrote ${name}, and neither saw the other: commit ${conflict.lsn} came first${isLost ? ', and the other one hides it' : ''}.`,
      });
    });
  }

  /** Between the two, as near as can be to where the later one was refused. */
  #wantClash({ conflict, from, key, lane, lsn, to }: TransactionView, other: TransactionView | undefined): void {
    const top = this.#top(lane);
    if (top === undefined) return;
    const text = `${lsn === undefined ? 'both wrote' : 'lost update:'} ${fitted(keyText(conflict!.key), 60, 6)}`;
    const width = text.length * LETTER + 8;
    const isUnder = other === undefined || (this.#top(other.lane) ?? 0) < top;
    const gaps = isUnder ? [top, top + this.#rowHeight] : [top + this.#rowHeight, top];
    const [left, right] = [this.#x(from), this.#x((to ?? this.#view.clock.moment) + 1)];
    const places = gaps.flatMap((y) => acrossFrom(right - width / 2 - 6, left + width / 2).map((x) => ({ x, y })));
    this.#wanted.push({ id: `caption-${key}`, text, variant: 'danger', width, places, line: [] });
  }

  edge(edge: EdgeView): void {
    const { isDanger, keyHex, reader, writer, writerLsn } = edge;
    const from = this.#stepOf(reader, keyHex, ['read', 'scan']);
    const to = writer === undefined ? this.#stepAt(writerLsn) : this.#stepOf(writer, keyHex, ['put', 'delete']);
    if (!from || !to || Math.max(from.moment, to.moment) < this.columns.first) return;
    const [top, bottom] = [this.#top(from.lane), this.#top(to.lane)];
    if (top === undefined || bottom === undefined || top === bottom) return;
    const [x1, x2] = [from, to].map(({ moment }) => this.#x(moment) + this.columns.width / 2) as [number, number];
    const down = top < bottom;
    const y1 = (down ? top : bottom) + (this.#rowHeight + this.#chip) / 2;
    const y2 = (down ? bottom : top) + (this.#rowHeight - this.#chip) / 2;
    const name = keyText(edge.key);
    if (Math.max(from.moment, to.moment) >= this.columns.hidden)
      this.#wantEdge(edge, down ? { x: x1, y: y1 } : { x: x1, y: y2 }, down ? { x: x2, y: y2 } : { x: x2, y: y1 });
    this.#draw({
      id: `edge-${edge.id}`,
      kind: 'edge',
      plane: 'time',
      x: Math.min(x1, x2),
      y: y1,
      width: Math.abs(x2 - x1),
      height: Math.max(1, y2 - y1),
      variant: `${down ? 'down' : 'up'} ${x1 <= x2 ? 'right' : 'left'}${isDanger ? ' danger' : ''}`,
      data: { edge: name, danger: isDanger ? 'yes' : 'no' },
      lit: edge.seq === this.#view.seq,
      label: `${this.#name(reader)} read ${name} as it was before ${writer === undefined ? `commit ${writerLsn}` : this.#name(writer)} changed it: it has to come first.`,
    });
  }

  /** On its arrow, in a gap between lanes, and rather near its reader. */
  #wantEdge({ id, isDanger, key }: EdgeView, from: Point, to: Point): void {
    const text = `rw ${fitted(keyText(key), 50, 6)}`;
    const line = Array.from({ length: 25 }, (_, i) => alongEdge(from, to, i / 24));
    const first = this.#frame.lanes.y + LANES_TITLE;
    const places = SHARES.map((share) => {
      const { x, y } = alongEdge(from, to, share);
      const row = Math.round((y - first) / this.#rowHeight);
      return { x, y: first + Math.max(1, Math.min(this.#shown.length - 1, row)) * this.#rowHeight };
    });
    const variant = isDanger ? 'danger' : '';
    this.#wanted.push({ id: `caption-${id}`, text, variant, width: text.length * LETTER + 8, places, line });
  }

  /** All words of conflicts, when it is known what lies where. */
  captions(): void {
    const { lanes } = this.#frame;
    const from = lanes.x + this.columns.offset;
    const boxes = placeCaptions(this.#wanted, this.#chips, { from, to: from + lanes.width });
    this.#wanted.forEach(({ id, text, variant }, i) => {
      const box = boxes[i];
      if (box) this.#draw({ id, kind: 'caption', plane: 'time', ...box, text, variant });
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
}

/** Where on an arrow its words may be, in this order. */
const SHARES = [0.4, 0.5, 0.3, 0.6, 0.2, 0.7, 0.1, 0.8, 0.9];

/** Places from one to the other, a few pixels apart. */
const acrossFrom = (right: number, left: number): readonly number[] =>
  Array.from({ length: Math.max(1, Math.floor((right - left) / 12)) }, (_, i) => right - i * 12);
