/**
 * A sorted table (Chang et al. 2006, "Bigtable", section 4: SSTable; the layout is LevelDB's): entries in key order,
 * written once from front to back, never changed. All that a reader has to know beforehand is where it ends.
 *
 *     0                                                                                            bytes
 *     +--------+--------+-----+--------+-----------------+----------+-------+------------+---------+
 *     | data   | data   | ... | data   | filter, or      | filter   | index | properties | footer  |
 *     | block  | block  |     | block  | its partitions  | index    |       |            | 48 B    |
 *     +--------+--------+-----+--------+-----------------+----------+-------+------------+---------+
 *          ^        ^              ^        `-- may be absent --'        |        ^            |
 *          |        |              |                                     |        |            |
 *          `--------+--------------+---- one entry for each data block --'        `------------'
 *
 * All but the footer are blocks: `block.ts` has the trailer that they end with, and the format of those with entries.
 *
 *   data          entries of the table
 *   index         for each data block an entry: key = a separator, value = offset varint | length varint
 *   filter        `bloom_filter.ts`; `full`: one for the table, `partitioned`: one for a run of data blocks, about as long
 *                 as a data block itself
 *   filter index  if partitioned: as the index, an entry for each partition, with the separator of its last data block
 *   properties    below
 *
 * A separator is as short as can be: not below the last key of its block, and below the first key of the next. The blocks
 * of an index have a restart at each entry, so that a search is binary all the way.
 *
 * The footer:
 *
 *     0       8         12        16        20        24        28        32      36        40      44     48
 *     +-------+---------+---------+---------+---------+---------+---------+-------+---------+-------+------+
 *     | table | index   | index   | filter  | filter  | prop.   | prop.   | bytes | version | magic | crc  |
 *     | u64   | at, u32 | len,u32 | at, u32 | len,u32 | at, u32 | len,u32 | u32   | u32     | u32   | u32  |
 *     +-------+---------+---------+---------+---------+---------+---------+-------+---------+-------+------+
 *
 * `filter` is the filter index where there is one, and 0, 0 where there is no filter. The properties:
 *
 *     0       8         16           24       32       40         48           56       60       64           68
 *     +-------+---------+------------+--------+--------+----------+------------+--------+--------+------------+--
 *     | table | entries | tombstones | minLsn | maxLsn | key      | value      | data   | block  | prefixes   |
 *     | u64   | u64     | u64        | u64    | u64    | bytes u64| bytes u64  | blocks | bytes  | in filter  |
 *     +-------+---------+------------+--------+--------+----------+------------+--------+--------+------------+--
 *
 *     68         70            71       72        76          78          80          80+s      80+s+l
 *     +----------+-------------+--------+---------+-----------+-----------+-----------+---------+---------+
 *     | restart  | filter kind | level  | bits a  | smallest  | largest   | smallest  | largest | trailer |
 *     | interval | 0, 1, 2     | u8     | key f32 | len s u16 | len l u16 | key       | key     |         |
 *     +----------+-------------+--------+---------+-----------+-----------+-----------+---------+---------+
 *
 * A checksum starts from who the bytes belong to: crc32c of table u64 | salt u32 | offset u64, itself started from the
 * store's seed. The salt is drawn anew whenever the store is opened, and the manifest keeps it with the table.
 *
 *   S1  Keys ascend strictly through the whole table.
 *   S2  A data block's keys are not above its separator, those of the next block are.
 *   S3  The filter has no false negative (B1 for every key).
 *   S4  What the properties count is what is there, and what the manifest says of the table.
 *   S5  Every byte of a table is covered by exactly one checksum: blocks lie end to end, from 0 to the footer.
 *   S6  No two writings of a store share number and salt: a crash may leave blocks of a table that no edit named, whose
 *       number the next life uses again, in the same extents. A write that is lost or goes astray then shows what is no
 *       block of the table, and not an older value.
 */
