/**
 * Writes one checkpoint: a frozen view of the map, streamed block by block into free extents, while commits go on.
 *
 *   C1  Only free extents are written: until both superblock slots name the new root, the old one is whole.
 *   C2  Blocks go to the data file that does not hold the current checkpoint, where it has room: the two take turns,
 *       and one flush covers the new one.
 *   C3  The data is flushed before `done`: a root is never named before what it reaches is durable.
 *   C4  Each slice writes at least one block and at most its budget, at most 64 KiB a call.
 */
import { assert } from '../base/assert';
import type { ExtentId, Lsn } from '../base/ids';
import type { Cursor, Entry, IndexCheckpoint } from '../base/ordered_index';
import type { MapSnapshot } from '../base/ordered_map';
import type { TraceSink } from '../base/trace';
import { putVarint, VARINT_BYTES_MAX } from '../base/varint';
import type { DataFileName, ExtentAllocator } from '../storage/extent_allocator';
import { assertWholeWrite } from '../storage/file';
import { BLOCK_HEADER_BYTES, blocksFor, encodeBlockHeader, encodeRoot, ENTRY_OVERHEAD_BYTES } from './checkpoint_block';
import type { StoreEvent } from './events';

export interface CheckpointWriterOptions {
  readonly snapshot: MapSnapshot;
  readonly lsn: Lsn;
  readonly allocator: ExtentAllocator;
  readonly preferredFile: DataFileName;
  readonly storeSeed: number;
  readonly flushData: boolean;
  readonly wholeWrites: boolean;
  readonly trace: TraceSink<StoreEvent> | null;
  /** Called once, by `finish`, with the extents the new root reaches. */
  readonly onFinish: (extents: readonly ExtentId[]) => void;
  readonly onAbandon: () => void;
}

