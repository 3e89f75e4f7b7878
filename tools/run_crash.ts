/** What `npm run crash` does and prints; `run_crash.mjs` says how it is called. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { mergeSummaries, type CensusSummary } from '../src/crash/damage/census';
import { KNOWN_LIMIT } from '../src/crash/known_limit';
import { mergeIoErrors, type IoErrorSummary } from '../src/crash/io_errors/loops';
import { mutantsOf, type Kill } from '../src/crash/mutants';
import { findFailure, shrink } from '../src/crash/shrink';
import { stateId } from '../src/crash/state_id';
import { inAllFormats } from '../src/crash/formats';
import { workloadsOf, type CrashSubject } from '../src/crash/subject';
import { isBroken, mergeSuites, missingShapes, type SuiteFailure, type SuiteSummary } from '../src/crash/suite';
import { randomWorkload, shortWorkload } from '../src/crash/workload';
import { scriptOf } from '../src/host/crash_script';
import { momentOf } from '../src/lab/crash_links';
import { linkTo } from '../src/lab/links';
import { PROFILES, type PersistenceProfile } from '../src/storage/simulated/profiles';
import { forkWorker } from './fork_worker';
import { ENGINES } from './run_crash_engines';
import type { MutantReport, WorkerReport, WorkerTask } from './run_crash_worker';

type ProfileName = PersistenceProfile['name'];
const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];
/** How many failures are shrunk and printed with a link. */
const SHRUNK_MAX = 3;

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly engine: string;
  readonly profiles: readonly ProfileName[];
  readonly json: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      engine: { type: 'string', default: 'store' },
      profile: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { engine, json, profile } = values;
  const seconds = Number(values.seconds);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!(seconds > 0)) usage(`--seconds ${values.seconds} is no time.`);
  if (!Number.isSafeInteger(seed) || seed < 0) usage(`--seed ${values.seed ?? ''} is not a whole number.`);
  if (!Object.hasOwn(ENGINES, engine)) usage(`--engine is one of ${Object.keys(ENGINES).join(', ')}.`);
  const known = PROFILE_NAMES.find((name) => name === profile);
  if (profile !== undefined && known === undefined) usage(`--profile is one of ${PROFILE_NAMES.join(', ')}.`);
  return { seconds, seed, engine, profiles: known === undefined ? PROFILE_NAMES : [known], json };
}

function usage(problem: string): never {
  console.error(`${problem}\nnpm run crash -- [--seconds N] [--seed S] [--engine E] [--profile P] [--json FILE]`);
  process.exit(2);
}

const runWorker = (task: WorkerTask): Promise<WorkerReport> => forkWorker('run_crash_worker.ts', task);

async function main(): Promise<void> {
  const options = readOptions();
  const { engine, profiles, seconds, seed } = options;
  const of = availableParallelism();
  console.log(`crash: engine ${engine}, seed ${seed}, ${seconds} s on ${of} processors`);
  const reports = await Promise.all(
    Array.from({ length: of }, (_, index) => runWorker({ engine, seed, seconds, profiles, share: { index, of } })),
  );
  const [first, ...others] = reports;
  if (first === undefined) throw new Error('There is no processor.');
  const suite = mergeSuites(reports.map((report) => report.suite));
  const census = mergeSummaries([first.census, ...others.map((report) => report.census)]);
  const ioErrors = mergeIoErrors([first.ioErrors, ...others.map((report) => report.ioErrors)]);
  const fates = new Map(reports.flatMap(({ mutants }) => mutants.map((mutant) => [mutant.name, mutant] as const)));
  const mutants = mutantsOf(ENGINES[engine]!).map(({ name }) => fates.get(name)!);

  printStates(suite, reports);
  printShapes(suite);
  printMutants(mutants);
  printDamage(census, ioErrors);
  for (const failure of suite.failures.slice(0, SHRUNK_MAX)) printFailure(failure, options);
  if (options.json !== undefined) writeJson(options.json, seed, suite, mutants, census, ioErrors);
  const survivors = mutants
    .filter(({ kill, isUndecided }) => !isUndecided && kill === undefined)
    .map(({ name }) => name);
  const undecided = mutants.filter(({ isUndecided }) => isUndecided).map(({ name }) => name);
  if (undecided.length > 0) console.log(`not enough time: ${undecided.join(', ')} neither killed nor survived`);
  if (survivors.length > 0) console.log(`harness broken: ${survivors.join(', ')} survived`);
  const unseen = Object.entries(suite.verdicts).filter(
    ([, counts]) => !Object.values(counts).some((count) => count > 0),
  );
  for (const [profile] of unseen) console.log(`harness broken: no state of ${profile} was judged`);
  // Every named run was searched by then.
  const unsearched = Math.min(...reports.map(({ round }) => round)) > 1 ? missingShapes(suite) : [];
  if (unsearched.length > 0) console.log(`harness broken: no run went through ${unsearched.join('; ')}`);
  const isRed =
    unseen.length > 0 ||
    unsearched.length > 0 ||
    isBroken(suite) ||
    survivors.length + undecided.length > 0 ||
    census.total.silent > 0 ||
    ioErrors.total.broken > 0;
  console.log(isRed ? 'FAILED' : 'passed');
  process.exitCode = isRed ? 1 : 0;
}

