/**
 * A version, as a record of an ordered index that knows nothing of versions: which key, since which commit, and what.
 *
 *     key:      0                    n      n+2                    n+10
 *               +--------------------+------+-----------------------+
 *               | user key, escaped  | 0 1  | 2^64 - 1 - commit LSN |       00 in the user key is written as 00 ff
 *               | n bytes            |      | u64, big-endian       |
 *               +--------------------+------+-----------------------+
 *
 *     value:    +-------+-------------+
 *               | tag=1 | user value  |       tag 0: deleted, and nothing behind it
 *               | u8    |             |
 *               +-------+-------------+
 *
 * The one number of the store that is not little-endian: it is compared as bytes. Versions of one key lie side by side, the
 * newest first, and what comes before the number is the same for all of them: a read "as of LSN s" is the first record from
 * the number of s on that has this prefix. Filters are built on that prefix (the last 8 bytes cut off).
 *
 * Why not the key as it is, with the number behind it? `a` at some LSN and `a` followed by the bytes of a number would be
 * told apart by nobody, and keys of different length would get between each other's versions. With the escape, 00 01 occurs
 * at the end of the key and nowhere else, and sorts before whatever a longer key has there (as in FoundationDB's tuples and
 * the keys of toydb).
 *
 *   V1  Records are in the order of their user keys; those of one key, in the order of their commits, the newest first.
 *   V2  Every record has a key that decodes, and a value with one of the two tags; a tombstone has nothing behind the tag.
 */
import { assert } from '../base/assert';
import { startsWith } from '../base/bytes';
import { lsn, type Lsn } from '../base/ids';
import type { Batch, Operation } from '../base/ordered_index';

/** What of a key is not in its filter prefix. */
export const TIMESTAMP_BYTES = 8;
const TERMINATOR = [0x00, 0x01] as const;
export const TERMINATOR_BYTES = TERMINATOR.length;
const ESCAPED_ZERO = [0x00, 0xff] as const;
const TOMBSTONE = 0;
const VALUE = 1;
const BESIDES = TERMINATOR_BYTES + TIMESTAMP_BYTES;

/** Newer than every commit. */
export const LATEST = lsn(Number.MAX_SAFE_INTEGER);

/** One version of a key. */
export interface Version {
  readonly lsn: Lsn;
  /** Undefined: the key was deleted. */
  readonly value: Uint8Array | undefined;
}

/** Length of the record's key: what the limits of an index are held against. */
export function versionKeyBytes(userKey: Uint8Array): number {
  let bytes = userKey.length + BESIDES;
  for (const byte of userKey) if (byte === 0) bytes++;
  return bytes;
}

/** What the records of all versions of the key begin with, and no others. */
export function versionPrefix(userKey: Uint8Array): Uint8Array {
  return escapeInto(userKey, new Uint8Array(versionKeyBytes(userKey) - TIMESTAMP_BYTES));
}

export function versionKey(userKey: Uint8Array, commit: Lsn): Uint8Array {
  const key = escapeInto(userKey, new Uint8Array(versionKeyBytes(userKey)));
  putInverted(key, key.length - TIMESTAMP_BYTES, commit);
  return key;
}

/** What the record shares with all versions of its key: a view. */
export const prefixOf = (key: Uint8Array): Uint8Array => key.subarray(0, key.length - TIMESTAMP_BYTES);

/** Whether the record is a version of the key with this prefix. */
export const isOfPrefix = (key: Uint8Array, prefix: Uint8Array): boolean =>
  key.length === prefix.length + TIMESTAMP_BYTES && startsWith(key, prefix);

/** `versionKey`, where the prefix is known. */
export function versionKeyAt(prefix: Uint8Array, commit: Lsn): Uint8Array {
  const key = new Uint8Array(prefix.length + TIMESTAMP_BYTES);
  key.set(prefix);
  putInverted(key, prefix.length, commit);
  return key;
}

/** The commit that wrote the record. */
export function commitOf(key: Uint8Array): Lsn {
  const at = key.length - TIMESTAMP_BYTES;
  const high = 0xffffffff - readU32(key, at);
  return lsn(high * 2 ** 32 + (0xffffffff - readU32(key, at + 4)));
}

/** The user key of a record. */
export function userKeyOf(key: Uint8Array): Uint8Array {
  const end = key.length - BESIDES;
  assert(end >= 0 && key[end] === TERMINATOR[0] && key[end + 1] === TERMINATOR[1], 'V2: the key of a version decodes');
  const zero = key.indexOf(0);
  return zero === end ? key.subarray(0, end) : unescaped(key, end);
}

/** V2, without a throw: for whoever checks. */
export function isVersion(key: Uint8Array, value: Uint8Array): boolean {
  const end = key.length - BESIDES;
  if (end < 0 || key[end] !== TERMINATOR[0] || key[end + 1] !== TERMINATOR[1]) return false;
  for (let i = 0; i < end; i++) if (key[i] === 0 && key[++i] !== ESCAPED_ZERO[1]) return false;
  return value[0] === VALUE || (value[0] === TOMBSTONE && value.length === 1);
}

/** A view of the user value; undefined for a tombstone. */
export function userValueOf(value: Uint8Array): Uint8Array | undefined {
  assert(
    value[0] === VALUE || (value[0] === TOMBSTONE && value.length === 1),
    'V2: a version is a value or a tombstone',
  );
  return value[0] === VALUE ? value.subarray(1) : undefined;
}

export const isTombstone = (value: Uint8Array): boolean => value[0] === TOMBSTONE;

/** What a commit does to the index: each put and each delete makes a version, and nothing is written over. */
export function versionsOf(batch: Batch, commit: Lsn): Operation[] {
  return batch.map((operation) => ({
    kind: 'put',
    key: versionKey(operation.key, commit),
    value: encodeValue(operation.kind === 'put' ? operation.value : undefined),
  }));
}

/** What `versionsOf` adds to an index with keys and values, at most. */
export function versionBytes(batch: Batch): number {
  let bytes = 0;
  for (const operation of batch) {
    bytes += versionKeyBytes(operation.key) + 1 + (operation.kind === 'put' ? operation.value.length : 0);
  }
  return bytes;
}

function encodeValue(value: Uint8Array | undefined): Uint8Array {
  if (value === undefined) return Uint8Array.of(TOMBSTONE);
  const bytes = new Uint8Array(1 + value.length);
  bytes[0] = VALUE;
  bytes.set(value, 1);
  return bytes;
}

/** Writes the escaped key and its end to the front of `into`. */
function escapeInto(userKey: Uint8Array, into: Uint8Array): Uint8Array {
  let at = 0;
  for (const byte of userKey) {
    into[at++] = byte;
    if (byte === 0) into[at++] = ESCAPED_ZERO[1];
  }
  into.set(TERMINATOR, at);
  return into;
}

function unescaped(key: Uint8Array, end: number): Uint8Array {
  const userKey = new Uint8Array(end);
  let length = 0;
  for (let at = 0; at < end; at++) {
    userKey[length++] = key[at]!;
    if (key[at] !== 0) continue;
    assert(key[++at] === ESCAPED_ZERO[1], 'V2: the key of a version decodes');
  }
  return userKey.subarray(0, length);
}

/** Each half is all ones less that of the LSN: nothing is ever borrowed from the other. */
function putInverted(into: Uint8Array, at: number, commit: Lsn): void {
  putU32(into, at, 0xffffffff - Math.floor(commit / 2 ** 32));
  putU32(into, at + 4, 0xffffffff - (commit >>> 0));
}

function putU32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
