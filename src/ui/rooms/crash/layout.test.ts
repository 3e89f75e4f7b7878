import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CrashPoint } from '../../../protocol/crash';
import { layoutGraph } from './graph_layout';
import { cellAt, glyphs, layoutMap, placeOf, pointAt, squares, walk, type MapPoint, type Walk } from './map_layout';

const points = (...cells: number[]): MapPoint[] => cells.map((count, index) => ({ io: index + 1, cells: count }));

describe('the verdict map', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 });
  const room = fc.record({ width: fc.integer({ min: 200, max: 1200 }), height: fc.integer({ min: 150, max: 800 }) });

  test('every state has a place of its own, inside the width, and the pointer finds it there', () => {
    fc.assert(
      fc.property(sizes, room, (counts, { width, height }) => {
        const map = points(...counts);
        const layout = layoutMap(map, width, height);
        const seen = new Set<string>();
        const wrong: string[] = [];
        for (const { io, cells } of map) {
          for (let index = 0; index < cells; index++) {
            const at = placeOf(layout, { io, index })!;
            const found = cellAt(layout, at.x + layout.pitch / 2, at.y + layout.pitch / 2);
            const inside = at.x + layout.pitch <= width && pointAt(layout, at.x + 1, at.y + 1) === io;
            if (!inside || found?.io !== io || found.index !== index) wrong.push(`${io} ${index}`);
            seen.add(`${at.x} ${at.y}`);
          }
        }
        expect(wrong).toEqual([]);
        expect(seen.size).toBe(map.reduce((sum, { cells }) => sum + cells, 0));
      }),
      { numRuns: 40 },
    );
  });

  test('few states have letters; thousands fit as well, without', () => {
    expect(layoutMap(points(4, 9, 1), 800, 400).pitch).toBe(56);
    const many = layoutMap(points(...Array.from({ length: 25 }, () => 200)), 760, 420);
    expect(many.height).toBeLessThanOrEqual(420);
    expect(many.pitch).toBeGreaterThanOrEqual(5);
  });

  test('what is not judged yet is left out, and nothing moves when it comes', () => {
    const layout = layoutMap(points(6), 400, 300);
    const runs = (judged: number) => squares(layout, () => [{ letter: 'A', count: judged }]);
    const [three, six] = [runs(3).corners.get('A')!, runs(6).corners.get('A')!];
    expect(six.slice(0, 3)).toEqual(three);
    expect(six).toHaveLength(6);
    expect(squares(layout, () => []).paths.size).toBe(0);
  });

  test('arrows reach every state, and stop at both ends', () => {
    const map = points(5, 0, 17, 1, 30);
    const layout = layoutMap(map, 300, 300);
    const go = (way: Walk, from: { io: number; index: number }) => walk(layout, map, from, way);
    let at = go('first', { io: 3, index: 4 });
    const seen = new Set<string>();
    for (let step = 0; step < 60; step++) {
      seen.add(`${at.io} ${at.index}`);
      at = go('down', at);
    }
    expect(seen.size).toBe(53);
    expect(at).toEqual({ io: 5, index: 29 });
    expect(go('down', at)).toEqual(at);
    for (let step = 0; step < 60; step++) at = go('left', at);
    expect(at.io).toBe(1);
    expect(go('next_point', { io: 1, index: 2 })).toEqual({ io: 3, index: 0 });
    for (let step = 0; step < 60; step++) at = go('right', at);
    expect(at.io).toBe(5);
  });

  test('letters are strokes at the corners of their cells', () => {
    expect(glyphs('L', [[10, 20]], 11.5)).toMatch(/^M10 20m3 +2 v6 h4.5/);
    expect(glyphs('S', [], 20)).toBe('');
  });
});

describe('the persistence graph', () => {
  const point = (io: number, more: Partial<CrashPoint>): CrashPoint => ({
    io,
    command: 0,
    epoch: 0,
    submitted: 0,
    acknowledged: 0,
    promised: 0,
    pending: 0,
    states: { kind: 'exact', states: 1 },
    judged: 1,
    ...more,
  });
  const run = [
    point(1, { call: { kind: 'write', file: 'log', at: 0, bytes: 512 }, submitted: 1 }),
    point(2, { call: { kind: 'flush', file: 'log', at: 0, bytes: 0 }, submitted: 1 }),
    point(3, {
      call: { kind: 'write', file: 'data_0', at: 0, bytes: 512 },
      submitted: 2,
      acknowledged: 1,
      epoch: 1,
      command: 1,
    }),
    point(4, { submitted: 2, acknowledged: 1, epoch: 1, command: 1 }),
  ];

  test('calls lie in the lane of their file, right of their crash point', () => {
    const graph = layoutGraph(run, 600);
    expect(graph.calls.map(({ io, file }) => [io, file])).toEqual([
      [1, 'log'],
      [2, 'log'],
      [3, 'data_0'],
    ]);
    for (const call of graph.calls) {
      expect(call.x).toBeGreaterThan(graph.points.find(({ io }) => io === call.io)!.x);
      expect(call.y).toBe(graph.lanes.find(({ file }) => file === call.file)!.y);
    }
    expect(graph.points).toHaveLength(4);
  });

  test('an epoch ends where a flush returned, and a commit where its client was told', () => {
    const graph = layoutGraph(run, 600);
    const third = graph.points[2]!.x;
    expect(graph.epochs.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(graph.epochs[1]!.from).toBeLessThan(third);
    expect(graph.epochs[1]!.from).toBeGreaterThan(graph.calls[1]!.x);
    expect(graph.commits.map(({ to }) => to === undefined)).toEqual([false, true]);
    expect(graph.commits[0]!.to).toBeGreaterThan(graph.commits[0]!.from);
    expect(graph.commits[0]!.to).toBeLessThan(third);
    expect(graph.commands.map(({ command }) => command)).toEqual([0, 1]);
  });

  test('a long run grows wider than its room rather than illegible', () => {
    const long = Array.from({ length: 200 }, (_, index) => point(index + 1, {}));
    const graph = layoutGraph(long, 390);
    expect(graph.width).toBeGreaterThan(3000);
    expect(graph.points[1]!.x - graph.points[0]!.x).toBeGreaterThanOrEqual(16);
  });
});
