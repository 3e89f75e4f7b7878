/**
 * The LSM tree as an ordered index: the contract of `base/ordered_index.ts` over tables in the data files.
 *
 *     apply ──▶ memtable ──full──▶ immutable memtables ──checkpoint──▶ table of level 0 ──compactions──▶ levels below
 *     superblock ──root──▶ manifest ──▶ version: which tables count, and in which order of age
 *
 * Writes go to memory and are made cheap by never changing what is on disk: all of it is written in large pieces, sorted,
 * and put together again by merges later (O'Neil, Cheng, Gawlick, O'Neil 1996). What a read pays for that, filters and the
 * order of levels keep small; what space pays, compaction bounds. No page is ever written over.
 *
 * We depart from the paper, as all of today's LSM trees do, in merging whole tables instead of pages of a tree (Bigtable,
 * LevelDB); and from those in having no log and no thread of our own: the store has the log, a checkpoint of the store is
 * the flush, and compactions are slices that writers pay for.
 *
 * `seekFirst` asks filters only if it is told how many bytes the key has behind the prefix, and the rule of the filters cuts
 * off just as many: then every key that counts has the prefix for its filter prefix, tombstones too, and a table whose filter
 * says no has none of them. What it has besides may be missing from that merge; no key of such a length is hidden or brought
 * back by it. Without that promise a key that starts with the prefix may have any length, so its filter prefix may be
 * another, and a filter that says no proves nothing.
 *
 *   L1  Age: the memtable is newer than any immutable one, these are newer than any table, and among tables V2 holds. The
 *       newest entry of a key is in force.
 *   L2  A memtable leaves when the edit with its entries is in the manifest, in the same step.
 *   L3  Free is what neither the manifest, nor a table of a version in use, nor a table in the making has.
 *   L4  After an edit that may or may not be in the manifest (its write or flush failed) nothing is written in this life.
 */
import { assert } from '../base/assert';
import { equalBytes } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import type { ExtentId, Lsn } from '../base/ids';
import {
  seekFirstByCursor,
  type Batch,
  type Cursor,
  type Entry,
  type Finding,
  type IndexCheckpoint,
  type IndexStats,
  type OrderedIndex,
  type Range,
} from '../base/ordered_index';
import type { DataFileName } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import { checkAgesByKey, checkIndex, scrubTables } from './check';
import { LsmCheckpoint } from './checkpoint';
import { Compactor, type SweepSlice } from './compactor';
import { describeLsm, type LsmDescription } from './describe';
import { KeyCount } from './key_count';
import type { Manifest } from './manifest';
import { Memtable } from './memtable';
import { ENTRY_OVERHEAD_BYTES } from './entry';
import { openLsm } from './open';
import type { OpenTables } from './open_tables';
import type { LsmOptions } from './open_options';
import { bitsPerKeyOf, levelLimits } from './policy';
import { QuietTables } from './quiet_tables';
import { LsmCursor, mergedEntries, newestEntry } from './reader';
import { extentsForTable } from './room';
import type { ReadableTable } from './run_cursor';
import { SalvagedTable } from './salvage';
import { LevelLedger, lsmStats, type LsmStats } from './stats';
import { hashPrefix, newPrefixHash } from './table/prefix_hash';
import type { Table } from './table/table';
import type { TableMeta } from './table/table_meta';
import { TableWriter } from './table/table_writer';
import { bytesOf, tablesOf, type Version, type VersionEdit } from './version';
import type { Versions } from './versions';

/** A device that is full has to take deletes, one by one with a checkpoint behind a few of them. */
const DELETES_KEPT_FREE = 16;
const TOMBSTONE_BYTES_MAX = 1024 + 16;
/** What one table adds to a version, at most, but for its extents: two keys, and a dozen numbers. */
const EDIT_BYTES_MAX = 2 * 1024 + 128;

