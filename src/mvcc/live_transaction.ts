/** A transaction under way: its buffer, its snapshot, what it has read; and who is asked when it commits. */
import { assert } from '../base/assert';
import { closedBy } from '../base/entries';
import { EngineError } from '../base/errors';
import type { Lsn, TxnId } from '../base/ids';
import type { Cursor, Entry, Operation, Range } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import { summaryOf, type TransactionDescription } from './descriptions';
import type { MvccEvent } from './events';
import type { MvccProtections } from './protections';
import { ReadSet, type RangeRead } from './read_set';
import type { StrayWrites, WritesAhead } from './stray_writes';
import type {
  CommitReceipt,
  IsolationLevel,
  Transaction,
  TransactionCommitOptions,
  TransactionState,
} from './transaction';
import type { VersionReader } from './version_reader';
import { MergedEntries, WriteBuffer, type Write, type Writes } from './write_buffer';

/** What a transaction asks of the manager that began it. */
export interface TransactionHost {
  readonly reader: VersionReader;
  readonly protections: MvccProtections;
  readonly trace: TraceSink<MvccEvent> | null;
  readonly publishedLsn: Lsn;
  now(): number;
  /** Throws for a key or a value that the store could not take. */
  check(operation: Operation): void;
  checkKey(key: Uint8Array): void;
  /** Nobody has used it for longer than is allowed. */
  readonly isIdle: ((transaction: LiveTransaction) => boolean) | undefined;
  /** Uncommitted writes that it sees over its snapshot, the last on top: none, but where a protection is off. */
  strayWrites(transaction: LiveTransaction): readonly StrayWrites[];
  commit(transaction: LiveTransaction, options: TransactionCommitOptions): CommitReceipt;
  ended(transaction: LiveTransaction, how: 'aborted' | 'idle'): void;
}

export interface LiveOptions {
  readonly id: TxnId;
  readonly label: string | undefined;
  readonly snapshot: Lsn;
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  /** Commits on their way that its snapshot has as well; undefined, but where a protection is off. */
  readonly ahead: readonly WritesAhead[] | undefined;
}

/** What a scan was given to read, where a protection is off: the writes that lie over its snapshot. */
interface Layers {
  readonly stray: readonly StrayWrites[];
  readonly own: Writes | undefined;
}

export class LiveTransaction implements Transaction {
  readonly id: TxnId;
  readonly label: string | undefined;
  readonly snapshot: Lsn;
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  readonly ahead: readonly WritesAhead[] | undefined;
  readonly buffer = new WriteBuffer();
  /** Of a serializable one. */
  readonly reads: ReadSet | undefined;
  readonly beganAt: number;
  readonly #host: TransactionHost;
  #usedAt: number;
  #state: TransactionState = 'active';
  /** Of scans under way: what they pin goes with the snapshot. */
  #cursors: Set<Cursor> | undefined;
  /** Why it ended without being asked. */
  #endedBy: EngineError | undefined;

  constructor(host: TransactionHost, { ahead, id, label, level, readOnly, snapshot }: LiveOptions) {
    this.id = id;
    this.label = label;
    this.snapshot = snapshot;
    this.level = level;
    this.readOnly = readOnly;
    this.ahead = ahead;
    this.reads = level === 'serializable' ? new ReadSet() : undefined;
    this.#host = host;
    this.beganAt = this.#usedAt = host.now();
  }

