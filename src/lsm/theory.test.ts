import { describe, expect, inject, it } from 'vitest';
import { SeededRandom } from '../base/runtime';
import {
  bitsForRate,
  bitsPerKeyOf,
  falsePositiveRate,
  fullShape,
  monkeyBits,
  wastedReads,
  type RunClass,
} from './filter_allocation';
import type { FilterOptions, LsmTuning, PolicyOptions } from './options';
import { PaperTree, paperTuning, type PaperEntry } from './testing/paper_tree';
import { versionOf } from './testing/versions';
import { theoryOf, wastedReadsOf } from './theory';
import { EMPTY_VERSION } from './version';

const LEVELED = { kind: 'leveled', ratio: 4, l0Tables: 4 } as const;
const TIERED = { kind: 'tiered', ratio: 4 } as const;
const LAZY = { kind: 'lazy_leveling', ratio: 4 } as const;

const keysOf = (classes: readonly RunClass[]): number =>
  classes.reduce((sum, { length, runs }) => sum + length * runs, 0);
const memoryOf = (classes: readonly RunClass[], bits: readonly number[]): number =>
  classes.reduce((sum, { length, runs }, i) => sum + length * runs * bits[i]!, 0);

describe('the bits of filters', () => {
  it('make one false positive in a hundred with about 9.6 a key, and 0.8 % with 10', () => {
    expect(bitsForRate(0.01)).toBeCloseTo(9.585, 3);
    expect(falsePositiveRate(10)).toBeCloseTo(0.0082, 4);
    expect(falsePositiveRate(0)).toBe(1);
  });

  it('shared as Monkey does cost what the equal share costs, and waste fewer reads', () => {
    const leveled: RunClass[] = [1, 10, 100, 1000].map((length) => ({ length, runs: 1 }));
    const bits = monkeyBits(leveled, 10);
    expect(memoryOf(leveled, bits)).toBeCloseTo(10 * keysOf(leveled), 6);
    const equal = wastedReads(
      leveled,
      leveled.map(() => 10),
    );
    expect(wastedReads(leveled, bits)).toBeLessThan(0.5 * equal);
    // In proportion to length: each level ten times as often wrong as the one above it.
    const rates = bits.map(falsePositiveRate);
    for (let i = 1; i < rates.length; i++) expect(rates[i]! / rates[i - 1]!).toBeCloseTo(10, 6);
  });

  it('are none for the longest runs when memory is short, rather than fewer than none', () => {
    const classes: RunClass[] = [
      { length: 1, runs: 4 },
      { length: 16, runs: 1 },
      { length: 1000, runs: 1 },
    ];
    const bits = monkeyBits(classes, 0.1);
    expect(bits[2]).toBe(0);
    expect(bits[0]).toBeGreaterThan(bits[1]!);
    expect(memoryOf(classes, bits)).toBeCloseTo(0.1 * keysOf(classes), 6);
    expect(monkeyBits(classes, 0)).toEqual([0, 0, 0]);
    expect(
      monkeyBits(
        [
          { length: 0, runs: 3 },
          { length: 5, runs: 1 },
        ],
        8,
      ),
    ).toEqual([0, expect.closeTo(8, 9)]);
  });

  it('shared as Monkey does waste as few reads as the best share that a search finds', () => {
    const random = new SeededRandom(inject('seed'));
    for (let i = 0; i < 20; i++) {
      const classes = Array.from({ length: 2 + random.below(3) }, () => ({
        length: 1 + random.below(1000),
        runs: 1 + random.below(5),
      }));
      const average = random.below(120) / 10;
      const closed = wastedReads(classes, monkeyBits(classes, average));
      const searched = wastedReads(classes, search(classes, average));
      expect(closed).toBeLessThanOrEqual(searched + 1e-9);
      expect(searched / closed).toBeLessThan(1.01);
    }
  });

  /** Moves memory from one class to another as long as that helps, in ever smaller steps. */
  function search(classes: readonly RunClass[], average: number): number[] {
    const bits = classes.map(() => average);
    const keys = classes.map(({ length, runs }) => length * runs);
    for (let step = average * Math.max(...keys); step > 1e-3;) {
      let best = wastedReads(classes, bits);
      let move: [number, number] | undefined;
      const apply = (from: number, to: number, sign: 1 | -1): void => {
        bits[from]! -= (sign * step) / keys[from]!;
        bits[to]! += (sign * step) / keys[to]!;
      };
      for (let from = 0; from < bits.length; from++) {
        for (let to = 0; to < bits.length; to++) {
          if (from === to || bits[from]! < step / keys[from]!) continue;
          apply(from, to, 1);
          const waste = wastedReads(classes, bits);
          apply(from, to, -1);
          if (waste < best - 1e-15) [best, move] = [waste, [from, to]];
        }
      }
      if (move) apply(...move, 1);
      else step /= 2;
    }
    return bits;
  }

  it('of a table depend on its level, when the options say so', () => {
    const tuning = (policy: PolicyOptions, more: Partial<FilterOptions>): LsmTuning => ({
      ...paperTuning(policy),
      filter: { kind: 'full', bitsPerKey: 8, allocation: 'monkey', ...more },
    });
    const version = versionOf([
      [],
      [[{ id: 2, from: 0, to: 9, bytes: 320 }]],
      [[{ id: 1, from: 0, to: 9, bytes: 900 }]],
    ]);
    for (const policy of [LEVELED, TIERED, LAZY]) {
      const bits = [0, 1, 2].map((level) => bitsPerKeyOf(level, version, tuning(policy, {})));
      expect(bits[0]).toBeGreaterThan(bits[1]!);
      expect(bits[1]).toBeGreaterThan(bits[2]!);
      const shape = fullShape(version, tuning(policy, {}));
      expect(memoryOf(shape, bits)).toBeCloseTo(8 * keysOf(shape), 6);
      expect(bitsPerKeyOf(1, version, tuning(policy, { allocation: 'equal' }))).toBe(8);
      expect(bitsPerKeyOf(1, version, tuning(policy, { kind: 'none' }))).toBe(0);
      expect(bitsPerKeyOf(0, EMPTY_VERSION, tuning(policy, {}))).toBeCloseTo(8, 9);
    }
  });
});

