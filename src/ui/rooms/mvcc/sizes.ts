/**
 * How high things are. All parts of the picture belong together in time, so all of them are to be in sight, the bytes at its
 * bottom too: where the window is low everything moves closer together, by as much as it takes and no more.
 */
export interface Sizes {
  /** Of a key, at least. */
  readonly row: number;
  /** Between parts. */
  readonly gap: number;
  /** Under the grid: the words of the watermark. */
  readonly foot: number;
  /** A version in its chain, and what goes on under it: hops, and the page where it lies. */
  readonly cell: number;
  readonly way: number;
  /** A session; and one where arrows and words of conflicts go between the lanes. */
  readonly lane: number;
  readonly laneBetween: number;
  readonly chip: number;
  /** With its title. */
  readonly bytes: number;
}

const EASY: Sizes = { row: 16, gap: 9, foot: 18, cell: 24, way: 19, lane: 22, laneBetween: 38, chip: 17, bytes: 50 };
const TIGHT: Sizes = { row: 13, gap: 4, foot: 16, cell: 20, way: 16, lane: 18, laneBetween: 29, chip: 15, bytes: 38 };

const NAMES = Object.keys(EASY) as (keyof Sizes)[];

/** @param needs how high all is with such sizes, which grows with each of them by as much */
export function sizesFor(height: number, needs: (sizes: Sizes) => number): Sizes {
  const [most, least] = [needs(EASY), needs(TIGHT)];
  const share = most <= height ? 0 : Math.min(1, (most - height) / (most - least));
  // Whole pixels, so that edges are sharp.
  const between = (name: keyof Sizes): number => Math.floor(EASY[name] + share * (TIGHT[name] - EASY[name]));
  return Object.fromEntries(NAMES.map((name) => [name, between(name)])) as unknown as Sizes;
}
