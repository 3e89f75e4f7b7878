/**
 * The axis of commits: one column for each LSN, from 0, before which there was nothing. It has room for a few more than there
 * are, so that it stands still for most commits. With many, the older ones are drawn close together:
 *
 *     0 1 2 ... 40 | 41   42   43   44
 *     ▏▏▏▏▏▏▏▏▏▏▏▏▏|    |    |    |    |
 */
import { scaleLinear } from 'd3';
import type { Box } from '../../marks/scene';

const CAPACITIES = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
/** Columns narrower than this are drawn close together, but for the newest. */
const COLUMN_MIN = 15;
const OLD_SHARE = 0.3;
const CUT_STEP = 8;

export class CommitAxis {
  readonly capacity: number;
  /** The first commit that is not drawn close together. */
  readonly cut: number;
  readonly #left: number;
  readonly #right: number;
  readonly #x: (lsn: number) => number;

  /** @param newest the last LSN that anything has */
  constructor(newest: number, { width, x }: Pick<Box, 'x' | 'width'>) {
    this.#left = x;
    this.#right = x + width;
    this.capacity = CAPACITIES.find((one) => one > newest) ?? Math.ceil((newest + 1) / 256) * 256;
    const columns = this.capacity + 1;
    const isLong = width / columns < COLUMN_MIN;
    const wide = Math.floor((width * (1 - OLD_SHARE)) / COLUMN_MIN);
    this.cut = isLong ? Math.max(0, Math.ceil((newest + 2 - wide) / CUT_STEP) * CUT_STEP) : 0;
    const between = x + width * OLD_SHARE;
    this.#x =
      this.cut === 0
        ? scaleLinear([0, isLong ? Math.min(columns, wide + CUT_STEP) : columns], [x, x + width]).clamp(true)
        : scaleLinear([0, this.cut, this.cut + wide], [x, between, x + width]).clamp(true);
  }

  /** Left edge of the column. */
  left(lsn: number): number {
    return this.#x(lsn);
  }
  mid(lsn: number): number {
    return (this.#x(lsn) + this.#x(lsn + 1)) / 2;
  }
  widthOf(lsn: number): number {
    return this.#x(lsn + 1) - this.#x(lsn);
  }
  get right(): number {
    return this.#right;
  }
  get start(): number {
    return this.#left;
  }

  /** The commit in whose column a place is, at most `last`. */
  nearest(x: number, last: number): number {
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#x(middle) <= x) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Commits whose number has room over its column. */
  *named(last: number, letters: number): Generator<number, void> {
    let end = -Infinity;
    for (let lsn = 0; lsn <= Math.min(last, this.capacity); lsn++) {
      const half = (String(lsn).length * letters) / 2 + 3;
      if (this.mid(lsn) - half < end || this.mid(lsn) + half > this.#right + half) continue;
      end = this.mid(lsn) + half;
      yield lsn;
    }
  }
}
