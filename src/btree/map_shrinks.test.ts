import { expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Operation } from '../base/ordered_index';
import { ExtentAllocator } from '../storage/extent_allocator';
import { closeAll } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { BTreeIndex } from './btree_index';

const COUNT = 3000;
const keys = Array.from({ length: COUNT }, (_, i) => encodeText(`key ${i}`));

it('a tree that has shrunk to a leaf keeps one page of its map, in this life and the next', () => {
  const storage = new MemoryStorage();
  let files = storage.openNow({ create: true });
  const open = (root: Uint8Array): BTreeIndex =>
    BTreeIndex.open(root, {
      allocator: new ExtentAllocator(files, 256),
      storeSeed: 9,
      pageBytes: 256,
      poolBytes: 64 * 1024,
      protection: 'copy_on_write',
      protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
      trace: null,
    });
  let index = open(EMPTY_BYTES);
  index.apply(
    keys.map((key): Operation => ({ kind: 'put', key, value: new Uint8Array(40) })),
    lsn(1),
  );
  expect(makeDurable(index).mapPages, 'a map of three levels').toBeGreaterThan(27);
  index.rebuild(); // Under higher numbers.
  makeDurable(index);
  index.apply(
    keys.slice(1).map((key): Operation => ({ kind: 'delete', key })),
    lsn(2),
  );
  // The one page has a high number, which takes a page of each level.
  let { mapPages, root } = makeDurable(index);
  expect(mapPages).toBeLessThanOrEqual(3);
  expect(index.check()).toEqual([]);
  // The next life gives it a low one, and the one after that knows of no other.
  for (const most of [3, 1]) {
    closeAll(files);
    files = storage.openNow({ create: false });
    index = open(root);
    expect(index.check()).toEqual([]);
    index.rebuild();
    ({ mapPages, root } = makeDurable(index));
    expect(mapPages).toBeLessThanOrEqual(most);
    expect(index.check()).toEqual([]);
  }
});

function makeDurable(index: BTreeIndex): { readonly root: Uint8Array; readonly mapPages: number } {
  const checkpoint = index.beginCheckpoint();
  while (!checkpoint.step(4096).done);
  const { root } = checkpoint;
  while (!checkpoint.settle(4096).done);
  checkpoint.finish();
  return { root, mapPages: index.liveExtents.length - index.treeStats().pages };
}
