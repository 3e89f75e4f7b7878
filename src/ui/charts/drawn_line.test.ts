/** A line drawn by hand: a stroke leaves no point behind, and nothing else moves. */
import { expect, test } from 'vitest';
import { farthest, flatLine, heightAt, LINE_POINTS, movedLine, pointAt, withPoint, withStroke } from './drawn_line';

test('a quick stroke takes the points that it passes along, and leaves the others', () => {
  const drawn = withStroke(flatLine(0), { share: 0.25, height: 0.2 }, { share: 0.75, height: 0.8 });
  expect(drawn).toHaveLength(LINE_POINTS);
  drawn.forEach((height, i) => {
    const share = i / (LINE_POINTS - 1);
    expect(height).toBeCloseTo(share < 0.25 || share > 0.75 ? 0 : 0.2 + (share - 0.25) * 1.2);
  });
  // From right to left it is the same line.
  const back = withStroke(flatLine(0), { share: 0.75, height: 0.8 }, { share: 0.25, height: 0.2 });
  back.forEach((height, i) => expect(height).toBeCloseTo(drawn[i]!));
});

test('a press sets the nearest point; the line stays inside the chart', () => {
  const at = { share: 0.49, height: 1.7 };
  expect(withStroke(flatLine(0.5), at, at)[pointAt(0.49)]).toBe(1);
  expect(withPoint(flatLine(0.5), 3, -2)[3]).toBe(0);
  expect(movedLine(flatLine(0.95), 0.1)).toEqual(flatLine(1));
});

test('between two points it is straight', () => {
  const line = withPoint(flatLine(0), 1, 1);
  expect(heightAt(line, 0.5 / (LINE_POINTS - 1))).toBeCloseTo(0.5);
  expect(heightAt(line, 1)).toBe(0);
});

test('the farthest point is the one with the largest factor, not the largest difference', () => {
  const row = (operation: number, mean: number) => ({
    operation,
    mean,
    cost: 0,
    cause: 'plain' as const,
    splits: false,
  });
  const rows = [row(1, 1000), row(2, 10), row(3, 990)];
  expect(farthest(rows, () => 700)).toEqual({ operation: 2, guess: 700, mean: 10 });
});
