import { expect, inject, it } from 'vitest';
import { SeededRandom } from '../../base/runtime';
import { stronglyConnectedComponents } from './components';
import { Dependencies, WW } from './dependency';
import { successorsOf, type Successors } from './successors';

function graphOf(nodeCount: number, arrows: readonly (readonly [number, number])[]): Successors {
  const edges = new Dependencies();
  for (const [from, to] of arrows) edges.add(from, to, WW, -1);
  return successorsOf(nodeCount, edges, () => true);
}

it('two nodes are in one component if and only if each reaches the other', () => {
  for (let run = 0; run < 60; run++) {
    const random = new SeededRandom(inject('seed') + run);
    const nodeCount = 2 + random.below(12);
    const arrows = Array.from(
      { length: random.below(2 * nodeCount) },
      () => [random.below(nodeCount), random.below(nodeCount)] as const,
    );
    const { cyclic, of } = stronglyConnectedComponents(graphOf(nodeCount, arrows));
    const reaches = closureOf(nodeCount, arrows);
    for (let a = 0; a < nodeCount; a++)
      for (let b = 0; b < nodeCount; b++)
        expect(of[a] === of[b], `seed ${inject('seed') + run}: ${a} ${b} in ${JSON.stringify(arrows)}`).toBe(
          a === b || (reaches[a]![b]! && reaches[b]![a]!),
        );
    const inCircles = [...new Set(cyclic.flat())];
    expect(inCircles.length).toBe(cyclic.flat().length);
    for (const members of cyclic) expect(new Set(members.map((one) => of[one])).size).toBe(1);
  }
});

it('a circle of a hundred thousand nodes is one component, and no stack overflows', () => {
  const count = 100_000;
  const circle = Array.from({ length: count }, (_, i) => [i, (i + 1) % count] as const);
  expect(stronglyConnectedComponents(graphOf(count, circle)).cyclic.map(({ length }) => length)).toEqual([count]);
  expect(stronglyConnectedComponents(graphOf(count, circle.slice(1))).cyclic).toEqual([]);
});

function closureOf(nodeCount: number, arrows: readonly (readonly [number, number])[]): boolean[][] {
  const reaches = Array.from({ length: nodeCount }, () => new Array<boolean>(nodeCount).fill(false));
  for (const [from, to] of arrows) reaches[from]![to] = true;
  for (let via = 0; via < nodeCount; via++)
    for (const row of reaches) if (row[via]!) reaches[via]!.forEach((is, to) => (row[to] ||= is));
  return reaches;
}
