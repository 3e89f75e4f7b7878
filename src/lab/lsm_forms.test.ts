import { expect, test } from 'vitest';
import { falsePositiveRate, wastedReads } from '../lsm/filter_allocation';
import { bitsOf, extraReads, filterRate, triangleWeights } from './lsm_forms';

const LEVELS = [
  { runs: 3, entries: 90 },
  { runs: 1, entries: 800 },
];

test('sliders answer what the engine would', () => {
  for (const bits of [0, 1, 4.5, 10]) expect(filterRate(bits)).toBeCloseTo(falsePositiveRate(bits), 12);
  const classes = LEVELS.map(({ entries, runs }) => ({ length: entries / runs, runs }));
  expect(extraReads(LEVELS, [9, 3])).toBeCloseTo(wastedReads(classes, [9, 3]), 12);
  expect(bitsOf(LEVELS, [10, 2])).toBe(900 + 1600);
});

test('what costs the least in everything is in the middle, and whatever is dear is far from its corner', () => {
  expect(triangleWeights([2, 3, 4], [2, 3, 4])).toEqual([1 / 3, 1 / 3, 1 / 3]);
  const [read, update] = triangleWeights([10, 3, 4], [2, 3, 4]);
  expect(read).toBeLessThan(0.1);
  expect(update).toBeGreaterThan(0.4);
});
