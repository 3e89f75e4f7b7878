/** The LSM tree is an ordered index: with memtables, blocks and tables so small that every level fills, for each policy. */
import { describe, expect, inject, it } from 'vitest';
import { EMPTY_BYTES, encodeText, equalBytes } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Batch, Cursor, Entry, OrderedIndex } from '../base/ordered_index';
import { describeOrderedIndex, type IndexPlace } from '../base/ordered_index_suite';
import { OrderedIndexModel } from '../base/ordered_index_model';
import { SeededRandom } from '../base/runtime';
import { locateExtent } from '../storage/extent_allocator';
import { faultyFiles } from '../storage/faulty';
import { SimulatedDisk } from '../storage/simulated/disk';
import { garbageEverywhere } from '../storage/testing/power';
import type { FilterVerdict, MergeFilter } from './compaction_filter';
import { WHOLE_KEY, type FilterPrefixRule } from './filter_prefix';
import type { PolicyOptions } from './options';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';

const seed = inject('seed');

const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
];

/** On a disk whose power goes each time the program ends; each batch pays for a slice of compaction. */
function cutPlace(policy: PolicyOptions, filterPrefix: FilterPrefixRule = WHOLE_KEY): IndexPlace {
  let disk = new SimulatedDisk();
  return {
    open(root): OrderedIndex {
      const index = openSmall(disk.openNow({ create: true }), root, { policy, filterPrefix });
      const apply = index.apply.bind(index);
      index.apply = (batch, at) => {
        apply(batch, at);
        index.background(400);
      };
      return index;
    },
    end: () => {
      disk = disk.powerCut(garbageEverywhere(disk.pending()));
    },
  };
}

for (const policy of POLICIES) describeOrderedIndex(`an LSM tree, ${policy.kind}`, () => cutPlace(policy), 20);

describeOrderedIndex(
  'an LSM tree whose filters leave the last byte out',
  () => cutPlace(POLICIES[0]!, { kind: 'all_but_last', bytes: 1 }),
  10,
);

/** Of each prefix what comes first. */
class NewestOnly implements MergeFilter {
  #isNewest = true;

  group(): void {
    this.#isNewest = true;
  }
  visit(): FilterVerdict {
    const isKept = this.#isNewest;
    this.#isNewest = false;
    return { isKept };
  }
  finish(): void {
    return;
  }
}

const readAll = (cursor: Cursor): Entry[] => {
  const entries: Entry[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) entries.push(entry);
  cursor.close();
  return entries;
};

/** Some puts, some deletes, of 800 keys. */
function someBatch(random: SeededRandom): Batch {
  return Array.from({ length: 12 }, () => {
    const key = encodeText(`key ${String(random.below(800)).padStart(4, '0')}`);
    if (random.below(4) === 0) return { kind: 'delete', key };
    return { kind: 'put', key, value: new Uint8Array(random.below(60)).fill(random.below(256)) };
  });
}

