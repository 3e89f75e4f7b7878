/** Figures, maps, reasons and lanes of traffic, on runs small enough to work out by hand. */
import { describe, expect, it } from 'vitest';
import type { TrafficRun, TrafficStretch } from '../protocol/traffic';
import { countIn, heatMap, latencyRows, nextCell, regionOf, worstOf } from './traffic_heat';
import { clampSpan, firstWindow, indexRun, lanesIn, moved, stepPath, valueAt, windowOf, zoomed } from './traffic_lanes';
import { KNOBS, PRESETS, settingsOf, stopOf } from './traffic_presets';
import { reasonOf, sharesOf, stretchesIn } from './traffic_reasons';
import {
  breakdown,
  hiddenAt,
  latenciesOf,
  PARTS,
  percentileCurve,
  percentileWords,
  quantile,
  summaryOf,
} from './traffic_times';

/**
 * Two clients, three commits, two groups; the second client's first commit waits for the first group's flush.
 *
 *     0    10        20   30             130  133  140         160           260  263  266
 *     [c0 ][write   ][flush 0           ][tell][write 1, 20  ][flush 1     ][tell][tell]
 *      ^intended 0    ^c1 sent 25, meant 5     ^c2 sent 120
 */
const RUN: TrafficRun = {
  settings: settingsOf({ ...PRESETS[0]!.knobs, clients: 2 }),
  commits: {
    client: Uint16Array.of(0, 1, 0),
    intended: Float64Array.of(0, 5, 120),
    sent: Float64Array.of(0, 25, 120),
    begun: Float64Array.of(10, 140, 140),
    written: Float64Array.of(30, 160, 160),
    flushed: Float64Array.of(130, 260, 260),
    told: Float64Array.of(133, 263, 266),
    group: Uint32Array.of(0, 1, 1),
  },
  groups: [
    { begun: 10, written: 30, flushed: 130, commits: 1 },
    { begun: 140, written: 160, flushed: 260, commits: 2 },
  ],
  stretches: [
    { work: 'commit', from: 0, to: 10 },
    { work: 'log_write', from: 10, to: 30 },
    { work: 'log_flush', from: 30, to: 130 },
    { work: 'commit', from: 130, to: 140 },
    { work: 'log_write', from: 140, to: 160 },
    { work: 'log_flush', from: 160, to: 260 },
    { work: 'commit', from: 260, to: 266 },
  ],
  moments: [],
  replay: [],
  micros: 266,
  flushes: 2,
  logBytesWritten: 0,
  checkpointBytesWritten: 0,
  checkpoints: 0,
};
const without = (changes: Partial<TrafficRun>): TrafficRun => ({ ...RUN, ...changes });

describe('figures', () => {
  it('a percentile is a value that occurred, the nearest by rank', () => {
    const thousand = Float64Array.from({ length: 1000 }, (_, i) => i + 1);
    expect([0.5, 0.99, 0.999, 1].map((part) => quantile(thousand, part))).toEqual([500, 990, 999, 1000]);
    expect(quantile(Float64Array.of(7), 0.5)).toBe(7);
    expect(quantile(Float64Array.of(1, 2, 3), 0.34)).toBe(2);
  });

  it('a latency counts from when the commit was meant to be sent, or from when it was', () => {
    expect([...latenciesOf(RUN)]).toEqual([133, 258, 146]);
    expect([...latenciesOf(RUN, 'sent')]).toEqual([133, 238, 146]);
    expect(summaryOf(RUN)).toMatchObject({ commitsPerFlush: 1.5, p50: 146, most: 258, perSecond: 3 / 266e-6 });
  });

  it('the parts of a commit add up to its latency', () => {
    expect(breakdown(RUN.commits, 1)).toEqual({ omitted: 20, queue: 115, io: 20, flush: 100, cpu: 3 });
    for (const number of [0, 1, 2]) {
      const parts = breakdown(RUN.commits, number);
      expect(PARTS.reduce((sum, part) => sum + parts[part], 0)).toBe(latenciesOf(RUN)[number]);
    }
  });

  it('a percentile axis is linear in nines, and ends with the largest value', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    const curve = percentileCurve(hundred, 1);
    expect(curve.map(({ nines, micros }) => [nines, micros])).toEqual([
      [0, 1],
      [1, 90],
      [2, 99],
    ]);
    expect(percentileCurve(Float64Array.of(1, 2, 3), 2).at(-1)!.nines).toBeCloseTo(Math.log10(3), 12);
    expect([0.5, 0.9, 0.99, 0.999].map(percentileWords)).toEqual(['p50', 'p90', 'p99', 'p99.9']);
  });

  it('what a closed loop hides is told where it hides most', () => {
    const seen = Float64Array.from({ length: 100 }, (_, i) => (i < 99 ? 1 : 50));
    const endured = Float64Array.from({ length: 100 }, (_, i) => (i < 85 ? 1 : 40));
    expect(hiddenAt(seen, endured)).toEqual({ part: 0.9, seen: 1, endured: 40 });
  });
});

