/** One process of `npm run crash`: its share of the mutants, the damage, the I/O errors, and then states until time is up. */
import process from 'node:process';
import { damageCensus, mergeSummaries, type CensusSummary } from '../src/crash/damage/census';
import { ioErrorLoops, mergeIoErrors, type IoErrorSummary } from '../src/crash/io_errors/loops';
import { inAllFormats } from '../src/crash/formats';
import { killMutant, mutantsOf, type Kill } from '../src/crash/mutants';
import { variantOf } from '../src/crash/subject';
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

export interface WorkerReport {
  readonly suite: SuiteSummary;
  /** How far the rounds came; random runs count as one more. */
  readonly round: number;
  readonly mutants: readonly { readonly name: string; readonly kill: Kill | undefined }[];
  readonly census: CensusSummary;
  readonly ioErrors: IoErrorSummary;
  readonly cpuMilliseconds: number;
  /** Of them, for the states alone. */
  readonly suiteMilliseconds: number;
}

/** What the damages and errors may take of the time, each. */
const SHARE_OF_TIME = 0.15;
/** A second is enough for so many of them; the whole of both takes a few minutes. */
const PER_SECOND = { damages: 60, errors: 8, crossed: 0.5 };

function work(task: WorkerTask): WorkerReport {
  const { engine, profiles, seconds, seed, share } = task;
  const begun = Date.now();
  const subject = inAllFormats(ENGINES[engine]!);
  const mutants = mutantsOf(subject)
    .filter((_, i) => i % share.of === share.index)
    .map((mutant) => ({ name: mutant.name, kill: killMutant(subject, mutant, { seed, statesMax: 200 }) }));
  const allowed = seconds * SHARE_OF_TIME;
  const perKind = Math.ceil((20 + allowed * PER_SECOND.damages) / 2);
  const perLoop = Math.ceil((4 + allowed * PER_SECOND.errors) / 2);
  const crossedPerLoop = Math.ceil((1 + allowed * PER_SECOND.crossed) / 2);
  // Half in the smallest format, half with other specimens, in another format by the seed.
  const halves = [
    { one: subject, from: seed },
    { one: variantOf(subject, seed), from: seed + 1 },
  ] as const;
  const [census, otherCensus] = halves.map(({ from, one }) =>
    toEnd(damageCensus(one, { seed: from, slice: share, perKind })),
  );
  const [ioErrors, otherErrors] = halves.map(({ from, one }) =>
    toEnd(ioErrorLoops(one, { seed: from, slice: share, perLoop, crossedPerLoop })),
  );
  const cpuBefore = cpu();
  const suite = new Suite({ subject, profiles: profiles.map((name) => PROFILES[name]), seed, share });
  // However long the rest took, on a busy machine: half of the time is for the states.
  const until = Math.max(begun + seconds * 1000, Date.now() + seconds * 500);
  let round = 0;
  let judged = 0;
  for (round of suite.work()) if (++judged % 64 === 0 && Date.now() > until) break;
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
