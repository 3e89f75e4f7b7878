/**
 * Background work of the store: checkpoints that start by themselves, and data files grown ahead of need.
 *
 * There is no thread and no timer to do it: who writes pays. After each group of commits its share of a checkpoint is
 * carried out, so that no commit waits for a whole one; a commit that finds the log full does wait (K3 in `store.ts`).
 *
 *     group written ──▶ grow the data files ──▶ is a checkpoint due? ──▶ this group's slice of it
 *                                     └── no: this group's share of the index's own work, merges of an LSM tree
 *                     and in either case its share of vacuum, in a store with versions (`vacuum_share.ts`)
 *     log full      ──▶ the checkpoint to its end, at once; then the share that the last group still owes the index
 *     close         ──▶ one, if the log to read again is long
 *     log in doubt  ──▶ one, before the first commit (P5 in `superblock.ts`)
 *
 * What goes wrong in it is sorted in one place (`guard`). A data file that takes no more ends the checkpoint: everything
 * is in the log, and the next one is tried after some more of it. Anything else ends all writing (K4), and so does a
 * refused write after which the index does not know what counts. A commit's own turn hears of none of it.
 */
import { EngineError, isEngineError } from '../base/errors';
import type { Checkpointer } from './checkpointer';
import { isRecoverable } from './checkpointer';
import type { CheckpointStarted } from './events';
import { checkpointDue, sliceBytes } from './policy';
import type { Recovered } from './recovery';
import type { TuningOptions } from './types';

/** Slice of a checkpoint that somebody asked for, or waits for. */
const CHECKPOINT_SLICE_BYTES = 64 * 1024;
/** As much log as an opening reads and applies in a few milliseconds. */
const REPLAY_BYTES_AFTER_CLOSE = 64 * 1024;
/**
 * Room for new entries worth so large a part of the log is kept free in the data files: commits rarely grow them. A
 * tree may need three times the bytes in pages, and most stores with one are small.
 */
const SLACK_SHARE_OF_LOG = { map: 4, pages: 32 };
/** After a checkpoint that was given up, the next one begins by itself when this part of the log was written. */
const RETRY_SHARE_OF_LOG = 16;
/** A checkpoint of an index with work of its own writes so many bytes for each that is committed, at least. */
const BACKGROUND_PACE = 4;

/** What commits on their way will add, which the index does not count yet. */
export interface UnappliedWork {
  readonly bytes: number;
  readonly operations: number;
}

export interface HousekeepingOptions {
  readonly parts: Pick<Recovered, 'geometry' | 'images' | 'index' | 'log' | 'superblock'>;
  readonly checkpointer: Checkpointer;
  readonly tuning: TuningOptions;
  readonly unapplied: () => UnappliedWork;
  readonly isOpen: () => boolean;
  /** Of a store with versions: this group's share of vacuum. */
  readonly payVacuum: (groupBytes: number) => void;
  /** K4: no more writing until the store is opened again. */
  readonly poison: (error: EngineError) => void;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** The device refused a checkpoint's block; by itself the next one begins once this much log was written. */
  #retryAtLogBytes = 0;
  /** In a slice: the commits that it carries out to make room in the log pay nothing. */
  #isPaying = false;
  /** Bytes of the last group, if a checkpoint took its turn and the index's own work got nothing of it. */
  #unpaidBytes = 0;
  /** A pass of `sweep` has begun, and not yet the checkpoint that it takes. */
  #sweepAwaitsCheckpoint = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** After each group: data files grown ahead, a checkpoint begun when due, this group's share of it. */
  pay(groupBytes: number): void {
    this.reserveAhead();
    if (this.#isPaying) return;
    this.#payCheckpoint(groupBytes);
    this.#payVacuum(groupBytes);
  }

  #payCheckpoint(groupBytes: number): void {
    const { checkpointer, parts } = this.#options;
    const { index, log } = parts;
    let cause: CheckpointStarted['cause'] | undefined;
    if (checkpointer.runningLsn === undefined && log.bytesWritten >= this.#retryAtLogBytes) {
      cause = this.#checkpointDue();
    }
    try {
      if (!cause && checkpointer.runningLsn === undefined) {
        this.#payBackground(groupBytes);
        return;
      }
      if (cause) this.begin(cause);
      const slice = sliceBytes(checkpointer.remainingBytes, groupBytes, log.freeBytes);
      // An index with work of its own does that between checkpoints, and needs time for it.
      this.step(index.background ? Math.max(slice, BACKGROUND_PACE * groupBytes) : slice);
      // Where every group makes a checkpoint due, there is no other time between two of them.
      if (checkpointer.runningLsn === undefined) this.#payBackground(groupBytes);
      else this.#unpaidBytes = groupBytes;
    } catch (error) {
      // Nobody asked for it: the log still has room, and whoever finds it full is told.
      if (!isRecoverable(error)) throw error;
    }
  }

