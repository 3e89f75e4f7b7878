/**
 * The write-ahead log: a buffer of framed records, written as groups, flushed, and reused from behind.
 *
 * Why a log at all? A change to an ordered structure touches bytes all over a file, and a crash between two of them
 * leaves neither the old structure nor the new one. So a commit is first described, whole, at the end of a file that
 * is only ever appended to: one sequential write and one flush make it durable, whatever it will touch later. The
 * structure itself can then be brought up to date lazily, and after a crash it is brought up to date by reading the
 * log again. The price is that data is written twice. (Gray 1978, "Notes on Data Base Operating Systems"; Mohan et
 * al. 1992, ARIES, section 1.1. We keep only redo: nothing uncommitted is ever written, so nothing is undone.)
 *
 *     tape ──▶   ┆ freed ┆ redo ............ flushed ........ written ┆ buffer ┆      ┆ limit
 *                          └── recovery reads from here to the end ──────────┘
 *
 * The order of a strict commit, and who may see what when:
 *
 *     append → write group → flush → apply to index → publish → acknowledge
 *
 *   L1  LSNs of commits are consecutive on the tape, other records have none of their own; a group never starts in a sector that holds an earlier record.
 *   L2  A record is never written over before `freeTo` passed it: `limit` stays one ring behind the last group
 *       before the redo point, so that group stays too, as proof that this log is no older than the superblock.
 *   L3  The salt changes when a session opens, on each lap and after a cancelled group (`group_header.ts`, H2).
 *   L4  A group the device did not take whole is wiped and the wipe flushed before its commits are refused: what was
 *       refused never comes back.
 */
import { assert } from '../base/assert';
import { logPosition, lsn, type LogPosition, type Lsn } from '../base/ids';
import type { Random } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import type { StorageFile } from '../storage/file';
import {
  alignUp,
  encodeGroupHeader,
  encodeRecord,
  GROUP_HEADER_BYTES,
  isNumbered,
  lapOf,
  RECORD_HEADER_BYTES,
  writeRing,
  type LogGeometry,
} from '../storage/log_region';
import type { RecordPlace, WalEvent } from './events';

/** What the log itself can go without; see `kv_store/types.ts` for what each one guards. */
export interface LogProtections {
  readonly logSalt: boolean;
  readonly wholeWrites: boolean;
}

/** Where a log stands after opening: what recovery found, and what the superblock says about the part before. */
export interface LogStart {
  readonly position: LogPosition;
  readonly nextLsn: Lsn;
  readonly link: number;
  readonly redoPosition: LogPosition;
  /** Start of the last group before the redo point; the redo point itself where there is none. */
  readonly guardPosition: LogPosition;
  /** Start of the last group of all, or undefined in an empty log. */
  readonly lastGroup: LogPosition | undefined;
}

export interface LogOptions {
  readonly file: StorageFile;
  readonly geometry: LogGeometry;
  readonly start: LogStart;
  readonly random: Random;
  readonly trace: TraceSink<WalEvent> | null;
  readonly protections: LogProtections;
}

const FIRST_BUFFER_BYTES = 16 * 1024;

export class WriteAheadLog {
  readonly #logFile: StorageFile;
  readonly #geometry: LogGeometry;
  readonly #random: Random;
  readonly #trace: TraceSink<WalEvent> | null;
  readonly #protections: LogProtections;

  /** The group being gathered: room for its header, then records. Bytes from `#used` on are always zero. */
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #used = 0;
  #count = 0;
  /** Of them: records without a number (R3 in `record.ts`). */
  #unnumbered = 0;
  #buffered: RecordPlace[] = [];

  /** Start of the group in the buffer, or of the next one. */
  #position: LogPosition;
  #nextLsn: Lsn;
  #salt: number;
  /** Salt of the last group written: what the next one links to. */
  #link: number;
  #needsNewSalt = true;
  #lastGroup: LogPosition | undefined;

  #redoPosition: LogPosition;
  #guardPosition: LogPosition;
  #writtenLsn: Lsn;
  #flushedLsn: Lsn;
  #unflushedBytes = 0;
  #bytesWritten = 0;

