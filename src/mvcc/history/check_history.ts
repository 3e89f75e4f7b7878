/**
 * The checker: reads a history and says for each level whether the store kept it.
 *
 *     history ─▶ versions ─▶ readings ─▶ version orders ─▶ dependencies ─▶ components ─▶ circles ─▶ verdicts
 *                               │                                │
 *                               ╰── faults of single reads       ╰── lost updates
 *
 * What it finds is wrong for certain: each arrow follows from what clients saw, or from timestamps that the store
 * itself gave. What it does not find may be wrong all the same, if no client looked: so clients read a lot, and
 * everything once more at the end.
 */
import { forbids, HISTORY_LEVELS, type Anomaly, type HistoryLevel, type WitnessGraph } from './anomalies';
import { CircleSearch } from './circles';
import { collectDependencies } from './collect';
import { Findings } from './findings';
import type { History } from './history';
import { findLostUpdates, findLostWrites } from './lost_updates';
import { Faults } from './read_faults';
import { Readings } from './readings';
import { StartOrder } from './start_order';
import { findWrongTimestamps } from './timestamps';
import { VersionOrders, type OrderBasis } from './version_order';
import { Versions } from './versions';

export interface CheckOptions {
  /** Off: only what the clients saw counts, as in Elle. Default on. */
  readonly useTimestamps?: boolean;
}

export interface LevelVerdict {
  readonly level: HistoryLevel;
  readonly isLegal: boolean;
  /** One witness of each anomaly that the level forbids. */
  readonly anomalies: readonly Anomaly[];
  /** Of the first anomaly; or that there is none. */
  readonly sentences: readonly [string, string];
  /** Empty if it is legal. */
  readonly graph: WitnessGraph;
}

export interface HistoryReport {
  /** How many count: committed, or seen to be. */
  readonly transactions: number;
  readonly dependencies: number;
  /** Keys, by what the order of their versions rests on. */
  readonly orders: Readonly<Record<OrderBasis, number>>;
  /** Everything that was found, whichever level forbids it. */
  readonly anomalies: readonly Anomaly[];
  readonly verdicts: Readonly<Record<HistoryLevel, LevelVerdict>>;
}

export function checkHistory(history: History, { useTimestamps = true }: CheckOptions = {}): HistoryReport {
  const findings = new Findings();
  const versions = new Versions(history);
  const readings = new Readings(versions, new Faults(versions, findings), useTimestamps);
  const orders = new VersionOrders(versions, readings, useTimestamps);
  const start = new StartOrder(versions, useTimestamps);
  if (useTimestamps) findWrongTimestamps(versions, findings);
  findLostUpdates(versions, readings, findings);
  findLostWrites(versions, readings, start, findings);
  const dependencies = collectDependencies(versions, readings, orders);
  new CircleSearch(versions, dependencies, start, findings).run(useTimestamps);
  const anomalies = findings.witnesses();
  const counted = {
    transactions: versions.counts.reduce((sum, one) => sum + one, 0),
    dependencies: dependencies.count,
    orders: orders.basis,
  };
  const [snapshot, serializable] = HISTORY_LEVELS.map((level) => verdictOf(level, anomalies, counted));
  return { ...counted, anomalies, verdicts: { snapshot: snapshot!, serializable: serializable! } };
}

const LEVEL_TEXT: Readonly<Record<HistoryLevel, string>> = {
  snapshot: 'snapshot isolation',
  serializable: 'the serializable level',
};

function verdictOf(
  level: HistoryLevel,
  all: readonly Anomaly[],
  { dependencies, orders, transactions }: Pick<HistoryReport, 'transactions' | 'dependencies' | 'orders'>,
): LevelVerdict {
  const anomalies = all.filter(({ name }) => forbids(level, name));
  const [first] = anomalies;
  if (first !== undefined) return { level, isLegal: false, anomalies, sentences: first.sentences, graph: first.graph };
  return {
    level,
    isLegal: true,
    anomalies,
    sentences: [
      `Nothing that ${LEVEL_TEXT[level]} forbids shows in the ${dependencies} dependencies between ${transactions} transactions.`,
      `The order of versions comes from what was read for ${orders.reads} keys, and rests on commit timestamps for ${orders.timestamps}.`,
    ],
    graph: { transactions: [], edges: [] },
  };
}
