/**
 * Transactions: who sees what, and whose commit goes through.
 *
 *     published          7          8          9                  15
 *     t1   begin ────────┼── reads as of 7 ────┼── put x ── commit │  its record gets LSN 8, say: that is its timestamp
 *     t2        begin ───┼── reads as of 7 ────┼──────────── put x ── commit: x has a version of 8, newer than 7. Refused
 *     t3                 │          begin ─────┼── reads as of 8, or 7 if 8 is still on its way to the disk
 *
 * Reads never wait and never make anybody wait: a snapshot is a number, and what it reads does not change
 * (`version_reader.ts`). Writers do not wait either: each gathers its writes in a buffer of its own, and they meet only when
 * they commit. Then, of two that overlap and wrote the same key, the first one wins and the other is refused, before
 * anything of it was written (Berenson et al. 1995, "A Critique of ANSI SQL Isolation Levels", section 4.2). PostgreSQL and
 * InnoDB decide this at the write, with a lock on the row, and let the second writer wait for the first; ours learns it
 * later, at its commit, and can then only start again; in exchange nobody waits, and there are no deadlocks to find.
 *
 * There is no clock in it. A commit's timestamp is the LSN of its record in the log, so the order of commits, of versions and
 * of replay after a crash is one order. Between getting its LSN and being published, a commit is on its way: nobody sees it,
 * but whoever wants to write one of its keys loses against it already, in the same group of the log too.
 *
 *   D1  A transaction reads, of each key, its own last write; else the newest version at or before its snapshot.
 *   D2  No two transactions that overlap commit a write of the same key: C <= snapshot or refused, for each C that wrote it.
 *   D3  What is refused has written nothing; its transaction has ended.
 *   D4  A snapshot keeps what it reads (W1) until its transaction has been submitted, refused, aborted, or idle for too long.
 */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import { lsn as lsnOf, txnId, type Lsn } from '../base/ids';
import type { Batch, Operation } from '../base/ordered_index';
import type { Clock } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import type { VersionsDescription } from './descriptions';
import type { MvccEvent, TransactionEnded } from './events';
import { LiveTransaction, type TransactionHost } from './live_transaction';
import { measureVersions, type VersionMeasure } from './measure';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from './protections';
import { RecentCommits, type RecentCommit } from './recent_commits';
import { Serializability, type Tracked } from './serializability';
import { Snapshots } from './snapshots';
import { strayWritesOf, toldAhead, writesAhead, type WritesAhead } from './stray_writes';
import type { BeginOptions, CommitReceipt, Reader, Transaction, TransactionCommitOptions } from './transaction';
import { VersionReader, type VersionSource } from './version_reader';

/** What a manager works on: an index with versions, and somebody who writes commits to a log and publishes them in order. */
export interface TransactionManagerOptions {
  readonly source: VersionSource;
  /** Every commit up to here is in the index, whole, and none after it. */
  readonly publishedLsn: () => Lsn;
  /** Gives the batch its LSN and sees to the rest. Throws if it will not be written; then nothing has happened. */
  readonly submit: (batch: Batch, options: TransactionCommitOptions) => CommitReceipt;
  /** Throws for what cannot be stored, as soon as it is put. */
  readonly check?: (operation: Operation) => void;
  readonly checkKey?: (key: Uint8Array) => void;
  /** For the age of readers, and for `idleTicksMax`. */
  readonly clock?: Clock;
  /** A transaction that was not used for more ticks than this is ended, when somebody asks for the watermark or uses it. */
  readonly idleTicksMax?: number;
  readonly protections?: MvccProtections;
  readonly trace?: TraceSink<MvccEvent> | null;
}

interface NamedSnapshot {
  readonly snapshot: Lsn;
  readonly keptAt: number;
}

const AT_ONCE: CommitReceipt['onSettled'] = (listener) => listener();

export class TransactionManager {
  readonly #options: TransactionManagerOptions;
  readonly #protections: MvccProtections;
  readonly #trace: TraceSink<MvccEvent> | null;
  readonly #reader: VersionReader;
  readonly #snapshots: Snapshots;
  readonly #recent = new RecentCommits();
  readonly #serializability: Serializability;
  readonly #active = new Set<LiveTransaction>();
  readonly #tracked = new Map<LiveTransaction, Tracked>();
  readonly #named = new Map<string, NamedSnapshot>();
  readonly #host: TransactionHost;
  #begun = 0;

