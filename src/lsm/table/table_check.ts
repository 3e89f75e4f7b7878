/** Reads a whole table from the files and holds it against its rules: S (`table_format.ts`), K (`block.ts`), D1. */
import { compareBytes, equalBytes, toHex } from '../../base/bytes';
import { EngineError } from '../../base/errors';
import type { Finding } from '../../base/ordered_index';
import type { VersionedEntry } from '../entry';
import { filterPrefix, type FilterPrefixRule } from '../filter_prefix';
import { checkEntries, keyAtRestart, restartCount, type BlockKind } from './block';
import { mayContain } from './bloom_filter';
import { hashPrefix, newPrefixHash } from './prefix_hash';
import { handleInIndex } from './table_cursor';
import { FOOTER_BYTES, type BlockHandle, type Footer, type TableProperties } from './table_format';
import type { TableMeta } from './table_meta';
import type { TableReader } from './table_reader';

export interface TableCheckInput {
  readonly meta: TableMeta;
  readonly properties: TableProperties;
  readonly footer: Footer;
  readonly reader: TableReader;
  /** As an opening reads it: a table that is open has it in memory. */
  readonly readFooter: () => Footer;
  readonly filterPrefix: FilterPrefixRule;
}

export const checkTable = (input: TableCheckInput): Finding[] => new TableCheck(input).run();

/** A partition, and the last key that it may have to answer for. */
interface Partition {
  readonly block: Uint8Array;
  readonly separator: Uint8Array | undefined;
}

class TableCheck {
  readonly #input: TableCheckInput;
  readonly #findings: Finding[] = [];
  readonly #hash = newPrefixHash();
  /** S5: where the last block that was looked at ended. */
  #end = 0;
  #last: Uint8Array | undefined;
  #partitions: readonly Partition[] | undefined;
  #partition = 0;
  /** Of the filter's blocks; undefined if they are not known, for damage. */
  #filterHandles: BlockHandle[] | undefined = [];
  #entries = 0;
  #tombstones = 0;
  #keyBytes = 0;
  #valueBytes = 0;
  #minLsn = Infinity;
  #maxLsn = 0;

  constructor(input: TableCheckInput) {
    this.#input = input;
  }