function printStates(suite: SuiteSummary, reports: readonly WorkerReport[]): void {
  const { distinct, points, recoveryCrashes, runs, states } = suite;
  const milliseconds = reports.reduce((sum, report) => sum + report.suiteMilliseconds, 0);
  console.log(
    `${states} states looked at, ${distinct} distinct judged; ${recoveryCrashes} crashes inside recovery; ${runs} searches, ${points} crash points; round ${Math.min(...reports.map(({ round }) => round))}`,
  );
  console.log(`${Math.round((distinct / milliseconds) * 1000)} distinct states a second of one processor's time`);
  console.log(`${'profile'.padEnd(16)}${['A', 'L', 'D', 'S', 'F'].map((letter) => letter.padStart(10)).join('')}`);
  for (const [profile, { A, D, F, L, S }] of Object.entries(suite.verdicts))
    console.log(`${profile.padEnd(16)}${[A, L, D, S, F].map((count) => String(count).padStart(10)).join('')}`);
  for (const [profile, count] of Object.entries(suite.pastLimit))
    console.log(`  ${count} of the D of ${profile} are past the known limit: ${KNOWN_LIMIT}`);
}

/** Of an engine that has shapes: each as it happened, and as a checkpoint carried it. */
function printShapes(suite: SuiteSummary): void {
  const names = Object.keys(suite.shapes).filter((name) => !name.endsWith(IN_CHECKPOINT));
  if (names.length === 0) return;
  console.log(`${'shape'.padEnd(22)}${'in runs'.padStart(10)}${'in checkpoints'.padStart(16)}`);
  for (const name of names) {
    const [inRuns, inCheckpoints] = [suite.shapes[name], suite.shapes[name + IN_CHECKPOINT]];
    console.log(`${name.padEnd(22)}${String(inRuns).padStart(10)}${String(inCheckpoints ?? '').padStart(16)}`);
  }
  const missing = missingShapes(suite);
  if (missing.length > 0) console.log(`  NEVER SEARCHED: ${missing.join('; ')}`);
}

const IN_CHECKPOINT = ', in a checkpoint';

function printMutants(mutants: readonly MutantReport[]): void {
  console.log(`mutants: ${mutants.filter(({ kill }) => kill !== undefined).length} of ${mutants.length} killed`);
  for (const { kill, isUndecided, name } of mutants) {
    const survived = isUndecided ? 'NOT DECIDED IN TIME' : 'SURVIVED';
    console.log(`  ${name.padEnd(28)}${kill === undefined ? survived : `${killText(kill)}: ${kill.sentence}`}`);
  }
}

const killText = ({ formattedBefore, letter, profile, state, workload }: Kill): string =>
  `${letter}  ${profile} / ${workload}${formattedBefore ? ' on a store formatted before' : ''} / ${state}`;

