/** The runs for LSM trees go through every shape, and no crash in any of them breaks a promise. */
import { describe, expect, inject, it } from 'vitest';
import { PROFILES } from '../storage/simulated/profiles';
import { LSM_SHAPE_WATCH } from './lsm_shapes';
import { LSM_WORKLOADS } from './lsm_workloads';
import { recordRun, type RecordedRun } from './run';
import { Search, WHOLE_SHARE } from './search';
import { lsmSubject } from './store_subject';

const seed = inject('seed');
const subject = lsmSubject();

function runOf(name: string): RecordedRun {
  const { actions } = LSM_WORKLOADS[name]!;
  const profile = PROFILES.measured_ext4;
  return recordRun({ subject, actions, profile, seed, protections: subject.protections, careless: [] });
}

it('the runs for LSM trees go through every shape', () => {
  const runs = Object.keys(LSM_WORKLOADS).map(runOf);
  expect(runs.map(({ harm }) => harm)).toEqual(runs.map(() => undefined));
  const seen = new Map<string, number>();
  for (const { shapes } of runs) for (const [name, count] of shapes) seen.set(name, (seen.get(name) ?? 0) + count);
  console.log(JSON.stringify(Object.fromEntries(seen)));
  expect(LSM_SHAPE_WATCH.names.filter((name) => !seen.has(name))).toEqual([]);
});

describe('an LSM tree', { timeout: 240_000 }, () => {
  it.each(Object.keys(LSM_WORKLOADS))('no crash in "%s" breaks a promise', (name) => {
    // The long one has many points; `npm run crash` looks closer.
    const statesMax = name === 'merges go down' ? 3 : 12;
    const search = new Search(runOf(name), { statesMax, seed, share: WHOLE_SHARE, crashRecovery: true });
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