  constructor(options: LogOptions) {
    this.#logFile = options.file;
    this.#geometry = options.geometry;
    this.#random = options.random;
    this.#trace = options.trace;
    this.#protections = options.protections;
    const { start } = options;
    this.#position = start.position;
    this.#nextLsn = start.nextLsn;
    this.#link = this.#salt = start.link;
    this.#lastGroup = start.lastGroup;
    this.#redoPosition = start.redoPosition;
    this.#guardPosition = start.guardPosition;
    this.#writtenLsn = this.#flushedLsn = lsn(start.nextLsn - 1);
  }

  get nextLsn(): Lsn {
    return this.#nextLsn;
  }
  get writtenLsn(): Lsn {
    return this.#writtenLsn;
  }
  /** Every record up to this one was covered by a flush that returned. */
  get flushedLsn(): Lsn {
    return this.#flushedLsn;
  }
  get appendPosition(): LogPosition {
    return this.#position;
  }
  get redoPosition(): LogPosition {
    return this.#redoPosition;
  }
  /** Salt that a group at `appendPosition` would link to. */
  get link(): number {
    return this.#link;
  }
  get lastGroup(): LogPosition | undefined {
    return this.#lastGroup;
  }
  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }
  /** Since this log was opened: headers, records and padding. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }
  /** The records gathered but not written, in order. */
  get buffered(): readonly RecordPlace[] {
    return this.#buffered;
  }
  /** What the group in the buffer would take on the tape: whole alignment units. */
  get groupBytes(): number {
    return this.#used === 0 ? 0 : alignUp(this.#used, this.#geometry.alignBytes);
  }
  /** What can still be written before the log must be freed (L2). */
  get freeBytes(): number {
    return this.#guardPosition + this.#geometry.logBytes - this.#position;
  }
  /** What the group would take with one more record of this payload. */
  groupBytesWith(payloadBytes: number): number {
    const used = this.#used === 0 ? GROUP_HEADER_BYTES : this.#used;
    return alignUp(used + RECORD_HEADER_BYTES + payloadBytes, this.#geometry.alignBytes);
  }

  /** Frames a commit in the buffer; `encodePayload` writes exactly `payloadBytes` at the offset it is given. */
  append(type: number, payloadBytes: number, encodePayload: (into: Uint8Array, at: number) => void): RecordPlace {
    assert(isNumbered(type), 'R3: this record takes a number');
    const place = this.#frame(type, this.#nextLsn, payloadBytes, encodePayload);
    this.#buffered.push(place);
    this.#nextLsn = lsn(this.#nextLsn + 1);
    this.#trace?.emit({ kind: 'wal.record_buffered', group: this.#position, ...place });
    return place;
  }

  /** Frames a record without a number (R3) in the buffer. */
  appendUnnumbered(type: number, payload: Uint8Array): void {
    assert(!isNumbered(type), 'R3: this record takes no number');
    this.#frame(type, lsn(this.#nextLsn - 1), payload.length, (into, at) => into.set(payload, at));
    this.#unnumbered++;
  }

  #frame(
    type: number,
    number: Lsn,
    payloadBytes: number,
    encodePayload: (into: Uint8Array, at: number) => void,
  ): RecordPlace {
    assert(this.groupBytesWith(payloadBytes) <= this.freeBytes, 'L2: the caller makes room before appending');
    if (this.#used === 0) this.#startGroup();
    const at = this.#used;
    const end = at + RECORD_HEADER_BYTES + payloadBytes;
    this.#reserve(end);
    encodePayload(this.#buffer, at + RECORD_HEADER_BYTES);
    encodeRecord(this.#buffer, at, this.#salt, { type, lsn: number, payloadBytes });
    this.#used = end;
    this.#count++;
    return { lsn: number, position: logPosition(this.#position + at), bytes: end - at };
  }

  /** LSN of the first commit in the buffered group; the next one's, if it has none. */
  get #firstLsn(): Lsn {
    return lsn(this.#nextLsn - this.#count + this.#unnumbered);
  }

  /** Hands the buffered group to the file. On an error the group is still in the buffer: `cancelGroup` comes next. */
  writeGroup(): void {
    assert(this.#used > 0, 'a group has at least one record');
    const bytes = this.groupBytes;
    const firstLsn = this.#firstLsn;
    const unnumbered = this.#unnumbered;
    this.#reserve(bytes);
    encodeGroupHeader(this.#buffer, 0, this.#geometry.storeSeed, {
      salt: this.#salt,
      link: this.#link,
      position: this.#position,
      firstLsn,
      flushedLsn: this.#flushedLsn,
      bytes: this.#used,
      count: this.#count,
    });
    const group = this.#buffer.subarray(0, bytes);
    writeRing(this.#logFile, this.#geometry.logBytes, this.#position, group, this.#protections.wholeWrites);
    const position = this.#position;
    this.#lastGroup = position;
    this.#link = this.#salt;
    this.#writtenLsn = lsn(this.#nextLsn - 1);
    this.#unflushedBytes += bytes;
    this.#bytesWritten += bytes;
    this.#clearBuffer();
    this.#position = logPosition(position + bytes);
    this.#trace?.emit({
      kind: 'wal.group_written',
      position,
      bytes,
      firstLsn,
      lastLsn: this.#writtenLsn,
      salt: this.#salt,
      ...(unnumbered > 0 && { unnumbered }),
    });
  }

  /** Makes everything written durable. Throws what the file throws; whether it may be tried again is not ours to say. */
  flush(): void {
    const logFile = this.#logFile;
    logFile.flush();
    this.#flushedLsn = this.#writtenLsn;
    this.#unflushedBytes = 0;
    this.#trace?.emit({ kind: 'wal.group_flushed', durableLsn: this.#flushedLsn });
  }

  /**
   * Takes back the group in the buffer after a write that failed (L4): its first sector is wiped, so whatever part of
   * it reached the file can never be read as a group. Throws if the device does not take that either.
   */
  cancelGroup(): void {
    const position = this.#position;
    const lastLsn = lsn(this.#nextLsn - 1);
    const firstLsn = this.#firstLsn;
    const wipe = new Uint8Array(Math.min(this.groupBytes, Math.max(this.#geometry.alignBytes, GROUP_HEADER_BYTES)));
    writeRing(this.#logFile, this.#geometry.logBytes, position, wipe, true);
    const logFile = this.#logFile;
    logFile.flush();
    this.#flushedLsn = this.#writtenLsn;
    this.#unflushedBytes = 0;
    this.#nextLsn = firstLsn;
    this.#needsNewSalt = true;
    this.#clearBuffer();
    this.#trace?.emit({ kind: 'wal.group_cancelled', position, firstLsn, lastLsn });
  }

  /** Drops the buffered group without touching the file: for a log that will not be written again. */
  dropGroup(): void {
    this.#nextLsn = this.#firstLsn;
    this.#clearBuffer();
  }

  /**
   * Everything before `redoPosition` may be written over but `guardPosition`, the last group before it (L2). Where the two
   * are equal, there is no such group any more.
   */
  freeTo(redoPosition: LogPosition, guardPosition: LogPosition, redoLsn: Lsn): void {
    assert(
      redoPosition >= this.#redoPosition && redoPosition <= this.#position,
      'L2: the redo point moves forward, within the log',
    );
    this.#redoPosition = redoPosition;
    this.#guardPosition = guardPosition;
    if (guardPosition === this.#position) this.#lastGroup = undefined;
    this.#trace?.emit({ kind: 'wal.space_freed', redoPosition, redoLsn });
  }

  #startGroup(): void {
    const { logBytes } = this.#geometry;
    const newLap =
      this.#lastGroup !== undefined && lapOf(this.#lastGroup, logBytes) !== lapOf(this.#position, logBytes);
    if (this.#protections.logSalt && (newLap || this.#needsNewSalt)) this.#salt = this.#drawSalt();
    this.#needsNewSalt = false;
    this.#used = GROUP_HEADER_BYTES;
  }

  #drawSalt(): number {
    for (;;) {
      const salt = this.#random.next() >>> 0;
      if (salt !== this.#salt && salt !== this.#link) return salt;
    }
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }

  /** Keeps the buffer's unused bytes zero: they are the padding of the next group. */
  #clearBuffer(): void {
    this.#buffer.fill(0, 0, this.#used);
    this.#used = 0;
    this.#count = 0;
    this.#unnumbered = 0;
    this.#buffered = [];
  }
}
