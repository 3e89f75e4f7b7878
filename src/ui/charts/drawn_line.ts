/**
 * A line that the learner draws over a chart: some points with equal distances, each as high as it was left. Heights are
 * shares of the scale, 0 at its lower end and 1 at its upper one, so that the line stays when the scale is another one.
 */

export const LINE_POINTS = 13;

export const flatLine = (height: number): readonly number[] => Array<number>(LINE_POINTS).fill(height);

const inside = (height: number): number => Math.max(0, Math.min(1, height));

/** The point that lies nearest to a share of the width. */
export const pointAt = (share: number): number =>
  Math.max(0, Math.min(LINE_POINTS - 1, Math.round(share * (LINE_POINTS - 1))));

export const withPoint = (line: readonly number[], point: number, height: number): readonly number[] =>
  line.map((one, i) => (i === point ? inside(height) : one));

/** A stroke from one place to another: a quick hand passes points between two events, and they are on its way. */
export function withStroke(
  line: readonly number[],
  from: { readonly share: number; readonly height: number },
  to: { readonly share: number; readonly height: number },
): readonly number[] {
  const first = pointAt(Math.min(from.share, to.share));
  const last = pointAt(Math.max(from.share, to.share));
  return line.map((one, i) => {
    if (i < first || i > last) return one;
    const share = i / (LINE_POINTS - 1);
    const along = to.share === from.share ? 1 : (share - from.share) / (to.share - from.share);
    return inside(from.height + (to.height - from.height) * Math.max(0, Math.min(1, along)));
  });
}

export const movedLine = (line: readonly number[], by: number): readonly number[] =>
  line.map((height) => inside(height + by));

/** How high the line is at a share of the width, straight between two points. */
export function heightAt(line: readonly number[], share: number): number {
  const at = Math.max(0, Math.min(1, share)) * (line.length - 1);
  const left = Math.min(line.length - 2, Math.floor(at));
  return line[left]! + (line[left + 1]! - line[left]!) * (at - left);
}

/** What an operation cost, and what all up to it cost on average. */
export interface CostRow {
  readonly operation: number;
  readonly mean: number;
}

/** Where a drawn line and the mean are farthest from each other, as a factor. */
export function farthest(
  rows: readonly CostRow[],
  guessAt: (operation: number) => number,
): { readonly operation: number; readonly guess: number; readonly mean: number } {
  const gapOf = ({ mean, operation }: CostRow): number => Math.abs(Math.log(guessAt(operation) / mean));
  const worst = rows.reduce((most, row) => (gapOf(row) > gapOf(most) ? row : most));
  return { operation: worst.operation, guess: guessAt(worst.operation), mean: worst.mean };
}
