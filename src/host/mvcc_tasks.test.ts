/** Exercises by hand on versions: one truth for a seed, read from the real transactions; and what is drawn is enough to find it. */
import { describe, expect, test } from 'vitest';
import {
  MVCC_TASKS,
  type HistoriesFigure,
  type LanesFigure,
  type MvccTask,
  type TaskVersion,
  type VersionsFigure,
} from '../protocol/mvcc';
import { waitingLanes, withLocks } from '../workload/lanes';
import { gradeMvccTask, makeMvccTask } from './mvcc_tasks';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

function truthOf({ kind, seed, steps }: MvccTask): Record<string, readonly string[]> {
  const nothing = Object.fromEntries(steps.map(({ id }) => [id, []]));
  const graded = gradeMvccTask(kind, seed, nothing).steps;
  expect(graded.map(({ right }) => right)).toEqual(steps.map(() => false));
  return Object.fromEntries(graded.map(({ id, truth }) => [id, truth]));
}

/** What a learner says who is right: all versions, or one of the choices that are. */
function rightOf(task: MvccTask): Record<string, readonly string[]> {
  const truth = truthOf(task);
  return Object.fromEntries(
    task.steps.map(({ answer, id }) => [id, answer === 'versions' ? truth[id]! : truth[id]!.slice(0, 1)]),
  );
}

const versionsOf = ({ figure }: MvccTask): readonly TaskVersion[] =>
  figure.shows === 'versions' ? figure.versions : [];

describe.each(MVCC_TASKS)('%s', (kind) => {
  test.each(SEEDS)('seed %i: its truth passes, and can be answered; anything else does not', (seed) => {
    const task = makeMvccTask(kind, seed);
    const right = rightOf(task);
    expect(gradeMvccTask(kind, seed, right).outcome?.passed).toBe(true);
    for (const step of task.steps) {
      const drawn = step.answer === 'versions' ? versionsOf(task).map(({ id }) => String(id)) : [];
      const ids = [...step.choices.map(({ id }) => id), ...drawn];
      expect(ids, step.id).toEqual(expect.arrayContaining([...right[step.id]!]));
      expect(new Set(ids).size).toBe(ids.length);
      expect(right[step.id]!.length).toBeGreaterThan(0);
      if (step.answer === 'one') expect(step.choices.length).toBeGreaterThan(1);
      const wrong = ids.find((id) => !truthOf(task)[step.id]!.includes(id));
      if (wrong === undefined) continue;
      const missed = gradeMvccTask(kind, seed, { ...right, [step.id]: [wrong] });
      expect(missed.steps.filter((one) => !one.right).map(({ id }) => id)).toEqual([step.id]);
      expect(missed.outcome?.passed).toBe(false);
    }
    const several = task.steps.find(({ answer, id }) => answer === 'versions' && right[id]!.length > 1);
    if (several === undefined) return;
    const less = gradeMvccTask(kind, seed, { ...right, [several.id]: right[several.id]!.slice(1) });
    expect(less.steps.filter((one) => !one.right).map(({ id }) => id)).toEqual([several.id]);
  });

  test('the same seed asks the same, another one something else', () => {
    const [one, other] = [1, 2].map((seed) => makeMvccTask(kind, seed));
    expect(makeMvccTask(kind, 1)).toEqual(one);
    expect(JSON.stringify(other)).not.toBe(JSON.stringify({ ...one, seed: 2 }));
    expect(() => structuredClone(one)).not.toThrow();
  });
});

// ---- What the drawing says is what the engine did: the rules of the notes, applied by somebody who only has the picture.

const chainOf = ({ versions }: VersionsFigure, key: string): TaskVersion[] =>
  versions.filter((version) => version.key === key).sort((a, b) => a.lsn - b.lsn);
const readAt = (figure: VersionsFigure, key: string, at: number): string =>
  chainOf(figure, key).findLast(({ lsn }) => lsn <= at)?.value ?? 'nothing';

