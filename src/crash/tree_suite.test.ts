/** The store over a B-tree, every day: some hundred states of a part of its runs, damage and failing calls; the rest is `npm run crash`. */
import { describe, expect, inject, it } from 'vitest';
import { PROFILES } from '../storage/simulated/profiles';
import { damageCensus, type CensusSummary } from './damage/census';
import { DAMAGE_KINDS } from './damage/damage';
import { ioErrorLoops, type IoErrorSummary } from './io_errors/loops';
import { Search, WHOLE_SHARE } from './search';
import { treeSubject } from './store_subject';
import type { CrashSubject } from './subject';
import { isBroken, mergeSuites, missingShapes, Suite } from './suite';
import { suiteSlice } from './testing/slice';
import { NAMED_WORKLOADS } from './workload';

const seed = inject('seed');
const STATES = 300;
/** The seed says which protection meets failing calls today. */
const TODAY = (['copy_on_write', 'double_write', 'log_images'] as const)[seed % 3];
/** Every so many runs: short ones, long ones and the tree's own, others by the seed. */
const PARTS = 40;

function toEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

describe.each(['copy_on_write', 'double_write', 'log_images'] as const)(
  'a tree with %s',
  { timeout: 120_000 },
  (protection) => {
    const subject = treeSubject(protection);

    it(`breaks no promise in ${STATES} distinct crash states`, () => {
      const summary = suiteSlice(seed % PARTS, PARTS, STATES, seed, subject);
      expect(summary.failures).toEqual([]);
      expect(isBroken(summary)).toBe(false);
      expect(summary.distinct).toBe(STATES);
    });

    it('says of every damage that it is there, and serves what it has not reached', () => {
      const { failures, kinds, total }: CensusSummary = toEnd(damageCensus(subject, { seed, perKind: 24 }));
      expect(failures).toEqual([]);
      expect(total.silent).toBe(0);
      for (const kind of DAMAGE_KINDS) expect(kinds[kind].detected, kind).toBeGreaterThan(2);
      console.log(`${protection}: ${JSON.stringify(total)}`);
    });

    it.skipIf(protection !== TODAY)('breaks no promise when a call fails', () => {
      const { failures, total }: IoErrorSummary = toEnd(ioErrorLoops(subject, { seed, perLoop: 2, crossedPerLoop: 1 }));
      expect(failures).toEqual([]);
      expect(total.broken).toBe(0);
    });
  },
);

// A damaged group before the redo point that `check` passed by; a write that landed on the last group and its only witness.
it.each([55438, 182142])('seed %i: what damage census once called silent', (known) => {
  const { failures }: CensusSummary = toEnd(damageCensus(treeSubject('log_images'), { seed: known, perKind: 24 }));
  expect(failures).toEqual([]);
});

it(
  'an opening that leaves a log in doubt behind leaves nothing for the next one to change',
  { timeout: 120_000 },
  () => {
    for (const subject of [treeSubject(), treeSubject('double_write'), treeSubject('log_images')]) {
      const search = new Search(
        {
          subject,
          actions: NAMED_WORKLOADS['a flush fails once']!.actions,
          profile: PROFILES.process_crash,
          seed: 99,
          protections: subject.protections,
          careless: [],
        },
        { statesMax: 64, seed: 99, share: WHOLE_SHARE, crashRecovery: false },
      );
      const broken = [...search.outcomes(new Set())].filter(({ judgement }) => judgement?.check !== undefined);
      expect(broken.map(({ judgement }) => judgement!.sentence)).toEqual([]);
    }
  },
);

describe('the suite', { timeout: 120_000 }, () => {
  it('names the shapes that no run went through', () => {
    const whole = treeSubject();
    const only: CrashSubject = { ...whole, workloads: { 'a leaf splits': whole.workloads!['a leaf splits']! } };
    const profiles = [PROFILES.process_crash];
    const suite = new Suite({ subject: only, profiles, seed, share: { index: 1, of: 1_000_000 } });
    for (const _ of suite.work()) if (suite.summary().runs > 1) break;
    const summary = mergeSuites([suite.summary()]);
    expect(summary.shapes['leaf split, in a checkpoint']).toBeGreaterThan(0);
    expect(missingShapes(summary)).toContain('inner merges right');
    expect(missingShapes(summary)).not.toContain('leaf split');
  });

  it('turns red for a tree that reads its pages without looking at their checksums', () => {
    const subject = treeSubject();
    const protections = { ...subject.protections, checkpointChecksum: false };
    const census = toEnd(damageCensus(subject, { seed, kinds: ['flip'], perKind: 200, protections }));
    expect(census.total.silent).toBeGreaterThan(0);
  });
});
