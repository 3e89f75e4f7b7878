/** Medians, and how sure they are. */
import { quantileSorted } from 'd3';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function quantile(samples: readonly number[], share: number): number {
  return quantileSorted(ascending(samples), share) ?? NaN;
}

/**
 * At least 95 % sure to hold the true median, whatever the distribution: the median lies between the k-th smallest
 * and the k-th largest of n samples unless fewer than k of n coin tosses come up heads, or fewer than k tails. With
 * fewer than six samples no k is sure enough, and it is the whole range, which promises less.
 */
export function medianInterval(samples: readonly number[]): Interval {
  const sorted = ascending(samples);
  const skipped = skippedAtEachEnd(sorted.length);
  return { low: sorted[skipped] ?? NaN, high: sorted[sorted.length - 1 - skipped] ?? NaN };
}

/** The largest number of samples that may be left out at each end. */
function skippedAtEachEnd(count: number): number {
  let tail = 0.5 ** count; // Chance of at most `skipped` heads.
  let ways = tail;
  for (let skipped = 0; ; skipped++) {
    ways *= (count - skipped) / (skipped + 1);
    tail += ways;
    if (2 * tail > 0.05) return skipped;
  }
}

function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b);
}
