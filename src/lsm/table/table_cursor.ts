/**
 * One pass over a range of a table, either way.
 *
 * Entries are read from restart to restart, which is what prefix compression allows in both directions. Blocks come in two
 * ways. A short scan is like a few lookups: block by block through the cache, where the next one will find them. A long one is like
 * copying a file: past the cache, which it would only wash out, and 64 KiB at a call, since a call has a price of its own.
 * Which it is shows after 64 KiB that the cache did not have; a merge reads every byte once and says so from the beginning.
 */
import { compareBytes } from '../../base/bytes';
import type { Range } from '../../base/ordered_index';
import type { EntryCursor, VersionedEntry } from '../entry';
import { decodeEntries, findValueAtRestart, restartCount, restartsBelow } from './block';
import { ReusedEntries } from './reused_entries';
import { decodeHandle, type BlockHandle } from './table_format';
import type { TableReader } from './table_reader';

/** From here on a scan is long; and so much is read at once then. */
export const READ_AHEAD_BYTES = 64 * 1024;

export interface TableCursorOptions {
  readonly reader: TableReader;
  readonly index: Uint8Array;
  readonly indexAt: number;
  readonly range: Range;
  readonly reverse: boolean;
  readonly isMerge: boolean;
}

const place = { at: 0, end: 0 };

/** Number `block` of the data blocks that an index names, from 0. @throws EngineError table_damaged */
export function handleInIndex(reader: TableReader, index: Uint8Array, indexAt: number, block: number): BlockHandle {
  const isThere = findValueAtRestart(index, block, place);
  const handle = isThere ? decodeHandle(index, place.at, place.end) : undefined;
  return handle ?? reader.refuse(indexAt, 'where its index begins', `entry ${block} makes no sense`);
}

export class TableCursor implements EntryCursor {
  readonly #options: TableCursorOptions;
  /** Numbers of the first and the last data block that can have a key of the range. */
  readonly #firstBlock: number;
  readonly #lastBlock: number;
  #number: number;
  #block: Uint8Array | undefined;
  #restart = 0;
  /** What lies behind the restart; those in `[#low, #high)` are in range and were not handed out yet. */
  readonly #entries: VersionedEntry[] = [];
  readonly #reused: ReusedEntries | undefined;
  #low = 0;
  #high = 0;
  #isAtEnd = false;
  /** Bytes that the cache did not have. */
  #missedBytes = 0;
  /** Bytes of the table from `#windowAt` on. */
  #window: Uint8Array | undefined;
  #windowAt = 0;

  /** @throws EngineError table_damaged, read_failed */
  constructor(options: TableCursorOptions) {
    this.#options = options;
    const { index, isMerge, range, reverse } = options;
    if (isMerge) this.#reused = new ReusedEntries();
    this.#firstBlock = range.from ? restartsBelow(index, range.from, false) : 0;
    this.#lastBlock = Math.min(
      restartCount(index) - 1,
      range.to ? restartsBelow(index, range.to, false) : Infinity, // Behind it, every key is above its separator.
    );
    this.#number = reverse ? this.#lastBlock : this.#firstBlock;
    if (this.#firstBlock > this.#lastBlock) this.#isAtEnd = true;
    else this.#enterBlock(true);
  }

  next(): VersionedEntry | undefined {
    while (!this.#isAtEnd) {
      if (this.#low < this.#high) return this.#entries[this.#options.reverse ? --this.#high : this.#low++];
      this.#advance();
    }
    return undefined;
  }

  close(): void {
    this.#isAtEnd = true;
    this.#block = undefined;
    this.#window = undefined;
    this.#entries.length = 0;
  }

  #advance(): void {
    const { reverse } = this.#options;
    this.#restart += reverse ? -1 : 1;
    if (this.#restart >= 0 && this.#restart < restartCount(this.#block!)) {
      this.#enterRestart();
      return;
    }
    this.#number += reverse ? -1 : 1;
    if (this.#number < this.#firstBlock || this.#number > this.#lastBlock) this.close();
    else this.#enterBlock(false);
  }

  #enterBlock(isFirst: boolean): void {
    const { range, reverse } = this.#options;
    const block = this.#read(this.#number);
    this.#block = block;
    this.#restart = reverse ? restartCount(block) - 1 : 0;
    const bound = reverse ? range.to : range.from;
    if (isFirst && bound) {
      // -1 if all of the block is behind the bound: forwards its first restart is next, backwards the block before.
      this.#restart = restartsBelow(block, bound, !reverse) - 1;
    }
    if (this.#restart >= 0) this.#enterRestart();
  }

  #enterRestart(): void {
    const { range, reader, reverse } = this.#options;
    const entries = this.#entries;
    entries.length = 0;
    this.#reused?.turn();
    if (!decodeEntries(this.#block!, this.#restart, entries, this.#reused)) {
      const { at } = this.#handle(this.#number);
      reader.refuse(at, 'where a block of kind "data" begins', 'its entries make no sense');
    }
    this.#low = 0;
    this.#high = entries.length;
    while (range.to && this.#high > 0 && compareBytes(entries[this.#high - 1]!.key, range.to) >= 0) this.#high--;
    while (range.from && this.#low < this.#high && compareBytes(entries[this.#low]!.key, range.from) < 0) this.#low++;
    // What is out of range on the far side ends the scan once this restart is handed out; on the near side it only begins it.
    const isOver = reverse ? this.#low > 0 : this.#high < entries.length;
    if (isOver) {
      if (reverse) this.#restart = 0;
      else this.#restart = restartCount(this.#block!) - 1;
      this.#number = reverse ? this.#firstBlock : this.#lastBlock;
    }
  }

  #handle(number: number): BlockHandle {
    const { index, indexAt, reader } = this.#options;
    return handleInIndex(reader, index, indexAt, number);
  }

  #read(number: number): Uint8Array {
    const { isMerge, reader } = this.#options;
    const handle = this.#handle(number);
    if (!isMerge && this.#missedBytes < READ_AHEAD_BYTES) {
      const before = reader.counters.bytesRead;
      const block = reader.block(handle, 'data', true);
      this.#missedBytes += reader.counters.bytesRead - before;
      return block;
    }
    const block = this.#inWindow(handle) ?? (this.#readAhead(number), this.#inWindow(handle));
    return block ? reader.verified(block, handle, 'data') : reader.blockPastCache(handle, 'data');
  }

  #inWindow({ at, bytes }: BlockHandle): Uint8Array | undefined {
    const from = at - this.#windowAt;
    if (!this.#window || from < 0 || from + bytes > this.#window.length) return undefined;
    return this.#window.subarray(from, from + bytes);
  }

  /** S5: data blocks lie end to end, so as many as fit are one stretch, and those of the range are all that is read. */
  #readAhead(number: number): void {
    const { reader, reverse } = this.#options;
    const near = this.#handle(number);
    let far = near;
    const isFull = (): boolean =>
      Math.max(near.at + near.bytes - far.at, far.at + far.bytes - near.at) >= READ_AHEAD_BYTES;
    const end = reverse ? this.#firstBlock : this.#lastBlock;
    while (number !== end && !isFull()) far = this.#handle((number += reverse ? -1 : 1));
    const from = Math.min(near.at, far.at);
    const to = Math.max(near.at + near.bytes, far.at + far.bytes);
    const isPlausible = to - from <= 2 * READ_AHEAD_BYTES && reader.isInTable({ at: from, bytes: to - from });
    this.#window = isPlausible ? reader.bytes(from, to - from) : undefined;
    this.#windowAt = from;
  }
}
