/**
 * The simplest store of versions there can be: every version for ever, in a map. Snapshot isolation by the book: reads as of the
 * beginning, and of two that overlap and write one key the first to commit wins. Commits wait for `step`, and are then
 * visible together.
 */
import { compareBytes } from '../../../base/bytes';
import { EngineError } from '../../../base/errors';
import { lsn, type Lsn, type TxnId } from '../../../base/ids';
import type { Entry, Operation, Range } from '../../../base/ordered_index';
import type { BeginOptions, CommitReceipt, Transaction, TransactionState } from '../../transaction';
import type { ClientStore } from '../clients';

interface Version {
  readonly commit: number;
  readonly value: Uint8Array | undefined;
}

export class ModelStore implements ClientStore {
  /** By the key's text; oldest first. */
  readonly versions = new Map<string, { readonly key: Uint8Array; readonly all: Version[] }>();
  readonly keptFrom = lsn(0);
  publishedLsn = lsn(0);
  #begun = 0;
  #lastLsn = 0;
  #waiting: (() => void)[] = [];

  begin({ at, level = 'snapshot', readOnly = false }: BeginOptions): Transaction {
    return new ModelTransaction(
      this,
      ++this.#begun as TxnId,
      at ?? this.publishedLsn,
      level,
      readOnly || at !== undefined,
    );
  }

  step(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.publishedLsn = lsn(this.#lastLsn);
    for (const answer of waiting) answer();
  }

  commit(snapshot: Lsn, writes: readonly Operation[]): CommitReceipt {
    for (const { key } of writes) {
      const newest = this.versions.get(String(key))?.all.at(-1);
      if (newest !== undefined && newest.commit > snapshot)
        throw new EngineError('write_conflict', 'Another was first.');
    }
    const commit = lsn(++this.#lastLsn);
    for (const operation of writes) {
      const name = String(operation.key);
      let versions = this.versions.get(name);
      if (versions === undefined) this.versions.set(name, (versions = { key: operation.key, all: [] }));
      versions.all.push({ commit, value: operation.kind === 'put' ? operation.value : undefined });
    }
    return { lsn: commit, onSettled: (listener) => this.#waiting.push(listener) };
  }

  valueAt(key: Uint8Array, snapshot: Lsn): Uint8Array | undefined {
    return this.versions.get(String(key))?.all.findLast(({ commit }) => commit <= snapshot)?.value;
  }
}

class ModelTransaction implements Transaction {
  state: TransactionState = 'active';
  readonly id: TxnId;
  readonly snapshot: Lsn;
  readonly level;
  readonly readOnly: boolean;
  readonly #store: ModelStore;
  readonly #writes = new Map<string, Operation>();

  constructor(store: ModelStore, id: TxnId, snapshot: Lsn, level: 'snapshot' | 'serializable', readOnly: boolean) {
    this.#store = store;
    this.id = id;
    this.snapshot = snapshot;
    this.level = level;
    this.readOnly = readOnly;
  }

  get writes(): readonly Operation[] {
    return [...this.#writes.values()];
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const own = this.#writes.get(String(key));
    if (own !== undefined) return own.kind === 'put' ? own.value : undefined;
    return this.#store.valueAt(key, this.snapshot);
  }

  *scan({ from, to }: Range = {}, reverse = false): Generator<Entry, void> {
    const keys = [...this.#store.versions.values()].map(({ key }) => key);
    for (const { key } of this.#writes.values()) if (!keys.some((one) => compareBytes(one, key) === 0)) keys.push(key);
    keys.sort(compareBytes);
    if (reverse) keys.reverse();
    for (const key of keys) {
      if ((from && compareBytes(key, from) < 0) || (to && compareBytes(key, to) >= 0)) continue;
      const value = this.get(key);
      if (value !== undefined) yield { key, value };
    }
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#writes.set(String(key), { kind: 'put', key, value });
  }
  delete(key: Uint8Array): void {
    this.#writes.set(String(key), { kind: 'delete', key });
  }

  commit(): CommitReceipt {
    if (this.#writes.size > 0) return this.#store.commit(this.snapshot, this.writes);
    return { lsn: this.snapshot, onSettled: (listener) => listener() };
  }
  abort(): void {
    this.state = 'aborted';
  }
}
