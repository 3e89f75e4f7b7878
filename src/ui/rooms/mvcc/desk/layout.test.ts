/** Where things stand on the desk of versions: steps and arrows, lanes and waiting, bars and the lines that cross them. */
import { expect, test } from 'vitest';
import { layoutCircle, NODE_RADIUS } from './circle_layout';
import { asPlanned, layoutLanes } from './lanes_layout';
import { layoutSteps } from './steps_layout';
import { layoutVersions } from './versions_layout';

test('an arrow leaves its step at the side that faces the other, and no two steps lie on each other', () => {
  const steps = [1, 2, 1, 2].map((session) => ({ session, action: ['commit'], how: 'done' }) as const);
  const { arrows, boxes, width } = layoutSteps(
    steps,
    [
      { from: 0, to: 3, edge: 0 },
      { from: 1, to: 2, edge: 1 },
    ],
    500,
  );
  expect(width).toBeLessThanOrEqual(500);
  boxes.slice(1).forEach(({ y }, i) => expect(y).toBeGreaterThanOrEqual(boxes[i]!.y + boxes[i]!.height));
  const [right, left] = arrows.map(({ path }) => Number(/^M([\d.]+),/.exec(path)![1]));
  expect(right).toBe(boxes[0]!.x + boxes[0]!.width);
  expect(left).toBe(boxes[1]!.x);
  for (const { x } of arrows) {
    expect(x).toBeGreaterThan(boxes[0]!.x + boxes[0]!.width);
    expect(x).toBeLessThan(boxes[1]!.x);
  }
});

test('there and back between two transactions are two arrows, and neither enters a node', () => {
  const edge = { kind: 'rw', key: 'x', text: '' } as const;
  const { arrows, nodes } = layoutCircle(
    {
      transactions: [4, 7],
      edges: [
        { ...edge, from: 4, to: 7 },
        { ...edge, from: 7, to: 4 },
      ],
    },
    300,
    150,
  );
  expect(arrows[0]!.y).toBeLessThan(nodes[0]!.y - NODE_RADIUS);
  expect(arrows[1]!.y).toBeGreaterThan(nodes[0]!.y + NODE_RADIUS);
});

test('a bar of waiting ends where its step begins', () => {
  const plan = {
    lanes: [
      [
        { tick: 0, action: ['begin'] },
        { tick: 3, action: ['commit'] },
      ],
    ],
  } as const;
  const step = { lane: 0, attempt: 0, step: 1, askedAt: 3, tick: 6, how: 'done', waitedFor: [1] } as const;
  const { boxes, waits, xOf } = layoutLanes({ steps: [step], ticks: 7 }, 1, 7, 700);
  expect(waits[0]!.x + waits[0]!.width).toBeLessThanOrEqual(boxes[0]!.x);
  expect(waits[0]!.x).toBeGreaterThanOrEqual(xOf(3));
  expect(asPlanned(plan)).toMatchObject({ ticks: 4, steps: [{ tick: 0 }, { tick: 3, step: 1 }] });
});

test('the line of a reader crosses the bar of each key that it reads, and no other of that key', () => {
  const version = (id: number, key: string, lsn: number) => ({ id, key, lsn, value: 'v' });
  const figure = {
    shows: 'versions',
    keys: ['a', 'b'],
    versions: [version(1, 'a', 1), version(2, 'a', 4), version(3, 'b', 2), version(4, 'b', 3)],
    publishedLsn: 5,
    readers: [
      { name: 'R', snapshot: 3 },
      { name: 'S', snapshot: 3 },
    ],
  } as const;
  const { bars, lines } = layoutVersions(figure, 600);
  expect(lines.map(({ names }) => names)).toEqual(['R S']);
  const crossed = bars.filter(({ width, x }) => x <= lines[0]!.x && lines[0]!.x < x + width);
  expect(crossed.map(({ version: { id } }) => id)).toEqual([1, 4]);
});
