import { expect, test } from 'vitest';
import { IN_A_ROW, Pace, REST_AFTER } from './pace';

/** Moves of a playhead: to which record, and how many milliseconds after the last move. */
function scrubbed(moves: readonly (readonly [seq: number, after: number])[]): boolean[] {
  const pace = new Pace();
  let now = 1000;
  return moves.map(([seq, after]) => pace.moved(seq, (now += after)));
}

test('steps one after the other are never scrubbing, however quick, forwards or back', () => {
  const there = Array.from({ length: 50 }, (_, seq) => [seq, 1] as const);
  expect(scrubbed([...there, ...there.toReversed()])).not.toContain(true);
});

test('jumps in a row are, from the third on', () => {
  expect(
    scrubbed([
      [0, 16],
      [14, 16],
      [28, 16],
      [42, 16],
      [56, 16],
    ]),
  ).toEqual([false, false, false, true, true]);
});

test('jumps far apart in time are not: a key, a link, a click on the rug', () => {
  const jumps = Array.from({ length: 9 }, (_, index) => [index * 100, IN_A_ROW] as const);
  expect(scrubbed(jumps)).not.toContain(true);
});

test('slowing down to single steps ends it after a moment, not at once', () => {
  const moves = [
    [0, 16],
    [20, 16],
    [40, 16],
    [60, 16],
    [61, 16],
    [62, REST_AFTER],
    [63, 16],
  ] as const;
  expect(scrubbed(moves)).toEqual([false, false, false, true, true, false, false]);
});
