/** The folders that subjects keep their files in. */
import { closeAll } from '../storage/file';
import { OpfsStorage } from '../storage/opfs/storage';

export function benchStorage(folder: string): OpfsStorage {
  return new OpfsStorage({
    path: ['bench', folder],
    label: 'benchmark',
    now: () => Date.now(),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
}

/** Deletes a store that may not be there yet. */
export async function removeStore(storage: OpfsStorage): Promise<void> {
  // The folder above it has to exist for a removal to find nothing.
  closeAll(await storage.open({ create: true }));
  await storage.remove();
}

/** Of all files in a subject's folder. */
export async function bytesOfFolder(folder: string): Promise<number> {
  const root = await navigator.storage.getDirectory();
  return bytesIn(await (await root.getDirectoryHandle('bench')).getDirectoryHandle(folder));
}

async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const handle of folder.values()) {
    bytes += handle.kind === 'file' ? (await handle.getFile()).size : await bytesIn(handle);
  }
  return bytes;
}
