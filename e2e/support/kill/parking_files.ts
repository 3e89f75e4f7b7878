/**
 * The lab's worker on files that park: named `parked:17` it stops for good inside the 17th write, flush or truncate of
 * the store, without returning to the engine and without any code of the lab knowing; `parked:17:40` lets 40 bytes of
 * that write through first. It says so before it stops. Terminating it is then a crash at exactly that call.
 *
 * I/Os count from the opening of the store, as everywhere in Faultline: its first call is a read.
 */
import { parkForEver } from '../../../src/storage/opfs/parking';
import { FILE_NAMES } from '../../../src/storage/file';

const [, stopAt = Infinity, prefixBytes = 0] = self.name.split(':').map(Number);
const STORE_FILES: ReadonlySet<string> = new Set(FILE_NAMES);

/** Handles of the store's files; the probe for OPFS is none of them. */
const counted = new WeakSet<FileSystemSyncAccessHandle>();
let isOpening = false;
let calls = 0;

const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
FileSystemFileHandle.prototype.createSyncAccessHandle = async function (...options) {
  const handle = await createSyncAccessHandle.apply(this, options);
  if (STORE_FILES.has(this.name)) counted.add(handle);
  return handle;
};

const handles = FileSystemSyncAccessHandle.prototype;
const { flush, read, truncate, write } = handles;

handles.read = function (...call) {
  if (counted.has(this)) isOpening = true;
  return read.apply(this, call);
};
handles.write = function (bytes, options) {
  parkIfDue(this, () => {
    const view = bytes as Uint8Array<ArrayBuffer>;
    if (prefixBytes > 0) write.call(this, view.subarray(0, prefixBytes), options);
  });
  return write.call(this, bytes, options);
};
handles.flush = function () {
  parkIfDue(this);
  flush.call(this);
};
handles.truncate = function (size) {
  parkIfDue(this);
  truncate.call(this, size);
};

function parkIfDue(handle: FileSystemSyncAccessHandle, before?: () => void): void {
  if (!isOpening || !counted.has(handle) || ++calls !== stopAt) return;
  before?.();
  postMessage({ parkedAt: calls });
  parkForEver();
}
