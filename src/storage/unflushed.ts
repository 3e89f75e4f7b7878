/** A protection switched off from outside: files whose `flush` answers at once and does nothing. */
import type { FileName, FileSet } from './file';
import { WrappedFile, wrapFiles } from './wrapped_file';

/** Leaves out the flushes of the files named; of all four, if none is. */
export function unflushedFiles(files: FileSet, names?: readonly FileName[]): FileSet {
  return wrapFiles(files, (inner) => ((names?.includes(inner.name) ?? true) ? new UnflushedFile(inner) : inner));
}

export class UnflushedFile extends WrappedFile {
  override flush(): void {
    this.inner.size(); // F6: a closed file still says so.
  }
}
