/**
 * Where the words of conflicts go: in the gaps between two lanes, in sight, on no chip and on no other words, and where no
 * other arrow passes if there is such a place. They are drawn last, so no line goes through them.
 */
import type { Box } from '../../marks/scene';

export const CAPTION_HEIGHT = 13;

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Wanted {
  readonly width: number;
  /** Middles of places, the best first. */
  readonly places: readonly Point[];
  /** Points of the line that it belongs to; others should not pass through it. */
  readonly line: readonly Point[];
}

/** @returns the box of each; undefined where there is no room for it */
export function placeCaptions(
  wanted: readonly Wanted[],
  taken: readonly Box[],
  window: { readonly from: number; readonly to: number },
): readonly (Box | undefined)[] {
  const full = [...taken];
  return wanted.map((caption) => {
    const others = wanted.filter((one) => one !== caption).flatMap(({ line }) => line);
    let best: { readonly box: Box; readonly crossed: number } | undefined;
    for (const place of caption.places) {
      const box = boxAt(place, caption.width, window);
      if (full.some((one) => overlaps(one, box))) continue;
      const crossed = others.filter((point) => contains(box, point)).length;
      if (best === undefined || crossed < best.crossed) best = { box, crossed };
      if (crossed === 0) break;
    }
    if (best) full.push(best.box);
    return best?.box;
  });
}

function boxAt({ x, y }: Point, width: number, { from, to }: { readonly from: number; readonly to: number }): Box {
  const left = Math.max(from + 2, Math.min(to - width - 2, x - width / 2));
  return { x: left, y: y - CAPTION_HEIGHT / 2, width, height: CAPTION_HEIGHT };
}

const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width + 2 && b.x < a.x + a.width + 2 && a.y < b.y + b.height && b.y < a.y + a.height;

const contains = ({ height, width, x, y }: Box, point: Point): boolean =>
  point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height;

/** An arrow leaves its reader's lane and comes to the writer's at right angles; `shapes.ts` draws the same curve. */
export function alongEdge(from: Point, to: Point, share: number): Point {
  const rest = 1 - share;
  const bend = (to.y - from.y) * EDGE_BEND;
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return {
    x: (a + b) * from.x + (c + d) * to.x,
    y: a * from.y + b * (from.y + bend) + c * (to.y - bend) + d * to.y,
  };
}
export const EDGE_BEND = 0.45;