import { assert } from '../../base/assert';
import { getU64, putU64, viewOf } from '../../base/bytes';
import { crc32c } from '../../base/checksum';
import { lsn } from '../../base/ids';
import { getVarint, putVarint } from '../../base/varint';
import type { FilterKind } from '../options';
import { sealBlock, TRAILER_BYTES } from './block';
import type { TableMeta, TableOwner } from './table_meta';

// ---- whose bytes

const owner = new Uint8Array(20);
const ownerView = viewOf(owner);

/** What the checksum of the block at `at` starts from. */
export function blockSeed(storeSeed: number, { id, salt }: TableOwner, at: number): number {
  putU64(ownerView, 0, id);
  ownerView.setUint32(8, salt, true);
  putU64(ownerView, 12, at);
  return crc32c(owner, 0, owner.length, storeSeed);
}

// ---- where a block is

export interface BlockHandle {
  readonly at: number;
  /** With its trailer. */
  readonly bytes: number;
}
const NO_BLOCK: BlockHandle = { at: 0, bytes: 0 };

const handleScratch = new Uint8Array(16);

/** As the value of an entry of an index; good until the next one is encoded. */
export function encodeHandle({ at, bytes }: BlockHandle): Uint8Array {
  return handleScratch.subarray(0, putVarint(handleScratch, putVarint(handleScratch, 0, at), bytes));
}

const varint = { value: 0, end: 0 };

/** The one in `bytes[at, end)`. */
export function decodeHandle(bytes: Uint8Array, at: number, end: number): BlockHandle | undefined {
  if (!getVarint(bytes, at, end, varint)) return undefined;
  const blockAt = varint.value;
  return getVarint(bytes, varint.end, end, varint) ? { at: blockAt, bytes: varint.value } : undefined;
}

/** S2: the shortest key that is not below `last` and below `next`; `last` itself where none is shorter. */
export function separatorOf(last: Uint8Array, next: Uint8Array): Uint8Array {
  let common = 0;
  while (common < last.length && last[common] === next[common]) common++;
  for (let at = common; at < last.length - 1; at++) {
    const raised = last[at]! + 1;
    // Where they first differ, what is raised has to stay below `next`; behind it, anything goes.
    const isBelow = at > common || raised < next[at]! || (raised === next[at] && at + 1 < next.length);
    if (raised > 0xff || !isBelow) continue;
    const separator = last.slice(0, at + 1);
    separator[at] = raised;
    return separator;
  }
  return last.slice();
}

// ---- footer

const FOOTER_TABLE = 0;
const INDEX_AT = 8;
const FILTER_AT = 16;
const PROPERTIES_AT = 24;
const LENGTH = 32;
const VERSION = 36;
const MAGIC = 40;
const CRC = 44;
export const FOOTER_BYTES = 48;

const FORMAT_VERSION = 1;
/** "FLST" as the bytes lie in the file. */
const TABLE_MAGIC = 0x54534c46;

export interface Footer {
  readonly index: BlockHandle;
  readonly filter: BlockHandle | undefined;
  readonly properties: BlockHandle;
}

/** The footer of a table that ends with it, `bytes` from its beginning. */
export function encodeFooter(footer: Footer, table: TableOwner, bytes: number, storeSeed: number): Uint8Array {
  assert(bytes < 2 ** 32, 'offsets in a table fit u32');
  const encoded = new Uint8Array(FOOTER_BYTES);
  const view = viewOf(encoded);
  const putHandle = (field: number, handle: BlockHandle): void => {
    view.setUint32(field, handle.at, true);
    view.setUint32(field + 4, handle.bytes, true);
  };
  putU64(view, FOOTER_TABLE, table.id);
  putHandle(INDEX_AT, footer.index);
  putHandle(FILTER_AT, footer.filter ?? NO_BLOCK);
  putHandle(PROPERTIES_AT, footer.properties);
  view.setUint32(LENGTH, bytes, true);
  view.setUint32(VERSION, FORMAT_VERSION, true);
  view.setUint32(MAGIC, TABLE_MAGIC, true);
  view.setUint32(CRC, crc32c(encoded, 0, CRC, blockSeed(storeSeed, table, bytes - FOOTER_BYTES)), true);
  return encoded;
}

