/**
 * Latencies, kept as counts in bins of 1 % relative width from a nanosecond to a minute: a run of any length takes the
 * same memory, and quantiles are never off by more than a bin.
 *
 * Only the integer histogram of the package is imported: its entry would bring WebAssembly and a compressor along.
 */
import * as module from 'hdr-histogram-js/dist/Int32Histogram.js';
import type Int32Histogram from 'hdr-histogram-js/dist/Int32Histogram.js';

const LONGEST_NS = 60e9;
const SIGNIFICANT_DIGITS = 2;

export interface LatencyBin {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
}

type HistogramClass = typeof Int32Histogram;

export class LatencyHistogram {
  readonly #counts = new (histogramClass())(1, LONGEST_NS, SIGNIFICANT_DIGITS);
  #sumNs = 0;
  #minNs = Infinity;
  #maxNs = 0;

  get count(): number {
    return this.#counts.totalCount;
  }

  record(ns: number): void {
    this.#counts.recordValue(clamp(ns));
    this.#note(ns);
  }

  /**
   * Also counts the requests that would have come while this one was waited for, had they been sent every so often:
   * what a closed loop leaves out (coordinated omission).
   */
  recordExpecting(ns: number, everyNs: number): void {
    this.#counts.recordValueWithExpectedInterval(clamp(ns), clamp(everyNs));
    this.#note(ns);
  }

  /** @param share 0.5 is the median */
  quantileNs(share: number): number {
    if (this.count === 0) return NaN;
    const value = this.#counts.getValueAtPercentile(share * 100);
    return Math.min(this.#maxNs, Math.max(this.#minNs, value));
  }

  get minNs(): number {
    return this.#minNs;
  }
  get maxNs(): number {
    return this.#maxNs;
  }
  /** Of what was recorded, corrections left out. */
  get sumNs(): number {
    return this.#sumNs;
  }

  /** The bins that hold anything, shortest first. */
  bins(): LatencyBin[] {
    const bins: LatencyBin[] = [];
    for (let index = 0; index < this.#counts.countsArrayLength; index++) {
      const count = this.#counts.getCountAtIndex(index);
      if (count === 0) continue;
      const value = this.#counts.valueFromIndex(index);
      const fromNs = this.#counts.lowestEquivalentValue(value);
      bins.push({ fromNs, toNs: this.#counts.nextNonEquivalentValue(value), count });
    }
    return bins;
  }

  #note(ns: number): void {
    this.#sumNs += ns;
    this.#minNs = Math.min(this.#minNs, ns);
    this.#maxNs = Math.max(this.#maxNs, ns);
  }
}

const clamp = (ns: number): number => Math.min(LONGEST_NS, Math.max(1, Math.round(ns)));

/** A CommonJS module: the class is its default, wrapped once more or not, by who loads it. */
function histogramClass(): HistogramClass {
  const { default: loaded } = module as unknown as { default: HistogramClass | { default: HistogramClass } };
  return 'default' in loaded ? loaded.default : loaded;
}
