/**
 * The log file as a ring: positions on the tape grow for ever, the file has `logBytes` of them at a time.
 *
 *     tape   0         logBytes      2 logBytes            position p lies at file offset p mod logBytes,
 *            |--lap 0--|--lap 1--|--lap 2--...             on lap floor(p / logBytes)
 *
 * A run of bytes that crosses the end of the file is two calls; nothing else of the log knows that there is an end.
 */
import { assert } from '../../base/assert';
import { readU32 } from '../../base/bytes';
import { EngineError } from '../../base/errors';
import { logPosition, type LogPosition } from '../../base/ids';
import { assertWholeWrite, type StorageFile } from '../file';

/** What the log needs to know of its file; fixed at format. */
export interface LogGeometry {
  readonly logBytes: number;
  /** Groups start at multiples of this. 1 only with the protection `alignedGroups` off. */
  readonly alignBytes: number;
  /** Checksum seed of this store's group headers: the log of another store does not pass. */
  readonly storeSeed: number;
}

export const lapOf = (position: number, logBytes: number): number => Math.floor(position / logBytes);

export const alignUp = (position: number, alignBytes: number): LogPosition =>
  logPosition(Math.ceil(position / alignBytes) * alignBytes);

/** Writes `bytes` at a tape position, in one call or, across the end of the file, two. */
export function writeRing(
  logFile: StorageFile,
  logBytes: number,
  position: number,
  bytes: Uint8Array,
  wholeWrites: boolean,
): void {
  assert(bytes.length <= logBytes, 'a group never overtakes itself on the ring');
  const at = position % logBytes;
  const untilEnd = Math.min(bytes.length, logBytes - at);
  const head = untilEnd === bytes.length ? bytes : bytes.subarray(0, untilEnd);
  const count = logFile.write(at, head);
  if (wholeWrites) assertWholeWrite(logFile, at, head.length, count);
  if (untilEnd === bytes.length) return;
  const tail = bytes.subarray(untilEnd);
  const tailCount = logFile.write(0, tail);
  if (wholeWrites) assertWholeWrite(logFile, 0, tail.length, tailCount);
}

/** Most of the log is read in runs of this; a longer group makes it grow. */
const WINDOW_BYTES = 1024 * 1024;

/**
 * Reads the tape through a window, so that a scan costs a call per MiB and hands out views, not copies. A view is
 * valid until the next call.
 */
export class RingReader {
  #file: StorageFile;
  #logBytes: number;
  /** Nothing is read past this position: it is one whole ring after the redo point. */
  #limit: number;
  #window = new Uint8Array(0);
  #start = 0;
  #filled = 0;
  bytesRead = 0;

  constructor(logFile: StorageFile, logBytes: number, limit: number) {
    this.#file = logFile;
    this.#logBytes = logBytes;
    this.#limit = limit;
  }

  /** The bytes `[position, position + length)`, fewer where the limit is nearer. */
  view(position: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.#limit - position));
    if (position < this.#start || position + wanted > this.#start + this.#filled) this.#fill(position, wanted);
    const from = position - this.#start;
    return this.#window.subarray(from, Math.min(from + wanted, this.#filled));
  }

  /** The u32 at a position before the limit, without making a view of it. */
  u32(position: number): number {
    if (position < this.#start || position + 4 > this.#start + this.#filled) this.#fill(position, 4);
    return readU32(this.#window, position - this.#start);
  }

  #fill(position: number, wanted: number): void {
    const length = Math.min(Math.max(wanted, WINDOW_BYTES), this.#limit - position, this.#logBytes);
    if (this.#window.length < length) this.#window = new Uint8Array(length);
    this.#start = position;
    this.#filled = 0;
    while (this.#filled < length) {
      const at = (position + this.#filled) % this.#logBytes;
      const run = Math.min(length - this.#filled, this.#logBytes - at);
      const logFile = this.#file;
      const count = logFile.read(at, this.#window.subarray(this.#filled, this.#filled + run));
      // The log has its full length, so a short answer is a device error dressed as a number, like one too large.
      if (count !== run) {
        throw new EngineError('read_failed', `The device gave ${count} of ${run} bytes.`, {
          file: logFile.name,
          offset: at,
        });
      }
      this.#filled += count;
      this.bytesRead += count;
    }
  }

  /** Forgets the window: the next view comes from the device again. */
  discard(): void {
    this.#start = this.#filled = 0;
  }
}
