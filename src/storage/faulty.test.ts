import { describe, expect, it } from 'vitest';
import { isEngineError, type ErrorCode } from '../base/errors';
import type { Fault, FullDisk } from './fault_script';
import { faultyFiles } from './faulty';
import type { FileSet } from './file';
import { MemoryStorage } from './memory';
import { SimulatedDisk } from './simulated/disk';
import { keepAll, loseAll } from './simulated/fates';
import { unflushedFiles } from './unflushed';

const ones = (length: number): Uint8Array => new Uint8Array(length).fill(1);

function faulty(...faults: Fault[]): { disk: SimulatedDisk; files: FileSet } {
  const disk = new SimulatedDisk();
  return { disk, files: faultyFiles(disk.openNow({ create: true }), { faults }) };
}

function full(disk: FullDisk): { storage: MemoryStorage; files: FileSet } {
  const storage = new MemoryStorage({ log: ones(1024) });
  return { storage, files: faultyFiles(storage.openNow({ create: true }), { faults: [], full: disk }) };
}

/** `ok`, or the code of the error. */
function outcome(call: () => unknown): ErrorCode | 'ok' {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (isEngineError(error)) return error.code;
    throw error;
  }
}

describe('when a fault strikes', () => {
  it('once, at the call of its number over all files', () => {
    const { files } = faulty({ call: 'flush', nth: 3, effect: { kind: 'fail' } });
    const flushes = (['log', 'data_0', 'log', 'data_1', 'log'] as const).map((name) =>
      outcome(() => files[name].flush()),
    );
    expect(flushes).toEqual(['ok', 'ok', 'flush_failed', 'ok', 'ok']);
  });

  it('at the call of its number on the file it names', () => {
    const { files } = faulty({ call: 'flush', file: 'log', nth: 2, effect: { kind: 'fail' } });
    const flushes = (['log', 'data_0', 'data_0', 'log', 'log'] as const).map((name) =>
      outcome(() => files[name].flush()),
    );
    expect(flushes).toEqual(['ok', 'ok', 'ok', 'flush_failed', 'ok']);
  });

  it('from its number on, for ever', () => {
    const { files } = faulty({ call: 'write', nth: 2, forever: true, effect: { kind: 'fail' } });
    const writes = [1, 2, 3, 4].map(() => outcome(() => files.log.write(0, ones(1))));
    expect(writes).toEqual(['ok', 'write_failed', 'write_failed', 'write_failed']);
  });

  it('not at calls of another kind', () => {
    const { files } = faulty({ call: 'truncate', nth: 1, effect: { kind: 'fail' } });
    expect(outcome(() => files.log.write(0, ones(1)))).toBe('ok');
    expect(outcome(() => files.log.truncate(0))).toBe('write_failed');
  });
});

