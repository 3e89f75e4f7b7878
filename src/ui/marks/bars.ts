/**
 * Thousands of small things as bars: for each shade, from where to where. Bars begin and end on whole pixels and
 * neighbours of one shade are one bar, since a canvas takes its time for edges between pixels, and for many boxes.
 */
export interface BarsOptions {
  readonly x: number;
  readonly shades: number;
  /** How many pixels one of the things has, a fraction of one if they are many. */
  readonly each: number;
  readonly count: number;
  /** The shade of the things `[from, to)` together. */
  readonly shadeOf: (from: number, to: number) => number;
}

/** By shade: the left and the right end of each bar, one after the other. */
export type Bars = readonly (readonly number[])[];

const BAR_WIDTH = 2;

export function barsOf({ count, each, shadeOf, shades, x }: BarsOptions): Bars {
  const bars: number[][] = Array.from({ length: shades }, () => []);
  const perBar = Math.max(1, Math.ceil(BAR_WIDTH / each));
  // With room for it, a hair line of ground between two.
  const gap = each > 3 ? 1 : 0;
  let start = Math.round(x);
  let shade = -1;
  const end = (at: number): void => {
    if (shade >= 0 && at > start) bars[shade]!.push(start, Math.max(start + 1, at - gap));
    start = at;
  };
  for (let from = 0; from < count; from += perBar) {
    const next = shadeOf(from, Math.min(count, from + perBar));
    if (next === shade && gap === 0) continue;
    end(Math.round(x + from * each));
    shade = next;
  }
  end(Math.round(x + count * each));
  return bars;
}

/** Boxes from left to right, on whole pixels; those that touch are one. */
export class Spans {
  readonly all: number[] = [];

  add(from: number, to: number): void {
    const start = Math.round(from);
    const end = Math.max(start + 1, Math.round(to));
    const last = this.all.length - 1;
    if (last > 0 && start <= this.all[last]!) this.all[last] = Math.max(end, this.all[last]!);
    else this.all.push(start, end);
  }
}
