/**
 * Reads a checkpoint back, block by block. Every block must be the one its predecessor named: right place, right
 * number, right checkpoint, right checksum; else `checkpoint_damaged`, with the place, and nothing of it is served.
 */
import { EngineError } from '../base/errors';
import type { ExtentId } from '../base/ids';
import type { Entry } from '../base/ordered_index';
import { Slab } from '../base/slab';
import { getVarint } from '../base/varint';
import type { ExtentAllocator } from '../storage/extent_allocator';
import {
  BLOCK_HEADER_BYTES,
  decodeBlockHeader,
  decodeRoot,
  type BlockHeader,
  type CheckpointRoot,
} from './checkpoint_block';

export interface CheckpointReaderOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly verifyChecksums: boolean;
}

/** Hands every entry to `visit`, in key order, as copies; returns the extents read, marked as in use. */
export function readCheckpoint(
  rootBytes: Uint8Array,
  options: CheckpointReaderOptions,
  visit: (entry: Entry) => void,
): { root: CheckpointRoot; extents: ExtentId[] } {
  const root = decodeRoot(rootBytes);
  if (!root)
    throw new EngineError('checkpoint_damaged', 'The superblock does not hold a checkpoint root.', {
      file: 'superblock',
    });
  const extents: ExtentId[] = [];
  const stream = new EntryStream(visit);
  const block = new Uint8Array(options.allocator.extentBytes);
  for (let next: ExtentId | undefined = root.first; next !== undefined;) {
    const header = readBlock(block, next, extents.length, root, options);
    options.allocator.markUsed(next);
    extents.push(next);
    stream.push(block.subarray(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + header.used));
    next = header.next;
  }
  if (extents.length !== root.blocks || stream.entries !== root.entries || !stream.isComplete) {
    throw damaged(options, extents.at(-1)!, `it ends after ${stream.entries} of ${root.entries} entries`);
  }
  return { root, extents };
}

function readBlock(
  block: Uint8Array,
  extent: ExtentId,
  number: number,
  root: CheckpointRoot,
  options: CheckpointReaderOptions,
): BlockHeader {
  const { allocator } = options;
  if (!allocator.exists(extent)) throw damaged(options, extent, 'the data file is too short to hold it');
  const place = allocator.place(extent);
  const dataFile = place.file;
  const count = dataFile.read(place.at, block);
  if (count !== block.length) throw damaged(options, extent, `the device gave ${count} of ${block.length} bytes`);
  const header = decodeBlockHeader(block, options.storeSeed, options.verifyChecksums);
  if (typeof header === 'string') throw damaged(options, extent, header);
  if (header.extent !== extent) throw damaged(options, extent, `it says that it is extent ${header.extent}`);
  if (header.number !== number || number >= root.blocks)
    throw damaged(options, extent, `it is block ${header.number}, not ${number}`);
  if (header.lsn !== root.lsn) throw damaged(options, extent, `it belongs to the checkpoint of LSN ${header.lsn}`);
  return header;
}

function damaged(options: CheckpointReaderOptions, extent: ExtentId, detail: string): EngineError {
  const { name, at } = options.allocator.locate(extent);
  return new EngineError('checkpoint_damaged', `A block of the checkpoint is damaged: ${detail}.`, {
    file: name,
    offset: at,
  });
}

/** Puts entries together again that were cut at block ends. */
class EntryStream {
  readonly #visit: (entry: Entry) => void;
  readonly #slab = new Slab();
  /** What is here of an entry that goes on in the next block; it grows by doubling, for values of many blocks. */
  #carry = new Uint8Array(0);
  #carried = 0;
  entries = 0;
  readonly #keyLength = { value: 0, end: 0 };
  readonly #valueLength = { value: 0, end: 0 };

  constructor(visit: (entry: Entry) => void) {
    this.#visit = visit;
  }

  get isComplete(): boolean {
    return this.#carried === 0;
  }

  push(part: Uint8Array): void {
    const isCarrying = this.#carried > 0;
    if (isCarrying) this.#append(part);
    const bytes = isCarrying ? this.#carry.subarray(0, this.#carried) : part;
    let at = 0;
    for (let end = this.#entryEnd(bytes, at); end !== undefined; end = this.#entryEnd(bytes, at)) {
      const keyAt = this.#valueLength.end;
      const valueAt = keyAt + this.#keyLength.value;
      this.#visit({ key: bytes.slice(keyAt, valueAt), value: this.#slab.copy(bytes, valueAt, end) });
      this.entries++;
      at = end;
    }
    if (isCarrying && at === 0) return;
    const rest = bytes.subarray(at);
    this.#carried = 0;
    this.#append(rest);
  }

  /** `bytes` may lie in the carry itself: `set` copies as if through a copy. */
  #append(bytes: Uint8Array): void {
    const needed = this.#carried + bytes.length;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#carry.length));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carried);
    this.#carried = needed;
  }

  /** Where the entry that starts at `at` ends, if it is here whole. */
  #entryEnd(bytes: Uint8Array, at: number): number | undefined {
    if (!getVarint(bytes, at, bytes.length, this.#keyLength)) return undefined;
    if (!getVarint(bytes, this.#keyLength.end, bytes.length, this.#valueLength)) return undefined;
    const end = this.#valueLength.end + this.#keyLength.value + this.#valueLength.value;
    return end <= bytes.length ? end : undefined;
  }
}
