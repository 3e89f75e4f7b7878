/** Whether this worker can keep a store in the origin private file system, found out by trying. */
import { errorName, isNoRoom } from './errors';

export type OpfsAvailability = { readonly available: true } | { readonly available: false; readonly reason: string };

/**
 * Private windows of Safari and Firefox have the API and refuse to use it; so the probe opens a file and writes a byte.
 * `probeName` must be unlike that of any other worker probing at the same moment.
 *
 * A full disk is not a missing one: there may be a store on it, which must be opened, read and emptied, never silently
 * replaced by one in memory.
 */
export async function opfsAvailable(probeName: string): Promise<OpfsAvailability> {
  const scope = globalThis as { navigator?: { storage?: Partial<StorageManager>; locks?: unknown } };
  if (typeof scope.navigator?.storage?.getDirectory !== 'function')
    return no('This browser has no private file system.');
  if (scope.navigator.locks === undefined) return no('This browser has no Web Locks, or the page is not secure.');
  try {
    const root = await navigator.storage.getDirectory();
    const entry = await root.getFileHandle(probeName, { create: true });
    try {
      return await canWrite(entry);
    } finally {
      await root.removeEntry(probeName);
    }
  } catch (error) {
    if (isNoRoom(error)) return { available: true };
    return no(`The browser refuses its private file system here (${errorName(error)}), as private windows do.`);
  }
}

async function canWrite(entry: FileSystemFileHandle): Promise<OpfsAvailability> {
  if (!('createSyncAccessHandle' in entry)) return no('This browser has no synchronous files in workers.');
  const handle = await entry.createSyncAccessHandle();
  try {
    const count = handle.write(new Uint8Array([1]), { at: 0 });
    return count === 1 ? { available: true } : no('The browser does not write to its private file system.');
  } finally {
    handle.close();
  }
}

const no = (reason: string): OpfsAvailability => ({ available: false, reason });
