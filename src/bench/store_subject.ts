/** The store itself, as a page would use it in a worker of its own. */
import { assert } from '../base/assert';
import type { Batch } from '../base/ordered_index';
import { DEFAULT_FORMAT, type DurabilityMode, type Store } from '../kv_store';
import type { FileSet } from '../storage/file';
import { openStore, type StoreOptions } from './open_store';
import { benchStorage, bytesOfFolder, removeStore } from './opfs_folder';
import { StoreRecovery } from './store_recovery';
import type { Subject, Visit } from './subject';

/** Half of what makes a checkpoint begin by itself. */
const SETTLED_LOG_BYTES = DEFAULT_FORMAT.logBytes / 4;

export class StoreSubject implements Subject {
  readonly recovery: StoreRecovery;
  readonly #folder: string;
  readonly #options: StoreOptions;
  #store: Store | undefined;

  constructor(folder: string, options: StoreOptions = {}) {
    this.#folder = folder;
    this.#options = options;
    this.recovery = new StoreRecovery(`${folder}_log`);
  }

  get store(): Store {
    assert(this.#store !== undefined, 'the subject is open');
    return this.#store;
  }

  async open(): Promise<void> {
    this.#store = openStore(this.watched(await benchStorage(this.#folder).open({ create: true })), this.#options);
  }

  /** For a subject that counts calls. */
  protected watched(files: FileSet): FileSet {
    return files;
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  async remove(): Promise<void> {
    await removeStore(benchStorage(this.#folder));
  }

  commit(batch: Batch, mode: DurabilityMode): void | Promise<void> {
    const ticket = this.store.batch(batch, { mode });
    // Now, and not one hop later: nobody else is there to share the group.
    if (mode === 'strict') this.store.flush();
    else this.store.write();
    if (ticket.state === 'acknowledged') return;
    return new Promise((resolve, reject) => ticket.onSettled((error) => (error ? reject(error) : resolve())));
  }

  submit(batch: Batch, mode: DurabilityMode, onSettled: () => void, client = 0): void {
    this.store.batch(batch, { mode, client }).onSettled((error) => {
      if (error) throw error;
      onSettled();
    });
  }

  settle(): void {
    this.store.flush();
    if (this.store.stats().logBytesToReplay > SETTLED_LOG_BYTES) this.store.checkpoint();
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.store.get(key);
  }

  async bytesOnDisk(): Promise<number> {
    this.store.compact();
    this.close();
    const bytes = await bytesOfFolder(this.#folder);
    await this.open();
    return bytes;
  }

  scan(from: Uint8Array | undefined, limit: number, visit: Visit): void {
    for (const { key, value } of this.store.scan({ from, limit })) visit(key, value);
  }
}
