/**
 * The ground of every wrapper: a file that hands each call on, with its site, to the file inside. A wrapper extends
 * it, overrides the calls it is about, and keeps the promises F1 to F8 for the rest by doing nothing.
 *
 * Wrappers compose in any order; the usual stack, outermost first, is recorded, metered, latched, faulty, device.
 */
import type { SiteId } from '../base/ids';
import { fileSet, type FileName, type FileSet, type Storage, type StorageFile } from './file';

export abstract class WrappedFile implements StorageFile {
  readonly name: FileName;
  /** Not named `file`: the build adds a site to calls on a receiver of that name, and here it is already there. */
  protected readonly inner: StorageFile;

  constructor(inner: StorageFile) {
    this.name = inner.name;
    this.inner = inner;
  }

  size(): number {
    return this.inner.size();
  }

  read(at: number, into: Uint8Array, site?: SiteId): number {
    return this.inner.read(at, into, site);
  }

  write(at: number, bytes: Uint8Array, site?: SiteId): number {
    return this.inner.write(at, bytes, site);
  }

  flush(site?: SiteId): void {
    this.inner.flush(site);
  }

  truncate(size: number, site?: SiteId): void {
    this.inner.truncate(size, site);
  }

  close(): void {
    this.inner.close();
  }
}

/** Wraps each file of a set. */
export function wrapFiles(files: FileSet, wrap: (inner: StorageFile) => StorageFile): FileSet {
  return fileSet((name) => wrap(files[name]));
}

/** A storage whose files come wrapped: `wrap` sees each set that is opened. */
export function wrappedStorage(storage: Storage, wrap: (files: FileSet) => FileSet): Storage {
  return { open: (options) => storage.open(options).then(wrap) };
}
