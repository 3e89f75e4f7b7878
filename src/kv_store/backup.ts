/**
 * A backup: all entries at one moment, in one file, verified as a whole before any of it is used. Little-endian.
 *
 *     0          8         12        28      36         44
 *     +----------+---------+---------+-------+----------+-------------------+---------+
 *     | magic    | version | store   | lsn   | entries  | entries ...       | crc     |
 *     | 8 bytes  | u32     | id 16 B | u64   | u64      |                   | u32     |
 *     +----------+---------+---------+-------+----------+-------------------+---------+
 *
 *     entry:  key length varint | value length varint | key | value                         in ascending key order
 *
 * crc32c over everything before it. A backup carries no log and no history: importing one is one ordered load.
 */
import { compareBytes, getU64, putU64, toHex, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { EngineError } from '../base/errors';
import { lsn, type Lsn } from '../base/ids';
import type { Cursor, Entry } from '../base/ordered_index';
import { getVarint, putVarint, varintBytes } from '../base/varint';

const MAGIC_BYTES = new Uint8Array([0x46, 0x41, 0x55, 0x4c, 0x54, 0x42, 0x41, 0x4b]); // "FAULTBAK"
const BACKUP_VERSION = 1;
const VERSION = 8;
const STORE_ID = 12;
const LSN = 28;
const ENTRIES = 36;
const HEADER_BYTES = 44;
const CHUNK_BYTES = 64 * 1024;

export interface BackupInfo {
  readonly storeId: Uint8Array;
  readonly lsn: Lsn;
  readonly entries: number;
}

/** Yields the file in chunks of about 64 KiB. The cursor is closed at the end, or when the caller stops early. */
export function* writeBackup(info: BackupInfo, cursor: Cursor): Generator<Uint8Array, void> {
  let crc = 0;
  const checksummed = (chunk: Uint8Array): Uint8Array => {
    crc = crc32c(chunk, 0, chunk.length, crc);
    return chunk;
  };
  try {
    yield checksummed(encodeHeader(info));
    let chunk = new Uint8Array(CHUNK_BYTES);
    let used = 0;
    for (let entry = cursor.next(); entry; entry = cursor.next()) {
      const bytes = entryBytes(entry);
      if (used + bytes > chunk.length) {
        if (used > 0) yield checksummed(chunk.slice(0, used));
        used = 0;
        if (bytes > chunk.length) chunk = new Uint8Array(bytes);
      }
      used = putEntry(chunk, used, entry);
    }
    if (used > 0) yield checksummed(chunk.slice(0, used));
    const trailer = new Uint8Array(4);
    viewOf(trailer).setUint32(0, crc, true);
    yield trailer;
  } finally {
    cursor.close();
  }
}

/** Verifies the whole file, then hands out its entries. Throws `not_a_store`, `format_too_new` or `backup_damaged`. */
export function readBackup(bytes: Uint8Array): { info: BackupInfo; entries: Entry[] } {
  if (bytes.length < HEADER_BYTES + 4 || toHex(bytes.subarray(0, 8)) !== toHex(MAGIC_BYTES)) {
    throw new EngineError('not_a_store', 'This file is not a backup of a store.');
  }
  const view = viewOf(bytes);
  if (view.getUint32(VERSION, true) > BACKUP_VERSION) {
    throw new EngineError('format_too_new', 'A later version of this program made the backup.');
  }
  const end = bytes.length - 4;
  if (crc32c(bytes, 0, end) !== view.getUint32(end, true)) throw damaged('its checksum does not match', end);
  const info: BackupInfo = {
    storeId: bytes.slice(STORE_ID, LSN),
    lsn: lsn(getU64(view, LSN)),
    entries: getU64(view, ENTRIES),
  };
  return { info, entries: readEntries(bytes, end, info.entries) };
}

function readEntries(bytes: Uint8Array, end: number, count: number): Entry[] {
  const entries: Entry[] = [];
  const keyLength = { value: 0, end: 0 };
  const valueLength = { value: 0, end: 0 };
  let at = HEADER_BYTES;
  while (at < end) {
    if (!getVarint(bytes, at, end, keyLength) || !getVarint(bytes, keyLength.end, end, valueLength)) {
      throw damaged('a length is malformed', at);
    }
    const keyAt = valueLength.end;
    const valueAt = keyAt + keyLength.value;
    if (valueAt + valueLength.value > end) throw damaged('an entry runs past the end', at);
    const entry = { key: bytes.slice(keyAt, valueAt), value: bytes.slice(valueAt, valueAt + valueLength.value) };
    const previous = entries.at(-1);
    if (previous && compareBytes(previous.key, entry.key) >= 0) throw damaged('keys are out of order', at);
    entries.push(entry);
    at = valueAt + valueLength.value;
  }
  if (entries.length !== count) throw damaged(`it holds ${entries.length} of ${count} entries`, end);
  return entries;
}

function encodeHeader(info: BackupInfo): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC_BYTES);
  view.setUint32(VERSION, BACKUP_VERSION, true);
  bytes.set(info.storeId, STORE_ID);
  putU64(view, LSN, info.lsn);
  putU64(view, ENTRIES, info.entries);
  return bytes;
}

function entryBytes({ key, value }: Entry): number {
  return varintBytes(key.length) + varintBytes(value.length) + key.length + value.length;
}

function putEntry(into: Uint8Array, at: number, { key, value }: Entry): number {
  at = putVarint(into, at, key.length);
  at = putVarint(into, at, value.length);
  into.set(key, at);
  into.set(value, at + key.length);
  return at + key.length + value.length;
}

function damaged(detail: string, offset: number): EngineError {
  return new EngineError('backup_damaged', `The backup is damaged: ${detail}. Nothing was imported.`, { offset });
}
