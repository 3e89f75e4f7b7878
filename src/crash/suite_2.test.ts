/** Half of the 100,000 states that are judged every day; the other half is beside it, so that two processors share them. */
import { expect, inject, it } from 'vitest';
import { isBroken } from './suite';
import { suiteSlice } from './testing/slice';

const STATES = 50_000;

it(`${STATES} distinct crash states break no promise (half 2 of 2)`, () => {
  const summary = suiteSlice(1, 2, STATES, inject('seed'));
  const { distinct, failures, verdicts } = summary;
  console.log(`half 2, seed ${inject('seed')}: ${JSON.stringify({ ...summary, failures: failures.length })}`);
  expect(failures).toEqual([]);
  expect(isBroken(summary)).toBe(false);
  expect(distinct).toBe(STATES);
  for (const profile of ['process_crash', 'measured_ext4', 'adversarial', 'liar', 'psow_off'])
    expect(verdicts[profile]?.A, profile).toBeGreaterThan(0);
}, 600_000);
