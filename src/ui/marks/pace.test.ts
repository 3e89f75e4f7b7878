import { expect, test } from 'vitest';
import { IN_A_ROW, Pace } from './pace';

/** Moves of a playhead: to which record, and how many milliseconds after the last move. */
function skips(moves: readonly (readonly [seq: number, after: number])[]): number[] {
  const pace = new Pace();
  let now = 1000;
  return moves.map(([seq, after]) => pace.moved(seq, (now += after)));
}

test('steps one after the other skip nothing, however quick, forwards or back', () => {
  const there = Array.from({ length: 50 }, (_, seq) => [seq, 1] as const);
  expect(Math.max(...skips([...there, ...there.toReversed()]))).toBe(0);
});

test('moves over several steps are counted, forwards and back', () => {
  expect(
    skips([
      [0, 16],
      [14, 16],
      [28, 16],
      [2, 16],
    ]),
  ).toEqual([0, 1, 2, 3]);
});

test('jumps far apart in time are each the first: a key, a link, a click on the rug', () => {
  const jumps = Array.from({ length: 9 }, (_, index) => [index * 100, IN_A_ROW] as const);
  expect(Math.max(...skips(jumps))).toBe(1);
});

test('where a hand turns round it moves less than a step, and still scrubs', () => {
  expect(
    skips([
      [0, 16],
      [20, 16],
      [40, 16],
      [41, 16],
      [41, 16],
      [20, 16],
    ]),
  ).toEqual([0, 1, 2, 0, 0, 3]);
});
