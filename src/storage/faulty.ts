/**
 * Files on which a fault script happens: around the simulated disk, or around any other files.
 *
 * An effect is what the caller sees and what reaches the device, both. Where the device cannot play its part (a real
 * file cannot be told to forget what it has not flushed), the effect is what the caller sees, and nothing is flushed.
 *
 * Room: a disk is full by the blocks it holds, not by lengths. Growing with `truncate` takes no room and always
 * succeeds; writing into the hole takes it and fails; overwriting what was written, and flushing it, needs none. (All
 * three measured in Chromium on a full disk.)
 */
import { EngineError } from '../base/errors';
import type { SiteId } from '../base/ids';
import { FaultCounter, type FaultScript, type FullDisk } from './fault_script';
import type { FileSet, StorageFile } from './file';
import { WrappedFile, wrapFiles } from './wrapped_file';

/** A file of a device with a volatile cache, which can be told to lose what is in it. */
export interface ForgetfulFile extends StorageFile {
  dropUnflushed(): void;
}

export function faultyFiles(files: FileSet, script: FaultScript): FileSet {
  const counter = new FaultCounter(script.faults);
  const room = script.full === undefined ? null : new Room(script.full);
  return wrapFiles(files, (inner) => new FaultyFile(inner, counter, room));
}

class FaultyFile extends WrappedFile implements ForgetfulFile {
  readonly #counter: FaultCounter;
  readonly #room: Room | null;
  readonly #blocks: Blocks;

  constructor(inner: StorageFile, counter: FaultCounter, room: Room | null) {
    super(inner);
    this.#counter = counter;
    this.#room = room;
    this.#blocks = new Blocks(room === null ? 0 : inner.size());
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    const effect = this.#counter.strike('read', this.name);
    switch (effect?.kind) {
      case 'fail':
        throw new EngineError('read_failed', `${this.name}: the script fails this read.`, this.#place(at));
      case 'short':
        return this.inner.read(at, into.subarray(0, effect.count), site);
      case 'zeros': {
        const count = this.inner.read(at, into, site);
        into.fill(0, 0, count);
        return count;
      }
      default:
        return this.inner.read(at, into, site);
    }
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    const effect = this.#counter.strike('write', this.name);
    switch (effect?.kind) {
      case 'fail':
        throw this.#writeFailed(at);
      case 'fail_after':
        this.#writeIfRoom(at, bytes, site);
        throw this.#writeFailed(at);
      case 'short':
        if (effect.count > 0 && effect.count <= bytes.length) {
          this.#writeIfRoom(at, bytes.subarray(0, effect.count), site);
        }
        return effect.count;
      case 'misdirected':
        return this.#writeIfRoom(effect.at, bytes, site);
      default:
        return this.#writeIfRoom(at, bytes, site);
    }
  }

  override flush(site?: SiteId): void {
    const effect = this.#counter.strike('flush', this.name);
    if (effect?.kind === 'lie') return;
    if (effect === undefined || effect.kind === 'fail_after') this.inner.flush(site);
    if (effect?.kind === 'fail_and_drop') this.dropUnflushed();
    if (effect !== undefined) {
      throw new EngineError('flush_failed', `${this.name}: the script fails this flush.`, { file: this.name });
    }
  }

  /** Also for another script around this one. */
  dropUnflushed(): void {
    if ('dropUnflushed' in this.inner) (this.inner as ForgetfulFile).dropUnflushed();
  }

  override truncate(size: number, site?: SiteId): void {
    if (this.#counter.strike('truncate', this.name) !== undefined) throw this.#writeFailed(size);
    this.inner.truncate(size, site);
    this.#room?.give(this.#blocks.releaseFrom(size));
  }

  #writeIfRoom(at: number, bytes: Uint8Array, site: SiteId | undefined): number {
    if (this.#room === null) return this.inner.write(at, bytes, site);
    const fitting = this.#room.take(this.#blocks, at, bytes.length);
    if (fitting === 0 && bytes.length > 0) {
      throw new EngineError('store_full', `${this.name}: the scripted disk is full.`, this.#place(at));
    }
    return this.inner.write(at, bytes.subarray(0, fitting), site);
  }

  #writeFailed(at: number): EngineError {
    return new EngineError('write_failed', `${this.name}: the script fails this call.`, this.#place(at));
  }

  #place(offset: number): { file: string; offset: number } {
    return { file: this.name, offset };
  }
}

/** What a file system hands out; a smaller unit than a sector would not be believed. */
const BLOCK_BYTES = 512;

/** Which blocks of a file hold room on the device. */
class Blocks {
  readonly #held = new Set<number>();

  constructor(sizeBytes: number) {
    for (let block = 0; block * BLOCK_BYTES < sizeBytes; block++) this.#held.add(block);
  }

  has(block: number): boolean {
    return this.#held.has(block);
  }

  hold(block: number): void {
    this.#held.add(block);
  }

  /** @returns the bytes of room that a shorter file gives back. */
  releaseFrom(sizeBytes: number): number {
    const first = Math.ceil(sizeBytes / BLOCK_BYTES);
    const before = this.#held.size;
    for (const block of this.#held) if (block >= first) this.#held.delete(block);
    return (before - this.#held.size) * BLOCK_BYTES;
  }
}

/** The room left on the device, shared by the four files. */
class Room {
  #leftBytes: number;
  readonly #lastWrite: FullDisk['lastWrite'];

  constructor({ growthBytes, lastWrite }: FullDisk) {
    this.#leftBytes = growthBytes;
    this.#lastWrite = lastWrite;
  }

  /** Takes the room a write needs. @returns how many of its bytes fit: all, or none, or the start of it. */
  take(blocks: Blocks, at: number, length: number): number {
    const first = Math.floor(at / BLOCK_BYTES);
    const end = Math.ceil((at + length) / BLOCK_BYTES);
    const wanted: number[] = [];
    for (let block = first; block < end; block++) if (!blocks.has(block)) wanted.push(block);
    const available = Math.floor(this.#leftBytes / BLOCK_BYTES);
    if (wanted.length > available && this.#lastWrite === 'refused') return 0;
    const granted = wanted.slice(0, available);
    for (const block of granted) blocks.hold(block);
    this.#leftBytes -= granted.length * BLOCK_BYTES;
    const refused = wanted[available];
    return refused === undefined ? length : Math.max(0, refused * BLOCK_BYTES - at);
  }

  give(bytes: number): void {
    this.#leftBytes += bytes;
  }
}
