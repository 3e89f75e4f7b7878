/** What the store takes and gives: options, protections, tickets, reports, descriptions. */
import type { EngineError, ErrorCode, PlainError } from '../base/errors';
import type { ExtentId, LogPosition, Lsn } from '../base/ids';
import type { PageProtection, TreeDescription, TreeStats } from '../btree';
import type { VersionsDescription } from '../mvcc';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from '../mvcc/protections';
import type { FilterPrefixRule, LsmDescription, LsmStats, LsmTuning } from '../lsm';
import type { Reader, VacuumCounts, VacuumDecision } from '../mvcc';
import type { FileName } from '../storage/file';

/**
 * When a commit is acknowledged.
 *   strict   after the flush that covers it returned: it survives a power cut
 *   relaxed  after `write` returned: it survives the end of the worker or the tab; a power cut may lose the newest,
 *            at most `relaxedFlushBytes` of log, and what is left is still a prefix
 */
export type DurabilityMode = 'strict' | 'relaxed';

/** Fixed when the store is formatted and kept in its superblock. */
export interface FormatOptions {
  /** Length of the log file. A multiple of 4096, at least 8 KiB. */
  readonly logBytes: number;
  /** Length of an extent of the data files, and of a checkpoint block. A multiple of 512, 512 B to 64 KiB. */
  readonly extentBytes: number;
  /** What a flush group is aligned to: 512 or 4096. */
  readonly groupAlignBytes: 512 | 4096;
  /** The index is a B-tree with these pages; without it or `lsm`, a map in memory. Then an extent holds a page. */
  readonly tree?: TreeFormat;
  /** The index is an LSM tree. Not with `tree`. */
  readonly lsm?: LsmFormat;
  /** Every put and delete makes a version of its key, and there are transactions. */
  readonly versions?: boolean;
}

export interface TreeFormat {
  /** A power of two from 256 B to 64 KiB. */
  readonly pageBytes: number;
  /** What keeps a checkpoint from being left half done. */
  readonly protection: PageProtection;
}

export interface LsmFormat {
  /** What of a key goes into the filters of the tables. With versions, `whole_key` becomes what versions of a key share. */
  readonly filterPrefix: FilterPrefixRule;
}

/** May differ from one opening to the next. */
export interface TuningOptions {
  /** A checkpoint starts by itself when this much log was written since the last one. At most half of `logBytes`. */
  readonly checkpointLogBytes: number;
  /** Relaxed commits are flushed at least every so many bytes of log. */
  readonly relaxedFlushBytes: number;
  /** Pages of a B-tree that are kept in memory, in bytes. */
  readonly poolBytes: number;
  /** Of a store with versions: a transaction that is not used for more ticks of the clock than this is ended. */
  readonly idleTicksMax?: number;
  /**
   * The same: vacuum starts by itself when so much of all bytes may be garbage, and at least so many; `Infinity`: never. An
   * LSM tree has no need of it.
   */
  readonly vacuumPercent: number;
  readonly vacuumBytesMin: number;
  /** Of an LSM tree: what differs from `DEFAULT_LSM_TUNING`. */
  readonly lsm?: Partial<LsmTuning>;
}

