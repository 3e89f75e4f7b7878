/**
 * How a table's filter is cut up while it is built: none, one for the whole, or a partition for each run of data blocks.
 *
 * A full filter answers with one look, and is in memory as long as the table is open. Partitions are read when needed, like
 * data blocks, and leave memory like them: for trees whose filters are larger than what memory there is (RocksDB, "Partitioned
 * index/filters", 2017). The price is a search in the filter index before each look.
 *
 * A prefix whose keys lie on both sides of a cut is in both partitions: a partition has the prefix of every key in its own
 * data blocks, which is all that a lookup by key relies on.
 */
import type { FilterKind } from '../options';
import { FilterBuilder } from './bloom_filter';

/** A filter that is ready but for its place, and the separator of the last data block it covers. */
export interface BuiltFilter {
  readonly block: Uint8Array;
  readonly separator: Uint8Array;
}

/** What a partition takes in the filter index besides its separator. */
const INDEX_ENTRY_BYTES = 16;

export class TableFilterBuilder {
  readonly kind: FilterKind;
  readonly #partitionBytes: number;
  readonly #builder: FilterBuilder | undefined;
  readonly #built: BuiltFilter[] = [];
  #builtBytes = 0;
  #prefixesBuilt = 0;

  /** @param partitionBytes what a partition is to have, about */
  constructor(kind: FilterKind, bitsPerKey: number, partitionBytes: number) {
    this.kind = bitsPerKey > 0 ? kind : 'none';
    this.#partitionBytes = partitionBytes;
    this.#builder = this.kind === 'none' ? undefined : new FilterBuilder(bitsPerKey);
  }

  /** The length of all filters, and of their index, if they ended now. */
  get bytes(): number {
    return this.#builtBytes + (this.#builder && this.#builder.prefixes > 0 ? this.#builder.bytes : 0);
  }
  get prefixes(): number {
    return this.#prefixesBuilt + (this.#builder?.prefixes ?? 0);
  }

  add(prefix: Uint8Array): void {
    this.#builder?.add(prefix);
  }

  /** A data block has ended: so may a partition. */
  blockEnded(separator: Uint8Array): void {
    if (this.kind === 'partitioned' && this.#builder!.bytes >= this.#partitionBytes) this.#cut(separator);
  }

  /** A slice of what is left to compute, and is long only for a filter of the whole table. @returns whether nothing is */
  build(prefixesMax: number): boolean {
    return this.kind !== 'full' || this.#builder!.prefixes === 0 || this.#builder!.build(prefixesMax);
  }

  /** All filters, in key order; `separator`: of the last data block. */
  finish(separator: Uint8Array): readonly BuiltFilter[] {
    if (this.#builder && this.#builder.prefixes > 0) this.#cut(separator);
    return this.#built;
  }

  #cut(separator: Uint8Array): void {
    this.#prefixesBuilt += this.#builder!.prefixes;
    const block = this.#builder!.finish();
    this.#builtBytes += block.length;
    if (this.kind === 'partitioned') this.#builtBytes += separator.length + INDEX_ENTRY_BYTES;
    this.#built.push({ block, separator });
  }
}
