/** The store over an LSM tree, which says how far behind its merges are, and how often it has flushed. */
import type { SiteId } from '../base/ids';
import type { FileSet, StorageFile } from '../storage/file';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { StoreSubject } from './store_subject';
import type { MergingSubject } from './subject';

export class LsmSubject extends StoreSubject {
  readonly #calls = { flushes: 0 };
  readonly merging: MergingSubject = {
    debtBytes: () => this.store.lsmStats()?.debtBytes ?? 0,
    flushes: () => this.#calls.flushes,
  };

  protected override watched(files: FileSet): FileSet {
    return wrapFiles(files, (inner) => new FlushCountingFile(inner, this.#calls));
  }
}

class FlushCountingFile extends WrappedFile {
  readonly #calls: { flushes: number };

  constructor(inner: StorageFile, calls: { flushes: number }) {
    super(inner);
    this.#calls = calls;
  }

  override flush(site?: SiteId): void {
    this.inner.flush(site);
    this.#calls.flushes++;
  }
}