describe.each(POLICIES.map((policy) => [policy.kind, policy] as const))('an LSM tree, %s', (_, policy) => {
  it('fills three levels, answers as the model does, and keeps what a cursor sees across compactions', () => {
    const random = new SeededRandom(seed);
    const files = new SimulatedDisk().openNow({ create: true });
    const index = openSmall(files, EMPTY_BYTES, { policy });
    const model = new OrderedIndexModel();
    const held: { readonly cursor: Cursor; readonly entries: readonly Entry[] }[] = [];
    let levels = 0;
    for (let n = 1; n <= 160; n++) {
      const batch = someBatch(random);
      index.apply(batch, lsn(n));
      model.apply(batch);
      if (index.wantsCheckpoint) takeCheckpoint(index);
      index.background(4000);
      levels = Math.max(levels, index.lsmStats().levels.length);
      if (n % 40 === 0) held.push({ cursor: index.cursor({}, n % 80 === 0), entries: model.range({}, n % 80 === 0) });
    }
    while (!index.background(10_000).done);
    expect(levels).toBeGreaterThanOrEqual(3);
    expect(readAll(index.cursor({}, false))).toEqual(model.entries);
    for (let i = 0; i < 800; i++) {
      const key = encodeText(`key ${String(i).padStart(4, '0')}`);
      expect(index.get(key)).toEqual(model.get(key));
    }
    for (const { cursor, entries } of held) expect(readAll(cursor)).toEqual(entries);
    expect(index.check()).toEqual([]);
    expect(index.scrub()).toEqual([]);
    expect(index.stats().keys).toBe(model.entries.length);
    expect(index.lsmStats().levels.some(({ compactions }) => compactions > 0)).toBe(true);
  });

  it('merged into one run has each key once and no tombstone, and its files give back the rest', () => {
    const random = new SeededRandom(seed + 1);
    const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, { policy });
    const model = new OrderedIndexModel();
    for (let n = 1; n <= 60; n++) {
      const batch = someBatch(random);
      index.apply(batch, lsn(n));
      model.apply(batch);
      if (index.wantsCheckpoint) takeCheckpoint(index);
    }
    takeCheckpoint(index);
    index.rebuild();
    const { levels } = index.lsmStats();
    expect(levels.reduce((sum, { entries }) => sum + entries, 0)).toBe(model.entries.length);
    expect(levels.reduce((sum, { tombstones }) => sum + tombstones, 0)).toBe(0);
    expect(levels.filter(({ runs }) => runs > 0)).toHaveLength(1);
    expect(readAll(index.cursor({}, true))).toEqual(model.range({}, true));
    expect(index.check()).toEqual([]);
  });
});

