/**
 * Records of the manifest. Little-endian; the checksum covers byte 4 to the end of the payload and starts from the store's
 * seed, so that a record of another store does not count. A record starts on a sector boundary, zeros fill it up to the
 * next one.
 *
 *     0       4          8      9       12       20       28            28+n        k*512
 *     +-------+----------+------+-------+--------+--------+-------------+-------------+
 *     | crc   | length=n | kind | zero  | epoch  | edit   | payload     | zeros       |
 *     | u32   | u32      | u8   | 3 B   | u64    | u64    | n bytes     |             |
 *     +-------+----------+------+-------+--------+--------+-------------+-------------+
 *
 * `epoch` counts the lives of both areas together; `edit` is the number of the version after the record.
 *
 *     kind 1, snapshot     | count u32 | extent u32 ... | the whole version           the first record of an area
 *     kind 2, edit         | cause | flushed LSN | next table | removed | added |     what follows it
 *     kind 3, closed       nothing                                                    put over the snapshot of an area
 *                                                                                     that is no more in force
 *
 * The extents of a snapshot are those of its area behind the first, in order. They stand in front, each before the
 * extent it names begins, so that a list that runs on into those extents can still be read from the beginning.
 *
 * All else are varints (v), and keys with their lengths (s):
 *
 *     version      flushed LSN v | next table v | levels v, each: runs v, each: run v, tables v, each: table
 *     removed      count v, each: level v | number v
 *     added        count v, each: level v | run + 1, or 0 for one that begins here v | table
 *     table        number v | salt v | extents v, each: extent v | bytes v | entries v | tombstones v
 *                  | smallest s | largest s | min LSN v | max LSN - min LSN v
 */
import { assert } from '../base/assert';
import { getU64, putU64, viewOf } from '../base/bytes';
import { crc32c } from '../base/checksum';
import { extentId, lsn, type ExtentId } from '../base/ids';
import { varintBytes } from '../base/varint';
import { SECTOR_BYTES } from '../storage/file';
import { ByteReader, ByteWriter } from './byte_writer';
import type { TableMeta } from './table/table_meta';
import type { AddedTable, Run, Version, VersionEdit } from './version';

const CRC = 0;
const LENGTH = 4;
const KIND = 8;
const EPOCH = 12;
const EDIT = 20;
export const PAYLOAD = 28;
/** Within the payload of a snapshot. */
const EXTENT_COUNT = PAYLOAD;
const EXTENTS = PAYLOAD + 4;
const EXTENT_BYTES = 4;

/** Field by field, for people: name, offset in the record, length. */
export const RECORD_FIELDS = [
  { name: 'checksum', offset: CRC, length: 4 },
  { name: 'length', offset: LENGTH, length: 4 },
  { name: 'kind', offset: KIND, length: 1 },
  { name: 'zero', offset: KIND + 1, length: 3 },
  { name: 'epoch', offset: EPOCH, length: 8 },
  { name: 'edit', offset: EDIT, length: 8 },
] as const;

const KINDS = { snapshot: 1, edit: 2, closed: 3 } as const;
export type RecordKind = keyof typeof KINDS;
const CAUSES = ['flush', 'compaction', 'trivial_move'] as const;

/** A record as it stands there; what its payload says is another matter. */
export interface RecordHeader {
  readonly kind: RecordKind;
  readonly epoch: number;
  readonly edit: number;
  readonly length: number;
}

export const toSectors = (bytes: number): number => Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;

/** How long the record is of which these are the first bytes, without zeros behind; NaN where there is none. */
export function recordBytes(bytes: Uint8Array, at: number): number {
  return at + PAYLOAD <= bytes.length ? PAYLOAD + viewOf(bytes, at).getUint32(LENGTH, true) : NaN;
}

/** The record at `at`, if it is one and whole. With `verify` off its checksum is not asked. */
export function readHeader(
  bytes: Uint8Array,
  at: number,
  storeSeed: number,
  verify: boolean,
): RecordHeader | undefined {
  const length = recordBytes(bytes, at);
  if (!(at + length <= bytes.length)) return undefined;
  const view = viewOf(bytes, at);
  const kind = (Object.keys(KINDS) as RecordKind[]).find((name) => KINDS[name] === view.getUint8(KIND));
  if (kind === undefined) return undefined;
  if (verify && crc32c(bytes, at + LENGTH, at + length, storeSeed) !== view.getUint32(CRC, true)) return undefined;
  const epoch = getU64(view, EPOCH);
  const edit = getU64(view, EDIT);
  return epoch >= 0 && edit >= 0 ? { kind, epoch, edit, length } : undefined;
}