describe('the map', () => {
  const times = Float64Array.of(0, 40, 99, 100);
  const latencies = Float64Array.of(100, 150, 999.9, 1000);

  it('puts each commit in the column of its time and the row of its decade', () => {
    const map = heatMap(times, latencies, 100, 2, 1);
    expect([map.low, map.high, map.rows]).toEqual([2, 6, 4]);
    // 100 opens its decade; 1,000 opens the next; the last moment is in the last column.
    expect(map.cells).toEqual([
      { column: 0, row: 0, count: 2 },
      { column: 1, row: 0, count: 1 },
      { column: 1, row: 1, count: 1 },
    ]);
    expect(map.most).toBe(2);
  });

  it('a latency on the edge of a row is in one cell, and the same for the map and for its regions', () => {
    for (let first = 20; first < 40; first++) {
      const edges = Float64Array.from({ length: 40 }, (_, i) => 10 ** ((first + i) / 20));
      const all = new Float64Array(40);
      const map = heatMap(all, edges, 100, 1, 20);
      expect(map.cells.map(({ count, row }) => [count, row])).toEqual(Array.from(all, (_, row) => [1, row]));
      for (const cell of map.cells) expect(countIn(all, edges, regionOf(map, cell))).toBe(1);
    }
  });

  it('its rows are finer where the latencies lie close together', () => {
    const close = heatMap(times, Float64Array.of(1000, 1100, 1200, 1300), 100, 2);
    const apart = heatMap(times, Float64Array.of(10, 1100, 1200, 100_000), 100, 2);
    expect([close.rowsPerDecade, apart.rowsPerDecade]).toEqual([40, 6]);
    expect(close.low).toBeCloseTo(3, 12);
  });

  it('a cell as a region holds as many commits as it counts', () => {
    for (const rows of [1, 3, 10]) {
      const map = heatMap(times.slice(0, 3), latencies.slice(0, 3), 100, 4, rows);
      for (const cell of map.cells)
        expect(countIn(times.slice(0, 3), latencies.slice(0, 3), regionOf(map, cell))).toBe(cell.count);
    }
  });

  it('a brush spans its corners in either direction, and the worst in it come first', () => {
    const map = heatMap(times, latencies, 200, 2, 1);
    const [a, b] = [
      { column: 0, row: 1 },
      { column: 0, row: 0 },
    ];
    expect(regionOf(map, a, b)).toEqual(regionOf(map, b, a));
    expect(worstOf(times, latencies, regionOf(map, a, b))).toEqual([2, 1, 0]);
    expect(worstOf(times, latencies, undefined, 2)).toEqual([3, 2]);
  });

  it('arrow keys go to the next cell with something in it, and stay where there is none', () => {
    const map = heatMap(times, latencies, 100, 2, 1);
    const [first, second, third] = map.cells as [(typeof map.cells)[0], (typeof map.cells)[0], (typeof map.cells)[0]];
    expect(nextCell(map, first, 1, 0)).toBe(second);
    expect(nextCell(map, second, 0, 1)).toBe(third);
    expect(nextCell(map, third, 0, 1)).toBe(third);
    expect(nextCell(map, third, -1, 0)).toBe(first);
  });
});

