/**
 * The view of the WAL room: what the events so far add up to. Pure, never changed in place, cheap per event, so that
 * any moment can be kept, compared with its neighbour and thrown away.
 *
 *   V1  `describeView(view)` equals `store.describe()` after every event while the store is open.
 *   V2  Whatever is drawn keeps its id for life. An LSN may be given out twice (its first group was refused, or was
 *       lost in a crash): each life of the number has an id of its own.
 *   V3  What is kept is bounded: what still lies in the log file, and the last `ENTRIES_KEPT` commits.
 *
 * Storage events are noted as calls of the device; what the log and the store are is taken from their own events only.
 */
import type { ErrorCode } from '../../../base/errors';
import { lsn as asLsn, logPosition, type ExtentId, type LogPosition, type Lsn, type SiteId } from '../../../base/ids';
import type { CheckpointStarted, OperationSummary } from '../../../kv_store/events';
import type { ClientId, DurabilityMode, RecoveryReport } from '../../../kv_store/types';
import type { CallResult } from '../../../storage/events';
import type { FileName } from '../../../storage/file';
import type { ScanEnd } from '../../../wal/events';
import { PersistentList } from '../../../lab/persistent_list';

export const ENTRIES_KEPT = 512;
export const CALLS_KEPT = 2048;
export const FLUSHES_KEPT = 512;
export const GONE_KEPT = 64;

/** Where a step happened: its sequence number, or `NEVER`. */
export const NEVER = -1;

/** One life of one LSN: a commit on its way from client to disk, and the record that carries it. */
export interface Entry {
  readonly id: string;
  readonly lsn: Lsn;
  /** Undefined until somebody said so: a commit read back from the log has no client. */
  readonly client: ClientId | undefined;
  readonly mode: DurabilityMode | undefined;
  readonly operations: readonly OperationSummary[];
  /** Undefined while the commit waits for room in the log. */
  readonly place: Place | undefined;
  readonly submittedAt: number;
  readonly bufferedAt: number;
  readonly writtenAt: number;
  readonly flushedAt: number;
  readonly appliedAt: number;
  readonly settledAt: number;
  /** `refused`: the store has given it up, the client is about to be told. */
  readonly outcome: 'waiting' | 'acknowledged' | 'refused' | 'rejected' | 'cut_off';
  readonly code: ErrorCode | undefined;
  /** What recovery said of it, the last time the log was read. */
  readonly verdict: 'redo' | 'skip' | undefined;
  readonly scannedAt: number;
  /** `cancelled`: the device refused its group. `lost`: it was not found when the log was read back. */
  readonly life: 'kept' | 'cancelled' | 'lost';
  /** Lines of engine source that spoke of it: submitted, buffered, settled. 0 where none did. */
  readonly sites: EntrySites;
  /** Row in its client's lane: the lowest that none of the client's waiting commits had when this one came. */
  readonly row: number;
}

export interface EntrySites {
  readonly submitted: SiteId;
  readonly buffered: SiteId;
  readonly settled: SiteId;
}

/** A client's lane is as high as the most commits it ever had under way. */
export interface Client {
  readonly client: ClientId;
  readonly rows: number;
}

export interface Place {
  readonly position: LogPosition;
  readonly bytes: number;
  /** Start on the drawn tape; see tape_scale.ts. */
  readonly along: number;
  readonly group: number;
}

export interface Group {
  /** Its place in `groups`: the identity of the group. */
  readonly id: number;
  readonly position: LogPosition;
  /** Whole sectors once written; what the buffer holds so far before. */
  readonly bytes: number;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  readonly salt: number | undefined;
  readonly state: 'open' | 'written';
  readonly from: 'session' | 'scan';
  readonly writtenAt: number;
  readonly along: number;
  /** End on the drawn tape, padding included. */
  readonly alongEnd: number;
  readonly paddingBytes: number;
  /** Bytes behind the last good record that recovery did not take; the log went on in the sector after them. */
  readonly leftBytes: number;
  /** Since the log was last opened: read back by recovery, or written since. */
  readonly confirmed: boolean;
}

/** One flush of the log that ended well: what it made durable, in one go. */
export interface Flush {
  readonly id: number;
  readonly at: number;
  readonly afterLsn: Lsn;
  readonly durableLsn: Lsn;
  readonly site: SiteId;
}

/** One call to a file. */
export interface DeviceCall {
  readonly at: number;
  readonly call: 'read' | 'write' | 'flush' | 'truncate';
  readonly file: FileName;
  readonly offset: number;
  readonly bytes: number;
  readonly result: CallResult;
  readonly site: SiteId;
}

export interface Slot {
  readonly slot: 0 | 1;
  readonly valid: boolean;
  readonly epoch: number;
  readonly checkpointLsn: Lsn;
  readonly redoPosition: LogPosition;
  /** Written and not yet flushed. */
  readonly handed: boolean;
  readonly known: boolean;
}