/** Header and payload, filled up with zeros to a sector boundary. */
function encodeRecord(
  kind: RecordKind,
  epoch: number,
  edit: number,
  payload: Uint8Array,
  storeSeed: number,
): Uint8Array {
  const end = PAYLOAD + payload.length;
  const bytes = new Uint8Array(toSectors(end));
  const view = viewOf(bytes);
  view.setUint32(LENGTH, payload.length, true);
  view.setUint8(KIND, KINDS[kind]);
  putU64(view, EPOCH, epoch);
  putU64(view, EDIT, edit);
  bytes.set(payload, PAYLOAD);
  view.setUint32(CRC, crc32c(bytes, LENGTH, end, storeSeed), true);
  return bytes;
}

// ---- snapshot

/** A version, without the list of extents, whose length depends on it. */
export function encodeVersion(version: Version): Uint8Array {
  const out = new ByteWriter();
  out.varint(version.flushedLsn);
  out.varint(version.nextTableId);
  out.varint(version.levels.length);
  for (const runs of version.levels) {
    out.varint(runs.length);
    for (const { id, tables } of runs) {
      out.varint(id);
      out.varint(tables.length);
      for (const table of tables) putTable(out, table);
    }
  }
  return out.done();
}

/** How long each is there: neither ever changes, and an edit makes a new run or two of tables that were there before. */
const measuredRuns = new WeakMap<Run, number>();
const measuredTables = new WeakMap<TableMeta, number>();

/** The length of `encodeVersion`, for which only what is new since the last time is encoded. */
export function versionBytes({ flushedLsn, levels, nextTableId }: Version): number {
  let bytes = varintBytes(flushedLsn) + varintBytes(nextTableId) + varintBytes(levels.length);
  for (const runs of levels) {
    bytes += varintBytes(runs.length);
    for (const run of runs) bytes += runBytes(run);
  }
  return bytes;
}

function runBytes(run: Run): number {
  let bytes = measuredRuns.get(run);
  if (bytes === undefined) {
    bytes = varintBytes(run.id) + varintBytes(run.tables.length);
    for (const table of run.tables) bytes += tableBytes(table);
    measuredRuns.set(run, bytes);
  }
  return bytes;
}

function tableBytes(table: TableMeta): number {
  let bytes = measuredTables.get(table);
  if (bytes === undefined) {
    const out = new ByteWriter();
    putTable(out, table);
    measuredTables.set(table, (bytes = out.done().length));
  }
  return bytes;
}

/** How much of an area its snapshot takes, if so many more extents are to be listed. */
export const snapshotBytes = (versionBytes: number, extents: number): number =>
  toSectors(EXTENTS + EXTENT_BYTES * extents + versionBytes);

/** @param version as `encodeVersion` gave it; @param tail the extents of the area behind its first */
export function encodeSnapshot(
  { edit, epoch }: Pick<RecordHeader, 'edit' | 'epoch'>,
  tail: readonly ExtentId[],
  version: Uint8Array,
  storeSeed: number,
): Uint8Array {
  const listBytes = EXTENTS - PAYLOAD + EXTENT_BYTES * tail.length;
  const payload = new Uint8Array(listBytes + version.length);
  const view = viewOf(payload);
  view.setUint32(0, tail.length, true);
  tail.forEach((extent, i) => view.setUint32(EXTENTS - PAYLOAD + EXTENT_BYTES * i, extent, true));
  payload.set(version, listBytes);
  return encodeRecord('snapshot', epoch, edit, payload, storeSeed);
}