describe('theory', () => {
  const of = (policy: PolicyOptions, memtables: number) =>
    theoryOf({ policy, memtableBytes: 80, dataBytes: 80 * memtables });

  it('of a leveled tree: levels of 4, 4, 16 and what is left; each takes in what it falls among', () => {
    const { runs, shape, spaceAmplification, writeAmplification, writesByLevel } = of(LEVELED, 4 + 4 + 16 + 32);
    expect(shape.map(({ length, runs: count }) => (length * count) / 80)).toEqual([4, 4, 16, 32]);
    expect(writesByLevel).toEqual([1, 2, 5, 3]);
    expect(writeAmplification).toBe(11);
    expect(runs).toBe(7);
    expect(spaceAmplification).toBe(1 + 24 / 32);
  });

  it('of a tiered tree: every entry once a level', () => {
    const { runs, shape, spaceAmplification, writeAmplification } = of(TIERED, 4 + 16 + 32);
    expect(shape).toEqual([
      { length: 80, runs: 4 },
      { length: 320, runs: 4 },
      { length: 1280, runs: 2 },
    ]);
    expect([writeAmplification, runs, spaceAmplification]).toEqual([3, 10, 2 + 20 / 16]);
  });

  it('of lazy leveling: tiers, and one run that takes in what comes', () => {
    const { runs, shape, spaceAmplification, writesByLevel } = of(LAZY, 4 + 16 + 40);
    expect(shape.map(({ length, runs: count }) => (length * count) / 80)).toEqual([4, 16, 40]);
    expect(writesByLevel).toEqual([1, 1, 1 + 40 / 16]);
    expect([runs, spaceAmplification]).toEqual([9, 1.5]);
  });

  it('says how many blocks a lookup reads in vain', () => {
    const theory = of(TIERED, 20);
    expect(wastedReadsOf(theory, { kind: 'none', bitsPerKey: 10, allocation: 'equal' })).toBe(8);
    const equal = wastedReadsOf(theory, { kind: 'full', bitsPerKey: 10, allocation: 'equal' });
    expect(equal).toBeCloseTo(8 * falsePositiveRate(10), 9);
    expect(wastedReadsOf(theory, { kind: 'full', bitsPerKey: 10, allocation: 'monkey' })).toBeLessThan(equal);
  });

  it.each([LEVELED, TIERED, LAZY])('is near what a tree on paper writes: %j', (policy) => {
    const random = new SeededRandom(inject('seed'));
    const tree = new PaperTree(paperTuning(policy));
    const seen = new Set<number>();
    const perMemtable = 8;
    for (let lsn = 0; lsn < 2000;) {
      const batch: PaperEntry[] = [];
      while (batch.length < perMemtable) {
        const key = random.below(65_536);
        if (seen.has(key)) continue;
        seen.add(key);
        batch.push({ key, lsn: ++lsn, isTombstone: false });
      }
      tree.flush(batch.sort((a, b) => a.key - b.key));
      tree.compactAll();
    }
    const measured = tree.written.reduce((sum, entries) => sum + entries, 0) / 2000;
    const theory = theoryOf({ policy, memtableBytes: 80, dataBytes: 20_000 });
    // While a tree grows its levels are not full yet, and tables are chosen well: theory is the upper end.
    expect(measured / theory.writeAmplification).toBeGreaterThan(0.4);
    expect(measured / theory.writeAmplification).toBeLessThan(1.25);
    expect(tree.version.levels.flat().length).toBeLessThanOrEqual(theory.runs + 1);
  });
});
