/**
 * The store: byte keys and values, ordered, atomic batches, and a promise about crashes.
 *
 *     caller ──batch──▶ log buffer ──group──▶ log file ──flush──▶ index ──▶ published ──▶ acknowledged
 *                                                         │
 *                                 checkpoint, in slices paid for by the groups ──▶ data files, superblock
 *
 * When a strict commit is acknowledged, its record is in the log file and a flush of that file has returned. After
 * any end of the worker, the tab or the browser, and after a power cut on a device whose flush is honest, opening
 * gives exactly the commits of a prefix of the history that holds every acknowledged one. `relaxed` acknowledges
 * after the write: the same, except that a power cut may take the newest, at most `relaxedFlushBytes` of log.
 *
 *   K1  A batch that is refused was refused before any byte of it was written, or its group was wiped (L4 in `wal`).
 *   K2  Readers see published commits only, in LSN order, each whole.
 *   K3  A full log makes commits wait for the checkpoint. A commit is taken only if a checkpoint that holds it will
 *       find room in the data files; so a full device refuses puts (`store_full`), before anything is written, and
 *       lets deletes and reads go on. (With versions a delete adds one as well: there, vacuum makes the room.)
 *   K4  The first failed flush, or a superblock write that failed, ends all writing until the store is opened again,
 *       but for one note to whoever opens it (P5 in `superblock.ts`).
 */
import { assert } from '../base/assert';
import { closedBy, entriesOf } from '../base/entries';
import { EngineError, isEngineError } from '../base/errors';
import type { Lsn } from '../base/ids';

import type { Batch, Cursor, Entry, Finding, Range } from '../base/ordered_index';
import { BTreeIndex } from '../btree';
import { LsmIndex, type LsmStats } from '../lsm';
import { closeAll, type FileSet } from '../storage/file';
import { RECORD_TYPES } from '../storage/log_region';
import { GroupCommit } from '../wal';
import type { BeginOptions, GarbageCollector, Transaction, TransactionManager } from '../mvcc';
import { contextOf, type AnnotationContext } from './annotate';
import { writeBackup } from './backup';
import { encodeBatch } from './batch_codec';
import { checkStore } from './check';
import { Checkpointer } from './checkpointer';
import { ClientNews } from './client_news';
import { CommitTicket } from './commit_ticket';
import { describeStore } from './describe';
import type { StoreTrace } from './events';
import { Housekeeping } from './housekeeping';
import { batchBytesMax, checkBatch, checkKey, copyBatch, growthOf, summarize } from './limits';
import type { OpenOptions } from './open_options';
import { recover, type Recovered } from './recovery';
import { recordsOf, StoreVersions, versionsIn } from './store_versions';
import { checkTuning, completeTuning } from './tuning';
import {
  ALL_PROTECTIONS,
  type CommitOptions,
  type RecoveryReport,
  type StoreDescription,
  type StoreStats,
  type Ticket,
} from './types';

/** A group larger than this is written before the next record joins it: bounded memory, bounded wait. */
const GROUP_BYTES_MAX = 1024 * 1024;

export interface ScanOptions extends Range {
  readonly reverse?: boolean;
  readonly limit?: number;
}

export class Store {
  readonly recovery: RecoveryReport;
  readonly #files: FileSet;
  readonly #unwatchedFiles: FileSet;
  readonly #parts: Recovered;
  readonly #commits: GroupCommit<CommitTicket>;
  readonly #checkpointer: Checkpointer;
  readonly #housekeeping: Housekeeping;
  readonly #trace: StoreTrace | null;
  /** Of a store that keeps versions. */
  readonly #versions: StoreVersions | undefined;
  #publishedLsn: Lsn;
  #state: StoreDescription['state'] = 'open';
  #readOnlyBecause: EngineError | undefined;
  /** Bytes that commits on their way will add, which the index does not count yet. */
  #unappliedBytes = 0;
  #unappliedOperations = 0;
  /** The last record of the log when the store was compacted: as long as it is that, nobody needs the log. */
  #compactedLsn: Lsn | undefined;
  #committed = 0;
  readonly #news: ClientNews;

