/**
 * The simplest store that clients can use: transactions on the model that keeps every version. Snapshot isolation by the book:
 * reads as of the beginning, and of two that overlap and write one key the first to commit wins. Commits wait for `step`, and
 * are then visible together.
 */
import { decodeText, encodeText } from '../../../base/bytes';
import { EngineError } from '../../../base/errors';
import { lsn, type Lsn, type TxnId } from '../../../base/ids';
import type { Entry, Operation, Range } from '../../../base/ordered_index';
import { ModelStore, type ModelWrites } from '../../testing/model_store';
import type { BeginOptions, CommitReceipt, Transaction, TransactionState } from '../../transaction';
import type { ClientStore } from '../clients';

export class ModelClientStore implements ClientStore {
  readonly model = new ModelStore<Uint8Array>();
  readonly keptFrom = lsn(0);
  #begun = 0;
  #waiting: (() => void)[] = [];

  get publishedLsn(): Lsn {
    return lsn(this.model.published);
  }

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
    this.model.publish();
    for (const answer of waiting) answer();
  }

  commit(snapshot: Lsn, writes: ModelWrites<Uint8Array>): CommitReceipt {
    if (this.model.hasConflict(snapshot, writes.keys())) throw new EngineError('write_conflict', 'Another was first.');
    return { lsn: lsn(this.model.submit(writes)), onSettled: (listener) => this.#waiting.push(listener) };
  }
}

class ModelTransaction implements Transaction {
  state: TransactionState = 'active';
  readonly id: TxnId;
  readonly snapshot: Lsn;
  readonly level;
  readonly readOnly: boolean;
  readonly #store: ModelClientStore;
  readonly #writes = new Map<string, Uint8Array | undefined>();

  constructor(
    store: ModelClientStore,
    id: TxnId,
    snapshot: Lsn,
    level: 'snapshot' | 'serializable',
    readOnly: boolean,
  ) {
    this.#store = store;
    this.id = id;
    this.snapshot = snapshot;
    this.level = level;
    this.readOnly = readOnly;
  }

  get writes(): readonly Operation[] {
    return [...this.#writes].map(([name, value]): Operation => {
      const key = encodeText(name);
      return value === undefined ? { kind: 'delete', key } : { kind: 'put', key, value };
    });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#world().find(([name]) => name === textOf(key))?.[1];
  }

  *scan({ from, to }: Range = {}, reverse = false): Generator<Entry, void> {
    const [first, end] = [from && textOf(from), to && textOf(to)];
    const world = this.#world();
    for (const [name, value] of reverse ? world.reverse() : world) {
      if ((first !== undefined && name < first) || (end !== undefined && name >= end)) continue;
      yield { key: encodeText(name), value };
    }
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#writes.set(textOf(key), value);
  }
  delete(key: Uint8Array): void {
    this.#writes.set(textOf(key), undefined);
  }

  commit(): CommitReceipt {
    if (this.#writes.size > 0) return this.#store.commit(this.snapshot, this.#writes);
    return { lsn: this.snapshot, onSettled: (listener) => listener() };
  }
  abort(): void {
    this.state = 'aborted';
  }

  #world(): [string, Uint8Array][] {
    return this.#store.model.world(this.snapshot, this.#writes);
  }
}

/** Keys of clients are text. */
const textOf = (key: Uint8Array): string => decodeText(key)!;