/** Every protection of this store, those of its transactions too; all on by default. Switched off only by the lab and the crash suite. */
export interface Protections extends MvccProtections {
  /** A strict commit is acknowledged only after its flush. Off: right after the write. */
  readonly flushBeforeAcknowledge: boolean;
  /** Log headers and records are checked against their checksum when read. */
  readonly logChecksum: boolean;
  /** Each session, lap and failed write takes a new salt, so an older life of the log cannot parse. */
  readonly logSalt: boolean;
  /** Groups start on a sector of their own, so a torn write cannot hurt what was already promised. */
  readonly alignedGroups: boolean;
  /** A write is believed only if the device took every byte. */
  readonly wholeWrites: boolean;
  /** The first failed flush makes the store read-only. Off: the flush is tried again and believed. */
  readonly poisonOnFailedFlush: boolean;
  /** The checkpoint's data is flushed before a superblock slot names it. */
  readonly dataBeforeSuperblock: boolean;
  /** Two superblock slots, each flushed before the other is written. Off: one slot, written in place. */
  readonly twoSuperblockSlots: boolean;
  /** The log is reused only after both slots are flushed. Off: as soon as the checkpoint's data is written. */
  readonly superblockBeforeReuse: boolean;
  /** Superblock slots, checkpoint blocks and pages are checked against their checksum when read. */
  readonly checkpointChecksum: boolean;
  /** Of a B-tree: the page protection of its format. Off: pages are written over at once. */
  readonly pageProtection: boolean;
  /** Of a B-tree with images in the log: they are flushed before a superblock slot lets pages be written over. */
  readonly imagesBeforeSuperblock: boolean;
  /** Of an LSM tree: tables are flushed before the manifest names them. */
  readonly tablesBeforeManifest: boolean;
  /** Of an LSM tree: the manifest is flushed before what it no longer names is given away. */
  readonly manifestBeforeReuse: boolean;
  /** Of an LSM tree: a tombstone stays until nothing older of its key can lie below it. */
  readonly tombstonesToTheBottom: boolean;
}

export const ALL_PROTECTIONS: Protections = Object.freeze({
  flushBeforeAcknowledge: true,
  logChecksum: true,
  logSalt: true,
  alignedGroups: true,
  wholeWrites: true,
  poisonOnFailedFlush: true,
  dataBeforeSuperblock: true,
  twoSuperblockSlots: true,
  superblockBeforeReuse: true,
  checkpointChecksum: true,
  pageProtection: true,
  imagesBeforeSuperblock: true,
  tablesBeforeManifest: true,
  manifestBeforeReuse: true,
  tombstonesToTheBottom: true,
  ...ALL_MVCC_PROTECTIONS,
});

/** Which client a commit came from: 0 where nobody said. One lane of the picture each. */
export type ClientId = number;

export interface CommitOptions {
  readonly mode?: DurabilityMode;
  readonly client?: ClientId;
}

/**
 *   buffered      in the log buffer, nothing written
 *   written       handed to the file, not flushed
 *   acknowledged  the promise of its mode holds
 *   rejected      did not happen (or, with `commit_unknown`, is known only after reopening)
 */
export type TicketState = 'buffered' | 'written' | 'acknowledged' | 'rejected';

/** A commit under way. `onSettled` is called once: with nothing when acknowledged, with the error when rejected. */
export interface Ticket {
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly mode: DurabilityMode;
  readonly state: TicketState;
  readonly error: EngineError | undefined;
  onSettled(listener: (error?: EngineError) => void): void;
}

/** What opening did. */
export interface RecoveryReport {
  readonly formatted: boolean;
  /** The superblock slot used, and whether the other was good too. */
  readonly slot: 0 | 1;
  readonly otherSlot: 'same' | 'older' | 'damaged';
  readonly checkpointLsn: Lsn;
  readonly checkpointKeys: number;
  readonly recordsScanned: number;
  readonly recordsApplied: number;
  readonly recordsSkipped: number;
  readonly logBytesScanned: number;
  readonly lastLsn: Lsn;
  readonly end: 'end_clean' | 'end_unfinished' | 'damaged';
  readonly reason: string;
  readonly position: LogPosition;
  readonly ticks: number;
  /** What a store that was opened for salvage is damaged by; the first place, if there are several. */
  readonly damage?: PlainError;
}

