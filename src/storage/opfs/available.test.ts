import { afterEach, describe, expect, it, vi } from 'vitest';
import { opfsAvailable } from './available';

const error = (name: string): Error => Object.assign(new Error(name), { name });

/** A private file system whose probe fails with an error of that name, at the making of its file or at its writing. */
function opfsThatFails(at: 'create' | 'write', name: string): { removed: string[] } {
  const removed: string[] = [];
  const handle = {
    write: () => {
      throw error(name);
    },
    close: () => undefined,
  };
  const root = {
    getFileHandle: () =>
      at === 'create'
        ? Promise.reject(error(name))
        : Promise.resolve({ createSyncAccessHandle: () => Promise.resolve(handle) }),
    removeEntry: (entry: string) => {
      removed.push(entry);
      return Promise.resolve();
    },
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(root) }, locks: {} });
  return { removed };
}

afterEach(() => vi.unstubAllGlobals());

describe('whether there is a private file system', () => {
  it('is answered by yes where there is one without room: a store may be on it', async () => {
    opfsThatFails('create', 'QuotaExceededError');
    expect(await opfsAvailable('probe')).toEqual({ available: true });
    const { removed } = opfsThatFails('write', 'QuotaExceededError');
    expect(await opfsAvailable('probe')).toEqual({ available: true });
    expect(removed).toEqual(['probe']);
  });

  it('is answered by no where the browser refuses it, as private windows do', async () => {
    opfsThatFails('create', 'SecurityError');
    const answer = await opfsAvailable('probe');
    expect(answer.available ? '' : answer.reason).toContain('SecurityError');
  });
});
