/** What browsers throw, answered by stand-in handles: the faults no test can order from a real one. */
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors';
import { closeAll, type FileSet } from '../file';
import { openFiles } from './files';
import { Patience } from './patience';

type Handle = Pick<FileSystemSyncAccessHandle, 'read' | 'write' | 'flush' | 'truncate' | 'getSize' | 'close'>;

const thrown = (name: string): DOMException => new DOMException(`told to throw ${name}`, name);
const raise = (name: string): (() => never) => {
  return () => {
    throw thrown(name);
  };
};

const WORKING: Handle = {
  read: () => 0,
  write: (bytes) => bytes.byteLength,
  flush: () => undefined,
  truncate: () => undefined,
  getSize: () => 0,
  close: () => undefined,
};

/** A folder whose files open by `openHandle`, which is told the name and how often it has been asked for it. */
function folder(openHandle: (name: string, attempt: number) => Handle): FileSystemDirectoryHandle {
  const attempts = new Map<string, number>();
  const getFileHandle = (name: string): unknown => ({
    createSyncAccessHandle: () => {
      const attempt = (attempts.get(name) ?? 0) + 1;
      attempts.set(name, attempt);
      return new Promise((resolve) => resolve(openHandle(name, attempt)));
    },
  });
  return { getFileHandle: (name: string) => Promise.resolve(getFileHandle(name)) } as FileSystemDirectoryHandle;
}

interface Opening {
  readonly files: Promise<FileSet>;
  readonly waits: number[];
  closedCount: number;
}

function open(directory: FileSystemDirectoryHandle): Opening {
  const waits: number[] = [];
  const patience = new Patience((milliseconds) => {
    waits.push(milliseconds);
    return Promise.resolve();
  });
  const opening = { waits, closedCount: 0 };
  const files = openFiles(directory, { create: true, patience, onClosed: () => opening.closedCount++ });
  return Object.assign(opening, { files });
}

const openWith = (handle: Partial<Handle>): Promise<FileSet> => open(folder(() => ({ ...WORKING, ...handle }))).files;

describe('opening', () => {
  it.each(['NoModificationAllowedError', 'InvalidStateError'])('R10 retries a file that is busy (%s)', async (name) => {
    const opening = open(folder((file, attempt) => (file === 'log' && attempt < 4 ? raise(name)() : WORKING)));
    closeAll(await opening.files);
    expect(opening.waits).toEqual([10, 20, 40]);
    expect(opening.closedCount).toBe(1);
  });

  it('R10 gives up after more than three seconds, and closes the files it got', async () => {
    let closed = 0;
    const busy = raise('NoModificationAllowedError');
    const opening = open(folder((file) => (file === 'data_0' ? busy() : { ...WORKING, close: () => closed++ })));
    await expect(opening.files).rejects.toMatchObject({ code: 'storage_in_use', place: { file: 'data_0' } });
    expect(opening.waits.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(3000);
    expect([closed, opening.closedCount]).toEqual([2, 0]);
  });

  it('does not wait for what will not change', async () => {
    const opening = open(folder(raise('SecurityError')));
    await expect(opening.files).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(opening.waits).toEqual([]);
  });

  it('names the files that are missing, and creates none', async () => {
    const asked: unknown[] = [];
    const directory = {
      getFileHandle: (name: string, options?: unknown) => {
        asked.push(options);
        return name === 'superblock' ? Promise.resolve({}) : Promise.reject(thrown('NotFoundError'));
      },
    } as unknown as FileSystemDirectoryHandle;
    const patience = new Patience(() => Promise.resolve());
    const opening = openFiles(directory, { create: false, patience, onClosed: () => undefined });
    await expect(opening).rejects.toThrow('log, data_0, data_1');
    expect(asked).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('errors of a call', () => {
  const call = {
    read: (files: FileSet) => files.log.read(7, new Uint8Array(8)),
    write: (files: FileSet) => files.log.write(7, new Uint8Array(8)),
    flush: (files: FileSet) => files.log.flush(),
    truncate: (files: FileSet) => files.log.truncate(7),
    getSize: (files: FileSet) => files.log.size(),
  };

  it.each([
    ['read', 'InvalidStateError', 'read_failed'],
    ['write', 'InvalidStateError', 'write_failed'],
    ['write', 'QuotaExceededError', 'store_full'],
    ['flush', 'InvalidStateError', 'flush_failed'],
    ['flush', 'QuotaExceededError', 'flush_failed'],
    ['truncate', 'InvalidStateError', 'write_failed'],
    ['truncate', 'QuotaExceededError', 'store_full'],
    ['getSize', 'InvalidStateError', 'read_failed'],
  ] as const)('%s that throws %s is %s', async (method, name, code) => {
    const files = await openWith({ [method]: raise(name) });
    let error: unknown;
    try {
      call[method](files);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code, place: { file: 'log' }, cause: { name } });
  });

  it.each([2 ** 32 - 8, -8, NaN, 9])('a count of %d for 8 bytes is an error, not an answer', async (count) => {
    const files = await openWith({ read: () => count, write: () => count });
    expect(() => call.read(files)).toThrow(`answered ${count}`);
    expect(() => call.write(files)).toThrow(`answered ${count}`);
  });

  it("a short count is the caller's to judge", async () => {
    const files = await openWith({ read: () => 3, write: () => 0 });
    expect([call.read(files), call.write(files)]).toEqual([3, 0]);
  });
});
