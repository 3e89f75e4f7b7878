/**
 * Latency over time as a map: columns of time, rows of latency, each row a tenth or so of a decade. A commit lies where
 * it was intended, so that a stall shows as it was felt: all who came during it, the first the longest.
 */

import type { TrafficRun } from '../protocol/traffic';
import { quantile } from './traffic_times';

export interface HeatCell {
  readonly column: number;
  readonly row: number;
  readonly count: number;
}

export interface HeatMap {
  readonly cells: readonly HeatCell[];
  readonly columns: number;
  readonly rows: number;
  readonly most: number;
  readonly columnMicros: number;
  /** Exponents of ten: rows go from `low` up. */
  readonly low: number;
  readonly high: number;
  readonly rowsPerDecade: number;
}

/** Part of the map. Times from `from` up to, not including, `to`; latencies alike. */
export interface Region {
  readonly from: number;
  readonly to: number;
  readonly least: number;
  readonly most: number;
}

/** Under so many each commit is a dot of its own: dots are easier to count and to keep in mind than cells. */
export const DOTS_MAX = 300;

/** Least latency the map can tell apart, in microseconds. */
const LEAST = 1;

/** Rounding must not put 100 below 10². */
const NEAR = 1e-9;
const ROWS_LEAST = 4;
/** About two dozen rows, whatever they span. */
const fittingRows = (decades: number): number => (decades < 0.7 ? 40 : decades < 1.4 ? 20 : decades < 3 ? 10 : 6);

export function heatMap(
  times: Float64Array,
  latencies: Float64Array,
  micros: number,
  columns: number,
  rowsPerDecade?: number,
): HeatMap {
  const logs = latencies.map((latency) => Math.log10(Math.max(LEAST, latency)));
  const lowest = logs.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const perDecade = rowsPerDecade ?? fittingRows(highest - lowest);
  // Whole rows, with one to spare above; a value on an edge belongs to the row above it.
  const bottom = Math.floor(lowest * perDecade + NEAR);
  const rows = Math.max(ROWS_LEAST, Math.floor(highest * perDecade + NEAR) + 2 - bottom);
  const low = bottom / perDecade;
  const columnMicros = micros / columns;
  const counts = new Map<number, number>();
  for (let n = 0; n < times.length; n++) {
    const column = Math.min(columns - 1, Math.floor(times[n]! / columnMicros));
    const row = Math.floor(logs[n]! * perDecade + NEAR) - bottom;
    const place = column * rows + row;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const cells = [...counts]
    .map(([place, count]) => ({ column: Math.floor(place / rows), row: place % rows, count }))
    .sort((a, b) => a.column - b.column || a.row - b.row);
  const most = cells.reduce((a, { count }) => Math.max(a, count), 0);
  return { cells, columns, rows, most, columnMicros, low, high: low + rows / perDecade, rowsPerDecade: perDecade };
}

/** What cells span, corner to corner in any order. */
export function regionOf(map: HeatMap, a: Pick<HeatCell, 'column' | 'row'>, b = a): Region {
  const edge = (row: number): number => 10 ** (map.low + row / map.rowsPerDecade);
  const bottom = Math.min(a.row, b.row);
  return {
    from: Math.min(a.column, b.column) * map.columnMicros,
    to: (Math.max(a.column, b.column) + 1) * map.columnMicros,
    // Nothing lies below the lowest row.
    least: bottom === 0 ? 0 : edge(bottom),
    most: edge(Math.max(a.row, b.row) + 1),
  };
}

/** The longest commits, longest first; of a region, or of all. */
export function worstOf(times: Float64Array, latencies: Float64Array, region?: Region, count = 10): readonly number[] {
  const wanted: number[] = [];
  for (let n = 0; n < times.length; n++)
    if (region === undefined || isIn(region, times[n]!, latencies[n]!)) wanted.push(n);
  return wanted.sort((a, b) => latencies[b]! - latencies[a]! || a - b).slice(0, count);
}

export function countIn(times: Float64Array, latencies: Float64Array, region: Region): number {
  return times.reduce((sum, time, n) => sum + (isIn(region, time, latencies[n]!) ? 1 : 0), 0);
}

function isIn({ from, to, least, most }: Region, time: number, latency: number): boolean {
  // The edges of rows are powers, and a latency of exactly 10² computes as a hair less.
  const near = 1 + 1e-9;
  return time >= from && time < to && latency * near >= least && latency * near < most;
}

/** The next cell with something in it, in a direction; the same where there is none. */
export function nextCell(map: HeatMap, at: HeatCell, dx: number, dy: number): HeatCell {
  const ahead = map.cells.filter((cell) =>
    dx === 0 ? cell.column === at.column && (cell.row - at.row) * dy > 0 : (cell.column - at.column) * dx > 0,
  );
  const far = (cell: HeatCell): number => Math.abs(cell.column - at.column) * map.rows + Math.abs(cell.row - at.row);
  return ahead.reduce((best, cell) => (best === at || far(cell) < far(best) ? cell : best), at);
}

// ---- the same in words

/** A piece of time: who was intended in it, and what the engine did meanwhile. */
export interface LatencyRow {
  readonly from: number;
  readonly commits: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly flushes: number;
  readonly slowFlushes: number;
  readonly checkpoints: number;
  /** What a crash at its end would have to be replayed. */
  readonly replayBytes: number;
}

export function latencyRows(run: TrafficRun, latencies: Float64Array, count: number): readonly LatencyRow[] {
  const { commits, groups, micros, moments, replay } = run;
  const length = micros / count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * length;
    // The last one takes what lies on the very end.
    const to = i === count - 1 ? Infinity : from + length;
    const within = (at: number): boolean => at >= from && at < to;
    const sorted = latencies.filter((_, number) => within(commits.intended[number]!)).sort();
    const happened = (kind: string): number => moments.filter((one) => one.kind === kind && within(one.at)).length;
    return {
      from,
      commits: sorted.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      most: sorted.at(-1) ?? NaN,
      flushes: groups.filter(({ flushed }) => flushed > 0 && within(flushed)).length,
      slowFlushes: happened('slow_flush'),
      checkpoints: happened('checkpoint_finished'),
      replayBytes: replay.findLast(({ at }) => at < to)?.bytes ?? 0,
    };
  });
}
