/**
 * A store with versions, used by clients of transactions, as the crash suite sees it: to the suite a commit is a commit, and
 * all that goes on around it must leave no mark.
 *
 *     batch   ──▶ the transaction that the suite asked for ─────────────────────────▶ commit, its ticket
 *                 a rival that writes the same key, in the same group and later ──▶ has to be refused
 *                 a rival that reads what it writes, and writes what it reads ────▶ has to be refused (serializable)
 *     always open: a writer that never commits; readers with old snapshots
 *
 * Clients act on what they read. One that sees what it must not writes that down, in the commit that it is about to make:
 * so a transaction that is broken shows in what the store holds, in every crash state behind it, and the suite needs no
 * other judge than its own. A rival that gets through is a commit that nobody submitted.
 *
 *   T1  As long as transactions keep their promises, the commits are those that the suite asked for, and nothing else.
 */
import { concatBytes, encodeText, equalBytes } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { Batch, Entry, Finding } from '../base/ordered_index';
import type { CommitOptions, RecoveryReport, ScanOptions, Store, StoreStats, Ticket } from '../kv_store';
import type { IsolationLevel, Transaction } from '../mvcc';
import type { CrashStore } from './subject';

/** Above every key of a workload, and never there after a commit. */
const OPEN = encodeText('~open');
const SEEN = encodeText('~seen');
const CROSSED = encodeText('~crossed');
const PAST = encodeText('~~');
const READERS_MAX = 2;
/** Every so many commits a reader begins. */
const COMMITS_PER_READER = 3;
const VACUUM_BYTES = 400;

/** A transaction that only reads, and what it read when it began. */
interface Parked {
  readonly reader: Transaction;
  readonly world: readonly Entry[];
}

export class TransactionalStore implements CrashStore {
  readonly #store: Store;
  #commits = 0;
  #parked: Parked[] = [];
  #writer: Transaction | undefined;
  /** Began before the last commit, and writes a key of it. */
  #late: { readonly rival: Transaction; readonly against: Ticket } | undefined;
  /** Submitted, and perhaps not published yet. */
  #onTheirWay: { readonly ticket: Ticket; readonly batch: Batch }[] = [];
  #isWrong = false;

  constructor(store: Store) {
    this.#store = store;
  }

  get recovery(): RecoveryReport {
    return this.#store.recovery;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#reading((transaction) => transaction.get(key));
  }

  scan({ from, reverse = false, to }: ScanOptions = {}): Entry[] {
    return this.#reading((transaction) => [...transaction.scan({ ...(from && { from }), ...(to && { to }) }, reverse)]);
  }

  batch(operations: Batch, options: CommitOptions = {}): Ticket {
    this.#commits++;
    this.#look();
    this.#tryLate();
    const level: IsolationLevel = this.#commits % 2 === 0 ? 'serializable' : 'snapshot';
    const [transaction, rival, late] = [this.#begin(level), this.#begin(level), this.#begin('snapshot')];
    try {
      this.#checkSnapshot(transaction);
      this.#cross(rival, level, operations);
      this.#write(transaction, operations);
      if (level === 'serializable') this.#touch(transaction);
      const ticket = this.#commit(transaction, operations, options);
      this.#onTheirWay.push({ ticket, batch: operations });
      // What committed without a transaction has read nothing: the other one may come after it.
      const isCrossed = transaction.state !== 'aborted' || level === 'snapshot';
      if (isCrossed && ticket.state !== 'rejected') this.#mustLose(rival);
      late.put(operations[0]!.key, SEEN);
      this.#late = { rival: late, against: ticket };
      this.#park();
      return ticket;
    } finally {
      for (const one of [transaction, rival]) one.abort();
      if (this.#late?.rival !== late) late.abort();
    }
  }

  flush(): unknown {
    return this.#store.flush();
  }

  beginCheckpoint(): void {
    this.#store.beginCheckpoint();
  }

  step(budgetBytes: number): { readonly done: boolean } {
    this.#vacuum();
    return this.#store.step(budgetBytes);
  }

  stepOrBegin(budgetBytes: number): { readonly done: boolean } {
    this.#vacuum();
    return this.#store.stepOrBegin(budgetBytes);
  }

  checkpoint(): void {
    while (!this.#vacuum());
    this.#store.checkpoint();
  }

  check(): readonly Finding[] {
    return this.#store.check();
  }

  stats(): StoreStats {
    return this.#store.stats();
  }

  close(): void {
    this.#store.close();
  }

  /** True at its end: of a pass, or for want of room or of a page. */
  #vacuum(): boolean {
    try {
      return this.#store.vacuum.step(VACUUM_BYTES).done;
    } catch (error) {
      if (!isEngineError(error)) throw error;
      return true;
    }
  }

  #begin(level: IsolationLevel): Transaction {
    return this.#store.begin({ level });
  }

  #reading<T>(read: (transaction: Transaction) => T): T {
    const transaction = this.#store.begin({ readOnly: true });
    try {
      return read(transaction);
    } finally {
      transaction.abort();
    }
  }

