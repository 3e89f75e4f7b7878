/**
 * Reads blocks of one table: from the cache or from the files, each held against its checksum before anybody sees it.
 *
 *   D1  What is handed out was verified: damage is an error where it lies, never an answer.
 */
import { EngineError } from '../../base/errors';
import type { ExtentAllocator } from '../../storage/extent_allocator';
import type { TraceSink } from '../../base/trace';
import type { LsmEvent } from '../events';
import { blockProblem, type BlockKind } from './block';
import { CREDIT, type BlockCache } from './block_cache';
import { filterProblem } from './bloom_filter';
import { placeOf, stretchesOf } from './table_extents';
import { blockSeed, type BlockHandle } from './table_format';
import type { TableMeta } from './table_meta';

export interface TableReaderOptions {
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  readonly cache: BlockCache;
  readonly verifyChecksums: boolean;
  readonly trace: TraceSink<LsmEvent> | null;
}

export interface ReadCounters {
  /** From the files. */
  blocksRead: number;
  bytesRead: number;
  /** Calls of the device. */
  reads: number;
  blocksFromCache: number;
}

/** A read can go wrong once where the medium is fine: before a block counts as damaged it is read again. */
const TRIES = 2;

export class TableReader {
  readonly counters: ReadCounters = { blocksRead: 0, bytesRead: 0, reads: 0, blocksFromCache: 0 };
  readonly #meta: TableMeta;
  readonly #options: TableReaderOptions;
  readonly #trace: TraceSink<LsmEvent> | null;

  constructor(meta: TableMeta, options: TableReaderOptions) {
    this.#meta = meta;
    this.#options = options;
    this.#trace = options.trace;
  }

  /** Through the cache. @throws EngineError table_damaged, read_failed */
  block(handle: BlockHandle, kind: BlockKind, isScan = false): Uint8Array {
    const { cache } = this.#options;
    const credit = kind !== 'data' ? CREDIT.guide : isScan ? CREDIT.scanned : CREDIT.data;
    const cached = cache.find(this.#meta.id, handle.at, credit);
    if (cached) {
      this.counters.blocksFromCache++;
      this.#sayRead(handle, kind, true);
      return cached;
    }
    const block = this.blockPastCache(handle, kind);
    cache.put(this.#meta.id, handle.at, block, credit);
    return block;
  }

  /** From the file, whatever the cache has. @throws EngineError table_damaged, read_failed */
  blockPastCache(handle: BlockHandle, kind: BlockKind): Uint8Array {
    let problem = 'it would lie past the end of the table';
    for (let tries = this.isInTable(handle) ? TRIES : 0; tries > 0; tries--) {
      const block = this.bytes(handle.at, handle.bytes);
      const found = block ? this.#problemOf(block, handle, kind) : 'the device gave fewer bytes than it has';
      if (block && found === undefined) return this.#counted(block, handle, kind);
      problem = found!;
    }
    return this.refuse(handle.at, `where a block of kind "${kind.replace('_', ' ')}" begins`, problem);
  }

  /** A block that was read with its neighbours; read again by itself if it is not in order. */
  verified(block: Uint8Array, handle: BlockHandle, kind: BlockKind): Uint8Array {
    if (this.#problemOf(block, handle, kind) !== undefined) return this.blockPastCache(handle, kind);
    return this.#counted(block, handle, kind);
  }

  /** Bytes of the table as they lie in the files, in as few calls as its extents allow; undefined if a file is too short. */
  bytes(at: number, bytes: number): Uint8Array | undefined {
    const { allocator } = this.#options;
    const into = new Uint8Array(bytes);
    let done = 0;
    for (const stretch of stretchesOf(this.#meta.extents, allocator.extentBytes, at, at + bytes)) {
      const dataFile = allocator.file(stretch.name);
      const part = stretch.bytes === bytes ? into : into.subarray(done, done + stretch.bytes);
      this.counters.reads++;
      const count = dataFile.read(stretch.at, part);
      if (count !== stretch.bytes) return undefined;
      done += stretch.bytes;
    }
    this.counters.bytesRead += bytes;
    return into;
  }

  sayFooterRead(handle: BlockHandle): void {
    this.#trace?.emit({
      kind: 'lsm.block_read',
      table: this.#meta.id,
      block: 'footer',
      at: handle.at,
      bytes: handle.bytes,
      isCached: false,
    });
  }

  /** D1. */
  refuse(at: number, what: string, problem: string): never {
    const { allocator } = this.#options;
    this.#trace?.emit({ kind: 'lsm.damage_found', table: this.#meta.id, at, problem });
    const reached = this.#meta.extents.length * allocator.extentBytes;
    const place = at < reached ? placeOf(this.#meta.extents, allocator.extentBytes, at) : undefined;
    const message = `Table ${this.#meta.id} is damaged at byte ${at}, ${what}: ${problem}.`;
    throw new EngineError('table_damaged', message, place && { file: place.name, offset: place.at });
  }

  /** False for what only an index that nobody verified can name. */
  isInTable({ at, bytes }: BlockHandle): boolean {
    return bytes > 0 && at + bytes <= this.#meta.bytes;
  }

  #problemOf(block: Uint8Array, handle: BlockHandle, kind: BlockKind): string | undefined {
    const { storeSeed, verifyChecksums } = this.#options;
    const seed = verifyChecksums ? blockSeed(storeSeed, this.#meta, handle.at) : 0;
    const problem = blockProblem(block, kind, seed, verifyChecksums);
    return problem ?? (kind === 'filter' ? filterProblem(block) : undefined);
  }

  #counted(block: Uint8Array, handle: BlockHandle, kind: BlockKind): Uint8Array {
    this.counters.blocksRead++;
    this.#sayRead(handle, kind, false);
    return block;
  }

  #sayRead({ at, bytes }: BlockHandle, kind: BlockKind, isCached: boolean): void {
    this.#trace?.emit({ kind: 'lsm.block_read', table: this.#meta.id, block: kind, at, bytes, isCached });
  }
}
