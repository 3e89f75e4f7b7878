/** For tests: tables with small blocks in small extents, in memory, written from lists of entries. */
import { expect } from 'vitest';
import { encodeText, equalBytes } from '../../../base/bytes';
import { lsn } from '../../../base/ids';
import type { Range } from '../../../base/ordered_index';
import { ExtentAllocator } from '../../../storage/extent_allocator';
import type { FileSet } from '../../../storage/file';
import { MemoryStorage } from '../../../storage/memory';
import type { VersionedEntry } from '../../entry';
import type { LsmEvent } from '../../events';
import { WHOLE_KEY, type FilterPrefixRule } from '../../filter_prefix';
import type { FilterKind } from '../../options';
import { BlockCache } from '../block_cache';
import { Table, type CursorPurpose } from '../table';
import { placeOf } from '../table_extents';
import type { TableMeta } from '../table_meta';
import { TableWriter } from '../table_writer';

export const SEED = 0x5eed;
export const SALT = 0x5a17;

export interface SmallTableOptions {
  readonly extentBytes?: number;
  readonly blockBytes?: number;
  readonly restartInterval?: number;
  readonly filter?: FilterKind;
  readonly bitsPerKey?: number;
  readonly filterPrefix?: FilterPrefixRule;
  readonly cacheBytes?: number;
  /** Every so many extents one is taken away first, so that a table's are no neighbours. */
  readonly holes?: number;
}

/** Files with tables in them. */
export class SmallTables {
  readonly files: FileSet;
  readonly events: LsmEvent[] = [];
  readonly allocator: ExtentAllocator;
  readonly cache: BlockCache;
  readonly #options: SmallTableOptions;
  readonly #trace = { emit: (event: LsmEvent): void => void this.events.push(event) };

  constructor(options: SmallTableOptions = {}, files = new MemoryStorage().openNow({ create: true })) {
    this.#options = options;
    this.files = files;
    this.allocator = new ExtentAllocator(files, options.extentBytes ?? 512);
    this.cache = new BlockCache(options.cacheBytes ?? 64 * 1024);
    if (options.holes === undefined) return;
    // Taken in turns with what stays used: the free ones lie apart.
    const taken = Array.from({ length: 200 }, (_, i) => this.allocator.allocate(i % 3 === 0 ? 'data_1' : 'data_0'));
    taken.forEach((extent, i) => i % options.holes! === 0 && this.allocator.free(extent));
  }

  writer(id = 1, seed = SEED): TableWriter {
    const { bitsPerKey = 10, blockBytes = 128, filter = 'full', filterPrefix = WHOLE_KEY } = this.#options;
    return new TableWriter({
      ...{
        id,
        salt: SALT,
        level: 0,
        allocator: this.allocator,
        preferredFile: 'data_0',
        storeSeed: seed,
        filterPrefix,
        blockBytes,
      },
      ...{ restartInterval: this.#options.restartInterval ?? 4, filter: { kind: filter, bitsPerKey } },
      ...{ wholeWrites: true, trace: this.#trace },
    });
  }

  write(entries: readonly VersionedEntry[], id = 1, seed = SEED): TableMeta {
    const writer = this.writer(id, seed);
    for (const entry of entries) writer.add(entry);
    return writer.finish();
  }

  open(meta: TableMeta, verifyChecksums = true, cache = this.cache): Table {
    const { filterPrefix = WHOLE_KEY } = this.#options;
    return Table.open(meta, {
      ...{ level: 0, allocator: this.allocator, storeSeed: SEED, filterPrefix, cache, verifyChecksums },
      trace: this.#trace,
    });
  }

  /** Bytes `[from, to)` of a table, as they lie in the files. */
  read(meta: TableMeta, from = 0, to = meta.bytes): Uint8Array {
    return Uint8Array.from({ length: to - from }, (_, i) => {
      const { file, at } = this.#place(meta, from + i);
      const byte = new Uint8Array(1);
      file.read(at, byte);
      return byte[0]!;
    });
  }

  /** Writes over bytes of a table from `at` on. */
  spoil(meta: TableMeta, at: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => {
      const place = this.#place(meta, at + i);
      place.file.write(place.at, Uint8Array.of(byte));
    });
  }

  #place(meta: TableMeta, at: number) {
    const place = placeOf(meta.extents, this.allocator.extentBytes, at);
    return { file: this.files[place.name], at: place.at };
  }
}

export const entry = (key: string, value: string | undefined, at = 1): VersionedEntry => ({
  key: encodeText(key),
  lsn: lsn(at),
  value: value === undefined ? undefined : encodeText(value),
});

/** k000, k002, k004 ...: so many, every seventh deleted, with LSNs out of order. */
export function evenKeys(count: number, value = 'v'): VersionedEntry[] {
  return Array.from({ length: count }, (_, i) =>
    entry(`k${String(2 * i).padStart(3, '0')}`, i % 7 === 3 ? undefined : `${value}${i}`, 1000 + ((i * 37) % count)),
  );
}

export function scan(table: Table, range: Range, reverse: boolean, purpose?: CursorPurpose): VersionedEntry[] {
  const cursor = table.cursor(range, reverse, purpose);
  const found: VersionedEntry[] = [];
  // A merge's entries are not good for long (E1).
  const keep = ({ key, lsn: of, value }: VersionedEntry): VersionedEntry => ({
    key: key.slice(),
    lsn: of,
    value: value?.slice(),
  });
  for (let each = cursor.next(); each; each = cursor.next()) found.push(purpose === 'merge' ? keep(each) : each);
  cursor.close();
  return found;
}

export function isSame(a: VersionedEntry | undefined, b: VersionedEntry | undefined): boolean {
  if (!a || !b) return a === b;
  const isSameValue = a.value && b.value ? equalBytes(a.value, b.value) : a.value === b.value;
  return isSameValue && a.lsn === b.lsn && equalBytes(a.key, b.key);
}
export const areSame = (a: readonly VersionedEntry[], b: readonly VersionedEntry[]): boolean =>
  a.length === b.length && a.every((each, i) => isSame(each, b[i]));

/** Many times quicker than a deep comparison, which is left to say what differs. */
export function expectSame(found: readonly VersionedEntry[], wanted: readonly VersionedEntry[]): void {
  if (!areSame(found, wanted)) expect(found).toEqual(wanted);
}
