/**
 * The lanes: one line per client, who waits, what the store's thread does, and how far the log is durable, all over one
 * piece of virtual time.
 *
 *     client 1   ○ - - |————————————●            ○ intended, | sent, — waiting, ● told
 *     client 2        ○|————————————●
 *     waiting        __|‾‾‾|________             how many were sent and are not yet in the file
 *     thread           [wr][ flush  ]            one bracket "n = 2" over what they share
 *     log        ______|‾‾ written               the durable line jumps when the flush returns
 *                __________________|‾‾ durable
 *
 * Everything is a pure function of the run, the window and the width, in pixels of one scale.
 */
import type { TrafficRun, TrafficStretch, TrafficWork } from '../protocol/traffic';
import { stretchesIn } from './traffic_reasons';
import { quantile } from './traffic_times';

/** A piece of virtual time, in microseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

// ---- what of a run never changes while one looks at it

/** A step line: from `at[i]` on the value is `value[i]`; before, 0. */
export interface Steps {
  readonly at: Float64Array;
  readonly value: Float64Array;
}

export interface LaneIndex {
  readonly run: TrafficRun;
  /** Numbers of each client's commits, in the order they were intended. */
  readonly byClient: readonly (readonly number[])[];
  /** Sent, and not yet handed to the file. */
  readonly waiting: Steps;
  readonly written: Steps;
  readonly durable: Steps;
}

export function indexRun(run: TrafficRun): LaneIndex {
  const { clients } = run.settings;
  const byClient: number[][] = Array.from({ length: clients }, () => []);
  run.commits.client.forEach((client, number) => byClient[client]!.push(number));
  const groups = run.groups.map(({ commits, flushed, written }) => ({ commits, flushed, written }));
  let total = 0;
  const sums = groups.map(({ commits }) => (total += commits));
  return {
    run,
    byClient,
    waiting: waitingSteps(run),
    written: stepsOf(groups.map(({ written }, i) => [written, sums[i]!])),
    // A flush covers all that was written before it, also groups that did not wait for one of their own.
    durable: stepsOf(groups.flatMap(({ flushed }, i) => (flushed > 0 ? [[flushed, sums[i]!] as const] : []))),
  };
}

function waitingSteps({ commits: { sent, written } }: TrafficRun): Steps {
  const changes = [
    ...Array.from(sent, (at): [number, number] => [at, 1]),
    ...Array.from(written, (at): [number, number] => [at, -1]),
  ];
  // At one moment those who leave go first.
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let count = 0;
  return stepsOf(changes.map(([at, change]) => [at, (count += change)] as const));
}

const stepsOf = (steps: readonly (readonly [number, number])[]): Steps => ({
  at: Float64Array.from(steps, ([at]) => at),
  value: Float64Array.from(steps, ([, value]) => value),
});

