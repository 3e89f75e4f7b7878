import { describe, expect, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { MemoryStorage } from '../storage/memory';
import type { ScanOptions } from './store';
import { openSmall, putText, SMALL_FORMAT } from './testing/small_store';

function storeOf(...keys: string[]) {
  const { store } = openSmall(new MemoryStorage().openNow({ create: true }), 1);
  for (const key of keys) putText(store, key, key);
  store.flush();
  const keysOf = (options?: ScanOptions) => [...store.scan(options)].map(({ key }) => decodeText(key));
  return { store, keysOf };
}

describe('a scan', () => {
  it('gives `[from, to)` in order, or backwards, at most `limit`', () => {
    const { keysOf } = storeOf('a', 'b', 'ba', 'c', 'd');
    const from = encodeText('b');
    const to = encodeText('d');
    expect(keysOf()).toEqual(['a', 'b', 'ba', 'c', 'd']);
    expect(keysOf({ from, to })).toEqual(['b', 'ba', 'c']);
    expect(keysOf({ from, to, reverse: true })).toEqual(['c', 'ba', 'b']);
    expect(keysOf({ from, limit: 2 })).toEqual(['b', 'ba']);
    expect(keysOf({ to, reverse: true, limit: 1 })).toEqual(['c']);
    expect(keysOf({ limit: 0 })).toEqual([]);
    expect(keysOf({ from: to, to: from })).toEqual([]);
  });

  it('shows the store as of its call, however late it is read', () => {
    const { store } = storeOf('a', 'b');
    const early = store.scan();
    putText(store, 'c', 'c');
    store.delete(encodeText('a'));
    store.flush();
    expect([...early].map(({ key }) => decodeText(key))).toEqual(['a', 'b']);
  });

  it('that is given up before its first entry holds on to nothing', () => {
    const storage = new MemoryStorage();
    const format = { ...SMALL_FORMAT, tree: { pageBytes: 256, protection: 'copy_on_write' as const } };
    const { store } = openSmall(storage.openNow({ create: true }), 1, { format });
    const bytes = (): number => storage.snapshot().data_0.length + storage.snapshot().data_1.length;
    const sizes = Array.from({ length: 8 }, () => {
      for (let i = 0; i < 100; i++) putText(store, `key ${i}`, `value ${i}`);
      store.checkpoint();
      store.scan().return();
      store.backup().return();
      return bytes();
    });
    expect(sizes[7]).toBe(sizes[1]);
  });

  it('is refused by a closed store at once', () => {
    const { store } = storeOf('a');
    store.close();
    expect(() => store.scan()).toThrow('closed');
  });
});
