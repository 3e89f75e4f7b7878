import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, encodeText, startsWith, toHex } from '../../base/bytes';
import { lsn } from '../../base/ids';
import type { VersionedEntry } from '../entry';
import { filterPrefix, type FilterPrefixRule } from '../filter_prefix';
import { entry, evenKeys, expectSame, scan, SmallTables, type SmallTableOptions } from './testing/small_table';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const keysOf = (entries: readonly VersionedEntry[]): string[] => entries.map(({ key }) => text(key));

/** Few letters, NUL among them, and long common beginnings: many shared prefixes, many neighbours. */
const keyBytes = fc
  .tuple(fc.constantFrom('', 'aaaaaaaa', 'aaaaaaab', 'a\0', 'b'.repeat(140)), fc.uint8Array({ maxLength: 6, max: 3 }))
  .map(([head, tail]) => Uint8Array.of(...encodeText(head), ...tail))
  .filter((key) => key.length > 0);
const valueBytes = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.nat(700).map((length) => new Uint8Array(length).fill(7)),
  ),
  { nil: undefined },
);
const entryLists = fc
  .uniqueArray(fc.record({ key: keyBytes, lsn: fc.nat(2 ** 40).map(lsn), value: valueBytes }), {
    ...{ minLength: 1, maxLength: 60, size: 'max', selector: ({ key }) => toHex(key) },
  })
  .map((entries) => entries.sort((a, b) => compareBytes(a.key, b.key)));
const rules = fc.constantFrom<FilterPrefixRule>({ kind: 'whole_key' }, { kind: 'all_but_last', bytes: 3 });
const shapes: fc.Arbitrary<SmallTableOptions> = fc.record({
  extentBytes: fc.constantFrom(512, 513, 4096),
  blockBytes: fc.constantFrom(1, 128, 600),
  restartInterval: fc.constantFrom(1, 3, 16),
  filter: fc.constantFrom('none' as const, 'full' as const, 'partitioned' as const),
  bitsPerKey: fc.constantFrom(0, 0.5, 10),
  filterPrefix: rules,
  cacheBytes: fc.constantFrom(0, 300, 100_000),
  holes: fc.constantFrom(2, 3),
});

describe('a table', () => {
  it('gives back what went in: every key, every range, both ways, whatever its shape', () => {
    const bounds = fc.option(keyBytes, { nil: undefined });
    const property = fc.property(
      entryLists,
      shapes,
      fc.array(fc.tuple(bounds, bounds), { minLength: 1, maxLength: 6 }),
      fc.array(keyBytes, { maxLength: 20 }),
      (entries, shape, ranges, others) => {
        const tables = new SmallTables(shape);
        const table = tables.open(tables.write(entries));
        const rule = shape.filterPrefix!;
        const get = (keys: readonly Uint8Array[]) => keys.flatMap((key) => table.get(key) ?? []);
        expectSame(get(entries.map(({ key }) => key)), entries);
        expect(entries.every(({ key }) => table.mayContain(filterPrefix(key, rule)))).toBe(true);
        const known = new Map(entries.map((each) => [toHex(each.key), each]));
        expectSame(
          get(others),
          others.flatMap((key) => known.get(toHex(key)) ?? []),
        );
        for (const [from, to] of [[undefined, undefined] as const, ...ranges]) {
          const within = entries.filter(
            ({ key }) => (!from || compareBytes(key, from) >= 0) && (!to || compareBytes(key, to) < 0),
          );
          for (const purpose of ['read', 'merge'] as const) {
            expectSame(scan(table, { from, to }, false, purpose), within);
            expectSame(scan(table, { from, to }, true, purpose).reverse(), within);
          }
        }
        expect(table.check()).toEqual([]);
        expect(tables.cache.bytes).toBeLessThanOrEqual(tables.cache.capacityBytes);
      },
    );
    fc.assert(property, { numRuns: 40 });
  });

  it('says what it holds, and lies where its extents say', () => {
    const tables = new SmallTables({ filter: 'partitioned', holes: 2 });
    const entries = evenKeys(100);
    const meta = tables.write(entries, 7);
    expect(meta).toMatchObject({ id: 7, entries: 100, tombstones: 14, minLsn: 1000, maxLsn: 1099 });
    expect([text(meta.smallest), text(meta.largest)]).toEqual(['k000', 'k198']);
    expect(meta.extents.length).toBe(Math.ceil(meta.bytes / 512));
    const table = tables.open(meta);
    expect(table.properties).toMatchObject({ keyBytes: 400, restartInterval: 4, filter: 'partitioned', level: 0 });
    // The blocks lie end to end, in the order in which they were built.
    const built = tables.events.flatMap((each) => (each.kind === 'lsm.block_built' ? [each] : []));
    let end = 0;
    for (const { at, bytes } of built) {
      expect(at).toBe(end);
      end += bytes;
    }
    expect(end).toBe(meta.bytes);
    expect(built.filter(({ block }) => block === 'data')).toHaveLength(table.properties.dataBlocks);
    expect(built.slice(-3).map(({ block }) => block)).toEqual(['index', 'properties', 'footer']);
  });

  it('reads one data block for a key that is there, and none where its filter or its range says no', () => {
    const tables = new SmallTables({ cacheBytes: 100_000, extentBytes: 65536, bitsPerKey: 20 });
    const table = tables.open(tables.write(evenKeys(100)));
    table.get(encodeText('k000')); // The index is in memory from now on.
    tables.events.length = 0;
    const said = (key: string): unknown[] => {
      tables.events.length = 0;
      table.get(encodeText(key));
      return tables.events.map((each) =>
        each.kind === 'lsm.block_read' ? [each.block, each.isCached] : each.kind === 'lsm.table_probed' && each.outcome,
      );
    };
    expect(said('k100')).toEqual([['index', true], ['data', false], 'found']);
    expect(said('k100')).toEqual([['index', true], ['data', true], 'found']);
    expect(said('k006')).toEqual([['index', true], ['data', true], 'tombstone']);
    expect(said('k101')).toEqual(['filter_said_no']);
    expect(said('a')).toEqual(['outside']);
    expect(said('x')).toEqual(['outside']);
    expect(table.counters).toMatchObject({ lookups: 5, filterNegatives: 1, filterTruePositives: 4 });
    expect(table.counters.filterFalsePositives).toBe(0);
  });

  it('answers about a prefix with keys of another one in between, in whichever partition its keys are', () => {
    const rule = { kind: 'all_but_last', bytes: 2 } as const;
    const tables = new SmallTables({ filter: 'partitioned', filterPrefix: rule, blockBytes: 64, bitsPerKey: 16 });
    // Cut by two: p | z!, but pa | !x. So what begins with p is first pa's, then pb's, and p's own come last.
    const names = ['p', 'pa', 'pb', 'q'].flatMap((prefix) =>
      Array.from({ length: 40 }, (_, i) => String.fromCharCode(33 + i)).map((letter) =>
        prefix === 'p' ? `pz${letter}` : `${prefix}${letter}x`,
      ),
    );
    const entries = names.sort().map((name, i) => entry(name, 'v', i + 1));
    const table = tables.open(tables.write(entries));
    for (const prefix of ['p', 'pa', 'pb', 'q']) expect(table.mayContain(encodeText(prefix))).toBe(true);
    const absent = ['o', 'pc', 'pz', 'qq', 'r'].filter((prefix) => table.mayContain(encodeText(prefix)));
    expect(absent).toEqual([]);
    expect(startsWith(table.meta.smallest, encodeText('p'))).toBe(true);
    expect(table.check()).toEqual([]);
  });

  it('opens its filter up: which bits a prefix looks at, and whether they are set', () => {
    for (const filter of ['full', 'partitioned'] as const) {
      const tables = new SmallTables({ filter, bitsPerKey: 20 });
      const table = tables.open(tables.write(evenKeys(60)));
      const there = table.probeFilter(encodeText('k040'))!;
      expect(there.probes).toHaveLength(14);
      expect(there.probes.every(({ isSet, bit }) => isSet && bit < there.bits)).toBe(true);
      const missing = table.probeFilter(encodeText('k041'))!;
      expect(missing.mayContain).toBe(false);
      expect(missing.probes.some(({ isSet }) => !isSet)).toBe(true);
    }
    const none = new SmallTables({ filter: 'none' });
    expect(none.open(none.write(evenKeys(3))).probeFilter(encodeText('k000'))).toBeUndefined();
  });
});

