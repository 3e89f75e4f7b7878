/** What `npm run history` does and prints; `run_history.mjs` says how it is called. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { HISTORY_LEVELS } from '../src/mvcc/history/anomalies';
import { checkHistory } from '../src/mvcc/history/check_history';
import { BROKEN_ENGINES, runInMemory } from '../src/mvcc/history/memory_run';
import { ALL_MVCC_PROTECTIONS } from '../src/mvcc/protections';
import { forkWorker } from './fork_worker';
import type { HistoryWorkerReport, HistoryWorkerTask } from './run_history_worker';

interface Options {
  readonly transactions: number;
  readonly seed: number;
  readonly json: string | undefined;
}

/** How many illegal histories are printed. */
const SHOWN_MAX = 5;
/** Transactions of the history whose judging is timed. */
const TIMED = 10_000;

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      transactions: { type: 'string', default: '1000000' },
      seed: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const transactions = Number(values.transactions);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isSafeInteger(transactions) || transactions < 1)
    usage(`--transactions ${values.transactions} is not a whole number above 0.`);
  if (!Number.isSafeInteger(seed) || seed < 0) usage(`--seed ${values.seed ?? ''} is not a whole number.`);
  return { transactions, seed, json: values.json };
}

function usage(problem: string): never {
  console.error(`${problem}\nnpm run history -- [--transactions N] [--seed S] [--json FILE]`);
  process.exit(2);
}

const runWorker = (task: HistoryWorkerTask): Promise<HistoryWorkerReport> => forkWorker('run_history_worker.ts', task);

async function main(): Promise<void> {
  const { json, seed, transactions } = readOptions();
  const of = availableParallelism();
  console.log(`history: ${transactions} transactions, seed ${seed}, on ${of} processors`);
  const reports = await Promise.all(
    Array.from({ length: of }, (_, index) => runWorker({ transactions, seed, share: { index, of } })),
  );
  const run = sum(reports.map((report) => report.transactions));
  const illegal = { snapshot: 0, serializable: 0 };
  for (const level of HISTORY_LEVELS) {
    const parts = reports.map((report) => report.levels[level]);
    illegal[level] = sum(parts.map((part) => part.illegal.length));
    console.log(
      `${level.padEnd(14)}${sum(parts.map((part) => part.histories))} histories, ${illegal[level]} illegal, write skew in ${sum(parts.map((part) => part.skewed))}; ${sum(parts.map((part) => part.transactions))} transactions, ${sum(parts.map((part) => part.aborted))} aborted, ${sum(parts.map((part) => part.dependencies))} dependencies`,
    );
    for (const line of parts.flatMap((part) => part.illegal).slice(0, SHOWN_MAX)) console.log(`  ILLEGAL ${line}`);
  }
  const inStores = sum(reports.map(({ stores }) => stores.transactions));
  const cuts = sum(reports.map(({ stores }) => stores.cuts));
  console.log(`of them ${inStores} transactions in stores over each index, whose power went ${cuts} times`);
  const milliseconds = sum(reports.map((report) => report.cpuMilliseconds));
  console.log(
    `${Math.round((run / milliseconds) * 1000)} transactions run and judged a second of one processor's time`,
  );

  const caughtBy = new Map(reports.flatMap((report) => report.broken).map(({ name, text }) => [name, text]));
  const broken = BROKEN_ENGINES.map(({ name }) => ({ name, caught: caughtBy.get(name) !== undefined }));
  console.log(`broken engines: ${broken.filter(({ caught }) => caught).length} of ${broken.length} caught`);
  for (const { name } of broken) console.log(`  ${name.padEnd(24)}${caughtBy.get(name) ?? 'GOT THROUGH'}`);

  const isRed =
    illegal.snapshot + illegal.serializable > 0 || broken.some(({ caught }) => !caught) || run < transactions;
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ seed, transactions: run, illegal, broken }, null, 2)}\n`);
  printTimes(seed);
  console.log(isRed ? 'FAILED' : 'passed');
  process.exitCode = isRed ? 1 : 0;
}

/** What the checker takes for one long history: legal ones at either level, and an illegal one, whose witnesses are looked for. */
function printTimes(seed: number): void {
  const protections = { ...ALL_MVCC_PROTECTIONS, validateWrites: false };
  const runs = {
    snapshot: { level: 'snapshot' as const },
    serializable: { level: 'serializable' as const },
    'without validation': { level: 'snapshot' as const, protections },
  };
  for (const [name, run] of Object.entries(runs)) {
    const { history } = runInMemory({ ...run, seed, transactions: TIMED });
    const begun = performance.now();
    const { dependencies } = checkHistory(history);
    const milliseconds = performance.now() - begun;
    console.log(
      `one history of ${TIMED} (${name}): ${dependencies} dependencies, judged in ${Math.round(milliseconds)} ms`,
    );
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

await main();
