import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { MemoryStorage } from '../storage/memory';
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
const key = (i: number): Uint8Array => encodeText(`key ${(i * 7919) % 10_007}`);

describe.each([
  ['a map', {}],
  ['a B-tree', { tree: { pageBytes: 1024, protection: 'copy_on_write' } }],
] as const)('compacting a store over %s', (_, format) => {
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
