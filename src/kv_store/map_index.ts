/**
 * The first index of the store: an ordered map in memory, made durable by whole checkpoints.
 *
 * Between checkpoints it lives only in memory; the log holds what is missing. That makes it the simplest index that
 * is durable at all: the B-tree and the LSM tree keep their contents in the data files and differ from it only in
 * what a checkpoint has to write.
 */
import { assert } from '../base/assert';
import { EMPTY_BYTES } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import { lsn, type ExtentId, type Lsn } from '../base/ids';
import {
  seekFirstByCursor,
  type Batch,
  type Cursor,
  type Entry,
  type Finding,
  type IndexCheckpoint,
  type IndexStats,
  type OrderedIndex,
  type Range,
} from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import type { TraceSink } from '../base/trace';
import { ExtentAllocator, type DataFileName } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import { readCheckpoint } from './checkpoint_reader';
import { blocksFor, ENTRY_OVERHEAD_BYTES } from './checkpoint_block';
import { CheckpointWriter } from './checkpoint_writer';
import type { StoreEvent } from './events';

export interface MapIndexOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly verifyChecksums: boolean;
  readonly flushData: boolean;
  readonly wholeWrites: boolean;
  readonly trace: TraceSink<StoreEvent> | null;
  /** For salvage: keeps what can be read of a damaged checkpoint, as the one of this LSN, instead of refusing it. */
  readonly salvageLsn?: Lsn | undefined;
}

export class MapIndex implements OrderedIndex {
  readonly #options: MapIndexOptions;
  readonly #map = new OrderedMap();
  #durableLsn = lsn(0);
  #appliedLsn = lsn(0);
  /** Extents the current superblock's root reaches. */
  #liveExtents: readonly ExtentId[] = [];
  #checkpoint: CheckpointWriter | undefined;
  #lastFreed: readonly ExtentId[] = [];
  #finishedBytes = 0;
  #damage: EngineError | undefined;
  /** Names the live extents. */
  #root: Uint8Array = EMPTY_BYTES;

  constructor(options: MapIndexOptions) {
    this.#options = options;
  }

  /**
   * Loads the checkpoint that a root names; an empty root is an empty index. Entries come in key order out of
   * blocks that were verified, and one may run on into the next block: so salvage ends at the first bad block.
   *
   * @throws EngineError checkpoint_damaged, unless this is for salvage
   */
  static open(root: Uint8Array, options: MapIndexOptions): MapIndex {
    const index = new MapIndex(options);
    if (root.length === 0) return index;
    const map = index.#map;
    try {
      const loaded = readCheckpoint(root, options, ({ key, value }) => map.put(key, value));
      index.#liveExtents = loaded.extents;
      index.#root = root;
      index.#durableLsn = index.#appliedLsn = loaded.root.lsn;
    } catch (error) {
      if (options.salvageLsn === undefined || !isEngineError(error, 'checkpoint_damaged')) throw error;
      index.#durableLsn = index.#appliedLsn = options.salvageLsn;
      index.#damage = error;
    }
    return index;
  }

  /** Why entries are missing, in an index that was opened for salvage. */
  get damage(): EngineError | undefined {
    return this.#damage;
  }

  get durableLsn(): Lsn {
    return this.#durableLsn;
  }
  get appliedLsn(): Lsn {
    return this.#appliedLsn;
  }
  get liveExtents(): readonly ExtentId[] {
    return this.#liveExtents;
  }
  /** Extents the checkpoint under way has written. */
  get writingExtents(): readonly ExtentId[] {
    return this.#checkpoint?.written ?? [];
  }
  /** Those, and the one it has taken for the next block. */
  get allocatedExtents(): readonly ExtentId[] {
    return this.#checkpoint?.allocated ?? [];
  }
  /** Bytes of checkpoint blocks written since opening. */
  get checkpointBytesWritten(): number {
    return this.#finishedBytes + (this.#checkpoint?.written.length ?? 0) * this.#options.allocator.extentBytes;
  }
  /** What the last finished checkpoint made free. */
  get lastFreed(): readonly ExtentId[] {
    return this.#lastFreed;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#map.get(key);
  }

  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    // One look at what is there now: freezing it would make the next write copy its way down.
    return seekFirstByCursor((within) => this.#map.cursor(within, false), prefix, range, restBytes);
  }

  cursor(range: Range, reverse: boolean): Cursor {
    return this.#map.snapshot().cursor(range, reverse);
  }

