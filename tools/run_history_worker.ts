/** One process of `npm run history`: its share of the broken engines, and its share of the histories. */
import process from 'node:process';
import type { HistoryLevel } from '../src/mvcc/history/anomalies';
import { BROKEN_ENGINES, catchBroken, runInMemory, variedRun } from '../src/mvcc/history/memory_run';

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
  readonly broken: readonly { readonly name: string; readonly text: string | undefined }[];
  readonly cpuMilliseconds: number;
}

const TRANSACTIONS_PER_HISTORY = 2500;
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
  const { system, user } = process.cpuUsage(before);
  return {
    transactions: levels.snapshot.transactions + levels.serializable.transactions,
    levels,
    broken,
    cpuMilliseconds: (system + user) / 1000,
  };
}

function judge(seed: number, number: number, levels: Record<HistoryLevel, LevelReport>): void {
  const run = variedRun(seed, number, TRANSACTIONS_PER_HISTORY);
  const { history, report } = runInMemory(run);
  const level = levels[run.level];
  level.histories++;
  level.transactions += history.transactions.length;
  level.aborted += history.transactions.filter(({ outcome }) => outcome === 'aborted').length;
  level.dependencies += report.dependencies;
  const { serializable, snapshot } = report.verdicts;
  if (!serializable.isLegal) level.skewed++;
  // Serializable is snapshot isolation and more.
  const verdict = snapshot.isLegal ? report.verdicts[run.level] : snapshot;
  if (!verdict.isLegal)
    level.illegal.push(
      `history ${number} of seed ${seed}: ${verdict.anomalies[0]!.name}: ${verdict.sentences.join(' ')}`,
    );
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
