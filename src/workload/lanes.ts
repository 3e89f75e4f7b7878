/**
 * Sessions side by side, on one clock of ticks: what each of them wants to do, and when; and what becomes of it if every
 * read takes a lock.
 *
 *     tick      0       1        2        3        4        5        6
 *     T1        begin   read a   .        .        commit
 *     T2        .       begin    write a  commit                           with versions: as planned
 *     T2        .       begin    ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄  write a  commit         with locks: waits until T1 has ended
 *
 * The locks are a model, not an engine: strict two-phase locking as the textbooks have it (Eswaran, Gray, Lorie, Traiger
 * 1976). A read takes a shared lock on its key, a scan one on its whole range, gaps too, a write an exclusive one; all are
 * held until the transaction ends. Requests are served in the order in which they came, but who holds a shared lock and wants
 * more goes first. Whoever would close a circle of waiting is thrown out at once, and begins again.
 *
 *   N1  A step takes one tick, waiting or not; a session does one step at a time, in order, and none before its planned tick.
 *   N2  What is let go at the end of a transaction can be had from the next tick on.
 */
import { assert } from '../base/assert';

export type LaneAction =
  | readonly ['begin']
  | readonly ['read', key: string]
  | readonly ['write', key: string]
  /** All keys in `[from, to)`. */
  | readonly ['scan', from: string, to: string]
  | readonly ['commit'];

export interface PlannedStep {
  readonly tick: number;
  readonly action: LaneAction;
}

/** Each lane one transaction, from its beginning to its end. */
export interface LanePlan {
  readonly lanes: readonly (readonly PlannedStep[])[];
}

/** A step that was taken, at its tick; from `askedAt` on its session waited for it. */
export interface LaneStep {
  readonly lane: number;
  /** 0: the first try. */
  readonly attempt: number;
  /** Its place in the plan of the lane. */
  readonly step: number;
  readonly askedAt: number;
  readonly tick: number;
  readonly how: 'done' | 'refused';
  /** The lanes that were in the way when it began to wait; empty: it did not wait. */
  readonly waitedFor: readonly number[];
  /** What a read gave, in words. */
  readonly read?: string;
}

export interface LaneRun {
  readonly steps: readonly LaneStep[];
  /** All is over after so many. */
  readonly ticks: number;
}

/** Who waited at all. */
export const waitingLanes = ({ steps }: LaneRun): readonly number[] =>
  [...new Set(steps.flatMap(({ lane, waitedFor }) => (waitedFor.length > 0 ? [lane] : [])))].sort((a, b) => a - b);

/** Who was thrown out, or refused, and had to begin again. */
export const repeatedLanes = ({ steps }: LaneRun): readonly number[] =>
  [...new Set(steps.flatMap(({ how, lane }) => (how === 'refused' ? [lane] : [])))].sort((a, b) => a - b);

/** Ticks spent waiting, all sessions together. */
export const waitedTicks = ({ steps }: LaneRun): number =>
  steps.reduce((sum, { askedAt, tick, waitedFor }) => sum + (waitedFor.length > 0 ? tick - askedAt : 0), 0);

/** Whether nothing hangs on who comes first in a tick: none has a commit beside another step, or two that exclude each other. */
export function hasNoTies({ lanes }: LanePlan): boolean {
  const planned = lanes.flatMap((steps, lane) => steps.map((step) => ({ ...step, lane })));
  return planned.every((one, place) =>
    planned
      .slice(place + 1)
      .every((other) => one.lane === other.lane || one.tick !== other.tick || canSwap(one, other)),
  );
}

function canSwap(one: PlannedStep, other: PlannedStep): boolean {
  if (one.action[0] === 'commit' || other.action[0] === 'commit') return false;
  const [a, b] = [lockOf(0, one.action), lockOf(1, other.action)];
  return a === undefined || b === undefined || !conflict(a, b);
}

// ---- the model

interface Lock {
  readonly lane: number;
  readonly mode: 'shared' | 'exclusive';
  /** A range; of one key, `to` is the key itself. */
  readonly from: string;
  readonly to: string;
}

interface Waiting {
  readonly askedAt: number;
  readonly waitedFor: readonly number[];
  readonly lock: Lock;
}

interface Lane {
  readonly steps: readonly PlannedStep[];
  next: number;
  attempt: number;
  /** Of a later try: steps come as quickly as they can. */
  freeFrom: number;
  waiting: Waiting | undefined;
}

const TICKS_MAX = 1000;

/** The same plan, if readers took locks. */
export function withLocks(plan: LanePlan): LaneRun {
  return new LockModel(plan).run();
}

class LockModel {
  readonly #lanes: readonly Lane[];
  readonly #steps: LaneStep[] = [];
  #held: Lock[] = [];
  /** N2: given back in this tick. */
  #ending: number[] = [];
  /** Lanes that wait, in the order in which they asked. */
  #queue: number[] = [];