  private constructor(options: OpenOptions, parts: Recovered) {
    const protections = options.protections ?? ALL_PROTECTIONS;
    this.#files = options.files;
    this.#unwatchedFiles = parts.unwatchedFiles;
    this.#parts = parts;
    this.#trace = options.trace ?? null;
    this.#news = new ClientNews(options.schedule);
    const tuning = completeTuning(options.tuning ?? {}, parts.geometry.logBytes);
    this.recovery = parts.report;
    this.#publishedLsn = parts.report.lastLsn;
    this.#checkpointer = new Checkpointer({
      index: parts.index,
      log: parts.log,
      superblocks: parts.superblocks,
      superblock: parts.superblock,
      images: parts.images,
      superblockBeforeReuse: protections.superblockBeforeReuse,
      imagesBeforeSuperblock: protections.imagesBeforeSuperblock,
      trace: this.#trace,
    });
    this.#housekeeping = new Housekeeping({
      parts,
      checkpointer: this.#checkpointer,
      tuning,
      unapplied: () => ({ bytes: this.#unappliedBytes, operations: this.#unappliedOperations }),
      isOpen: () => this.#isOpen(),
      payVacuum: (groupBytes) => this.#versions?.payVacuum(groupBytes),
      poison: (error) => this.#poison(error),
    });
    this.#commits = new GroupCommit<CommitTicket>({
      log: parts.log,
      schedule: options.schedule,
      relaxedFlushBytes: tuning.relaxedFlushBytes,
      flushBeforeAcknowledge: protections.flushBeforeAcknowledge,
      poisonOnFailedFlush: protections.poisonOnFailedFlush,
      sink: {
        written: (ticket) => ticket.markWritten(),
        publish: (ticket) => this.#publish(ticket),
        reject: (ticket, error) => this.#reject(ticket, error),
        afterGroup: (groupBytes) => this.#housekeeping.pay(groupBytes),
        poison: (error) => this.#poison(error),
      },
    });
    parts.images.attach({
      log: parts.log,
      runCommits: () => this.#news.holdBackIn(() => this.#runGroup()),
      poison: (error) => this.#poison(error),
      isInDoubt: () => this.#checkpointer.superblock.logInDoubt,
    });
    if (parts.superblock.format.versions === true) {
      this.#versions = new StoreVersions({
        index: parts.index,
        format: parts.superblock.format,
        publishedLsn: () => this.#publishedLsn,
        assertReadable: () => this.#assertReadable(),
        submit: (batch, commitOptions) => this.#submit(batch, commitOptions),
        assertWritable: () => this.#assertWritable(),
        garbage: parts.garbage,
        sweep: (budgetBytes, isFirst) => this.#housekeeping.sweep(budgetBytes, isFirst),
        reserve: (operations, mayCheckpoint) => this.#reserve(0, operations, true, mayCheckpoint),
        poison: (error) => this.#poison(error),
        protections,
        trace: this.#trace,
        clock: options.clock,
        tuning,
      });
    }
    if (parts.report.damage) {
      this.#state = 'read_only';
      this.#readOnlyBecause = EngineError.fromPlain(parts.report.damage);
    }
  }

  /**
   * Opens the store in `files`, recovering it; makes one where none was ever finished.
   * Throws not_a_store, format_too_new, superblock_damaged, checkpoint_damaged, log_damaged, option_invalid,
   * read_failed, write_failed, flush_failed, store_full; what the files promised holds as before, and they are the
   * caller's to close.
   */
  static open(options: OpenOptions): Store {
    checkTuning(options.tuning ?? {}, options.clock !== undefined);
    const store = new Store(options, recover(options));
    if (store.#state === 'open') store.#housekeeping.reserveAhead();
    store.#trace?.emit({ kind: 'store.recovered', report: store.recovery });
    if (store.#state === 'open' && store.#parts.leavesLogBehind) {
      store.#leaveLogBehind();
      store.#housekeeping.reserveAhead(); // What that took: the next opening is not to find less room than this one leaves.
    }
    return store;
  }

  /** The value, as an array that the store keeps (X5): read it, do not write to it. The same goes for `scan`. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#assertReadable();
    checkKey(key, this.#parts.superblock.format);
    const value = this.#versions ? this.#versions.get(key) : this.#parts.index.get(key);
    this.#trace?.emit({ kind: 'store.key_read', key: key.slice(), found: value !== undefined });
    return value;
  }

  /**
   * Entries of `[from, to)` in key order, at most `limit`, as of this call, whenever they are asked for: with `idleTicksMax`
   * (E3), if not too late. @throws EngineError snapshot_too_old; what reading throws
   */
  scan({ from, to, reverse = false, limit = Infinity }: ScanOptions = {}): Generator<Entry, void> {
    this.#assertReadable();
    return entriesOf(this.#cursor({ from, to }, reverse), limit);
  }

  /** As `scan`, for a table on screen: it changes nothing, not even what is in memory. Not to be read on after a commit. */
  peek(range: Range = {}, reverse = false): Iterable<Entry> {
    this.#assertReadable();
    const { index } = this.#parts;
    if (this.#versions) return this.#versions.peek(this.#unwatchedFiles, range, reverse);
    return index.peek?.(this.#unwatchedFiles, range, reverse) ?? entriesOf(index.cursor(range, reverse));
  }

  /** Whether every put and delete makes a version, and there are transactions. */
  get keepsVersions(): boolean {
    return this.#versions !== undefined;
  }

  /** Encoded, the longest batch that it takes. */
  get batchBytesMax(): number {
    return batchBytesMax(this.#parts.superblock.format);
  }

  /** A transaction, in a store that keeps versions; see `mvcc/transaction.ts`. Throws snapshot_too_old, option_invalid. */
  begin(options?: BeginOptions): Transaction {
    this.#assertReadable();
    return this.transactions.begin(options);
  }

  /** Who reads as of when, and snapshots with names. Throws `option_invalid` in a store without versions. */
  get transactions(): TransactionManager {
    return versionsIn(this.#versions).transactions;
  }

  /**
   * Takes out versions that nobody can read any more, in slices (`step`), and counts them. A slice throws what a batch of
   * deletes does. What goes is durable with the next checkpoint; until then a crash brings it back. Over an LSM tree, whose
   * merges collect anyway, it is a merge of everything, durable when its pass ends.
   */
  get vacuum(): GarbageCollector {
    return versionsIn(this.#versions).vacuum;
  }

  put(key: Uint8Array, value: Uint8Array, options?: CommitOptions): Ticket {
    return this.batch([{ kind: 'put', key, value }], options);
  }

  delete(key: Uint8Array, options?: CommitOptions): Ticket {
    return this.batch([{ kind: 'delete', key }], options);
  }

  /**
   * Commits all operations together. Throws before any byte is written: limits (see `limits.ts`), `store_full`,
   * `store_read_only`, `store_closed`. What happens later comes through the ticket.
   */
  batch(operations: Batch, options: CommitOptions = {}): Ticket {
    this.#assertWritable();
    // Copied before anything else: making room tells others of their commits, and they may reuse their arrays.
    const { lsm, tree, versions } = this.#parts.superblock.format;
    const batch = copyBatch(operations, tree === undefined && lsm === undefined && versions !== true);
    return this.#versions ? this.#versions.commitBatch(batch, options) : this.#submit(batch, options);
  }

  #submit(batch: Batch, { mode = 'strict', client = 0 }: CommitOptions): Ticket {
    this.#assertWritable();
    const { index, log, superblock } = this.#parts;
    const { lsm, tree } = superblock.format;
    const payloadBytes = checkBatch(batch, superblock.format);
    const growthBytes = growthOf(batch, superblock.format);
    const records = recordsOf(batch, log.nextLsn, superblock.format);
    index.prepare(records);
    const hasOnlyDeletes = records.every(({ kind }) => kind === 'delete');
    if (growthBytes > 0 || tree || lsm) this.#reserve(growthBytes, batch.length, hasOnlyDeletes);
    this.#makeRoom(payloadBytes);
    const ticket = new CommitTicket({ lsn: log.nextLsn, client, mode, batch, growthBytes });
    this.#unappliedBytes += growthBytes;
    this.#unappliedOperations += batch.length;
    // Queued first, so that whoever hears of it finds it waiting; its group is run later, never from in here.
    this.#commits.submit(ticket);
    this.#trace?.emit({
      kind: 'store.commit_submitted',
      lsn: ticket.lsn,
      client,
      mode,
      operations: batch.map(summarize),
    });
    log.append(RECORD_TYPES.commit, payloadBytes, (into, at) => encodeBatch(batch, into, at));
    return ticket;
  }

  /** Writes what is buffered, flushes it, acknowledges it; returns the LSN up to which the log is durable. */
  flush(): Lsn {
    this.#assertWritable();
    this.#commits.run(true);
    this.#news.tellAll();
    return this.#parts.log.flushedLsn;
  }

  /**
   * Writes what is buffered, now and not one hop later, and flushes it only if a strict commit waits: for a caller in the
   * same worker who commits relaxed, one after the other.
   */
  write(): void {
    this.#assertWritable();
    this.#commits.run(false);
    this.#news.tellAll();
  }

  /**
   * One slice of background work: flushes what relaxed commits left, then goes on with a checkpoint under way, or with
   * what the index has to do of its own.
   */
  step(budgetBytes: number): { readonly done: boolean } {
    if (this.#state === 'open') this.#commits.run(true);
    if (this.#state !== 'open') return { done: true };
    return this.#housekeeping.step(budgetBytes);
  }

  /** As `step`, for somebody who watches: where nothing is under way and no merge is due, a checkpoint begins. */
  stepOrBegin(budgetBytes: number): { readonly done: boolean } {
    const { index } = this.#parts;
    if (this.#checkpointer.runningLsn === undefined && (index.backgroundShare ?? 0) === 0) this.beginCheckpoint();
    return this.step(budgetBytes);
  }

  /** Begins a checkpoint (unless one is under way) without doing any of it: `step` or the next commits carry it on. */
  beginCheckpoint(): void {
    this.#assertWritable();
    this.#commits.run(true);
    this.#assertWritable(); // K4: that flush may have failed.
    this.#housekeeping.begin('asked');
  }

  /** Makes everything committed so far durable in the data files. Throws `store_full` if the device has no room. */
  checkpoint(): void {
    this.beginCheckpoint();
    const target = this.#parts.index.appliedLsn;
    this.#housekeeping.finish();
    // One that was already under way had frozen an older state.
    if (this.#state === 'open' && this.#parts.index.durableLsn < target) {
      this.#housekeeping.begin('asked');
      this.#housekeeping.finish();
    }
    this.#assertWritable();
  }

  /**
   * Makes the data files as small as their contents allow: an index that can is built anew, a checkpoint makes that
   * durable, and what is free at the end of the files is given back. If the store is closed with nothing more committed,
   * the log is cut off as well: opening it again makes it anew (P7). Throws what `checkpoint` does, and page_damaged.
   */
  compact(): void {
    this.checkpoint();
    this.#housekeeping.rebuild();
    this.checkpoint();
    this.#housekeeping.guard(() => this.#parts.allocator.trim());
    this.#assertWritable();
    this.#compactedLsn = this.#parts.log.writtenLsn;
  }

  stats(): StoreStats {
    const { index, log } = this.#parts;
    return {
      ...index.stats(),
      commits: this.#committed,
      groups: this.#commits.groups,
      flushes: this.#commits.flushes,
      checkpoints: this.#checkpointer.finished,
      logBytesWritten: log.bytesWritten,
      checkpointBytesWritten: index.checkpointBytesWritten,
      logBytesToReplay: log.appendPosition - log.redoPosition,
      publishedLsn: this.#publishedLsn,
      durableLsn: log.flushedLsn,
      checkpointLsn: index.durableLsn,
      ...(index instanceof BTreeIndex && { tree: index.treeStats() }),
      ...(index instanceof LsmIndex && { lsm: index.lsmStats() }),
      ...(this.#versions && { versions: this.#versions.stats() }),
    };
  }

  /** Of a store with an LSM tree; without the count of its keys, for which `stats` reads all of it. */
  lsmStats(): LsmStats | undefined {
    const { index } = this.#parts;
    return index instanceof LsmIndex ? index.lsmStats() : undefined;
  }

  /** The state as structures and files have it; for pictures. Leaves no trace. */
  describe(): StoreDescription {
    return describeStore({
      parts: this.#parts,
      checkpointer: this.#checkpointer,
      files: this.#unwatchedFiles,
      state: this.#state,
      poisonedBy: this.#readOnlyBecause?.code,
      publishedLsn: this.#publishedLsn,
      waiting: this.#commits.waiting,
      versions: this.#versions,
    });
  }

  /** What the codecs need to explain this store's bytes; see `annotate.ts`. */
  get annotationContext(): AnnotationContext {
    return contextOf(this.#parts.superblock);
  }

  /** Walks everything: index, extents, superblock slots, log. Empty if all is well. */
  check(): Finding[] {
    this.#assertReadable();
    return [...checkStore(this.#parts, this.#checkpointer, this.#unwatchedFiles), ...(this.#versions?.check() ?? [])];
  }

  /** All entries as of now, as one file in chunks; see `backup.ts`. Writes may go on meanwhile. Throws what `scan` does. */
  backup(): Generator<Uint8Array, void> {
    this.#assertReadable();
    const { index, superblock } = this.#parts;
    const entries = this.#versions?.countKeys() ?? index.stats().keys;
    const info = { storeId: superblock.storeId, lsn: this.#publishedLsn, entries };
    const cursor = this.#cursor({}, false);
    return closedBy(writeBackup(info, cursor), cursor);
  }

  /**
   * Writes what is buffered, notes in the superblock how far the log is durable, and closes the files. A checkpoint
   * under way is given up: the log still has everything. Over a tree, one is taken if the log to read again is long.
   */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#housekeeping.guard(() => this.#closeCleanly());
    this.#state = 'closed';
    this.#commits.stop(new EngineError('store_closed', 'The store was closed before this commit was written.'));
    this.#news.tellAll();
    this.#trace?.emit({ kind: 'store.closed' });
    closeAll(this.#files);
  }

  #closeCleanly(): void {
    this.#commits.run(true);
    if (!this.#isOpen()) return;
    this.#housekeeping.shortenReplay();
    if (this.#checkpointer.hasTouchedSlots) this.#housekeeping.finish();
    else this.#checkpointer.abandon(new EngineError('store_closed', 'The store is being closed.'));
    if (!this.#isOpen()) return;
    if (this.#compactedLsn === this.#parts.log.writtenLsn) this.#checkpointer.cutLog(this.#files.log);
    else this.#checkpointer.writeDurableLsn();
  }

  /** P5: everything that the log shows goes to the data files, which are written anew and flushed. */
  #leaveLogBehind(): void {
    this.#housekeeping.leaveLogBehind();
    // What the log shows may be in the cache alone: a store that only read would show what the next power cut takes.
    if (this.#readOnlyBecause !== undefined) throw this.#readOnlyBecause;
  }

  #publish(ticket: CommitTicket): void {
    this.#forget(ticket);
    if (!this.#apply(ticket)) return;
    this.#publishedLsn = ticket.lsn;
    this.#committed++;
    this.#trace?.emit({ kind: 'store.commit_applied', lsn: ticket.lsn, keys: this.#parts.index.stats().keys });
    this.#news.tell(() => {
      this.#trace?.emit({ kind: 'store.commit_acknowledged', lsn: ticket.lsn, client: ticket.client });
      ticket.acknowledge();
    });
  }

  /**
   * False if the index broke over it: what `prepare` had seen was gone from memory and could not be read again. The
   * commit is in the log; what became of it, the next opening tells.
   */
  #apply(ticket: CommitTicket): boolean {
    try {
      const { index, superblock } = this.#parts;
      index.apply(recordsOf(ticket.batch, ticket.lsn, superblock.format), ticket.lsn);
      return true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#poison(error);
      this.#news.tell(() => ticket.reject(new EngineError('commit_unknown', error.message, error.place, error)));
      return false;
    }
  }

  /** E3. */
  #cursor(range: Range, reverse: boolean): Cursor {
    return this.#versions ? this.#versions.cursor(range, reverse) : this.#parts.index.cursor(range, reverse);
  }

  #forget({ batch, growthBytes }: CommitTicket): void {
    this.#unappliedBytes -= growthBytes;
    this.#unappliedOperations -= batch.length;
  }

  #reject(ticket: CommitTicket, error: EngineError): void {
    this.#forget(ticket);
    this.#trace?.emit({ kind: 'store.commit_rejected', lsn: ticket.lsn, client: ticket.client, code: error.code });
    this.#news.tell(() => ticket.reject(error));
  }

  /**
   * K3: room in the data files. Where there is none, a checkpoint gives back what the one before needed: so a device that
   * is full takes deletes, and puts again after them.
   */
  #reserve(growthBytes: number, operations: number, hasOnlyDeletes: boolean, mayCheckpoint = true): void {
    const { index } = this.#parts;
    for (let tries = 0; ; tries++) {
      try {
        index.reserve(this.#unappliedBytes + growthBytes, this.#unappliedOperations + operations, hasOnlyDeletes);
        return;
      } catch (error) {
        const mayHelp = index.canGiveBack === true || this.#unappliedOperations > 0;
        if (tries === 2 || !mayHelp || !mayCheckpoint || !isEngineError(error, 'store_full')) throw error;
      }
      this.#news.holdBackIn(() => {
        this.#runGroup();
        this.#takeCheckpoint('asked');
      });
    }
  }

  /** K3: room for one more record, by writing out the group it cannot join, and by taking a checkpoint if need be. */
  #makeRoom(payloadBytes: number): void {
    const { geometry, log } = this.#parts;
    const groupMax = Math.min(GROUP_BYTES_MAX, geometry.logBytes / 2);
    const joinsGroup = log.groupBytes === 0 || log.groupBytesWith(payloadBytes) <= groupMax;
    if (joinsGroup && log.groupBytesWith(payloadBytes) <= log.freeBytes) return;
    this.#news.holdBackIn(() => {
      this.#runGroup();
      // The first may be one that began long ago and frees little; the second frees all there is.
      for (let tries = 0; tries < 2 && log.groupBytesWith(payloadBytes) > log.freeBytes; tries++) {
        this.#takeCheckpoint('log_full');
      }
    });
    assert(log.groupBytesWith(payloadBytes) <= log.freeBytes, 'K3: an empty log has room for the largest batch');
  }

  #takeCheckpoint(cause: 'log_full' | 'asked'): void {
    this.#housekeeping.begin(cause);
    this.#housekeeping.finish();
    this.#housekeeping.payAfterCheckpoint();
    this.#assertWritable();
  }

  #runGroup(): void {
    this.#commits.run(false);
    this.#assertWritable();
  }

  #isOpen(): boolean {
    return this.#state === 'open';
  }

  #poison(error: EngineError): void {
    if (this.#state !== 'open') return;
    this.#state = 'read_only';
    this.#readOnlyBecause = error;
    this.#parts.log.dropGroup();
    this.#trace?.emit({ kind: 'store.poisoned', code: error.code });
    if (error.place.file === 'log') this.#checkpointer.noteLogInDoubt();
    this.#commits.stop(
      new EngineError(
        'commit_unknown',
        'The store stopped writing while this commit was on its way; reopening tells.',
        error.place,
        error,
      ),
    );
  }

  #assertReadable(): void {
    if (this.#state === 'closed') throw new EngineError('store_closed', 'The store is closed.');
  }

  #assertWritable(): void {
    this.#assertReadable();
    if (this.#state === 'open') return;
    const cause = this.#readOnlyBecause;
    throw new EngineError(
      'store_read_only',
      `The store only reads since: ${cause?.message ?? 'it was opened so'} Reopen it to go on from what is on the disk.`,
      cause?.place,
      cause,
    );
  }
}
