import { describe, expect, inject, it } from 'vitest';
import { SeededRandom } from '../base/runtime';
import { backPressure, chooseCompaction, debtBytes, pressureOf, type BackPressure } from './policy';
import { isBottomFor } from './compaction_plan';
import type { PolicyOptions } from './options';
import { PaperTree, paperTuning, type PaperEntry } from './testing/paper_tree';
import { keyOf, versionOf, type TableSketch } from './testing/versions';
import { checkVersion, EMPTY_VERSION, type Version } from './version';

const LEVELED = { kind: 'leveled', ratio: 4, l0Tables: 3 } as const;
const TIERED = { kind: 'tiered', ratio: 3 } as const;
const LAZY = { kind: 'lazy_leveling', ratio: 3 } as const;
const POLICIES: readonly PolicyOptions[] = [LEVELED, TIERED, LAZY];

const table = (id: number, from: number, to: number, bytes = 10, more: Partial<TableSketch> = {}): TableSketch => ({
  id,
  from,
  to,
  bytes,
  ...more,
});
/** A memtable has 80 bytes: 3 of them are a full level 0 and level 1. */
const plan = (version: Version, policy: PolicyOptions) => chooseCompaction(version, paperTuning(policy));
const inputs = (version: Version, policy: PolicyOptions): string | undefined =>
  plan(version, policy)
    ?.inputs.map(({ level, tables }) => `${level}[${tables.map(({ id }) => id).join(' ')}]`)
    .join(' ');

describe('leveled', () => {
  it('merges all of level 0, once it has so many runs, with what that overlaps in level 1', () => {
    const level1 = [[table(1, 0, 9), table(2, 10, 19), table(3, 30, 39)]];
    const two = versionOf([[[table(5, 12, 15)], [table(4, 5, 11)]], level1]);
    expect(plan(two, LEVELED)).toBeUndefined();
    const three = versionOf([[[table(6, 20, 29)], [table(5, 12, 15)], [table(4, 5, 11)]], level1]);
    expect(inputs(three, LEVELED)).toBe('0[6] 0[5] 0[4] 1[1 2]');
    expect(plan(three, LEVELED)).toMatchObject({
      fromLevel: 0,
      toLevel: 1,
      intoRun: three.levels[1]![0]!.id,
      isBottom: true,
      isTrivialMove: false,
      bytes: 50,
      why: 'level 0 has 3 runs of 3; they overlap each other, so all of them go',
    });
  });

  it('counts the bytes of level 0 as well: one long run is as much as many short ones', () => {
    expect(inputs(versionOf([[[table(1, 0, 9, 250)]]]), LEVELED)).toBe('0[1]');
  });

  it('moves the table down that overlaps least for its length, and of equals the oldest', () => {
    const below = [[table(1, 0, 9, 60), table(2, 20, 29, 30), table(3, 40, 49, 60)]];
    const version = versionOf([[], [[table(6, 0, 9, 100), table(5, 20, 29, 100), table(4, 40, 49, 100)]], below]);
    expect(inputs(version, LEVELED)).toBe('1[5] 2[2]');
    const equal = versionOf([
      [],
      [[table(6, 0, 9, 100), table(4, 40, 49, 150)]],
      [[table(1, 0, 9, 40), table(3, 40, 49, 60)]],
    ]);
    expect(inputs(equal, LEVELED)).toBe('1[4] 2[3]');
  });

  it('takes the level that has most over what it may have', () => {
    const version = versionOf([
      [[table(9, 0, 9)], [table(8, 0, 9)], [table(7, 0, 9)]], // 3 of 3
      [[table(6, 0, 9, 480)]], // 480 of 240
      [[table(5, 0, 9, 1000)]], // 1000 of 960
    ]);
    expect(inputs(version, LEVELED)).toBe('1[6] 2[5]');
    expect(plan(version, LEVELED)!.why).toContain('level 1 has 480 B of 240 B');
  });

  it('brings a level of several runs, left by another policy, down to one', () => {
    const version = versionOf([[], [[table(4, 0, 9)], [table(3, 0, 5), table(2, 6, 9)]], [[table(1, 0, 4)]]]);
    expect(inputs(version, LEVELED)).toBe('1[2]');
    expect(plan(version, LEVELED)).toMatchObject({ isTrivialMove: true, intoRun: version.levels[2]![0]!.id });
  });
});

