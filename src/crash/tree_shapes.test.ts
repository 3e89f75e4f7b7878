/** The runs for trees go through every shape, each in a checkpoint of its own, and no crash in any of them breaks a promise. */
import { describe, expect, inject, it } from 'vitest';
import type { PageProtection } from '../btree';
import { PROFILES } from '../storage/simulated/profiles';
import { recordRun, type RecordedRun } from './run';
import { Search, WHOLE_SHARE } from './search';
import { treeSubject } from './store_subject';
import { TREE_SHAPE_WATCH } from './tree_shapes';
import { TREE_WORKLOADS } from './tree_workloads';

const seed = inject('seed');

function runOf(name: string, protection: PageProtection): RecordedRun {
  const subject = treeSubject(protection);
  const { actions } = TREE_WORKLOADS[name]!;
  const profile = PROFILES.measured_ext4;
  return recordRun({ subject, actions, profile, seed, protections: subject.protections, careless: [] });
}

it('the runs for trees go through every shape, and a checkpoint carries each', () => {
  const runs = Object.keys(TREE_WORKLOADS).map((name) => runOf(name, 'copy_on_write'));
  expect(runs.map(({ harm }) => harm)).toEqual(runs.map(() => undefined));
  const seen = new Map<string, number>();
  for (const { shapes } of runs) for (const [name, count] of shapes) seen.set(name, (seen.get(name) ?? 0) + count);
  console.log(JSON.stringify(Object.fromEntries(seen)));
  expect(TREE_SHAPE_WATCH.names.filter((name) => !seen.has(name))).toEqual([]);
});

describe.each(['copy_on_write', 'double_write', 'log_images'] as const)('with %s', (protection) => {
  it.each(Object.keys(TREE_WORKLOADS))('no crash in "%s" breaks a promise', (name) => {
    const run = runOf(name, protection);
    const search = new Search(run, { statesMax: 24, seed, share: WHOLE_SHARE, crashRecovery: true });
    const letters = new Map<string, number>();
    for (const { judgement } of search.outcomes()) {
      if (judgement === undefined) continue;
      expect(judgement.check, judgement.sentence).toBeUndefined();
      letters.set(judgement.letter, (letters.get(judgement.letter) ?? 0) + 1);
    }
    expect(letters.get('A')).toBeGreaterThan(20);
    expect([...letters.keys()].filter((letter) => letter === 'S' || letter === 'F')).toEqual([]);
  });
});
