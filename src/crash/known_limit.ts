/**
 * The one thing that the store cannot help, recognised where it happens: so it is counted apart, with its reason, and
 * excuses nothing else.
 *
 *     flush of the log ╳ fails, and drops what it held
 *        │   the store: flushes the superblock, writes its note (P5 in `kv_store/superblock.ts`)
 *        ▼
 *     the program dies before that write has returned (or the device refuses it); the system lives on, and its cache shows what the device forgot
 *        ▼
 *     the next program reads it, builds on it, flushes: there is nothing left to flush, and nobody told it
 *        ▼
 *     the power goes: what was built on is gone. The store says so (damage is reported), and salvage gives what is whole
 *
 * The same goes for a slot of the superblock that was dropped, until it is written once more. It is over with the next
 * power cut, which leaves nothing in a cache.
 */
import { isEngineError } from '../base/errors';
import type { ForgetfulFile } from '../storage/faulty';
import type { FileName, FileSet } from '../storage/file';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';

export const KNOWN_LIMIT =
  'a flush failed and dropped what it held, the program ended before it could leave word of that, and later the power went';

export class KnownLimit {
  /** Something was dropped, and no word was left of it yet. */
  #isUntold = false;
  /** The device did not take the word. */
  #isRefused = false;
  #isReached = false;

  /** Whether a program lives, or lived, on what is in the cache alone without having been told. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Whether one would, if the program that runs now ended here. */
  get wouldBeReached(): boolean {
    return this.#isReached || this.#isUntold;
  }

  /** The device, under the faults that make it drop things. */
  device(files: FileSet): FileSet {
    return wrapFiles(files, (inner) => new WatchedDevice(inner as ForgetfulFile, this));
  }

  /** The files as the store uses them. */
  watch(files: FileSet): FileSet {
    return wrapFiles(files, (inner) => (inner.name === 'superblock' ? new WatchedSuperblock(inner, this) : inner));
  }

  dropped(name: FileName): void {
    if (name === 'log' || name === 'superblock') this.#isUntold = true;
  }

  /** The first write of a slot after the drop is the word. */
  superblockWritten(isWhole: boolean): void {
    if (isWhole) this.#isUntold = this.#isRefused = false;
    else this.#isRefused = this.#isUntold;
  }

  /** A call of the store has come to its end, and the program lives: it had its chance. */
  storeReturned(): void {
    if (!this.#isRefused) this.#isUntold = false;
  }

  programEnded(): void {
    this.#isReached ||= this.#isUntold;
    this.#isUntold = this.#isRefused = false;
  }

  powerWent(): void {
    this.#isReached = this.#isUntold = this.#isRefused = false;
  }
}

class WatchedDevice extends WrappedFile implements ForgetfulFile {
  readonly #device: ForgetfulFile;
  readonly #limit: KnownLimit;

  constructor(device: ForgetfulFile, limit: KnownLimit) {
    super(device);
    this.#device = device;
    this.#limit = limit;
  }

  dropUnflushed(): void {
    this.#device.dropUnflushed();
    this.#limit.dropped(this.name);
  }
}

class WatchedSuperblock extends WrappedFile {
  readonly #limit: KnownLimit;

  constructor(inner: ConstructorParameters<typeof WrappedFile>[0], limit: KnownLimit) {
    super(inner);
    this.#limit = limit;
  }

  override write(...call: Parameters<WrappedFile['write']>): number {
    let count: number;
    try {
      count = this.inner.write(...call);
    } catch (error) {
      // Anything else is the program dying in it: no answer of the device.
      if (isEngineError(error)) this.#limit.superblockWritten(false);
      throw error;
    }
    this.#limit.superblockWritten(count === call[1].length);
    return count;
  }
}