export class LsmIndex implements OrderedIndex {
  readonly #options: LsmOptions;
  readonly #manifest: Manifest;
  readonly #versions: Versions;
  readonly #tables: OpenTables;
  readonly #compactor: Compactor;
  readonly #ledger = new LevelLedger();
  readonly #count = new KeyCount();
  readonly #quiet: QuietTables;
  #memtable: Memtable;
  /** Newest first; all frozen. */
  #immutables: readonly Memtable[] = [];
  #checkpoint: LsmCheckpoint | undefined;
  #appliedLsn: Lsn;
  #nextTableId: number;
  #preferredFile: DataFileName;
  #bytesWritten = 0;
  /** The root that the store was handed last. */
  #root: Uint8Array;
  /** L4. */
  #inDoubt: EngineError | undefined;
  readonly #damage: EngineError | undefined;
  /** A commit found no room: the next checkpoint is to merge what there is. */
  #wantsRoom = false;
  /** Cursors that are open, by number, each with the edit of the version that it reads. */
  readonly #readers = new Map<number, number>();
  #readersStarted = 0;

  private constructor(root: Uint8Array, options: LsmOptions) {
    const { filterPrefix, protections, trace, tuning } = options;
    const opened = openLsm(root, options, (table) => this.#drop(table));
    this.#options = options;
    this.#root = root;
    this.#manifest = opened.manifest;
    this.#versions = opened.versions;
    this.#tables = opened.tables;
    this.#damage = opened.damage;
    this.#preferredFile = opened.preferredFile;
    this.#appliedLsn = opened.versions.current.flushedLsn;
    this.#nextTableId = opened.versions.current.nextTableId;
    this.#memtable = new Memtable(trace);
    this.#quiet = new QuietTables(options);
    this.#compactor = new Compactor({
      versions: this.#versions,
      tables: this.#tables,
      ledger: this.#ledger,
      tuning,
      filter: options.compactionFilter,
      filterPrefix,
      tombstonesToTheBottom: protections.tombstonesToTheBottom,
      startTable: (level) => this.#startTable(level),
      flushTables: (extents) => this.#flushTables(extents),
      makeRoom: (bytes) => this.#makeRoom(bytes),
      commit: (edit) => this.#commit(edit),
      isInDoubt: () => this.#inDoubt !== undefined,
      trace,
    });
    trace?.emit({
      kind: 'lsm.tree_opened',
      tuning,
      version: this.#versions.current,
      limits: levelLimits(this.#versions.current, tuning),
      debtBytes: this.#compactor.debtBytes,
      manifest: this.#manifest.state,
    });
  }

  /**
   * Opens the tree that a root names; an empty root is an empty tree. Writes nothing.
   *
   * @throws EngineError manifest_damaged, table_damaged, read_failed
   */
  static open(root: Uint8Array, options: LsmOptions): LsmIndex {
    return new LsmIndex(root, options);
  }

  /** When the log was applied: what the manifest said is made durable before anything is built on it. */
  finishOpening(): void {
    this.#manifest.finishOpening();
  }

