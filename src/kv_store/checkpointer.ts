/**
 * Drives a checkpoint from its start to the reuse of the log, one slice at a time.
 *
 *     begin      remember where the log stands: everything before is in the frozen view
 *     data       the index writes its blocks, then flushes them         (many slices, commits go on in between)
 *     slot A     flush the log, write the slot that is not in force, flush it
 *     slot B     write the other, flush it
 *     settle     the index writes what had to wait until both slots name its new root
 *     finish     free the old checkpoint's extents, move the redo point: only now may the log be reused (P2)
 *
 * A crash before slot A leaves the old checkpoint and the whole log; after it, the new checkpoint and the log from the
 * new redo point on; nothing the old one needs has been touched until both slots have left it.
 *
 * The log is flushed before slot A because the slot names the last group before the redo point as its guard: a log
 * without that group is older than the superblock, and recovery says so. And because images of pages may be in it, which
 * are written over in `settle`.
 */
import { assert } from '../base/assert';
import { isEngineError, type EngineError } from '../base/errors';
import { lsn, type LogPosition, type Lsn } from '../base/ids';
import type { IndexCheckpoint } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { RedoPoint } from '../storage/log_region';
import type { StorageFile } from '../storage/file';
import type { WriteAheadLog } from '../wal';
import type { CheckpointStarted, StoreEvent } from './events';
import type { ImageLog } from './image_log';
import type { StoreIndex } from './store_index';
import type { Superblock } from './superblock';
import type { SlotNumber, SuperblockFile } from './superblock_file';

export interface CheckpointerOptions {
  readonly index: StoreIndex;
  readonly log: WriteAheadLog;
  readonly images: ImageLog;
  readonly superblocks: SuperblockFile;
  readonly superblock: Superblock;
  /** Protection: off, the log is reused as soon as the checkpoint's data is written. */
  readonly superblockBeforeReuse: boolean;
  /** Protection: off, a flush of the log that images alone ask for is left out. */
  readonly imagesBeforeSuperblock: boolean;
  readonly trace: TraceSink<StoreEvent> | null;
}

interface Running {
  readonly data: IndexCheckpoint;
  readonly redo: RedoPoint;
  readonly guardPosition: LogPosition;
  /** Slots still to be written; undefined while the data is. */
  slots: SlotNumber[] | undefined;
  next: Superblock | undefined;
}

