/**
 * Files on OPFS sync access handles: the four of a store, opened together or not at all.
 *
 * Handles exist in dedicated workers only, and one file has at most one (F7 is the browser's own rule). Opening
 * retries while somebody else holds a file; what was opened before a failure is closed again, since a leaked handle
 * would block every later attempt.
 *
 * `flush` is always passed on, also when this file has written nothing: bytes that a dead predecessor wrote and did not
 * flush are readable, and recovery has to make them durable before it relies on them.
 */
import { EngineError } from '../../base/errors';
import { FILE_NAMES, fileSet, type FileName, type FileSet, type StorageFile } from '../file';
import { assertOffset, fileClosed, filesMissing } from '../preconditions';
import { deviceError, isBusy, isNotFound } from './errors';
import type { Patience } from './patience';

/**
 * Opens the four files of a folder; `onClosed` is called once, when the last of them has been closed.
 *
 * @throws EngineError file_missing (and `create` is false), storage_in_use (a handle stayed busy), storage_unavailable
 */
export async function openFiles(
  directory: FileSystemDirectoryHandle,
  options: { readonly create: boolean; readonly patience: Patience; readonly onClosed: () => void },
): Promise<FileSet> {
  if (!options.create) await requireAll(directory);
  const opened = new Map<FileName, FileSystemSyncAccessHandle>();
  try {
    for (const name of FILE_NAMES) opened.set(name, await openHandle(directory, name, options));
  } catch (error) {
    for (const handle of opened.values()) handle.close();
    throw error;
  }
  let openCount = opened.size;
  const onClose = (): void => {
    if (--openCount === 0) options.onClosed();
  };
  return fileSet((name) => new OpfsFile(name, opened.get(name)!, onClose));
}

async function requireAll(directory: FileSystemDirectoryHandle): Promise<void> {
  const missing: FileName[] = [];
  for (const name of FILE_NAMES) {
    try {
      await directory.getFileHandle(name);
    } catch (error) {
      if (!isNotFound(error)) throw deviceError('storage_unavailable', name, { file: name }, error);
      missing.push(name);
    }
  }
  if (missing.length > 0) throw filesMissing(missing);
}

async function openHandle(
  directory: FileSystemDirectoryHandle,
  name: FileName,
  { create, patience }: { readonly create: boolean; readonly patience: Patience },
): Promise<FileSystemSyncAccessHandle> {
  try {
    const entry = await directory.getFileHandle(name, { create });
    return await patience.retry(() => entry.createSyncAccessHandle(), isBusy);
  } catch (error) {
    if (isBusy(error)) {
      throw new EngineError('storage_in_use', `The file ${name} stays open elsewhere.`, { file: name }, error);
    }
    throw deviceError('storage_unavailable', `The file ${name} cannot be opened`, { file: name }, error);
  }
}

class OpfsFile implements StorageFile {
  readonly name: FileName;
  #handle: FileSystemSyncAccessHandle | null;
  readonly #onClose: () => void;

  constructor(name: FileName, handle: FileSystemSyncAccessHandle, onClose: () => void) {
    this.name = name;
    this.#handle = handle;
    this.#onClose = onClose;
  }

  size(): number {
    const handle = this.#opened();
    try {
      return handle.getSize();
    } catch (error) {
      throw deviceError('read_failed', this.name, { file: this.name }, error);
    }
  }

  read(at: number, into: Uint8Array): number {
    assertOffset(at);
    const handle = this.#opened();
    if (into.length === 0) return 0;
    let count: number;
    try {
      count = handle.read(into, { at });
    } catch (error) {
      throw deviceError('read_failed', this.name, { file: this.name, offset: at }, error);
    }
    return this.#believable(count, into.length, 'read_failed', at);
  }

  write(at: number, bytes: Uint8Array): number {
    assertOffset(at);
    const handle = this.#opened();
    if (bytes.length === 0) return 0; // By the standard, an empty write past the end would grow the file.
    let count: number;
    try {
      count = handle.write(bytes, { at });
    } catch (error) {
      throw deviceError('write_failed', this.name, { file: this.name, offset: at }, error);
    }
    return this.#believable(count, bytes.length, 'write_failed', at);
  }

  flush(): void {
    const handle = this.#opened();
    try {
      handle.flush();
    } catch (error) {
      throw deviceError('flush_failed', this.name, { file: this.name }, error);
    }
  }

  truncate(size: number): void {
    assertOffset(size);
    const handle = this.#opened();
    try {
      handle.truncate(size);
    } catch (error) {
      throw deviceError('write_failed', this.name, { file: this.name, offset: size }, error);
    }
  }

  close(): void {
    if (this.#handle === null) return;
    this.#handle.close();
    this.#handle = null;
    this.#onClose();
  }

  #opened(): FileSystemSyncAccessHandle {
    if (this.#handle === null) throw fileClosed(this.name);
    return this.#handle;
  }

  /** A count larger than what was asked for is an error code that lost its sign on the way. */
  #believable(count: number, asked: number, code: 'read_failed' | 'write_failed', at: number): number {
    if (count >= 0 && count <= asked) return count;
    const place = { file: this.name, offset: at };
    throw new EngineError(code, `${this.name}: the browser answered ${count} when asked for ${asked} bytes.`, place);
  }
}
