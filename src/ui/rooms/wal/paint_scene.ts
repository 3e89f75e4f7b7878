/** The scene on a canvas, in the order of its elements; and which mark is where, for a pointer that finds no elements. */
import { type Palette, paint, type Pen } from '../../marks/paint';
import type { Box, Drawn } from './scene';
import { type Pointed, shapesOf } from './shapes';

/** @param strip what can be seen of the planes that are wound on */
export function paintScene(
  pen: Pen,
  palette: Palette,
  drawn: readonly Drawn[],
  strip: Box,
  pointed: (mark: Drawn) => Pointed,
): void {
  for (const mark of drawn) {
    if (mark.plane === 'page') paint(pen, shapesOf(mark, pointed(mark)), palette, mark.opacity);
  }
  pen.save();
  pen.beginPath();
  pen.rect(strip.x, strip.y, strip.width, strip.height);
  pen.clip();
  for (const mark of drawn) {
    if (mark.plane !== 'page') paint(pen, shapesOf(mark, pointed(mark)), palette, mark.opacity);
  }
  pen.restore();
}

/** A line has no width to hit: so far beside it still counts. */
const REACH = 2;

/** The mark on top at a place of the page, of those that say anything. */
export function markUnder(drawn: readonly Drawn[], x: number, y: number): Drawn | undefined {
  const isUnder = (mark: Drawn): boolean =>
    mark.label !== undefined &&
    x >= mark.x - REACH &&
    x <= mark.x + mark.width + REACH &&
    y >= mark.y &&
    y <= mark.y + mark.height;
  return drawn.findLast((mark) => mark.plane !== 'page' && isUnder(mark)) ?? drawn.findLast(isUnder);
}
