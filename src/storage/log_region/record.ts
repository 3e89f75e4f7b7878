/**
 * One log record. Little-endian; crc32c starts from the salt of its group and covers byte 4 to the end.
 *
 *     0        4          8      9        17          17+n
 *     +--------+----------+------+--------+-----------+
 *     | crc    | length=n | type | lsn    | payload   |
 *     | u32    | u32      | u8   | u64    | n bytes   |
 *     +--------+----------+------+--------+-----------+
 *
 *   R1  `type` is never 0, so no run of zeros is a record (a file can grow before its bytes arrive).
 *   R2  The salt belongs to one life of the region, so a whole, valid record of an older life does not parse.
 *   R3  Commits are numbered without gaps. A record of any other type has no number of its own: its `lsn` is that of the
 *       commit before it.
 */
import { assert } from '../../base/assert';
import { putU64, readU32, readU64, viewOf } from '../../base/bytes';
import { crc32c } from '../../base/checksum';
import { lsn, type Lsn } from '../../base/ids';

const CRC = 0;
const LENGTH = 4;
const TYPE = 8;
const LSN = 9;
export const RECORD_HEADER_BYTES = 17;

/** What a record holds. `page_image`: a page of a B-tree, as it lies in its place. */
export const RECORD_TYPES = { commit: 1, page_image: 2 } as const;

/** R3. */
export const isNumbered = (type: number): boolean => type !== RECORD_TYPES.page_image;

export interface LogRecord {
  readonly type: number;
  readonly lsn: Lsn;
  /** A view into the scanner's buffer: valid until the next record is read. */
  readonly payload: Uint8Array;
  /** Header and payload. */
  readonly bytes: number;
}

/** Writes the header in front of a payload that already lies at `at + RECORD_HEADER_BYTES`; returns the end. */
export function encodeRecord(
  into: Uint8Array,
  at: number,
  salt: number,
  record: { readonly type: number; readonly lsn: Lsn; readonly payloadBytes: number },
): number {
  const end = at + RECORD_HEADER_BYTES + record.payloadBytes;
  assert(end <= into.length, 'the caller reserves room before encoding');
  assert(record.type > 0 && record.type < 256, 'R1: zero bytes are not a record');
  const view = viewOf(into, at);
  view.setUint32(LENGTH, record.payloadBytes, true);
  view.setUint8(TYPE, record.type);
  putU64(view, LSN, record.lsn);
  view.setUint32(CRC, crc32c(into, at + LENGTH, end, salt), true);
  return end;
}

/** The record at `bytes[at]`, whole, or the reason it is not one. */
export function decodeRecord(bytes: Uint8Array, at: number, salt: number, verify: boolean): LogRecord | string {
  if (at + RECORD_HEADER_BYTES > bytes.length) return 'the group ends inside a record header';
  const end = at + RECORD_HEADER_BYTES + readU32(bytes, at + LENGTH);
  if (end > bytes.length) return 'its length runs past the end of its group';
  const type = bytes[at + TYPE]!;
  if (type === 0) return 'its type is zero';
  if (verify && crc32c(bytes, at + LENGTH, end, salt) !== readU32(bytes, at + CRC))
    return 'its checksum does not match';
  const number = readU64(bytes, at + LSN);
  if (Number.isNaN(number)) return 'its LSN is out of range';
  return { type, lsn: lsn(number), payload: bytes.subarray(at + RECORD_HEADER_BYTES, end), bytes: end - at };
}

/** Field by field, for people: name, offset from the record's first byte, length. */
export const RECORD_FIELDS = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'length', offset: LENGTH, length: 4 },
  { name: 'type', offset: TYPE, length: 1 },
  { name: 'LSN', offset: LSN, length: 8 },
] as const;
