/**
 * The device as a run sees it: counts every write, flush and truncate that reaches it, and says so just before it does.
 *
 *     store ──▶ careless wrappers ──▶ watched ──▶ faults ──▶ simulated disk
 *
 * The numbers are those of the lab: I/O k is the k-th of these calls since the run began, over all lives of the store,
 * failed ones included. What a careless wrapper leaves out never gets here and has no number.
 */
import { fileSet, type FileName, type FileSet, type StorageFile } from '../storage/file';
import { fileClosed } from '../storage/preconditions';

export type DeviceCall =
  | { readonly kind: 'write'; readonly file: FileName; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'flush'; readonly file: FileName }
  | { readonly kind: 'truncate'; readonly file: FileName; readonly size: number };

/** What stands behind the watch, and who is told. `files` may be exchanged while a store holds its views. */
export interface Watch {
  files: FileSet;
  /** Before each call that could change the disk. The bytes are lent: whoever keeps them copies them. */
  readonly onCall: (call: DeviceCall) => void;
}

/** Views for one life of a store: closing them closes nothing but the views. */
export function watchedFiles(watch: Watch): FileSet {
  return fileSet((name) => new WatchedFile(watch, name));
}

class WatchedFile implements StorageFile {
  readonly name: FileName;
  readonly #watch: Watch;
  #isClosed = false;

  constructor(watch: Watch, name: FileName) {
    this.#watch = watch;
    this.name = name;
  }

  size(): number {
    return this.#inner.size();
  }

  read(at: number, into: Uint8Array): number {
    return this.#inner.read(at, into);
  }

  write(at: number, bytes: Uint8Array): number {
    const { name } = this;
    const inner = this.#inner;
    this.#watch.onCall({ kind: 'write', file: name, at, bytes });
    return inner.write(at, bytes);
  }

  flush(): void {
    const { name } = this;
    const inner = this.#inner;
    this.#watch.onCall({ kind: 'flush', file: name });
    inner.flush();
  }

  truncate(size: number): void {
    const { name } = this;
    const inner = this.#inner;
    this.#watch.onCall({ kind: 'truncate', file: name, size });
    inner.truncate(size);
  }

  close(): void {
    this.#isClosed = true;
  }

  get #inner(): StorageFile {
    if (this.#isClosed) throw fileClosed(this.name);
    return this.#watch.files[this.name];
  }
}
