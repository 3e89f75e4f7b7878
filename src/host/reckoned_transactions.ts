/**
 * Transactions of a script as the batches that they come to, for a crash search, whose clients commit one by one. Nothing of a
 * transaction reaches the log before its commit, so a search over the batches has seen every crash that the transactions can
 * have; what is left is to say which of them are refused.
 *
 *     begin t1, begin t2, put x 1 in t1, put x 2 in t2, commit t1, commit t2, flush    ──▶    commit x 1, flush
 *
 * That is reckoned here by the rule of the engine (D2 in `mvcc/transaction_manager.ts`): another commit of the same key, since what
 * was published when it began. Published is what a turn, a flush or a checkpoint has written; a log that is too full for a
 * commit publishes earlier, which nobody reckons here, so a script that relies on it comes to fewer commits.
 */
import { compareBytes, toHex } from '../base/bytes';
import type { Batch, Operation } from '../base/ordered_index';
import type { BeginCommand } from '../workload/command';

interface Reckoned {
  /** How many commits there were, published, when it began. */
  readonly snapshot: number;
  readonly readsOnly: boolean;
  readonly writes: Operation[];
}

export class ReckonedTransactions {
  readonly #hasVersions: boolean;
  readonly #open = new Map<string, Reckoned>();
  readonly #writtenBy = new Map<string, number>();
  #committed = 0;
  #published = 0;

  constructor(hasVersions: boolean) {
    this.#hasVersions = hasVersions;
  }

  /** A second one of a name is refused, and the first goes on; so is a snapshot where there are no versions. */
  begin({ at, readOnly, serializable, transaction }: BeginCommand): void {
    const readsOnly = readOnly || at !== undefined;
    if (this.#open.has(transaction) || (!this.#hasVersions && (readsOnly || serializable))) return;
    this.#open.set(transaction, { snapshot: this.#published, readsOnly, writes: [] });
  }

  write(name: string, operation: Operation): void {
    const transaction = this.#open.get(name);
    if (transaction?.readsOnly === false) transaction.writes.push(operation);
  }

  /** @returns what goes into the log; undefined: nothing does. `validates`: the protection of D2 is on */
  commit(name: string, validates: boolean): Batch | undefined {
    const transaction = this.#open.get(name);
    this.#open.delete(name);
    if (!transaction || transaction.writes.length === 0) return undefined;
    if (!this.#hasVersions) return transaction.writes;
    const batch = lastOfEachKey(transaction.writes);
    return validates && batch.some(({ key }) => this.#newest(key) > transaction.snapshot) ? undefined : batch;
  }

  abort(name: string): void {
    this.#open.delete(name);
  }

  /** A commit was handed in, by a transaction or without one. */
  committed(batch: Batch): void {
    this.#committed++;
    for (const { key } of batch) this.#writtenBy.set(toHex(key), this.#committed);
  }

  publish(): void {
    this.#published = this.#committed;
  }

  /** The store was opened again: who was under way is gone, and all that is left is published. */
  reopen(): void {
    this.#open.clear();
    this.publish();
  }

  #newest(key: Uint8Array): number {
    return this.#writtenBy.get(toHex(key)) ?? 0;
  }
}

/** In key order, as a transaction hands them in. */
function lastOfEachKey(writes: readonly Operation[]): Operation[] {
  const last = new Map(writes.map((operation) => [toHex(operation.key), operation]));
  return [...last.values()].sort((a, b) => compareBytes(a.key, b.key));
}
