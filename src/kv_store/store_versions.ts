/**
 * A store that keeps versions: what lies between its callers, who know of keys and values, and its index, which has a
 * record for each version (`version_key` in `mvcc`).
 *
 *     put, delete, batch, commit of a transaction ──▶ log: the batch as the caller gave it ──▶ index: its versions
 *     get, scan, backup                           ──▶ what is published, as of now
 *     begin                                       ──▶ a snapshot that stays
 *
 * The log holds user-level batches and the LSN of each record is its timestamp, so recovery makes the very same versions
 * again. What a transaction has not committed is in its own memory alone: a crash has nothing of it to undo.
 *
 *   E1  The index has versions of published commits only, all of each; so after a crash, of those that the log shows.
 *   E2  Every record of the index is a version, none newer than what is published; so the next commit, whose LSN is above
 *       all that the log and the index have, is newer than every version there is.
 *   E3  Whoever reads as of now holds its snapshot until it has finished: vacuum takes nothing from under it. With `idleTicksMax`
 *       it is a reader like any other: left alone for too long it is ended, and its next step throws `snapshot_too_old`.
 *   E4  For salvage: an older version is never served in place of one that damage has taken.
 */
import { toHex } from '../base/bytes';
import { cursorOf, entriesOf } from '../base/entries';
import { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';
import {
  seekFirstByCursor,
  type Batch,
  type Cursor,
  type Entry,
  type Finding,
  type Range,
} from '../base/ordered_index';
import type { Clock } from '../base/runtime';
import type { TreeDescription } from '../btree';
import {
  commitOf,
  describeVersions,
  isVersion,
  MergingCollector,
  TransactionManager,
  Vacuum,
  VersionReader,
  versionsOf,
  wholeChains,
  type GarbageCollector,
  type MergeGarbage,
  type MvccProtections,
  type RecordPlace,
  type SweepStep,
  type VersionsDescription,
  type VersionSource,
} from '../mvcc';
import type { FileSet } from '../storage/file';
import type { StoreTrace } from './events';
import { checkBatch, checkKey } from './limits';
import type { StoreIndex } from './store_index';
import type { CommitOptions, FormatOptions, Ticket, TuningOptions, VersionStats } from './types';
import { VacuumShare } from './vacuum_share';

/** What applying a commit does to the index of a store with this format. */
export const recordsOf = (batch: Batch, at: Lsn, { versions }: FormatOptions): Batch =>
  versions === true ? versionsOf(batch, at) : batch;

export interface StoreVersionsOptions {
  readonly index: StoreIndex;
  readonly format: FormatOptions;
  readonly publishedLsn: () => Lsn;
  readonly assertReadable: () => void;
  /** Logs the batch, whose arrays nobody changes any more. */
  readonly submit: (batch: Batch, options: CommitOptions) => Ticket;
  readonly assertWritable: () => void;
  /** K3: room for so many deletes, behind a checkpoint if need be. */
  readonly reserve: (operations: number, mayCheckpoint: boolean) => void;
  /** K4. */
  readonly poison: (error: EngineError) => void;
  readonly protections: MvccProtections;
  readonly trace: StoreTrace | null;
  /** Of an index whose merges collect; `sweep` is a slice of a merge of everything. */
  readonly garbage: MergeGarbage | undefined;
  readonly sweep: SweepStep;
  readonly clock?: Clock | undefined;
  readonly tuning: Pick<TuningOptions, 'idleTicksMax' | 'vacuumBytesMin' | 'vacuumPercent'>;
}

export class StoreVersions {
  readonly transactions: TransactionManager;
  readonly vacuum: GarbageCollector;
  readonly #options: StoreVersionsOptions;
  /** Where merges do not collect. */
  readonly #share: VacuumShare | undefined;
  /** Vacuum has its turn in somebody's commit: for want of room it is put off, and nobody takes a checkpoint for it. */
  #isPaying = false;
  /** In a slice: what makes room for it commits, and those commits pay for none. */
  #isForgetting = false;

  constructor(options: StoreVersionsOptions) {
    const { assertReadable, clock, format, index, protections, publishedLsn, submit, trace, tuning } = options;
    const { idleTicksMax } = tuning;
    this.#options = options;
    this.transactions = new TransactionManager({
      source: this.#sure({
        cursor: (range, reverse) => {
          assertReadable();
          return index.cursor(range, reverse);
        },
        seekFirst: (prefix, range, restBytes) => {
          assertReadable();
          return index.seekFirst(prefix, range, restBytes);
        },
      }),
      publishedLsn,
      submit,
      check: (operation) => void checkBatch([operation], format),
      checkKey: (key) => checkKey(key, format),
      protections,
      trace,
      ...(clock && { clock }),
      ...(idleTicksMax !== undefined && { idleTicksMax }),
    });
    this.vacuum = this.#collector();
    const { vacuum } = this;
    if (vacuum instanceof Vacuum) {
      const { vacuumBytesMin: bytesMin, vacuumPercent: percent } = tuning;
      this.#share = new VacuumShare({ vacuum, index, transactions: this.transactions, percent, bytesMin });
    }
  }

  #collector(): GarbageCollector {
    const { assertWritable, garbage, index, protections, sweep, trace } = this.#options;
    const { collect } = this.transactions;
    const { keepVersionAtWatermark } = protections;
    if (!garbage)
      return new Vacuum({ index, forget: (keys) => this.#forget(keys), collect, keepVersionAtWatermark, trace });
    garbage.attach({ collect, inUse: () => this.transactions.snapshotsInUse, keepVersionAtWatermark });
    return new MergingCollector(garbage, (budgetBytes, isFirst) => {
      assertWritable();
      const slice = sweep(budgetBytes, isFirst);
      assertWritable();
      return slice;
    });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.transactions.reader.read(key, this.#options.publishedLsn())?.value;
  }

  payVacuum(groupBytes: number): void {
    if (this.#isForgetting) return;
    this.#isPaying = true;
    try {
      this.#share?.pay(groupBytes);
    } finally {
      this.#isPaying = false;
    }
  }

  stats(): VersionStats {
    const { transactions, vacuum } = this;
    const [oldestReader] = transactions.readers();
    const haltedBy = this.#share?.haltedBy;
    return {
      collected: vacuum.total,
      passes: vacuum.passes,
      watermark: transactions.watermark,
      snapshots: transactions.snapshotsInUse.length,
      ...(oldestReader && { oldestReader }),
      ...(vacuum instanceof Vacuum && { heldBytes: vacuum.lastPass.bytesHeld }),
      ...(this.#share && {
        vacuum: { ...this.#share.decision(), isUnderWay: vacuum.isUnderWay, ...(haltedBy && { haltedBy }) },
      }),
    };
  }

  /** E3. */
  cursor(range: Range, reverse: boolean): Cursor {
    const transaction = this.transactions.begin({ readOnly: true });
    let entries: Cursor;
    try {
      entries = cursorOf(transaction.scan(range, reverse)); // Reads already: what throws here holds nothing either.
    } catch (error) {
      transaction.abort();
      throw error;
    }
    return {
      next: () => entries.next(),
      close: () => {
        entries.close();
        this.transactions.endIdle();
        if (transaction.state === 'active') transaction.commit(); // It has read what it wanted: nothing is aborted.
      },
    };
  }

  /** How many keys have a value now: found out by reading all of them. */
  countKeys(): number {
    const cursor = this.cursor({}, false);
    let keys = 0;
    try {
      while (cursor.next()) keys++;
    } finally {
      cursor.close();
    }
    return keys;
  }

  /** As `cursor`, but without a trace and without a snapshot. Not to be read on after a commit. */
  peek(files: FileSet, range: Range, reverse: boolean): Iterable<Entry> {
    const source: VersionSource = {
      cursor: (part, backwards) => this.#records(files, part, backwards),
      seekFirst: (prefix, within, restBytes) =>
        seekFirstByCursor((part) => this.#records(files, part, false), prefix, within, restBytes),
    };
    return entriesOf(new VersionReader(this.#sure(source)).scan(range, reverse, this.#options.publishedLsn()));
  }

  /** Without a trace. `tree`: what was described of the index, if that is one of pages. */
  describe(files: FileSet, tree: TreeDescription | undefined): VersionsDescription {
    const { transactions, vacuum } = this;
    return describeVersions({
      records: this.#records(files, {}, false),
      transactions,
      vacuum,
      ...(tree && { placeOf: placesIn(tree) }),
    });
  }

  commitBatch(batch: Batch, options: CommitOptions): Ticket {
    // The manager gives back what `submit` gave it.
    return this.transactions.commitBatch(batch, options) as Ticket;
  }

  /** E4. */
  #sure(source: VersionSource): VersionSource {
    const { index } = this.#options;
    return index.damage && index.mayMiss ? wholeChains(source, (range) => index.mayMiss!(range)) : source;
  }

  /** E2, of what can be read: what cannot, the index's own check has named. */
  check(): Finding[] {
    const findings: Finding[] = [];
    try {
      for (const record of entriesOf(this.#options.index.cursor({}, false)))
        findings.push(...this.#checkRecord(record));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
    return findings;
  }

  #checkRecord({ key, value }: Entry): Finding[] {
    if (!isVersion(key, value))
      return [{ rule: 'E2', detail: `a record with a key of ${key.length} bytes is no version` }];
    const at = commitOf(key);
    if (at <= this.#options.publishedLsn()) return [];
    return [{ rule: 'E2', detail: `a version of LSN ${at} is newer than what is published` }];
  }

  /** Read without a trace, and without changing what is in memory. */
  #records(files: FileSet, range: Range, reverse: boolean): Cursor {
    const { index } = this.#options;
    const entries = index.peek?.(files, range, reverse);
    return entries ? cursorOf(entries) : index.cursor(range, reverse);
  }

  /** X6: as much room and as many pages as deleting them would need, and no record in the log. */
  #forget(keys: readonly Uint8Array[]): void {
    const { assertWritable, index, poison, reserve } = this.#options;
    assertWritable();
    this.#isForgetting = true;
    try {
      index.prepare(keys.map((key) => ({ kind: 'delete', key })));
      reserve(keys.length, !this.#isPaying);
    } finally {
      this.#isForgetting = false;
    }
    try {
      index.forget?.(keys);
    } catch (error) {
      if (error instanceof EngineError) poison(error);
      throw error;
    }
  }
}

/** Where each record lies: found out once, for all of them. */
function placesIn({ pages }: TreeDescription): (record: Uint8Array) => RecordPlace | undefined {
  const places = new Map<string, RecordPlace>();
  for (const { cells, kind, page } of pages) {
    if (kind === 'leaf') cells.forEach(({ key }, slot) => places.set(toHex(key), { page, slot }));
  }
  return (record) => places.get(toHex(record));
}

/** @throws EngineError option_invalid */
export function versionsIn(versions: StoreVersions | undefined): StoreVersions {
  if (versions) return versions;
  throw new EngineError('option_invalid', 'This store was made without versions: it has no transactions.');
}