describe('an LSM tree', () => {
  it('drops by a compaction filter what it may, and never brings back what is older', () => {
    const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {
      filterPrefix: { kind: 'all_but_last', bytes: 1 },
      // Of each prefix the first version in key order is in force.
      compactionFilter: { begin: () => new NewestOnly() },
    });
    const put = (key: string, at: number): void =>
      index.apply([{ kind: 'put', key: encodeText(key), value: encodeText(key) }], lsn(at));
    ['a3', 'a2', 'b3', 'a1', 'b2', 'c1'].forEach((key, i) => put(key, i + 1));
    takeCheckpoint(index);
    index.rebuild();
    const keys = readAll(index.cursor({}, false)).map(({ key }) => String.fromCharCode(...key));
    expect(keys).toEqual(['a1', 'b2', 'c1']);
    expect(equalBytes(index.seekFirst(encodeText('b'), {})!.key, encodeText('b2'))).toBe(true);
  });

  it('asks filters for the versions of a key, whose rest has the length that filters leave out, and for no others', () => {
    const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {
      filterPrefix: { kind: 'all_but_last', bytes: 2 },
    });
    let at = 0;
    const write = (keys: readonly string[], kind: 'put' | 'delete'): void => {
      const batch = keys.map((text): Batch[number] => {
        const key = encodeText(text);
        return kind === 'put' ? { kind, key, value: key } : { kind, key };
      });
      index.apply(batch, lsn(++at));
      takeCheckpoint(index);
    };
    write(
      ['a', 'b', 'c', 'd', 'z'].map((letter) => `${letter}001`),
      'put',
    );
    write(['b1', 'b99999', 'm001', 'y001'], 'put');
    write(['b001', 'c002'], 'delete');
    const seek = (prefix: string, restBytes?: number): string | undefined => {
      const found = index.seekFirst(encodeText(prefix), {}, restBytes);
      return found && String.fromCharCode(...found.key);
    };
    expect(seek('c0', 2)).toBe('c001');
    expect(seek('b0', 2)).toBeUndefined(); // A tombstone hides it: it has the same filter prefix.
    expect(seek('b', 5)).toBe('b99999');
    expect(seek('b')).toBe('b1');

    const { blocksRead, filterNegatives } = index.lsmStats().reads;
    for (const prefix of ['b5', 'd9', 'h0', 'x1', 'c7']) expect(seek(prefix, 2), prefix).toBeUndefined();
    expect(index.lsmStats().reads.filterNegatives).toBeGreaterThan(filterNegatives + 3);
    expect(index.lsmStats().reads.blocksRead).toBeLessThanOrEqual(blocksRead + 1);
    seek('d9', 1);
    expect(index.lsmStats().reads.blocksFromCache).toBeGreaterThan(0);
  });

  it('counts what is there, also for keys that a batch names twice and keys that were never there', () => {
    const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {});
    const key = encodeText('key');
    expect(index.stats()).toEqual({ keys: 0, userBytes: 0 });
    index.apply(
      [
        { kind: 'delete', key },
        { kind: 'put', key, value: EMPTY_BYTES },
      ],
      lsn(1),
    );
    expect(index.stats()).toEqual({ keys: 1, userBytes: 3 });
    index.apply(
      [
        { kind: 'put', key, value: key },
        { kind: 'put', key, value: EMPTY_BYTES },
      ],
      lsn(2),
    );
    expect(index.stats()).toEqual({ keys: 1, userBytes: 3 });
    expect(SMALL_TUNING.memtableBytes).toBeLessThan(4096);
  });

  it('counts through files that nobody watches, also what was written since it last did', () => {
    const files = new SimulatedDisk().openNow({ create: true });
    const index = openSmall(files, EMPTY_BYTES, { unwatchedFiles: { ...files } });
    const put = (from: number, to: number, at: number): void => {
      const batch = Array.from({ length: to - from }, (_, i) => {
        return { kind: 'put', key: encodeText(`key ${from + i}`), value: new Uint8Array(100) } as const;
      });
      index.apply(batch, lsn(at));
      takeCheckpoint(index);
    };
    put(1000, 1010, 1);
    expect(index.stats().keys).toBe(10);
    // Nobody asks for so long that all of it is counted anew, in files that have grown: an estimate would be far off.
    for (let at = 2; at < 30; at++) put(1000, 1100, at);
    expect(index.stats().keys).toBe(100);
  });

  it.each(['for a rebuild', 'for want of room'])('presses nobody any more once all was merged %s', (why) => {
    const full = { growthBytes: 200_000, lastWrite: 'refused' } as const;
    const files = faultyFiles(new SimulatedDisk().openNow({ create: true }), { faults: [], full });
    const index = openSmall(files, EMPTY_BYTES, { policy: POLICIES[0]! });
    for (let at = 1; at <= 14; at++) {
      index.apply([{ kind: 'put', key: encodeText('key'), value: new Uint8Array(900) }], lsn(at));
      takeCheckpoint(index);
    }
    index.background(1);
    expect(index.lsmStats().pressure).toBe('stalled');
    if (why === 'for a rebuild') index.rebuild();
    else expect(() => index.reserve(1_000_000, 1)).toThrow('no room');
    takeCheckpoint(index);
    expect(index.lsmStats()).toMatchObject({ pressure: 'none', debtBytes: 0 });
  });

  it('holds no version for a question that ran into damage', () => {
    const files = new SimulatedDisk().openNow({ create: true });
    const index = openSmall(files, EMPTY_BYTES, {});
    const keys = Array.from({ length: 20 }, (_, i) => encodeText(`key ${i}`));
    index.apply(
      keys.map((key) => ({ kind: 'put', key, value: new Uint8Array(40) })),
      lsn(1),
    );
    takeCheckpoint(index);
    const [table] = index.describe().version.levels[0]![0]!.tables;
    const { at, name } = locateExtent(table!.extents[0]!, 512);
    files[name].write(at, new Uint8Array(8).fill(0xff));
    expect(() => index.seekFirst(encodeText('key'), {})).toThrow('is damaged');
    expect(index.describe().readers).toEqual([]);
  });
});