  run(): Finding[] {
    const { footer, meta } = this.#input;
    const index = this.#read(footer.index, 'index', 'all of its keys');
    const handles = index && this.#handles(index, footer.index.at);
    this.#partitions = this.#readFilters();
    if (handles) {
      handles.forEach((handle, number) => this.#checkData(handle, index, number));
      if (this.#findings.length === 0) this.#checkCounts(handles.length);
    }
    if (handles && this.#filterHandles) this.#checkPlaces([...handles, ...this.#filterHandles]);
    this.#read(footer.properties, 'properties', 'what it says of itself');
    this.#readFooter();
    if (footer.properties.at + footer.properties.bytes !== meta.bytes - FOOTER_BYTES) {
      this.#found('S5', 'the footer does not follow the properties');
    }
    return this.#findings;
  }

  #readFooter(): void {
    try {
      this.#input.readFooter();
    } catch (error) {
      this.#damage(error, 'all of its keys, at the next opening');
    }
  }

  #handles(index: Uint8Array, indexAt: number): BlockHandle[] | undefined {
    try {
      return Array.from({ length: restartCount(index) }, (_, i) =>
        handleInIndex(this.#input.reader, index, indexAt, i),
      );
    } catch (error) {
      this.#damage(error, 'all of its keys');
      return undefined;
    }
  }

  // ---- filters

  /** Undefined if there is none that could be read. */
  #readFilters(): readonly Partition[] | undefined {
    const { footer, properties } = this.#input;
    if (!footer.filter) return undefined;
    if (properties.filter === 'full') {
      this.#filterHandles = [footer.filter];
      const block = this.#read(footer.filter, 'filter', 'the filter of all of its keys');
      return block && [{ block, separator: undefined }];
    }
    const partitions = this.#read(footer.filter, 'filter_index', 'the filter of all of its keys');
    const handles = partitions && this.#handles(partitions, footer.filter.at);
    this.#filterHandles = handles && [...handles, footer.filter];
    if (!handles) return undefined;
    const read = handles.map((handle, i) => {
      const block = this.#read(handle, 'filter', `the filter of keys up to ${toHex(keyAtRestart(partitions, i))}`);
      return block && { block, separator: keyAtRestart(partitions, i) };
    });
    return read.every((each) => each !== undefined) ? read : undefined;
  }

  /** S3. */
  #checkFilter(key: Uint8Array): void {
    if (!this.#partitions) return;
    while (this.#partition < this.#partitions.length) {
      const { separator } = this.#partitions[this.#partition]!;
      if (!separator || compareBytes(key, separator) <= 0) break;
      this.#partition++;
    }
    const partition = this.#partitions[this.#partition];
    const hash = hashPrefix(filterPrefix(key, this.#input.filterPrefix), this.#hash);
    if (!partition || !mayContain(partition.block, hash)) this.#found('S3', `the filter denies key ${toHex(key)}`);
  }

  // ---- data

  #checkData(handle: BlockHandle, index: Uint8Array, number: number): void {
    const separator = keyAtRestart(index, number);
    const before = number === 0 ? undefined : keyAtRestart(index, number - 1);
    const held = `keys ${before ? `above ${toHex(before)}` : 'from the first'} up to ${toHex(separator)}`;
    const block = this.#read(handle, 'data', held);
    if (!block) {
      this.#last = separator;
      return;
    }
    const entries: VersionedEntry[] = [];
    const problem = checkEntries(block, entries);
    if (problem)
      this.#findings.push({ rule: problem.slice(0, 2), detail: this.#detail(`${problem} (at ${handle.at})`) });
    const [first, last] = [entries[0], entries.at(-1)];
    if (!first || !last) return;
    if (this.#last && compareBytes(this.#last, first.key) >= 0) {
      this.#found('S1', `key ${toHex(first.key)} is not after what comes before it`);
    }
    if (before && compareBytes(before, first.key) >= 0) this.#found('S2', `block ${number} begins in the one before`);
    if (compareBytes(last.key, separator) > 0) this.#found('S2', `block ${number} has keys past its separator`);
    if (number === 0 && !equalBytes(first.key, this.#input.meta.smallest)) {
      this.#found('S4', `its first key is ${toHex(first.key)}, not ${toHex(this.#input.meta.smallest)}`);
    }
    this.#last = last.key;
    for (const entry of entries) this.#count(entry);
  }

  #count({ key, lsn, value }: VersionedEntry): void {
    this.#entries++;
    if (value === undefined) this.#tombstones++;
    this.#keyBytes += key.length;
    this.#valueBytes += value?.length ?? 0;
    this.#minLsn = Math.min(this.#minLsn, lsn);
    this.#maxLsn = Math.max(this.#maxLsn, lsn);
    this.#checkFilter(key);
  }

  /** S4: what only a table that could be read whole can be held to. */
  #checkCounts(dataBlocks: number): void {
    const { meta, properties } = this.#input;
    const counts: readonly (readonly [string, number, number])[] = [
      ['entries', this.#entries, meta.entries],
      ['tombstones', this.#tombstones, meta.tombstones],
      ['key bytes', this.#keyBytes, properties.keyBytes],
      ['value bytes', this.#valueBytes, properties.valueBytes],
      ['data blocks', dataBlocks, properties.dataBlocks],
      ['as its smallest LSN', this.#minLsn, meta.minLsn],
      ['as its largest LSN', this.#maxLsn, meta.maxLsn],
    ];
    for (const [what, found, said] of counts) {
      if (found !== said) this.#found('S4', `it has ${found} ${what}, and says ${said}`);
    }
    if (!this.#last || !equalBytes(this.#last, meta.largest)) this.#found('S4', 'its last key is not the one it says');
  }

  /** S5. */
  #checkPlaces(named: readonly BlockHandle[]): void {
    const { footer } = this.#input;
    for (const { at, bytes } of [...named, footer.index, footer.properties]) {
      if (at !== this.#end) this.#found('S5', `a block begins at ${at}, where the one before ends at ${this.#end}`);
      this.#end = at + bytes;
    }
  }

  // ---- what was found

  #read(handle: BlockHandle, kind: BlockKind, held: string): Uint8Array | undefined {
    try {
      return this.#input.reader.blockPastCache(handle, kind);
    } catch (error) {
      this.#damage(error, held);
      return undefined;
    }
  }

  #damage(error: unknown, held: string): void {
    if (!(error instanceof EngineError) || error.code !== 'table_damaged') throw error;
    this.#findings.push({ rule: 'D1', detail: `${error.message} It held ${held}.`, place: error.place });
  }

  #found(rule: string, detail: string): void {
    this.#findings.push({ rule, detail: this.#detail(detail) });
  }

  #detail(detail: string): string {
    return `table ${this.#input.meta.id}: ${detail}`;
  }
}