export interface StoreStats {
  /** Of the index: in a store with versions, all versions. */
  readonly keys: number;
  readonly userBytes: number;
  readonly commits: number;
  readonly groups: number;
  readonly flushes: number;
  readonly checkpoints: number;
  /** Log bytes written since opening: frames, records and padding. */
  readonly logBytesWritten: number;
  readonly checkpointBytesWritten: number;
  /** What recovery would have to read now. */
  readonly logBytesToReplay: number;
  readonly publishedLsn: Lsn;
  readonly durableLsn: Lsn;
  readonly checkpointLsn: Lsn;
  /** Of a store with a B-tree. */
  readonly tree?: TreeStats;
  /** Of a store with an LSM tree. */
  readonly lsm?: LsmStats;
  /** Of a store with versions. */
  readonly versions?: VersionStats;
}

export interface VersionStats {
  /** Since opening: looked at and taken, by vacuum, or by the merges of an LSM tree. */
  readonly collected: VacuumCounts;
  /** Of vacuum, finished since opening. */
  readonly passes: number;
  /** The oldest snapshot in use; what is published, if there is none. */
  readonly watermark: Lsn;
  /** Timestamps that somebody reads at. */
  readonly snapshots: number;
  /** Who keeps the most alive: the reader with the oldest snapshot, if there is one. */
  readonly oldestReader?: Reader;
  /** Of what the last pass left: old versions that somebody could still read. Not of an LSM tree, where nobody looks. */
  readonly heldBytes?: number;
  /** Whether a pass of vacuum would begin by itself now, and why; `haltedBy`: what keeps it from going on in this life. */
  readonly vacuum?: VacuumDecision & { readonly isUnderWay: boolean; readonly haltedBy?: ErrorCode };
}

// ---- descriptions: what a picture is held equal to. Read from structures and file bytes, never from the trace.

export type RecordState = 'buffered' | 'written' | 'durable';

export interface RecordDescription {
  readonly lsn: Lsn;
  readonly position: LogPosition;
  readonly bytes: number;
  readonly state: RecordState;
}
export interface GroupDescription {
  readonly position: LogPosition;
  readonly bytes: number;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
}
export interface LogDescription {
  readonly logBytes: number;
  /** Where recovery would start. */
  readonly redoPosition: LogPosition;
  /** Where the group now in the buffer starts, or the next one will. */
  readonly appendPosition: LogPosition;
  readonly nextLsn: Lsn;
  readonly durableLsn: Lsn;
  /** From the redo point on, in order; the buffered ones last. */
  readonly records: readonly RecordDescription[];
  /** Written groups from the redo point on. */
  readonly groups: readonly GroupDescription[];
}
export interface SlotDescription {
  readonly slot: 0 | 1;
  readonly valid: boolean;
  readonly epoch: number;
  readonly checkpointLsn: Lsn;
  readonly redoPosition: LogPosition;
}
export interface ExtentDescription {
  readonly extent: ExtentId;
  readonly file: FileName;
  readonly at: number;
  /** `live`: reachable from the superblock; `writing`: taken by the checkpoint under way. */
  readonly state: 'free' | 'live' | 'writing';
}
export interface WaitingCommit {
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly mode: DurabilityMode;
}
export interface StoreDescription {
  readonly state: 'open' | 'read_only' | 'closed';
  readonly poisonedBy: ErrorCode | undefined;
  readonly log: LogDescription;
  readonly slots: readonly [SlotDescription, SlotDescription];
  readonly extents: readonly ExtentDescription[];
  /** The LSN of the checkpoint under way, or undefined. */
  readonly checkpointing: Lsn | undefined;
  readonly publishedLsn: Lsn;
  /** Submitted and not yet settled, in LSN order. */
  readonly waiting: readonly WaitingCommit[];
  readonly keys: number;
  /** Of a store with a B-tree. */
  readonly tree?: TreeDescription;
  /** Of a store with an LSM tree. */
  readonly lsm?: LsmDescription;
  /** Of a store with versions. */
  readonly versions?: VersionsDescription;
}

// ---- limits, checked before any byte is written

export const KEY_BYTES_MAX = 1024;
/** A batch, encoded, must fit in a quarter of the log: so a checkpoint can always make room for it. */
export const BATCH_SHARE_OF_LOG = 4;
