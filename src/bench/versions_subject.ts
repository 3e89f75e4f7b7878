/** The store with versions, over any of its indexes: what every store is measured by, less recovery and clients, and transactions. */
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import type { StoreOptions } from './open_store';
import { StoreSubject } from './store_subject';
import type { Awaitable, Subject, VersionedSubject, Visit } from './subject';

const VACUUM_BYTES = 1024 * 1024;

export class VersionsSubject implements Subject {
  readonly #inner: StoreSubject;
  readonly versions: VersionedSubject = {
    begin: () => this.#inner.store.begin({ readOnly: true }),
    get: (key) => this.#inner.store.get(key),
    vacuum: () => this.#vacuum(),
    settle: () => {
      this.#vacuum();
      this.#inner.store.checkpoint();
    },
  };

  constructor(folder: string, { format, ...options }: StoreOptions = {}) {
    this.#inner = new StoreSubject(folder, { ...options, format: { ...format, versions: true } });
  }

  #vacuum(): void {
    while (!this.#inner.store.vacuum.step(VACUUM_BYTES).done);
  }

  open(): Promise<void> {
    return this.#inner.open();
  }
  close(): void {
    this.#inner.close();
  }
  remove(): Promise<void> {
    return this.#inner.remove();
  }
  commit(batch: Batch, mode: DurabilityMode): Awaitable<void> {
    return this.#inner.commit(batch, mode);
  }
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#inner.get(key);
  }
  scan(from: Uint8Array | undefined, limit: number, visit: Visit): void {
    this.#inner.scan(from, limit, visit);
  }
}
