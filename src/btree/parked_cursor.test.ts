import { expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Batch, Cursor, Entry, Operation } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import { SeededRandom } from '../base/runtime';
import { ExtentAllocator } from '../storage/extent_allocator';
import { isEngineError } from '../base/errors';
import { faultyFiles } from '../storage/faulty';
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

/** Bytes by which the data files may grow: enough for the tree, not for what the cursors see besides. */
const DEVICES = [152, 160, 168, 200, 256].map((kibibytes) => kibibytes * 1024);

it.each(DEVICES)(
  'on a full device (%i bytes) they stop nobody: what was promised room finds it (P5)',
  (growthBytes) => {
    const files = new MemoryStorage().openNow({ create: true });
    let spilled = 0;
    const index = BTreeIndex.open(EMPTY_BYTES, {
      allocator: new ExtentAllocator(
        faultyFiles(files, { faults: [], full: { growthBytes, lastWrite: 'refused' } }),
        512,
      ),
      storeSeed: 9,
      pageBytes: 512,
      poolBytes: 64 * 1024,
      protection: 'copy_on_write',
      protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
      trace: { emit: ({ kind }: BTreeEvent) => void (spilled += kind === 'btree.former_page_spilled' ? 1 : 0) },
    });
    const model = new OrderedMap();
    const random = new SeededRandom(growthBytes);
    const parked: { readonly mine: Cursor; readonly expected: Cursor }[] = [];
    let refused = 0;
    for (let at = 1; at <= 400; at++) {
      const changes = Array.from({ length: 20 }, (): Operation => {
        const key = encodeText(`key ${random.below(700)}`);
        return random.below(4) === 0
          ? { kind: 'delete', key }
          : { kind: 'put', key, value: new Uint8Array(60).fill(at) };
      });
      try {
        index.reserve(20 * 80, 20);
      } catch (error) {
        expect(isEngineError(error, 'store_full')).toBe(true);
        refused++;
        parked.shift()?.mine.close();
        continue;
      }
      // From here on nothing may throw.
      const spilledBefore = spilled;
      index.apply(changes, lsn(at));
      for (const change of changes) {
        if (change.kind === 'put') model.put(change.key, change.value);
        else model.delete(change.key);
      }
      if (at % 100 === 0 || spilled > spilledBefore) makeDurable(index);
      if (at % 3 === 0 && parked.length < 12) {
        parked.push({ mine: index.cursor({}, false), expected: model.snapshot().cursor({}, false) });
      }
    }
    expect(refused, 'the device was full').toBeGreaterThan(0);
    for (const { expected, mine } of parked) expect(entriesOf(mine)).toEqual(entriesOf(expected));
    expect(entriesOf(index.cursor({}, false))).toEqual(entriesOf(model.snapshot().cursor({}, false)));
    expect(index.check()).toEqual([]);
  },
);

function makeDurable(index: BTreeIndex): void {
  const checkpoint = index.beginCheckpoint();
  while (!checkpoint.step(4096).done);
  while (!checkpoint.settle(4096).done);
  checkpoint.finish();
}

function entriesOf(cursor: Cursor): Entry[] {
  const entries: Entry[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) entries.push(entry);
  cursor.close();
  return entries;
}
