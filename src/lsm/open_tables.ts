/**
 * The tables that somebody may read: opened once, kept open as long as a version in use has them, and given back then.
 *
 *   O1  A table is open from before the version that names it is in force until no version in use has it.
 *   O2  Its extents are free from then on, and no earlier: `versions.ts` counts who needs it.
 */
import { assert } from '../base/assert';
import type { EngineError } from '../base/errors';
import type { ExtentId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { LsmEvent } from './events';
import type { FilterPrefixRule } from './filter_prefix';
import { SalvagedTable } from './salvage';
import { BlockCache } from './table/block_cache';
import { NO_READS, sumOf } from './stats';
import { Table, type TableCounters } from './table/table';
import type { TableId, TableMeta } from './table/table_meta';

export interface OpenTablesOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly filterPrefix: FilterPrefixRule;
  readonly cacheBytes: number;
  readonly verifyChecksums: boolean;
  readonly isSalvage: boolean;
  readonly trace: TraceSink<LsmEvent> | null;
}

export class OpenTables {
  readonly cache: BlockCache;
  readonly #options: OpenTablesOptions;
  readonly #tables = new Map<TableId, Table>();
  readonly #salvaged = new Map<TableId, SalvagedTable>();
  #damage: EngineError | undefined;
  /** What tables counted that are no more. */
  #formerReads = NO_READS;

  constructor(options: OpenTablesOptions) {
    this.#options = options;
    this.cache = new BlockCache(options.cacheBytes);
  }

  /** For salvage: the first damage that was met. */
  get damage(): EngineError | undefined {
    return this.#damage;
  }

  get formerReads(): TableCounters {
    return this.#formerReads;
  }

  /** Bytes of keys and values, table by table. */
  get sizes(): readonly { readonly bytes: number }[] {
    return [...this.#tables.values()].map(({ properties }) => ({ bytes: properties.keyBytes + properties.valueBytes }));
  }

  get all(): Iterable<Table> {
    return this.#tables.values();
  }

  /** @throws EngineError table_damaged, read_failed; for salvage only the latter */
  open(meta: TableMeta, level: number): void {
    if (!this.#options.isSalvage) {
      this.#tables.set(meta.id, this.#open(meta, level));
      return;
    }
    const table = new SalvagedTable(meta, () => this.#open(meta, level));
    this.#damage ??= table.damage;
    this.#salvaged.set(meta.id, table);
  }

  #open(meta: TableMeta, level: number): Table {
    const { allocator, filterPrefix, storeSeed, trace, verifyChecksums } = this.#options;
    return Table.open(meta, { level, allocator, storeSeed, filterPrefix, cache: this.cache, verifyChecksums, trace });
  }

  has(id: TableId): boolean {
    return this.#tables.has(id) || this.#salvaged.has(id);
  }

  /** Its edit did not happen. */
  close(id: TableId): void {
    this.#tables.delete(id);
    this.cache.drop(id);
  }

  table({ id }: Pick<TableMeta, 'id'>): Table {
    const table = this.#tables.get(id);
    assert(table !== undefined, 'O1: a table of a version in use is open');
    return table;
  }

  /** What a cursor reads: around damage, if this was opened for salvage. */
  readable(meta: TableMeta): Table | SalvagedTable {
    return this.#salvaged.get(meta.id) ?? this.table(meta);
  }

  /** O2. */
  drop({ extents, id }: TableMeta): void {
    const { allocator, trace } = this.#options;
    const counters = this.#tables.get(id)?.counters;
    if (counters) this.#formerReads = sumOf(this.#formerReads, counters);
    this.#tables.delete(id);
    this.#salvaged.delete(id);
    this.cache.drop(id);
    for (const extent of extents) allocator.free(extent);
    trace?.emit({ kind: 'lsm.table_dropped', table: id, extents });
  }
}

/** Marks what a version reaches as used, each extent once. @returns the first that is not there or was taken already */
export function claim(allocator: ExtentAllocator, extents: readonly ExtentId[]): ExtentId | undefined {
  for (const extent of extents) {
    if (!allocator.exists(extent) || allocator.isUsed(extent)) return extent;
    allocator.markUsed(extent);
  }
  return undefined;
}