describe('reasons', () => {
  it('shares of a span are what the thread did in it; the rest is idle', () => {
    expect(sharesOf(RUN.stretches, 25, 140)).toEqual({
      micros: { commit: 10, log_write: 5, log_flush: 100, checkpoint_write: 0, checkpoint_flush: 0, idle: 0 },
      flushes: 1,
    });
    expect(sharesOf(RUN.stretches, 266, 300).micros.idle).toBe(34);
    expect(stretchesIn(RUN.stretches, 30, 130)).toHaveLength(1);
    expect(stretchesIn(RUN.stretches, 29, 131)).toHaveLength(3);
  });

  const kinds = (run: TrafficRun): string[] => [0, 1, 2].map((number) => reasonOf(run, number).kind);
  const swap = (at: number, work: TrafficStretch['work']): TrafficRun =>
    without({ stretches: RUN.stretches.map((one, i) => (i === at ? { ...one, work } : one)) });

  it('names the largest share', () => {
    expect(kinds(RUN)).toEqual(['own_flush', 'others_flush', 'own_flush']);
    expect(kinds(swap(2, 'checkpoint_flush'))[1]).toBe('checkpoint_flush');
    expect(kinds(swap(2, 'checkpoint_write'))[1]).toBe('checkpoint_write');
    expect(kinds(without({ stretches: [] }))[1]).toBe('company');
    expect(kinds(without({ moments: [{ kind: 'slow_flush', at: 160 }] }))).toEqual([
      'own_flush',
      'others_flush',
      'slow_flush',
    ]);
    expect(kinds(without({ moments: [{ kind: 'slow_flush', at: 30 }] }))[1]).toBe('slow_flush');
  });

  it('a commit that was sent late says who was waited for', () => {
    const late = without({ commits: { ...RUN.commits, intended: Float64Array.of(0, -500, 120) } });
    expect(reasonOf(late, 1)).toEqual({
      kind: 'omitted',
      micros: 525,
      sentence: 'was sent late: client 2 still waited for its last answer',
    });
  });
});

describe('lanes', () => {
  const index = indexRun(RUN);

  it('count who waits, what is written and what is durable', () => {
    // c0 from 0 to 30, c1 from 25 and c2 from 120, both to 160.
    expect([0, 24, 25, 30, 119, 120, 159, 160].map((at) => valueAt(index.waiting, at))).toEqual([
      1, 1, 2, 1, 1, 2, 2, 0,
    ]);
    expect([29, 30, 160].map((at) => valueAt(index.written, at))).toEqual([0, 1, 3]);
    expect([129, 130, 260].map((at) => valueAt(index.durable, at))).toEqual([0, 1, 3]);
  });

  it('whoever leaves at a moment makes room for whoever comes at it', () => {
    const handed = indexRun(without({ commits: { ...RUN.commits, sent: Float64Array.of(0, 25, 30) } }));
    expect(Math.max(...handed.waiting.value)).toBe(2);
  });

  it('a rise and a fall within one pixel show as one step up and one down', () => {
    const commits = {
      ...RUN.commits,
      sent: Float64Array.of(0, 25, 50_000),
      written: Float64Array.of(30, 30, 60_000),
    };
    const { waiting } = lanesIn(indexRun(without({ commits, micros: 100_000 })), { from: 0, to: 100_000 }, 100, 12);
    expect(waiting).toEqual([
      [0, 1],
      [0.025, 2],
      [1, 0],
      [50, 1],
      [60, 0],
      [100, 0],
    ]);
  });

  it('a group without a flush of its own is durable with the next that has one', () => {
    const [first, second] = RUN.groups as [(typeof RUN.groups)[0], (typeof RUN.groups)[0]];
    const relaxed = indexRun(without({ groups: [{ ...first, flushed: 0 }, second] }));
    expect([130, 259, 260].map((at) => valueAt(relaxed.durable, at))).toEqual([0, 0, 3]);
  });

  it('lay out commits, calls and brackets of the window in pixels', () => {
    const view = lanesIn(index, { from: 0, to: 266 }, 266, 12);
    expect(view.lanes.map(({ marks }) => marks.map(({ number }) => number))).toEqual([[0, 2], [1]]);
    expect(view.lanes[1]!.marks[0]).toEqual({ number: 1, intended: 5, sent: 25, written: 160, told: 263 });
    expect(view.brackets.map(({ x, width, commits }) => [x, width, commits])).toEqual([
      [10, 120, 1],
      [140, 120, 2],
    ]);
    expect(view.boxes.map(({ work, x, width }) => [work, x, width])).toEqual(
      RUN.stretches.map(({ work, from, to }) => [work, from, to - from]),
    );
    expect([view.more, view.range]).toEqual([0, [0, 3]]);
  });

  it('leave out who is not in the window, and keep a lane for the commit that is looked at', () => {
    const early = lanesIn(index, { from: 0, to: 20 }, 100, 1);
    expect([early.lanes.map(({ client }) => client), early.more]).toEqual([[0], 1]);
    expect(early.lanes[0]!.marks.map(({ number }) => number)).toEqual([0]);
    expect(lanesIn(index, { from: 0, to: 20 }, 100, 1, 1).lanes.map(({ client }) => client)).toEqual([1]);
  });

  it('draw many small calls of a kind as one, and never more than one step a pixel', () => {
    const stretches: TrafficStretch[] = Array.from({ length: 1000 }, (_, i) => ({
      work: i % 2 === 0 ? 'log_write' : 'log_flush',
      from: i,
      to: i + 1,
    }));
    const crowded = indexRun(without({ stretches, micros: 1000 }));
    const view = lanesIn(crowded, { from: 0, to: 1000 }, 100, 12);
    expect(view.boxes.length).toBeLessThanOrEqual(4);
    expect(view.boxes.map(({ width }) => Math.round(width))).toEqual([100, 100]);
    const squeezed = lanesIn(index, { from: 0, to: 266_000 }, 100, 12);
    expect(squeezed.waiting.length).toBeLessThanOrEqual(4);
    expect(squeezed.waitingMost).toBe(2);
  });

  it('a window stays inside the run, keeps the time under the pointer, and finds a commit', () => {
    const span = { from: 100, to: 200 };
    expect(zoomed(span, 0.5, 150, 1000)).toEqual({ from: 125, to: 175 });
    expect(moved(span, 1e9, 1000)).toEqual({ from: 910, to: 1010 });
    expect(clampSpan({ from: -50, to: 1e9 }, 1000)).toEqual({ from: -10, to: 1010 });
    const around = windowOf(RUN, 1);
    expect(around.from).toBeLessThanOrEqual(5);
    expect(around.to).toBeGreaterThanOrEqual(263);
    const first = firstWindow(RUN);
    expect(first.from).toBeLessThan(140);
    expect(first.to).toBeGreaterThan(first.from);
  });

  it('a step line goes across before it goes up', () => {
    expect(
      stepPath(
        [
          [0, 0],
          [10, 2],
          [20, 2],
        ],
        (value) => 5 - value,
      ),
    ).toBe('M0.0 5.0H10.0V3.0H20.0V3.0');
  });
});

