/** The experiments of the LSM desk: what they count is what the files saw, and what they find is what theory says. */
import { describe, expect, test } from 'vitest';
import { PRICED_KINDS, type MemoryNote } from '../protocol/prices';
import type {
  BudgetNote,
  FilterCurveNote,
  FilterRateNote,
  LsmNote,
  LsmQuestion,
  LsmSetting,
  LsmState,
  NoCompactionNote,
  PoliciesNote,
  PressureNote,
  SplitNote,
} from '../protocol/lsm';
import { lsmExperiment } from './lsm_experiments';

function run(question: LsmQuestion): LsmNote[] {
  const notes: LsmNote[] = [];
  const slices = lsmExperiment(question, (note) => notes.push(note)).slices() as Iterator<unknown>;
  while (slices.next().done !== true);
  return notes;
}

const LEVELED: LsmSetting = { policy: { kind: 'leveled', ratio: 4, l0Tables: 4 }, memtableBytes: 4096, bitsPerKey: 10 };
const TIERED: LsmSetting = { policy: { kind: 'tiered', ratio: 4 }, memtableBytes: 4096, bitsPerKey: 0 };
const LAZY: LsmSetting = { policy: { kind: 'lazy_leveling', ratio: 4 }, memtableBytes: 4096, bitsPerKey: 10 };

const tables = ({ written }: LsmState): number => written.levels.reduce((sum, bytes) => sum + bytes, written.flush);
const runsOf = ({ levels }: LsmState): number => levels.reduce((sum, { runs }) => sum + runs.length, 0);

describe('two settings on one clock', () => {
  const question = {
    ask: 'policies',
    operations: 3000,
    pattern: 'fresh',
    points: 6,
    valueBytes: 60,
    seed: 4,
    left: LEVELED,
    right: TIERED,
  } as const;
  const notes = run(question) as PoliciesNote[];
  const last = notes.at(-1)!;

  test('both are looked at after the same puts', () => {
    expect(notes.map(({ operations }) => operations)).toEqual([500, 1000, 1500, 2000, 2500, 3000]);
    for (const { left, operations, right, tree } of notes) {
      for (const { liveBytes, userBytes } of [left, right, tree]) {
        expect([userBytes, liveBytes]).toEqual([operations * 76, operations * 76]);
      }
    }
  });
  test('every level is drawn as the engine counts it', () => {
    for (const { left, right } of notes) {
      for (const { levels, tableBytes } of [left, right]) {
        expect(levels.flatMap(({ runs }) => runs.flat()).reduce((sum, { bytes }) => sum + bytes, 0)).toBe(tableBytes);
        for (const { bytes, entries, runs } of levels) {
          expect(runs.flat().reduce((sum, one) => sum + one.bytes, 0)).toBe(bytes);
          expect(runs.flat().reduce((sum, one) => sum + one.entries, 0)).toBe(entries);
          expect(runs.flat().every(({ from, to }) => from >= 0 && from <= to && to <= 1)).toBe(true);
        }
      }
      expect(left.levels.slice(1).every(({ runs }) => runs.length <= 1)).toBe(true);
    }
  });
  test('leveling writes more, and has fewer runs; tiers the other way round; both near their closed forms', () => {
    expect(tables(last.left)).toBeGreaterThan(1.2 * tables(last.right));
    expect(runsOf(last.left)).toBeLessThan(runsOf(last.right));
    for (const { theory, userBytes, ...state } of [last.left, last.right]) {
      const measured = tables({ theory, userBytes, ...state }) / state.written.flush;
      expect(measured / theory.writeAmplification).toBeGreaterThan(0.25);
      expect(measured / theory.writeAmplification).toBeLessThan(1.2);
      expect(runsOf({ theory, userBytes, ...state })).toBeLessThanOrEqual(theory.runs + 2);
    }
  });
  test('a lookup of what is nowhere reads a block in every run without filters, and hardly one with them', () => {
    expect(last.right.reads.blocksPerMiss).toBeGreaterThan(0.7 * runsOf(last.right));
    expect(last.right.reads.blocksPerMiss).toBeLessThanOrEqual(runsOf(last.right));
    expect(last.left.reads.blocksPerMiss).toBeLessThan(0.3);
    expect(last.left.reads.blocksPerGet).toBeGreaterThanOrEqual(0.8);
    expect(last.tree.pagesPerGet).toBeGreaterThan(1.9);
  });
  test('no counter falls', () => {
    notes.slice(1).forEach(({ left }, i) => {
      const before = notes[i]!.left;
      expect(left.written.log).toBeGreaterThan(before.written.log);
      expect(left.written.flush).toBeGreaterThanOrEqual(before.written.flush);
      left.written.levels.forEach((bytes, level) =>
        expect(bytes).toBeGreaterThanOrEqual(before.written.levels[level] ?? 0),
      );
    });
  });
  test('every device is busier with each put, and with more writing', () => {
    for (const side of ['left', 'right', 'tree'] as const)
      for (const kind of PRICED_KINDS) {
        const times = notes.map((note) => note[side].deviceNs[kind]);
        times.slice(1).forEach((ns, i) => expect(ns).toBeGreaterThan(times[i]!));
      }
    for (const kind of PRICED_KINDS) expect(last.left.deviceNs[kind]).toBeGreaterThan(last.right.deviceNs[kind]);
  });
  test('updates of a few keys keep a lazy tree small, where a tree without compaction grows', () => {
    const [lazy] = run({
      ...question,
      ...{ operations: 1500, pattern: 'updates', points: 1, left: LAZY },
    }) as PoliciesNote[];
    const [note] = run({
      ...{ ask: 'no_compaction', operations: 1500, points: 1 },
      ...{ memtableBytes: 4096, bitsPerKey: 0, valueBytes: 60, seed: 4 },
    }) as NoCompactionNote[];
    const { leveled, without } = note!;
    expect(without.compactions).toBe(0);
    expect(runsOf(without)).toBe(without.flushes);
    expect(without.tableBytes / without.liveBytes).toBeGreaterThan(4);
    expect(lazy!.left.tableBytes).toBeLessThan(0.9 * without.tableBytes);
    expect(without.reads.blocksPerMiss).toBeGreaterThan(4 * leveled.reads.blocksPerMiss);
    expect(leveled.tableBytes / leveled.liveBytes).toBeLessThan(2.5);
  });
});

