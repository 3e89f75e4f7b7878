/** A tree on a device that is full: nobody who wants to make room is sent away. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import type { PageProtection } from '../btree';
import { faultyFiles } from '../storage/faulty';
import { MemoryStorage } from '../storage/memory';
import type { Store } from './store';
import { openSmall, SMALL_FORMAT } from './testing/small_store';

/** Beside the superblock and the log, so many extents. */
function openOnDevice(extents: number, protection: PageProtection): Store {
  const files = new MemoryStorage().openNow({ create: true });
  const format = { ...SMALL_FORMAT, logBytes: 64 * 1024, tree: { pageBytes: 512, protection } };
  const growthBytes = 2 * 4096 + format.logBytes + extents * 512;
  return openSmall(faultyFiles(files, { faults: [], full: { growthBytes, lastWrite: 'refused' } }), 1, { format })
    .store;
}

/** Puts until there is no room. @returns the keys */
function fill(store: Store, nextKey: () => number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (;;) {
    const key = encodeText(`key ${nextKey()}`);
    try {
      store.put(key, new Uint8Array(60));
      store.flush();
    } catch (error) {
      expect(isEngineError(error, 'store_full')).toBe(true);
      return keys;
    }
    keys.push(key);
  }
}

function deleteAll(store: Store, keys: readonly Uint8Array[]): void {
  for (const key of keys) {
    store.delete(key);
    store.flush();
  }
}

describe.each<PageProtection>(['copy_on_write', 'double_write'])('a full device (%s)', (protection) => {
  it('takes deletes, every one, and then puts again (K3)', () => {
    const store = openOnDevice(150, protection);
    const random = new SeededRandom(2);
    const first = fill(store, () => random.below(1e9));
    expect(first.length).toBeGreaterThan(50);
    deleteAll(store, first);
    expect(store.stats().keys).toBe(0);
    const second = fill(store, () => random.below(1e9));
    expect(second.length).toBeGreaterThan(first.length / 2);
    expect(store.check()).toEqual([]);
  });
});

it('a full device that has no room to build the tree anew takes deletes as before', () => {
  const store = openOnDevice(150, 'copy_on_write');
  let last = 1e6;
  const keys = fill(store, () => ++last); // In order: the pages are full as they are.
  expect(() => store.compact()).toThrow(/no room/);
  expect(store.stats().keys).toBe(keys.length);
  deleteAll(store, keys);
  expect(store.check()).toEqual([]);
});
