/**
 * Files that count: calls and bytes, for each file and each kind of call. Counts are of what was asked for, once it
 * was done; a call that threw is not counted.
 *
 * What a run costs on another device is a matter of pricing each call, not of counting them: a `DeviceModel` is handed
 * every call in order, and keeps its own time, energy or wear.
 */
import type { SiteId } from '../base/ids';
import { FILE_NAMES, type FileName, type FileSet, type StorageFile } from './file';
import { WrappedFile, wrapFiles } from './wrapped_file';

export interface CallCounts {
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  readonly truncates: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export type MeteredCall = 'read' | 'write' | 'flush' | 'truncate';

/** Prices calls. For `flush` both numbers are 0; for `truncate` `at` is the new size. */
export interface DeviceModel {
  charge(call: MeteredCall, file: FileName, at: number, bytes: number): void;
}

type Tally = { -readonly [K in keyof CallCounts]: CallCounts[K] };

const zero = (): Tally => ({ reads: 0, writes: 0, flushes: 0, truncates: 0, readBytes: 0, writtenBytes: 0 });

export class Meter {
  readonly #model: DeviceModel | null;
  #tallies = freshTallies();

  constructor(model: DeviceModel | null = null) {
    this.#model = model;
  }

  /** Counts of one file so far. A copy: it does not change any more. */
  of(file: FileName): CallCounts {
    return { ...this.#tallies[file] };
  }

  total(): CallCounts {
    const sum = zero();
    for (const name of FILE_NAMES) {
      for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += this.#tallies[name][key];
    }
    return sum;
  }

  reset(): void {
    this.#tallies = freshTallies();
  }

  /** Called by the metered files, after each call that did not throw. */
  count(call: MeteredCall, file: FileName, at: number, bytes: number): void {
    const tally = this.#tallies[file];
    switch (call) {
      case 'read':
        tally.reads++;
        tally.readBytes += bytes;
        break;
      case 'write':
        tally.writes++;
        tally.writtenBytes += bytes;
        break;
      case 'flush':
        tally.flushes++;
        break;
      case 'truncate':
        tally.truncates++;
        break;
    }
    this.#model?.charge(call, file, at, bytes);
  }
}

const freshTallies = (): Record<FileName, Tally> => ({
  superblock: zero(),
  log: zero(),
  data_0: zero(),
  data_1: zero(),
});

export function meteredFiles(files: FileSet, meter: Meter): FileSet {
  return wrapFiles(files, (inner) => new MeteredFile(inner, meter));
}

class MeteredFile extends WrappedFile {
  readonly #meter: Meter;

  constructor(inner: StorageFile, meter: Meter) {
    super(inner);
    this.#meter = meter;
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    const count = this.inner.read(at, into, site);
    this.#meter.count('read', this.name, at, into.length);
    return count;
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    const count = this.inner.write(at, bytes, site);
    this.#meter.count('write', this.name, at, bytes.length);
    return count;
  }

  override flush(site?: SiteId): void {
    this.inner.flush(site);
    this.#meter.count('flush', this.name, 0, 0);
  }

  override truncate(size: number, site?: SiteId): void {
    this.inner.truncate(size, site);
    this.#meter.count('truncate', this.name, size, 0);
  }
}