export class CheckpointWriter implements IndexCheckpoint {
  readonly #options: CheckpointWriterOptions;
  readonly #cursor: Cursor;
  readonly #extents: ExtentId[] = [];
  readonly #touched = new Set<DataFileName>();
  readonly #block: Uint8Array;
  #used = 0;
  #blockEntries = 0;
  /** The entry being written, encoded head first, and how much of head, key and value is already in blocks. */
  #entry: Entry | undefined;
  readonly #head = new Uint8Array(2 * VARINT_BYTES_MAX);
  #headBytes = 0;
  #entryAt = 0;
  #bytesLeft: number;
  #blocksWritten = 0;
  #isWritten = false;
  #isDone = false;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
    this.#cursor = options.snapshot.cursor({}, false);
    this.#block = new Uint8Array(options.allocator.extentBytes);
    // Two varints and its share of block headers an entry: an estimate, good enough to pace by.
    this.#bytesLeft = options.snapshot.userBytes + 4 * options.snapshot.keys + options.allocator.extentBytes;
    this.#nextEntry();
  }

  get lsn(): Lsn {
    return this.#options.lsn;
  }
  get remainingBytes(): number {
    return this.#isDone ? 0 : Math.max(this.#bytesLeft, this.#block.length);
  }
  /** The extents written so far, in order. */
  get written(): readonly ExtentId[] {
    return this.#extents.slice(0, this.#blocksWritten);
  }
  get allocated(): readonly ExtentId[] {
    return this.#extents;
  }
  /** At most so many blocks are still to come that have no extent yet. */
  get remainingBlocks(): number {
    if (this.#isWritten) return 0;
    const { keys, userBytes } = this.#options.snapshot;
    return Math.max(0, blocksFor(userBytes + ENTRY_OVERHEAD_BYTES * keys, this.#block.length) - this.#extents.length);
  }
  get root(): Uint8Array {
    assert(this.#isDone, 'C3: a root exists once its data is durable');
    const { snapshot } = this.#options;
    return encodeRoot({
      first: this.#extents[0]!,
      blocks: this.#extents.length,
      lsn: this.lsn,
      entries: snapshot.keys,
    });
  }

  step(budgetBytes: number): { readonly done: boolean } {
    for (let left = budgetBytes; !this.#isWritten; left -= this.#block.length) {
      if (left <= 0 && left < budgetBytes) return { done: false };
      this.#writeBlock();
    }
    if (!this.#isDone) this.#flushData();
    return { done: true };
  }

  /** Blocks lie where they are for good. */
  settle(): { readonly done: boolean } {
    return { done: true };
  }

  finish(): void {
    assert(this.#isDone, 'C3: only a durable checkpoint is finished');
    this.#options.onFinish(this.#extents);
  }

  abandon(): void {
    this.#cursor.close();
    for (const extent of this.#extents) this.#options.allocator.free(extent);
    this.#options.onAbandon();
  }

  #writeBlock(): void {
    const { allocator, preferredFile, storeSeed, trace, wholeWrites } = this.#options;
    if (this.#extents.length === 0) this.#extents.push(allocator.allocate(preferredFile));
    const number = this.#extents.length - 1;
    const extent = this.#extents[number]!;
    this.#fill();
    const isLast = this.#entry === undefined;
    const next = isLast ? undefined : allocator.allocate(preferredFile);
    encodeBlockHeader(this.#block, storeSeed, { extent, number, next, lsn: this.lsn, used: this.#used });
    const place = allocator.place(extent);
    const dataFile = place.file;
    const count = dataFile.write(place.at, this.#block);
    if (wholeWrites) assertWholeWrite(dataFile, place.at, this.#block.length, count);
    this.#touched.add(allocator.locate(extent).name);
    this.#bytesLeft -= this.#block.length;
    this.#isWritten = isLast;
    this.#blocksWritten++;
    if (next !== undefined) this.#extents.push(next);
    trace?.emit({ kind: 'store.checkpoint_block_written', extent, entries: this.#blockEntries });
  }

  /** Fills the block with as much of the stream as fits; an entry may run on into the next. */
  #fill(): void {
    this.#block.fill(0);
    this.#used = 0;
    this.#blockEntries = 0;
    const room = this.#block.length - BLOCK_HEADER_BYTES;
    while (this.#entry && this.#used < room) {
      const { key, value } = this.#entry;
      if (this.#entryAt === 0 && this.#headBytes + key.length + value.length <= room - this.#used) {
        this.#putWhole(key, value);
        continue;
      }
      this.#copy(this.#head.subarray(0, this.#headBytes), 0, room);
      this.#copy(key, this.#headBytes, room);
      this.#copy(value, this.#headBytes + key.length, room);
      if (this.#entryAt < this.#headBytes + key.length + value.length) return;
      this.#blockEntries++;
      this.#nextEntry();
    }
  }

  /** Most entries: no views are made of their parts. */
  #putWhole(key: Uint8Array, value: Uint8Array): void {
    let at = BLOCK_HEADER_BYTES + this.#used;
    for (let i = 0; i < this.#headBytes; i++) this.#block[at++] = this.#head[i]!;
    this.#block.set(key, at);
    this.#block.set(value, at + key.length);
    this.#used += this.#headBytes + key.length + value.length;
    this.#blockEntries++;
    this.#nextEntry();
  }

  /** Copies what is still missing of `part`, which starts `start` bytes into the entry, up to the room there is. */
  #copy(part: Uint8Array, start: number, room: number): void {
    const done = Math.max(0, this.#entryAt - start);
    const length = Math.min(part.length - done, room - this.#used);
    if (length <= 0) return;
    this.#block.set(part.subarray(done, done + length), BLOCK_HEADER_BYTES + this.#used);
    this.#used += length;
    this.#entryAt += length;
  }

  #nextEntry(): void {
    this.#entry = this.#cursor.next();
    this.#entryAt = 0;
    if (!this.#entry) return;
    this.#headBytes = putVarint(this.#head, 0, this.#entry.key.length);
    this.#headBytes = putVarint(this.#head, this.#headBytes, this.#entry.value.length);
  }

  #flushData(): void {
    const { allocator, flushData, trace } = this.#options;
    if (flushData) {
      for (const name of this.#touched) {
        const dataFile = allocator.file(name);
        dataFile.flush();
      }
    }
    this.#isDone = true;
    trace?.emit({ kind: 'store.checkpoint_data_flushed', extents: this.#extents.length });
  }
}