/** Slots are small: a slice that only writes one is counted as this much. */
const SLOT_COST_BYTES = 4096;

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #superblock: Superblock;
  #running: Running | undefined;
  #isNoting = false;
  finished = 0;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#superblock = options.superblock;
  }

  /** The superblock in force. */
  get superblock(): Superblock {
    return this.#superblock;
  }
  /** Where recovery would start. */
  get redo(): RedoPoint {
    const { checkpointLsn, redoLink, redoPosition } = this.#superblock;
    return { position: redoPosition, lsn: lsn(checkpointLsn + 1), link: redoLink };
  }
  /** LSN of the checkpoint under way. */
  get runningLsn(): Lsn | undefined {
    return this.#running?.data.lsn;
  }
  get remainingBytes(): number {
    return this.#running ? this.#running.data.remainingBytes + 2 * SLOT_COST_BYTES : 0;
  }

  begin(cause: CheckpointStarted['cause']): void {
    const { images, index, log, trace } = this.#options;
    assert(this.#running === undefined, 'one checkpoint at a time');
    assert(log.writtenLsn === index.appliedLsn, 'a checkpoint starts between groups: what is written is applied');
    const position = log.appendPosition;
    images.beginCheckpoint();
    this.#running = {
      data: index.beginCheckpoint(),
      redo: { position, lsn: lsn(index.appliedLsn + 1), link: log.link },
      // P5: a group that may be in the cache alone guards nothing.
      guardPosition: this.#superblock.logInDoubt ? position : (log.lastGroup ?? position),
      slots: undefined,
      next: undefined,
    };
    trace?.emit({ kind: 'store.checkpoint_started', lsn: index.appliedLsn, cause });
  }

  /**
   * One slice. `store_full` and `write_failed` from the data files end this checkpoint and nothing else; any other
   * error, and any from the superblock, leaves in doubt what the disk holds.
   */
  step(budgetBytes: number): { readonly done: boolean } {
    const running = this.#running;
    if (!running) return { done: true };
    if (running.slots === undefined) {
      if (!running.data.step(budgetBytes).done) return { done: false };
      this.#dataIsDurable(running);
      return { done: false };
    }
    const slot = running.slots.shift();
    if (slot !== undefined) this.#options.superblocks.replace(slot, running.next!);
    if (running.slots.length > 0) return { done: false };
    if (!running.data.settle(budgetBytes).done) return { done: false };
    this.#finish(running);
    return { done: true };
  }

  runToEnd(budgetBytes: number): void {
    while (!this.step(budgetBytes).done);
  }

  /** Gives the running checkpoint up. Only before a slot was written: after that it may already be in force. */
  abandon(error: EngineError): void {
    const running = this.#running;
    if (!running) return;
    assert(!this.hasTouchedSlots, 'a checkpoint whose slot was written is not abandoned');
    running.data.abandon();
    this.#running = undefined;
    this.#options.trace?.emit({ kind: 'store.checkpoint_abandoned', lsn: running.data.lsn, code: error.code });
  }

  /** True once a slot may hold a superblock that is not in force yet, or the index itself cannot go back. */
  get hasTouchedSlots(): boolean {
    return this.#isNoting || this.#running?.slots !== undefined || this.#running?.data.isInDoubt === true;
  }

  /**
   * Writes the superblock in force again, with what is durable now: a clean end, after which a missing record is proof,
   * and no page has to be put back in its place.
   */
  writeDurableLsn(): void {
    const { index, log, superblocks } = this.#options;
    const root = index.settledRoot;
    if (log.flushedLsn <= this.#superblock.durableLsn && root === undefined) return;
    const next = { ...this.#superblock, ...this.#durable(), epoch: this.#superblock.epoch + 1, ...(root && { root }) };
    this.#isNoting = true;
    for (const slot of superblocks.writeOrder) superblocks.replace(slot, next);
    this.#isNoting = false;
    this.#superblock = next;
  }

  /**
   * P7, the last thing that a store does: cuts the log off, nothing of which is needed. Only right after a checkpoint.
   */
  cutLog(logFile: StorageFile): void {
    const { index, log, superblocks } = this.#options;
    const { checkpointLsn, epoch, redoPosition, root } = this.#superblock;
    assert(checkpointLsn === log.writtenLsn, 'P7: nothing is in the log alone');
    const next = {
      ...this.#superblock,
      epoch: epoch + 1,
      guardPosition: redoPosition,
      durablePosition: undefined,
      isLogCut: true,
      root: index.settledRoot ?? root,
    };
    this.#isNoting = true;
    for (const slot of superblocks.writeOrder) superblocks.replace(slot, next);
    logFile.truncate(0);
    logFile.flush();
    this.#isNoting = false;
    this.#superblock = next;
  }

  /** After a flush of the log failed: see P5. The last thing that a store writes. */
  noteLogInDoubt(): void {
    if (this.#isNoting) return; // Slots are being written, and may have failed: they are left alone.
    this.#isNoting = true;
    const { superblocks } = this.#options;
    superblocks.noteLogInDoubt(this.#durableSuperblock(superblocks.writeOrder.length));
  }

  /** What a slot holds durably, with the highest epoch: between two slots of a checkpoint, already the new one. */
  #durableSuperblock(slots: number): Superblock {
    const running = this.#running;
    const isReplaced = running?.slots !== undefined && running.slots.length < slots;
    return isReplaced ? running.next! : this.#superblock;
  }

  #dataIsDurable(running: Running): void {
    const { log, superblockBeforeReuse, superblocks } = this.#options;
    if (this.#needsFlush) log.flush();
    running.next = {
      ...this.#superblock,
      ...this.#durable(),
      epoch: this.#superblock.epoch + 1,
      checkpointLsn: running.data.lsn,
      redoPosition: running.redo.position,
      redoLink: running.redo.link,
      guardPosition: running.guardPosition,
      logInDoubt: false,
      root: running.data.root,
    };
    running.slots = [...superblocks.writeOrder];
    if (!superblockBeforeReuse) log.freeTo(running.redo.position, running.guardPosition, running.redo.lsn);
  }

  get #needsFlush(): boolean {
    const { images, imagesBeforeSuperblock, log } = this.#options;
    return log.unflushedBytes > (imagesBeforeSuperblock ? 0 : images.unflushedBytes);
  }

  /** P3. */
  #durable(): Pick<Superblock, 'durableLsn' | 'durablePosition'> {
    const { log } = this.#options;
    const durableLsn = log.flushedLsn;
    const { durablePosition, format } = this.#superblock;
    if (format.tree?.protection !== 'log_images' || log.unflushedBytes > 0) return { durableLsn, durablePosition };
    return { durableLsn, durablePosition: log.appendPosition };
  }

  #finish(running: Running): void {
    const { index, log, superblockBeforeReuse, trace } = this.#options;
    running.data.finish();
    this.#running = undefined;
    this.finished++;
    trace?.emit({ kind: 'store.checkpoint_finished', lsn: running.data.lsn, freed: index.lastFreed });
    if (superblockBeforeReuse) log.freeTo(running.redo.position, running.guardPosition, running.redo.lsn);
    this.#superblock = running.next!;
  }
}

/** Errors after which a checkpoint can be given up and tried again later, the store going on as it is. */
export function isRecoverable(error: unknown): error is EngineError {
  return isEngineError(error, 'store_full') || isEngineError(error, 'write_failed');
}
