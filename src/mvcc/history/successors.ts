/**
 * A graph as two arrays: the arrows that leave node n are `edges[offsets[n]]` to `edges[offsets[n + 1] - 1]`, and lead to
 * the nodes at the same places of `targets`. Made in two passes, counting first; walking it touches no object.
 */
export interface Successors {
  readonly nodeCount: number;
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
  /** For each arrow the number it was given. */
  readonly edges: Int32Array;
}

/** What is needed of a list of arrows. */
export interface Arrows {
  readonly count: number;
  from(edge: number): number;
  to(edge: number): number;
}

/** The graph of the arrows that are wanted. */
export function successorsOf(nodeCount: number, arrows: Arrows, isWanted: (edge: number) => boolean): Successors {
  const offsets = new Int32Array(nodeCount + 1);
  const wanted: number[] = [];
  for (let edge = 0; edge < arrows.count; edge++) {
    if (!isWanted(edge)) continue;
    wanted.push(edge);
    offsets[arrows.from(edge) + 1]!++;
  }
  for (let node = 0; node < nodeCount; node++) offsets[node + 1]! += offsets[node]!;
  const place = offsets.slice();
  const targets = new Int32Array(wanted.length);
  const edges = new Int32Array(wanted.length);
  for (const edge of wanted) {
    const at = place[arrows.from(edge)]!++;
    targets[at] = arrows.to(edge);
    edges[at] = edge;
  }
  return { nodeCount, offsets, targets, edges };
}
