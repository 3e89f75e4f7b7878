/** A real store that keeps versions, on files in memory: what the experiments of the MVCC room run on. */
import type { FormatOptions } from '../kv_store';
import { WHOLE_KEY } from '../lsm';
import { MeasuredStore } from './measured_store';
import type { ScriptStore } from '../mvcc/history/run_script';
import type { BeginOptions, MvccProtections, Transaction, VersionMeasure } from '../mvcc';
import type { VersionIndex } from '../protocol/mvcc';

/** Pages small enough that a few hundred versions make a tree, and a memtable that they fill. */
const PAGE_BYTES = 1024;
const MEMTABLE_BYTES = 16 * 1024;
const LOG_BYTES = 512 * 1024;
const POOL_BYTES = 4 * 2 ** 20;
/** Vacuum is not to wait until there is a megabyte of garbage. */
const VACUUM_BYTES_MIN = 4 * 1024;
const EXTENT_BYTES = 1024;
/** One slice of vacuum, so large that a pass is one slice. */
const WHOLE_PASS_BYTES = 2 ** 30;

const INDEXES: Readonly<Record<VersionIndex, Partial<FormatOptions>>> = {
  map: {},
  tree: { tree: { pageBytes: PAGE_BYTES, protection: 'double_write' } },
  lsm: { lsm: { filterPrefix: WHOLE_KEY }, extentBytes: EXTENT_BYTES },
};

export class VersionedStore implements ScriptStore {
  readonly #measured: MeasuredStore;

  constructor(index: VersionIndex, seed: number, without: readonly (keyof MvccProtections)[] = []) {
    this.#measured = new MeasuredStore(
      { seed, without, format: { logBytes: LOG_BYTES, versions: true, ...INDEXES[index] } },
      { poolBytes: POOL_BYTES, vacuumBytesMin: VACUUM_BYTES_MIN, lsm: { memtableBytes: MEMTABLE_BYTES } },
    );
  }

  get store(): MeasuredStore['store'] {
    return this.#measured.store;
  }

  begin(options: BeginOptions): Transaction {
    return this.store.begin(options);
  }
  flush(): void {
    this.store.flush();
  }

  /** One commit, acknowledged. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.store.put(key, value);
    this.store.flush();
  }

  /** A whole pass: what nobody can read is gone afterwards. */
  vacuum(): void {
    while (!this.store.vacuum.step(WHOLE_PASS_BYTES).done);
  }

  measure(): VersionMeasure {
    return this.store.transactions.measure();
  }

  /** Of both data files, as they are. */
  dataBytes(): number {
    return this.#measured.sizes().data;
  }
}
