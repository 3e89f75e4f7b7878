import { describe, expect, it } from 'vitest';
import type { FileSet } from './file';
import { Latch, Latched, latchedFiles } from './latched';
import { MemoryStorage } from './memory';
import { SimulatedDisk } from './simulated/disk';

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

/** Six calls over three files. */
function run(files: FileSet): void {
  files.superblock.write(0, bytes(4, 1));
  files.superblock.flush();
  files.log.write(0, bytes(700, 2));
  files.log.read(0, new Uint8Array(1));
  files.data_0.truncate(50);
  files.log.flush();
}

function runUntil(stopAt: number, prefixBytes?: number): { storage: MemoryStorage; latch: Latch; files: FileSet } {
  const storage = new MemoryStorage();
  const latch = new Latch({ stopAt, prefixBytes });
  const files = latchedFiles(storage.openNow({ create: true }), latch);
  expect(() => run(files)).toThrow(new Latched(stopAt));
  return { storage, latch, files };
}

describe('a latch', () => {
  it('that never closes counts every call but size and close', () => {
    const latch = new Latch();
    const files = latchedFiles(new MemoryStorage().openNow({ create: true }), latch);
    run(files);
    files.log.size();
    files.log.close();
    expect(latch.calls).toBe(6);
    expect(latch.isClosed).toBe(false);
  });

  it.each([1, 2, 3, 4, 5, 6])('L1 that closes at call %i lets exactly the calls before it through', (stopAt) => {
    const { storage, latch } = runUntil(stopAt);
    const { superblock, log, data_0: data } = storage.snapshot();
    expect([superblock.length, log.length, data.length]).toEqual([
      stopAt > 1 ? 4 : 0,
      stopAt > 3 ? 700 : 0,
      stopAt > 5 ? 50 : 0,
    ]);
    expect(latch.calls).toBe(stopAt - 1);
  });

  it.each([0, 1, 512, 699, 700, 9999])('lets a prefix of %i bytes of the write through', (prefixBytes) => {
    const { storage } = runUntil(3, prefixBytes);
    expect(storage.snapshot().log).toEqual(bytes(Math.min(prefixBytes, 700), 2));
  });

  it('has no prefix to let through where the call is no write', () => {
    expect(runUntil(6, 100).storage.snapshot().log).toHaveLength(700);
  });

  it('L2 refuses everything once closed, even size and close', () => {
    const { files, storage } = runUntil(1);
    expect(() => files.log.size()).toThrow(Latched);
    expect(() => files.log.read(0, new Uint8Array(1))).toThrow(Latched);
    expect(() => files.data_1.write(0, bytes(1, 1))).toThrow(Latched);
    expect(() => files.log.flush()).toThrow(Latched);
    expect(() => files.log.truncate(0)).toThrow(Latched);
    expect(() => files.log.close()).toThrow(Latched);
    expect(() => storage.openNow({ create: true })).toThrow('open');
  });

  it('tells that it closed once, after the prefix is written and before it throws', () => {
    const storage = new MemoryStorage();
    const told: string[] = [];
    const latch = new Latch({
      stopAt: 1,
      prefixBytes: 3,
      onClosed: (call) => told.push(`call ${call}, ${storage.snapshot().log.length} bytes`),
    });
    const files = latchedFiles(storage.openNow({ create: true }), latch);
    expect(() => files.log.write(0, bytes(10, 1))).toThrow(Latched);
    expect(() => files.log.write(0, bytes(10, 1))).toThrow(Latched);
    expect(told).toEqual(['call 1, 3 bytes']);
  });

  it('on a simulated disk is a crash at every call, with what was issued pending', () => {
    const pending = [1, 2, 3, 4, 5, 6].map((stopAt) => {
      const disk = new SimulatedDisk();
      const files = latchedFiles(disk.openNow({ create: true }), new Latch({ stopAt }));
      expect(() => run(files)).toThrow(Latched);
      return disk.crash().pending().length;
    });
    expect(pending).toEqual([0, 2, 0, 3, 3, 4]);
  });
});
