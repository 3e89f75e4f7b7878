/** The experiments of the tree desk: what they count is what the files saw, and what they find is what theory says. */
import { describe, expect, test } from 'vitest';
import {
  WRITTEN_KINDS,
  type HeightNote,
  type OrderNote,
  type SpikesNote,
  type TreeNote,
  type TreeQuestion,
  type WritesNote,
  type WrittenBytes,
} from '../protocol/btree';
import { type MemoryNote, type MemoryPrices } from '../protocol/prices';
import { treeExperiment } from './btree_experiments';

function run(question: TreeQuestion, now = (): number => 0): TreeNote[] {
  const notes: TreeNote[] = [];
  const slices = treeExperiment(question, now, (note) => notes.push(note)).slices() as Iterator<unknown>;
  while (slices.next().done !== true);
  return notes;
}
const sum = (written: WrittenBytes): number =>
  Object.values<number>({ ...written }).reduce((total, bytes) => total + bytes, 0);

describe('sequential and random keys', () => {
  const notes = run({
    ask: 'orders',
    keys: 4000,
    points: 8,
    pageBytes: 1024,
    valueBytes: 60,
    groupCommits: 16,
    checkpointLogBytes: 64 * 1024,
    seed: 7,
  }) as OrderNote[];
  const last = notes.at(-1)!;

  test('both are looked at when the same number of keys is in', () => {
    expect(notes.map(({ keys }) => keys)).toEqual([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000]);
  });
  test('ascending keys leave full pages behind, random ones about seven tenths', () => {
    expect(last.sequential.meanFill).toBeGreaterThan(0.9);
    expect(last.random.meanFill).toBeGreaterThan(0.6);
    expect(last.random.meanFill).toBeLessThan(0.78);
    expect(last.random.pages / last.sequential.pages).toBeGreaterThan(1.25);
    for (const { random, sequential } of notes) {
      for (const state of [sequential, random]) {
        expect(state.fills.reduce((total, count) => total + count, 0)).toBe(state.leaves);
      }
    }
  });
  test('a checkpoint finds more dirty pages where keys are random, and writes more', () => {
    expect(last.random.dirtyPagesInAll).toBeGreaterThan(2 * last.sequential.dirtyPagesInAll);
    expect(last.random.written.pages).toBeGreaterThan(2 * last.sequential.written.pages);
    expect(last.random.written.log).toBe(last.sequential.written.log);
  });
});

test('the height grows where the closed form says, and stops when the time is over', () => {
  const question = {
    ask: 'height',
    keyBytes: 16,
    valueBytes: 16,
    pageBytes: 256,
    pattern: 'random',
    budgetMs: 1000,
    keysMax: 20_000,
    seed: 3,
  } as const;
  const notes = run(question) as HeightNote[];
  expect(notes.map(({ keys }) => keys)).toEqual([100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]);
  for (const { fanOut, height, inner, leafKeys, leaves, pages } of notes) {
    expect(leaves + inner).toBe(pages);
    // Every page but the root is somebody's child.
    expect(Math.round(fanOut * inner)).toBe(pages - 1);
    expect(leafKeys).toBeGreaterThan(3);
    expect(height).toBeGreaterThan(1);
  }
  expect(notes.at(-1)!.height).toBeGreaterThan(notes[0]!.height);
  let clock = 0;
  expect(run(question, () => (clock += 600)).length).toBeLessThan(3);
});

describe('spikes', () => {
  const question = {
    ask: 'spikes',
    operations: 600,
    pageBytes: 512,
    valueBytes: 60,
    pattern: 'random',
    poolPages: 32,
    checkpointLogBytes: 64 * 1024,
    seed: 5,
  } as const;
  const [note] = run(question) as [SpikesNote];
  const total = (column: Float64Array): number => column.reduce((all, value) => all + value, 0);

  test('every operation pays a flush; some split, some spill, some carry a checkpoint', () => {
    const { columns } = note;
    expect(columns.logBytes.every((bytes) => bytes >= 512 && bytes % 512 === 0)).toBe(true);
    expect(columns.pagesMade.filter((pages) => pages > 0).length).toBeGreaterThan(50);
    expect(total(columns.spilledBytes)).toBeGreaterThan(0);
    expect(note.checkpoints.length).toBeGreaterThan(1);
    for (const kind of ['nvme', 'sata', 'hdd'] as const) {
      expect(note.ns[kind].flush.every((ns, i) => ns > 0 && ns < note.ns[kind].all[i]! + 1)).toBe(true);
    }
    expect(total(note.ns.hdd.all)).toBeGreaterThan(5 * total(note.ns.nvme.all));
  });
  test('an insert changes one page, one that splits at least three', () => {
    for (let i = 10; i < question.operations; i++) {
      const { pagesChanged, pagesMade } = note.columns;
      if (pagesMade[i] === 0) expect(pagesChanged[i]).toBe(1);
      else expect(pagesChanged[i]).toBeGreaterThan(2);
    }
  });
  test.each([
    { pageBytes: 512, poolPages: 32, pattern: 'random' },
    { pageBytes: 1024, poolPages: 64, pattern: 'random' },
    { pageBytes: 1024, poolPages: 32, pattern: 'sequential' },
    { pageBytes: 4096, poolPages: 32, pattern: 'random' },
  ] as const)('the mean is under its bound from the first insert on, and not far ($pageBytes, $pattern)', (sizes) => {
    const [{ bound, columns }] = run({ ...question, ...sizes }) as [SpikesNote];
    let bytes = 0;
    let pages = 0;
    for (let i = 0; i < question.operations; i++) {
      bytes += columns.logBytes[i]! + columns.spilledBytes[i]! + columns.checkpointBytes[i]!;
      pages += columns.pagesChanged[i]!;
      expect(bytes / (i + 1)).toBeLessThan(bound.bytes);
      expect(pages / (i + 1)).toBeLessThan(bound.pages);
    }
    expect(pages / question.operations).toBeGreaterThan(1);
    expect(bytes / question.operations).toBeGreaterThan(bound.bytes / 10);
  });
});

