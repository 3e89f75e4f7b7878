/**
 * Transactions of a script, by name. Over a store with versions they are the store's own: a snapshot, own writes over it, and
 * a commit that may be refused. Over a store without, writes are gathered, seen by their own transaction, and committed as
 * one atomic batch; nothing isolates two of them from each other.
 */
import { equalBytes } from '../base/bytes';
import { cursorOf, entriesOf } from '../base/entries';
import { lsn as lsnOf, type Lsn, type TxnId } from '../base/ids';
import type { Batch, Entry, Operation } from '../base/ordered_index';
import type { CommitOptions, ScanOptions, Store, Ticket, TicketState } from '../kv_store';
import type { BeginOptions, CommitReceipt, Transaction } from '../mvcc';
import type { BeginCommand, OlderTimestamp } from '../workload/command';
import { LabError } from './lab_error';

/** Where transactions read and commit: a session. */
export interface TransactionTarget {
  readonly store: Store;
  commit(operations: Batch, options: CommitOptions): Ticket;
  commitTransaction(transaction: Transaction, options: CommitOptions): CommitReceipt;
}

export interface Committed {
  readonly lsn: Lsn;
  readonly state: TicketState;
}

export interface ScriptTransaction {
  /** By itself: it was idle for too long. */
  readonly hasEnded: boolean;
  /** Of one with a snapshot. */
  readonly begun?: { readonly id: TxnId; readonly snapshot: Lsn };
  /** @returns how many writes it holds now. */
  write(operation: Operation): number;
  get(key: Uint8Array): Uint8Array | undefined;
  scan(options: ScanOptions): Generator<Entry, void>;
  /** Undefined: it wrote nothing. */
  commit(options: CommitOptions): Committed | undefined;
  abort(): void;
}

export class Transactions {
  readonly #open = new Map<string, ScriptTransaction>();

  get names(): readonly string[] {
    return [...this.#open].flatMap(([name, { hasEnded }]) => (hasEnded ? [] : [name]));
  }

  begin(target: TransactionTarget, command: BeginCommand): ScriptTransaction {
    const { transaction: name } = command;
    if (this.#open.get(name)?.hasEnded === false)
      throw new LabError('command_refused', `The transaction ${name} is under way already.`);
    const { store } = target;
    const begun = store.keepsVersions
      ? new SnapshotTransaction(target, store.begin(optionsOf(store, command)))
      : new GatheredWrites(target, command);
    this.#open.set(name, begun);
    return begun;
  }

  find(name: string): ScriptTransaction {
    const transaction = this.#open.get(name);
    if (transaction) return transaction;
    throw new LabError('command_refused', `No transaction ${name} is under way: begin it first.`);
  }

  /** @throws EngineError write_conflict and serialization_failure end it; what the device refuses does not. */
  commit(name: string, options: CommitOptions): Committed | undefined {
    const transaction = this.find(name);
    try {
      return transaction.commit(options);
    } finally {
      if (transaction.hasEnded) this.#open.delete(name);
    }
  }

  abort(name: string): void {
    this.find(name).abort();
    this.#open.delete(name);
  }

  /** The process is gone, and they with it. */
  clear(): void {
    this.#open.clear();
  }
}

function optionsOf(store: Store, { at, readOnly, serializable, transaction: label }: BeginCommand): BeginOptions {
  return {
    label,
    ...(readOnly && { readOnly }),
    ...(serializable && { level: 'serializable' }),
    ...(at !== undefined && { at: timestampOf(store, at) }),
  };
}

/** @throws EngineError option_invalid: there is no snapshot of that name */
export const timestampOf = ({ transactions }: Store, at: OlderTimestamp): Lsn =>
  typeof at === 'number' ? lsnOf(at) : transactions.snapshotNamed(at);

class SnapshotTransaction implements ScriptTransaction {
  readonly #target: TransactionTarget;
  readonly #transaction: Transaction;

  constructor(target: TransactionTarget, transaction: Transaction) {
    this.#target = target;
    this.#transaction = transaction;
  }

  get hasEnded(): boolean {
    return this.#transaction.state !== 'active';
  }

  get begun(): { id: TxnId; snapshot: Lsn } {
    const { id, snapshot } = this.#transaction;
    return { id, snapshot };
  }

  write(operation: Operation): number {
    const transaction = this.#transaction;
    if (transaction.readOnly)
      throw new LabError('command_refused', `The transaction ${transaction.label} was begun to read only.`);
    if (operation.kind === 'put') transaction.put(operation.key, operation.value);
    else transaction.delete(operation.key);
    return transaction.writes.length;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#transaction.get(key);
  }

  scan({ from, limit = Infinity, reverse = false, to }: ScanOptions): Generator<Entry, void> {
    return entriesOf(cursorOf(this.#transaction.scan({ from, to }, reverse)), limit);
  }

  commit(options: CommitOptions): Committed | undefined {
    const hasWritten = this.#transaction.writes.length > 0;
    const { lsn } = this.#target.commitTransaction(this.#transaction, options);
    // Its record is in the log's buffer: a commit does not write.
    return hasWritten ? { lsn, state: 'buffered' } : undefined;
  }

  abort(): void {
    this.#transaction.abort();
  }
}

class GatheredWrites implements ScriptTransaction {
  readonly #target: TransactionTarget;
  readonly #operations: Operation[] = [];
  #hasEnded = false;

  constructor(target: TransactionTarget, { at, readOnly, serializable }: BeginCommand) {
    this.#target = target;
    if (at !== undefined || readOnly || serializable) throw withoutVersions('has no snapshot to read');
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  write(operation: Operation): number {
    return this.#operations.push(operation);
  }

  /** The last write wins. */
  get(key: Uint8Array): Uint8Array | undefined {
    const own = this.#operations.findLast((operation) => equalBytes(operation.key, key));
    if (own === undefined) return this.#target.store.get(key);
    return own.kind === 'put' ? own.value : undefined;
  }

  scan(): Generator<Entry, void> {
    throw withoutVersions('scans nothing');
  }

  commit(options: CommitOptions): Committed | undefined {
    this.#hasEnded = true;
    return this.#operations.length > 0 ? this.#target.commit(this.#operations, options) : undefined;
  }

  abort(): void {
    this.#hasEnded = true;
  }
}

const withoutVersions = (what: string): LabError =>
  new LabError(
    'command_refused',
    `Over a store without versions a transaction is a batch that waits: it ${what}. Say \`store versions\` in the head of the script.`,
  );