  constructor(options: TransactionManagerOptions) {
    this.#options = options;
    this.#protections = options.protections ?? ALL_MVCC_PROTECTIONS;
    this.#trace = options.trace ?? null;
    this.#reader = new VersionReader(options.source, this.#trace);
    this.#snapshots = new Snapshots(options.publishedLsn);
    this.#serializability = new Serializability(this.#recent, this.#trace);
    this.#host = this.#makeHost();
  }

  get publishedLsn(): Lsn {
    return this.#options.publishedLsn();
  }
  /** The oldest snapshot in use; what is published, if there is none. */
  get watermark(): Lsn {
    return this.#snapshots.watermark;
  }
  /** The oldest timestamp that `begin({ at })` takes. */
  get keptFrom(): Lsn {
    return this.#snapshots.keptFrom;
  }
  /** Under way, oldest first. */
  get active(): readonly Transaction[] {
    return [...this.#active];
  }
  /** Timestamps that somebody reads at, oldest first. */
  get snapshotsInUse(): readonly Lsn[] {
    return this.#snapshots.inUse;
  }
  /** For reads outside of any transaction. */
  get reader(): VersionReader {
    return this.#reader;
  }

  /** @throws EngineError snapshot_too_old, option_invalid */
  begin({ at, label, level = 'snapshot', readOnly = at !== undefined }: BeginOptions = {}): Transaction {
    this.endIdle();
    if (at !== undefined) this.#checkAt(at, level, readOnly);
    const transaction = new LiveTransaction(this.#host, {
      id: txnId(++this.#begun),
      label,
      snapshot: at ?? this.publishedLsn,
      level,
      readOnly,
      ahead: this.#writesAhead(),
    });
    this.#snapshots.acquire(transaction.snapshot);
    this.#active.add(transaction);
    const { ahead, id, reads, snapshot } = transaction;
    if (reads) {
      const tracked = { id, snapshot, readOnly, reads };
      this.#tracked.set(transaction, tracked);
      this.#serializability.begin(tracked);
    }
    this.#trace?.emit({
      kind: 'mvcc.transaction_begun',
      transaction: id,
      ...(label !== undefined && { label }),
      snapshot,
      level,
      readOnly,
      ...(ahead && { ahead: toldAhead(ahead) }),
    });
    return transaction;
  }

  /** Commits a batch without a transaction: it has read nothing, so nothing can be against it. Throws what `submit` does. */
  commitBatch(batch: Batch, options: TransactionCommitOptions = {}): CommitReceipt {
    const receipt = this.#options.submit(batch, options);
    this.#follow(receipt, { transaction: undefined, snapshot: lsnOf(receipt.lsn - 1), batch }, () => undefined);
    return receipt;
  }

  /** Keeps what is published now, or was at `at`, until `releaseSnapshot`. @throws EngineError option_invalid, snapshot_too_old */
  keepSnapshot(name: string, at: Lsn = this.publishedLsn): Lsn {
    if (this.#named.has(name)) throw new EngineError('option_invalid', `There is a snapshot called ${name} already.`);
    this.#snapshots.checkKept(at);
    this.#snapshots.acquire(at);
    this.#named.set(name, { snapshot: at, keptAt: this.#now() });
    this.#trace?.emit({ kind: 'mvcc.snapshot_kept', name, snapshot: at });
    return at;
  }

  /** @throws EngineError option_invalid */
  releaseSnapshot(name: string): void {
    this.#snapshots.release(this.snapshotNamed(name));
    this.#named.delete(name);
    this.#trace?.emit({ kind: 'mvcc.snapshot_released', name });
  }

  /** For `begin({ at })`. @throws EngineError option_invalid */
  snapshotNamed(name: string): Lsn {
    const named = this.#named.get(name);
    if (!named) throw new EngineError('option_invalid', `There is no snapshot called ${name}.`);
    return named.snapshot;
  }

  /** Who keeps old versions alive, the oldest snapshot first. */
  readers(): Reader[] {
    const now = this.#now();
    const transactions = [...this.#active].map(({ beganAt, id, label, snapshot, usedAt }) => ({
      snapshot,
      transaction: id,
      ...(label !== undefined && { label }),
      ageTicks: now - beganAt,
      idleTicks: now - usedAt,
    }));
    const named = [...this.#named].map(([name, { keptAt, snapshot }]) => ({
      snapshot,
      name,
      ageTicks: now - keptAt,
      idleTicks: now - keptAt,
    }));
    return [...transactions, ...named].sort((a, b) => a.snapshot - b.snapshot);
  }

  /** For pictures: see `describe.ts`. */
  describe(): Pick<VersionsDescription, 'keptFrom' | 'snapshots' | 'transactions' | 'watermark'> {
    return {
      watermark: this.watermark,
      keptFrom: this.keptFrom,
      transactions: [...this.#active].map((transaction) => transaction.describe()),
      snapshots: [...this.#named].map(([name, { snapshot }]) => ({ name, snapshot })),
    };
  }

  /** What the versions cost, and which snapshot keeps how much: found out by reading all of them. */
  measure(): VersionMeasure {
    return measureVersions(this.#options.source, this.snapshotsInUse, this.watermark);
  }

  /** For whoever collects garbage: what only snapshots older than this could read may go, from now on (W2). */
  readonly collect = (): Lsn => {
    this.endIdle();
    return this.#snapshots.collect();
  };

  #makeHost(): TransactionHost {
    const { check, checkKey, publishedLsn } = this.#options;
    return {
      reader: this.#reader,
      protections: this.#protections,
      trace: this.#trace,
      get publishedLsn() {
        return publishedLsn();
      },
      now: () => this.#now(),
      check: (operation) => check?.(operation),
      checkKey: (key) => checkKey?.(key),
      isIdle: this.#options.idleTicksMax === undefined ? undefined : (transaction) => this.#isIdle(transaction),
      strayWrites: (transaction) => strayWritesOf(transaction, this.#active, this.#protections),
      commit: (transaction, options) => this.#commit(transaction, options),
      ended: (transaction, how) => this.#end(transaction, how),
    };
  }

  /** An older world cannot be validated against: what was compared with it is forgotten. */
  #checkAt(at: Lsn, level: BeginOptions['level'], readOnly: boolean): void {
    if (!readOnly || level === 'serializable')
      throw new EngineError('option_invalid', 'A transaction at an older timestamp only reads, at snapshot isolation.');
    this.#snapshots.checkKept(at);
  }

  #commit(transaction: LiveTransaction, options: TransactionCommitOptions): CommitReceipt {
    const { id, readOnly, reads, snapshot } = transaction;
    // With nothing written and no reads noted, there is nothing to compare with anybody.
    if (readOnly && !reads) return this.#endReadOnly(transaction);
    const batch = transaction.buffer.operations();
    const firstOut = this.#validate(transaction, batch);
    if (batch.length === 0) {
      this.#note({ transaction: id, snapshot, lsn: snapshot, batch, reads, firstOut, isSettled: true });
      return this.#endReadOnly(transaction);
    }
    const receipt = this.#options.submit(batch, options);
    this.#follow(receipt, { transaction: id, snapshot, batch, reads, firstOut }, (error) =>
      transaction.settle(outcomeOf(error)),
    );
    this.#end(transaction, 'submitted');
    return receipt;
  }

  #endReadOnly(transaction: LiveTransaction): CommitReceipt {
    this.#end(transaction, 'read_only');
    transaction.settle('committed');
    return { lsn: transaction.snapshot, onSettled: AT_ONCE };
  }

  /** D3. */
  #validate(transaction: LiveTransaction, batch: Batch): number {
    const tracked = this.#tracked.get(transaction);
    try {
      if (this.#protections.validateWrites) this.#validateWrites(transaction, batch);
      return tracked ? this.#serializability.validate(tracked, batch) : Infinity;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.retry !== 'new_transaction') throw error; // A page that could not be read says nothing about a conflict.
      transaction.settle('aborted');
      this.#end(transaction, 'refused');
      throw error;
    }
  }

  /** D2. */
  #validateWrites({ id, snapshot }: LiveTransaction, batch: Batch): void {
    const hasNews = this.publishedLsn > snapshot;
    for (const { key } of batch) {
      const onItsWay = this.#recent.writersOf(key).at(-1); // C1
      let newest = onItsWay?.lsn ?? snapshot;
      if (newest <= snapshot && hasNews) newest = this.#reader.newestCommit(key) ?? snapshot;
      if (newest <= snapshot) continue;
      const from = onItsWay?.lsn === newest ? onItsWay.snapshot : undefined;
      this.#trace?.emit({
        kind: 'mvcc.conflict_found',
        transaction: id,
        key: key.slice(),
        lsn: newest,
        ...(from !== undefined && { from }),
      });
      throw new EngineError(
        'write_conflict',
        `A key of this transaction was written by the commit ${newest}, after its snapshot at ${snapshot}: the first to commit wins. Nothing was written; run it again.`,
        { lsn: newest },
      );
    }
  }

  /** C1: from its submission on, everybody who commits is compared with it. */
  #follow(
    receipt: CommitReceipt,
    parts: Pick<RecentCommit, 'batch' | 'snapshot' | 'transaction'> & Partial<RecentCommit>,
    settled: (error?: EngineError) => void,
  ): void {
    const { lsn } = receipt;
    const commit: RecentCommit = { reads: undefined, firstOut: Infinity, ...parts, lsn, isSettled: false };
    const { batch, snapshot, transaction } = commit;
    this.#recent.add(commit);
    const who = transaction !== undefined && { transaction };
    this.#trace?.emit({
      kind: 'mvcc.commit_started',
      ...who,
      snapshot,
      lsn,
      keys: batch.map(({ key }) => key.slice()),
    });
    receipt.onSettled((error) => {
      this.#recent.settle(commit);
      if (error || lsn <= this.#serializability.oldestSnapshot) this.#recent.remove(commit); // C2
      settled(error);
      this.#trace?.emit({ kind: 'mvcc.commit_settled', ...who, lsn, ...(error && { code: error.code }) });
    });
  }

  /** Of a transaction that wrote nothing: what it read may still be the first of three. */
  #note(commit: RecentCommit): void {
    if (commit.reads) this.#recent.add(commit);
  }

  /** D4. */
  #end(transaction: LiveTransaction, how: TransactionEnded['how']): void {
    assert(this.#active.delete(transaction), 'a transaction ends once');
    transaction.closeScans();
    this.#snapshots.release(transaction.snapshot);
    const tracked = transaction.reads && this.#tracked.get(transaction);
    if (tracked) {
      this.#tracked.delete(transaction);
      this.#serializability.end(tracked);
    }
    this.#trace?.emit({ kind: 'mvcc.transaction_ended', transaction: transaction.id, how });
  }

  #writesAhead(): readonly WritesAhead[] | undefined {
    const { publishInLogOrder, wholeCommits } = this.#protections;
    if (publishInLogOrder && wholeCommits) return undefined;
    return writesAhead(this.#recent.onTheirWay(this.publishedLsn), this.#protections);
  }

  #isIdle({ usedAt }: LiveTransaction): boolean {
    const { idleTicksMax } = this.#options;
    return idleTicksMax !== undefined && this.#now() - usedAt > idleTicksMax;
  }

  /** Ends transactions that nobody has used for too long: what they keep is theirs no more. */
  endIdle(): void {
    if (this.#options.idleTicksMax === undefined) return;
    // One whose commit is being written is not waiting for its client.
    for (const transaction of this.#active) {
      if (transaction.state === 'active' && this.#isIdle(transaction)) transaction.expire();
    }
  }

  #now(): number {
    return this.#options.clock?.now() ?? 0;
  }
}

const outcomeOf = (error: EngineError | undefined): 'committed' | 'aborted' | 'unknown' =>
  error === undefined ? 'committed' : error.code === 'commit_unknown' ? 'unknown' : 'aborted';
