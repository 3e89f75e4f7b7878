/** The store over an LSM tree, every day: some states of a part of its runs, damage and failing calls; the rest is `npm run crash`. */
import { describe, expect, inject, it } from 'vitest';
import { damageCensus, type CensusSummary } from './damage/census';
import { ioErrorLoops, type IoErrorSummary } from './io_errors/loops';
import { lsmSubject } from './store_subject';
import { isBroken } from './suite';
import { suiteSlice } from './testing/slice';

const seed = inject('seed');
const STATES = 300;
/** Every so many runs: short ones, long ones and the tree's own, others by the seed. */
const PARTS = 40;
const POLICIES = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
] as const;

function toEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

describe('an LSM tree', { timeout: 120_000 }, () => {
  /** One a day. */
  const subject = lsmSubject(POLICIES[seed % POLICIES.length]);

  it(`breaks no promise in ${STATES} distinct crash states`, () => {
    const summary = suiteSlice(seed % PARTS, PARTS, STATES, seed, subject);
    expect(summary.failures).toEqual([]);
    expect(isBroken(summary)).toBe(false);
  });

  it('says of every damage that it is there, and serves what it has not reached', () => {
    const { failures, total }: CensusSummary = toEnd(damageCensus(subject, { seed, perKind: 8 }));
    expect(failures).toEqual([]);
    expect(total.silent).toBe(0);
  });

  it('breaks no promise when a call fails', () => {
    const { failures, total }: IoErrorSummary = toEnd(ioErrorLoops(subject, { seed, perLoop: 1, crossedPerLoop: 0 }));
    expect(failures).toEqual([]);
    expect(total.broken).toBe(0);
  });
});
