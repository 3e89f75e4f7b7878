import { describe, expect, it } from 'vitest';
import { compareBytes, decodeText, encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import {
  chooseMiddle,
  chooseRebalance,
  chooseSplit,
  shortestSeparator,
  underflowBytes,
  type RebalanceQuestion,
} from './policy';

const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

describe('where to split', () => {
  it('is where the halves are most equal in bytes, not in cells', () => {
    expect(chooseSplit([10, 10, 10, 10], 100, false)).toBe(2);
    expect(chooseSplit([40, 10, 10, 10], 100, false)).toBe(1);
    expect(chooseSplit([10, 10, 10, 60], 100, false)).toBe(3);
  });

  it('is before the new cell where keys are appended: the left page stays full', () => {
    expect(chooseSplit([10, 10, 10, 10], 100, true)).toBe(3);
    expect(chooseMiddle([10, 10, 10, 10, 10], 100, true)).toBe(3);
    expect(chooseMiddle([10, 10], 100, true)).toBe(0);
  });

  it('leaves two pages that fit and are not empty, whatever the cells, none over half a page', () => {
    const random = new SeededRandom(5);
    for (let run = 0; run < 2000; run++) {
      const usable = 220;
      const sizes: number[] = [];
      while (sum(sizes) <= usable) sizes.push(5 + random.below(106));
      const split = chooseSplit(sizes, usable, false);
      expect(split > 0 && split < sizes.length).toBe(true);
      expect(Math.max(sum(sizes.slice(0, split)), sum(sizes.slice(split)))).toBeLessThanOrEqual(usable);
      if (sizes.length < 3) continue;
      const middle = chooseMiddle(sizes, usable, false);
      expect(middle > 0 && middle < sizes.length - 1).toBe(true);
      expect(Math.max(sum(sizes.slice(0, middle)), sum(sizes.slice(middle + 1)))).toBeLessThanOrEqual(usable);
    }
  });
});

describe('a page with too little in it', () => {
  const asked = (question: Partial<RebalanceQuestion>): string =>
    chooseRebalance({
      usable: 220,
      used: 50,
      left: undefined,
      right: undefined,
      joinBytes: { left: 0, right: 0 },
      ...question,
    }).do;

  it('has less than a third', () => expect(underflowBytes(220)).toBe(73));

  it('is joined with a neighbour if both fit into one page, the left one first', () => {
    expect(asked({ left: 170, right: 100 })).toBe('merge_left');
    expect(asked({ left: 171, right: 170 })).toBe('merge_right');
    expect(asked({ right: 170 })).toBe('merge_right');
    expect(asked({ left: 150, joinBytes: { left: 21, right: 0 } })).toBe('borrow_left');
  });

  it('takes from the fuller neighbour otherwise, and stays as it is without one', () => {
    expect(asked({ left: 180, right: 200 })).toBe('borrow_right');
    expect(asked({ left: 200, right: 180 })).toBe('borrow_left');
    expect(asked({ left: 200 })).toBe('borrow_left');
    expect(asked({ right: 200 })).toBe('borrow_right');
    expect(asked({})).toBe('nothing');
  });
});

describe('a separator', () => {
  const separate = (left: string, right: string): string | undefined =>
    decodeText(shortestSeparator(encodeText(left), encodeText(right)));

  it('is the shortest start of the right key that the left one does not have', () => {
    expect(separate('apple', 'banana')).toBe('b');
    expect(separate('banana', 'bandana')).toBe('band');
    expect(separate('ban', 'banana')).toBe('bana');
  });

  it('is larger than everything left of it, and no larger than anything right', () => {
    const random = new SeededRandom(9);
    const key = () => new Uint8Array(1 + random.below(6)).map(() => random.below(3));
    for (let run = 0; run < 2000; run++) {
      const [a, b] = [key(), key()];
      const order = compareBytes(a, b);
      if (order === 0) continue;
      const [left, right] = order < 0 ? [a, b] : [b, a];
      const separator = shortestSeparator(left, right);
      expect(compareBytes(left, separator)).toBeLessThan(0);
      expect(compareBytes(separator, right)).toBeLessThanOrEqual(0);
    }
  });
});
