/**
 * Histories under crash and recovery: the clients of `mvcc/history` use a store on the simulated disk, all at once, and now
 * and then the power goes with transactions open. They go on with what the next opening finds, and the history of all lives
 * together is judged.
 *
 * A commit that was on its way at the crash is in the history as of unknown outcome: whether it happened shows in whether
 * anybody reads it later. All commits are strict, so what was acknowledged before a power cut has to be read after it.
 */
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { Store, type FormatOptions, type OpenOptions, type Protections, type TuningOptions } from '../kv_store';
import { checkHistory, type HistoryReport } from '../mvcc/history/check_history';
import { Clients, DEFAULT_CLIENTS, type ClientStore } from '../mvcc/history/clients';
import type { HistoryLevel } from '../mvcc/history/anomalies';
import type { History } from '../mvcc/history/history';
import type { BeginOptions } from '../mvcc';
import type { FileSet } from '../storage/file';
import { Latch, Latched, latchedFiles } from '../storage/latched';
import { SimulatedDisk } from '../storage/simulated/disk';
import { randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import { WHOLE_KEY } from '../lsm';
import { SMALLEST_LSM } from './store_subject';

export interface StoreRun {
  readonly level: HistoryLevel;
  readonly seed: number;
  readonly transactions: number;
  readonly format: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
  readonly protections?: Protections;
}

const SMALL: Partial<FormatOptions> = { logBytes: 32 * 1024, extentBytes: 512, groupAlignBytes: 512 };

/** One store for each index, so small that a few hundred transactions go through all that it does. */
export const STORES_UNDER_CUTS: readonly (Pick<StoreRun, 'format' | 'tuning'> & { readonly name: string })[] = [
  { name: 'map', format: SMALL },
  { name: 'B-tree', format: { ...SMALL, tree: { pageBytes: 1024, protection: 'copy_on_write' } } },
  { name: 'LSM tree', format: { ...SMALL, lsm: { filterPrefix: WHOLE_KEY } }, tuning: { lsm: SMALLEST_LSM } },
];

type StoreOptions = Pick<OpenOptions, 'format' | 'protections' | 'tuning'>;

const PROFILE = PROFILES.adversarial;
const CALLS_OF_A_LIFE = 120;
const VACUUM_BYTES = 512;
const CHECKPOINT_BYTES = 1024;

export function runInStore({ level, seed, transactions, ...options }: StoreRun): {
  readonly history: History;
  readonly report: HistoryReport;
  readonly cuts: number;
} {
  const random = new SeededRandom(seed);
  const place = new Place(random, options);
  // What reads at an older timestamp asks for snapshot isolation only.
  const clients = new Clients(place.reopen(), { ...DEFAULT_CLIENTS, historical: level === 'snapshot', level }, random);
  const untilCut = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Latched)) throw error;
      place.cut();
      clients.crash(place.reopen());
    }
  };
  while (clients.begun < transactions) untilCut(() => clients.run(transactions));
  // A store that stays, to read everything from.
  place.cut();
  clients.crash(place.reopen(Infinity));
  clients.finish();
  return { history: clients.history, report: checkHistory(clients.history), cuts: place.cuts };
}

/** The disk, whose power goes at some read, write or flush of each life, in an opening too. */
class Place {
  readonly #random: SeededRandom;
  readonly #options: StoreOptions;
  #disk = new SimulatedDisk({}, PROFILE);
  cuts = 0;

  constructor(random: SeededRandom, options: StoreOptions) {
    this.#random = random;
    this.#options = options;
  }

  cut(): void {
    this.#disk = this.#disk.powerCut(randomChoice(this.#disk.pending(), PROFILE, this.#random));
    this.cuts++;
  }

  reopen(callsMax = CALLS_OF_A_LIFE): StoreOfClients {
    for (;;) {
      const stopAt = callsMax === Infinity ? Infinity : 1 + this.#random.below(callsMax);
      const files = latchedFiles(this.#disk.openNow({ create: true }), new Latch({ stopAt }));
      try {
        return new StoreOfClients(files, this.#random, this.#options);
      } catch (error) {
        if (!(error instanceof Latched)) throw error;
        this.cut();
      }
    }
  }
}

class StoreOfClients implements ClientStore {
  readonly #store: Store;
  readonly #random: SeededRandom;

  constructor(files: FileSet, random: SeededRandom, { format, ...options }: StoreOptions) {
    this.#random = random;
    this.#store = Store.open({
      files,
      random,
      schedule: new ManualSchedule().schedule,
      ...options,
      format: { ...format, versions: true },
    });
  }

  begin(options: BeginOptions) {
    return this.#store.begin(options);
  }
  get publishedLsn() {
    return this.#store.transactions.publishedLsn;
  }
  get keptFrom() {
    return this.#store.transactions.keptFrom;
  }

  step(): void {
    const dice = this.#random.below(10);
    if (dice < 2) this.#store.vacuum.step(VACUUM_BYTES);
    else if (dice < 3) this.#store.stepOrBegin(CHECKPOINT_BYTES);
    else this.#store.flush();
  }
}
