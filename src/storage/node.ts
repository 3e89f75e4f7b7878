/**
 * A store in a folder, for Node: tests, command lines and benchmarks on a real file system.
 *
 * `flush` is `fdatasync`, as Chromium's is on Linux. What a browser cannot do is done here: opening syncs the folder and
 * the one that names it, so that the names are durable before anything is promised. (Folders above those are the
 * caller's: they stood before.)
 *
 * Limit: "open at most once" (F7) holds inside this process only. Node has no file lock of its own, and a lock file
 * would survive a crash; two processes on one folder are the caller's mistake.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { EngineError, type ErrorCode } from '../base/errors';
import { FILE_NAMES, fileSet, type FileName, type FileSet, type Storage, type StorageFile } from './file';
import { assertOffset, fileClosed, filesMissing, storageInUse } from './preconditions';

/** Real paths of the folders that hold an open file, with how many. */
const openFiles = new Map<string, number>();

export class NodeStorage implements Storage {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  open(options: { readonly create: boolean }): Promise<FileSet> {
    return new Promise((resolve) => resolve(this.openNow(options)));
  }

  /** `open` without the promise: the calls below it are synchronous. */
  openNow({ create }: { readonly create: boolean }): FileSet {
    if (create) fs.mkdirSync(this.#directory, { recursive: true });
    const missing = FILE_NAMES.filter((name) => !fs.existsSync(path.join(this.#directory, name)));
    if (missing.length > 0 && !create) throw filesMissing(missing);

    const folder = fs.realpathSync(this.#directory);
    if (openFiles.has(folder)) throw storageInUse(`the folder ${path.basename(folder)}`);
    const descriptors = openDescriptors(folder);
    // Always, since a program that died before it got here may have made what is now found.
    for (const named of [folder, path.dirname(folder)]) syncFolder(named);

    openFiles.set(folder, FILE_NAMES.length);
    return fileSet((name) => new NodeFile(name, descriptors[name], () => released(folder)));
  }
}

function released(folder: string): void {
  const left = openFiles.get(folder)! - 1;
  if (left === 0) openFiles.delete(folder);
  else openFiles.set(folder, left);
}

/** All four, or none: what was opened before a failure is closed again. */
function openDescriptors(folder: string): Record<FileName, number> {
  const opened: number[] = [];
  const descriptors = { superblock: -1, log: -1, data_0: -1, data_1: -1 };
  try {
    for (const name of FILE_NAMES) {
      descriptors[name] = fs.openSync(path.join(folder, name), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
      opened.push(descriptors[name]);
    }
  } catch (error) {
    for (const descriptor of opened) fs.closeSync(descriptor);
    throw new EngineError(
      'storage_unavailable',
      `The files of the store cannot be opened: ${String(error)}`,
      {},
      error,
    );
  }
  return descriptors;
}

function syncFolder(folder: string): void {
  const descriptor = fs.openSync(folder, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

class NodeFile implements StorageFile {
  readonly name: FileName;
  #descriptor: number | null;
  readonly #onClose: () => void;

  constructor(name: FileName, descriptor: number, onClose: () => void) {
    this.name = name;
    this.#descriptor = descriptor;
    this.#onClose = onClose;
  }

  size(): number {
    return fs.fstatSync(this.#opened()).size;
  }

  read(at: number, into: Uint8Array): number {
    assertOffset(at);
    const descriptor = this.#opened();
    if (into.length === 0) return 0;
    return this.#attempt('read_failed', at, () => fs.readSync(descriptor, into, 0, into.length, at));
  }

  write(at: number, bytes: Uint8Array): number {
    assertOffset(at);
    const descriptor = this.#opened();
    if (bytes.length === 0) return 0;
    return this.#attempt('write_failed', at, () => fs.writeSync(descriptor, bytes, 0, bytes.length, at));
  }

  flush(): void {
    const descriptor = this.#opened();
    this.#attempt('flush_failed', 0, () => fs.fdatasyncSync(descriptor));
  }

  truncate(size: number): void {
    assertOffset(size);
    const descriptor = this.#opened();
    this.#attempt('write_failed', size, () => fs.ftruncateSync(descriptor, size));
  }

  close(): void {
    if (this.#descriptor === null) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#onClose();
  }

  #opened(): number {
    if (this.#descriptor === null) throw fileClosed(this.name);
    return this.#descriptor;
  }

  #attempt<T>(code: ErrorCode, at: number, call: () => T): T {
    try {
      return call();
    } catch (error) {
      // A flush that fails for want of room is a failed flush (F5): what it held may be gone.
      const full = isNoRoom(error) && code !== 'flush_failed';
      throw new EngineError(full ? 'store_full' : code, `${this.name}: ${String(error)}`, place(this.name, at), error);
    }
  }
}

const place = (file: FileName, offset: number): { file: string; offset: number } => ({ file, offset });

function isNoRoom(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
