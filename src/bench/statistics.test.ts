import { expect, test } from 'vitest';
import { median, medianInterval, quantile } from './statistics';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => count - i);

test('the median is the middle sample, or half-way between the two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('a quantile of samples in any order', () => {
  expect(quantile(upTo(101), 0.99)).toBe(100);
});

test('the interval of a median leaves out what the binomial table says', () => {
  expect(medianInterval(upTo(5))).toEqual({ low: 1, high: 5 });
  expect(medianInterval(upTo(6))).toEqual({ low: 1, high: 6 });
  expect(medianInterval(upTo(9))).toEqual({ low: 2, high: 8 });
  expect(medianInterval(upTo(20))).toEqual({ low: 6, high: 15 });
  expect(medianInterval([7])).toEqual({ low: 7, high: 7 });
});
