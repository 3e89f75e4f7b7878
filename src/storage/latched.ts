/**
 * The seam of real drills: stops a program at exactly one I/O.
 *
 * Terminating a worker is not a crash: one in a synchronous loop keeps writing for two more seconds. So the files
 * themselves stop. They count every read, write, flush and truncate over all four; when call number `stopAt` comes,
 * the latch closes and that call and every later one is refused by throwing `Latched`. Nobody catches it, nothing
 * cleans up after it, and the handles then hold what `stopAt - 1` calls put there, plus, when the call is a write and
 * `prefixBytes` is given, that many bytes of it: a crash in the middle of a write.
 *
 * On a simulated disk the same latch is the crash at every I/O: run until `Latched`, then fork or cut the disk.
 *
 *   L1  Calls count from 1, failed ones included, in the order of the recorded storage events: call k is event k.
 *   L2  Once closed, no call reaches the device again, not even `close`; whoever owns the files inside closes them.
 */
import { assert } from '../base/assert';
import type { SiteId } from '../base/ids';
import type { FileSet, StorageFile } from './file';
import { WrappedFile, wrapFiles } from './wrapped_file';

/** Thrown by every call on latched files from the chosen one on. Not an operating error: no engine may handle it. */
export class Latched extends Error {
  override readonly name = 'Latched';
  readonly call: number;

  constructor(call: number) {
    super(`The files stopped at call ${call}.`);
    this.call = call;
  }
}

export interface LatchOptions {
  /** Number of the first call that is refused; absent: never, the latch only counts. */
  readonly stopAt?: number | undefined;
  /** Bytes of that call that reach the device if it is a write: none when absent, at most all of them. */
  readonly prefixBytes?: number | undefined;
  /**
   * Called once, at the moment the latch closes and before `Latched` is thrown. A drill that parks the thread never
   * returns from it (see `opfs/parking.ts`).
   */
  readonly onClosed?: ((call: number) => void) | undefined;
}

/** Counts the calls of one file set, and closes at the chosen one. */
export class Latch {
  readonly #stopAt: number;
  readonly #prefixBytes: number;
  readonly #onClosed: ((call: number) => void) | undefined;
  #calls = 0;
  #closed = false;

  constructor({ stopAt = Infinity, prefixBytes = 0, onClosed }: LatchOptions = {}) {
    assert(stopAt >= 1, 'L1: calls count from 1');
    assert(prefixBytes >= 0, 'a prefix has no negative length');
    this.#stopAt = stopAt;
    this.#prefixBytes = prefixBytes;
    this.#onClosed = onClosed;
  }

  /** Calls so far, the refused one not included. */
  get calls(): number {
    return this.#calls;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Lets a call pass, or refuses it. `beforeClosing` is told how much of a write still gets through. */
  pass(beforeClosing?: (prefixBytes: number) => void): void {
    this.refuseIfClosed();
    if (this.#calls + 1 < this.#stopAt) {
      this.#calls++;
      return;
    }
    if (this.#prefixBytes > 0) beforeClosing?.(this.#prefixBytes);
    this.#closed = true;
    this.#onClosed?.(this.#stopAt);
    throw new Latched(this.#stopAt);
  }

  /** For the calls that are not I/O. */
  refuseIfClosed(): void {
    if (this.#closed) throw new Latched(this.#stopAt);
  }
}

export function latchedFiles(files: FileSet, latch: Latch): FileSet {
  return wrapFiles(files, (inner) => new LatchedFile(inner, latch));
}

class LatchedFile extends WrappedFile {
  readonly #latch: Latch;

  constructor(inner: StorageFile, latch: Latch) {
    super(inner);
    this.#latch = latch;
  }

  override size(): number {
    this.#latch.refuseIfClosed();
    return this.inner.size();
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    this.#latch.pass();
    return this.inner.read(at, into, site);
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    this.#latch.pass((prefixBytes) => {
      this.inner.write(at, bytes.subarray(0, prefixBytes), site);
    });
    return this.inner.write(at, bytes, site);
  }

  override flush(site?: SiteId): void {
    this.#latch.pass();
    this.inner.flush(site);
  }

  override truncate(size: number, site?: SiteId): void {
    this.#latch.pass();
    this.inner.truncate(size, site);
  }

  override close(): void {
    this.#latch.refuseIfClosed();
    this.inner.close();
  }
}
