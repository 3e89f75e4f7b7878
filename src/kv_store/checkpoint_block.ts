/**
 * A checkpoint is a stream of entries in key order, cut into blocks of one extent each. Little-endian.
 *
 *     0      4       8        12       16       20         28        32
 *     +------+-------+--------+--------+--------+----------+---------+------------------+------+
 *     | crc  | magic | extent | number | next   | lsn      | used    | entries ...      | zero |
 *     | u32  | u32   | u32    | u32    | u32    | u64      | u32     | `used` bytes     |      |
 *     +------+-------+--------+--------+--------+----------+---------+------------------+------+
 *
 *     entry:  key length varint | value length varint | key | value       (may run on into the next block)
 *
 * crc32c starts from the store's seed and covers bytes 4 to 32 + used. `extent` is the block's own address, so a
 * misdirected write is found; `number` counts from 0 and `lsn` names the checkpoint, so a block of an older one is.
 *
 * The root that the superblock keeps:
 *
 *     0          4         8          16           24
 *     +----------+---------+----------+------------+
 *     | first    | blocks  | lsn      | entries    |
 *     | extent   | u32     | u64      | u64        |
 *     +----------+---------+----------+------------+
 */
import { getU64, putU64, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { extentId, lsn, type ExtentId, type Lsn } from '../base/ids';

export const BLOCK_HEADER_BYTES = 32;
/** "FLCB" as the bytes lie in the file. */
const BLOCK_MAGIC = 0x42434c46;
export const NO_NEXT = 0xffffffff;

const CRC = 0;
const MAGIC = 4;
const EXTENT = 8;
const NUMBER = 12;
const NEXT = 16;
const LSN = 20;
const USED = 28;

export interface BlockHeader {
  readonly extent: ExtentId;
  readonly number: number;
  readonly next: ExtentId | undefined;
  readonly lsn: Lsn;
  readonly used: number;
}

/** Puts the header before the `used` bytes that already lie behind it. */
export function encodeBlockHeader(block: Uint8Array, storeSeed: number, header: BlockHeader): void {
  const view = viewOf(block);
  view.setUint32(MAGIC, BLOCK_MAGIC, true);
  view.setUint32(EXTENT, header.extent, true);
  view.setUint32(NUMBER, header.number, true);
  view.setUint32(NEXT, header.next ?? NO_NEXT, true);
  putU64(view, LSN, header.lsn);
  view.setUint32(USED, header.used, true);
  view.setUint32(CRC, crc32c(block, MAGIC, BLOCK_HEADER_BYTES + header.used, storeSeed), true);
}

/** The header of a whole block, or the reason it is not one. */
export function decodeBlockHeader(block: Uint8Array, storeSeed: number, verify: boolean): BlockHeader | string {
  if (block.length < BLOCK_HEADER_BYTES) return 'the file ends inside the block';
  const view = viewOf(block);
  if (view.getUint32(MAGIC, true) !== BLOCK_MAGIC) return 'no checkpoint block here';
  const used = view.getUint32(USED, true);
  if (BLOCK_HEADER_BYTES + used > block.length) return 'its length runs past the end of its extent';
  const crc = crc32c(block, MAGIC, BLOCK_HEADER_BYTES + used, storeSeed);
  if (verify && crc !== view.getUint32(CRC, true)) return 'its checksum does not match';
  const next = view.getUint32(NEXT, true);
  return {
    extent: extentId(view.getUint32(EXTENT, true)),
    number: view.getUint32(NUMBER, true),
    next: next === NO_NEXT ? undefined : extentId(next),
    lsn: lsn(getU64(view, LSN)),
    used,
  };
}

/** The two lengths before an entry: two bytes for a key, at most four for a value, rounded up. */
export const ENTRY_OVERHEAD_BYTES = 8;

/** Blocks that so many bytes of entries fill, at most; an empty checkpoint has one. */
export function blocksFor(entriesBytes: number, extentBytes: number): number {
  return Math.ceil(entriesBytes / (extentBytes - BLOCK_HEADER_BYTES)) + 1;
}

export interface CheckpointRoot {
  readonly first: ExtentId;
  readonly blocks: number;
  readonly lsn: Lsn;
  readonly entries: number;
}

export const CHECKPOINT_ROOT_BYTES = 24;

export function encodeRoot(root: CheckpointRoot): Uint8Array {
  const bytes = new Uint8Array(CHECKPOINT_ROOT_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, root.first, true);
  view.setUint32(4, root.blocks, true);
  putU64(view, 8, root.lsn);
  putU64(view, 16, root.entries);
  return bytes;
}

export function decodeRoot(bytes: Uint8Array): CheckpointRoot | undefined {
  if (bytes.length !== CHECKPOINT_ROOT_BYTES) return undefined;
  const view = viewOf(bytes);
  return {
    first: extentId(view.getUint32(0, true)),
    blocks: view.getUint32(4, true),
    lsn: lsn(getU64(view, 8)),
    entries: getU64(view, 16),
  };
}

/** Field by field, for people: name, offset from the block's first byte, length. */
export const BLOCK_FIELDS = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'magic', offset: MAGIC, length: 4 },
  { name: 'extent', offset: EXTENT, length: 4 },
  { name: 'number', offset: NUMBER, length: 4 },
  { name: 'next', offset: NEXT, length: 4 },
  { name: 'LSN', offset: LSN, length: 8 },
  { name: 'used', offset: USED, length: 4 },
] as const;
