/**
 * What is measured. A new competitor is one class with this interface and one line in `subjects.ts`.
 *
 * A subject lives in a dedicated worker of its own and keeps its files in the folder it is given. It is called by one
 * caller, one call after the other; calls that need no waiting return at once, so that a synchronous engine is not
 * charged for promises. What a subject cannot do it leaves out, and the workloads that need it pass it by.
 */
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import type { Transaction } from '../mvcc';

export type Awaitable<T> = T | Promise<T>;

export interface Subject {
  /** Opens what the folder holds, or something new and empty. */
  open(): Awaitable<void>;
  close(): Awaitable<void>;
  /** Deletes everything; the subject is closed. */
  remove(): Awaitable<void>;

  /** One caller who waits: returns when the promise of the mode holds. */
  commit(batch: Batch, mode: DurabilityMode): Awaitable<void>;
  /** Callers who do not wait for each other: `onSettled` is called when the promise holds. */
  submit?(batch: Batch, mode: DurabilityMode, onSettled: () => void, client?: number): void;
  /** Does now what commits leave for later, so that none of the next ones pays for it. */
  settle?(): Awaitable<void>;
  get?(key: Uint8Array): Awaitable<Uint8Array | undefined>;
  /** Visits up to `limit` entries from `from` on, in key order, with their bytes in hand. */
  scan?(from: Uint8Array | undefined, limit: number, visit: Visit): Awaitable<void>;
  /** Bytes of its files once it has been made as small as it can be and closed; it is open again afterwards. */
  bytesOnDisk?(): Awaitable<number>;
  /** For engines that merge in the background. */
  readonly merging?: MergingSubject;
  /** For engines with transactions. */
  readonly versions?: VersionedSubject;
  /** For engines with a log of their own. */
  readonly recovery?: RecoverySubject;
}

export type Visit = (key: Uint8Array, value: Uint8Array) => void;

export interface MergingSubject {
  /** Bytes that merges have to read until none is due any more. */
  debtBytes(): number;
  /** Flushes so far, of any file. */
  flushes(): number;
}

export interface VersionedSubject {
  /** Reads only; its snapshot is given back by `commit`. */
  begin(): Transaction;
  /** As of now, outside of any transaction. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Collects all that nobody reads any more. */
  vacuum(): void;
  /** The same, and a checkpoint: what was owed of either by now is nobody else's to pay. */
  settle(): void;
}

/** How much a recovery read. */
export interface LogTail {
  readonly records: number;
  readonly bytes: number;
}

/** A second store of the same engine, whose contents are in its log alone. */
export interface RecoverySubject {
  /** Makes it, with commits of one put each. */
  fill(logBytes: number, put: (number: number) => Batch): Promise<void>;
  /** Opens its files; unmeasured. */
  prepare(): Promise<void>;
  /** Everything a crashed store does before it takes the next commit. */
  recover(): LogTail;
  /** Reading and checking the log, without applying it. */
  scan(): LogTail;
  close(): void;
  remove(): Promise<void>;
}