describe('filters', () => {
  const question = { keys: 4000, lookups: 3000, valueBytes: 60, seed: 9 } as const;
  const notes = run({ ask: 'filters', ...question, bits: [0, 4, 8], averageBits: 5 });

  test('are wrong as often as the formula says', () => {
    const rates = notes.filter((note): note is FilterRateNote => note.note === 'rate');
    expect(rates.map(({ bits }) => bits)).toEqual([0, 4, 8]);
    expect(rates[0]).toMatchObject({ asked: 3000, passed: 3000, expected: 1 });
    for (const { asked, expected, passed } of rates.slice(1)) {
      expect(asked).toBe(3000);
      const spread = 4 * Math.sqrt((expected * (1 - expected)) / asked);
      expect(Math.abs(passed / asked - expected)).toBeLessThan(spread + 0.003);
    }
    const { points } = notes.find((note): note is FilterCurveNote => note.note === 'curve')!;
    expect(points.find(({ bits }) => bits === 8)!.rate).toBe(rates[2]!.expected);
  });
  test('with the same bits, shared as Monkey says, spare more reads than shared equally', () => {
    const budget = notes.find((note): note is BudgetNote => note.note === 'budget')!;
    expect(budget.levels.length).toBeGreaterThan(2);
    const memory = (bits: readonly number[]): number =>
      budget.levels.reduce((sum, { entries }, i) => sum + entries * bits[i]!, 0);
    expect(memory(budget.monkey)).toBeCloseTo(memory(budget.equal), 3);
    const bits = (of: readonly number[]): number[] => {
      const all = Array<number>(budget.levels.at(-1)!.level + 1).fill(0);
      budget.levels.forEach(({ level }, i) => (all[level] = of[i]!));
      return all;
    };
    const [equal, monkey] = run({
      ...{ ask: 'budget', ...question },
      splits: [
        { name: 'equal', bits: bits(budget.equal) },
        { name: 'monkey', bits: bits(budget.monkey) },
      ],
    }) as SplitNote[];
    expect(monkey!.measured).toBeLessThan(equal!.measured);
    expect(monkey!.filterBytes / equal!.filterBytes).toBeLessThan(1.1);
  });
});

describe('what each put costs', () => {
  const question = { ask: 'pressure', operations: 1200, valueBytes: 60, seed: 5, setting: LEVELED } as const;

  test.each([1, 16])('is what the files saw, and its mean stays under the bound (groups of %i)', (groupCommits) => {
    const [note] = run({ ...question, groupCommits }) as [PressureNote];
    const { bound, columns } = note;
    const total = (column: Float64Array): number => column.reduce((all, value) => all + value, 0);
    expect(note.flushes).toBeGreaterThan(10);
    expect(note.compactions).toBeGreaterThan(5);
    // Every entry is flushed once, and merged more than once.
    expect(total(columns.flushBytes)).toBeGreaterThan(1200 * 60);
    expect(total(columns.compactionBytes)).toBeGreaterThan(total(columns.flushBytes));
    expect(columns.logBytes.filter((bytes) => bytes > 0)).toHaveLength(1200 / groupCommits);
    let bytes = 0;
    for (let i = 0; i < 1200; i++) {
      bytes +=
        columns.logBytes[i]! + columns.flushBytes[i]! + columns.compactionBytes[i]! + columns.superblockBytes[i]!;
      expect(bytes / (i + 1)).toBeLessThan(bound.bytes);
    }
    expect(bytes / 1200).toBeGreaterThan(bound.bytes / 5);
    expect(total(note.ns.hdd)).toBeGreaterThan(5 * total(note.ns.nvme));
    expect(note.totals.nvme.wear).toBeGreaterThan(0);
  });
});

test('a larger block cache reads less; one of everything reads nothing', () => {
  const notes = run({
    ...{ ask: 'cache', keys: 3000, valueBytes: 60, blockBytes: 512, lookups: 500, pattern: 'random', seed: 2 },
    shares: [0.05, 0.4, 1.1],
  });
  expect(notes[0]!.note).toBe('prices');
  const [small, middle, whole] = notes.slice(1) as MemoryNote[];
  expect(small!.reads).toBeGreaterThan(middle!.reads);
  expect(small!.reads / small!.lookups).toBeGreaterThan(0.8);
  expect(whole!.reads).toBe(0);
  // An index block and a data block, and now and then one in vain.
  expect(whole!.hits / whole!.lookups).toBeGreaterThanOrEqual(2);
  expect(whole!.hits / whole!.lookups).toBeLessThan(2.5);
});

test('what would never end is refused', () => {
  expect(() =>
    run({ ask: 'filters', keys: 1e9, lookups: 1, bits: [], averageBits: 1, valueBytes: 1, seed: 1 }),
  ).toThrow('out of bounds');
});