describe('the map in words', () => {
  it('counts commits where they were intended, and what the engine did where it happened', () => {
    const run = without({
      moments: [
        { kind: 'slow_flush', at: 30 },
        { kind: 'checkpoint_started', at: 100 },
        { kind: 'checkpoint_finished', at: 266 },
      ],
      replay: [
        { at: 130, bytes: 100 },
        { at: 140, bytes: 0 },
        { at: 260, bytes: 300 },
      ],
    });
    const rows = latencyRows(run, latenciesOf(run), 2);
    expect(rows[0]).toEqual({
      from: 0,
      commits: 3,
      p50: 146,
      p99: 258,
      most: 258,
      flushes: 1,
      slowFlushes: 1,
      checkpoints: 0,
      replayBytes: 100,
    });
    expect(rows[1]).toMatchObject({
      from: 133,
      commits: 0,
      flushes: 1,
      slowFlushes: 0,
      checkpoints: 1,
      replayBytes: 300,
    });
    const fine = latencyRows(run, latenciesOf(run), 7);
    expect(fine.reduce((sum, { commits }) => sum + commits, 0)).toBe(3);
    expect(fine.reduce((sum, { flushes }) => sum + flushes, 0)).toBe(2);
  });
});

describe('presets', () => {
  it('stand on stops of the sliders, and ask within their scale', () => {
    for (const { id, knobs, question } of PRESETS) {
      for (const knob of KNOBS)
        expect([id, knob.id, knob.stops[stopOf(knob, knobs[knob.id])]]).toEqual([id, knob.id, knobs[knob.id]]);
      expect(question.least).toBeLessThan(question.most);
    }
    expect(new Set(PRESETS.map(({ id }) => id)).size).toBe(PRESETS.length);
  });

  it('a run lasts about a second, with enough commits for a percentile and not too many to wait for', () => {
    const commits = (arrivalsPerSecond: number): number =>
      settingsOf({ ...PRESETS[0]!.knobs, arrivalsPerSecond }).commits;
    expect([20, 1000, 100_000].map(commits)).toEqual([200, 1000, 6000]);
  });

  it('a run with slow flushes is long enough to meet three of them, or as long as one cares to wait', () => {
    const commits = (arrivalsPerSecond: number, slowFlushEvery: number): number =>
      settingsOf({ ...PRESETS[0]!.knobs, arrivalsPerSecond, slowFlushEvery }).commits;
    expect([commits(20, 500), commits(64_000, 100), commits(64_000, 500)]).toEqual([1500, 19_200, 20_000]);
    const sampled = { kind: 'sampled', writeMicros: [1], flushMicros: [1] } as const;
    expect(settingsOf({ ...PRESETS[0]!.knobs, arrivalsPerSecond: 64_000, slowFlushEvery: 100 }, sampled).commits).toBe(
      6000,
    );
  });
});
