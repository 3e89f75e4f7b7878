/** What paper says of filters, for sliders that have to answer at once; what the engine's own forms say comes with its notes. */

/** How often a Bloom filter with so many bits a key says "maybe" of a key that is not there (Bloom 1970), at its best. */
export const filterRate = (bitsPerKey: number): number => Math.exp(-bitsPerKey * Math.LN2 ** 2);

export interface LevelOfRuns {
  readonly runs: number;
  readonly entries: number;
}

/** Blocks that a lookup of a key that is nowhere reads in vain: the sum of the rates of all runs. */
export const extraReads = (levels: readonly LevelOfRuns[], bits: readonly number[]): number =>
  levels.reduce((sum, { runs }, i) => sum + runs * filterRate(bits[i]!), 0);

/** Bits of all filters together. */
export const bitsOf = (levels: readonly LevelOfRuns[], bits: readonly number[]): number =>
  levels.reduce((sum, { entries }, i) => sum + entries * bits[i]!, 0);

/**
 * Three costs as a place in a triangle. Each is divided by the least that is in sight, so that 1 is the best; a corner
 * pulls the harder the nearer its cost is to that.
 */
export function triangleWeights(costs: readonly number[], best: readonly number[]): number[] {
  const pulls = costs.map((cost, i) => best[i]! / cost);
  const sum = pulls.reduce((all, pull) => all + pull, 0);
  return pulls.map((pull) => pull / sum);
}