/** The index of the last step at or before a time; -1 before the first. */
export function stepAt({ at }: Steps, time: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export const valueAt = (steps: Steps, time: number): number => steps.value[stepAt(steps, time)] ?? 0;

// ---- the window

export const LEAST_SPAN_MICROS = 20;

/** So many checkpoints in a run and they are what it is about. */
const CHECKPOINTS_MANY = 5;

/** Where something happens: the first slow flush or checkpoint, or else the first group that is as large as most. */
export function firstWindow({ checkpoints, groups, micros, moments }: TrafficRun): Span {
  const wanted = checkpoints >= CHECKPOINTS_MANY ? 'checkpoint_started' : 'slow_flush';
  const moment = moments.find(({ kind }) => kind === wanted);
  const sizes = Float64Array.from(groups, ({ commits }) => commits).sort();
  const usual = groups.find(({ commits }) => commits >= quantile(sizes, 0.75));
  const at = moment?.at ?? usual?.begun ?? 0;
  const busy = groups.map(({ begun, flushed, written }) => Math.max(written, flushed) - begun);
  const cycle = quantile(Float64Array.from(busy).sort(), 0.5);
  const length = Math.max(LEAST_SPAN_MICROS, cycle * (moment === undefined ? 6 : 16));
  return clampSpan({ from: at - length / 4, to: at + (length * 3) / 4 }, micros);
}

/** Around one commit, with some of what was before and after it. */
export function windowOf(run: TrafficRun, number: number): Span {
  const from = run.commits.intended[number]!;
  const to = run.commits.told[number]!;
  const margin = (to - from) * 0.2;
  return clampSpan({ from: from - margin, to: to + margin }, run.micros);
}

/** Inside the run, keeping its length where it can; a little room at either end. */
export function clampSpan({ from, to }: Span, micros: number): Span {
  const margin = micros * 0.01;
  const length = Math.min(micros + 2 * margin, Math.max(LEAST_SPAN_MICROS, to - from));
  const start = Math.min(micros + margin - length, Math.max(-margin, from));
  return { from: start, to: start + length };
}

/** @param factor above 1 zooms out. The time at `at` stays where it is. */
export function zoomed({ from, to }: Span, factor: number, at: number, micros: number): Span {
  return clampSpan({ from: at - (at - from) * factor, to: at + (to - at) * factor }, micros);
}

export const moved = ({ from, to }: Span, by: number, micros: number): Span =>
  clampSpan({ from: from + by, to: to + by }, micros);

// ---- what is in it

/** Pixels; a commit may begin or end outside the window. */
export interface LaneMark {
  readonly number: number;
  readonly intended: number;
  readonly sent: number;
  readonly written: number;
  readonly told: number;
}
export interface ClientLane {
  readonly client: number;
  readonly marks: readonly LaneMark[];
}
export interface ThreadBox {
  readonly work: TrafficWork;
  readonly x: number;
  readonly width: number;
  readonly slow: boolean;
}
export interface Bracket {
  readonly group: number;
  readonly x: number;
  readonly width: number;
  readonly commits: number;
}
export interface LanesView {
  readonly lanes: readonly ClientLane[];
  /** Clients without a lane. */
  readonly more: number;
  readonly boxes: readonly ThreadBox[];
  readonly brackets: readonly Bracket[];
  readonly waiting: readonly Point[];
  readonly waitingMost: number;
  readonly written: readonly Point[];
  readonly durable: readonly Point[];
  /** Commits written before the window, and by its end: the scale of both lines. */
  readonly range: readonly [number, number];
}
export type Point = readonly [x: number, value: number];

/** @param first A client that has to be in sight. */
export function lanesIn(index: LaneIndex, span: Span, width: number, lanesMax: number, first?: number): LanesView {
  const { run } = index;
  const x = (time: number): number => ((time - span.from) / (span.to - span.from)) * width;
  const clients = shownClients(run.settings.clients, lanesMax, first);
  const waiting = pixelSteps(index.waiting, span, x);
  return {
    lanes: clients.map((client) => ({ client, marks: marksOf(index, client, span, x) })),
    more: run.settings.clients - clients.length,
    boxes: boxesIn(run, span, x),
    brackets: bracketsIn(run, span, x),
    waiting,
    waitingMost: Math.max(1, ...waiting.map(([, count]) => count)),
    written: pixelSteps(index.written, span, x),
    durable: pixelSteps(index.durable, span, x),
    range: [valueAt(index.durable, span.from), Math.max(1, valueAt(index.written, span.to))],
  };
}

function shownClients(clients: number, lanesMax: number, first: number | undefined): number[] {
  const shown = Array.from({ length: Math.min(clients, lanesMax) }, (_, client) => client);
  if (first !== undefined && first >= shown.length) shown[shown.length - 1] = first;
  return shown;
}

/** A client's commits that are under way in the window. An open loop can have many under way at once. */
function marksOf(
  { byClient, run }: LaneIndex,
  client: number,
  { from, to }: Span,
  x: (time: number) => number,
): LaneMark[] {
  const { intended, sent, told, written } = run.commits;
  return byClient[client]!.filter((number) => intended[number]! <= to && told[number]! >= from).map((number) => ({
    number,
    intended: x(intended[number]!),
    sent: x(sent[number]!),
    written: x(written[number]!),
    told: x(told[number]!),
  }));
}

/** Boxes narrower than this are drawn together with their neighbours of the same kind. */
const TOGETHER = 0.75;

function boxesIn(run: TrafficRun, { from, to }: Span, x: (time: number) => number): ThreadBox[] {
  const slow = new Set(run.moments.filter(({ kind }) => kind === 'slow_flush').map(({ at }) => at));
  const boxes: ThreadBox[] = [];
  const last = new Map<TrafficWork, number>();
  for (const stretch of stretchesIn(run.stretches, from, to)) {
    const box = boxOf(stretch, x, slow);
    const before = boxes[last.get(stretch.work) ?? -1];
    const joins = before && box.width < TOGETHER && box.x - (before.x + before.width) < TOGETHER && !box.slow;
    if (joins) boxes[last.get(stretch.work)!] = { ...before, width: box.x + box.width - before.x };
    else last.set(stretch.work, boxes.push(box) - 1);
  }
  return boxes;
}

const boxOf = (
  { from, to, work }: TrafficStretch,
  x: (time: number) => number,
  slow: ReadonlySet<number>,
): ThreadBox => ({
  work,
  x: x(from),
  width: x(to) - x(from),
  slow: slow.has(from),
});

function bracketsIn({ groups }: TrafficRun, { from, to }: Span, x: (time: number) => number): Bracket[] {
  return groups.flatMap(({ begun, commits, flushed, written }, group) => {
    const end = Math.max(flushed, written);
    if (end < from || begun > to) return [];
    return [{ group, x: x(begun), width: x(end) - x(begun), commits }];
  });
}

/** A step line over the window, at most two steps a pixel: to the largest value in it, and to the one it leaves with. */
function pixelSteps(steps: Steps, { from, to }: Span, x: (time: number) => number): Point[] {
  const points: [number, number][] = [[x(from), valueAt(steps, from)]];
  let pixel = -Infinity;
  let last = points[0]![1];
  for (let i = stepAt(steps, from) + 1; i < steps.at.length && steps.at[i]! <= to; i++) {
    const place = x(steps.at[i]!);
    const top = points.at(-1)!;
    if (Math.floor(place) === pixel) top[1] = Math.max(top[1], steps.value[i]!);
    else {
      if (last !== top[1]) points.push([pixel + 1, last]);
      points.push([place, steps.value[i]!]);
      pixel = Math.floor(place);
    }
    last = steps.value[i]!;
  }
  if (last !== points.at(-1)![1]) points.push([pixel + 1, last]);
  points.push([x(to), last]);
  return points;
}

/** A step line as a path: across, then up or down. */
export function stepPath(points: readonly Point[], y: (value: number) => number): string {
  return points
    .map(([x, value], i) =>
      i === 0 ? `M${x.toFixed(1)} ${y(value).toFixed(1)}` : `H${x.toFixed(1)}V${y(value).toFixed(1)}`,
    )
    .join('');
}