/** The footer of table `table`, which is `bytes` long; or the reason why it is not that. */
export function decodeFooter(
  encoded: Uint8Array,
  table: TableOwner,
  bytes: number,
  storeSeed: number,
  verify: boolean,
): Footer | string {
  const view = viewOf(encoded);
  if (view.getUint32(MAGIC, true) !== TABLE_MAGIC) return 'no table ends here';
  const seed = blockSeed(storeSeed, table, bytes - FOOTER_BYTES);
  if (verify && crc32c(encoded, 0, CRC, seed) !== view.getUint32(CRC, true)) return 'its checksum does not match';
  if (getU64(view, FOOTER_TABLE) !== table.id) return `it says that it is of table ${getU64(view, FOOTER_TABLE)}`;
  if (view.getUint32(LENGTH, true) !== bytes) return 'it says that the table has another length';
  if (view.getUint32(VERSION, true) !== FORMAT_VERSION) return 'it is of a version that this program does not know';
  const handle = (field: number): BlockHandle => ({
    at: view.getUint32(field, true),
    bytes: view.getUint32(field + 4, true),
  });
  const [index, filter, properties] = [handle(INDEX_AT), handle(FILTER_AT), handle(PROPERTIES_AT)];
  const end = bytes - FOOTER_BYTES;
  if ([index, filter, properties].some((each) => each.at + each.bytes > end)) return 'it names a block past its end';
  return { index, filter: filter.bytes === 0 ? undefined : filter, properties };
}

// ---- properties

const TABLE = 0;
const ENTRIES = 8;
const TOMBSTONES = 16;
const MIN_LSN = 24;
const MAX_LSN = 32;
const KEY_BYTES = 40;
const VALUE_BYTES = 48;
const DATA_BLOCKS = 56;
const BLOCK_BYTES = 60;
const PREFIXES = 64;
const RESTART_INTERVAL = 68;
const FILTER_KIND = 70;
const LEVEL = 71;
const BITS_PER_KEY = 72;
const SMALLEST_BYTES = 76;
const LARGEST_BYTES = 78;
const KEYS = 80;

const FILTER_KINDS: readonly FilterKind[] = ['none', 'full', 'partitioned'];

/** What a table says of itself: what the manifest knows too, and what it was built with. */
export interface TableProperties extends Omit<TableMeta, 'extents' | 'bytes' | 'salt'> {
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly dataBlocks: number;
  readonly blockBytes: number;
  /** That went into filters: a prefix in two partitions counts twice. */
  readonly prefixes: number;
  readonly restartInterval: number;
  readonly filter: FilterKind;
  readonly bitsPerKey: number;
  /** For which it was built; it may have moved on since. */
  readonly level: number;
}

export const propertiesBytes = (smallestBytes: number, largestBytes: number): number =>
  KEYS + smallestBytes + largestBytes + TRAILER_BYTES;

/** A whole block; `seed` as `blockSeed` gives it for where it goes. */
export function encodeProperties(properties: TableProperties, seed: number): Uint8Array {
  const { largest, smallest } = properties;
  const block = new Uint8Array(propertiesBytes(smallest.length, largest.length));
  const view = viewOf(block);
  putU64(view, TABLE, properties.id);
  putU64(view, ENTRIES, properties.entries);
  putU64(view, TOMBSTONES, properties.tombstones);
  putU64(view, MIN_LSN, properties.minLsn);
  putU64(view, MAX_LSN, properties.maxLsn);
  putU64(view, KEY_BYTES, properties.keyBytes);
  putU64(view, VALUE_BYTES, properties.valueBytes);
  view.setUint32(DATA_BLOCKS, properties.dataBlocks, true);
  view.setUint32(BLOCK_BYTES, properties.blockBytes, true);
  view.setUint32(PREFIXES, properties.prefixes, true);
  view.setUint16(RESTART_INTERVAL, properties.restartInterval, true);
  view.setUint8(FILTER_KIND, FILTER_KINDS.indexOf(properties.filter));
  view.setUint8(LEVEL, properties.level);
  view.setFloat32(BITS_PER_KEY, properties.bitsPerKey, true);
  view.setUint16(SMALLEST_BYTES, smallest.length, true);
  view.setUint16(LARGEST_BYTES, largest.length, true);
  block.set(smallest, KEYS);
  block.set(largest, KEYS + smallest.length);
  sealBlock(block, block.length - TRAILER_BYTES, 'properties', seed);
  return block;
}

