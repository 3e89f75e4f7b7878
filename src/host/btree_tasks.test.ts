/** Exercises by hand: one truth for a seed, read from the engine; right answers pass, wrong ones do not, step by step. */
import { describe, expect, test } from 'vitest';
import { TREE_TASKS, type TaskTree, type TreeTask } from '../protocol/btree';
import { eventsOf } from './btree_task_tree';
import { gradeTreeTask, makeTreeTask } from './btree_tasks';

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

/** The truth, as the grader tells whoever has answered anything. */
function truthOf({ kind, seed, steps }: TreeTask): Record<string, readonly string[]> {
  const nothing = Object.fromEntries(steps.map(({ id }) => [id, []]));
  return Object.fromEntries(gradeTreeTask(kind, seed, nothing).steps.map(({ id, truth }) => [id, truth]));
}

describe.each(TREE_TASKS)('%s', (kind) => {
  test.each(SEEDS)('seed %i: its truth passes, and can be answered', (seed) => {
    const task = makeTreeTask(kind, seed);
    expect(makeTreeTask(kind, seed)).toEqual(task);
    const truth = truthOf(task);
    const grade = gradeTreeTask(kind, seed, truth);
    expect(grade.outcome?.passed).toBe(true);
    expect(grade.outcome!.events.length).toBeGreaterThan(0);
    for (const step of task.steps) {
      const ids = [...step.choices.map(({ id }) => id), ...task.tree.pages.map(({ page }) => String(page))];
      expect(ids).toEqual(expect.arrayContaining([...truth[step.id]!]));
      expect(truth[step.id]!.length).toBeGreaterThan(0);
      if (step.answer !== 'pages') expect(truth[step.id]).toHaveLength(1);
      if (step.answer === 'one') expect(step.choices.length).toBeGreaterThan(1);
    }
    // Nothing but the right pages passes.
    const [first] = task.steps;
    const other = task.tree.pages.find(({ page }) => !truth[first!.id]!.includes(String(page)))!;
    const wrong = gradeTreeTask(kind, seed, { ...truth, [first!.id]: [...truth[first!.id]!, String(other.page)] });
    expect(wrong.steps.map(({ right }) => right)).toEqual(task.steps.map((_, i) => i > 0));
    expect(wrong.outcome?.passed).toBe(false);
    // And nothing less than all of them.
    const several = task.steps.find(({ id }) => truth[id]!.length > 1);
    if (several === undefined) return;
    const less = gradeTreeTask(kind, seed, { ...truth, [several.id]: truth[several.id]!.slice(1) });
    expect(less.steps.filter(({ right }) => !right).map(({ id }) => id)).toEqual([several.id]);
  });

  test('fresh data for every seed', () => {
    expect(new Set(SEEDS.map((seed) => JSON.stringify(makeTreeTask(kind, seed).tree))).size).toBe(SEEDS.length);
  });
  test('only the steps that were answered are graded; the outcome waits for all of them', () => {
    const task = makeTreeTask(kind, 5);
    const grade = gradeTreeTask(kind, 5, { [task.steps[0]!.id]: ['x'] });
    expect(grade.steps.map(({ id, right }) => [id, right])).toEqual([[task.steps[0]!.id, false]]);
    expect(grade.outcome).toBeUndefined();
  });
});

/** By the reader's own eyes: the leaf that the separators lead to. */
function leafFor(tree: TaskTree, key: string): number {
  let page = tree.pages.find((one) => one.page === tree.root)!;
  while (page.kind === 'inner') {
    const child = page.children[page.keys.filter((separator) => separator <= key).length]!;
    page = tree.pages.find((one) => one.page === child)!;
  }
  return page.page;
}

test.each(SEEDS)(
  'the leaf that is split is the one the separators lead to, and the cut is nearest the middle (%i)',
  (seed) => {
    const task = makeTreeTask('split', seed);
    const key = /`([^`]+)`/.exec(task.situation)![1]!;
    const truth = truthOf(task);
    expect(truth['leaf']).toEqual([String(leafFor(task.tree, key))]);
    expect(truth['how']).toEqual(['copied']);
    if (seed % 3 === 0) expect(truth['innerHow']).toEqual(['moved']);
    expect(truth['dirty']).toContain('new');
    expect(truth['dirty']!.length).toBeGreaterThan(2);
    expect(task.tree.pages.every(({ dirty }) => !dirty)).toBe(true);
  },
);

test('exercises on too little come as merges and as loans, on both sides', () => {
  const done = SEEDS.map((seed) => truthOf(makeTreeTask('rebalance', seed))['do']![0]!);
  expect(new Set(done.map((one) => one.split('_')[0]))).toEqual(new Set(['merge', 'borrow']));
  expect(new Set(done.map((one) => one.split('_')[1]))).toEqual(new Set(['left', 'right']));
});

test('a read reads no page that is in the pool', () => {
  for (const seed of SEEDS) {
    const task = makeTreeTask('reads', seed);
    const truth = truthOf(task);
    const inPool = new Set(task.tree.pages.filter(({ inPool: is }) => is).map(({ page }) => String(page)));
    expect(inPool.size).toBeGreaterThan(0);
    expect(inPool.size).toBeLessThan(task.tree.pages.length / 2);
    expect(truth['scan']).not.toEqual(['nothing']);
    for (const id of ['lookup', 'scan']) expect(truth[id]!.some((page) => inPool.has(page))).toBe(false);
  }
});

test.each(SEEDS)('how many map pages are written follows from what the learner is told (%i)', (seed) => {
  for (const kind of ['reads', 'writes'] as const) {
    const task = makeTreeTask(kind, seed);
    const { because, events, question, truth } = answered(task, kind === 'reads' ? 'paid' : 'map');
    const told = question.match(/(\d+) to (\d+)/g)!.map((one) => one.split(' to ').map(Number) as [number, number]);
    // The lookup and the scan write nothing, so all that was written is the insert's.
    const written = eventsOf(events, 'btree.page_written').map(({ page }) => page as number);
    const freed = eventsOf(events, 'btree.page_freed').map(({ page }) => page as number);
    const pages = [...written, ...freed];
    const maps = told.filter(([from, to]) => pages.some((page) => page >= from && page <= to));
    // What is new has a number that the learner was told.
    const next = Number(/next new page is (\d+)/.exec(question)![1]);
    const known = new Set(task.tree.pages.map(({ page }) => page));
    const made = pages.filter((page) => !known.has(page)).sort((a, b) => a - b);
    expect(made).toEqual(made.map((_, i) => next + i));
    const isBeyond = pages.some((page) => page > told.at(-1)![1]);
    if (isBeyond) continue;
    const mapPages = maps.length + (told.length > 1 ? 1 : 0);
    expect(Number(truth), because).toBe(kind === 'reads' ? written.length + mapPages : mapPages);
  }
});

test('the map is a question: some checkpoints write one page of it, some more', () => {
  const said = SEEDS.map((seed) => answered(makeTreeTask('writes', seed), 'map').truth);
  expect(new Set(said).size).toBeGreaterThan(1);
});

function answered(task: TreeTask, id: string) {
  const { outcome, steps } = gradeTreeTask(task.kind, task.seed, truthOf(task));
  const graded = steps.find((one) => one.id === id)!;
  const { question } = task.steps.find((one) => one.id === id)!;
  return { question, because: graded.because, truth: graded.truth[0]!, events: outcome!.events };
}
