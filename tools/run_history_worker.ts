/** One process of `npm run history`: its share of the broken engines, and its share of the histories. */
import process from 'node:process';
import type { HistoryLevel } from '../src/mvcc/history/anomalies';
import { BROKEN_ENGINES, catchBroken, runInMemory, variedRun } from '../src/mvcc/history/memory_run';
import type { HistoryReport } from '../src/mvcc/history/check_history';
import type { History } from '../src/mvcc/history/history';
import { runInStore, STORES_UNDER_CUTS } from '../src/crash/history_run';

export interface HistoryWorkerTask {
  /** Of all workers together. */
  readonly transactions: number;
  readonly seed: number;
  readonly share: { readonly index: number; readonly of: number };
}

export interface LevelReport {
  histories: number;
  transactions: number;
  aborted: number;
  dependencies: number;
  /** Histories with a circle that only the serializable level forbids. */
  skewed: number;
  /** A line for each: how to run it again, and what is wrong. */
  readonly illegal: string[];
}

export interface HistoryWorkerReport {
  readonly transactions: number;
  readonly levels: Readonly<Record<HistoryLevel, LevelReport>>;
  /** Of the transactions, those in stores whose power was cut, and how often. */
  readonly stores: { readonly transactions: number; readonly cuts: number };
  readonly broken: readonly { readonly name: string; readonly text: string | undefined }[];
  readonly cpuMilliseconds: number;
}

const TRANSACTIONS_PER_HISTORY = 2500;
/** One in so many transactions is in a store on the simulated disk: those take twenty times as long. */
const IN_STORES = 100;
const TRANSACTIONS_PER_STORE = 500;
const BROKEN = { runsMax: 100, transactions: 300 };

function work({ seed, share, transactions }: HistoryWorkerTask): HistoryWorkerReport {
  const broken = BROKEN_ENGINES.filter((_, i) => i % share.of === share.index).map((engine) => {
    const caught = catchBroken(engine, { ...BROKEN, seed });
    return { name: engine.name, text: caught && `${caught.anomaly} at ${engine.level}: ${caught.sentences.join(' ')}` };
  });
  const levels = { snapshot: emptyLevel(), serializable: emptyLevel() };
  const histories = Math.ceil(transactions / TRANSACTIONS_PER_HISTORY);
  const before = process.cpuUsage();
  for (let number = share.index; number < histories; number += share.of) judge(seed, number, levels);
  const stores = { transactions: 0, cuts: 0 };
  const storeRuns = Math.ceil(transactions / IN_STORES / TRANSACTIONS_PER_STORE);
  for (let number = share.index; number < storeRuns; number += share.of) judgeStore(seed, number, levels, stores);
  const { system, user } = process.cpuUsage(before);
  return {
    transactions: levels.snapshot.transactions + levels.serializable.transactions,
    levels,
    stores,
    broken,
    cpuMilliseconds: (system + user) / 1000,
  };
}

type Levels = Record<HistoryLevel, LevelReport>;

function judge(seed: number, number: number, levels: Levels): void {
  const run = variedRun(seed, number, TRANSACTIONS_PER_HISTORY);
  const { history, report } = runInMemory(run);
  note(run.level, history, report, levels, `history ${number} of seed ${seed}`);
}

/** The indexes in turn, each at both levels. */
function judgeStore(
  seed: number,
  number: number,
  levels: Levels,
  stores: { transactions: number; cuts: number },
): void {
  const level: HistoryLevel = number % 2 === 0 ? 'snapshot' : 'serializable';
  const { name, ...options } = STORES_UNDER_CUTS[(number >>> 1) % STORES_UNDER_CUTS.length]!;
  const run = { ...options, level, seed: seed + number, transactions: TRANSACTIONS_PER_STORE };
  const { cuts, history, report } = runInStore(run);
  stores.transactions += history.transactions.length;
  stores.cuts += cuts;
  note(level, history, report, levels, `history of a store over a ${name}, seed ${seed + number}`);
}

function note(
  level: HistoryLevel,
  { transactions }: History,
  report: HistoryReport,
  levels: Levels,
  which: string,
): void {
  const counts = levels[level];
  counts.histories++;
  counts.transactions += transactions.length;
  counts.aborted += transactions.filter(({ outcome }) => outcome === 'aborted').length;
  counts.dependencies += report.dependencies;
  const { serializable, snapshot } = report.verdicts;
  if (!serializable.isLegal) counts.skewed++;
  // Serializable is snapshot isolation and more.
  const verdict = snapshot.isLegal ? report.verdicts[level] : snapshot;
  if (!verdict.isLegal) counts.illegal.push(`${which}: ${verdict.anomalies[0]!.name}: ${verdict.sentences.join(' ')}`);
}

const emptyLevel = (): LevelReport => ({
  histories: 0,
  transactions: 0,
  aborted: 0,
  dependencies: 0,
  skewed: 0,
  illegal: [],
});

process.once('message', (task: HistoryWorkerTask) => {
  process.send!(work(task), () => process.exit(0));
});
