/** What the log says while it works and while it is read back. Positions are addresses on the endless tape. */
import type { LogPosition, Lsn } from '../base/ids';

/** Where one record lies: `bytes` from its first header byte to the end of its payload. */
export interface RecordPlace {
  readonly lsn: Lsn;
  readonly position: LogPosition;
  readonly bytes: number;
}

/** A record was framed in the log buffer; nothing has been handed to the file yet. */
export interface RecordBuffered extends RecordPlace {
  readonly kind: 'wal.record_buffered';
  /** Start of the group the record will be written with. */
  readonly group: LogPosition;
}
/** A group of records was handed to the file in one write (two where the tape wraps). Not durable yet. */
export interface GroupWritten {
  readonly kind: 'wal.group_written';
  readonly position: LogPosition;
  /** Whole sectors: header, records and zero padding. */
  readonly bytes: number;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  readonly salt: number;
  /** Records in it that are no commits and have no number. Absent: none. */
  readonly unnumbered?: number;
}
/** A flush returned: every record up to `durableLsn` survives a power cut. */
export interface GroupFlushed {
  readonly kind: 'wal.group_flushed';
  readonly durableLsn: Lsn;
}
/** The device refused a group; its place was wiped, its LSNs will be given out again. */
export interface GroupCancelled {
  readonly kind: 'wal.group_cancelled';
  readonly position: LogPosition;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
}
/** The log before `redoPosition` may be written over: both superblock slots no longer need it. */
export interface SpaceFreed {
  readonly kind: 'wal.space_freed';
  readonly redoPosition: LogPosition;
  readonly redoLsn: Lsn;
}

/** Recovery begins to read at the redo point. */
export interface ScanStarted {
  readonly kind: 'wal.scan_started';
  readonly position: LogPosition;
  /** The LSN the first record must have. */
  readonly expectedLsn: Lsn;
}
export interface GroupScanned {
  readonly kind: 'wal.group_scanned';
  readonly position: LogPosition;
  readonly bytes: number;
  readonly firstLsn: Lsn;
  readonly salt: number;
}
/** A record passed its checksum and is the next one in order. */
export interface RecordScanned extends RecordPlace {
  readonly kind: 'wal.record_scanned';
  /** `skip`: the checkpoint already holds it. */
  readonly verdict: 'redo' | 'skip';
}

/**
 * Why a scan stopped.
 *   end_clean          the place of the next group holds no part of one
 *   end_unfinished     something is there that does not check out: never finished, or damaged; the two look the same
 *   damaged            proof that a record once flushed is gone: a later group says so, or the superblock does
 */
export type ScanEnd = 'end_clean' | 'end_unfinished' | 'damaged';

export interface ScanEnded {
  readonly kind: 'wal.scan_ended';
  readonly position: LogPosition;
  readonly lastLsn: Lsn;
  readonly end: ScanEnd;
  /** One sentence: what was found at `position`. */
  readonly reason: string;
}

export type WalEvent =
  | RecordBuffered
  | GroupWritten
  | GroupFlushed
  | GroupCancelled
  | SpaceFreed
  | ScanStarted
  | GroupScanned
  | RecordScanned
  | ScanEnded;