  get state(): TransactionState {
    return this.#state;
  }
  get usedAt(): number {
    return this.#usedAt;
  }
  get writes(): readonly Operation[] {
    return this.buffer.operations();
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#use();
    const { protections, reader, trace } = this.#host;
    this.#host.checkKey(key);
    const own = protections.ownWrites && !this.buffer.isEmpty ? this.buffer.get(key) : undefined;
    if (own) {
      trace?.emit({
        kind: 'mvcc.version_read',
        transaction: this.id,
        key: key.slice(),
        at: this.snapshot,
        found: 'own',
      });
      return own.value;
    }
    if (this.reads && protections.trackReads) this.reads.addKey(key.slice());
    const stray =
      this.ahead !== undefined || !protections.hideUncommitted
        ? this.#stray(key, this.#host.strayWrites(this))
        : undefined;
    return stray ? stray.value : reader.read(key, this.#at, this.id)?.value;
  }

  /** What it must not see, where a protection is off; the last on top. */
  #stray(key: Uint8Array, layers: readonly StrayWrites[]): Write | undefined {
    for (const { writer, writes } of layers.toReversed()) {
      const stray = writes.get(key);
      if (!stray) continue;
      this.#host.trace?.emit({
        kind: 'mvcc.version_read',
        transaction: this.id,
        key: key.slice(),
        at: this.#at,
        ...(writer.lsn !== undefined && { lsn: writer.lsn }),
        found: stray.value === undefined ? 'tombstone' : 'value',
        stray: writer,
      });
      return stray;
    }
    return undefined;
  }

  scan(range: Range = {}, reverse = false): Generator<Entry, void> {
    this.#use();
    const { protections, reader } = this.#host;
    let cursor = reader.scan(range, reverse, this.#at, this.id);
    const stray = this.#host.strayWrites(this);
    const own = protections.ownWrites && !this.buffer.isEmpty ? this.buffer.view() : undefined;
    for (const { writes } of stray) cursor = new MergedEntries(cursor, writes, range, reverse);
    if (own) cursor = new MergedEntries(cursor, own, range, reverse);
    const read = protections.trackRanges
      ? this.reads?.addRange({ from: range.from?.slice(), to: range.to?.slice() }, reverse)
      : undefined;
    const open = this.#opened(cursor);
    return closedBy(this.#entries(open, read, { stray, own }), open);
  }

  #opened(inner: Cursor): Cursor {
    const cursor: Cursor = {
      next: () => inner.next(),
      close: () => {
        if (this.#cursors?.delete(cursor) === true) inner.close();
      },
    };
    (this.#cursors ??= new Set()).add(cursor);
    return cursor;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#write({ kind: 'put', key: new Uint8Array(key), value: new Uint8Array(value) });
  }

  delete(key: Uint8Array): void {
    this.#write({ kind: 'delete', key: new Uint8Array(key) });
  }

  commit(options: TransactionCommitOptions = {}): CommitReceipt {
    this.#use();
    this.#state = 'committing';
    try {
      return this.#host.commit(this, options);
    } catch (error) {
      // What the writing refused, such as a full device, may be tried again; what validation refused has ended it.
      if (this.state === 'committing') this.#state = 'active';
      throw error;
    }
  }

  abort(): void {
    if (this.#state !== 'active') return;
    this.#state = 'aborted';
    this.#host.ended(this, 'aborted');
  }

  /** Its commit was refused, or came to its end. */
  settle(state: 'committed' | 'aborted' | 'unknown'): void {
    this.#state = state;
  }

  /** Nobody used it for so long that it keeps nothing alive any more: what it would read may be gone. */
  expire(): void {
    this.#state = 'aborted';
    this.#endedBy = new EngineError(
      'snapshot_too_old',
      `The transaction was not used for so long that it was ended: what its snapshot at ${this.snapshot} would read may be gone.`,
      { lsn: this.snapshot },
    );
    this.#host.ended(this, 'idle');
  }

  /** However it ended: what its scans pin goes with the snapshot, whether their clients close them or not. */
  closeScans(): void {
    for (const cursor of this.#cursors ?? []) cursor.close();
  }

  describe(): TransactionDescription {
    const { id, label, level, readOnly, reads, snapshot, state } = this;
    const now = this.#host.now();
    return {
      id,
      ...(label !== undefined && { label }),
      snapshot,
      level,
      readOnly,
      state,
      writes: this.writes.map(summaryOf),
      ...(reads && { reads: reads.describe() }),
      ageTicks: now - this.beganAt,
      idleTicks: now - this.#usedAt,
    };
  }

  /** As of when it reads. */
  get #at(): Lsn {
    return this.#host.protections.snapshotReads ? this.snapshot : this.#host.publishedLsn;
  }

  #write(operation: Operation): void {
    this.#use();
    assert(!this.readOnly, 'a read-only transaction writes nothing');
    this.#host.check(operation);
    this.buffer.add(operation);
    this.#host.trace?.emit({
      kind: 'mvcc.write_buffered',
      transaction: this.id,
      key: operation.key.slice(),
      operation: operation.kind,
      valueBytes: operation.kind === 'put' ? operation.value.length : 0,
    });
  }

  *#entries(cursor: Cursor, read: RangeRead | undefined, { own, stray }: Layers): Generator<Entry, void> {
    const tracksKeys = this.reads !== undefined && !read && this.#host.protections.trackReads;
    try {
      for (;;) {
        this.#use(); // Its snapshot may have gone meanwhile, and with it what is read next; before the first entry, too.
        const entry = cursor.next();
        if (!entry) break;
        read?.reached(entry.key);
        if (tracksKeys) this.reads.addKey(entry.key.slice());
        if (stray.length > 0 && !own?.get(entry.key)) this.#stray(entry.key, stray);
        yield entry;
      }
      read?.ended();
    } finally {
      cursor.close();
    }
  }

  /** @throws EngineError snapshot_too_old */
  #use(): void {
    if (this.#host.isIdle !== undefined && this.#state === 'active' && this.#host.isIdle(this)) this.expire();
    if (this.#endedBy) throw this.#endedBy;
    assert(this.#state === 'active', 'a transaction that has ended is not used any more');
    this.#usedAt = this.#host.now();
  }
}
