/**
 * The header of a flush group: the records one write carried. Little-endian, always at the start of a sector.
 *
 *     0      4       8      12     16         24          32           40      44      48
 *     +------+-------+------+------+----------+-----------+------------+-------+-------+
 *     | crc  | magic | salt | link | position | first lsn | flushed lsn| bytes | count |
 *     | u32  | u32   | u32  | u32  | u64      | u64       | u64        | u32   | u32   |
 *     +------+-------+------+------+----------+-----------+------------+-------+-------+
 *
 *     then `count` records, back to back, up to byte `bytes`; zeros to the end of the sector.
 *
 * crc32c starts from the store's seed and covers bytes 4 to 48.
 *
 *   H1  `position` is the header's own address on the tape. A group of an earlier lap lies at the same place in the
 *       file with a smaller position, and a misdirected group with any other: neither passes.
 *   H2  `link` is the salt of the group before, `salt` that of the records inside. A session draws a new salt when
 *       it opens, on each lap and after a failed write; so what an earlier session left behind the end, however
 *       well-formed, does not link to what was written since.
 *   H3  `flushed lsn` is what a flush had covered when this group was written. A scan that stops before an LSN which
 *       a later group calls flushed has found damage, not an unfinished end: this is how the two are told apart.
 */
import { getU64, isAllZero, putU64, viewOf } from '../../base/bytes';
import { crc32c } from '../../base/checksum';
import { logPosition, lsn, type LogPosition, type Lsn } from '../../base/ids';

export const GROUP_HEADER_BYTES = 48;
/** "FLGR" as the bytes lie in the file. */
export const GROUP_MAGIC = 0x52474c46;

const CRC = 0;
const MAGIC = 4;
export const GROUP_MAGIC_OFFSET = MAGIC;
const SALT = 8;
const LINK = 12;
const POSITION = 16;
const FIRST_LSN = 24;
const FLUSHED_LSN = 32;
const BYTES = 40;
const COUNT = 44;

export interface GroupHeader {
  readonly salt: number;
  readonly link: number;
  readonly position: LogPosition;
  readonly firstLsn: Lsn;
  readonly flushedLsn: Lsn;
  /** Header and records, without the padding. */
  readonly bytes: number;
  readonly count: number;
}

export function encodeGroupHeader(into: Uint8Array, at: number, storeSeed: number, header: GroupHeader): void {
  const view = viewOf(into, at);
  view.setUint32(MAGIC, GROUP_MAGIC, true);
  view.setUint32(SALT, header.salt, true);
  view.setUint32(LINK, header.link, true);
  putU64(view, POSITION, header.position);
  putU64(view, FIRST_LSN, header.firstLsn);
  putU64(view, FLUSHED_LSN, header.flushedLsn);
  view.setUint32(BYTES, header.bytes, true);
  view.setUint32(COUNT, header.count, true);
  view.setUint32(CRC, crc32c(into, at + MAGIC, at + GROUP_HEADER_BYTES, storeSeed), true);
}

/** The header at `bytes[at]`, or the reason it is not one. */
export function decodeGroupHeader(
  bytes: Uint8Array,
  at: number,
  storeSeed: number,
  verify: boolean,
): GroupHeader | string {
  if (at + GROUP_HEADER_BYTES > bytes.length) return 'the log ends inside a group header';
  const view = viewOf(bytes, at);
  if (view.getUint32(MAGIC, true) !== GROUP_MAGIC) return 'no group header here';
  const crc = crc32c(bytes, at + MAGIC, at + GROUP_HEADER_BYTES, storeSeed);
  if (verify && crc !== view.getUint32(CRC, true)) return 'the checksum of the group header does not match';
  const header = {
    salt: view.getUint32(SALT, true),
    link: view.getUint32(LINK, true),
    position: logPosition(getU64(view, POSITION)),
    firstLsn: lsn(getU64(view, FIRST_LSN)),
    flushedLsn: lsn(getU64(view, FLUSHED_LSN)),
    bytes: view.getUint32(BYTES, true),
    count: view.getUint32(COUNT, true),
  };
  const outOfRange = Number.isNaN(header.position + header.firstLsn + header.flushedLsn);
  return outOfRange ? 'a number in the group header is out of range' : header;
}

/**
 * Whether these bytes are what is left of a group meant for `position`, as against zeros or a whole header of another
 * life. A single flipped bit spoils at most one of the two signs it goes by, the magic and the position.
 */
export function looksStarted(bytes: Uint8Array, at: number, storeSeed: number, position: LogPosition): boolean {
  if (at + GROUP_HEADER_BYTES > bytes.length || isAllZero(bytes, at, at + GROUP_HEADER_BYTES)) return false;
  if (typeof decodeGroupHeader(bytes, at, storeSeed, true) !== 'string') return false;
  const view = viewOf(bytes, at);
  return view.getUint32(MAGIC, true) === GROUP_MAGIC || getU64(view, POSITION) === position;
}

/** Field by field, for people: name, offset from the header's first byte, length. */
export const GROUP_FIELDS = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'magic', offset: MAGIC, length: 4 },
  { name: 'salt', offset: SALT, length: 4 },
  { name: 'link', offset: LINK, length: 4 },
  { name: 'position', offset: POSITION, length: 8 },
  { name: 'first LSN', offset: FIRST_LSN, length: 8 },
  { name: 'flushed LSN', offset: FLUSHED_LSN, length: 8 },
  { name: 'bytes', offset: BYTES, length: 4 },
  { name: 'count', offset: COUNT, length: 4 },
] as const;
