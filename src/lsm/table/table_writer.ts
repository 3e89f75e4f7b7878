/**
 * Writes one table from entries in key order (format: `table_format.ts`).
 *
 *     add ──▶ data block ── full ──▶ waiting ── write(budget) ──▶ extents of the data files
 *              filter, index: grow in memory ─── finish ──▶ behind the last data block
 *
 * `add` computes and never touches the device; `write` writes and computes nothing: whoever merges or flushes in slices
 * decides when to do which, and how much of it. What waits goes out in one call for each stretch of neighbouring extents,
 * since a call has a price of its own, the same for 4 KiB as for 64 (figures in `notes/perf.md`).
 *
 *   W1  Only extents that were free are written; until a manifest names the table, `abandon` makes them free again.
 *   W2  No byte is written twice: a block is whole before it waits.
 */
import { assert } from '../../base/assert';
import { EMPTY_BYTES } from '../../base/bytes';
import { lsn as asLsn, type ExtentId } from '../../base/ids';
import type { TraceSink } from '../../base/trace';
import type { DataFileName, ExtentAllocator } from '../../storage/extent_allocator';
import { assertWholeWrite } from '../../storage/file';
import type { VersionedEntry } from '../entry';
import type { LsmEvent } from '../events';
import { filterPrefix, type FilterPrefixRule } from '../filter_prefix';
import type { FilterKind } from '../options';
import type { BlockKind } from './block';
import { BlockBuilder } from './block_builder';
import { sealFilter } from './bloom_filter';
import { stretchesOf } from './table_extents';
import { TableFilterBuilder, type BuiltFilter } from './table_filter';
import {
  blockSeed,
  encodeFooter,
  encodeHandle,
  encodeProperties,
  FOOTER_BYTES,
  propertiesBytes,
  separatorOf,
  type BlockHandle,
  type TableProperties,
} from './table_format';
import type { TableId, TableMeta } from './table_meta';

export interface TableWriterOptions {
  readonly id: TableId;
  /** S6. */
  readonly salt: number;
  readonly level: number;
  readonly allocator: ExtentAllocator;
  readonly preferredFile: DataFileName;
  readonly storeSeed: number;
  readonly filterPrefix: FilterPrefixRule;
  readonly blockBytes: number;
  readonly restartInterval: number;
  /** No bits are no filter. */
  readonly filter: { readonly kind: FilterKind; readonly bitsPerKey: number };
  readonly wholeWrites: boolean;
  readonly trace: TraceSink<LsmEvent> | null;
}

export class TableWriter {
  readonly #options: TableWriterOptions;
  readonly #trace: TraceSink<LsmEvent> | null;
  readonly #data: BlockBuilder;
  readonly #index = new BlockBuilder(1);
  readonly #filters: TableFilterBuilder;
  /** The last data block, whose separator is not known before the next key is. */
  #unindexed: BlockHandle | undefined;
  /** Bytes `[#written, #end)` of the table, and where the blocks among them end. */
  #waiting = new Uint8Array(0);
  readonly #waitingEnds: number[] = [];
  #written = 0;
  #end = 0;
  readonly #extents: ExtentId[] = [];
  #meta: TableMeta | undefined;
  #isFinished = false;
  #isAbandoned = false;
  /** Those in whole data blocks. */
  #entriesInBlocks = 0;
  // What the properties will say.
  #entries = 0;
  #tombstones = 0;
  #keyBytes = 0;
  #valueBytes = 0;
  #dataBlocks = 0;
  #minLsn = Infinity;
  #maxLsn = 0;
  #smallest: Uint8Array = EMPTY_BYTES;

  constructor(options: TableWriterOptions) {
    const { blockBytes, filter, restartInterval } = options;
    this.#options = options;
    this.#trace = options.trace;
    this.#data = new BlockBuilder(restartInterval);
    this.#filters = new TableFilterBuilder(filter.kind, filter.bitsPerKey, blockBytes);
  }