describe('tiered', () => {
  it('makes one run of a level that is full, and leaves the others alone', () => {
    const version = versionOf([
      [[table(9, 0, 9)], [table(8, 0, 9)], [table(7, 0, 9)]],
      [[table(6, 0, 9)], [table(5, 0, 9)]],
    ]);
    expect(inputs(version, TIERED)).toBe('0[9] 0[8] 0[7]');
    expect(plan(version, TIERED)).toMatchObject({ toLevel: 1, intoRun: undefined, isBottom: false });
    expect(plan(version, { kind: 'tiered', ratio: 4 })).toBeUndefined();
  });

  it('takes the upper one of two levels that are equally full', () => {
    const full = (id: number) => [[table(id, 0, 9)], [table(id - 1, 0, 9)], [table(id - 2, 0, 9)]];
    expect(inputs(versionOf([full(6), full(3)]), TIERED)).toBe('0[6] 0[5] 0[4]');
  });

  it('keeps the last level where it is while all of it fits into one run there', () => {
    const level1 = (bytes: number) =>
      versionOf([[], [[table(3, 0, 9, bytes)], [table(2, 0, 9, bytes)], [table(1, 0, 9, bytes)]]]);
    expect(plan(level1(80), TIERED)).toMatchObject({ fromLevel: 1, toLevel: 1, isBottom: true, isTrivialMove: false });
    expect(plan(level1(81), TIERED)).toMatchObject({ fromLevel: 1, toLevel: 2 });
    const above = [[], [[table(4, 0, 9)], [table(3, 0, 9)], [table(2, 0, 9)]], [[table(1, 0, 9)]]];
    expect(plan(versionOf(above), TIERED)).toMatchObject({ fromLevel: 1, toLevel: 2 });
  });

  it('lays runs that do not overlap behind each other, unread', () => {
    const version = versionOf([[[table(3, 20, 29)], [table(2, 10, 19)], [table(1, 0, 9)]]]);
    expect(plan(version, TIERED)).toMatchObject({ isTrivialMove: true, toLevel: 1 });
  });
});

describe('lazy leveling', () => {
  const tiers = [[table(9, 0, 9)], [table(8, 0, 9)], [table(7, 0, 9)]];
  it('tiers above the last level', () => {
    const version = versionOf([tiers, [[table(6, 0, 9)]], [[table(1, 0, 9)]]]);
    expect(inputs(version, LAZY)).toBe('0[9] 0[8] 0[7]');
    expect(plan(version, LAZY)).toMatchObject({ toLevel: 1, intoRun: undefined });
  });
  it('merges the level above the last into the tables of it that overlap', () => {
    const version = versionOf([tiers, [[table(1, 0, 5), table(2, 6, 9), table(3, 20, 29)]]]);
    expect(inputs(version, LAZY)).toBe('0[9] 0[8] 0[7] 1[1 2]');
    expect(plan(version, LAZY)).toMatchObject({ toLevel: 1, intoRun: version.levels[1]![0]!.id, isBottom: true });
  });
  it('grows by a level when the last one has too much', () => {
    const version = versionOf([[], [[table(1, 0, 9, 721)]]]);
    expect(plan(version, LAZY)).toMatchObject({ fromLevel: 1, toLevel: 2, isTrivialMove: true });
    expect(plan(versionOf([[], [[table(1, 0, 9, 720)]]]), LAZY)).toBeUndefined();
  });
  it('makes one run of a last level that has several', () => {
    const version = versionOf([[], [[table(2, 0, 9)], [table(1, 0, 9)]]]);
    expect(plan(version, LAZY)).toMatchObject({ fromLevel: 1, toLevel: 1, isBottom: true });
  });
});

describe('a plan', () => {
  it('knows what may hold older entries: runs as old or older, by the tables that overlap', () => {
    const version = versionOf([
      [[table(9, 10, 30)], [table(8, 10, 30)], [table(7, 10, 30)]],
      [[table(6, 10, 20)], [table(5, 0, 5), table(4, 25, 35)]],
      [[table(3, 0, 9), table(2, 28, 40), table(1, 50, 60)]],
    ]);
    const { older } = plan(version, TIERED)!;
    expect(older.map(({ tables }) => tables.map(({ id }) => id))).toEqual([[6], [4], [2]]);
    const isBottom = (n: number): boolean => isBottomFor({ older }, keyOf(n));
    expect([15, 22, 26, 36].map(isBottom)).toEqual([false, true, false, false]);
  });

  it('is no mere move where a merge could drop tombstones', () => {
    const moving = (tombstones: number, below: readonly TableSketch[]) =>
      plan(versionOf([[], [[table(5, 0, 9, 300, { tombstones })]], [below]]), LEVELED);
    expect(moving(0, [table(1, 20, 29)])).toMatchObject({ isTrivialMove: true, isBottom: true });
    expect(moving(2, [table(1, 20, 29)])).toMatchObject({ isTrivialMove: false, isBottom: true });
  });
});