export interface Extent {
  readonly extent: ExtentId;
  readonly file: FileName;
  readonly at: number;
  readonly state: 'free' | 'live' | 'writing';
  readonly flushed: boolean;
  readonly entries: number;
}

export interface Checkpoint {
  readonly lsn: Lsn;
  readonly cause: CheckpointStarted['cause'];
  readonly startedAt: number;
  readonly phase: 'data' | 'superblock';
  readonly blocks: number;
  readonly entries: number;
}

export interface Recovery {
  readonly startedAt: number;
  readonly slots: readonly (SlotVerdict | undefined)[];
  readonly checkpoint: { readonly lsn: Lsn; readonly keys: number } | undefined;
  readonly from: LogPosition | undefined;
  readonly expectedLsn: Lsn;
  /** Where the scan has come to. */
  readonly cursor: LogPosition;
  readonly scanned: number;
  readonly redone: number;
  readonly skipped: number;
  readonly replayedLsn: Lsn;
  readonly end:
    | { readonly position: LogPosition; readonly lastLsn: Lsn; readonly end: ScanEnd; readonly reason: string }
    | undefined;
  /** Records that had been written, lie on the tape, and were not taken: the log ends before them. */
  readonly discarded: readonly Entry[];
  readonly report: RecoveryReport | undefined;
}
export interface SlotVerdict {
  readonly valid: boolean;
  readonly epoch: number;
  readonly reason: string;
}

export interface Counters {
  readonly commits: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly groups: number;
  readonly flushes: number;
  readonly logBytes: number;
  readonly recordBytes: number;
  readonly checkpoints: number;
}

/** What the last event was about: what the picture points at. */
export interface Subject {
  readonly lsn?: Lsn | undefined;
  readonly toLsn?: Lsn | undefined;
  readonly group?: LogPosition | undefined;
  readonly slot?: 0 | 1 | undefined;
  readonly extent?: ExtentId | undefined;
  readonly file?: FileName | undefined;
}

export interface WalView {
  readonly seq: number;
  readonly state: 'none' | 'opening' | 'open' | 'read_only' | 'closed' | 'down';
  readonly poisonedBy: ErrorCode | undefined;
  /** 0 until the format is known. */
  readonly logBytes: number;
  readonly extentBytes: number;
  readonly groupAlignBytes: number;
  /** Index: the LSN. */
  readonly entries: PersistentList<Entry>;
  /** Lives that ended early, oldest first. */
  readonly gone: readonly Entry[];
  readonly groups: PersistentList<Group>;
  readonly flushes: PersistentList<Flush>;
  readonly calls: PersistentList<DeviceCall>;
  /** By number. */
  readonly clients: readonly Client[];
  readonly redoPosition: LogPosition;
  readonly redoLsn: Lsn;
  readonly appendPosition: LogPosition;
  /** End of what was handed to the file. */
  readonly writtenPosition: LogPosition;
  /** End of the last group that a flush covers: where the durable line stands. */
  readonly durablePosition: LogPosition;
  readonly nextLsn: Lsn;
  readonly durableLsn: Lsn;
  readonly publishedLsn: Lsn;
  readonly keys: number;
  readonly slots: readonly [Slot, Slot];
  readonly extents: readonly Extent[];
  readonly checkpoint: Checkpoint | undefined;
  readonly recovery: Recovery | undefined;
  readonly counters: Counters;
  readonly subject: Subject;
  /** Raised whenever a life of an LSN ends early (V2). */
  readonly generation: number;
}

const emptySlot = (slot: 0 | 1): Slot => ({
  slot,
  valid: false,
  epoch: 0,
  checkpointLsn: asLsn(0),
  redoPosition: logPosition(0),
  handed: false,
  known: false,
});

const NO_COUNTS: Counters = {
  commits: 0,
  acknowledged: 0,
  rejected: 0,
  groups: 0,
  flushes: 0,
  logBytes: 0,
  recordBytes: 0,
  checkpoints: 0,
};

export const EMPTY_VIEW: WalView = {
  seq: NEVER,
  state: 'none',
  poisonedBy: undefined,
  logBytes: 0,
  extentBytes: 0,
  groupAlignBytes: 512,
  entries: PersistentList.empty<Entry>(1),
  gone: [],
  groups: PersistentList.empty<Group>(),
  flushes: PersistentList.empty<Flush>(),
  calls: PersistentList.empty<DeviceCall>(),
  clients: [],
  redoPosition: logPosition(0),
  redoLsn: asLsn(1),
  appendPosition: logPosition(0),
  writtenPosition: logPosition(0),
  durablePosition: logPosition(0),
  nextLsn: asLsn(1),
  durableLsn: asLsn(0),
  publishedLsn: asLsn(0),
  keys: 0,
  slots: [emptySlot(0), emptySlot(1)],
  extents: [],
  checkpoint: undefined,
  recovery: undefined,
  counters: NO_COUNTS,
  subject: {},
  generation: 0,
};
