/** Exercises by hand on LSM trees: one truth for a seed, read from the engine; right answers pass, wrong ones do not. */
import { describe, expect, test } from 'vitest';
import { LSM_TASKS, type LsmTask, type TaskTables } from '../protocol/lsm';
import { tablesIn } from './lsm_task_tree';
import { gradeLsmTask, makeLsmTask } from './lsm_tasks';

const SEEDS = [1, 2, 3, 4, 5, 6];
const FEW = [1, 2];

function truthOf({ kind, seed, steps }: LsmTask): Record<string, readonly string[]> {
  const nothing = Object.fromEntries(steps.map(({ id }) => [id, []]));
  const graded = gradeLsmTask(kind, seed, nothing).steps;
  expect(graded.map(({ right }) => right)).toEqual(steps.map(() => false));
  return Object.fromEntries(graded.map(({ id, truth }) => [id, truth]));
}

/** What a learner says who is right: all tables, or one of the choices that are. */
function rightOf(task: LsmTask): Record<string, readonly string[]> {
  const truth = truthOf(task);
  return Object.fromEntries(
    task.steps.map(({ answer, id }) => [id, answer === 'tables' ? truth[id]! : truth[id]!.slice(0, 1)]),
  );
}

describe.each(LSM_TASKS)('%s', (kind) => {
  const seeds = kind === 'design' ? FEW : SEEDS;

  test.each(seeds)('seed %i: its truth passes, and can be answered; anything else does not', (seed) => {
    const task = makeLsmTask(kind, seed);
    const right = rightOf(task);
    const grade = gradeLsmTask(kind, seed, right);
    expect(grade.outcome?.passed).toBe(true);
    for (const step of task.steps) {
      const ids = [...step.choices.map(({ id }) => id), ...tablesIn(task.tables).map(({ table }) => String(table))];
      expect(ids).toEqual(expect.arrayContaining([...right[step.id]!]));
      expect(right[step.id]!.length).toBeGreaterThan(0);
      if (step.answer === 'one') expect(step.choices.length).toBeGreaterThan(1);
      const wrong = ids.find((id) => !right[step.id]!.includes(id) && !truthOf(task)[step.id]!.includes(id));
      if (wrong === undefined) continue;
      const missed = gradeLsmTask(kind, seed, { ...right, [step.id]: [wrong] });
      expect(missed.steps.filter((one) => !one.right).map(({ id }) => id)).toEqual([step.id]);
      expect(missed.outcome?.passed).toBe(false);
    }
    const several = task.steps.find(({ id }) => right[id]!.length > 1);
    if (several === undefined) return;
    const less = gradeLsmTask(kind, seed, { ...right, [several.id]: right[several.id]!.slice(1) });
    expect(less.steps.filter((one) => !one.right).map(({ id }) => id)).toEqual([several.id]);
  });

  test('the same seed asks the same, another one something else', () => {
    const [one, other] = FEW.map((seed) => makeLsmTask(kind, seed));
    expect(makeLsmTask(kind, FEW[0]!)).toEqual(one);
    expect(JSON.stringify(other)).not.toBe(JSON.stringify({ ...one, seed: FEW[1] }));
  });
  test('only the steps that were answered are graded; the outcome waits for all of them', () => {
    const task = makeLsmTask(kind, FEW[0]!);
    const grade = gradeLsmTask(kind, FEW[0]!, { [task.steps[0]!.id]: ['x'] });
    expect(grade.steps.map(({ id, right }) => [id, right])).toEqual([[task.steps[0]!.id, false]]);
    expect(grade.outcome).toBeUndefined();
  });
});

const runWith = ({ levels }: TaskTables, table: number): number =>
  levels.flatMap(({ runs }) => runs).findIndex(({ tables }) => tables.some((one) => one.table === table));

test.each(SEEDS)('the tables of a compaction are what a reader finds by the rules that are told (%i)', (seed) => {
  const task = makeLsmTask('compaction', seed);
  const truth = truthOf(task);
  const from = Number(truth['level']![0]);
  const level = task.tables.levels[from]!;
  const chosen = truth['tables']!.map(Number);
  const upper = level.runs.flatMap(({ tables }) => tables).filter(({ table }) => chosen.includes(table));
  const isTiered = task.situation.startsWith('Tiered');
  if (isTiered || from === 0) expect(upper).toHaveLength(level.runs.flatMap(({ tables }) => tables).length);
  else expect(upper).toHaveLength(1);
  const [least] = upper.map(({ smallest }) => smallest).sort();
  const most = upper
    .map(({ largest }) => largest)
    .sort()
    .at(-1)!;
  const below = isTiered ? [] : (task.tables.levels[from + 1]?.runs ?? []).flatMap(({ tables }) => tables);
  const overlapping = below.filter(({ largest, smallest }) => largest >= least! && smallest <= most);
  expect([...chosen].sort((a, b) => a - b)).toEqual(
    [...upper, ...overlapping].map(({ table }) => table).sort((a, b) => a - b),
  );
});

test.each(SEEDS)('entries that are dropped can be counted in what is drawn (%i)', (seed) => {
  const task = makeLsmTask('bytes', seed);
  const truth = truthOf(task);
  const inputs = /tables ([\d, ]+) are/.exec(task.situation)![1]!.split(', ').map(Number);
  const entries = inputs.flatMap((id) => tablesIn(task.tables).find(({ table }) => table === id)!.entries);
  expect(entries.length - new Set(entries.map(({ key }) => key)).size).toBe(Number(truth['overwritten']![0]));
  const bytes = inputs.reduce((sum, id) => sum + tablesIn(task.tables).find(({ table }) => table === id)!.bytes, 0);
  expect(truth['read']).toEqual([`${bytes.toLocaleString('en')} B`]);
});

test.each(SEEDS)('a lookup reads first where the newest filter says maybe (%i)', (seed) => {
  const task = makeLsmTask('read', seed);
  const truth = truthOf(task);
  const inRange = truth['ranges']!;
  const maybe = inRange.filter((table) => !truth['filters']!.includes(table));
  const newest = maybe.toSorted((a, b) => runWith(task.tables, Number(a)) - runWith(task.tables, Number(b)))[0];
  expect(truth['first']).toEqual([newest ?? 'none']);
  expect(new Set(truth['scan']!.map((table) => runWith(task.tables, Number(table)))).size).toBe(truth['scan']!.length);
});