test('a larger pool reads less; a pool of everything reads nothing', () => {
  const notes = run({
    ask: 'memory',
    keys: 10_000,
    valueBytes: 60,
    pageBytes: 512,
    lookups: 1000,
    pattern: 'random',
    shares: [0.05, 0.3, 1.05],
    seed: 2,
  });
  const prices = notes[0] as MemoryPrices;
  const points = notes.slice(1) as MemoryNote[];
  expect(points.map(({ frames, pages }) => frames / pages)).toEqual([
    expect.closeTo(0.05, 2),
    expect.closeTo(0.3, 2),
    expect.closeTo(1.05, 2),
  ]);
  const [small, middle, whole] = points as [MemoryNote, MemoryNote, MemoryNote];
  expect(small.reads).toBeGreaterThan(middle.reads);
  // One leaf for each lookup is missing, and now and then its parent; inner pages are asked for more often and stay.
  expect(small.reads / small.lookups).toBeGreaterThan(0.9);
  expect(small.reads / small.lookups).toBeLessThan(small.height - 1);
  expect(middle.reads / middle.lookups).toBeGreaterThan(0.6);
  expect(middle.reads / middle.lookups).toBeLessThan(0.8);
  expect(whole.reads).toBe(0);
  expect(small.devices.hdd.ns).toBeGreaterThan(20 * small.devices.nvme.ns);
  // Gray and Putzolu's formula, by hand from the table in notes/media.md: 80 USD a drive, 3 USD/GB of memory.
  const { breakEvenSeconds, readNs } = prices.devices.nvme;
  expect(breakEvenSeconds).toBeCloseTo((80 * (readNs / 1e9)) / (3e-9 * 512), 6);
});

test('of every byte that was written it is told what for; copies are what a double write adds', () => {
  const notes = run({
    ask: 'writes',
    keys: 3000,
    updates: 1500,
    valueBytes: 60,
    pageBytes: 1024,
    groupCommits: 16,
    checkpointLogBytes: 32 * 1024,
    seed: 2,
  }) as WritesNote[];
  const of = (protection: string, pattern: string): WritesNote =>
    notes.find((note) => note.protection === protection && note.pattern === pattern)!;
  for (const note of notes) {
    const parts = Object.values<number>({ ...note.space }).reduce((all, bytes) => all + bytes, 0);
    expect(parts).toBeGreaterThan(note.space.userBytes);
    expect(Object.values<number>({ ...note.space }).every((bytes) => bytes >= 0)).toBe(true);
    expect(note.checkpoints).toBeGreaterThan(1);
    // Counters only rise, and the last point is the whole run.
    expect(note.points).toHaveLength(10);
    note.points.slice(1).forEach((point, i) => {
      const earlier = note.points[i]!;
      expect(point.updates - earlier.updates).toBe(150);
      for (const kind of WRITTEN_KINDS) {
        expect(point.written[kind]).toBeGreaterThanOrEqual(earlier.written[kind]);
      }
    });
    const { points: _, ...whole } = note;
    expect(whole).toMatchObject({
      written: note.points.at(-1)!.written,
      userBytes: note.points.at(-1)!.userBytes,
      checkpoints: note.points.at(-1)!.checkpoints,
    });
    const { groups, logSyncs } = note.points.at(-1)!;
    expect(groups).toBeGreaterThanOrEqual(Math.ceil(1500 / 16));
    expect(groups).toBeLessThanOrEqual(Math.ceil(1500 / 16) + note.checkpoints);
    expect(logSyncs).toBeGreaterThanOrEqual(groups);
    expect(sum(note.written) / note.userBytes).toBeGreaterThan(1);
    expect(note.read.scanRows).toBeGreaterThan(90);
    expect(note.read.pagesPerGet).toBe(of('none', 'random').read.pagesPerGet);
  }
  expect(of('none', 'random').written.copies).toBe(0);
  expect(of('copy_on_write', 'random').written.copies).toBe(0);
  const double = of('double_write', 'random').written;
  expect(double.copies).toBeGreaterThan(0.95 * double.pages);
  const logged = of('log_images', 'random').written;
  expect(logged.copies).toBeGreaterThan(0);
  expect(logged.copies).toBeLessThan(double.copies);
  for (const protection of ['copy_on_write', 'double_write', 'none', 'log_images']) {
    expect(of(protection, 'random').written.pages).toBeGreaterThan(2 * of(protection, 'sequential').written.pages);
  }
});

test('a question out of bounds is refused before anything runs', () => {
  const question = { ask: 'spikes', pattern: 'random', poolPages: 32, checkpointLogBytes: 65_536, seed: 1 } as const;
  expect(() =>
    treeExperiment(
      { ...question, operations: 1e9, pageBytes: 512, valueBytes: 10 },
      () => 0,
      () => undefined,
    ),
  ).toThrow(expect.objectContaining({ code: 'option_invalid' }));
});
