/** One process of `npm run crash`: its share of the mutants, the damage, the I/O errors, and then states, each until its time is up. */
import process from 'node:process';
import { damageCensus, mergeSummaries, type CensusSummary } from '../src/crash/damage/census';
import { ioErrorLoops, mergeIoErrors, type IoErrorSummary } from '../src/crash/io_errors/loops';
import { inAllFormats } from '../src/crash/formats';
import { killMutant, mutantsOf, type Kill } from '../src/crash/mutants';
import { variantOf, type CrashSubject } from '../src/crash/subject';
import { Suite, type SuiteSummary } from '../src/crash/suite';
import { ENGINES } from './run_crash_engines';
import { PROFILES, type PersistenceProfile } from '../src/storage/simulated/profiles';

export interface WorkerTask {
  readonly engine: string;
  readonly seed: number;
  readonly seconds: number;
  readonly profiles: readonly PersistenceProfile['name'][];
  readonly share: { readonly index: number; readonly of: number };
}

export interface MutantReport {
  readonly name: string;
  readonly kill: Kill | undefined;
  /** Time was up before it was killed, or had survived. */
  readonly isUndecided: boolean;
}

export interface WorkerReport {
  readonly suite: SuiteSummary;
  /** How far the rounds came; random runs count as one more. */
  readonly round: number;
  readonly mutants: readonly MutantReport[];
  readonly census: CensusSummary;
  readonly ioErrors: IoErrorSummary;
  readonly cpuMilliseconds: number;
  /** Of them, for the states alone. */
  readonly suiteMilliseconds: number;
}

/**
 * Parts of the time, and seconds that each has at least. Given S seconds, a worker is done after at most
 *
 *     max(30, S / 2)  +  max(5, 0.15 S)  +  max(5, 0.15 S)  +  max(5, S / 2)   or S, if they leave more of it
 *        mutants            damages            errors              states
 *
 * and what the trial under way takes beyond at the end of each part; mutants need a few seconds of theirs as a rule. Seconds
 * are of the processor's time: on a busy machine a run takes longer, and does the same.
 */
const PARTS = {
  mutants: { share: 0.5, secondsMin: 30 },
  damages: { share: 0.15, secondsMin: 5 },
  errors: { share: 0.15, secondsMin: 5 },
  states: { share: 0.5, secondsMin: 5 },
} as const;
/** A second is enough for so many of them in the fastest engine; the whole of both takes a few minutes. */
const PER_SECOND = { damages: 60, errors: 8, crossed: 0.5 };
/** Points of a run that is crossed with crashes: with all of them, a run over a tree would take seconds. */
const CROSSED_POINTS_MAX = 8;

/** True once a part has had its time, counted from now. */
function timer(part: keyof typeof PARTS, seconds: number, parts = 1): () => boolean {
  const { secondsMin, share } = PARTS[part];
  const until = cpu() + (Math.max(secondsMin, seconds * share) * 1000) / parts;
  return () => cpu() > until;
}

function work(task: WorkerTask): WorkerReport {
  const { engine, profiles, seconds, seed, share } = task;
  const subject = inAllFormats(ENGINES[engine]!);
  const mutants = killMutants(subject, task);
  const allowed = seconds * PARTS.damages.share;
  const perKind = Math.ceil((20 + allowed * PER_SECOND.damages) / 2);
  const perLoop = Math.ceil((4 + allowed * PER_SECOND.errors) / 2);
  const crossedPerLoop = Math.ceil((1 + allowed * PER_SECOND.crossed) / 2);
  const crossed = { crossedPerLoop, crossedPointsMax: CROSSED_POINTS_MAX };
  // Half in the smallest format, half with other specimens, in another format by the seed.
  const halves = [
    { one: subject, from: seed },
    { one: variantOf(subject, seed), from: seed + 1 },
  ] as const;
  const [census, otherCensus] = halves.map(({ from, one }) =>
    toEnd(damageCensus(one, { seed: from, slice: share, perKind, isOver: timer('damages', seconds, 2) })),
  );
  const [ioErrors, otherErrors] = halves.map(({ from, one }) =>
    toEnd(ioErrorLoops(one, { seed: from, slice: share, perLoop, ...crossed, isOver: timer('errors', seconds, 2) })),
  );
  const cpuBefore = cpu();
  const suite = new Suite({ subject, profiles: profiles.map((name) => PROFILES[name]), seed, share });
  const isPartOver = timer('states', seconds);
  const isOver = (): boolean => isPartOver() && cpu() > seconds * 1000;
  let round = 0;
  let judged = 0;
  for (round of suite.work()) if (++judged % 64 === 0 && isOver()) break;
  const cpuMilliseconds = cpu();
  return {
    suite: suite.summary(),
    round,
    mutants,
    census: mergeSummaries([census!, otherCensus!]),
    ioErrors: mergeIoErrors([ioErrors!, otherErrors!]),
    cpuMilliseconds,
    suiteMilliseconds: cpuMilliseconds - cpuBefore,
  };
}

function killMutants(subject: CrashSubject, { seconds, seed, share }: WorkerTask): readonly MutantReport[] {
  const isTimeUp = timer('mutants', seconds);
  return mutantsOf(subject)
    .filter((_, i) => i % share.of === share.index)
    .map((mutant) => {
      const kill = killMutant(subject, mutant, { seed, statesMax: 200, isOver: isTimeUp });
      return { name: mutant.name, kill, isUndecided: kill === undefined && isTimeUp() };
    });
}

function toEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function cpu(): number {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1000;
}

process.once('message', (task: WorkerTask) => {
  process.send!(work(task), () => process.exit(0));
});