  /** What the suite asked for; and what a client saw that it must not have seen. */
  #write(transaction: Transaction, operations: Batch): void {
    for (const operation of operations) {
      if (operation.kind === 'put') transaction.put(operation.key, operation.value);
      else transaction.delete(operation.key);
    }
    const last = operations.at(-1)!;
    const own = transaction.get(last.key);
    if (!sameValue(own, last.kind === 'put' ? last.value : undefined)) this.#isWrong = true;
    if (transaction.get(OPEN) !== undefined) this.#isWrong = true;
    if (this.#isWrong) transaction.put(SEEN, encodeText('what it must not'));
  }

  /** The rival writes the same key; at the other level, the two only read what the other one writes. */
  #cross(rival: Transaction, level: IsolationLevel, operations: Batch): void {
    const { key } = operations[0]!;
    if (level === 'snapshot') {
      rival.put(key, SEEN);
      return;
    }
    this.#readBy(rival, key, concatBytes([key, Uint8Array.of(0)]));
    rival.put(CROSSED, SEEN);
  }

  #touch(transaction: Transaction): void {
    this.#readBy(transaction, CROSSED, PAST);
  }

  /** By key or, every other time, as a range. */
  #readBy(transaction: Transaction, from: Uint8Array, to: Uint8Array): void {
    if (this.#commits % 4 === 0) transaction.get(from);
    else for (const _ of transaction.scan({ from, to }));
  }

  /** Where somebody who is on the way has one of its keys, a client would wait and run again: here it commits without reading. */
  #commit(transaction: Transaction, operations: Batch, options: CommitOptions): Ticket {
    try {
      return transaction.commit(options) as Ticket;
    } catch (error) {
      if (!isEngineError(error) || error.retry !== 'new_transaction') throw error;
      return this.#store.batch(operations, options);
    }
  }

  /** D2, and the serializable level. What it writes would be one commit too many. */
  #mustLose(rival: Transaction): void {
    try {
      rival.commit();
    } catch (error) {
      if (!isEngineError(error)) throw error;
    }
  }

  /** D2, where the other one is in the index by now; if it was not refused itself. */
  #tryLate(): void {
    const late = this.#late;
    this.#late = undefined;
    if (late?.against.state === 'acknowledged') this.#mustLose(late.rival);
    late?.rival.abort();
  }

  /** A new snapshot has what is published, and nothing of what is on its way. */
  #checkSnapshot(transaction: Transaction): void {
    this.#onTheirWay = this.#onTheirWay.filter(({ ticket }) => ticket.state !== 'acknowledged' && !ticket.error);
    for (const { key } of this.#onTheirWay.flatMap(({ batch }) => batch))
      if (!sameValue(transaction.get(key), this.#store.get(key))) this.#isWrong = true;
  }

  /** Readers begin, the oldest ends; a writer begins that will never commit. */
  #park(): void {
    if (this.#commits % COMMITS_PER_READER !== 0) return;
    this.#parkReader();
    if (this.#parked.length > READERS_MAX) this.#parked.shift()!.reader.abort();
    this.#writer?.abort();
    this.#writer = this.#begin('snapshot');
    this.#writer.put(OPEN, SEEN);
  }

  /** The commit has been submitted by now: a device that refuses this client's reads must not make it look refused. */
  #parkReader(): void {
    const reader = this.#store.begin({ readOnly: true });
    try {
      this.#parked.push({ reader, world: [...reader.scan()] });
    } catch (error) {
      if (!isEngineError(error)) throw error;
      reader.abort();
    }
  }

  /** Old snapshots do not move. One that meets damage has ended. */
  #look(): void {
    this.#parked = this.#parked.filter(({ reader, world }) => {
      try {
        if (!sameWorld([...reader.scan()], world)) this.#isWrong = true;
        for (const { key, value } of world) if (!sameValue(reader.get(key), value)) this.#isWrong = true;
        return true;
      } catch (error) {
        if (!isEngineError(error)) throw error;
        reader.abort();
        return false;
      }
    });
  }
}

const sameValue = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);

const sameWorld = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  a.length === b.length && a.every(({ key, value }, i) => sameValue(key, b[i]!.key) && sameValue(value, b[i]!.value));
