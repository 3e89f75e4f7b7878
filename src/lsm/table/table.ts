/**
 * A sorted table that is in force: what lookups, scans and merges read (format: `table_format.ts`).
 *
 *     get(key)   in its range? ──▶ filter ──▶ index ──▶ one data block
 *                 no: nothing read   no: nothing more read      the entry is there, or it is nowhere in the table
 *
 * Open, a table has its properties and, if it is one for the whole, its filter in memory. Index, partitions of a filter and data come
 * through the block cache.
 */
import { compareBytes, equalBytes, startsWith } from '../../base/bytes';
import type { Finding, Range } from '../../base/ordered_index';
import type { EntryCursor, VersionedEntry } from '../entry';
import { filterPrefix, type FilterPrefixRule } from '../filter_prefix';
import { findEntry, keyAtRestart, restartCount, restartsBelow } from './block';
import { mayContain, probe, type ProbedBits } from './bloom_filter';
import { hashPrefix, newPrefixHash, type PrefixHash } from './prefix_hash';
import { checkTable } from './table_check';
import { handleInIndex, TableCursor } from './table_cursor';
import { decodeFooter, decodeProperties, FOOTER_BYTES, type Footer, type TableProperties } from './table_format';
import type { TableMeta } from './table_meta';
import { TableReader, type ReadCounters, type TableReaderOptions } from './table_reader';

export interface TableOptions extends TableReaderOptions {
  readonly level: number;
  readonly filterPrefix: FilterPrefixRule;
}

/** Since the table was opened. */
export interface TableCounters extends Readonly<ReadCounters> {
  /** Lookups of keys within the table's range. */
  readonly lookups: number;
  /** Of those and of questions by prefix: the filter said no, and so spared a read. */
  readonly filterNegatives: number;
  /** The filter said maybe, and the key was there; or it was not. With prefixes shorter than keys, no fault of the filter. */
  readonly filterTruePositives: number;
  readonly filterFalsePositives: number;
}

export interface FilterProbe extends ProbedBits {
  /** Byte in the table at which the filter's block begins. */
  readonly at: number;
}

/** A merge reads every byte once; a read may come again. */
export type CursorPurpose = 'read' | 'merge';

export class Table {
  readonly meta: TableMeta;
  readonly properties: TableProperties;
  /** Where it is now; a trivial move takes it down without touching it. */
  level: number;
  readonly #options: TableOptions;
  readonly #reader: TableReader;
  readonly #footer: Footer;
  /** The filter, if there is one for the whole table. */
  readonly #filter: Uint8Array | undefined;
  readonly #hash = newPrefixHash();
  readonly #filterCounters = { lookups: 0, negatives: 0, truePositives: 0, falsePositives: 0 };

  private constructor(meta: TableMeta, options: TableOptions) {
    this.meta = meta;
    this.level = options.level;
    this.#options = options;
    this.#reader = new TableReader(meta, options);
    this.#footer = this.#readFooter();
    this.properties = this.#readProperties();
    const { filter } = this.#footer;
    if (filter && this.properties.filter === 'full') this.#filter = this.#reader.blockPastCache(filter, 'filter');
  }

  /** Reads footer, properties and a full filter. @throws EngineError table_damaged, read_failed */
  static open(meta: TableMeta, options: TableOptions): Table {
    return new Table(meta, options);
  }

  get counters(): TableCounters {
    const { falsePositives, lookups, negatives, truePositives } = this.#filterCounters;
    return {
      ...this.#reader.counters,
      lookups,
      filterNegatives: negatives,
      filterTruePositives: truePositives,
      filterFalsePositives: falsePositives,
    };
  }
  /** What it keeps in memory as long as it is open, besides keys. */
  get pinnedBytes(): number {
    return this.#filter?.length ?? 0;
  }

  /**
   * The table's entry of `key`, a tombstone too; its `key` is the one that was asked for. `hash`: that of the key's filter prefix, if
   * the caller has it already.
   *
   * @throws EngineError table_damaged, read_failed
   */
  get(key: Uint8Array, hash?: PrefixHash): VersionedEntry | undefined {
    if (compareBytes(key, this.meta.smallest) < 0 || compareBytes(key, this.meta.largest) > 0) {
      this.#sayProbed(key, 'outside');
      return undefined;
    }
    const counters = this.#filterCounters;
    counters.lookups++;
    if (this.#footer.filter && !this.#filterAdmits(key, hash)) {
      counters.negatives++;
      this.#sayProbed(key, 'filter_said_no');
      return undefined;
    }
    const found = this.#find(key);
    if (this.#footer.filter) {
      if (found) counters.truePositives++;
      else counters.falsePositives++;
    }
    this.#sayProbed(key, !found ? 'absent' : found.value === undefined ? 'tombstone' : 'found');
    return found;
  }

