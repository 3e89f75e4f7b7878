/** What paper says of a tree, by hand on small numbers; and the guesses, which read their truth from notes. */
import { expect, test } from 'vitest';
import type { OrderNote, OrderState, TreeNote, WrittenBytes, WritesQuestion } from '../protocol/btree';
import type { MemoryNote } from '../protocol/prices';
import { amplificationForm, innerCellBytes, leafCellBytes, placesHit, readsForm, treeForm } from './btree_forms';
import { experimentOf, TREE_EXPERIMENTS, updateBytes, writesOf } from './btree_presets';
import { usualKnobs } from './experiments';
import { treeExperiment } from '../host/btree_experiments';

test('cells are as long as the format draws them', () => {
  // Length, key, length of the value, value, slot.
  expect(leafCellBytes(16, 20)).toBe(1 + 16 + 1 + 20 + 2);
  expect(leafCellBytes(16, 100)).toBe(1 + 16 + 2 + 100 + 2);
  expect(innerCellBytes(3)).toBe(1 + 3 + 4 + 2);
});

test('height is one more each time the leaves outgrow the fan-out', () => {
  const form = treeForm(256, 22, 4, 1);
  expect(form.leafKeys).toBe(10);
  expect(form.fanOut).toBe(21);
  expect([1, 10, 11, 210, 211, 4410, 4411].map((keys) => form.heightOf(keys))).toEqual([1, 1, 2, 2, 3, 3, 4]);
  expect(form.pagesOf(211)).toBe(22 + 2 + 1);
});

test('places hit grow to all of them', () => {
  expect(placesHit(10, 1)).toBeCloseTo(1);
  expect(placesHit(10, 2)).toBeCloseTo(1.9);
  expect(placesHit(10, 1000)).toBeCloseTo(10);
});

test('amplification: a lone flush of a short row pads the log to a sector; random rows dirty a page each', () => {
  const settings = { pageBytes: 4096, valueBytes: 84, keys: 1_000_000, groupCommits: 1, checkpointLogBytes: 65_536 };
  const { log, pages } = amplificationForm('random', settings);
  expect(log).toBeCloseTo(512 / 100);
  expect(pages).toBeGreaterThan(40.5);
  expect(pages).toBeLessThan(41);
  expect(amplificationForm('sequential', settings).pages).toBeLessThan(2);
});

test('reads of a lookup: one a level without memory, none with all of it, the leaf with the levels above', () => {
  // 1 + 10 + 100 pages.
  expect(readsForm(111, 3, 0)).toBeCloseTo(3);
  expect(readsForm(111, 3, 1)).toBeCloseTo(2);
  expect(readsForm(111, 3, 11)).toBeCloseTo(1);
  expect(readsForm(111, 3, 61)).toBeCloseTo(0.5);
  expect(readsForm(111, 3, 111)).toBeCloseTo(0);
});

test('a guess has no truth before its run is over', () => {
  const [pages] = experimentOf('orders').guesses;
  const written = { pages: 1 } as WrittenBytes;
  const state = (count: number): OrderState => ({ pages: count, written }) as OrderState;
  const at = (keys: number): OrderNote => ({ note: 'orders', keys, sequential: state(10), random: state(14) });
  expect(pages!.truth([at(500)], { keys: 1000 })).toBeUndefined();
  expect(pages!.truth([at(500), at(1000)], { keys: 1000 })).toBeCloseTo(1.4);
  const [reads] = experimentOf('memory').guesses;
  const point = { note: 'memory', share: 0.1, reads: 50, lookups: 100 } as MemoryNote;
  expect(reads!.truth([point], {})).toBe(0.5);
});

test('every guess starts within its scale, every knob at one of its stops', () => {
  for (const experiment of TREE_EXPERIMENTS) {
    for (const { max, min, usual } of experiment.guesses) expect(usual >= min && usual <= max).toBe(true);
    for (const { stops, usual } of experiment.knobs) expect(stops).toContain(usual);
    expect(experiment.ask(usualKnobs(experiment), 1).ask).toBe(experiment.id);
  }
});

// Where a checkpoint begins and ends moves by an update or two, and the last one comes early.
test.each([
  { pageBytes: 4096, valueBytes: 100, groupCommits: 16 },
  { pageBytes: 1024, valueBytes: 100, groupCommits: 1 },
  { pageBytes: 4096, valueBytes: 400, groupCommits: 128 },
])('amplification: the engine writes what was foretold ($pageBytes, $valueBytes, $groupCommits)', (knobs) => {
  const question = experimentOf('writes').ask(knobs, 5) as WritesQuestion;
  const notes: TreeNote[] = [];
  const slices = treeExperiment(
    question,
    () => 0,
    (note) => notes.push(note),
  ).slices() as Iterator<unknown>;
  while (slices.next().done !== true);
  for (const pattern of ['sequential', 'random'] as const) {
    const form = amplificationForm(pattern, question);
    for (const note of writesOf(notes).filter((one) => one.pattern === pattern)) {
      // Of images the log takes as many as it has room for: at least none, at most all.
      const least = note.protection === 'double_write' ? 2 : 1;
      const most = note.protection === 'copy_on_write' || note.protection === 'none' ? 1 : 2;
      const written = updateBytes(note.written) / note.userBytes;
      expect(written / (form.log + form.pages * least + form.map)).toBeGreaterThan(0.9);
      expect(written / (form.log + form.pages * most + form.map)).toBeLessThan(1.1);
    }
  }
});
