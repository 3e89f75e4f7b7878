/** B5: the versions of a key come together in a merge, though each has a key of its own. */
import { describe, expect, inject, it } from 'vitest';
import { EMPTY_BYTES } from '../base/bytes';
import { lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import { SimulatedDisk } from '../storage/simulated/disk';
import type { MergeFilter } from './compaction_filter';
import { inputOf, makePlan, type CompactionPlan } from './compaction_plan';
import { WHOLE_KEY, type FilterPrefixRule } from './filter_prefix';
import type { PolicyOptions } from './options';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';
import { versionOf } from './testing/versions';
import { overlapping, spanOf } from './version';
import { withWholePrefixes } from './whole_prefixes';

const RULE: FilterPrefixRule = { kind: 'all_but_last', bytes: 2 };
const LEVELED = { kind: 'leveled', ratio: 2, l0Tables: 2 } as const;
const POLICIES: readonly PolicyOptions[] = [LEVELED, { kind: 'tiered', ratio: 2 }, { kind: 'lazy_leveling', ratio: 2 }];

/** Version `n` of a key; what is newer comes first. */
function versionKey(key: number, n: number): Uint8Array {
  const turned = 0xffff - n;
  return Uint8Array.of(key, turned >>> 8, turned & 0xff);
}

const ALL_BUT_NEWEST: MergeFilter = (() => {
  let isFirst = true;
  return {
    group: () => void (isFirst = true),
    visit() {
      const isKept = isFirst;
      isFirst = false;
      return { isKept };
    },
    finish: () => undefined,
  };
})();

describe.each(POLICIES)('versions of few keys, written for ever ($kind)', (policy) => {
  it.each([1, 3])('%d of them: what is kept does not grow', (keys) => {
    const random = new SeededRandom(inject('seed'));
    const index = openSmall(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {
      filterPrefix: RULE,
      compactionFilter: { begin: () => ALL_BUT_NEWEST },
      tuning: { ...SMALL_TUNING, policy },
    });
    let entriesMax = 0;
    for (let at = 1; at <= 4000; at++) {
      const key = versionKey(1 + random.below(keys), at);
      index.apply([{ kind: 'put', key, value: new Uint8Array(20) }], lsn(at));
      if (index.wantsCheckpoint) takeCheckpoint(index);
      index.background(200);
      entriesMax = Math.max(entriesMax, index.keysAbout);
    }
    // A memtable has 26 of them: a handful of memtables on their way, and not 4,000.
    expect(entriesMax).toBeLessThan(400);
    expect(index.check()).toEqual([]);
  });
});

describe('a plan with whole prefixes', () => {
  /** Of a key of two bytes the first is the prefix. */
  const rule: FilterPrefixRule = { kind: 'all_but_last', bytes: 1 };
  const table = (id: number, from: number, to: number) => ({ id, from, to });
  const ids = ({ inputs }: CompactionPlan): number[] => inputs.flatMap(({ tables }) => tables.map(({ id }) => id));
  const version = versionOf([
    [],
    [[table(1, 0x101, 0x205), table(2, 0x206, 0x310), table(3, 0x401, 0x420)]],
    [[table(4, 0x010, 0x0ff), table(5, 0x110, 0x1ff), table(6, 0x311, 0x320), table(7, 0x421, 0x430)]],
  ]);
  const planOf = (first: number): CompactionPlan => {
    const [above, below] = [version.levels[1]![0]!, version.levels[2]![0]!];
    const tables = above.tables.filter(({ id }) => id === first);
    return makePlan(version, {
      ...{ fromLevel: 1, toLevel: 2, intoRun: below.id, why: 'it is full' },
      inputs: [inputOf(1, above, tables), inputOf(2, below, overlapping(below, spanOf(tables)!))],
    });
  };

  it('takes the neighbour that has versions of the same key, and all that may have some below', () => {
    expect(ids(planOf(1))).toEqual([1, 5]);
    const whole = withWholePrefixes(version, planOf(1), rule);
    expect(ids(whole)).toEqual([1, 2, 5, 6]);
    expect(whole.why).toBe('it is full; with 2 more that may have versions of the same keys');
  });

  it('merges what would have moved past versions of its keys, and moves the rest', () => {
    expect([planOf(3).isTrivialMove, ids(planOf(3))]).toEqual([true, [3]]);
    const whole = withWholePrefixes(version, planOf(3), rule);
    expect([whole.isTrivialMove, ids(whole)]).toEqual([false, [3, 7]]);
    expect(withWholePrefixes(version, planOf(3), WHOLE_KEY)).toEqual(planOf(3));
  });

  it('merges tables of a level that share a prefix, though none overlaps another', () => {
    const disjoint = versionOf([[[table(2, 0x110, 0x120)], [table(1, 0x101, 0x10f)]]]);
    const runs = disjoint.levels[0]!;
    const plan = makePlan(disjoint, {
      ...{ fromLevel: 0, toLevel: 1, intoRun: undefined, why: 'it is full' },
      inputs: runs.map((run) => inputOf(0, run)),
    });
    expect([plan.isTrivialMove, withWholePrefixes(disjoint, plan, rule).isTrivialMove]).toEqual([true, false]);
  });
});
