/**
 * I/O error loops: every call of a run fails once, and for ever from there on, in every way it can.
 *
 *     for (const progress of ioErrorLoops(subject, { seed: 1 })) …       its return value is the summary
 *
 * A budget (`perLoop`) and slices work as in the damage census.
 */
import { inTurns, sliceOf, spread, type Slice } from '../damage/share';
import type { CrashSubject, ProtectionSwitches } from '../subject';
import { faultInWords, LOOP_NAMES, plannedFaults, type LoopName } from './faults';
import { LOOP_OUTCOMES, runWithFault, soundRun, type Crossed, type LoopOutcome, type LoopResult } from './run';
import { faultWorkload } from './workload';

export interface IoErrorOptions {
  readonly seed: number;
  /** At most so many trials of each loop. */
  readonly perLoop?: number;
  /** So many of them are crossed with a crash at every point after the fault; absent: none. */
  readonly crossedPerLoop?: number;
  readonly loops?: readonly LoopName[];
  readonly slice?: Slice;
  /** Points of each crossed run, evenly spread; absent: all. */
  readonly crossedPointsMax?: number;
  /** Asked before each trial: true ends the loops there. */
  readonly isOver?: () => boolean;
  /** For mutants. */
  readonly protections?: ProtectionSwitches;
}

/** Trials by how they ended; see `LoopOutcome`. */
export type LoopCounts = Readonly<Record<LoopOutcome | 'made', number>>;

export interface IoErrorFailure {
  readonly fault: string;
  readonly why: string;
}

export interface IoErrorSummary {
  readonly subject: string;
  readonly seed: number;
  readonly total: LoopCounts;
  readonly loops: Readonly<Record<LoopName, LoopCounts>>;
  /** Runs that were crossed with a crash at every point after the fault, and what came of it. */
  readonly crossed: Crossed & { readonly runs: number };
  /** The first ones. */
  readonly failures: readonly IoErrorFailure[];
}

export interface IoErrorProgress {
  readonly made: number;
  readonly toMake: number;
  readonly broken: number;
}

const FAILURES_KEPT = 20;

/** Yields after every trial. */
export function* ioErrorLoops(
  subject: CrashSubject,
  options: IoErrorOptions,
): Generator<IoErrorProgress, IoErrorSummary> {
  const actions = faultWorkload();
  const { crossedPerLoop = 0, crossedPointsMax, perLoop = Infinity, protections, seed } = options;
  const sound = soundRun(subject, actions, seed);
  const planned = (options.loops ?? LOOP_NAMES).flatMap((loop) => {
    const trials = spread([...plannedFaults(loop, sound)], perLoop, seed);
    const toCross = new Set(spread(trials, crossedPerLoop, seed));
    return trials.map((fault) => ({ fault, isCrossed: toCross.has(fault) }));
  });
  const faults = inTurns(sliceOf(planned, options.slice), ({ fault }) => fault.loop);
  const loops = noLoops();
  const failures: IoErrorFailure[] = [];
  let broken = 0;
  const crossed = { runs: 0, ...NOT_CROSSED };
  for (const [i, { fault, isCrossed }] of faults.entries()) {
    if (options.isOver?.() === true) break;
    const points = crossedPointsMax !== undefined && { crossedPointsMax };
    const how = { isCrossed, ...points, ...(protections !== undefined && { protections }) };
    const result: LoopResult = runWithFault(subject, actions, seed, fault, sound, how);
    if (isCrossed) addCrossed(crossed, { runs: 1, ...result.crossed });
    const counts = loops[fault.loop];
    counts.made++;
    counts[result.outcome]++;
    if (result.outcome === 'broken') {
      broken++;
      if (failures.length < FAILURES_KEPT) failures.push({ fault: faultInWords(fault), why: result.why ?? '' });
    }
    yield { made: i + 1, toMake: faults.length, broken };
  }
  return { subject: subject.name, seed, total: sumOf(Object.values(loops)), loops, crossed, failures };
}

/** The summary of all loops from those of all slices. */
export function mergeIoErrors(parts: readonly [IoErrorSummary, ...IoErrorSummary[]]): IoErrorSummary {
  const [first] = parts;
  const loops = Object.fromEntries(
    LOOP_NAMES.map((name) => [name, sumOf(parts.map((part) => part.loops[name]))]),
  ) as Record<LoopName, LoopCounts>;
  return {
    subject: first.subject,
    seed: first.seed,
    total: sumOf(Object.values(loops)),
    loops,
    crossed: parts.reduce((sum, part) => addCrossed(sum, part.crossed), { runs: 0, ...NOT_CROSSED }),
    failures: parts.flatMap(({ failures }) => failures).slice(0, FAILURES_KEPT),
  };
}

const NOT_CROSSED = { changes: 0, points: 0, states: 0, pastLimit: 0 };

function addCrossed(
  sum: { -readonly [K in keyof IoErrorSummary['crossed']]: number },
  more: IoErrorSummary['crossed'],
) {
  sum.runs += more.runs;
  sum.changes += more.changes;
  sum.points += more.points;
  sum.states += more.states;
  sum.pastLimit += more.pastLimit;
  return sum;
}

type Counting = { -readonly [K in keyof LoopCounts]: LoopCounts[K] };
const COUNT_NAMES = ['made', ...LOOP_OUTCOMES] as const;
const noCounts = (): Counting => ({ made: 0, unnoticed: 0, refused: 0, stopped: 0, broken: 0 });

function noLoops(): Record<LoopName, Counting> {
  return Object.fromEntries(LOOP_NAMES.map((name) => [name, noCounts()])) as Record<LoopName, Counting>;
}

function sumOf(all: readonly LoopCounts[]): LoopCounts {
  const sum = noCounts();
  for (const counts of all) for (const name of COUNT_NAMES) sum[name] += counts[name];
  return sum;
}