describe('debt and pressure', () => {
  it('are nothing where nothing is due', () => {
    for (const policy of POLICIES) {
      expect(debtBytes(EMPTY_VERSION, paperTuning(policy))).toBe(0);
      expect(pressureOf(EMPTY_VERSION, paperTuning(policy))).toBe(0);
    }
  });
  it('count what a merge has to read, and what that makes due further down', () => {
    const leveled = versionOf([
      [[table(4, 0, 9, 80)], [table(3, 0, 9, 80)], [table(2, 0, 9, 80)]],
      [[table(1, 0, 9, 200)]],
    ]);
    // 240 + 200 into level 1, which may have 240: 200 go on, to a level with nothing.
    expect(debtBytes(leveled, paperTuning(LEVELED))).toBe(640);
    const tiered = versionOf([
      [[table(5, 0, 9, 80)], [table(4, 0, 9, 80)], [table(3, 0, 9, 80)]],
      [[table(2, 0, 9, 200)], [table(1, 0, 9, 200)]],
    ]);
    expect(debtBytes(tiered, paperTuning(TIERED))).toBe(240 + 640);
    expect(debtBytes(tiered, paperTuning(LAZY))).toBe(240 + 400);
  });
  it('rise with every run that level 0 has too many', () => {
    const runs = (count: number) => versionOf([Array.from({ length: count }, (_, i) => [table(count - i, 0, 9, 1)])]);
    for (const policy of POLICIES) {
      expect(pressureOf(runs(8), paperTuning(policy))).toBeLessThan(1);
      expect(pressureOf(runs(9), paperTuning(policy))).toBe(1);
      expect(pressureOf(runs(18), paperTuning(policy))).toBe(2);
    }
  });
  it('make writers slower, then wait; each state ends well below where it begins', () => {
    const states: BackPressure[] = [];
    let state: BackPressure = 'none';
    for (const pressure of [0.9, 1, 0.8, 0.74, 0.9, 1.99, 2, 1.6, 1.49, 0.8, 0.7, 2.5, 0.5]) {
      states.push((state = backPressure(pressure, state)));
    }
    expect(states.join(' ')).toBe(
      'none slowed slowed none none slowed stalled stalled slowed slowed none stalled none',
    );
  });
});

describe('a tree on paper', () => {
  /** Batches of puts and deletes over few keys, each a memtable; LSNs count on. */
  function flushes(random: SeededRandom, count: number): PaperEntry[][] {
    let lsn = 0;
    return Array.from({ length: count }, () => {
      const batch = new Map<number, PaperEntry>();
      const low = random.below(3) === 0 ? random.below(60) : 0; // Some are narrow, so that tables move.
      while (batch.size < 8) {
        const key = low + random.below(low > 0 ? 12 : 70);
        batch.set(key, { key, lsn: ++lsn, isTombstone: random.below(3) === 0 });
      }
      return [...batch.values()].sort((a, b) => a.key - b.key);
    });
  }

  function expectEqual(tree: PaperTree, model: ReadonlyMap<number, PaperEntry>): void {
    expect(checkVersion(tree.version)).toEqual([]);
    for (let key = 0; key < 80; key++) {
      const [found, wanted] = [tree.get(key), model.get(key)];
      // A tombstone may be gone, with everything that it hid.
      if (wanted === undefined || wanted.isTombstone) expect(found === undefined || found.isTombstone).toBe(true);
      else expect(found).toBe(wanted);
    }
  }

  it.each([...POLICIES, undefined])(
    'answers as a map does, after every compaction, flushes in between: %j',
    (policy) => {
      const random = new SeededRandom(inject('seed'));
      const tree = new PaperTree(paperTuning(policy ?? LEVELED));
      const model = new Map<number, PaperEntry>();
      const flush = (batch: readonly PaperEntry[]): void => {
        tree.flush(batch);
        for (const entry of batch) model.set(entry.key, entry);
      };
      const batches = flushes(random, 60);
      while (batches.length > 0) {
        flush(batches.shift()!);
        // Without a policy given, each one has to take over what another one left.
        if (policy === undefined) tree.tuning = paperTuning(POLICIES[random.below(3)]!);
        for (let left = random.below(3); left > 0; left--) {
          const due = tree.due();
          if (!due) break;
          if (batches.length > 0 && random.below(4) === 0) flush(batches.shift()!);
          tree.compact(due);
          expectEqual(tree, model);
        }
      }
      for (let left = 500; tree.due(); left--) {
        expect(left, 'compactions come to an end').toBeGreaterThan(0);
        tree.compact(tree.due()!);
      }
      expectEqual(tree, model);
      expect(debtBytes(tree.version, tree.tuning)).toBe(0);
      expect(tree.plans.some(({ isBottom }) => isBottom)).toBe(true);
    },
  );

  it.each(POLICIES)('stays as deep as its data ask for, however often they are written: %j', (policy) => {
    const tree = new PaperTree(paperTuning(policy));
    for (let round = 0; round < 300; round++) {
      const batch = Array.from({ length: 8 }, (_, i) => ({ key: i, lsn: 8 * round + i + 1, isTombstone: false }));
      tree.flush(batch);
      tree.compactAll();
    }
    expect(tree.version.levels.length).toBeLessThanOrEqual(3);
    expect(tree.entries.length).toBeLessThan(8 * 8);
  });

  it.each(POLICIES)('moves ascending keys down without reading them: %j', (policy) => {
    const tree = new PaperTree(paperTuning(policy));
    for (let round = 0; round < 100; round++) {
      tree.flush(
        Array.from({ length: 8 }, (_, i) => ({ key: 8 * round + i, lsn: 8 * round + i + 1, isTombstone: false })),
      );
      tree.compactAll();
    }
    expect(tree.plans.length).toBeGreaterThan(10);
    const merged = tree.written.slice(1).reduce((sum, entries) => sum + entries, 0);
    expect(merged).toBe(0);
  });
});
