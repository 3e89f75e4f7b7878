/** Stores with versions, with transactions open and commits on their way: some states every day, the rest is `npm run crash`. */
import { describe, expect, inject, it } from 'vitest';
import { ALL_MVCC_PROTECTIONS } from '../mvcc';
import { damageCensus, type CensusSummary } from './damage/census';
import { ioErrorLoops } from './io_errors/loops';
import { killMutant, mutantsOf } from './mutants';
import { mvccSubject } from './store_subject';
import { isBroken } from './suite';
import { suiteSlice } from './testing/slice';

const seed = inject('seed');
const STATES = 150;
const PARTS = 40;

describe.each(['map', 'btree', 'lsm'] as const)('versions over a %s', { timeout: 120_000 }, (over) => {
  const subject = mvccSubject(over);

  it(`break no promise in ${STATES} distinct crash states`, () => {
    const summary = suiteSlice(seed % PARTS, PARTS, STATES, seed, subject);
    expect(summary.failures).toEqual([]);
    expect(isBroken(summary)).toBe(false);
  });

  it('say of every damage that it is there, and serve no older version in place of one that is lost', () => {
    const { failures, total }: CensusSummary = toEnd(damageCensus(subject, { seed, perKind: 8 }));
    expect(failures).toEqual([]);
    expect(total.silent).toBe(0);
  });
});

/** Clients go on reading after they have submitted a commit. */
it('no read that a device refuses makes a submitted commit look refused', { timeout: 60_000 }, () => {
  const loops = ['read fails', 'read gives zeros'] as const;
  const { failures, total } = toEnd(ioErrorLoops(mvccSubject('lsm'), { seed: 5, loops, perLoop: 40 }));
  expect(failures).toEqual([]);
  expect(total.made).toBe(80);
});

/** Each is broken in life; it dies of what a crash behind it finds. */
it.each(Object.keys(ALL_MVCC_PROTECTIONS))('transactions without %s are killed', { timeout: 60_000 }, (name) => {
  const subject = mvccSubject();
  const mutant = mutantsOf(subject).find((one) => one.name === name)!;
  const kill = killMutant(subject, mutant, { seed, statesMax: 20, statesAtFirst: 20 });
  expect(kill, `harness broken: transactions without ${name} survive`).toBeDefined();
  expect(kill!.workload).toBe(mutant.workload);
});

function toEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