describe('what a fault does', () => {
  it('a read fails, is short, or gives zeros', () => {
    const { files } = faulty(
      { call: 'read', nth: 1, effect: { kind: 'fail' } },
      { call: 'read', nth: 2, effect: { kind: 'short', count: 3 } },
      { call: 'read', nth: 3, effect: { kind: 'zeros' } },
    );
    files.log.write(0, ones(8));
    const into = new Uint8Array(8).fill(9);
    expect(outcome(() => files.log.read(0, into))).toBe('read_failed');
    expect(files.log.read(0, into)).toBe(3);
    expect([...into]).toEqual([1, 1, 1, 9, 9, 9, 9, 9]);
    expect(files.log.read(0, into)).toBe(8);
    expect([...into]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    [0, 0],
    [1, 1],
    [7, 7],
    [2 ** 32 - 8, 0],
  ])('a write answers %i and writes %i of its 8 bytes', (count, written) => {
    const { disk, files } = faulty({ call: 'write', nth: 1, effect: { kind: 'short', count } });
    expect(files.log.write(0, ones(8))).toBe(count);
    expect(disk.images().log).toEqual(ones(written));
  });

  it('a write fails after all was written', () => {
    const { disk, files } = faulty({ call: 'write', nth: 1, effect: { kind: 'fail_after' } });
    expect(outcome(() => files.log.write(0, ones(8)))).toBe('write_failed');
    expect(disk.images().log).toEqual(ones(8));
  });

  it('a write lands elsewhere and says nothing', () => {
    const { disk, files } = faulty({ call: 'write', nth: 2, effect: { kind: 'misdirected', at: 2 } });
    files.log.write(0, new Uint8Array(8));
    expect(files.log.write(5, ones(2))).toBe(2);
    expect([...disk.images().log]).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  });

  it('a flush fails with nothing durable, and a later one makes up for it', () => {
    const { disk, files } = faulty({ call: 'flush', nth: 1, effect: { kind: 'fail' } });
    files.log.write(0, ones(8));
    expect(outcome(() => files.log.flush())).toBe('flush_failed');
    expect(disk.durableImages().log).toHaveLength(0);
    files.log.flush();
    expect(disk.durableImages().log).toEqual(ones(8));
  });

  it('a flush fails although everything is durable', () => {
    const { disk, files } = faulty({ call: 'flush', nth: 1, effect: { kind: 'fail_after' } });
    files.log.write(0, ones(8));
    expect(outcome(() => files.log.flush())).toBe('flush_failed');
    expect(disk.durableImages().log).toEqual(ones(8));
  });

  it('a flush fails and drops its data: the next one succeeds without it', () => {
    const { disk, files } = faulty({ call: 'flush', nth: 1, effect: { kind: 'fail_and_drop' } });
    files.log.write(0, ones(8));
    expect(outcome(() => files.log.flush())).toBe('flush_failed');
    expect(outcome(() => files.log.flush())).toBe('ok');
    expect(disk.images().log).toEqual(ones(8));
    expect(disk.powerCut(keepAll(disk.pending())).images().log).toHaveLength(0);
  });

  it('a flush lies', () => {
    const { disk, files } = faulty({ call: 'flush', nth: 1, effect: { kind: 'lie' } });
    files.log.write(0, ones(8));
    expect(outcome(() => files.log.flush())).toBe('ok');
    expect(disk.durableImages().log).toHaveLength(0);
  });
});

describe('a full disk', () => {
  it('refuses the write that no longer fits, whole, like a quota', () => {
    const { storage, files } = full({ growthBytes: 1024, lastWrite: 'refused' });
    expect(outcome(() => files.data_0.write(0, ones(512)))).toBe('ok');
    expect(outcome(() => files.log.write(1000, ones(1000)))).toBe('store_full');
    expect(storage.snapshot().log).toHaveLength(1024);
    expect(outcome(() => files.log.write(1000, ones(536)))).toBe('ok');
  });

  it('or cuts it short once, and refuses the next', () => {
    const { storage, files } = full({ growthBytes: 1024, lastWrite: 'short' });
    expect(files.log.write(1000, ones(5000))).toBe(2048 - 1000);
    expect(storage.snapshot().log).toHaveLength(2048);
    expect(outcome(() => files.log.write(2048, ones(1)))).toBe('store_full');
  });

  it('still takes what overwrites, flushes and reads', () => {
    const { files } = full({ growthBytes: 0, lastWrite: 'refused' });
    expect(outcome(() => files.log.write(0, ones(1024)))).toBe('ok');
    expect(outcome(() => files.log.flush())).toBe('ok');
    expect(files.log.read(0, new Uint8Array(2000))).toBe(1024);
    expect(outcome(() => files.log.write(1024, ones(1)))).toBe('store_full');
  });

  it('lets truncate grow a file, and refuses to fill the hole', () => {
    const { files } = full({ growthBytes: 512, lastWrite: 'refused' });
    expect(outcome(() => files.log.truncate(1 << 20))).toBe('ok');
    expect(outcome(() => files.log.write(5000, ones(100)))).toBe('ok');
    expect(outcome(() => files.log.write(9000, ones(100)))).toBe('store_full');
  });

  it('gets room back when a file shrinks', () => {
    const { files } = full({ growthBytes: 0, lastWrite: 'refused' });
    files.log.truncate(512);
    expect(outcome(() => files.data_1.write(0, ones(512)))).toBe('ok');
    expect(outcome(() => files.log.write(512, ones(1)))).toBe('store_full');
  });
});

describe('files without flush', () => {
  it('lose what an honest flush would have kept', () => {
    const disk = new SimulatedDisk();
    const files = unflushedFiles(disk.openNow({ create: true }), ['log']);
    for (const name of ['log', 'data_0'] as const) {
      files[name].write(0, ones(8));
      files[name].flush();
    }
    const after = disk.powerCut(loseAll(disk.pending())).images();
    expect([after.log.length, after.data_0.length]).toEqual([0, 8]);
  });
});
