/**
 * The seam to files.
 *
 * A store is four files with fixed names, all created when it is formatted and open as long as the store is: in a
 * browser `flush` makes bytes durable, not names, so nothing that matters may hang on creating, moving or removing a
 * file. Opening is asynchronous and happens once; from then on every call is synchronous and takes effect in order.
 *
 * What every implementation promises (kept by one conformance suite):
 *   F1  `read` returns how many bytes it gave: fewer than asked only where the file ends, 0 at and past the end.
 *   F2  `write` returns how many bytes it took. Fewer than given is a failure of that write, and nothing is known
 *       about the bytes in between: whoever writes checks it (`assertWholeWrite`).
 *   F3  A write past the end fills the gap with zeros. So does growing with `truncate`, which reserves no space.
 *   F4  Only `flush` makes anything durable, and only of this file. Between two files, order exists only if the
 *       `flush` of the first returned before the `write` of the second was called.
 *   F5  A `flush` that throws says nothing about what reached the disk, and neither does a later one that succeeds.
 *       It throws `flush_failed` whatever the cause, want of room included: it is never a matter of trying again.
 *   F6  After `close` every call but `close` throws `file_closed`.
 *   F7  A file is open at most once; a second open fails with `storage_in_use`.
 *   F8  An offset or a size that is not a whole number from 0 to 2^53 - 1 is a programmer's mistake: an assertion,
 *       before anything is touched. Reading or writing no bytes does nothing, also past the end.
 */
import { EngineError } from '../base/errors';
import type { SiteId } from '../base/ids';

export const FILE_NAMES = ['superblock', 'log', 'data_0', 'data_1'] as const;
export type FileName = (typeof FILE_NAMES)[number];

/** What a torn write is assumed to tear at: the smallest unit a device writes whole, and what groups align to. */
export const SECTOR_BYTES = 512;

/**
 * One open file. `at` is a byte offset. The trailing `site` is filled in by the build with the number of the calling
 * source line, so that a recorded call can be shown beside the line that made it; callers never write it themselves.
 */
export interface StorageFile {
  readonly name: FileName;
  size(): number;
  read(at: number, into: Uint8Array, site?: SiteId): number;
  write(at: number, bytes: Uint8Array, site?: SiteId): number;
  flush(site?: SiteId): void;
  /** Sets the length, up (zeros) or down. */
  truncate(size: number, site?: SiteId): void;
  close(): void;
}

/** The four files of a store, open. */
export type FileSet = Readonly<Record<FileName, StorageFile>>;

/** A place that holds one store. `open` creates the files that are missing only if `create` says so. */
export interface Storage {
  /** @throws EngineError storage_in_use, storage_unavailable, file_missing (none created, some missing) */
  open(options: { readonly create: boolean }): Promise<FileSet>;
}

export function closeAll(files: FileSet): void {
  for (const name of FILE_NAMES) files[name].close();
}

/** Makes a file set by asking for each of the four files in turn. */
export function fileSet(make: (name: FileName) => StorageFile): FileSet {
  return { superblock: make('superblock'), log: make('log'), data_0: make('data_0'), data_1: make('data_1') };
}

/** Rejects every count but the whole: short, zero, or larger than what was asked (seen in real browsers). */
export function assertWholeWrite(file: StorageFile, at: number, wanted: number, count: number): void {
  if (count === wanted) return;
  throw new EngineError('write_failed', `The device took ${count} of ${wanted} bytes at ${at} of ${file.name}.`, {
    file: file.name,
    offset: at,
  });
}
