/**
 * Reading the log back: from the redo point, group by group and record by record, until something does not fit.
 *
 *     redo point                      E: where the next group would start
 *         |  group      | group   | group ...          |  later: is there a group that calls E flushed?
 *         [H r r r ..00][H r ..00][H r r?              |  [H flushed lsn >= E]  -> damaged, not unfinished
 *
 * A record counts if its group's header checks out, links to the group before, and the record itself has the next
 * LSN and a checksum that holds. The first that does not ends the scan: everything behind it was never promised, or
 * it was, and then the log itself says so:
 *
 *   S1  If a later group says that a flush had covered the LSN the scan stopped at, or the superblock says so, bytes
 *       that were durable are gone: `damaged`. Of records without a number only the superblock says so, by position. The group may lie where it does not belong. (Same idea as the protocol-aware recovery of Alagappan et al. 2018:
 *       a torn tail and a rotten one are told apart by what was promised about them.)
 *   S2  Otherwise the end is `end_clean`, if nothing of a group stands there, or `end_unfinished`: never finished or
 *       damaged in place, which look the same, and nobody was promised it.
 *   S3  Before the scan believes that something does not fit, it reads the place once more from the device: a read can
 *       go wrong once (zeros, old bytes) where the medium is fine.
 *   S4  Within a group a torn record ends the group; the next session writes on from the sector after it (a flushed
 *       sector is not written again until the log is reused), so the scan looks there once more.
 */
import { logPosition, lsn, type LogPosition, type Lsn } from '../../base/ids';
import type { StorageFile } from '../file';
import {
  decodeGroupHeader,
  GROUP_HEADER_BYTES,
  GROUP_MAGIC,
  GROUP_MAGIC_OFFSET,
  looksStarted,
  type GroupHeader,
} from './group_header';
import { decodeRecord, isNumbered, type LogRecord } from './record';
import { alignUp, lapOf, RingReader, type LogGeometry } from './ring';

/** Where a scan starts: what the superblock remembers of the log at the last checkpoint. */
export interface RedoPoint {
  readonly position: LogPosition;
  /** LSN of the first record after it. */
  readonly lsn: Lsn;
  /** Salt of the group before it (H2). */
  readonly link: number;
}

export type ScanVerdict = 'end_clean' | 'end_unfinished' | 'damaged';

export interface ScanResult {
  readonly end: ScanVerdict;
  readonly reason: string;
  /** Where the next group goes. */
  readonly position: LogPosition;
  /** Last LSN found; the redo point's minus one if none. */
  readonly lastLsn: Lsn;
  /** Salt the next group links to. */
  readonly link: number;
  /** Start of the last group found, if any. */
  readonly lastGroup: LogPosition | undefined;
  readonly bytesRead: number;
}

export interface ScanVisitor {
  group(header: GroupHeader): void;
  /** A commit; `position` is the record's first byte on the tape. */
  record(record: LogRecord, position: LogPosition): void;
  /** A record without a number (R3). */
  unnumbered?(record: LogRecord, position: LogPosition): void;
}

export interface ScanOptions {
  readonly verifyChecksums: boolean;
  /** With the protection `logSalt` off, links are not looked at. */
  readonly verifyLinks: boolean;
  /** A flush is known to have covered this LSN (from the superblock). */
  readonly durableLsn: Lsn;
  /** The same as a position: it covers records without a number as well. */
  readonly durablePosition?: LogPosition | undefined;
}

export function scanLog(
  logFile: StorageFile,
  geometry: LogGeometry,
  redo: RedoPoint,
  options: ScanOptions,
  visitor: ScanVisitor,
): ScanResult {
  return new Scanner(logFile, geometry, redo, options, visitor).run();
}

class Scanner {
  readonly #geometry: LogGeometry;
  readonly #redo: RedoPoint;
  readonly #options: ScanOptions;
  readonly #visitor: ScanVisitor;
  readonly #reader: RingReader;
  /** One ring after the redo point: what is there has not been reused. */
  readonly #limit: number;
  /** What the file has of the log's `logBytes`: a salvage reads a log that was cut short as well. */
  readonly #logSize: number;
  #expected: number;
  #link: number;
  #lastGroup: LogPosition | undefined;
  #reason = '';

  constructor(
    logFile: StorageFile,
    geometry: LogGeometry,
    redo: RedoPoint,
    options: ScanOptions,
    visitor: ScanVisitor,
  ) {
    this.#geometry = geometry;
    this.#redo = redo;
    this.#options = options;
    this.#visitor = visitor;
    this.#limit = redo.position + geometry.logBytes;
    this.#logSize = logFile.size();
    this.#reader = new RingReader(logFile, geometry.logBytes, this.#limit);
    this.#expected = redo.lsn;
    this.#link = redo.link;
  }

