/** Vacuum where something is in its way: a full device, a failing read, another pass, readers that were left alone. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import { ManualClock } from '../base/runtime';
import { codeOf } from '../base/testing/code_of';
import { WHOLE_KEY } from '../lsm';
import { faultyFiles } from '../storage/faulty';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';
import type { Store } from './store';
import type { FormatOptions, TuningOptions } from './types';

const BASE: FormatOptions = { ...SMALL_FORMAT, logBytes: 32 * 1024, versions: true };
const TREE: FormatOptions = { ...BASE, tree: { pageBytes: 1024, protection: 'copy_on_write' } };
const LSM: FormatOptions = { ...BASE, lsm: { filterPrefix: WHOLE_KEY } };
const SMALL_LSM: Partial<TuningOptions> = {
  lsm: { memtableBytes: 600, cacheBytes: 1024, blockBytes: 128, tableBytes: 512, restartInterval: 2 },
};

const full = (growthKiB: number, { logBytes }: FormatOptions): FileSet =>
  faultyFiles(new MemoryStorage().openNow({ create: true }), {
    faults: [],
    full: { growthBytes: 2 * 4096 + logBytes + growthKiB * 1024, lastWrite: 'refused' },
  });

function vacuumAll(store: Store, budgetBytes: number): void {
  while (!store.vacuum.step(budgetBytes).done);
}

describe('a device that a parked reader has filled', () => {
  const formats = [
    ['map', BASE],
    ['copy on write', TREE],
    ['double write', { ...TREE, tree: { pageBytes: 1024, protection: 'double_write' } }],
    ['images in the log', { ...TREE, tree: { pageBytes: 1024, protection: 'log_images' } }],
  ] as const;
  it.each(formats)(
    'takes a vacuum with slices of any size once the reader has ended, and puts again: %s',
    (_, format) => {
      for (const keys of [20, 200]) {
        const { store } = openSmall(full(160, format), 1, { format, tuning: { vacuumBytesMin: 4096 } });
        const write = (i: number): void => {
          putText(store, `key ${(i * 7) % keys}`, `${i}`.padEnd(80, '.'), { mode: 'relaxed' });
          store.write();
        };
        let i = 0;
        for (; i < 20; i++) write(i);
        const reader = store.begin({ readOnly: true });
        const fill = (): void => {
          for (; i < 40_000; i++) write(i);
        };
        expect(codeOf(fill)).toBe('store_full');
        reader.abort();
        vacuumAll(store, 65_536);
        store.checkpoint();
        write(i);
        expect(store.stats().keys).toBeLessThanOrEqual(keys + 1);
        expect(store.check()).toEqual([]);
      }
    },
  );

  it('counts each version once, though making room for a slice commits what waits', () => {
    const format: FormatOptions = {
      ...{ ...BASE, extentBytes: 4096, logBytes: 64 * 1024 },
      tree: { pageBytes: 4096, protection: 'copy_on_write' },
    };
    const { store } = openSmall(full(800, format), 1, {
      format,
      tuning: { vacuumPercent: Infinity, vacuumBytesMin: 1024 },
    });
    let i = 0;
    const put = (): boolean => {
      try {
        putText(store, `key ${i % 20}`, `${i}`.padEnd(1000, '.'), { mode: 'relaxed' });
        if (i++ % 7 === 0) store.write();
        return true;
      } catch (error) {
        if (!isEngineError(error, 'store_full')) throw error;
        return false;
      }
    };
    for (let round = 0; round < 4; round++) {
      while (put());
      for (let slice = 0; slice < 200; slice++) {
        const { done } = store.vacuum.step([100_000, 30_000, 8000, 2000][Math.min(3, slice >> 3)]!);
        if (done) break;
        put();
      }
    }
    store.flush();
    const { commits, keys, versions } = store.stats();
    expect(commits).toBeGreaterThan(900);
    expect(versions!.collected.versionsCollected + keys).toBe(commits);
  });
});

describe('whoever asks for a pass', () => {
  it.each([
    ['map', BASE],
    ['B-tree', TREE],
  ] as const)('hears that it is done, however many commits come between: %s', (_, format) => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1, {
      format,
      tuning: { vacuumPercent: Infinity },
    });
    const write = (i: number): void => {
      putText(store, `key ${i % 200}`, `${i}`.padEnd(80, '.'));
      store.flush();
    };
    for (let i = 0; i < 400; i++) write(i);
    let heard = 0;
    for (let i = 0; i < 1000; i++) {
      if (store.vacuum.step(300).done) heard++;
      write(i);
    }
    expect(heard).toBeGreaterThan(5);
    expect(store.vacuum.passes).toBe(heard);
  });
});

describe('a pass over an LSM tree', () => {
  const tiered: Partial<TuningOptions> = { lsm: { ...SMALL_LSM.lsm!, policy: { kind: 'tiered', ratio: 20 } } };
  const putRounds = (store: Store, rounds: number): void => {
    for (let i = 0; i < rounds; i++) {
      putText(store, `key ${i % 5}`, 'v'.repeat(30));
      store.flush();
    }
  };

  it.each(['read_failed', 'write_failed'] as const)('that could not be finished throws, and is none: %s', (code) => {
    let isFailing = false;
    const throwIf = (file: string, what: typeof code): void => {
      if (isFailing && what === code && file !== 'log') throw new EngineError(code, 'Not today.', { file });
    };
    class Failing extends WrappedFile {
      override read(...[at, into, site]: Parameters<WrappedFile['read']>): number {
        throwIf(this.name, 'read_failed');
        return this.inner.read(at, into, site);
      }
      override write(...[at, bytes, site]: Parameters<WrappedFile['write']>): number {
        throwIf(this.name, 'write_failed');
        return this.inner.write(at, bytes, site);
      }
    }
    const files = wrapFiles(new MemoryStorage().openNow({ create: true }), (file) => new Failing(file));
    const { store } = openSmall(files, 1, { format: LSM, tuning: tiered });
    putRounds(store, 100);
    store.checkpoint();
    do expect(store.vacuum.step(50).done).toBe(false);
    while (store.describe().checkpointing !== undefined);
    const { garbageBytes } = store.transactions.measure();
    isFailing = true;
    // What cannot be read three times is damage, and no merge begins any more. A checkpoint that cannot be written is another matter.
    for (let i = 0; i < (code === 'read_failed' ? 5 : 1); i++) expect(codeOf(() => vacuumAll(store, 300))).toBe(code);
    isFailing = false;
    expect(store.vacuum.passes).toBe(0);
    expect(store.describe().versions!.vacuum.isUnderWay).toBe(false);
    expect(store.transactions.measure().garbageBytes).toBe(garbageBytes);
    if (code === 'read_failed') {
      expect(
        codeOf(() => vacuumAll(store, 300)),
        'until the store is opened again',
      ).toBe(code);
      return;
    }
    vacuumAll(store, 300);
    expect(store.vacuum.passes).toBe(1);
    expect(store.transactions.measure().garbageBytes).toBe(0);
  });

  it('takes what was in memory when it began, though a checkpoint was under way', () => {
    const tuning = { lsm: { ...tiered.lsm!, memtableBytes: 64 * 1024 } };
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1, { format: LSM, tuning });
    putRounds(store, 20);
    store.beginCheckpoint();
    for (let i = 0; i < 20; i++) putText(store, `key ${i % 5}`, 'w'.repeat(30), { mode: 'relaxed' });
    store.write();
    expect(store.describe().checkpointing).toBeDefined();
    expect(store.transactions.measure().garbageBytes).toBeGreaterThan(1000);
    vacuumAll(store, 300);
    expect(store.transactions.measure().garbageBytes).toBe(0);
  });
});

describe('what holds a snapshot', () => {
  it.each([
    ['B-tree', { ...TREE, tree: { pageBytes: 256, protection: 'copy_on_write' } }, { poolBytes: 1 }],
    ['LSM tree', LSM, SMALL_LSM],
  ] as const)('is no scan and no backup that a failing read has ended: %s', (_, format, tuning) => {
    let isFailing = false;
    class Failing extends WrappedFile {
      override read(...[at, into, site]: Parameters<WrappedFile['read']>): number {
        if (isFailing && this.name !== 'log')
          throw new EngineError('read_failed', 'No bytes today.', { file: this.name });
        return this.inner.read(at, into, site);
      }
    }
    const files = wrapFiles(new MemoryStorage().openNow({ create: true }), (file) => new Failing(file));
    const { store } = openSmall(files, 1, { format, tuning });
    for (let i = 0; i < 200; i++) putText(store, `key ${i}`, 'v'.repeat(30));
    store.checkpoint();
    for (const read of [() => store.scan(), () => store.scan({ reverse: true }), () => store.backup()] as const) {
      isFailing = true;
      expect(codeOf(() => [...read()])).toBe('read_failed');
      isFailing = false;
      expect(store.stats().versions!.snapshots).toBe(0);
      expect(store.describe().lsm?.readers ?? []).toEqual([]);
    }
  });

  it.each(['commit', 'abort'] as const)('is no scan that a transaction left open at its end: %s', (end) => {
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1, { format: LSM, tuning: SMALL_LSM });
    for (let i = 0; i < 100; i++) putText(store, `key ${i}`, 'v'.repeat(60));
    store.checkpoint();
    const transaction = store.begin();
    for (const reverse of [false, true]) transaction.scan({}, reverse).next();
    expect(store.describe().lsm!.readers).toHaveLength(2);
    transaction[end]();
    expect(store.describe().lsm!.readers).toEqual([]);
  });

  it('is no scan of a transaction that was left alone for too long: its tables and pages go with it', () => {
    const clock = new ManualClock();
    const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1, {
      ...{ format: LSM, clock, tuning: { ...SMALL_LSM, idleTicksMax: 5 } },
    });
    for (let i = 0; i < 100; i++) putText(store, `key ${i}`, 'v'.repeat(60));
    store.checkpoint();
    const rows = store.begin({ readOnly: true }).scan();
    rows.next();
    expect(store.describe().lsm!.readers).toHaveLength(1);
    for (let i = 0; i < 10; i++) clock.tick();
    putText(store, 'more', 'w');
    store.transactions.endIdle();
    expect(store.describe().lsm!.readers).toEqual([]);
    expect(codeOf(() => rows.next())).toBe('snapshot_too_old');
  });
});

it('a salvaged tree shows on screen what it gives to whoever reads it', () => {
  const format: FormatOptions = {
    ...{ ...BASE, logBytes: 64 * 1024 },
    tree: { pageBytes: 256, protection: 'copy_on_write' },
  };
  const storage = new MemoryStorage();
  const { store } = openSmall(storage.openNow({ create: true }), 1, { format, tuning: { poolBytes: 1 } });
  const putAll = (word: string): void => {
    for (let i = 0; i < 60; i++) putText(store, `key ${String(i).padStart(2, '0')}`, word.padEnd(40, '.'));
    store.flush();
  };
  putAll('old');
  store.checkpoint();
  putAll('new');
  const images = storage.snapshot();
  let compared = 0;
  for (const name of ['data_0', 'data_1'] as const) {
    for (let at = 512; at < images[name].length; at += 256) {
      const damaged = images[name].slice();
      damaged.fill(0xee, at + 100, at + 110);
      const files = new MemoryStorage({ ...images, [name]: damaged }).openNow({ create: false });
      const again = openSmall(files, 2, { salvage: true, tuning: { poolBytes: 1 } }).store;
      if (again.describe().state !== 'read_only') continue;
      compared++;
      const shown = [...again.peek()].map(({ key }) => key);
      const given = [...again.scan()].map(({ key }) => key);
      expect(shown, `${name} at ${at}`).toEqual(given);
      expect(
        textEntries(again).some((entry) => entry.includes('=old')),
        'an older version in place of a newer',
      ).toBe(false);
    }
  }
  expect(compared).toBeGreaterThan(10);
  expect(store.get(encodeText('key 07'))).toEqual(encodeText('new'.padEnd(40, '.')));
});
