/**
 * A block: the unit in which a sorted table is read, checked and kept in memory. Little-endian.
 *
 *     0                                                 r            r + 4n   r + 4n + 4          size
 *     +---------+---------+-----+---------+-----+-------+------------+--------+------+------------+
 *     | entry   | entry   | ... | entry   | ... | entry | restarts   | n      | kind | crc        |
 *     |         |         |     |         |     |       | n times u32| u32    | u8   | u32        |
 *     +---------+---------+-----+---------+-----+-------+------------+--------+------+------------+
 *     restart 0                 restart 1                                     `------ trailer ----'
 *
 *     entry:   shared | unshared | value length + 1   | lsn    | key suffix      | value
 *              varint | varint   | 0: a tombstone     | varint | unshared bytes  |
 *
 * Neighbours in key order begin alike, so an entry has only what its key does not share with the key before. The price
 * is that an entry cannot be read without those before it; so every few entries one has its whole key, a *restart*, and
 * the block ends with a list of them: a search is binary over the restarts and linear behind one. (LevelDB's format,
 * 2011; the idea is front coding with a bucket: Witten, Moffat and Bell 1999, "Managing Gigabytes", section 4.1.)
 *
 *     key-000117   shared 0   "key-000117"   <- restart
 *     key-000124   shared 8   "24"
 *     key-000130   shared 8   "30"
 *
 * The LSN of a restart stands as it is; that of any other entry as its difference to the LSN of the restart before it,
 * 2 d for d >= 0 and -2 d - 1 below. A difference to the smallest LSN of the table would be no longer on average, and
 * is not known while a table is written block by block; a difference to the entry before would have to be added up
 * through entries that a search only skips.
 *
 * The trailer ends every block of a table, of whatever kind. Its crc32c covers all bytes before it and starts from a
 * seed made of the store, the table and the block's offset (`blockSeed` in `table_format.ts`): a whole block of another
 * place, another table or an earlier owner of the extent does not pass, and no byte is spent on saying so.
 *
 *   K1  An entry shares as much with the key before as there is to share; a restart shares nothing.
 *   K2  Keys ascend strictly.
 *   K3  Restart 0 is at byte 0, and so is at least one entry.
 */
import { compareBytes, EMPTY_BYTES, readU32, viewOf } from '../../base/bytes';
import { crc32c } from '../../base/checksum';
import { lsn, type Lsn } from '../../base/ids';
import { getVarint } from '../../base/varint';
import type { VersionedEntry } from '../entry';
import type { ReusedEntries, ReusedEntry } from './reused_entries';

export const TRAILER_BYTES = 5;
const RESTART_BYTES = 4;
const COUNT_BYTES = 4;
/** What a block is besides its entries. */
export const blockOverheadBytes = (restarts: number): number => RESTART_BYTES * restarts + COUNT_BYTES + TRAILER_BYTES;

export const BLOCK_KINDS = { data: 1, index: 2, filter: 3, filter_index: 4, properties: 5 } as const;
export type BlockKind = keyof typeof BLOCK_KINDS;

// ---- trailer

/** Puts the trailer behind `bytes[0, end)`. @returns where the block ends */
export function sealBlock(bytes: Uint8Array, end: number, kind: BlockKind, seed: number): number {
  bytes[end] = BLOCK_KINDS[kind];
  viewOf(bytes).setUint32(end + 1, crc32c(bytes, 0, end + 1, seed), true);
  return end + TRAILER_BYTES;
}

/** What is wrong with a block that was read, or undefined. Without `verify` only what would lead a reader astray. */
export function blockProblem(block: Uint8Array, kind: BlockKind, seed: number, verify: boolean): string | undefined {
  const end = block.length - TRAILER_BYTES;
  if (end < 0) return 'it is shorter than its trailer';
  if (verify && crc32c(block, 0, end + 1, seed) !== readU32(block, end + 1)) return 'its checksum does not match';
  if (block[end] !== BLOCK_KINDS[kind]) return `it is no ${kind.replace('_', ' ')} block`;
  const hasEntries = kind === 'data' || kind === 'index' || kind === 'filter_index';
  if (hasEntries && !restartsMakeSense(block)) return 'K3: its restarts make no sense';
  return undefined;
}

function restartsMakeSense(block: Uint8Array): boolean {
  const countAt = block.length - TRAILER_BYTES - COUNT_BYTES;
  if (countAt < RESTART_BYTES) return false;
  const count = readU32(block, countAt);
  return count > 0 && RESTART_BYTES * count < countAt && readU32(block, countAt - RESTART_BYTES * count) === 0;
}

// ---- restarts

export const restartCount = (block: Uint8Array): number => readU32(block, block.length - TRAILER_BYTES - COUNT_BYTES);

/** Where the entries end and the list of restarts begins. */
const entriesEnd = (block: Uint8Array, restarts: number): number => block.length - blockOverheadBytes(restarts);

