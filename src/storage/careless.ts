/**
 * Careless files: what would go wrong if one flush or one write were left out, or came too late. Each of them is a
 * safeguard of the store switched off from outside, without a line of the store being changed: a mutant of the crash
 * suite, a switch of the lab.
 *
 *     store ──▶ careless ──▶ recorded ──▶ device       what is left out never reaches the device, nor its record
 *
 * Two writes with no flush between them may change places as they like: every model of a disk already lets them. What
 * matters is a write that comes only after the flush that should have covered it.
 *
 *   W1  A program sees its own late writes: a read, a truncate or a close brings them in first. Its death does not.
 */
import type { SiteId } from '../base/ids';
import type { FileName, FileSet, StorageFile } from './file';
import { UnflushedFile } from './unflushed';
import { WrappedFile, wrapFiles } from './wrapped_file';

/** By name: which files, and what is wrong with them. */
export const CARELESS = {
  logFlush: { files: ['log'], fault: 'no_flush', sentence: 'The flush of the log does nothing.' },
  dataFlush: { files: ['data_0', 'data_1'], fault: 'no_flush', sentence: 'The flush of a data file does nothing.' },
  superblockFlush: { files: ['superblock'], fault: 'no_flush', sentence: 'The flush of the superblock does nothing.' },
  logWriteBeforeFlush: {
    files: ['log'],
    fault: 'late_write',
    sentence: 'A write of the log and the flush after it change places.',
  },
  dataWriteBeforeFlush: {
    files: ['data_0', 'data_1'],
    fault: 'late_write',
    sentence: 'A write of a data file and the flush after it change places.',
  },
  superblockWriteBeforeFlush: {
    files: ['superblock'],
    fault: 'late_write',
    sentence: 'A write of the superblock and the flush after it change places.',
  },
  everyLogWrite: { files: ['log'], fault: 'lost_write', sentence: 'Every second write of the log is left out.' },
  everyDataWrite: {
    files: ['data_0', 'data_1'],
    fault: 'lost_write',
    sentence: 'Every second write of a data file is left out.',
  },
  everySuperblockWrite: {
    files: ['superblock'],
    fault: 'lost_write',
    sentence: 'Every second write of the superblock is left out.',
  },
} as const satisfies Record<string, Carelessness>;

interface Carelessness {
  readonly files: readonly FileName[];
  readonly fault: 'no_flush' | 'late_write' | 'lost_write';
  readonly sentence: string;
}

export type CarelessName = keyof typeof CARELESS;

export const isCareless = (name: string): name is CarelessName => Object.hasOwn(CARELESS, name);

/** The files with those faults; the same files if there are none. */
export function carelessFiles(files: FileSet, names: readonly CarelessName[]): FileSet {
  let wrapped = files;
  for (const name of names) {
    const { fault, files: which } = CARELESS[name] as Carelessness;
    wrapped = wrapFiles(wrapped, (inner) => (which.includes(inner.name) ? new CARELESS_FILES[fault](inner) : inner));
  }
  return wrapped;
}

class LateFile extends WrappedFile {
  #late: { readonly at: number; readonly bytes: Uint8Array; readonly site: SiteId | undefined }[] = [];

  override size(): number {
    return this.#late.reduce((size, { at, bytes }) => Math.max(size, at + bytes.length), this.inner.size());
  }

  override read(at: number, into: Uint8Array, site?: SiteId): number {
    this.#bringIn();
    return this.inner.read(at, into, site);
  }

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    this.inner.size(); // F6.
    this.#late.push({ at, bytes: bytes.slice(), site });
    return bytes.length;
  }

  override flush(site?: SiteId): void {
    this.inner.flush(site);
    this.#bringIn();
  }

  override truncate(size: number, site?: SiteId): void {
    this.#bringIn();
    this.inner.truncate(size, site);
  }

  override close(): void {
    this.#bringIn();
    this.inner.close();
  }

  #bringIn(): void {
    const late = this.#late;
    this.#late = [];
    for (const { at, bytes, site } of late) this.inner.write(at, bytes, site);
  }
}

class LossyFile extends WrappedFile {
  #writes = 0;

  override write(at: number, bytes: Uint8Array, site?: SiteId): number {
    if (++this.#writes % 2 === 1) return this.inner.write(at, bytes, site);
    this.inner.size(); // F6.
    return bytes.length;
  }
}

const CARELESS_FILES: Readonly<Record<Carelessness['fault'], new (inner: StorageFile) => StorageFile>> = {
  no_flush: UnflushedFile,
  late_write: LateFile,
  lost_write: LossyFile,
};
