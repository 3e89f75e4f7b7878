/** What transactions say while they run: what each reads, writes and waits for nobody to do, and what is collected behind them. */
import type { ErrorCode } from '../base/errors';
import type { Lsn, TxnId } from '../base/ids';
import type { IsolationLevel } from './transaction';

export interface TransactionBegun {
  readonly kind: 'mvcc.transaction_begun';
  readonly transaction: TxnId;
  /** What its client calls it. Absent: a scan or a backup as of now, which is a reader of its own (E3 in `kv_store`). */
  readonly label?: string;
  readonly snapshot: Lsn;
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  /** Only where a protection is off: commits on their way that its snapshot has before they are published, by these keys. */
  readonly ahead?: readonly { readonly lsn: Lsn; readonly keys: readonly Uint8Array[] }[];
}
/** Whose write it is that a read must not find. */
export interface StrayWriter {
  /** Absent: a batch outside of any transaction. */
  readonly transaction?: TxnId;
  /** Of a commit that was not published when the snapshot was taken. Absent: the transaction has not committed. */
  readonly lsn?: Lsn;
}
/** A version was the one that a read wanted; of a key without one, `lsn` is absent. */
export interface VersionRead {
  readonly kind: 'mvcc.version_read';
  /** Absent: a read outside of any transaction. */
  readonly transaction?: TxnId;
  readonly key: Uint8Array;
  /** As of when. */
  readonly at: Lsn;
  readonly lsn?: Lsn;
  /** `own`: the transaction's own write, in its buffer. */
  readonly found: 'value' | 'tombstone' | 'nothing' | 'own';
  /**
   * Only where a protection is off: this is no version that its snapshot has. Without `lsn` there is no version of it at all.
   * A scan says it of each entry that it hands out, after the version that lies under it; a key that is left out because of
   * a stray deletion is not told of.
   */
  readonly stray?: StrayWriter;
}
/** A cursor went over a version that is not wanted: one hop along the chain. */
export interface VersionPassed {
  readonly kind: 'mvcc.version_passed';
  readonly transaction?: TxnId;
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  /** Than the snapshot; or than the version that was read of this key. */
  readonly why: 'newer' | 'older';
}
/** The chain was too long to walk: the rest of it was jumped over with one search. */
export interface ChainSkipped {
  readonly kind: 'mvcc.chain_skipped';
  readonly transaction?: TxnId;
  readonly key: Uint8Array;
}
export interface WriteBuffered {
  readonly kind: 'mvcc.write_buffered';
  readonly transaction: TxnId;
  readonly key: Uint8Array;
  readonly operation: 'put' | 'delete';
  readonly valueBytes: number;
}
/** Validation found nothing against it, and its record is in the log's buffer; from here on it has a timestamp. */
export interface CommitStarted {
  readonly kind: 'mvcc.commit_started';
  /** Absent: a batch outside of any transaction. */
  readonly transaction?: TxnId;
  readonly snapshot: Lsn;
  readonly lsn: Lsn;
  readonly keys: readonly Uint8Array[];
}
/** Another commit, newer than the snapshot, wrote this key. The transaction ends. */
export interface ConflictFound {
  readonly kind: 'mvcc.conflict_found';
  readonly transaction: TxnId;
  readonly key: Uint8Array;
  /** Of the other commit; `from` its snapshot, where it is known: the span of both can be drawn. */
  readonly lsn: Lsn;
  readonly from?: Lsn;
}
/** Read something, and another wrote a newer version of it: in any serial order, the reader came first. */
export interface DependencyFound {
  readonly kind: 'mvcc.dependency_found';
  /** Absent: a batch outside of any transaction wrote it. */
  readonly reader: TxnId;
  readonly writer?: TxnId;
  readonly writerLsn?: Lsn;
  readonly key: Uint8Array;
}
/** Two such dependencies in a row, of which the last transaction committed first: it might not be serializable. */
export interface DangerFound {
  readonly kind: 'mvcc.danger_found';
  /** The one that is refused. */
  readonly transaction: TxnId;
  /** Its place: in the middle, or as the first of the three, where the one in the middle has committed. */
  readonly as: 'pivot' | 'first';
  readonly other?: TxnId;
}
/** Visible, all of it, and what its mode promises holds. */
export interface CommitSettled {
  readonly kind: 'mvcc.commit_settled';
  readonly transaction?: TxnId;
  readonly lsn: Lsn;
  /** Absent: all is well. */
  readonly code?: ErrorCode;
}
/** From here on its snapshot keeps nothing alive. `read_only`: it committed and had written nothing, so nothing is on its way. */
export interface TransactionEnded {
  readonly kind: 'mvcc.transaction_ended';
  readonly transaction: TxnId;
  readonly how: 'submitted' | 'read_only' | 'aborted' | 'refused' | 'idle';
}
export interface SnapshotKept {
  readonly kind: 'mvcc.snapshot_kept';
  readonly name: string;
  readonly snapshot: Lsn;
}
export interface SnapshotReleased {
  readonly kind: 'mvcc.snapshot_released';
  readonly name: string;
}
export interface VacuumStarted {
  readonly kind: 'mvcc.vacuum_started';
}
/** A version that no snapshot can read any more is gone from the index, with all others that its slice found (U1). */
export interface VersionCollected {
  readonly kind: 'mvcc.version_collected';
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  readonly bytes: number;
}
/** A slice is over: what only snapshots older than `watermark` could read may go, from its beginning on (W2). */
export interface VacuumAdvanced {
  readonly kind: 'mvcc.vacuum_advanced';
  readonly watermark: Lsn;
  /** The last version that it saw; absent where there was none. */
  readonly last?: { readonly key: Uint8Array; readonly lsn: Lsn };
  readonly versionsSeen: number;
}
/**
 * A slice could not read on, or not remove what it found. The next one does it again; but nobody begins below `watermark`
 * any more, as after a slice that went through (W2).
 */
export interface SliceAbandoned {
  readonly kind: 'mvcc.slice_abandoned';
  readonly watermark: Lsn;
  readonly code: ErrorCode;
}
/** A pass over the whole index is done. */
export interface VacuumFinished {
  readonly kind: 'mvcc.vacuum_finished';
  readonly versionsSeen: number;
  readonly versionsCollected: number;
  readonly bytesCollected: number;
}

export type MvccEvent =
  | TransactionBegun
  | VersionRead
  | VersionPassed
  | ChainSkipped
  | WriteBuffered
  | CommitStarted
  | ConflictFound
  | DependencyFound
  | DangerFound
  | CommitSettled
  | TransactionEnded
  | SnapshotKept
  | SnapshotReleased
  | VacuumStarted
  | VersionCollected
  | VacuumAdvanced
  | SliceAbandoned
  | VacuumFinished;
