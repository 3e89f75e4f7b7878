/**
 * The strip of time under the sessions: one column for each moment, whole columns only, and all of the same width, so that
 * nothing is cut at the left edge of its window. Once they are more than fit, each new moment winds the strip on by one:
 *
 *     ‹ 3 earlier ¦  4    5    6    7  |     |
 *                 ¦                    ▲ now: the next thing somebody does comes into the free column, then all of it moves
 */
import type { Box } from '../../marks/scene';

/** As wide as this, or a little wider. */
const COLUMN = 80;
const COLUMN_NARROW = 60;
const COLUMNS_MIN = 3;

export class Columns {
  readonly width: number;
  /** Moments that have gone out at the left. */
  readonly hidden: number;
  /** How far the strip is wound on. */
  readonly offset: number;
  readonly #left: number;

  /** @param moment the newest; -1: there is none */
  constructor(moment: number, { width, x }: Pick<Box, 'x' | 'width'>, narrow: boolean) {
    const columns = Math.max(COLUMNS_MIN, Math.floor(width / (narrow ? COLUMN_NARROW : COLUMN)));
    this.width = width / columns;
    // Those up to the newest, and a free one.
    this.hidden = Math.max(0, moment + 2 - columns);
    this.offset = this.hidden * this.width;
    this.#left = x;
  }

  x(moment: number): number {
    return this.#left + moment * this.width;
  }
  /** The first moment that is drawn: the one before the window is still to be seen while the strip moves. */
  get first(): number {
    return this.hidden - 1;
  }
}
