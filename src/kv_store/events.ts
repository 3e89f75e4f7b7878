/** What the store says: commits from submission to acknowledgement, checkpoints, recovery, and its own state. */
import type { BTreeEvent } from '../btree';
import type { LsmEvent } from '../lsm';
import type { MvccEvent } from '../mvcc';
import type { ErrorCode } from '../base/errors';
import type { ExtentId, LogPosition, Lsn } from '../base/ids';
import type { Operation } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { StorageEvent } from '../storage/events';
import type { WalEvent } from '../wal/events';
import type { ClientId, DurabilityMode, FormatOptions, RecoveryReport } from './types';

/** An operation as a picture needs it: which key, and how long the value is. */
export interface OperationSummary {
  readonly kind: Operation['kind'];
  readonly key: Uint8Array;
  readonly valueBytes: number;
}

export interface CommitSubmitted {
  readonly kind: 'store.commit_submitted';
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly mode: DurabilityMode;
  readonly operations: readonly OperationSummary[];
}
/** The batch is in the index and its LSN is published: readers see it from here on. */
export interface CommitApplied {
  readonly kind: 'store.commit_applied';
  readonly lsn: Lsn;
  /** Keys in the index from here on; in a store with versions, all versions. */
  readonly keys: number;
}
/** The client was told. From here on the promise of its mode holds. */
export interface CommitAcknowledged {
  readonly kind: 'store.commit_acknowledged';
  readonly lsn: Lsn;
  readonly client: ClientId;
}
/** The client was told that the commit failed (`commit_unknown`: it may or may not be there after reopening). */
export interface CommitRejected {
  readonly kind: 'store.commit_rejected';
  readonly lsn: Lsn;
  readonly client: ClientId;
  readonly code: ErrorCode;
}
export interface KeyRead {
  readonly kind: 'store.key_read';
  readonly key: Uint8Array;
  readonly found: boolean;
}

export interface CheckpointStarted {
  readonly kind: 'store.checkpoint_started';
  readonly lsn: Lsn;
  /** Why now: asked for, by log bytes since the last one, because the log or the index's memory is nearly full, or in doubt after a failed flush. */
  readonly cause: 'asked' | 'log_bytes' | 'log_full' | 'memory_full' | 'log_in_doubt';
}
export interface CheckpointBlockWritten {
  readonly kind: 'store.checkpoint_block_written';
  readonly extent: ExtentId;
  readonly entries: number;
}
export interface CheckpointDataFlushed {
  readonly kind: 'store.checkpoint_data_flushed';
  readonly extents: number;
}
export interface SuperblockWritten {
  readonly kind: 'store.superblock_written';
  readonly slot: 0 | 1;
  readonly epoch: number;
  readonly checkpointLsn: Lsn;
  readonly redoPosition: LogPosition;
}
export interface SuperblockFlushed {
  readonly kind: 'store.superblock_flushed';
  readonly slot: 0 | 1;
}
export interface CheckpointFinished {
  readonly kind: 'store.checkpoint_finished';
  readonly lsn: Lsn;
  /** Extents that only the previous checkpoint needed, now free. */
  readonly freed: readonly ExtentId[];
}
export interface CheckpointAbandoned {
  readonly kind: 'store.checkpoint_abandoned';
  readonly lsn: Lsn;
  readonly code: ErrorCode;
}

export interface StoreFormatted {
  readonly kind: 'store.formatted';
  readonly storeId: string;
  readonly format: FormatOptions;
}
export interface SuperblockRead {
  readonly kind: 'store.superblock_read';
  readonly slot: 0 | 1;
  readonly valid: boolean;
  readonly epoch: number;
  /** The next three as far as the slot could be read: 0 and absent where it could not. */
  readonly checkpointLsn: Lsn;
  readonly redoPosition: LogPosition;
  readonly format?: FormatOptions;
  readonly reason: string;
}
/** The checkpoint image was read into the index. */
export interface CheckpointLoaded {
  readonly kind: 'store.checkpoint_loaded';
  readonly lsn: Lsn;
  readonly keys: number;
  readonly extents: readonly ExtentId[];
}
/** Recovery applied one commit from the log again. */
export interface CommitReplayed {
  readonly kind: 'store.commit_replayed';
  readonly lsn: Lsn;
  /** Keys in the index from here on. */
  readonly keys: number;
  readonly operations: readonly OperationSummary[];
}
export interface StoreRecovered {
  readonly kind: 'store.recovered';
  readonly report: RecoveryReport;
}
/** A flush failed, or a failed write could not be wiped: no more commits until the store is opened again. */
export interface StorePoisoned {
  readonly kind: 'store.poisoned';
  readonly code: ErrorCode;
}
export interface StoreClosed {
  readonly kind: 'store.closed';
}

export type StoreEvent =
  | CommitSubmitted
  | CommitApplied
  | CommitAcknowledged
  | CommitRejected
  | KeyRead
  | CheckpointStarted
  | CheckpointBlockWritten
  | CheckpointDataFlushed
  | SuperblockWritten
  | SuperblockFlushed
  | CheckpointFinished
  | CheckpointAbandoned
  | StoreFormatted
  | SuperblockRead
  | CheckpointLoaded
  | CommitReplayed
  | StoreRecovered
  | StorePoisoned
  | StoreClosed;

/** What a store can be watched through: its own events, and those of the layers under it. */
export type StoreTrace = TraceSink<StoreEvent | BTreeEvent | LsmEvent | MvccEvent | WalEvent | StorageEvent>;