  run(): ScanResult {
    let position = this.#redo.position;
    let unfinished = false;
    while (position + GROUP_HEADER_BYTES <= this.#limit) {
      const header = this.#headerAt(position) ?? this.#secondLook(() => this.#headerAt(position));
      if (!header) break;
      this.#visitor.group(header);
      this.#lastGroup = position;
      this.#link = header.salt;
      const end = this.#scanRecords(header);
      unfinished = end < position + header.bytes;
      position = alignUp(end, this.#geometry.alignBytes);
    }
    return this.#conclude(position, unfinished);
  }

  /** The header at `position` if it continues this log; else undefined, with the reason kept. */
  #headerAt(position: LogPosition): GroupHeader | undefined {
    const bytes = this.#reader.view(position, GROUP_HEADER_BYTES);
    const header = decodeGroupHeader(bytes, 0, this.#geometry.storeSeed, this.#options.verifyChecksums);
    const problem =
      typeof header === 'string'
        ? header
        : header.position !== position
          ? 'the group here belongs to another lap of the tape'
          : this.#options.verifyLinks && header.link !== this.#link
            ? 'the group here does not link to the one before: an earlier session left it'
            : header.firstLsn !== this.#expected
              ? `the group here starts with LSN ${header.firstLsn}, not ${this.#expected}`
              : header.bytes < GROUP_HEADER_BYTES || position + header.bytes > this.#limit
                ? 'the group here claims an impossible length'
                : '';
    if (problem === '') return header as GroupHeader;
    // The reason a group broke off says more than what happens to stand behind it.
    if (this.#reason === '') this.#reason = problem;
    return undefined;
  }

  /** Visits the records of a group; returns where the first bad one starts, or the group's end. */
  #scanRecords(header: GroupHeader): number {
    let group = this.#reader.view(header.position, header.bytes);
    let at = GROUP_HEADER_BYTES;
    this.#reason = '';
    for (let i = 0; i < header.count && at < header.bytes; i++) {
      let record = this.#recordIn(group, at, header.salt);
      if (!record) {
        group = this.#secondLook(() => this.#reader.view(header.position, header.bytes));
        record = this.#recordIn(group, at, header.salt);
      }
      if (!record) break;
      const position = logPosition(header.position + at);
      if (isNumbered(record.type)) {
        this.#visitor.record(record, position);
        this.#expected++;
      } else {
        this.#visitor.unnumbered?.(record, position);
      }
      at += record.bytes;
    }
    return header.position + at;
  }

  /** The record `at` bytes into its group if it is whole and the next one; else undefined, with the reason kept. */
  #recordIn(group: Uint8Array, at: number, salt: number): LogRecord | undefined {
    const record = decodeRecord(group, at, salt, this.#options.verifyChecksums);
    if (typeof record !== 'string' && record.lsn === this.#expected - (isNumbered(record.type) ? 0 : 1)) {
      this.#reason = '';
      return record;
    }
    const why = typeof record === 'string' ? record : `it says LSN ${record.lsn}`;
    this.#reason = `record ${this.#expected}: ${why}`;
    return undefined;
  }

  /** S3. */
  #secondLook<T>(look: () => T): T {
    this.#reader.discard();
    return look();
  }

  #conclude(position: LogPosition, unfinished: boolean): ScanResult {
    const proof = this.#proofOfDamage(position);
    const started =
      unfinished ||
      looksStarted(this.#reader.view(position, GROUP_HEADER_BYTES), 0, this.#geometry.storeSeed, position);
    const end: ScanVerdict = proof ? 'damaged' : started ? 'end_unfinished' : 'end_clean';
    return {
      end,
      reason: proof ?? (this.#reason || 'the log is full'),
      position,
      lastLsn: lsn(this.#expected - 1),
      link: this.#link,
      lastGroup: this.#lastGroup,
      bytesRead: this.#reader.bytesRead,
    };
  }

  /** S1: who says that the LSN missing here was durable? Looks at every place a later group can start. */
  #proofOfDamage(from: LogPosition): string | undefined {
    if (this.#options.durableLsn >= this.#expected) {
      return `record ${this.#expected} is missing, but the superblock says a flush covered LSN ${this.#options.durableLsn}`;
    }
    const { durablePosition = 0 } = this.#options;
    if (durablePosition > from) {
      return `it can be read up to position ${from}, but the superblock says a flush covered it up to ${durablePosition}`;
    }
    const { alignBytes, logBytes, storeSeed } = this.#geometry;
    const step = Math.max(alignBytes, 512);
    // What stands right here was refused as a continuation, but it can still be the group after a lost one. Groups that
    // belong further on count wherever they lie: one that was written to a wrong place lies on what it vouches for.
    const start = Math.floor(from / step) * step;
    for (let at = start; at + GROUP_HEADER_BYTES <= this.#limit; at += step) {
      if (at % logBytes >= this.#logSize) {
        // The log was cut short, or what gave its length is itself damaged: nothing stands before the next lap.
        at = (lapOf(at, logBytes) + 1) * logBytes - step;
        continue;
      }
      // Most of the ring is no header, and says so in its first bytes.
      if (this.#reader.u32(at + GROUP_MAGIC_OFFSET) !== GROUP_MAGIC) continue;
      const header = decodeGroupHeader(this.#reader.view(at, GROUP_HEADER_BYTES), 0, storeSeed, true);
      if (typeof header === 'string') continue;
      if (header.position >= start && header.flushedLsn >= this.#expected) {
        return `record ${this.#expected} is missing, but the group at ${header.position} was written after a flush that covered it`;
      }
    }
    return undefined;
  }
}
