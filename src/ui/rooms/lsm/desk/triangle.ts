/** The RUM triangle: what reads, updates and space cost, of several stores, each a point. */
import { triangleWeights } from '../../../../lab/lsm_forms';
import { deviceWrites } from '../../../../lab/lsm_words';
import { updateBytes } from '../../../../lab/btree_presets';
import type { LsmState, TreeBeside } from '../../../../protocol/lsm';

/** Read: blocks a lookup; update: bytes written for each byte put; space: bytes of the data files for each live byte. */
export interface Costs {
  readonly read: number;
  readonly update: number;
  readonly space: number;
}

/** Half of the lookups are of keys that are there, half of keys that are nowhere. */
export const costsOf = (state: LsmState): Costs => ({
  read: (state.reads.blocksPerGet + state.reads.blocksPerMiss) / 2,
  update: deviceWrites(state) / state.userBytes,
  space: state.dataFileBytes / state.liveBytes,
});

/** Of a B-tree the leaf: what is above it stays in memory, as an LSM tree's index blocks do. */
export const leavesOf = (pages: number, { height }: Pick<TreeBeside, 'height'>): number => pages - (height - 1);

export const treeCosts = (tree: TreeBeside): Costs => ({
  read: (leavesOf(tree.pagesPerGet, tree) + leavesOf(tree.pagesPerMiss, tree)) / 2,
  update: updateBytes(tree.written) / tree.userBytes,
  space: tree.dataFileBytes / tree.liveBytes,
});

export interface TrianglePoint {
  readonly name: string;
  readonly costs: Costs;
}
export interface PlacedPoint extends TrianglePoint {
  readonly x: number;
  readonly y: number;
}

export interface Corner {
  readonly x: number;
  readonly y: number;
}
/** Read on top, update on the left, space on the right. */
export const cornersOf = (width: number, height: number): readonly [Corner, Corner, Corner] => [
  { x: width / 2, y: 0 },
  { x: 0, y: height },
  { x: width, y: height },
];

/** Each is drawn to the corners of what it is good at, compared with the best in sight. */
export function placePoints(points: readonly TrianglePoint[], width: number, height: number): PlacedPoint[] {
  const listOf = ({ read, space, update }: Costs): number[] =>
    [read, update, space].map((cost) => Math.max(cost, 1e-3));
  const best = [0, 1, 2].map((i) => Math.min(...points.map(({ costs }) => listOf(costs)[i]!)));
  const corners = cornersOf(width, height);
  return points.map((point) => {
    const weights = triangleWeights(listOf(point.costs), best);
    const at = (of: (corner: Corner) => number): number =>
      weights.reduce((sum, weight, i) => sum + weight * of(corners[i]!), 0);
    return { ...point, x: at(({ x }) => x), y: at(({ y }) => y) };
  });
}