  get id(): TableId {
    return this.#options.id;
  }
  get level(): number {
    return this.#options.level;
  }
  get entries(): number {
    return this.#entries;
  }
  /** Whole blocks, written or waiting. */
  get builtBytes(): number {
    return this.#end;
  }
  /** Once it is finished. */
  get meta(): TableMeta | undefined {
    return this.#meta;
  }
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }
  /** The length of the table if it ended now, within a few bytes. */
  get bytes(): number {
    if (this.#isFinished) return this.#end;
    const rest =
      this.#index.bytes + this.#filters.bytes + propertiesBytes(this.#smallest.length, this.#data.lastKeyBytes);
    return this.#end + (this.#data.isEmpty ? 0 : this.#data.bytes) + rest + FOOTER_BYTES;
  }
  /** Built, and not written yet. */
  get waitingBytes(): number {
    return this.#end - this.#written;
  }
  get writtenBytes(): number {
    return this.#written;
  }
  get extents(): readonly ExtentId[] {
    return this.#extents;
  }

  /** Keys ascend strictly. The entry is its owner's again afterwards. */
  add({ key, lsn, value }: VersionedEntry): void {
    assert(!this.#isFinished, 'a finished table never changes');
    if (this.#unindexed) this.#indexBlock(separatorOf(this.#data.lastKey, key));
    if (this.#entries === 0) this.#smallest = key.slice();
    this.#data.add(key, lsn, value);
    this.#filters.add(filterPrefix(key, this.#options.filterPrefix));
    this.#entries++;
    if (this.#entries === 1) this.#sayStarted();
    if (value === undefined) this.#tombstones++;
    this.#keyBytes += key.length;
    this.#valueBytes += value?.length ?? 0;
    if (lsn < this.#minLsn) this.#minLsn = lsn;
    if (lsn > this.#maxLsn) this.#maxLsn = lsn;
    if (this.#data.bytes >= this.#options.blockBytes) this.#endBlock();
  }

  /**
   * Writes whole waiting blocks, at least one if there is one, and not more than about so many bytes.
   *
   * @throws EngineError store_full, write_failed; what waits still waits then
   */
  write(budgetBytes: number): void {
    let blocks = 0;
    let to = this.#written;
    while (
      blocks < this.#waitingEnds.length &&
      (blocks === 0 || this.#waitingEnds[blocks]! <= this.#written + budgetBytes)
    )
      to = this.#waitingEnds[blocks++]!;
    if (blocks === 0) return;
    this.#writeUntil(to);
    this.#waitingEnds.splice(0, blocks);
  }

  /**
   * A slice of what `finish` would have to compute at once: the filter's bits, of so many keys. Nothing is added from the
   * first call on. @returns whether all are set
   */
  prepare(keysMax: number): boolean {
    return this.#filters.build(keysMax);
  }

  /**
   * The rest of the table: index, filter, properties, footer. Writes all that waits, and does not flush.
   *
   * @throws EngineError store_full, write_failed; the table can only be abandoned then
   */
  finish(): TableMeta {
    assert(!this.#isFinished && this.#entries > 0, 'a table has entries, and is finished once');
    if (!this.#data.isEmpty) this.#endBlock();
    const largest = this.#data.lastKey.slice();
    if (this.#unindexed) this.#indexBlock(largest);
    const filter = this.#putFilters(this.#filters.finish(largest));
    const index = this.#put(this.#index.finish('index', this.#seedHere()), 'index');
    const own = this.#propertiesOf(largest);
    const properties = this.#put(encodeProperties(own, this.#seedHere()), 'properties');
    const { id, level, salt, storeSeed } = this.#options;
    const bytes = this.#end + FOOTER_BYTES;
    this.#put(encodeFooter({ index, filter, properties }, { id, salt }, bytes, storeSeed), 'footer');
    this.#isFinished = true;
    this.write(Infinity);
    const { entries, maxLsn, minLsn, smallest, tombstones } = own;
    const meta: TableMeta = {
      ...{ id, salt, extents: this.#extents.slice(), bytes },
      ...{ entries, tombstones, smallest, largest, minLsn, maxLsn },
    };
    this.#meta = meta;
    this.#trace?.emit({ kind: 'lsm.table_finished', level, meta });
    return meta;
  }

  /** W1. */
  abandon(): void {
    for (const extent of this.#extents) this.#options.allocator.free(extent);
    this.#extents.length = 0;
    if (this.#isAbandoned || this.#entries === 0) return;
    this.#isAbandoned = true;
    this.#trace?.emit({ kind: 'lsm.table_abandoned', table: this.#options.id });
  }

  /** With its first entry: until then whoever begins it may think better of it. */
  #sayStarted(): void {
    this.#trace?.emit({ kind: 'lsm.table_started', table: this.#options.id, level: this.#options.level });
  }

  #endBlock(): void {
    this.#unindexed = this.#put(this.#data.finish('data', this.#seedHere()), 'data');
    this.#dataBlocks++;
    this.#entriesInBlocks = this.#entries;
  }

  #indexBlock(separator: Uint8Array): void {
    this.#index.add(separator, NO_LSN, encodeHandle(this.#unindexed!));
    this.#filters.blockEnded(separator);
    this.#unindexed = undefined;
  }

  /** @returns the block that the footer names */
  #putFilters(filters: readonly BuiltFilter[]): BlockHandle | undefined {
    const partitions = new BlockBuilder(1);
    let handle: BlockHandle | undefined;
    for (const { block, separator } of filters) {
      sealFilter(block, this.#seedHere());
      handle = this.#put(block, 'filter');
      partitions.add(separator, NO_LSN, encodeHandle(handle));
    }
    if (this.#filters.kind !== 'partitioned') return handle;
    return this.#put(partitions.finish('filter_index', this.#seedHere()), 'filter_index');
  }

  #propertiesOf(largest: Uint8Array): TableProperties {
    const { blockBytes, filter, id, level, restartInterval } = this.#options;
    return {
      ...{ id, level, blockBytes, restartInterval },
      ...{ entries: this.#entries, tombstones: this.#tombstones, dataBlocks: this.#dataBlocks },
      ...{ keyBytes: this.#keyBytes, valueBytes: this.#valueBytes, prefixes: this.#filters.prefixes },
      ...{ minLsn: asLsn(this.#minLsn), maxLsn: asLsn(this.#maxLsn), smallest: this.#smallest, largest },
      ...{ filter: this.#filters.kind, bitsPerKey: filter.bitsPerKey },
    };
  }

  /** For the block that will be put next. */
  #seedHere(): number {
    return blockSeed(this.#options.storeSeed, this.#options, this.#end);
  }

  /** W2. A copy of it waits from now on. */
  #put(block: Uint8Array, kind: BlockKind | 'footer'): BlockHandle {
    const at = this.#end;
    const used = this.waitingBytes;
    if (used + block.length > this.#waiting.length) {
      const larger = new Uint8Array(Math.max(used + block.length, 2 * this.#waiting.length));
      larger.set(this.#waiting.subarray(0, used));
      this.#waiting = larger;
    }
    this.#waiting.set(block, used);
    this.#end += block.length;
    this.#waitingEnds.push(this.#end);
    this.#trace?.emit({
      kind: 'lsm.block_built',
      table: this.#options.id,
      block: kind,
      at,
      bytes: block.length,
      ...(kind === 'data' && { entries: this.#entries - this.#entriesInBlocks, largest: this.#data.lastKey.slice() }),
    });
    return { at, bytes: block.length };
  }

  #writeUntil(to: number): void {
    const { allocator, preferredFile, wholeWrites } = this.#options;
    const { extentBytes } = allocator;
    while (this.#extents.length * extentBytes < to) this.#extents.push(allocator.allocate(preferredFile));
    const from = this.#written;
    let done = 0;
    for (const { at, bytes, name } of stretchesOf(this.#extents, extentBytes, from, to)) {
      const dataFile = allocator.file(name);
      const count = dataFile.write(at, this.#waiting.subarray(done, done + bytes));
      if (wholeWrites) assertWholeWrite(dataFile, at, bytes, count);
      done += bytes;
    }
    this.#waiting.copyWithin(0, done, this.waitingBytes);
    this.#written = to;
  }
}

/** Entries of an index were not written by a batch. */
const NO_LSN = asLsn(0);
