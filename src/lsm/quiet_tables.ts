/**
 * Tables as they are read for a count or for a table on screen: no event tells of it, nothing goes through the cache that
 * readers have, and where the caller has files that nobody watches, those are read. Looking must not change what is seen.
 */
import type { TraceSink } from '../base/trace';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import type { LsmEvent } from './events';
import type { LsmOptions } from './open_options';
import { BlockCache } from './table/block_cache';
import { Table } from './table/table';
import type { TableId, TableMeta } from './table/table_meta';

/** What is read twice in a row; no more. */
const CACHE_BYTES = 256 * 1024;
const NO_TRACE: TraceSink<LsmEvent> | null = null;

export class QuietTables {
  readonly #options: LsmOptions;
  #files: FileSet | undefined;
  /** How long they are together. */
  #bytes = 0;
  #allocator: ExtentAllocator | undefined;
  #cache = new BlockCache(CACHE_BYTES);
  readonly #tables = new Map<TableId, Table>();

  constructor(options: LsmOptions) {
    this.#options = options;
  }

  /** How to come by a table, in these files or those of the store. */
  of(files: FileSet | undefined = this.#options.unwatchedFiles): (meta: TableMeta) => Table {
    const { allocator } = this.#options;
    if (files !== this.#files) {
      this.#tables.clear();
      this.#cache = new BlockCache(CACHE_BYTES);
    }
    // An allocator knows how long its files were when it was made: these may have grown through others since.
    const bytes = files ? files.data_0.size() + files.data_1.size() : 0;
    if (files !== this.#files || bytes !== this.#bytes || !this.#allocator) {
      this.#allocator = files ? new ExtentAllocator(files, allocator.extentBytes) : allocator;
    }
    this.#files = files;
    this.#bytes = bytes;
    return (meta) => this.#table(meta);
  }

  /** Of a table that is no more. */
  drop(id: TableId): void {
    this.#tables.delete(id);
    this.#cache.drop(id);
  }

  #table(meta: TableMeta): Table {
    const known = this.#tables.get(meta.id);
    if (known) return known;
    const { filterPrefix, protections, storeSeed } = this.#options;
    const table = Table.open(meta, {
      level: 0,
      allocator: this.#allocator!,
      storeSeed,
      filterPrefix,
      cache: this.#cache,
      verifyChecksums: protections.blockChecksum,
      trace: NO_TRACE,
    });
    this.#tables.set(meta.id, table);
    return table;
  }
}
