import { describe, expect, it } from 'vitest';
import { KeyGenerator, keyOfIndex, valueOf } from './generators';

const indexes = (order: 'sequential' | 'random' | 'zipf', keySpace: number, count: number): number[] => {
  const keys = new KeyGenerator({ order, keySpace, seed: 7 });
  return Array.from({ length: count }, (_, number) => keys.indexOf(number));
};

describe('generated keys', () => {
  it('in sequence go round the key space', () => {
    expect(indexes('sequential', 3, 5)).toEqual([0, 1, 2, 0, 1]);
  });

  it('at random reach all of it evenly, zipf most often a few', () => {
    const share = (order: 'random' | 'zipf'): number => {
      const counts = new Map<number, number>();
      for (const index of indexes(order, 100, 10_000)) counts.set(index, (counts.get(index) ?? 0) + 1);
      const sorted = [...counts.values()].sort((a, b) => b - a);
      return (sorted[0]! + sorted[1]! + sorted[2]!) / 10_000;
    };
    expect(share('random')).toBeLessThan(0.06);
    expect(share('zipf')).toBeGreaterThan(0.25);
  });

  it.each([1, 2, 3, 100])('stay inside a key space of %d', (keySpace) => {
    for (const order of ['sequential', 'random', 'zipf'] as const) {
      expect(indexes(order, keySpace, 200).every((index) => index >= 0 && index < keySpace)).toBe(true);
    }
  });

  it('are the same again from the seed and the number alone', () => {
    expect(valueOf(7, 123, 40)).toEqual(valueOf(7, 123, 40));
    expect(valueOf(7, 123, 40)).not.toEqual(valueOf(7, 124, 40));
    expect(keyOfIndex(5)).toHaveLength(16);
  });
});