  get durableLsn(): Lsn {
    return this.#versions.current.flushedLsn;
  }
  get appliedLsn(): Lsn {
    return this.#appliedLsn;
  }
  get checkpointBytesWritten(): number {
    return this.#bytesWritten;
  }
  /** A checkpoint adds a table and lets nothing go. */
  get lastFreed(): readonly ExtentId[] {
    return [];
  }
  get damage(): EngineError | undefined {
    return this.#damage;
  }
  /** L4. */
  get isInDoubt(): boolean {
    return this.#inDoubt !== undefined;
  }
  /** The newest edit, which the superblock may not ask for yet; undefined if it does, or if there is no manifest. */
  get settledRoot(): Uint8Array | undefined {
    if (this.#root.length === 0) return undefined;
    const root = this.#manifest.root();
    return equalBytes(root, this.#root) ? undefined : root;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.#options.isSalvage === true) {
      const entry = this.seekFirst(key, { from: key });
      return entry && equalBytes(entry.key, key) ? entry.value : undefined;
    }
    const table = (meta: TableMeta): Table => this.#tables.table(meta);
    return newestEntry(key, this.#memtables, this.#versions.current, table, this.#options.filterPrefix)?.value;
  }

  /** For salvage: whether entries of the range may be missing, in a gap of a table or behind one. */
  mayMiss(range: Range): boolean {
    if (this.#options.isSalvage !== true) return false;
    return tablesOf(this.#versions.current).some((meta) => {
      const table = this.#tables.readable(meta);
      return table instanceof SalvagedTable && table.mayMiss(range);
    });
  }

  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    const { filterPrefix: rule, isSalvage } = this.#options;
    const isFilterPrefix = restBytes === (rule.kind === 'whole_key' ? 0 : rule.bytes) && isSalvage !== true;
    const hash = isFilterPrefix ? hashPrefix(prefix, newPrefixHash()) : undefined;
    const mayHave = hash && ((meta: TableMeta) => this.#tables.table(meta).mayContain(prefix, hash));
    return seekFirstByCursor((within) => this.#cursor(within, false, mayHave), prefix, range, restBytes);
  }

  cursor(range: Range, reverse: boolean): Cursor {
    return this.#cursor(range, reverse);
  }

  /** X3: over frozen views of the memtables and a pinned version; of its tables, those that may have what is looked for. */
  #cursor(range: Range, reverse: boolean, mayHave?: (meta: TableMeta) => boolean): Cursor {
    const version = this.#versions.pin();
    const { isSalvage } = this.#options;
    const table = (meta: TableMeta): ReadableTable => this.#tables.readable(meta);
    const entries = mergedEntries(range, reverse, this.#memtables, version, table, { isSalvage, mayHave });
    const reader = ++this.#readersStarted;
    this.#readers.set(reader, version.edit);
    this.#options.trace?.emit({ kind: 'lsm.reader_started', reader, edit: version.edit });
    return new LsmCursor(entries, range, () => {
      this.#readers.delete(reader);
      this.#options.trace?.emit({ kind: 'lsm.reader_ended', reader });
      this.#versions.unpin(version);
    });
  }

  apply(batch: Batch, at: Lsn): void {
    assert(at > this.#appliedLsn, 'X2: batches are applied in LSN order');
    this.#assertWritable();
    this.#count.apply(batch, (key) => this.#quietEntry(key));
    this.#memtable.apply(batch, at);
    this.#appliedLsn = at;
    if (this.#memtable.bytes >= this.#options.tuning.memtableBytes) this.#rotate('full');
  }

  /** Nothing is read to write: there is nothing that a batch could want and not find. */
  prepare(): void {
    this.#assertWritable();
  }

  get wantsCheckpoint(): boolean {
    return this.#immutables.length > 0 && !this.#checkpoint;
  }

  beginCheckpoint(): IndexCheckpoint {
    assert(this.#checkpoint === undefined, 'one checkpoint at a time');
    this.#assertWritable();
    if (this.#memtable.entries > 0) this.#rotate('checkpoint');
    const memtables = this.#immutables;
    this.#checkpoint = new LsmCheckpoint({
      memtables,
      lsn: this.#appliedLsn,
      startTable: () => this.#startTable(0),
      flushTables: (extents) => this.#flushTables(extents),
      flushLog: () => this.#options.flushLog?.(),
      commit: (table) => this.#commitFlush(table, memtables, this.#checkpoint!.lsn),
      settle: (budgetBytes) => this.#giveBack(budgetBytes),
      isInDoubt: () => this.#inDoubt !== undefined,
      onEnd: () => (this.#checkpoint = undefined),
    });
    return this.#checkpoint;
  }

  /** A slice of the compaction under way, or the first of the next one. */
  background(budgetBytes: number): { readonly done: boolean } {
    if (this.#inDoubt || this.#checkpoint || this.#options.isSalvage === true) return { done: true };
    return this.#compactor.step(budgetBytes);
  }
  /** A slice of a merge of everything, for the filter to see all of it. Nothing while a checkpoint is under way. */
  sweep(budgetBytes: number): SweepSlice {
    this.#assertWritable();
    return this.#checkpoint ? { done: false } : this.#compactor.sweep(budgetBytes);
  }
  get backgroundShare(): number {
    return this.#inDoubt || this.#checkpoint ? 0 : this.#compactor.share;
  }
  get isStalled(): boolean {
    return this.#compactor.isStalled;
  }

  /**
   * Sees to it that a checkpoint of the present contents, after so many more operations with so many bytes, finds free
   * extents. All but deletes leave room for deletes, and for the compaction that is due: only merges give room back.
   *
   * Throws `store_full` or `write_failed`; nothing has changed then.
   */
  reserve(extraBytes: number, operations: number, hasOnlyDeletes = extraBytes === 0): void {
    const kept = hasOnlyDeletes ? 0 : this.#keptForDeletes;
    try {
      this.#reserve(this.#extentsForCheckpoint(extraBytes, operations) + kept);
    } catch (error) {
      this.#wantsRoom = true;
      throw error;
    }
  }

  /** Tombstones, and entries that newer ones hide, are dropped by merges. */
  get canGiveBack(): boolean {
    return (
      !this.#compactor.halted && (this.#memtables.some(({ entries }) => entries > 0) || this.#compactor.canMergeAll)
    );
  }

  /** Counted; where not everything can be read, about what there is. */
  stats(): IndexStats {
    try {
      return this.#count.read(() => this.#quietEntries());
    } catch (error) {
      if (!isEngineError(error)) throw error;
      const inMemory = this.#memtables.reduce((sum, { entries }) => sum + entries, 0);
      return { keys: this.keysAbout + inMemory, userBytes: bytesOf([...this.#memtables, ...this.#tables.sizes]) };
    }
  }

  /** Of what was flushed: entries, less two for each tombstone, which takes one away and is one. */
  get keysAbout(): number {
    const tables = tablesOf(this.#versions.current);
    return Math.max(
      0,
      tables.reduce((sum, { entries, tombstones }) => sum + entries - 2 * tombstones, 0),
    );
  }

  lsmStats(): LsmStats {
    return lsmStats({
      version: this.#versions.current,
      ledger: this.#ledger,
      memtables: this.#memtables,
      tables: this.#tables,
      debtBytes: this.#compactor.debtBytes,
      pressure: this.#compactor.pressure,
    });
  }

  /** For rooms. */
  describe(): LsmDescription {
    return describeLsm({
      tuning: this.#options.tuning,
      memtables: this.#memtables,
      version: this.#versions.current,
      writers: [...(this.#checkpoint?.writers ?? []), ...this.#compactor.writers],
      openTables: this.#tables.all,
      readers: this.#readers,
      compaction: this.#compactor.underWay,
      pressure: this.#compactor.pressure,
      manifest: this.#manifest.state,
    });
  }

  get liveExtents(): readonly ExtentId[] {
    return [...this.#manifest.extents, ...tablesOf(this.#versions.current).flatMap(({ extents }) => extents)];
  }
  get writingExtents(): readonly ExtentId[] {
    return [...(this.#checkpoint?.extents ?? []), ...this.#compactor.extents];
  }
  /** Those, and tables that only a cursor still reads. */
  get allocatedExtents(): readonly ExtentId[] {
    const live = new Set(tablesOf(this.#versions.current).map(({ id }) => id));
    const pinned = this.#versions.tables.filter(({ id }) => !live.has(id));
    return [...this.writingExtents, ...pinned.flatMap(({ extents }) => extents)];
  }

  /** Merges everything into one run, in the data file where most of it is not; the manifest goes there too. */
  rebuild(): void {
    assert(this.#checkpoint === undefined, 'a tree is not rebuilt under a checkpoint');
    this.#assertWritable();
    const before = this.#preferredFile;
    this.#compactor.abandon();
    this.#preferredFile = before === 'data_0' ? 'data_1' : 'data_0';
    try {
      this.#compactor.mergeAll();
      this.#write(() => this.#manifest.move(this.#preferredFile));
    } catch (error) {
      this.#preferredFile = before;
      throw error;
    }
  }

  scrub(): Finding[] {
    const { current } = this.#versions;
    const found = [...this.#manifest.check(), ...scrubTables(current, (meta) => this.#tables.table(meta))];
    return found.length > 0 ? found : checkAgesByKey(current, this.#quiet.of());
  }

  check(): Finding[] {
    return checkIndex({
      version: this.#versions.current,
      memtables: this.#memtables,
      appliedLsn: this.#appliedLsn,
      allocator: this.#options.allocator,
      reached: [...this.liveExtents, ...this.allocatedExtents],
    });
  }

  peek(files: FileSet, range: Range, reverse: boolean): Iterable<Entry> {
    return this.#quietEntries(files, range, reverse);
  }

  get #memtables(): readonly [Memtable, ...Memtable[]] {
    return [this.#memtable, ...this.#immutables];
  }

  #rotate(why: 'full' | 'checkpoint'): void {
    const { bytes, entries } = this.#memtable;
    this.#memtable.freeze();
    this.#immutables = [this.#memtable, ...this.#immutables];
    this.#memtable = new Memtable(this.#options.trace);
    this.#options.trace?.emit({ kind: 'lsm.memtable_rotated', bytes, entries, why });
  }

  #startTable(level: number): TableWriter {
    const { allocator, filterPrefix, protections, salt, storeSeed, trace, tuning } = this.#options;
    const { blockBytes, filter, restartInterval } = tuning;
    return new TableWriter({
      id: this.#nextTableId++,
      salt,
      level,
      allocator,
      preferredFile: this.#preferredFile,
      storeSeed,
      filterPrefix,
      blockBytes,
      restartInterval,
      filter: { kind: filter.kind, bitsPerKey: this.#bitsPerKey(level) },
      wholeWrites: protections.wholeWrites,
      trace,
    });
  }

  #flushTables(extents: readonly ExtentId[]): void {
    const { allocator, protections } = this.#options;
    if (!protections.tablesBeforeManifest) return;
    const names = new Set(extents.map((extent) => allocator.locate(extent).name));
    for (const name of names) allocator.file(name).flush();
  }

  /** L2. */
  #commitFlush(table: TableMeta | undefined, memtables: readonly Memtable[], flushedLsn: Lsn): Uint8Array {
    if (table || this.#manifest.version.edit === 0) {
      const added = table ? [{ level: 0, run: undefined, table }] : [];
      this.#commit({ cause: 'flush', removed: [], added, flushedLsn }, memtables);
      if (table) this.#ledger.add(0, { flushedBytes: table.bytes });
    }
    return (this.#root = this.#manifest.root());
  }

  /** What is added is open before anybody can look for it (O1); the memtables that are in it leave (L2). */
  #commit(
    given: Omit<VersionEdit, 'flushedLsn' | 'nextTableId'> & { readonly flushedLsn?: Lsn },
    memtables: readonly Memtable[] = [],
  ): void {
    const opened = given.added.filter(({ table }) => !this.#tables.has(table.id));
    const { flushedLsn } = this.#versions.current;
    const edit: VersionEdit = { flushedLsn, ...given, nextTableId: this.#nextTableId };
    let next: Version;
    try {
      for (const { level, table } of opened) this.#tables.open(table, level);
      next = this.#write(() => this.#manifest.append(edit));
    } catch (error) {
      for (const { table } of opened) this.#tables.close(table.id);
      throw error;
    }
    for (const { table } of opened) this.#bytesWritten += table.bytes;
    this.#immutables = this.#immutables.filter((memtable) => !memtables.includes(memtable));
    if (edit.cause === 'compaction' && this.#options.compactionFilter) this.#count.reset();
    this.#versions.install(next, () => this.#sayEdited(edit, next, memtables.length));
  }

  #sayEdited({ added, cause, removed }: VersionEdit, version: Version, memtables: number): void {
    const { edit, flushedLsn, nextTableId } = version;
    this.#options.trace?.emit({
      kind: 'lsm.version_edited',
      ...{ edit, cause, flushedLsn, nextTableId, memtables },
      added: added.map(({ level, run = edit, table }) => ({ level, run, table: table.id })),
      removed,
      manifestBytes: this.#manifest.state.inForce?.bytes ?? 0,
      limits: levelLimits(version, this.#options.tuning),
      debtBytes: this.#compactor.debtBytes,
    });
  }

  /** L4: what fails may be in the manifest all the same, unless that was taken back. */
  #write<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (error instanceof EngineError && this.#manifest.isBroken) this.#inDoubt = error;
      throw error;
    }
  }

  #drop(table: TableMeta): void {
    this.#tables.drop(table);
    this.#quiet.drop(table.id);
  }

  // ---- room

  /** What the memtables take as one table, and the edit that names it. */
  #extentsForCheckpoint(extraBytes: number, operations: number): number {
    const { allocator, tuning } = this.#options;
    let bytes = extraBytes + operations * ENTRY_OVERHEAD_BYTES;
    let entries = operations;
    for (const memtable of this.#memtables) {
      bytes += memtable.bytes;
      entries += memtable.entries;
    }
    const table = extentsForTable(bytes, entries, tuning, this.#bitsPerKey(0), allocator.extentBytes);
    return table - (this.#checkpoint?.extents.length ?? 0) + this.#manifest.extentsForAppend(EDIT_BYTES_MAX);
  }

  get #keptForDeletes(): number {
    const { allocator } = this.#options;
    return Math.ceil((DELETES_KEPT_FREE * TOMBSTONE_BYTES_MAX + this.#compactor.bytesDue) / allocator.extentBytes);
  }

  /** Free extents of both files count: a file that cannot grow gives those of the other. */
  #reserve(extents: number): void {
    const { allocator } = this.#options;
    const free = allocator.freeExtents('data_0') + allocator.freeExtents('data_1');
    if (free >= extents) return;
    const name = this.#preferredFile;
    allocator.reserve(name, allocator.freeExtents(name) + extents - free);
  }

  /** Q2 in `compactor.ts`. */
  #makeRoom(bytes: number): void {
    const { extentBytes } = this.#options.allocator;
    this.#reserve(this.#extentsForCheckpoint(0, 0) + Math.ceil(bytes / extentBytes) + 2);
  }

  /** After a checkpoint that somebody took for want of room: merges what there is, as far as there is room for that. */
  #giveBack(budgetBytes: number): { readonly done: boolean } {
    if (!this.#wantsRoom) return { done: true };
    const { done } = this.#compactor.giveBack(budgetBytes);
    if (done) this.#wantsRoom = false;
    return { done };
  }

  #bitsPerKey(level: number): number {
    return bitsPerKeyOf(level, this.#versions.current, this.#options.tuning);
  }

  // ---- reads that leave no trace

  #quietEntry(key: Uint8Array): Uint8Array | undefined {
    const quiet = this.#quiet.of();
    return newestEntry(key, this.#memtables, this.#versions.current, quiet, this.#options.filterPrefix)?.value;
  }

  *#quietEntries(files?: FileSet, range: Range = {}, reverse = false): Generator<Entry, void> {
    const salvaged = this.#options.isSalvage === true;
    const table = salvaged ? (meta: TableMeta) => this.#tables.readable(meta) : this.#quiet.of(files);
    const entries = mergedEntries(range, reverse, this.#memtables, this.#versions.current, table, {
      isSalvage: salvaged,
    });
    const cursor = new LsmCursor(entries, range, () => undefined);
    for (let entry = cursor.next(); entry; entry = cursor.next()) yield entry;
  }

  #assertWritable(): void {
    if (this.#inDoubt)
      throw new EngineError(this.#inDoubt.code, this.#inDoubt.message, this.#inDoubt.place, this.#inDoubt);
  }
}
