/** A circle of transactions: each on a ring, the arrows between them bent outwards, so that there and back are two. */
import type { WitnessGraph } from '../../../../mvcc/history/anomalies';

export interface CircleNode {
  readonly transaction: number;
  readonly x: number;
  readonly y: number;
}
export interface CircleArrow {
  readonly edge: number;
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

export const NODE_RADIUS = 19;
const HEAD_ROOM = 8;

export function layoutCircle(
  { edges, transactions }: WitnessGraph,
  width: number,
  height: number,
): { readonly nodes: readonly CircleNode[]; readonly arrows: readonly CircleArrow[] } {
  const all = [...new Set(transactions)];
  const [cx, cy] = [width / 2, height / 2];
  const [rx, ry] = [Math.max(60, width / 2 - 60), Math.max(30, height / 2 - 46)];
  const nodes = all.map((transaction, i): CircleNode => {
    // Two stand beside each other, more begin at the top.
    const angle = (2 * Math.PI * i) / all.length - (all.length === 2 ? Math.PI : Math.PI / 2);
    return { transaction, x: cx + rx * Math.cos(angle), y: cy + ry * Math.sin(angle) };
  });
  const at = (transaction: number): CircleNode => nodes.find((node) => node.transaction === transaction)!;
  const arrows = edges.map((edge, i) => ({ edge: i, ...bent(at(edge.from), at(edge.to), all.length) }));
  return { nodes, arrows };
}

/** A quadratic curve that leaves to the left of the straight way, and stops short of both nodes. */
function bent(from: CircleNode, to: CircleNode, nodes: number): Omit<CircleArrow, 'edge'> {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const by = nodes === 2 ? Math.min(70, length * 0.32) : length * 0.12;
  const [mx, my] = [(from.x + to.x) / 2 + (dy / length) * by, (from.y + to.y) / 2 - (dx / length) * by];
  const short = (node: CircleNode, room: number): [number, number] => {
    const [vx, vy] = [mx - node.x, my - node.y];
    const far = Math.hypot(vx, vy) || 1;
    return [node.x + (vx / far) * (NODE_RADIUS + room), node.y + (vy / far) * (NODE_RADIUS + room)];
  };
  const [x1, y1] = short(from, 1);
  const [x2, y2] = short(to, HEAD_ROOM);
  return {
    path: `M${x1},${y1}Q${mx},${my} ${x2},${y2}`,
    x: (x1 + 2 * mx + x2) / 4,
    y: (y1 + 2 * my + y2) / 4,
  };
}
