/** The scene on a canvas, in the order of its elements; and which mark is where, for a pointer that finds no elements. */
import { Painter, type Palette, type Pen } from './paint';
import type { Primitive } from './primitives';
import { type Box, type Drawn, type Mark, PAGE } from './scene';

/** @param strip what can be seen of the planes that are wound on */
export function paintScene<M extends Mark>(
  pen: Pen,
  palette: Palette,
  drawn: readonly Drawn<M>[],
  strip: Box,
  shapesOf: (mark: Drawn<M>) => readonly Primitive[],
): void {
  const painter = new Painter(pen, palette);
  let isWound = false;
  for (const mark of drawn) {
    if (mark.plane === PAGE) painter.paint(shapesOf(mark), mark.opacity);
    else isWound = true;
  }
  if (!isWound) return;
  painter.inside(strip, () => {
    for (const mark of drawn) if (mark.plane !== PAGE) painter.paint(shapesOf(mark), mark.opacity);
  });
}

/** A line has no width to hit: so far beside it still counts. */
const REACH = 2;

/** The mark on top at a place of the page, of those that say anything. */
export function markUnder<M extends Mark>(drawn: readonly Drawn<M>[], x: number, y: number): Drawn<M> | undefined {
  const isUnder = (mark: Drawn<M>): boolean =>
    mark.label !== undefined &&
    x >= mark.x - REACH &&
    x <= mark.x + mark.width + REACH &&
    y >= mark.y &&
    y <= mark.y + mark.height;
  return drawn.findLast((mark) => mark.plane !== PAGE && isUnder(mark)) ?? drawn.findLast(isUnder);
}