/** Where restart `index` begins; past the last one, where the entries end. */
function restartAt(block: Uint8Array, restarts: number, index: number): number {
  const end = entriesEnd(block, restarts);
  return index < restarts ? readU32(block, end + RESTART_BYTES * index) : end;
}

/** How many restarts have a key below `key`, or, if `orEqual`, not above it. */
export function restartsBelow(block: Uint8Array, key: Uint8Array, orEqual: boolean): number {
  const restarts = restartCount(block);
  let low = 0;
  let high = restarts;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareRestart(block, restartAt(block, restarts, middle), key);
    if (order < 0 || (orEqual && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareRestart(block: Uint8Array, at: number, key: Uint8Array): number {
  // A restart shares nothing: one byte, 0. Then how long its key is, and two numbers that do not matter here.
  let length = block[++at]!;
  if (length >= 0x80) length = (length & 0x7f) + 0x80 * block[++at]!; // Keys have at most 16,383 bytes.
  while (block[++at]! >= 0x80);
  while (block[++at]! >= 0x80);
  at++;
  const common = length < key.length ? length : key.length;
  for (let i = 0; i < common; i++) {
    const difference = block[at + i]! - key[i]!;
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

// ---- entries

/** The fields of one entry, in place. */
interface EntryHead {
  shared: number;
  unshared: number;
  /** 0 for a tombstone, else one more than the length of the value. */
  valueCode: number;
  /** As it stands there: see the drawing. */
  lsnCode: number;
  suffixAt: number;
  valueAt: number;
  end: number;
}
const noHead = (): EntryHead => ({
  shared: 0,
  unshared: 0,
  valueCode: 0,
  lsnCode: 0,
  suffixAt: 0,
  valueAt: 0,
  end: 0,
});
const head = noHead();
const varint = { value: 0, end: 0 };

/** Fills `into`; false if there is no entry that ends by `limit`, as only bytes that nobody checked can have it. */
function readHead(block: Uint8Array, at: number, limit: number, into: EntryHead): boolean {
  const shared = block[at]!;
  const unshared = block[at + 1]!;
  const valueCode = block[at + 2]!;
  if ((shared | unshared | valueCode) < 0x80) {
    into.shared = shared;
    into.unshared = unshared;
    into.valueCode = valueCode;
    at += 3;
  } else {
    if (!getVarint(block, at, limit, varint)) return false;
    into.shared = varint.value;
    if (!getVarint(block, varint.end, limit, varint)) return false;
    into.unshared = varint.value;
    if (!getVarint(block, varint.end, limit, varint)) return false;
    into.valueCode = varint.value;
    at = varint.end;
  }
  // Numbers of up to three bytes without a call: most LSNs, and the differences of nearly all.
  let byte = block[at++]!;
  let lsnCode = byte & 0x7f;
  if (byte >= 0x80) {
    byte = block[at++]!;
    lsnCode |= (byte & 0x7f) << 7;
    if (byte >= 0x80) {
      byte = block[at++]!;
      lsnCode |= (byte & 0x7f) << 14;
      if (byte >= 0x80) {
        if (!getVarint(block, at - 3, limit, varint)) return false;
        lsnCode = varint.value;
        at = varint.end;
      }
    }
  }
  into.lsnCode = lsnCode;
  into.suffixAt = at;
  into.valueAt = at + into.unshared;
  into.end = into.valueAt + (into.valueCode === 0 ? 0 : into.valueCode - 1);
  return into.end <= limit;
}

/** What an entry that is no restart has in place of its LSN, and back. */
export const lsnCodeOf = (base: number, value: number): number =>
  value >= base ? 2 * (value - base) : 2 * (base - value) - 1;
const lsnFromCode = (base: number, code: number): Lsn => lsn(code % 2 === 0 ? base + code / 2 : base - (code + 1) / 2);

/** A part of the block, without the detour of `subarray`, which asks what class to make. */
const part = (block: Uint8Array, at: number, end: number): Uint8Array =>
  new Uint8Array(block.buffer, block.byteOffset + at, end - at);

const valueOf = (block: Uint8Array, { end, valueAt, valueCode }: EntryHead): Uint8Array | undefined =>
  valueCode === 0 ? undefined : valueCode === 1 ? EMPTY_BYTES : part(block, valueAt, end);

/**
 * The entry of `key`. No key is put together on the way: `matched` is how many bytes of the wanted key the last key
 * passed has, and what the next one shares with that one says enough (K1).
 *
 *     wanted     k e y - 0 1 2 4            matched
 *     passed     k e y - 0 1 1 7            6          it is smaller at byte 6
 *     shared 7   . . . . . . . 9                       more than matched: smaller at byte 6 as well, skipped
 *     shared 6   . . . . . . 2 4                       as much: compare from byte 6 on
 *     shared 4   . . . . 2 0 0 0                       less: larger than the one passed where that was equal, so too large
 */
export function findEntry(block: Uint8Array, key: Uint8Array): VersionedEntry | undefined {
  const restarts = restartCount(block);
  const restart = restartsBelow(block, key, true) - 1;
  if (restart < 0) return undefined;
  let at = restartAt(block, restarts, restart);
  const limit = restartAt(block, restarts, restart + 1);
  let base = -1;
  let matched = 0;
  for (; at < limit && readHead(block, at, limit, head); at = head.end) {
    const isRestart = base < 0;
    if (isRestart) base = head.lsnCode;
    if (head.shared > matched) continue;
    if (head.shared < matched) return undefined;
    const { suffixAt, unshared } = head;
    const common = Math.min(unshared, key.length - matched);
    let i = 0;
    while (i < common && block[suffixAt + i] === key[matched + i]) i++;
    const isShorter = i === unshared;
    matched += i;
    if (isShorter && matched === key.length) {
      const found = isRestart ? lsn(base) : lsnFromCode(base, head.lsnCode);
      return { key, lsn: found, value: valueOf(block, head) };
    }
    if (!isShorter && (matched === key.length || block[suffixAt + i]! > key[matched]!)) return undefined;
  }
  return undefined;
}

/** Where the value of entry `restart` is, in a block all of whose entries are restarts, as those of an index are. */
export function findValueAtRestart(block: Uint8Array, restart: number, into: { at: number; end: number }): boolean {
  const restarts = restartCount(block);
  const limit = entriesEnd(block, restarts);
  if (restart >= restarts || !readHead(block, restartAt(block, restarts, restart), limit, head)) return false;
  into.at = head.valueAt;
  into.end = head.end;
  return true;
}

/** The key there, as a part of the block. */
export function keyAtRestart(block: Uint8Array, restart: number): Uint8Array {
  const restarts = restartCount(block);
  readHead(block, restartAt(block, restarts, restart), block.length, head);
  return part(block, head.suffixAt, head.valueAt);
}

/**
 * The entries from one restart to the next, in key order, at the end of `into`: the unit in which cursors read, forwards
 * or backwards. Keys are copies, values are parts of the block; or both are arrays that `reused` has already.
 *
 * @returns false if an entry makes no sense
 */
export function decodeEntries(
  block: Uint8Array,
  restart: number,
  into: VersionedEntry[],
  reused?: ReusedEntries,
): boolean {
  const restarts = restartCount(block);
  let at = restartAt(block, restarts, restart);
  const limit = restartAt(block, restarts, restart + 1);
  if (limit > entriesEnd(block, restarts)) return false;
  let base = -1;
  let last: Uint8Array = EMPTY_BYTES;
  for (; at < limit; at = head.end) {
    if (!readHead(block, at, limit, head) || head.shared > last.length) return false;
    const { lsnCode, shared, suffixAt, unshared } = head;
    const slot = reused?.at(into.length);
    const key: Uint8Array = slot ? slot.keyOf(shared + unshared) : new Uint8Array(shared + unshared);
    for (let i = 0; i < shared; i++) key[i] = last[i]!;
    for (let i = 0; i < unshared; i++) key[shared + i] = block[suffixAt + i]!;
    const of = base < 0 ? lsn(lsnCode) : lsnFromCode(base, lsnCode);
    if (slot) into.push(fill(slot, of, block, head));
    else into.push({ key, lsn: of, value: valueOf(block, head) });
    if (base < 0) base = lsnCode;
    last = key;
  }
  return at === limit;
}

function fill(slot: ReusedEntry, of: Lsn, block: Uint8Array, { end, valueAt, valueCode }: EntryHead): ReusedEntry {
  slot.lsn = of;
  if (valueCode <= 1) slot.value = valueCode === 0 ? undefined : EMPTY_BYTES;
  else slot.setValue(block, valueAt, end);
  return slot;
}

/** K1 and K2 of a whole block, and its entries: for `check`. */
export function checkEntries(block: Uint8Array, entries: VersionedEntry[]): string | undefined {
  const restarts = restartCount(block);
  const own = noHead();
  let last: Uint8Array | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const first = entries.length;
    if (!decodeEntries(block, restart, entries)) return `the entries behind restart ${restart} make no sense`;
    let at = restartAt(block, restarts, restart);
    for (let i = first; i < entries.length; i++, at = own.end) {
      readHead(block, at, block.length, own);
      const { key } = entries[i]!;
      if (last && compareBytes(last, key) >= 0) return `K2: entry ${i} of a block is not after the one before`;
      const shared = i === first ? 0 : sharedBytes(last!, last!.length, key);
      if (own.shared !== shared) return `K1: entry ${i} of a block shares ${own.shared} bytes and not ${shared}`;
      last = key;
    }
  }
  return undefined;
}

/** How many first bytes `key` and `last[0, lastLength)` have in common. */
export function sharedBytes(last: Uint8Array, lastLength: number, key: Uint8Array): number {
  const length = lastLength < key.length ? lastLength : key.length;
  let i = 0;
  while (i < length && last[i] === key[i]) i++;
  return i;
}

/** Field by field, for people: name, offset from the first byte of the trailer, length. */
export const TRAILER_FIELDS = [
  { name: 'kind', offset: 0, length: 1 },
  { name: 'checksum', offset: 1, length: 4 },
] as const;