describe('a scan', () => {
  const options: SmallTableOptions = { blockBytes: 4096, extentBytes: 64 * 1024, cacheBytes: 10 ** 6, filter: 'none' };
  const many = Array.from({ length: 2000 }, (_, i) => entry(`k${String(i).padStart(5, '0')}`, 'v'.repeat(200), i + 1));

  it('that is short leaves its blocks in the cache; a long one reads 64 KiB at a call, past it', () => {
    const tables = new SmallTables(options);
    const table = tables.open(tables.write(many));
    scan(table, { from: encodeText('k00100'), to: encodeText('k00200') }, false);
    const { blocksRead } = table.counters;
    scan(table, { from: encodeText('k00100'), to: encodeText('k00200') }, true);
    expect(table.counters.blocksRead).toBe(blocksRead);

    for (const reverse of [false, true]) {
      const before = table.counters;
      const cachedBefore = tables.cache.bytes;
      expect(scan(table, {}, reverse)).toHaveLength(2000);
      const { blocksRead: read, reads } = table.counters;
      expect(read - before.blocksRead).toBeGreaterThan(80);
      expect(reads - before.reads).toBeLessThan(40);
      expect(tables.cache.bytes - cachedBefore).toBeLessThan(80 * 1024);
    }
    const cached = tables.cache.bytes;
    const before = table.counters.reads;
    expect(keysOf(scan(table, {}, false, 'merge'))).toEqual(keysOf(many));
    expect(tables.cache.bytes).toBe(cached);
    expect(table.counters.reads - before).toBeLessThan(20);
  });

  it('whose blocks are all in the cache reads nothing, however long it is', () => {
    const tables = new SmallTables(options);
    const table = tables.open(tables.write(many));
    for (const { key } of many) table.get(key);
    const { reads } = table.counters;
    expect(scan(table, {}, false)).toHaveLength(2000);
    expect(scan(table, {}, true)).toHaveLength(2000);
    expect(table.counters.reads).toBe(reads);
  });

  it('that is long reads ahead as far as its range goes, and no further', () => {
    const tables = new SmallTables(options);
    const table = tables.open(tables.write(many));
    table.get(encodeText('k00000'));
    for (const reverse of [false, true]) {
      const before = table.counters.bytesRead;
      scan(table, { from: encodeText('k00500'), to: encodeText('k00540') }, reverse, 'merge');
      expect(table.counters.bytesRead - before).toBeLessThan(5 * 4500);
    }
  });
});
