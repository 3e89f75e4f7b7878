/**
 * Files that keep what is written to the log in the worker's own memory and hand it on only at every so many flushes:
 * a store on them acknowledges commits that die with the worker. Nothing of the lab knows. What comes before the first
 * flush, the making or the recovery of the store, is handed on at once.
 */
const FLUSHES_KEPT = 200;

interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

const logs = new WeakSet<FileSystemSyncAccessHandle>();
let kept: Kept[] = [];
let flushes = 0;

const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
FileSystemFileHandle.prototype.createSyncAccessHandle = async function (...options) {
  const handle = await createSyncAccessHandle.apply(this, options);
  if (this.name === 'log') logs.add(handle);
  return handle;
};

const handles = FileSystemSyncAccessHandle.prototype;
const { flush, write } = handles;

handles.write = function (bytes, options) {
  if (!logs.has(this) || flushes === 0) return write.call(this, bytes, options);
  const view = bytes as Uint8Array<ArrayBuffer>;
  kept.push({ bytes: view.slice(), at: options?.at ?? 0 });
  return view.length;
};
handles.flush = function () {
  if (logs.has(this) && ++flushes % FLUSHES_KEPT === 0) {
    for (const { at, bytes } of kept) write.call(this, bytes, { at });
    kept = [];
  }
  flush.call(this);
};

export {};
