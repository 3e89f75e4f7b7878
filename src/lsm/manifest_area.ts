/**
 * One area of the manifest: extents that are read and written as one stretch of bytes.
 *
 *     head             tail                             named by the head's own first record
 *     | snapshot ......|.......  | edit | edit |        |
 *     0                extentBytes                      extents * extentBytes
 *
 * Beside reading and writing, it says what an opening makes of the bytes: the snapshot, the edits behind it, and where
 * they end. What is no whole record is the end of the area, since only the last one can have been under way when the
 * power went; unless a whole record stands further on, which proves that this one was once whole as well.
 *
 * A read can go wrong once where the medium is fine, and what it does not show would be missing for good: the next record
 * goes where an opening saw the end. So an area is read twice, and what either reading proves is there is there. An extent
 * that comes short is read again, and refused if it does so again.
 */
import { concatBytes } from '../base/bytes';
import { EngineError } from '../base/errors';
import type { ExtentId } from '../base/ids';
import type { ExtentAllocator } from '../storage/extent_allocator';
import { assertWholeWrite, SECTOR_BYTES, type StorageFile } from '../storage/file';
import {
  decodeEdit,
  decodeSnapshot,
  readHeader,
  recordBytes,
  snapshotBytes,
  extentAt,
  tailAt,
  tailLength,
  toSectors,
  type RecordHeader,
} from './manifest_codec';
import { applyEdit, canApply, type Version } from './version';

export interface AreaReading {
  readonly storeSeed: number;
  /** Off: whatever stands there is taken at its word. */
  readonly verifyChecksums: boolean;
}

/** A record of an area, and where it lies. */
export interface PlacedRecord extends RecordHeader {
  readonly at: number;
}

/** What an opening finds in an area that has a whole snapshot. */
export interface AreaContents {
  readonly epoch: number;
  readonly extents: readonly ExtentId[];
  /** Its snapshot names more of them: the data file ends before one of those. */
  readonly isCutOff: boolean;
  /** After the last whole edit. */
  readonly version: Version;
  readonly records: readonly PlacedRecord[];
  /** Where the next record goes. */
  readonly end: number;
  /** A whole record further on than `end`: something in between was whole once. */
  readonly damagedAt: number | undefined;
}

/** Areas take turns: each new snapshot goes where the one in force is not. */
export const areaOfEpoch = (epoch: number): 0 | 1 => (epoch % 2 === 0 ? 0 : 1);

/** How many extents an area takes: a snapshot of such a version, and room for edits behind it. */
export function extentsOfArea(versionBytes: number, roomBytes: number, extentBytes: number): number {
  let extents = 1;
  // The list of extents is part of the snapshot: a longer one may need another extent.
  while (extents * extentBytes < snapshotBytes(versionBytes, extents - 1) + toSectors(roomBytes)) extents++;
  return extents;
}

/** How often an area is read before its end, or that it is not whole, is believed. */
const TRIES = 2;

/**
 * The area that begins at `head`; undefined where no whole snapshot of that area stands there.
 *
 * @throws EngineError read_failed
 */
export function readArea(
  allocator: ExtentAllocator,
  area: 0 | 1,
  head: ExtentId,
  reading: AreaReading,
): AreaContents | undefined {
  let found: AreaContents | undefined;
  for (let tries = 0; tries < TRIES; tries++) found = further(found, readAreaOnce(allocator, area, head, reading));
  return found;
}

/** Of two readings of one area, the one that shows more. */
function further(a: AreaContents | undefined, b: AreaContents | undefined): AreaContents | undefined {
  if (!a || !b) return a ?? b;
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  return b.end > a.end || (b.end === a.end && b.damagedAt !== undefined) ? b : a;
}