/** How many extents the snapshot at the start of `bytes` lists: to be believed when the whole record is. */
export function tailLength(bytes: Uint8Array): number {
  return viewOf(bytes).getUint32(EXTENT_COUNT, true);
}
/** Where the i-th of them stands: in one extent with all of its bytes, since extents are whole sectors. */
export const tailAt = (i: number): number => EXTENTS + EXTENT_BYTES * i;
export const extentAt = (bytes: Uint8Array, at: number): ExtentId => extentId(viewOf(bytes).getUint32(at, true));

/** Of a record that `readHeader` found whole. Undefined where the payload makes no sense. */
export function decodeSnapshot(bytes: Uint8Array, { edit, length }: RecordHeader): Version | undefined {
  const from = EXTENTS + EXTENT_BYTES * tailLength(bytes);
  if (from > length) return undefined;
  const input = new ByteReader(bytes.subarray(0, length), from);
  const flushedLsn = lsn(input.varint());
  const nextTableId = input.varint();
  const levels = input.list(() => input.list(() => readRun(input)));
  return input.isAtEnd ? { edit, flushedLsn, nextTableId, levels } : undefined;
}

function readRun(from: ByteReader): Run {
  const id = from.varint();
  const tables = from.list(() => readTable(from));
  let bytes = 0;
  let entries = 0;
  for (const table of tables) {
    bytes += table.bytes;
    entries += table.entries;
  }
  return { id, tables, bytes, entries };
}

// ---- edit

export function encodeEdit(
  { edit, epoch }: Pick<RecordHeader, 'edit' | 'epoch'>,
  change: VersionEdit,
  storeSeed: number,
): Uint8Array {
  const out = new ByteWriter();
  out.varint(CAUSES.indexOf(change.cause));
  out.varint(change.flushedLsn);
  out.varint(change.nextTableId);
  out.varint(change.removed.length);
  for (const { level, table } of change.removed) {
    out.varint(level);
    out.varint(table);
  }
  out.varint(change.added.length);
  for (const { level, run, table } of change.added) {
    out.varint(level);
    out.varint(run === undefined ? 0 : run + 1);
    putTable(out, table);
  }
  return encodeRecord('edit', epoch, edit, out.done(), storeSeed);
}

/** Of a record that `readHeader` found whole at `at`. Undefined where the payload makes no sense. */
export function decodeEdit(bytes: Uint8Array, at: number, { length }: RecordHeader): VersionEdit | undefined {
  const from = new ByteReader(bytes.subarray(at, at + length), PAYLOAD);
  const cause = CAUSES[from.varint()];
  const flushedLsn = lsn(from.varint());
  const nextTableId = from.varint();
  const removed = from.list(() => ({ level: from.varint(), table: from.varint() }));
  const added = from.list((): AddedTable => {
    const level = from.varint();
    const run = from.varint();
    return { level, run: run === 0 ? undefined : run - 1, table: readTable(from) };
  });
  if (cause === undefined || !from.isAtEnd) return undefined;
  return { cause, removed, added, flushedLsn, nextTableId };
}

export function encodeClosed({ edit, epoch }: Pick<RecordHeader, 'edit' | 'epoch'>, storeSeed: number): Uint8Array {
  const bytes = encodeRecord('closed', epoch, edit, new Uint8Array(0), storeSeed);
  assert(bytes.length === SECTOR_BYTES, 'what is put over a snapshot is one sector');
  return bytes;
}

// ---- table

function putTable(out: ByteWriter, table: TableMeta): void {
  out.varint(table.id);
  out.varint(table.salt);
  out.varint(table.extents.length);
  for (const extent of table.extents) out.varint(extent);
  out.varint(table.bytes);
  out.varint(table.entries);
  out.varint(table.tombstones);
  out.string(table.smallest);
  out.string(table.largest);
  out.varint(table.minLsn);
  out.varint(table.maxLsn - table.minLsn);
}

function readTable(from: ByteReader): TableMeta {
  const id = from.varint();
  const salt = from.varint();
  const extents = from.list(() => extentId(from.varint()));
  const bytes = from.varint();
  const entries = from.varint();
  const tombstones = from.varint();
  const smallest = from.string();
  const largest = from.string();
  const minLsn = from.varint();
  return {
    id,
    salt,
    extents,
    bytes,
    entries,
    tombstones,
    smallest,
    largest,
    minLsn: lsn(minLsn),
    maxLsn: lsn(minLsn + from.varint()),
  };
}
