/**
 * A store in memory: what the lab falls back to where a browser has no OPFS, and the fastest thing to test on.
 *
 * It keeps the promises of the seam while the program runs and none after: `flush` has nothing to make durable.
 * The contents belong to the `MemoryStorage`, not to the open files, so they outlive a close and a reopen.
 *
 *   M1  Bytes of a buffer from `size` to its capacity are zero, so growing a file never shows an older life of it.
 */
import { EngineError } from '../base/errors';
import { FILE_NAMES, fileSet, type FileName, type FileSet, type Storage, type StorageFile } from './file';
import type { FileImages, PartialImages } from './images';
import { assertOffset, fileClosed, filesMissing, storageInUse } from './preconditions';

const CAPACITY_BYTES_MIN = 4096;

export class MemoryStorage implements Storage {
  readonly #contents = new Map<FileName, MemoryContent>();
  readonly #open = new Set<FileName>();

  /** Starts from copies of `images`; files without an image do not exist until `open` creates them. */
  constructor(images: PartialImages = {}) {
    for (const name of FILE_NAMES) {
      const image = images[name];
      if (image !== undefined) this.#contents.set(name, new MemoryContent(image));
    }
  }

  open(options: { readonly create: boolean }): Promise<FileSet> {
    return new Promise((resolve) => resolve(this.openNow(options)));
  }

  /** `open` without the promise: memory has nothing to wait for. */
  openNow({ create }: { readonly create: boolean }): FileSet {
    if (this.#open.size > 0) throw storageInUse('memory');
    const missing = FILE_NAMES.filter((name) => !this.#contents.has(name));
    if (missing.length > 0 && !create) throw filesMissing(missing);
    for (const name of missing) this.#contents.set(name, new MemoryContent());
    return fileSet((name) => {
      this.#open.add(name);
      return new MemoryFile(name, this.#contents.get(name)!, () => this.#open.delete(name));
    });
  }

  /** A copy of everything, open or not; a file that does not exist counts as empty. */
  snapshot(): FileImages {
    const copy = (name: FileName): Uint8Array => this.#contents.get(name)?.copy() ?? new Uint8Array(0);
    return { superblock: copy('superblock'), log: copy('log'), data_0: copy('data_0'), data_1: copy('data_1') };
  }
}

/** The bytes of one file, in a buffer that doubles when it is full. */
class MemoryContent {
  size: number;
  #buffer: Uint8Array;

  constructor(image?: Uint8Array) {
    this.size = image?.length ?? 0;
    this.#buffer = image?.slice() ?? new Uint8Array(0);
  }

  copy(): Uint8Array {
    return this.#buffer.slice(0, this.size);
  }

  read(at: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.size - at));
    if (count > 0) into.set(this.#buffer.subarray(at, at + count));
    return count;
  }

  write(at: number, bytes: Uint8Array, file: FileName): void {
    this.#reserve(at + bytes.length, file);
    this.#buffer.set(bytes, at);
    this.size = Math.max(this.size, at + bytes.length);
  }

  resize(size: number, file: FileName): void {
    this.#reserve(size, file);
    if (size < this.size) this.#buffer.fill(0, size, this.size); // M1
    this.size = size;
  }

  #reserve(size: number, file: FileName): void {
    if (size <= this.#buffer.length) return;
    const larger = allocate(Math.max(CAPACITY_BYTES_MIN, this.#buffer.length * 2, size), size, file);
    larger.set(this.#buffer.subarray(0, this.size));
    this.#buffer = larger;
  }
}

/** `wanted` zero bytes, or just the `needed` ones if that is too much; `store_full` if even they do not fit. */
function allocate(wanted: number, needed: number, file: FileName): Uint8Array {
  for (const length of [wanted, needed]) {
    try {
      return new Uint8Array(length);
    } catch (error) {
      if (length !== needed) continue;
      throw new EngineError('store_full', `Memory has no room for ${needed} bytes of ${file}.`, { file }, error);
    }
  }
  throw new EngineError('store_full', `Memory has no room for ${needed} bytes of ${file}.`, { file });
}

class MemoryFile implements StorageFile {
  readonly name: FileName;
  #content: MemoryContent | null;
  readonly #onClose: () => void;

  constructor(name: FileName, content: MemoryContent, onClose: () => void) {
    this.name = name;
    this.#content = content;
    this.#onClose = onClose;
  }

  size(): number {
    return this.#opened().size;
  }

  read(at: number, into: Uint8Array): number {
    assertOffset(at);
    return this.#opened().read(at, into);
  }

  write(at: number, bytes: Uint8Array): number {
    assertOffset(at);
    const content = this.#opened();
    if (bytes.length > 0) content.write(at, bytes, this.name);
    return bytes.length;
  }

  flush(): void {
    this.#opened();
  }

  truncate(size: number): void {
    assertOffset(size);
    this.#opened().resize(size, this.name);
  }

  close(): void {
    if (this.#content === null) return;
    this.#content = null;
    this.#onClose();
  }

  #opened(): MemoryContent {
    if (this.#content === null) throw fileClosed(this.name);
    return this.#content;
  }
}
