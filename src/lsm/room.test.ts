/** What room a merge leaves on a device that is nearly full (Q2 in `compactor.ts`). */
import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import { faultyFiles } from '../storage/faulty';
import type { FileImages } from '../storage/images';
import { MemoryStorage } from '../storage/memory';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';

interface Case {
  readonly rows: number;
  readonly valueBytes: number;
  readonly tableBytes: number;
  readonly growths: readonly number[];
}

/** Small entries, so that what a filter has of each of them counts. */
const LONG_FILTERS: Case = {
  ...{ rows: 2000, valueBytes: 0, tableBytes: 8000 },
  growths: [0, 16_384, ...Array.from({ length: 10 }, (_, i) => 61_440 + 3072 * i)],
};
/** Written long before it ends. */
const LONG_TABLE: Case = {
  ...{ rows: 1000, valueBytes: 40, tableBytes: 1 << 20 },
  growths: [0, ...Array.from({ length: 10 }, (_, i) => 61_440 + 6144 * i), 400_000],
};

const tuningOf = ({ tableBytes }: Case, bitsPerKey: number) => ({
  ...SMALL_TUNING,
  ...{ memtableBytes: 1 << 20, tableBytes, policy: { kind: 'leveled', ratio: 2, l0Tables: 3 } as const },
  filter: { kind: bitsPerKey === 0 ? 'none' : 'full', bitsPerKey, allocation: 'equal' } as const,
});

const key = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n & 0xff);

/** Without filters, and as many as make a merge due: each has every third key. */
function tablesOf(given: Case): { readonly images: FileImages; readonly root: Uint8Array } {
  const storage = new MemoryStorage();
  const index = openSmall(storage.openNow({ create: true }), EMPTY_BYTES, { tuning: tuningOf(given, 0) });
  let root: Uint8Array = EMPTY_BYTES;
  const value = new Uint8Array(given.valueBytes);
  for (let at = 1; at <= 3; at++) {
    const rows = Array.from({ length: given.rows }, (_, i) => ({ kind: 'put', key: key(at + 3 * i), value }) as const);
    index.apply(rows, lsn(at));
    root = takeCheckpoint(index);
  }
  return { images: storage.snapshot(), root };
}

type Outcome = 'deletes_refused' | 'merge_given_up' | 'merged';

/** Deletes are promised a checkpoint, then those tables are merged into some with long filters, then it is taken. */
function deleteAndMerge(given: Case, { images, root }: ReturnType<typeof tablesOf>, growthBytes: number): Outcome {
  const full = { growthBytes, lastWrite: 'refused' } as const;
  const files = faultyFiles(new MemoryStorage(images).openNow({ create: true }), { faults: [], full });
  const index = openSmall(files, root, { tuning: tuningOf(given, 32) });
  const deletes: Batch = Array.from({ length: 60 }, (_, n) => ({ kind: 'delete', key: key(1500 + n) }));
  try {
    index.reserve(60 * 2, 60, true);
  } catch (error) {
    expect(isEngineError(error, 'store_full')).toBe(true);
    return 'deletes_refused';
  }
  index.apply(deletes, lsn(4));
  // Whoever begins a checkpoint now, in the middle of the merge, was promised room for it.
  while (!index.background(8000).done) index.reserve(0, 0, true);
  takeCheckpoint(index);
  expect(index.check()).toEqual([]);
  return index.lsmStats().levels[1] === undefined ? 'merge_given_up' : 'merged';
}

describe('a merge never takes the room that the next checkpoint was promised', () => {
  it.each([
    ['where its outputs are longer than its inputs', LONG_FILTERS],
    ['in the middle of a long table', LONG_TABLE],
  ])('%s', (_, given) => {
    const tables = tablesOf(given);
    const outcomes = given.growths.map((growthBytes) => deleteAndMerge(given, tables, growthBytes));
    expect(new Set(outcomes)).toEqual(new Set(['deletes_refused', 'merge_given_up', 'merged']));
  });
});
