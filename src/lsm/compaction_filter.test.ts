import { describe, expect, inject, it } from 'vitest';
import { EMPTY_BYTES, encodeText, startsWith } from '../base/bytes';
import { lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import type { Operation } from '../base/ordered_index';
import { SimulatedDisk } from '../storage/simulated/disk';
import { FilteredMerge, type CompactionFilter, type MergedPrefix, type MergeFilter } from './compaction_filter';
import { bottomForPrefixes, makePlan, inputOf } from './compaction_plan';
import type { VersionedEntry } from './entry';
import type { LsmIndex } from './lsm_index';
import type { PolicyOptions } from './options';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';
import { keyOf, versionOf } from './testing/versions';

const entry = (text: string, at = 1): VersionedEntry => ({ key: encodeText(text), lsn: lsn(at), value: EMPTY_BYTES });

describe('a filtered merge', () => {
  const told: string[] = [];
  const filter: MergeFilter = {
    group: ({ prefix }) => void told.push(`group ${String.fromCharCode(...prefix)}`),
    visit: ({ key }) => {
      told.push(String.fromCharCode(...key));
      return { isKept: true };
    },
    finish: () => undefined,
  };

  it('tells of a prefix before the neighbours that have it, and of nothing twice', () => {
    const merge = new FilteredMerge(filter, { kind: 'all_but_last', bytes: 1 }, () => true);
    for (const name of ['a1', 'a2', 'b1', 'c0', 'c1']) merge.visit(entry(name));
    expect(told).toEqual(['group a', 'a1', 'a2', 'group b', 'b1', 'group c', 'c0', 'c1']);
  });

  it('F3: asks for the newest version of a prefix first', () => {
    const merge = new FilteredMerge(filter, { kind: 'all_but_last', bytes: 1 }, () => true);
    merge.visit(entry('a1', 7));
    merge.visit(entry('a2', 5));
    expect(() => merge.visit(entry('a3', 8))).toThrow('F3');
  });
});

describe('the bottom, for a prefix (B4)', () => {
  const bottom = (others: Parameters<typeof versionOf>[0]) => {
    const version = versionOf([[], [[{ id: 9, from: 20, to: 29 }]], ...others]);
    const [run] = version.levels[1]!;
    const plan = makePlan(version, {
      ...{ fromLevel: 1, toLevel: 2, inputs: [inputOf(1, run!)], intoRun: undefined, why: '' },
    });
    return bottomForPrefixes(version, plan)(keyOf(25), lsn(1_000_000));
  };

  it('is where no other table spans the prefix, or begins with it', () => {
    expect(bottom([])).toBe(true);
    expect(bottom([[[{ id: 1, from: 30, to: 39 }]]])).toBe(true);
    expect(bottom([[[{ id: 1, from: 10, to: 24 }]]])).toBe(true);
    expect(bottom([[[{ id: 1, from: 10, to: 25 }]]])).toBe(false);
    expect(bottom([[[{ id: 1, from: 25, to: 39 }]]])).toBe(false);
    expect(
      bottom([
        [],
        [
          [
            { id: 2, from: 1, to: 9 },
            { id: 1, from: 10, to: 39 },
          ],
        ],
      ]),
    ).toBe(false);
  });

  it('is not where only what was written later lies', () => {
    const version = versionOf([[[{ id: 9, from: 20, to: 29 }]], [[{ id: 8, from: 20, to: 29 }]]]);
    const plan = makePlan(version, {
      ...{ fromLevel: 1, toLevel: 2, inputs: [inputOf(1, version.levels[1]![0]!)], intoRun: undefined, why: '' },
    });
    const { minLsn } = version.levels[0]![0]!.tables[0]!;
    expect(bottomForPrefixes(version, plan)(keyOf(25), minLsn)).toBe(true);
    expect(bottomForPrefixes(version, plan)(keyOf(25), lsn(minLsn + 1))).toBe(false);
  });
});

// ---- versions of a thing under keys of their own, as MVCC has them

const THINGS = 14;
const VERSION_BYTES = 2;
const MARKER = 0;

const thing = (n: number): Uint8Array => encodeText(`t${String(n).padStart(2, '0')}`);
/** Ends in when it was written, turned round, so that later versions come first. */
function versionKey(n: number, written: number): Uint8Array {
  const prefix = thing(n);
  const at = 0xffff - written;
  const key = new Uint8Array(prefix.length + VERSION_BYTES);
  key.set(prefix);
  key.set([at >>> 8, at & 0xff], prefix.length);
  return key;
}

/** Keeps the newest version; a marker goes at the bottom. Counts the markers that went. */
function garbageCollector(): { readonly filter: CompactionFilter; readonly markersGone: () => number } {
  let gone = 0;
  let group: MergedPrefix | undefined;
  let isFirst = true;
  const merge: MergeFilter = {
    group(next) {
      group = next;
      isFirst = true;
    },
    visit({ value }) {
      const isNewest = isFirst;
      isFirst = false;
      if (!isNewest || value![0] !== MARKER || !group!.isBottom()) return { isKept: isNewest };
      gone++;
      return { isKept: false };
    },
    finish: () => undefined,
  };
  return { filter: { begin: () => merge }, markersGone: () => gone };
}

/** When the version in force was written; undefined for none, or a marker. */
function inForce(index: LsmIndex, n: number): number | undefined {
  const cursor = index.cursor({ from: thing(n), to: thing(n + 1) }, false);
  const newest = cursor.next();
  cursor.close();
  if (!newest || newest.value[0] === MARKER) return undefined;
  expect(startsWith(newest.key, thing(n))).toBe(true);
  return 0xffff - ((newest.key.at(-2)! << 8) | newest.key.at(-1)!);
}

const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
];

it.each(POLICIES)('F2: no deleted thing comes back, wherever its versions lie: %j', (policy) => {
  const random = new SeededRandom(inject('seed'));
  const { filter, markersGone } = garbageCollector();
  const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {
    filterPrefix: { kind: 'all_but_last', bytes: VERSION_BYTES },
    compactionFilter: filter,
    tuning: { ...SMALL_TUNING, memtableBytes: 512, tableBytes: 400, blockBytes: 128, policy },
  });
  const model = new Map<number, number | undefined>();
  for (let at = 1; at <= 400; at++) {
    const batch = Array.from({ length: 3 }, (): Operation => {
      const n = random.below(THINGS);
      const isDeleted = random.below(3) === 0;
      model.set(n, isDeleted ? undefined : at);
      return { kind: 'put', key: versionKey(n, at), value: new Uint8Array(24).fill(isDeleted ? MARKER : 1) };
    });
    index.apply(batch, lsn(at));
    if (index.wantsCheckpoint) takeCheckpoint(index);
    index.background(600);
    if (at % 8 > 0) continue;
    for (let n = 0; n < THINGS; n++) expect(inForce(index, n), `thing ${n} after ${at}`).toBe(model.get(n));
  }
  expect(markersGone()).toBeGreaterThan(5);
  expect(index.check()).toEqual([]);
});
