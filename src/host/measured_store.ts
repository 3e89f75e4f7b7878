/** A real store on files in memory, every call on them counted: what experiments and exercises run on. */
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { ALL_PROTECTIONS, Store, type FormatOptions, type Protections, type TuningOptions } from '../kv_store';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { Meter, meteredFiles, type DeviceModel } from '../storage/metered';

type Emit = NonNullable<NonNullable<Parameters<typeof Store.open>[0]['trace']>['emit']>;
export type StoreTraceEvent = Parameters<Emit>[0];

export interface StoreSettings {
  readonly seed: number;
  readonly format: Partial<FormatOptions>;
  /** What differs from a whole engine. */
  readonly without?: readonly (keyof Protections)[];
  /** Told of every call on the files. */
  readonly device?: DeviceModel | undefined;
  /** Told of every event. Without it the store is not watched, and is quicker. */
  readonly listen?: ((event: StoreTraceEvent) => void) | undefined;
}

/** By file; both data files together. */
export interface FileBytes {
  readonly log: number;
  readonly superblock: number;
  readonly data: number;
}

export class MeasuredStore {
  readonly meter: Meter;
  readonly #settings: StoreSettings;
  readonly #storage = new MemoryStorage();
  readonly #schedule = new ManualSchedule();
  #files: FileSet;
  #store: Store;

  constructor(settings: StoreSettings, tuning: Partial<TuningOptions>) {
    this.#settings = settings;
    this.meter = new Meter(settings.device ?? null);
    this.#files = this.#openFiles();
    this.#store = this.#openStore(tuning);
  }

  get store(): Store {
    return this.#store;
  }
  get files(): FileSet {
    return this.#files;
  }

  /** Closes the store and opens it again: nothing is in memory then. */
  reopen(tuning: Partial<TuningOptions>): void {
    this.#store.close();
    this.#files = this.#openFiles();
    this.#store = this.#openStore(tuning);
  }

  /** Written so far. */
  writtenBytes(): FileBytes {
    return this.#fileBytes((name) => this.meter.of(name).writtenBytes);
  }
  /** How long the files are. */
  sizes(): FileBytes {
    return this.#fileBytes((name) => this.#files[name].size());
  }

  #fileBytes(of: (name: 'log' | 'superblock' | 'data_0' | 'data_1') => number): FileBytes {
    return { log: of('log'), superblock: of('superblock'), data: of('data_0') + of('data_1') };
  }

  #openFiles(): FileSet {
    return meteredFiles(this.#storage.openNow({ create: true }), this.meter);
  }

  #openStore(tuning: Partial<TuningOptions>): Store {
    const { format, listen, seed, without = [] } = this.#settings;
    const off = Object.fromEntries(without.map((name) => [name, false]));
    return Store.open({
      files: this.#files,
      random: new SeededRandom(seed + 1),
      schedule: this.#schedule.schedule, // Every group is run by an explicit flush.
      format,
      tuning,
      ...(without.length > 0 && { protections: { ...ALL_PROTECTIONS, ...off } }),
      trace: listen ? { emit: listen } : null,
    });
  }
}