  constructor({ lanes }: LanePlan) {
    this.#lanes = lanes.map((steps) => ({ steps, next: 0, attempt: 0, freeFrom: 0, waiting: undefined }));
  }

  run(): LaneRun {
    let tick = 0;
    for (; this.#lanes.some(({ next, steps }) => next < steps.length); tick++) {
      assert(tick < TICKS_MAX, 'every wait ends: circles are broken');
      // Who waits longest is served first; the others come in the order of their lanes.
      const waiting = [...this.#queue];
      for (const lane of [...waiting, ...this.#lanes.keys()].filter((one, i, all) => all.indexOf(one) === i))
        this.#turn(lane, tick);
      for (const lane of this.#ending.splice(0)) this.#held = this.#held.filter((lock) => lock.lane !== lane);
    }
    return { steps: this.#steps, ticks: tick };
  }

  #turn(number: number, tick: number): void {
    const lane = this.#lanes[number]!;
    const planned = lane.steps[lane.next];
    if (planned === undefined || tick < lane.freeFrom) return;
    if (lane.attempt === 0 && tick < planned.tick) return;
    const lock = lockOf(number, planned.action);
    const inTheWay = lock === undefined ? [] : this.#inTheWay(lock);
    if (lock === undefined || inTheWay.length === 0) this.#take(number, tick, lock);
    else if (lane.waiting === undefined) this.#wait(number, tick, lock, inTheWay);
  }

  #take(number: number, tick: number, lock: Lock | undefined): void {
    const lane = this.#lanes[number]!;
    if (lock) this.#held.push(lock);
    this.#note(number, tick, 'done');
    this.#queue = this.#queue.filter((one) => one !== number);
    if (lane.steps[lane.next]!.action[0] === 'commit') this.#ending.push(number);
    lane.next++;
    lane.waiting = undefined;
    lane.freeFrom = tick + 1;
  }

  #wait(number: number, tick: number, lock: Lock, inTheWay: readonly number[]): void {
    const lane = this.#lanes[number]!;
    lane.waiting = { askedAt: tick, waitedFor: inTheWay, lock };
    this.#queue.push(number);
    if (!this.#closesCircle(number)) return;
    this.#note(number, tick, 'refused');
    this.#queue = this.#queue.filter((one) => one !== number);
    this.#ending.push(number);
    Object.assign(lane, { next: 0, attempt: lane.attempt + 1, waiting: undefined, freeFrom: tick + 1 });
  }

  #note(lane: number, tick: number, how: LaneStep['how']): void {
    const { attempt, next, waiting } = this.#lanes[lane]!;
    const isLate = waiting !== undefined && tick > waiting.askedAt;
    this.#steps.push({
      lane,
      attempt,
      step: next,
      askedAt: isLate ? waiting.askedAt : tick,
      tick,
      how,
      waitedFor: isLate ? waiting.waitedFor : [],
    });
  }

  /** Those who hold what it wants, and those who asked for it before. */
  #inTheWay(lock: Lock): number[] {
    const upgrades = this.#held.some((held) => held.lane === lock.lane && overlap(held, lock));
    const place = this.#queue.indexOf(lock.lane);
    const earlier = upgrades ? [] : this.#queue.slice(0, place === -1 ? undefined : place);
    const asked = earlier.flatMap((lane) => this.#lanes[lane]!.waiting?.lock ?? []);
    const against = [...this.#held, ...asked].filter((other) => other.lane !== lock.lane && conflict(other, lock));
    return [...new Set(against.map(({ lane }) => lane))].sort((a, b) => a - b);
  }

  #closesCircle(start: number): boolean {
    const seen = new Set<number>();
    const places = [start];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const { waiting } = this.#lanes[place]!;
      for (const next of waiting ? this.#inTheWay(waiting.lock) : []) {
        if (next === start) return true;
        if (!seen.has(next)) places.push(next);
        seen.add(next);
      }
    }
    return false;
  }
}

function lockOf(lane: number, action: LaneAction): Lock | undefined {
  switch (action[0]) {
    case 'read':
      return { lane, mode: 'shared', from: action[1], to: action[1] };
    case 'scan':
      return { lane, mode: 'shared', from: action[1], to: action[2] };
    case 'write':
      return { lane, mode: 'exclusive', from: action[1], to: action[1] };
    default:
      return undefined;
  }
}

const conflict = (a: Lock, b: Lock): boolean => (a.mode === 'exclusive' || b.mode === 'exclusive') && overlap(a, b);

/** A range leaves its upper end out; of one key, both ends are the key. */
function overlap(a: Lock, b: Lock): boolean {
  const starts = (one: Lock, other: Lock): boolean =>
    one.from >= other.from && (one.from < other.to || (other.from === other.to && one.from === other.from));
  return starts(a, b) || starts(b, a);
}