function readAreaOnce(
  allocator: ExtentAllocator,
  area: 0 | 1,
  head: ExtentId,
  { storeSeed, verifyChecksums }: AreaReading,
): AreaContents | undefined {
  const { bytes, extents } = areaBytes(head, allocator.extentBytes, (extent) =>
    allocator.exists(extent) ? readExtent(allocator, extent) : undefined,
  );
  const first = readHeader(bytes, 0, storeSeed, verifyChecksums);
  if (first?.kind !== 'snapshot' || areaOfEpoch(first.epoch) !== area) return undefined;
  let version = decodeSnapshot(bytes, first);
  if (!version) return undefined;
  const records: PlacedRecord[] = [{ ...first, at: 0 }];
  let at = toSectors(first.length);
  for (;;) {
    const header = readHeader(bytes, at, storeSeed, verifyChecksums);
    if (header?.kind !== 'edit' || header.epoch !== first.epoch || header.edit !== version.edit + 1) break;
    const edit = decodeEdit(bytes, at, header);
    if (!edit || !canApply(version, edit)) break;
    version = applyEdit(version, edit);
    records.push({ ...header, at });
    at += toSectors(header.length);
  }
  // Without checksums anything might pass for a later record.
  const damagedAt = verifyChecksums && hasLaterRecord(bytes, at, first, version.edit, storeSeed) ? at : undefined;
  const isCutOff = extents.length <= tailLength(bytes);
  return { epoch: first.epoch, extents, isCutOff, version, records, end: at, damagedAt };
}

/** Whether the area at `head` says that it is closed, and that it had this epoch. */
export function isClosed(
  allocator: ExtentAllocator,
  head: ExtentId,
  epoch: number,
  { storeSeed, verifyChecksums }: AreaReading,
): boolean {
  const first = readHeader(readExtent(allocator, head), 0, storeSeed, verifyChecksums);
  return first?.kind === 'closed' && first.epoch === epoch;
}

/**
 * The head, and as far as a snapshot there says so, what follows it; none of it verified. Each extent is named by what was
 * read before it; an extent that does not exist, or comes twice, ends a list that nobody wrote.
 */
export function areaBytes(
  head: ExtentId,
  extentBytes: number,
  read: (extent: ExtentId) => Uint8Array | undefined,
): { bytes: Uint8Array; extents: ExtentId[] } {
  const extents = new Set([head]);
  const first = read(head) ?? new Uint8Array(extentBytes);
  const parts = [first];
  const listed = snapshotBytes(0, tailLength(first)) <= recordBytes(first, 0) + SECTOR_BYTES ? tailLength(first) : 0;
  for (let i = 0; i < listed; i++) {
    const at = tailAt(i);
    const part = parts[Math.floor(at / extentBytes)];
    const extent = part && extentAt(part, at % extentBytes);
    if (extent === undefined || extents.has(extent)) break;
    const next = read(extent);
    if (next === undefined) break;
    extents.add(extent);
    parts.push(next);
  }
  return { bytes: concatBytes(parts), extents: [...extents] };
}

/** An extent that exists lies whole in its file: fewer bytes are a read that failed. */
function readExtent(allocator: ExtentAllocator, extent: ExtentId): Uint8Array {
  const { at, file } = allocator.place(extent);
  let count = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    const bytes = new Uint8Array(allocator.extentBytes);
    count = file.read(at, bytes);
    if (count === bytes.length) return bytes;
  }
  const message = `The device gave ${count} of ${allocator.extentBytes} bytes of the manifest.`;
  throw new EngineError('read_failed', message, { file: file.name, offset: at });
}

function hasLaterRecord(bytes: Uint8Array, from: number, { epoch }: RecordHeader, edit: number, seed: number): boolean {
  for (let at = from + SECTOR_BYTES; at < bytes.length; at += SECTOR_BYTES) {
    const header = readHeader(bytes, at, seed, true);
    if (header?.kind === 'edit' && header.epoch === epoch && header.edit > edit) return true;
  }
  return false;
}

/** Writes `bytes` at `at` of an area: one call for each run of extents that lie together. @returns the files it wrote to */
export function writeArea(
  allocator: ExtentAllocator,
  extents: readonly ExtentId[],
  at: number,
  bytes: Uint8Array,
  wholeWrites: boolean,
): ReadonlySet<StorageFile> {
  const { extentBytes } = allocator;
  const files = new Set<StorageFile>();
  for (let done = 0; done < bytes.length;) {
    const first = Math.floor((at + done) / extentBytes);
    const within = (at + done) % extentBytes;
    const { at: place, file } = allocator.place(extents[first]!);
    let length = extentBytes - within;
    for (let next = first + 1; done + length < bytes.length; next++, length += extentBytes) {
      const following = allocator.place(extents[next]!);
      if (following.file !== file || following.at !== place + (next - first) * extentBytes) break;
    }
    const part = bytes.subarray(done, Math.min(done + length, bytes.length));
    const count = file.write(place + within, part);
    if (wholeWrites) assertWholeWrite(file, place + within, part.length, count);
    files.add(file);
    done += part.length;
  }
  return files;
}