function printDamage(census: CensusSummary, ioErrors: IoErrorSummary): void {
  console.log(
    `${'damage'.padEnd(16)}${['made', 'detected', 'harmless', 'undetect.', 'silent'].map((word) => word.padStart(10)).join('')}`,
  );
  for (const [kind, { detected, harmless, made, silent, undetectable }] of Object.entries(census.kinds))
    console.log(
      `${kind.padEnd(16)}${[made, detected, harmless, undetectable, silent].map((count) => String(count).padStart(10)).join('')}`,
    );
  for (const { count, example, reason } of census.undetectable)
    console.log(`  undetectable ${count}: ${reason} (${example})`);
  for (const { damage, why } of census.failures) console.log(`  SILENT ${damage}: ${why}`);
  const { broken, made, refused, stopped, unnoticed } = ioErrors.total;
  console.log(
    `I/O errors: ${made} made, ${unnoticed} unnoticed, ${refused} refused, ${stopped} stopped it, ${broken} broke a promise`,
  );
  const { changes, pastLimit, points, runs, states } = ioErrors.crossed;
  console.log(
    `  ${runs} of them crossed with a crash at ${points} of the ${changes} changes after the fault: ${states} disks, ${pastLimit} past the known limit`,
  );
  for (const { fault, why } of ioErrors.failures) console.log(`  BROKEN ${fault}: ${why}`);
}

/** One line to run it again, and a link, of the smallest run that fails alike. */
function printFailure(failure: SuiteFailure, { engine, seed }: Options): void {
  const { check, format, letter, profile, sentence, state, workload } = failure;
  const made = format === undefined ? '' : ` / ${Object.values(format).join(' ')}`;
  console.log(`${letter} ${profile} / ${workload}${made} / ${state}: ${sentence}`);
  if (check === 'run') return;
  const whole = inAllFormats(ENGINES[engine]!);
  const isIt = (one: CrashSubject): boolean => JSON.stringify(one.format) === JSON.stringify(format);
  const subject = [whole, ...(whole.variants ?? [])].find(isIt) ?? whole;
  const actions = actionsNamed(subject, workload);
  const how = { statesMax: 400, seed, triesMax: 200, crashRecovery: check === 'f_crash_again' };
  const run = { subject, actions, profile: PROFILES[profile], seed, protections: subject.protections, careless: [] };
  const found = findFailure(run, how, check);
  if (found === undefined) return;
  const { ending, point, run: shrunk } = shrink(found, how);
  const script = scriptOf(
    [
      { kind: 'store', format: subject.format ?? {} },
      { kind: 'seed', seed },
      { kind: 'profile', profile },
    ],
    shrunk.options.actions,
    { io: point.io, ending, flips: [] },
    point,
  );
  const shrunkState = stateId({ io: point.io, ending, flips: [] });
  console.log(`  seed ${seed} state ${shrunkState} script ${JSON.stringify(script.trim().replaceAll('\n', '; '))}`);
  console.log(`  ${linkTo(momentOf(script)) ?? 'too long for a link'}`);
}

function actionsNamed(subject: CrashSubject, name: string) {
  const random = /^random (\d+)$/.exec(name)?.[1];
  if (random !== undefined) return randomWorkload(Number(random)).actions;
  return (workloadsOf(subject)[name] ?? shortWorkload(name === 'nothing' ? [] : name.split(', '))).actions;
}

function writeJson(
  file: string,
  seed: number,
  { distinct, pastLimit, states, verdicts }: SuiteSummary,
  mutants: readonly { readonly name: string; readonly kill: Kill | undefined }[],
  { kinds }: CensusSummary,
  ioErrors: IoErrorSummary,
): void {
  const json = {
    seed,
    states,
    distinct,
    verdicts,
    mutants: mutants.map(({ kill, name }) => ({ name, killedBy: kill === undefined ? null : killText(kill) })),
    flips: kinds.flip,
    // Besides: what else was done to stores at rest, by kind; failing calls; and states that a known limit explains.
    damage: kinds,
    ioErrors: { ...ioErrors.total, crossed: ioErrors.crossed },
    pastLimit,
  };
  writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`);
}

await main();
