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