/** Of a block whose trailer was in order; undefined if it makes no sense. */
export function decodeProperties(block: Uint8Array): TableProperties | undefined {
  const end = block.length - TRAILER_BYTES;
  if (end < KEYS) return undefined;
  const view = viewOf(block);
  const largestAt = KEYS + view.getUint16(SMALLEST_BYTES, true);
  const filter = FILTER_KINDS[view.getUint8(FILTER_KIND)];
  if (filter === undefined || largestAt + view.getUint16(LARGEST_BYTES, true) !== end) return undefined;
  return {
    id: getU64(view, TABLE),
    entries: getU64(view, ENTRIES),
    tombstones: getU64(view, TOMBSTONES),
    minLsn: lsn(getU64(view, MIN_LSN)),
    maxLsn: lsn(getU64(view, MAX_LSN)),
    keyBytes: getU64(view, KEY_BYTES),
    valueBytes: getU64(view, VALUE_BYTES),
    dataBlocks: view.getUint32(DATA_BLOCKS, true),
    blockBytes: view.getUint32(BLOCK_BYTES, true),
    prefixes: view.getUint32(PREFIXES, true),
    restartInterval: view.getUint16(RESTART_INTERVAL, true),
    filter,
    bitsPerKey: view.getFloat32(BITS_PER_KEY, true),
    level: view.getUint8(LEVEL),
    smallest: block.slice(KEYS, largestAt),
    largest: block.slice(largestAt, end),
  };
}

/** Field by field, for people: name, offset from the first byte, length. */
export const FOOTER_FIELDS = [
  { name: 'table', offset: FOOTER_TABLE, length: 8 },
  { name: 'index', offset: INDEX_AT, length: 8 },
  { name: 'filter', offset: FILTER_AT, length: 8 },
  { name: 'properties', offset: PROPERTIES_AT, length: 8 },
  { name: 'table bytes', offset: LENGTH, length: 4 },
  { name: 'version', offset: VERSION, length: 4 },
  { name: 'magic', offset: MAGIC, length: 4 },
  { name: 'checksum', offset: CRC, length: 4 },
] as const;

export const PROPERTIES_FIELDS = [
  { name: 'table', offset: TABLE, length: 8 },
  { name: 'entries', offset: ENTRIES, length: 8 },
  { name: 'tombstones', offset: TOMBSTONES, length: 8 },
  { name: 'smallest LSN', offset: MIN_LSN, length: 8 },
  { name: 'largest LSN', offset: MAX_LSN, length: 8 },
  { name: 'key bytes', offset: KEY_BYTES, length: 8 },
  { name: 'value bytes', offset: VALUE_BYTES, length: 8 },
  { name: 'data blocks', offset: DATA_BLOCKS, length: 4 },
  { name: 'block bytes', offset: BLOCK_BYTES, length: 4 },
  { name: 'prefixes in filter', offset: PREFIXES, length: 4 },
  { name: 'restart interval', offset: RESTART_INTERVAL, length: 2 },
  { name: 'filter kind', offset: FILTER_KIND, length: 1 },
  { name: 'level', offset: LEVEL, length: 1 },
  { name: 'bits a key', offset: BITS_PER_KEY, length: 4 },
  { name: 'smallest key length', offset: SMALLEST_BYTES, length: 2 },
  { name: 'largest key length', offset: LARGEST_BYTES, length: 2 },
] as const;
