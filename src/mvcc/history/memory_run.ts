/**
 * One run of the clients against the engine in memory, and what the checker says of it; and the engines that are broken on
 * purpose, one for each protection, which the checker has to catch. A checker that finds nothing proves nothing until it has.
 */
import { SeededRandom } from '../../base/runtime';
import type { TraceSink } from '../../base/trace';
import type { MvccEvent } from '../events';
import type { BeginOptions } from '../transaction';
import { MemoryVersions } from '../memory_store';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from '../protections';
import type { AnomalyName, HistoryLevel } from './anomalies';
import { checkHistory, type HistoryReport } from './check_history';
import { Clients, DEFAULT_CLIENTS, type ClientOptions, type ClientStore } from './clients';
import type { History } from './history';

export interface MemoryRun {
  readonly level: HistoryLevel;
  readonly seed: number;
  readonly transactions: number;
  readonly protections?: MvccProtections;
  readonly clients?: Partial<ClientOptions>;
}

/** Garbage is collected in slices of so many bytes, between the steps of the clients. */
const VACUUM_BYTES = 512;

export function runInMemory(run: MemoryRun): { readonly history: History; readonly report: HistoryReport } {
  const all = clientsInMemory(run);
  all.run(run.transactions);
  all.finish();
  return { history: all.history, report: checkHistory(all.history) };
}

/** The clients of a run, before their first transaction: for whoever lets them go on in slices. */
export function clientsInMemory(
  { clients, level, protections = ALL_MVCC_PROTECTIONS, seed }: Omit<MemoryRun, 'transactions'>,
  trace: TraceSink<MvccEvent> | null = null,
): Clients {
  const random = new SeededRandom(seed);
  const store = new MemoryClientStore(random, protections, trace);
  // What reads at an older timestamp asks for snapshot isolation only, and may see what no serial order gives.
  const historical = level === 'snapshot';
  return new Clients(store, { ...DEFAULT_CLIENTS, historical, level, ...clients }, random);
}

/** The runs of a long search: each seed and number its own, levels in turn, few clients and many, on few keys and many. */
export function variedRun(seed: number, number: number, transactions: number): MemoryRun {
  const random = new SeededRandom(seed * 1_000_003 + number);
  return {
    level: number % 2 === 0 ? 'snapshot' : 'serializable',
    seed: random.next(),
    transactions,
    clients: {
      clients: 2 + random.below(11),
      keys: 2 + random.below(15),
      intentsMax: 1 + random.below(8),
      storeTurns: 5 + random.below(30),
    },
  };
}

/** The transactions in memory, as clients use them; `random` draws what else the store does, and when. */
class MemoryClientStore implements ClientStore {
  readonly #versions: MemoryVersions;
  readonly #random: SeededRandom;

  constructor(random: SeededRandom, protections: MvccProtections, trace: TraceSink<MvccEvent> | null = null) {
    this.#random = random;
    this.#versions = new MemoryVersions({ protections, trace });
  }

  begin(options: BeginOptions) {
    return this.#versions.transactions.begin(options);
  }
  get publishedLsn() {
    return this.#versions.transactions.publishedLsn;
  }
  get keptFrom() {
    return this.#versions.transactions.keptFrom;
  }

  step(): void {
    const dice = this.#random.below(10);
    if (dice < 2) this.#versions.vacuum.step(VACUUM_BYTES);
    else if (dice < 4) this.#versions.flush();
    else this.#versions.publishNext();
  }
}

// ---- Broken on purpose. ----

export interface BrokenEngine {
  readonly name: keyof MvccProtections;
  /** The level that it breaks: transactions ask for it, and it is what the history is held against. */
  readonly level: HistoryLevel;
  /** What it stands for, one of these at the least: none that rests on the timestamps of the store alone (G-SIa). */
  readonly shows: readonly AnomalyName[];
}

const SERIALIZABLE_ONLY: readonly string[] = ['trackReads', 'trackRanges'];

const SHOWS: Readonly<Record<keyof MvccProtections, readonly AnomalyName[]>> = {
  validateWrites: ['P4'],
  trackReads: ['G2-item'],
  trackRanges: ['G2'],
  snapshotReads: ['G-single', 'PMP', 'OTV'],
  hideUncommitted: ['G1a', 'G1b'],
  ownWrites: ['internal'],
  publishInLogOrder: ['OTV', 'G-nonadjacent', 'G-single', 'PMP', 'G-SIb'],
  wholeCommits: ['OTV', 'G-single', 'G-SIb', 'PMP'],
  keepVersionAtWatermark: ['G-SIb', 'G-single', 'OTV', 'PMP', 'lost write'],
};

export const BROKEN_ENGINES: readonly BrokenEngine[] = Object.entries(SHOWS).map(([name, shows]) => ({
  name: name as keyof MvccProtections,
  level: SERIALIZABLE_ONLY.includes(name) ? 'serializable' : 'snapshot',
  shows,
}));

export interface Catch {
  /** The run that showed it. */
  readonly seed: number;
  /** Of those that the engine stands for. */
  readonly anomaly: AnomalyName;
  readonly sentences: readonly [string, string];
  /** Everything that was found there. */
  readonly anomalies: readonly AnomalyName[];
}

export interface CatchOptions {
  readonly runsMax: number;
  readonly seed: number;
  readonly transactions: number;
}

/** Runs a broken engine until a history of it shows what it stands for; undefined if none of `runsMax` does. */
export function catchBroken(
  { level, name, shows }: BrokenEngine,
  { runsMax, seed, transactions }: CatchOptions,
): Catch | undefined {
  const protections = { ...ALL_MVCC_PROTECTIONS, [name]: false };
  for (let run = 0; run < runsMax; run++) {
    const { report } = runInMemory({ level, seed: seed + run, transactions, protections });
    const { anomalies } = report.verdicts[level];
    const found = anomalies.find((one) => shows.includes(one.name));
    if (!found) continue;
    const { name: anomaly, sentences } = found;
    return { seed: seed + run, anomaly, sentences, anomalies: anomalies.map((one) => one.name) };
  }
  return undefined;
}
