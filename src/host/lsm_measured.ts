/**
 * A real store with an LSM tree on files in memory, and an account of every byte that it writes.
 *
 * Calls on the files are counted by the meter; what a write was for, the engine's own events say: a table that is finished
 * has a level and a length, and no byte of a table is written twice. Data files grow by zeros, so what they have grown by
 * is room; what is left of their bytes is the manifest.
 *
 *   A1  The parts add up to what the files were asked to write. None of them is negative.
 */
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';
import type { Store, TuningOptions } from '../kv_store';
import { WHOLE_KEY, type FilterOptions, type LsmEvent, type LsmStats, type PolicyOptions } from '../lsm';
import type { LsmSetting, LsmWritten } from '../protocol/lsm';
import type { FileSet } from '../storage/file';
import type { DeviceModel, Meter } from '../storage/metered';
import { keyOfIndex } from '../workload/generators';
import { quickValue } from './measured_rows';
import { TablesInForce } from './lsm_tables';
import { MeasuredStore, type FileBytes, type StoreTraceEvent } from './measured_store';

export interface MeasuredLsmSettings {
  readonly policy: PolicyOptions;
  readonly memtableBytes: number;
  readonly filter: FilterOptions;
  readonly cacheBytes: number;
  readonly blockBytes: number;
  readonly seed: number;
  /** Default: so much that a memtable is full long before the log is. */
  readonly logBytes?: number;
  readonly device?: DeviceModel;
  /** Told of every event of the store, after the account took note of it. */
  readonly listen?: (event: StoreTraceEvent) => void;
}

/** A table is as long as a memtable: then every level is cut alike. */
const TABLES_IN_MEMTABLE = 1;
const CACHE_BYTES = 64 * 2 ** 20;
const BLOCK_BYTES = 1024;
/** Even puts that have a sector of log each fill a memtable of long entries before that. */
const LOGS_IN_MEMTABLE = 32;
const LOG_BYTES_MIN = 256 * 1024;

/** A setting as experiments have it, on a block cache that holds everything. */
export const settingsOf = ({ bitsPerKey, memtableBytes, policy }: LsmSetting, seed: number): MeasuredLsmSettings => ({
  policy,
  memtableBytes,
  filter: { kind: bitsPerKey === 0 ? 'none' : 'full', bitsPerKey, allocation: 'equal' },
  cacheBytes: CACHE_BYTES,
  blockBytes: BLOCK_BYTES,
  seed,
});

export class MeasuredLsm {
  readonly settings: MeasuredLsmSettings;
  /** What is in force now, run by run. */
  readonly tables = new TablesInForce();
  readonly counts = { flushes: 0, compactions: 0, moves: 0, slowed: 0, stalled: 0 };
  readonly #measured: MeasuredStore;
  #flushed = 0;
  readonly #merged: (number | undefined)[] = [];
  #before: FileBytes & { readonly length: number };

  constructor(settings: MeasuredLsmSettings) {
    this.settings = settings;
    const { device, listen, memtableBytes, seed } = settings;
    const logBytes = settings.logBytes ?? Math.max(LOG_BYTES_MIN, LOGS_IN_MEMTABLE * memtableBytes);

    this.#measured = new MeasuredStore(
      {
        seed,
        format: { logBytes, extentBytes: EXTENT_BYTES, lsm: { filterPrefix: WHOLE_KEY } },
        device,
        listen: (event) => {
          if (isLsmEvent(event)) this.#note(event);
          listen?.(event);
        },
      },
      this.#tuning(settings.cacheBytes),
    );
    this.#before = { ...this.#measured.writtenBytes(), length: this.#measured.sizes().data };
  }

  get store(): Store {
    return this.#measured.store;
  }
  get meter(): Meter {
    return this.#measured.meter;
  }
  get files(): FileSet {
    return this.#measured.files;
  }

  stats(): LsmStats {
    const { lsm } = this.store.stats();
    assert(lsm !== undefined, 'the store has an LSM tree');
    return lsm;
  }

  /** Since the first opening. */
  written(): LsmWritten {
    const files = this.#measured.writtenBytes();
    const room = this.#measured.sizes().data - this.#before.length;
    const levels = Array.from(this.#merged, (bytes) => bytes ?? 0);
    const tables = this.#flushed + levels.reduce((sum, bytes) => sum + bytes, 0);
    const manifest = files.data - this.#before.data - room - tables;
    assert(manifest >= 0, 'A1: no part is negative');
    return {
      log: files.log - this.#before.log,
      flush: this.#flushed,
      levels,
      manifest,
      superblock: files.superblock - this.#before.superblock,
      room,
    };
  }

  sizes(): FileBytes {
    return this.#measured.sizes();
  }

  /** Merges what is due until nothing is. */
  settle(): void {
    this.store.checkpoint();
    while (!this.store.step(SETTLE_BYTES).done);
  }

  /** Closes the store and opens it with another cache: no block is in memory then. */
  reopen(cacheBytes: number): void {
    this.#measured.reopen(this.#tuning(cacheBytes));
  }

  #tuning(cacheBytes: number): Partial<TuningOptions> {
    const { blockBytes, filter, memtableBytes, policy } = this.settings;
    const tableBytes = TABLES_IN_MEMTABLE * memtableBytes;
    return { lsm: { memtableBytes, tableBytes, cacheBytes, blockBytes, filter, policy } };
  }

  #note(event: LsmEvent): void {
    this.tables.note(event);
    switch (event.kind) {
      case 'lsm.table_finished':
        if (event.level === 0) this.#flushed += event.meta.bytes;
        else this.#merged[event.level] = (this.#merged[event.level] ?? 0) + event.meta.bytes;
        break;
      case 'lsm.version_edited':
        this.counts[EDITS[event.cause]]++;
        break;
      case 'lsm.back_pressure_changed':
        if (event.state !== 'none') this.counts[event.state]++;
        break;
      default:
    }
  }
}

const EDITS = { flush: 'flushes', compaction: 'compactions', trivial_move: 'moves' } as const;
/** Small, so that the files are hardly longer than the tables. */
export const EXTENT_BYTES = 4096;
const SETTLE_BYTES = 256 * 1024;

export const isLsmEvent = (event: StoreTraceEvent): event is LsmEvent => event.kind.startsWith('lsm.');

/** Puts each of `keys` keys once, in a random order, and merges what is due. */
export function* loadShuffled(lsm: MeasuredLsm, keys: number, valueBytes: number, seed: number): Generator<number> {
  const order = new SeededRandom(seed).shuffled(Array(keys).keys());
  for (let from = 0; from < keys; from += LOAD_BATCH) {
    const indexes = order.slice(from, from + LOAD_BATCH);
    lsm.store.batch(
      indexes.map((index) => ({ kind: 'put', key: keyOfIndex(index), value: quickValue(index, valueBytes) })),
    );
    lsm.store.flush();
    if (from % LOAD_SLICE === 0) yield from;
  }
  lsm.settle();
}
const LOAD_BATCH = 50;
const LOAD_SLICE = 1000;
