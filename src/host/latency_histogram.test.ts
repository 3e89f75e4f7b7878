import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency_histogram';

describe('a latency histogram', () => {
  it('keeps quantiles within a bin of 1 % over nine decades', () => {
    const histogram = new LatencyHistogram();
    const values = Array.from({ length: 10_000 }, (_, i) => 10 ** (9 * ((i + 0.5) / 10_000)));
    for (const value of values) histogram.record(value);
    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const exact = values[Math.floor(share * values.length)]!;
      expect(Math.abs(histogram.quantileNs(share) - exact)).toBeLessThan(Math.max(1.5, 0.02 * exact));
    }
  });

  it('has bins that hold every sample once', () => {
    const histogram = new LatencyHistogram();
    for (const ns of [3, 150, 151, 4000, 4_000_000, 4_000_000]) histogram.record(ns);
    const bins = histogram.bins();
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(6);
    for (const { fromNs, toNs } of bins) expect(toNs).toBeGreaterThan(fromNs);
    expect(bins.at(-1)!.count).toBe(2);
    expect(histogram.minNs).toBe(3);
    expect(histogram.maxNs).toBe(4_000_000);
  });

  it('adds what a closed loop left out, and only where a call took longer than the interval', () => {
    const histogram = new LatencyHistogram();
    for (let i = 0; i < 99; i++) histogram.recordExpecting(1000, 1000);
    histogram.recordExpecting(100_000, 1000);
    expect(histogram.count).toBe(99 + 100);
    expect(histogram.quantileNs(0.5)).toBeLessThan(2000);
    expect(histogram.quantileNs(0.99)).toBeGreaterThan(90_000);
  });
});