test.each(SEEDS)('what a snapshot reads is what the line crosses (%i)', (seed) => {
  const task = makeMvccTask('snapshot', seed);
  const figure = task.figure as VersionsFigure;
  const truth = truthOf(task);
  const { snapshot } = figure.readers[0]!;
  const keyIn = (id: string): string =>
    /`([a-z]+)`\. What|reads `([a-z]+)`/
      .exec(task.steps.find((one) => one.id === id)!.question)!
      .slice(1)
      .find(Boolean)!;
  for (const id of ['moved', 'other', 'again']) expect(truth[id]).toEqual([readAt(figure, keyIn(id), snapshot)]);
  const own = keyIn('own');
  const seen = figure.keys.filter((key) => key !== own && readAt(figure, key, snapshot) !== 'nothing');
  expect(truth['scan']).toEqual([String(seen.length + 1)]);
});

test.each(SEEDS)('what vacuum takes can be told from the picture (%i)', (seed) => {
  const task = makeMvccTask('watermark', seed);
  const figure = task.figure as VersionsFigure;
  const truth = truthOf(task);
  const snapshots = figure.readers.map(({ snapshot }) => snapshot).sort((a, b) => a - b);
  expect([truth['watermark'], truth['risen']]).toEqual([[String(snapshots[0])], [String(snapshots[1])]]);
  const goes = (left: readonly TaskVersion[], watermark: number): TaskVersion[] =>
    figure.keys.flatMap((key) => {
      const below = left
        .filter((version) => version.key === key && version.lsn <= watermark)
        .sort((a, b) => b.lsn - a.lsn);
      // A tombstone goes when nothing is left behind it.
      return below[0]?.value === null ? below : below.slice(1);
    });
  const first = goes(figure.versions, snapshots[0]!);
  const second = goes(
    figure.versions.filter((version) => !first.includes(version)),
    snapshots[1]!,
  );
  const ids = (versions: readonly TaskVersion[]): string[] =>
    versions.length === 0 ? ['none'] : versions.map(({ id }) => String(id)).sort();
  expect([truth['garbage']!.toSorted(), truth['more']!.toSorted()]).toEqual([ids(first), ids(second)]);
});

test.each(SEEDS)('in the skewed history both commit, and each read what the other wrote (%i)', (seed) => {
  const task = makeMvccTask('skew', seed);
  const truth = truthOf(task);
  const { steps } = (task.figure as HistoriesFigure).histories.find(({ name }) => name === truth['which']![0])!;
  expect(steps.every(({ how }) => how === 'done')).toBe(true);
  const wrote = (session: number) =>
    steps.find((step) => step.session === session && step.action[0] === 'write')!.action[1];
  const read = (session: number) =>
    steps.flatMap((step) => (step.session === session && step.action[0] === 'read' ? [step.action[1]] : []));
  expect(read(1)).toContain(wrote(2));
  expect(read(2)).toContain(wrote(1));
});

test.each(SEEDS)('who waits under locks is what the model says of the plan that is drawn (%i)', (seed) => {
  const task = makeMvccTask('lanes', seed);
  const [{ plan }] = (task.figure as LanesFigure).plans as [LanesFigure['plans'][number]];
  const names = waitingLanes(withLocks(plan)).map((lane) => `T${lane + 1}`);
  expect(truthOf(task)['locks']![0]!.match(/T\d/g)).toEqual(names);
  expect(truthOf(task)['versions']).toEqual(['nobody']);
});

test.each(SEEDS)('who waits does not hang on who comes first in a tick (%i)', (seed) => {
  const task = makeMvccTask('lanes', seed);
  const [{ plan }] = (task.figure as LanesFigure).plans as [LanesFigure['plans'][number]];
  const asked = plan.lanes.flatMap((steps, lane) => steps.map(({ action, tick }) => ({ lane, tick, action })));
  for (const { action, lane, tick } of asked)
    for (const other of asked.filter((one) => one.lane > lane && one.tick === tick)) {
      const both = [action[0], other.action[0]];
      expect(both).not.toContain('commit');
      if (both.includes('write')) expect(both.includes('scan') || action[1] === other.action[1]).toBe(false);
    }
  expect(task.situation).toContain('who waits longest is first');
});
