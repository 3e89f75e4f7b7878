/**
 * Strongly connected components: the largest sets of nodes in which each reaches each other. A circle never leaves its
 * component, so whoever looks for circles looks into components of two nodes or more and nowhere else.
 *
 * Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972: one walk, each arrow looked at once. `low` of a node
 * is the earliest visited node that is known to be reached from it and not yet given away; a node with its own number
 * there is the first of its component, which then lies on top of the stack. The walk is a loop with a stack of its own: a chain
 * of a hundred thousand transactions would break recursion.
 */
import type { Successors } from './successors';

export interface Components {
  /** Number of the component of each node. */
  readonly of: Int32Array;
  /** The nodes of each component that has two or more. */
  readonly cyclic: readonly (readonly number[])[];
}

export function stronglyConnectedComponents(graph: Successors): Components {
  const { nodeCount, offsets, targets } = graph;
  const order = new Int32Array(nodeCount).fill(-1);
  const low = new Int32Array(nodeCount);
  const of = new Int32Array(nodeCount).fill(-1);
  const nextEdge = new Int32Array(nodeCount);
  const path: number[] = [];
  const open: number[] = [];
  const cyclic: number[][] = [];
  let visited = 0;
  let components = 0;

  for (let root = 0; root < nodeCount; root++) {
    if (order[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const node = path.at(-1)!;
      if (order[node] === -1) {
        order[node] = low[node] = visited++;
        nextEdge[node] = offsets[node]!;
        open.push(node);
      }
      const child = unvisitedChild(node);
      if (child !== -1) {
        path.push(child);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
      if (low[node] === order[node]) closeComponent(node);
    }
  }
  return { of, cyclic };

  /** The next node to go down to, or -1; nodes that are open already only lower `low`. */
  function unvisitedChild(node: number): number {
    const end = offsets[node + 1]!;
    while (nextEdge[node]! < end) {
      const child = targets[nextEdge[node]!]!;
      if (order[child] === -1) return child;
      nextEdge[node]!++;
      if (of[child] === -1) low[node] = Math.min(low[node]!, order[child]!);
    }
    return -1;
  }

  function closeComponent(first: number): void {
    const members = open.splice(open.lastIndexOf(first));
    for (const member of members) of[member] = components;
    components++;
    if (members.length > 1) cyclic.push(members);
  }
}
