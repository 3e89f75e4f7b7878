/**
 * What a run of traffic took, in figures: latencies, percentiles, throughput. All times are microseconds.
 *
 * A percentile is a latency that really occurred: of n sorted values, number ⌈p·n⌉ (nearest rank). The store's clock
 * is virtual, so there is no resolution to allow for.
 */
import type { TrafficCommits, TrafficRun } from '../protocol/traffic';

/** From when a commit's wait is counted. `sent` is what a client that waits for its answers would measure. */
export type CountedFrom = 'intended' | 'sent';

export function latenciesOf({ commits }: TrafficRun, from: CountedFrom = 'intended'): Float64Array {
  return commits.told.map((told, number) => told - commits[from][number]!);
}

/** @param part 0.99 is p99 */
export function quantile(sorted: Float64Array, part: number): number {
  // The product may lie a hair above a whole number: 0.999 of 1,000 is number 999.
  const rank = Math.ceil(part * sorted.length - 1e-9);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? NaN;
}

export interface Summary {
  /** Commits told in a second. */
  readonly perSecond: number;
  readonly commitsPerFlush: number;
  readonly flushesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

export function summaryOf(run: TrafficRun, from: CountedFrom = 'intended'): Summary {
  const sorted = latenciesOf(run, from).sort();
  const seconds = run.micros / 1e6;
  return {
    perSecond: sorted.length / seconds,
    commitsPerFlush: run.flushes === 0 ? sorted.length : sorted.length / run.flushes,
    flushesPerSecond: run.flushes / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    most: sorted.at(-1) ?? NaN,
  };
}

export interface CurvePoint {
  /** Nines: 1 is p90, 2 is p99, 3 is p99.9. A percentile axis is linear in them. */
  readonly nines: number;
  readonly part: number;
  readonly micros: number;
}

/** How many nines n values can say anything of: the largest of them stands for the last 1/n. */
export const ninesOf = (count: number): number => Math.log10(Math.max(1, count));

/** The distribution on a percentile axis: every `1/steps` of a nine, up to the largest value. */
export function percentileCurve(sorted: Float64Array, steps = 24): readonly CurvePoint[] {
  const last = ninesOf(sorted.length);
  const count = Math.floor(last * steps);
  const at = Array.from({ length: count + 1 }, (_, i) => i / steps);
  if (last > (at.at(-1) ?? 0)) at.push(last);
  return at.map((nines) => {
    const part = 1 - 10 ** -nines;
    return { nines, part, micros: quantile(sorted, part) };
  });
}

/** p50, p99.9 and the like, as one says them. */
export function percentileWords(part: number): string {
  return `p${Number((part * 100).toFixed(3))}`;
}

/** What a client that waits does not see: how far the two counts lie apart, where they lie apart most. */
export interface Hidden {
  readonly part: number;
  readonly seen: number;
  readonly endured: number;
}

/** @param seen @param endured both sorted */
export function hiddenAt(seen: Float64Array, endured: Float64Array, parts = [0.5, 0.9, 0.99, 0.999]): Hidden {
  const both = parts.map((part) => ({ part, seen: quantile(seen, part), endured: quantile(endured, part) }));
  return both.reduce((most, one) => (one.endured / one.seen > most.endured / most.seen ? one : most));
}

// ---- one commit, taken apart

export const PARTS = ['omitted', 'queue', 'io', 'flush', 'cpu'] as const;
export type Part = (typeof PARTS)[number];

/** Where the time of a commit went, in the order it went there; the parts add up to its latency. */
export function breakdown(commits: TrafficCommits, number: number): Readonly<Record<Part, number>> {
  const { begun, flushed, intended, sent, told, written } = commits;
  return {
    omitted: sent[number]! - intended[number]!,
    queue: begun[number]! - sent[number]!,
    io: written[number]! - begun[number]!,
    flush: flushed[number]! - written[number]!,
    cpu: told[number]! - flushed[number]!,
  };
}