  apply(batch: Batch, at: Lsn): void {
    assert(at > this.#appliedLsn, 'X2: batches are applied in LSN order');
    for (const operation of batch) {
      if (operation.kind === 'put') this.#map.put(operation.key, operation.value);
      else this.#map.delete(operation.key);
    }
    this.#appliedLsn = at;
  }

  /** X6. */
  forget(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#map.delete(key);
  }

  beginCheckpoint(): IndexCheckpoint {
    assert(this.#checkpoint === undefined, 'one checkpoint at a time');
    const { allocator, flushData, storeSeed, trace, wholeWrites } = this.#options;
    this.#checkpoint = new CheckpointWriter({
      snapshot: this.#map.snapshot(),
      lsn: this.#appliedLsn,
      allocator,
      preferredFile: this.#nextFile(),
      storeSeed,
      flushData,
      wholeWrites,
      trace,
      onFinish: (extents) => this.#replaceLive(extents),
      onAbandon: () => this.#endCheckpoint(),
    });
    return this.#checkpoint;
  }

  /**
   * Sees to it that a checkpoint of the present contents plus `extraBytes` finds free extents whenever it starts: also
   * behind one that is under way, and also if that one is given up or lost in a crash. And the next one after it: while
   * a checkpoint is written the one in force stays, so there is room for two of this size, or the second finds none.
   * Whoever wants to add those bytes asks first, so that what a commit promised can always be checkpointed, and
   * deletes never run out of room.
   *
   * Throws `store_full` or `write_failed`; nothing has changed then.
   */
  reserve(extraBytes: number): void {
    const { allocator } = this.#options;
    const needed = blocksFor(
      this.#map.userBytes + ENTRY_OVERHEAD_BYTES * this.#map.keys + extraBytes,
      allocator.extentBytes,
    );
    const first = this.#nextFile();
    this.#addFree(first, needed - this.#freeExtents() - this.#comingBack());
    const all = this.#freeExtents() + this.#liveExtents.length + this.allocatedExtents.length;
    this.#addFree(first === 'data_0' ? 'data_1' : 'data_0', 2 * needed - all);
  }

  #freeExtents(): number {
    const { allocator } = this.#options;
    return allocator.freeExtents('data_0') + allocator.freeExtents('data_1');
  }

  #addFree(name: DataFileName, extents: number): void {
    const { allocator } = this.#options;
    if (extents > 0) allocator.reserve(name, allocator.freeExtents(name) + extents);
  }

  /** Everything is in memory: nothing that a batch needs can be missing. */
  prepare(): void {
    return;
  }

  /** Reads the checkpoint in force again, as an opening would. */
  scrub(files: FileSet): Finding[] {
    if (this.#root.length === 0) return [];
    const { storeSeed } = this.#options;
    try {
      const allocator = new ExtentAllocator(files, this.#options.allocator.extentBytes);
      readCheckpoint(this.#root, { allocator, storeSeed, verifyChecksums: true }, () => undefined);
      return [];
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [{ rule: 'K8', detail: error.message, place: error.place }];
    }
  }

  stats(): IndexStats {
    return { keys: this.#map.keys, userBytes: this.#map.userBytes };
  }

  check(): Finding[] {
    return this.#map.check();
  }

  /** The two files take turns: a checkpoint goes where the live one is not. */
  #nextFile(): DataFileName {
    const current = this.#liveExtents[0];
    return current !== undefined && this.#options.allocator.locate(current).name === 'data_0' ? 'data_1' : 'data_0';
  }

  /**
   * Extents that the checkpoint under way will leave free, over those that are free now: what is live now, less what
   * it still takes, if it finishes; what it has taken, if it is given up. The smaller counts.
   */
  #comingBack(): number {
    const running = this.#checkpoint;
    if (!running) return 0;
    return Math.min(this.#liveExtents.length - running.remainingBlocks, running.allocated.length);
  }

  #replaceLive(extents: readonly ExtentId[]): void {
    this.#durableLsn = this.#checkpoint!.lsn;
    this.#root = this.#checkpoint!.root;
    this.#lastFreed = this.#liveExtents;
    for (const extent of this.#liveExtents) this.#options.allocator.free(extent);
    this.#liveExtents = extents;
    this.#endCheckpoint();
  }

  #endCheckpoint(): void {
    this.#finishedBytes = this.checkpointBytesWritten;
    this.#checkpoint = undefined;
  }
}