  #payVacuum(groupBytes: number): void {
    const { isOpen, payVacuum } = this.#options;
    if (!isOpen()) return;
    this.#isPaying = true;
    try {
      payVacuum(groupBytes);
    } finally {
      this.#isPaying = false;
    }
  }

  /** Where every group fills the log, each begins a checkpoint that has to end at once: there is no other time either. */
  payAfterCheckpoint(): void {
    try {
      this.#payBackground(this.#unpaidBytes);
    } catch (error) {
      if (!isRecoverable(error)) throw error;
    }
  }

  #checkpointDue(): CheckpointStarted['cause'] | undefined {
    const { parts, tuning } = this.#options;
    const { geometry, index, log } = parts;
    const due = checkpointDue({
      bytesToReplay: this.#bytesToReplay,
      freeBytes: log.freeBytes,
      logBytes: geometry.logBytes,
      checkpointLogBytes: tuning.checkpointLogBytes,
    });
    return due ?? (index.wantsCheckpoint === true ? 'memory_full' : undefined);
  }

  /** What this group owes of the index's own work; where commits are stalled, as much as it takes to go on. */
  #payBackground(groupBytes: number): void {
    const { index } = this.#options.parts;
    const share = index.backgroundShare ?? 0;
    this.#unpaidBytes = 0;
    if (share === 0 || groupBytes === 0) return;
    this.#background(share * groupBytes);
    while (index.isStalled === true && !this.#background(CHECKPOINT_SLICE_BYTES).done);
  }

  #background(budgetBytes: number): { readonly done: boolean } {
    const { index } = this.#options.parts;
    return this.#work(() => index.background?.(Math.ceil(budgetBytes))) ?? { done: true };
  }

  /** Grows the data files before a commit needs it. No room is no error here: the commit that needs it will be told. */
  reserveAhead(): void {
    const { geometry, index } = this.#options.parts;
    const { bytes, operations } = this.#options.unapplied();
    const slack = geometry.logBytes / SLACK_SHARE_OF_LOG[this.#isInFiles ? 'pages' : 'map'];
    try {
      index.reserve(bytes + slack, operations);
    } catch (error) {
      if (!isRecoverable(error)) throw error;
    }
  }

  /** Begins a checkpoint, unless one is under way. */
  begin(cause: CheckpointStarted['cause']): void {
    const { checkpointer } = this.#options;
    if (checkpointer.runningLsn === undefined) this.guard(() => checkpointer.begin(cause));
  }

  step(budgetBytes: number): { readonly done: boolean } {
    const { checkpointer, parts } = this.#options;
    if (checkpointer.runningLsn === undefined) return this.#background(budgetBytes);
    const { done } = this.#work(() => checkpointer.step(budgetBytes)) ?? { done: true };
    return { done: done && (parts.index.backgroundShare ?? 0) === 0 };
  }

  /**
   * A slice of a merge of everything, in an index whose merges collect garbage. What is in its memory when the pass begins
   * (`isFirst`) goes to a table first: with a checkpoint that begins from then on, since one under way has begun without it.
   * While a checkpoint is under way the slice is one of that. Throws what the merge was given up for.
   */
  sweep(budgetBytes: number, isFirst: boolean): { readonly done: boolean } {
    const { checkpointer, isOpen, parts } = this.#options;
    if (isFirst) this.#sweepAwaitsCheckpoint = true;
    if (this.#sweepAwaitsCheckpoint && checkpointer.runningLsn === undefined) {
      this.begin('asked');
      this.#sweepAwaitsCheckpoint = false;
    }
    if (!isOpen()) return { done: false }; // K4: the caller is told.
    if (checkpointer.runningLsn !== undefined) {
      this.step(budgetBytes);
      return { done: false };
    }
    const { done = false, gaveUp } = this.#work(() => parts.index.sweep?.(budgetBytes)) ?? {};
    if (gaveUp) throw gaveUp;
    return { done };
  }

  /** Runs a checkpoint under way to its end. Throws `store_full` or `write_failed` if it had to be given up. */
  finish(): void {
    this.#work(() => this.#options.checkpointer.runToEnd(CHECKPOINT_SLICE_BYTES));
  }

  #work<T>(work: () => T): T | undefined {
    this.#isPaying = true;
    try {
      return this.guard(work);
    } finally {
      this.#isPaying = false;
    }
  }

  /** Images of pages are read, and no work. */
  get #bytesToReplay(): number {
    const { images, log } = this.#options.parts;
    return log.appendPosition - log.redoPosition - images.bytesBehindRedo;
  }

  /** The index has its contents in the data files; a map has them in memory. */
  get #isInFiles(): boolean {
    const { lsm, tree } = this.#options.parts.superblock.format;
    return (lsm ?? tree) !== undefined;
  }

  /** A tree need not read the log again that it has applied: a checkpoint now is paid for by whoever has finished. */
  shortenReplay(): void {
    if (!this.#isInFiles || this.#bytesToReplay <= REPLAY_BYTES_AFTER_CLOSE) return;
    try {
      this.begin('asked');
      this.finish();
    } catch (error) {
      // The log has everything: no room for a checkpoint is no reason not to close.
      if (!isRecoverable(error)) throw error;
    }
  }

  /**
   * The index built anew, as far as it can be. Damage that it meets says nothing of what was written: the caller is told,
   * and the store goes on as it was.
   */
  rebuild(): void {
    let damage: EngineError | undefined;
    this.guard(() => {
      try {
        this.#options.parts.index.rebuild?.();
      } catch (error) {
        if (!isDamage(error)) throw error;
        damage = error;
      }
    });
    if (damage) throw damage;
  }

  /** P5: everything that the log shows goes to the data files, which are written anew and flushed. */
  leaveLogBehind(): void {
    this.begin('log_in_doubt');
    this.finish();
  }

  /**
   * K4: runs a piece of work on the data files and sorts its errors. One that takes no more ends the checkpoint, and the
   * error goes on to the caller; anything else that an `EngineError` names ends all writing, and so does that one if the
   * index is in doubt.
   */
  guard<T>(work: () => T): T | undefined {
    const { checkpointer, isOpen, parts, poison } = this.#options;
    try {
      return work();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const isInDoubt = checkpointer.hasTouchedSlots || parts.index.isInDoubt === true;
      if (isRecoverable(error) && !isInDoubt && isOpen()) {
        checkpointer.abandon(error);
        this.#retryAtLogBytes = parts.log.bytesWritten + parts.geometry.logBytes / RETRY_SHARE_OF_LOG;
        throw error;
      }
      poison(error);
      return undefined;
    }
  }
}

const isDamage = (error: unknown): error is EngineError =>
  isEngineError(error, 'page_damaged') || isEngineError(error, 'table_damaged') || isEngineError(error, 'read_failed');
