/** A real store that keeps versions, on files in memory: what the experiments of the MVCC room run on. */
import { MeasuredStore } from './measured_store';
import type { ScriptStore } from '../mvcc/history/run_script';
import type { BeginOptions, MvccProtections, Transaction, VersionMeasure } from '../mvcc';
import type { VersionIndex } from '../protocol/mvcc';

/** Pages small enough that a few hundred versions make a tree. */
const PAGE_BYTES = 1024;
const LOG_BYTES = 256 * 1024;
const POOL_BYTES = 4 * 2 ** 20;
/** One slice of vacuum, so large that a pass is one slice. */
const WHOLE_PASS_BYTES = 2 ** 30;

export class VersionedStore implements ScriptStore {
  readonly #measured: MeasuredStore;

  constructor(index: VersionIndex, seed: number, without: readonly (keyof MvccProtections)[] = []) {
    const tree = { pageBytes: PAGE_BYTES, protection: 'double_write' } as const;
    this.#measured = new MeasuredStore(
      { seed, without, format: { logBytes: LOG_BYTES, versions: true, ...(index === 'tree' && { tree }) } },
      { poolBytes: POOL_BYTES },
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

  /** Of both data files, once everything is in them. */
  dataBytes(): number {
    this.store.checkpoint();
    return this.#measured.sizes().data;
  }
}
