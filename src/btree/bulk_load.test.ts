import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Batch, Entry } from '../base/ordered_index';
import { ExtentAllocator } from '../storage/extent_allocator';
import { MemoryStorage } from '../storage/memory';
import { BTreeIndex } from './btree_index';
import { keyBytesMax } from './page';

function openIndex(storage: MemoryStorage, pageBytes: number): { index: BTreeIndex; allocator: ExtentAllocator } {
  const allocator = new ExtentAllocator(storage.openNow({ create: true }), Math.max(512, pageBytes));
  const index = BTreeIndex.open(EMPTY_BYTES, {
    allocator,
    storeSeed: 9,
    pageBytes,
    poolBytes: 0,
    protection: 'copy_on_write',
    protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
    trace: null,
  });
  return { index, allocator };
}

const puts = (count: number): Batch =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'put',
    key: encodeText(`key ${(i * 7919) % 100_003}`),
    value: new Uint8Array(i % 17 === 0 ? 700 : i % 40).fill(i),
  }));

function entriesOf(index: BTreeIndex): Entry[] {
  const entries: Entry[] = [];
  const cursor = index.cursor({}, false);
  for (let entry = cursor.next(); entry; entry = cursor.next()) {
    entries.push({ key: entry.key.slice(), value: entry.value.slice() });
  }
  return entries;
}

function checkpoint(index: BTreeIndex): void {
  const running = index.beginCheckpoint();
  while (!running.step(1 << 20).done);
  running.settle(1 << 20);
  running.finish();
}

describe('a tree built anew', () => {
  it.each([256, 1024, 4096])(
    'has the same entries in fewer pages, and keeps its rules: pages of %i bytes',
    (pageBytes) => {
      const { allocator, index } = openIndex(new MemoryStorage(), pageBytes);
      index.apply(puts(3000), lsn(1));
      const before = entriesOf(index);
      const pages = index.treeStats().pages;
      checkpoint(index);
      index.rebuild();
      expect(index.check()).toEqual([]);
      expect(entriesOf(index)).toEqual(before);
      expect(index.treeStats().pages).toBeLessThan(pages);
      checkpoint(index);
      expect(index.check()).toEqual([]);
      expect(allocator.trim()).toBeGreaterThan(0);
      expect(index.scrub()).toEqual([]);
      index.apply([{ kind: 'delete', key: before[5]!.key }, ...puts(50)], lsn(2));
      expect(index.check()).toEqual([]);
    },
  );

  it('leaves the room that was asked for', () => {
    const { index } = openIndex(new MemoryStorage(), 1024);
    const short = puts(2000).filter((operation) => operation.kind === 'put' && operation.value.length < 100);
    index.apply(short, lsn(1));
    index.rebuild();
    const full = index.treeStats().pages;
    index.rebuild(0.5);
    expect(index.check()).toEqual([]);
    expect(index.treeStats().pages).toBeGreaterThan(1.5 * full);
  });

  it.each([0.9, 0.7, 0.5, 0.3])('gives every inner page a separator, also of the longest keys (%d)', (fillShare) => {
    const { index } = openIndex(new MemoryStorage(), 256);
    const bytes = keyBytesMax(256);
    for (let i = 1; i <= 30; i++) {
      const key = encodeText(String(i).padStart(bytes, 'x'));
      index.apply([{ kind: 'put', key, value: new Uint8Array(3) }], lsn(i));
      index.rebuild(fillShare);
      expect(index.check(), `${i} keys`).toEqual([]);
    }
  });

  it('of nothing is one empty leaf, of one entry one leaf', () => {
    const { index } = openIndex(new MemoryStorage(), 256);
    index.rebuild();
    expect(index.check()).toEqual([]);
    index.apply(puts(1).slice(0, 1), lsn(1));
    index.rebuild();
    expect(index.check()).toEqual([]);
    expect(index.treeStats()).toMatchObject({ height: 1 });
  });
});
