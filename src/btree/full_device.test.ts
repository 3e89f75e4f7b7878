/** A device that is full: whoever was promised room finds it, and everybody else is told before anything has changed. */
import { expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { lsn } from '../base/ids';
import type { Cursor, Entry, Operation } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import { SeededRandom } from '../base/runtime';
import { ExtentAllocator } from '../storage/extent_allocator';
import { faultyFiles } from '../storage/faulty';
import { MemoryStorage } from '../storage/memory';
import { BTreeIndex } from './btree_index';
import type { BTreeEvent } from './events';

it('values that take a page each are promised a page each', () => {
  let refused = 0;
  for (let kibibytes = 8; kibibytes < 100; kibibytes++) {
    const index = openOnDevice(kibibytes * 1024);
    const puts = Array.from({ length: 100 }, (_, i): Operation => ({
      kind: 'put',
      key: encodeText(`key ${i}`),
      value: new Uint8Array(130).fill(i),
    }));
    try {
      index.reserve(100 * 140, 100);
    } catch (error) {
      expect(isEngineError(error, 'store_full')).toBe(true);
      refused++;
      continue;
    }
    index.apply(puts, lsn(1));
    makeDurable(index);
  }
  expect(refused, 'some of the devices were too small').toBeGreaterThan(0);
  expect(refused, 'and some were not').toBeLessThan(92);
});

it('updates all over a large tree are promised the map pages above them', () => {
  const keys = 5000;
  const index = openOnDevice(1300 * 1024, () => undefined, { pageBytes: 256, poolBytes: 1024 * 1024 });
  const random = new SeededRandom(3);
  const put = (number: number, fill: number): Operation => ({
    kind: 'put',
    key: encodeText(`key ${String(number).padStart(5, '0')}`),
    value: new Uint8Array(60).fill(fill),
  });
  for (let at = 1; at <= keys / 50; at++) {
    index.apply(
      Array.from({ length: 50 }, (_, i) => put(50 * at + i, 0)),
      lsn(at),
    );
    makeDurable(index);
  }
  let refused = false;
  for (let at = 1; !refused && at < 2000; at++) {
    try {
      index.reserve(70, 1);
      index.apply([put(50 + random.below(keys), at)], lsn(keys + at));
    } catch (error) {
      expect(isEngineError(error, 'store_full')).toBe(true);
      refused = true;
    }
  }
  expect(refused, 'the device was full').toBe(true);
  makeDurable(index);
  expect(index.check()).toEqual([]);
});

/** Bytes by which the data files may grow: enough for the tree, not for what the cursors see besides. */
const DEVICES = [152, 160, 168, 200, 256].flatMap((kibibytes) => [
  { growthBytes: kibibytes * 1024, valueBytes: 60, keys: 700 },
  { growthBytes: kibibytes * 1024, valueBytes: 130, keys: 200 }, // Each in a page of its own, a quarter of which it takes.
]);

it.each(DEVICES)('on a full device parked cursors stop nobody: what was promised room finds it (P5; %o)', (device) => {
  const { growthBytes, keys, valueBytes } = device;
  let spilled = 0;
  const index = openOnDevice(growthBytes, ({ kind }) => {
    if (kind === 'btree.former_page_spilled') spilled++;
  });
  const model = new OrderedMap();
  const random = new SeededRandom(growthBytes);
  const parked: { readonly mine: Cursor; readonly expected: Cursor }[] = [];
  let refused = 0;
  for (let at = 1; at <= 400; at++) {
    const changes = Array.from({ length: 20 }, (): Operation => {
      const key = encodeText(`key ${random.below(keys)}`);
      return random.below(4) === 0
        ? { kind: 'delete', key }
        : { kind: 'put', key, value: new Uint8Array(valueBytes).fill(at) };
    });
    try {
      index.reserve(20 * (valueBytes + 10), 20);
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
});

function openOnDevice(
  growthBytes: number,
  emit: (event: BTreeEvent) => void = () => undefined,
  { pageBytes, poolBytes } = { pageBytes: 512, poolBytes: 64 * 1024 },
): BTreeIndex {
  const files = new MemoryStorage().openNow({ create: true });
  return BTreeIndex.open(EMPTY_BYTES, {
    allocator: new ExtentAllocator(
      faultyFiles(files, { faults: [], full: { growthBytes, lastWrite: 'refused' } }),
      512,
    ),
    storeSeed: 9,
    pageBytes,
    poolBytes,
    protection: 'copy_on_write',
    protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
    trace: { emit },
  });
}

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
