/**
 * Files that say what they do: one `StorageEvent` a call, after the call, with its result and the site of the engine
 * line that made it. A write event carries its own copy of the bytes; byte views of earlier steps are rebuilt from
 * these over a keyframe.
 *
 *   T1  What the device answered is in the event: whole, short, or thrown as an `EngineError`.
 *   T2  A call that ended in anything else (a latch that closed, a failed assertion) is not an event: the run is over.
 */
import { isEngineError } from '../base/errors';
import type { SiteId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { StorageEvent } from './events';
import type { FileSet, StorageFile } from './file';
import { WrappedFile, wrapFiles } from './wrapped_file';

export function recordedFiles(files: FileSet, trace: TraceSink<StorageEvent>): FileSet {
  return wrapFiles(files, (inner) => new RecordedFile(inner, trace));
}

class RecordedFile extends WrappedFile {
  readonly #trace: TraceSink<StorageEvent>;

  constructor(inner: StorageFile, trace: TraceSink<StorageEvent>) {
    super(inner);
    this.#trace = trace;
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    const event = { kind: 'storage.file_read', file: this.name, at, wanted: into.length } as const;
    const count = this.#watch(
      () => this.inner.read(at, into, site),
      () => this.#trace.emit({ ...event, count: 0, result: 'failed' }, site),
    );
    const result = count === this.#readable(at, into.length, count) ? 'ok' : 'short';
    this.#trace.emit({ ...event, count, result }, site);
    return count;
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    const event = { kind: 'storage.file_written', file: this.name, at, bytes: bytes.slice() } as const;
    const count = this.#watch(
      () => this.inner.write(at, bytes, site),
      () => this.#trace.emit({ ...event, count: 0, result: 'failed' }, site),
    );
    this.#trace.emit({ ...event, count, result: count === bytes.length ? 'ok' : 'short' }, site);
    return count;
  }

  override flush(site?: SiteId): void {
    const event = { kind: 'storage.file_flushed', file: this.name } as const;
    this.#watch(
      () => this.inner.flush(site),
      () => this.#trace.emit({ ...event, result: 'failed' }, site),
    );
    this.#trace.emit({ ...event, result: 'ok' }, site);
  }

  override truncate(size: number, site?: SiteId): void {
    const event = { kind: 'storage.file_truncated', file: this.name, size } as const;
    this.#watch(
      () => this.inner.truncate(size, site),
      () => this.#trace.emit({ ...event, result: 'failed' }, site),
    );
    this.#trace.emit({ ...event, result: 'ok' }, site);
  }

  /** How many bytes an honest read gives: a short count at the end of the file is whole. */
  #readable(at: number, wanted: number, count: number): number {
    return count === wanted ? wanted : Math.max(0, Math.min(wanted, this.inner.size() - at));
  }

  /** T1, T2. */
  #watch<T>(call: () => T, onFailed: () => void): T {
    try {
      return call();
    } catch (error) {
      if (isEngineError(error)) onFailed();
      throw error;
    }
  }
}