  /**
   * Whether a key whose filter prefix is `prefix` may be in the table: false is certain.
   *
   * @throws EngineError table_damaged, read_failed
   */
  mayContain(prefix: Uint8Array, hash: PrefixHash = hashPrefix(prefix, this.#hash)): boolean {
    const { largest, smallest } = this.meta;
    if (compareBytes(prefix, largest) > 0) return false;
    if (compareBytes(prefix, smallest) < 0 && !startsWith(smallest, prefix)) return false;
    if (!this.#footer.filter) return true;
    const isAdmitted = this.#filter ? mayContain(this.#filter, hash) : this.#partitionsAdmit(prefix, hash);
    if (!isAdmitted) this.#filterCounters.negatives++;
    return isAdmitted;
  }

  /** @throws EngineError table_damaged, read_failed; so does its `next` */
  cursor(range: Range, reverse: boolean, purpose: CursorPurpose = 'read'): EntryCursor {
    return new TableCursor({
      reader: this.#reader,
      index: this.#index(),
      indexAt: this.#footer.index.at,
      range,
      reverse,
      isMerge: purpose === 'merge',
    });
  }

  /** Reads all of the table from the files, past the cache, and says what is wrong with it. @throws EngineError read_failed */
  check(): Finding[] {
    const { filterPrefix: rule } = this.#options;
    const { meta, properties } = this;
    return checkTable({
      ...{ meta, properties, footer: this.#footer, reader: this.#reader, filterPrefix: rule },
      readFooter: () => this.#readFooter(),
    });
  }

  /** The filter opened up at one prefix; undefined where there is none. For people: counts and emits as any read does. */
  probeFilter(prefix: Uint8Array): FilterProbe | undefined {
    const { filter: named } = this.#footer;
    if (!named) return undefined;
    const hash = hashPrefix(prefix, this.#hash);
    const partition = this.#filter ? { at: named.at, block: this.#filter } : this.#partition(prefix);
    return partition && { at: partition.at, ...probe(partition.block, hash) };
  }

  // ---- lookups

  #find(key: Uint8Array): VersionedEntry | undefined {
    const index = this.#index();
    const number = restartsBelow(index, key, false);
    if (number === restartCount(index)) return undefined;
    const handle = handleInIndex(this.#reader, index, this.#footer.index.at, number);
    return findEntry(this.#reader.block(handle, 'data'), key);
  }

  #index(): Uint8Array {
    return this.#reader.block(this.#footer.index, 'index');
  }

  #filterAdmits(key: Uint8Array, hash?: PrefixHash): boolean {
    const of = hash ?? hashPrefix(filterPrefix(key, this.#options.filterPrefix), this.#hash);
    if (this.#filter) return mayContain(this.#filter, of);
    const partition = this.#partition(key);
    return partition !== undefined && mayContain(partition.block, of);
  }

  /** The partition for the data block in which `key` would be. */
  #partition(key: Uint8Array): { readonly at: number; readonly block: Uint8Array } | undefined {
    const partitions = this.#reader.block(this.#footer.filter!, 'filter_index');
    const number = restartsBelow(partitions, key, false);
    return number === restartCount(partitions) ? undefined : this.#partitionAt(partitions, number);
  }

  #partitionAt(partitions: Uint8Array, number: number): { readonly at: number; readonly block: Uint8Array } {
    const handle = handleInIndex(this.#reader, partitions, this.#footer.filter!.at, number);
    return { at: handle.at, block: this.#reader.block(handle, 'filter') };
  }

  /** Keys with a prefix may lie in several partitions, all of them before the first separator that is past the prefix. */
  #partitionsAdmit(prefix: Uint8Array, hash: PrefixHash): boolean {
    const partitions = this.#reader.block(this.#footer.filter!, 'filter_index');
    for (let number = restartsBelow(partitions, prefix, false); number < restartCount(partitions); number++) {
      if (mayContain(this.#partitionAt(partitions, number).block, hash)) return true;
      if (!startsWith(keyAtRestart(partitions, number), prefix)) return false;
    }
    return false;
  }

  #sayProbed(key: Uint8Array, outcome: 'outside' | 'filter_said_no' | 'absent' | 'found' | 'tombstone'): void {
    this.#options.trace?.emit({ kind: 'lsm.table_probed', key, level: this.level, table: this.meta.id, outcome });
  }

  // ---- opening

  #readFooter(): Footer {
    const { bytes, extents } = this.meta;
    const { allocator, storeSeed, verifyChecksums } = this.#options;
    const isLongEnough = extents.length * allocator.extentBytes >= bytes && bytes > FOOTER_BYTES;
    if (!isLongEnough) this.#reader.refuse(0, 'where it begins', 'its extents cannot hold it');
    extents.forEach((extent, i) => {
      if (allocator.exists(extent)) return;
      this.#reader.refuse(i * allocator.extentBytes, 'where an extent begins', 'the data file is too short to hold it');
    });
    const at = bytes - FOOTER_BYTES;
    let problem = '';
    for (let tries = 0; tries < 2; tries++) {
      const encoded = this.#reader.bytes(at, FOOTER_BYTES);
      const footer = encoded
        ? decodeFooter(encoded, this.meta, bytes, storeSeed, verifyChecksums)
        : 'the file ends in it';
      if (typeof footer !== 'string') {
        this.#reader.sayFooterRead({ at, bytes: FOOTER_BYTES });
        return footer;
      }
      problem = footer;
    }
    return this.#reader.refuse(at, 'where its footer begins', problem);
  }

  /** S4. */
  #readProperties(): TableProperties {
    const { properties: handle } = this.#footer;
    const properties = decodeProperties(this.#reader.blockPastCache(handle, 'properties'));
    const { meta } = this;
    const isSame =
      properties?.id === meta.id &&
      properties.entries === meta.entries &&
      properties.tombstones === meta.tombstones &&
      properties.minLsn === meta.minLsn &&
      properties.maxLsn === meta.maxLsn &&
      equalBytes(properties.smallest, meta.smallest) &&
      equalBytes(properties.largest, meta.largest);
    if (isSame) return properties;
    return this.#reader.refuse(handle.at, 'where its properties begin', 'they are not what the manifest says of it');
  }
}
