import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import type { FileSet } from '../storage/file';
import { Latch, Latched, latchedFiles, type LatchOptions } from '../storage/latched';
import { MemoryStorage } from '../storage/memory';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll } from '../storage/simulated/fates';
import { garbageEverywhere } from '../storage/testing/power';
import { Store } from './store';
import type { FormatOptions } from './types';

function open(storage: MemoryStorage, format: Partial<FormatOptions>): Store {
  return Store.open({
    files: storage.openNow({ create: true }),
    random: new SeededRandom(4),
    schedule: new ManualSchedule().schedule,
    format: { logBytes: 64 * 1024, extentBytes: 1024, groupAlignBytes: 512, ...format },
  });
}
const openOn = (files: FileSet, format: Partial<FormatOptions>): Store =>
  Store.open({
    files,
    random: new SeededRandom(8),
    schedule: new ManualSchedule().schedule,
    format: { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512, ...format },
  });

/** Commits that the client of the last life was told of. */
let promised = 0;

/** Keys, compacted, closed; opened again, one more key. True if it came to its end. */
function live(disk: SimulatedDisk, format: Partial<FormatOptions>, latch: LatchOptions): boolean {
  promised = 0;
  const stopping = new Latch(latch);
  const files = latchedFiles(disk.openNow({ create: true }), stopping);
  const put = (store: Store, i: number): void => {
    store.put(key(i), new Uint8Array(40).fill(i));
    store.flush();
    promised++;
  };
  try {
    const store = openOn(files, format);
    for (let i = 0; i < 6; i++) put(store, i);
    store.compact();
    store.close();
    const again = openOn(latchedFiles(disk.openNow({ create: true }), stopping), format);
    put(again, 6);
    return true;
  } catch (error) {
    if (!(error instanceof Latched)) throw error;
    return false;
  }
}

const key = (i: number): Uint8Array => encodeText(`key ${(i * 7919) % 10_007}`);

it('a store over a tree that was closed does not read a long log again', () => {
  const storage = new MemoryStorage();
  const format = { logBytes: 512 * 1024, tree: { pageBytes: 1024, protection: 'copy_on_write' } } as const;
  const store = open(storage, format);
  for (let i = 0; i < 1500; i++) {
    store.put(key(i), new Uint8Array(60).fill(i));
    if (i % 10 === 9) store.flush();
  }
  expect(store.stats().logBytesToReplay).toBeGreaterThan(64 * 1024);
  store.close();
  const again = open(storage, format);
  expect(again.recovery.recordsApplied).toBe(0);
  expect(again.check()).toEqual([]);
  expect([...again.scan()].length).toBe(1500);
});

describe.each([
  ['a map', {}],
  ['a B-tree', { tree: { pageBytes: 1024, protection: 'copy_on_write' } }],
] as const)('compacting a store over %s', (_, format) => {
  it('and closing it cuts the log off; a crash at any call of that, or of the next opening, loses nothing', () => {
    for (const prefixBytes of [0, 700]) {
      for (let stopAt = 1, done = false; !done; stopAt++) {
        const disk = new SimulatedDisk();
        done = live(disk, format, { stopAt, prefixBytes });
        const items = disk.pending();
        for (const choice of [loseAll(items), keepAll(items), garbageEverywhere(items)]) {
          const store = openOn(disk.powerCut(choice).openNow({ create: true }), format);
          const where = `call ${stopAt}, ${prefixBytes} bytes of it`;
          expect(store.check(), where).toEqual([]);
          const found = [...store.scan()].length;
          expect(found === store.recovery.lastLsn, `${where}: ${found} keys at LSN ${store.recovery.lastLsn}`).toBe(
            true,
          );
          expect(found, where).toBeGreaterThanOrEqual(promised);
          store.put(key(900), new Uint8Array(9));
          store.flush();
          expect(store.check(), where).toEqual([]);
        }
      }
    }
  });

  it('gives back what deletes left, and every entry is there afterwards, also after reopening', () => {
    const storage = new MemoryStorage();
    const store = open(storage, format);
    for (let i = 0; i < 3000; i++) {
      store.put(key(i), new Uint8Array(60).fill(i));
      if (i % 100 === 99) store.flush();
    }
    for (let i = 0; i < 3000; i++) if (i % 10 !== 0) store.delete(key(i));
    store.flush();
    const sizes = (): number => storage.snapshot().data_0.length + storage.snapshot().data_1.length;
    const before = sizes();
    store.compact();
    expect(sizes()).toBeLessThan(before / 3);
    expect(store.check()).toEqual([]);
    store.close();
    const again = open(storage, format);
    expect(again.check()).toEqual([]);
    expect([...again.scan()].length).toBe(300);
    const compacted = sizes();
    again.compact();
    expect(sizes()).toBeLessThanOrEqual(compacted);
    expect(again.get(key(2990))).toEqual(new Uint8Array(60).fill(2990));
  });
});
