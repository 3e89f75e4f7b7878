/**
 * A transaction as its client sees it: a view of the store that does not move, and writes that nobody else sees until
 * they are committed, all together.
 *
 *     begin ──▶ active ──commit──▶ committing ──published──▶ committed
 *                  │   │                ├── the device refused it ──▶ aborted
 *                  │   │                └── commit_unknown ─────────▶ unknown: opening the store again will show
 *                  │   └── commit refused: another came first ─────▶ aborted
 *                  └── abort, or idle for too long ────────────────▶ aborted
 */
import type { EngineError } from '../base/errors';
import type { Lsn, TxnId } from '../base/ids';
import type { Entry, Operation, Range } from '../base/ordered_index';

/**
 *   snapshot      reads as of the beginning; of two that overlap and write the same key, the first to commit wins
 *   serializable  besides, nothing comes out that running them one after the other in some order could not have given
 */
export type IsolationLevel = 'snapshot' | 'serializable';

export interface BeginOptions {
  /** It may not write. Its commit writes nothing and never waits. */
  readonly readOnly?: boolean;
  /** Reads as of this older timestamp, if it is still kept. Implies `readOnly`, and `snapshot`. */
  readonly at?: Lsn;
  /** Default: snapshot. */
  readonly level?: IsolationLevel;
  /** What reports and pictures call it. */
  readonly label?: string;
}

export type TransactionState = 'active' | 'committing' | 'committed' | 'aborted' | 'unknown';

/** How the commit is written; handed on to whoever writes it. */
export interface TransactionCommitOptions {
  readonly mode?: 'strict' | 'relaxed';
  readonly client?: number;
}

/** A commit that passed validation and is on its way. */
export interface CommitReceipt {
  /** Its timestamp: the LSN of its record in the log. Of one that wrote nothing, its snapshot. */
  readonly lsn: Lsn;
  /** Called once, with nothing when the commit is visible and its promise holds, else with the error. */
  onSettled(listener: (error?: EngineError) => void): void;
}

export interface Transaction {
  readonly id: TxnId;
  readonly label?: string | undefined;
  /** It reads what was published up to here. */
  readonly snapshot: Lsn;
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  readonly state: TransactionState;
  /** Its writes so far, the last of each key, in key order. */
  readonly writes: readonly Operation[];

  /**
   * The value as of the snapshot, or as the transaction itself wrote it. Read it, do not write to the array.
   *
   * @throws EngineError snapshot_too_old, as do all others but `abort`; key_too_large; what reading throws
   */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries in key order, or against it, as of this call: what the transaction writes later does not show in it. Throws as `get` does, each step too. */
  scan(range?: Range, reverse?: boolean): Generator<Entry, void>;
  /** @throws EngineError key_too_large, value_too_large, snapshot_too_old */
  put(key: Uint8Array, value: Uint8Array): void;
  /** @throws EngineError key_too_large, snapshot_too_old */
  delete(key: Uint8Array): void;
  /**
   * Throws before anything is written, and the transaction is aborted: write_conflict, serialization_failure, snapshot_too_old. Throws what the
   * writing itself refuses, such as store_full, and it is active as before. One that wrote nothing is committed at once.
   */
  commit(options?: TransactionCommitOptions): CommitReceipt;
  /** Forgets what it wrote. Does nothing if it has ended. */
  abort(): void;
}

/** Somebody who keeps old versions alive: a transaction under way, or a snapshot with a name. */
export interface Reader {
  readonly snapshot: Lsn;
  /** Of a transaction; and what its client calls it. */
  readonly transaction?: TxnId;
  readonly label?: string;
  /** Of a named snapshot. */
  readonly name?: string;
  /** Ticks since it began. */
  readonly ageTicks: number;
  /** Ticks since it was last used. */
  readonly idleTicks: number;
}
