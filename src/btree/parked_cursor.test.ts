import { expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import { ExtentAllocator } from '../storage/extent_allocator';
import { MemoryStorage } from '../storage/memory';
import { BTreeIndex } from './btree_index';
import type { BTreeEvent } from './events';

const COUNT = 6000;
/** Room for the whole tree: every page is dirty when a cursor is opened, and lies nowhere else. */
const POOL_BYTES = 1024 * 1024;
const batch = (round: number): Batch =>
  Array.from({ length: COUNT }, (_, i) => ({
    kind: 'put',
    key: encodeText(`key ${String(i).padStart(5, '0')}`),
    value: new Uint8Array(60).fill(round),
  }));

it('cursors left open while everything changes see what they saw, and do not hold all of it in memory', () => {
  const events: BTreeEvent[] = [];
  const index = BTreeIndex.open(EMPTY_BYTES, {
    allocator: new ExtentAllocator(new MemoryStorage().openNow({ create: true }), 1024),
    storeSeed: 9,
    pageBytes: 1024,
    poolBytes: POOL_BYTES,
    protection: 'copy_on_write',
    protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
    trace: { emit: (event: BTreeEvent) => void events.push(event) },
  });
  index.apply(batch(1), lsn(1));
  const parked = [];
  for (let round = 2; round <= 5; round++) {
    parked.push(index.cursor({}, round % 2 === 0));
    index.apply(batch(round), lsn(round));
    expect(index.memory().retainedBytes).toBeLessThan(POOL_BYTES + 100 * 1024);
    expect(index.check()).toEqual([]);
  }
  const other = index.cursor({}, true);
  expect(other.next()!.value[0]).toBe(5);
  other.close();
  for (const [i, cursor] of parked.entries()) {
    let seen = 0;
    for (let entry = cursor.next(); entry; entry = cursor.next(), seen++) expect(entry.value[0]).toBe(i + 1);
    expect(seen).toBe(COUNT);
  }
  expect(events.some(({ kind }) => kind === 'btree.former_page_spilled')).toBe(true);
  expect(index.memory().retainedBytes).toBe(0);
  expect(index.check()).toEqual([]);
});
