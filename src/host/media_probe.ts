/**
 * Your disk, under a stopwatch: reads, writes and flushes of real files, through the same seam the store uses.
 *
 * Two things make such figures lie, and both are handled in the open. A browser's clock is coarse, so first its step is
 * found; calls that are too quick for it are timed in batches, and then a sample is the mean of a batch (`Distribution`
 * says so). And a page cannot empty the system's cache: reads come from memory, and what a flush reaches depends on the
 * browser (`storage/media/flush_reach.ts`). The room says both.
 *
 *   V1  At most 64 MiB are written, into scratch files that are deleted at the end, whatever happens.
 *   V2  Writes of one series are flushed before the next one begins, untimed: no series pays for another.
 */
import { SeededRandom } from '../base/runtime';
import { closeAll, type FileSet, type StorageFile } from '../storage/file';
import { Meter, meteredFiles } from '../storage/metered';
import {
  FLUSH_CASES,
  PROBE_SERIES,
  type Distribution,
  type FlushCase,
  type ProbeNote,
  type ProbeSeries,
} from '../protocol/media';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';
import { LatencyHistogram } from './latency_histogram';

const MIB = 2 ** 20;
const PAGE = 4096;
export const PROBE_SIZES: readonly number[] = [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, MIB];
export const PROBE_WRITTEN_MAX = 64 * MIB;

const FILE_BYTES = 8 * MIB;
/** Of one series and size. */
const SERIES_BYTES = 3 * MIB;
const CALLS = { min: 5, max: 1500 };
const FLUSHES = { small: 30, large: 6 };
/** A sample lasts so many steps of the clock at least, if calls can be repeated. */
const STEPS_PER_SAMPLE = 5;
const SAMPLES_MIN = 8;

export function mediaProbe(environment: HostEnvironment, post: (note: ProbeNote) => void): JobWork {
  return { unit: 'calls', slices: () => probe(environment, post) };
}

async function* probe(
  environment: HostEnvironment,
  post: (note: ProbeNote) => void,
): AsyncGenerator<JobProgress, JobProgress> {
  const total = PROBE_SERIES.length * PROBE_SIZES.length + FLUSH_CASES.length;
  let done = 0;
  const progress = (what: string): JobProgress => ({ done, total, sentence: what });
  yield progress('Looking at the clock.');
  const stepNs = clockStepNs(environment.now);
  post({ kind: 'clock', stepNs, storage: environment.storage });

  const folder = await environment.addScratch(FILE_BYTES + 2 * MIB);
  try {
    const files = await environment.openScratch(folder);
    try {
      const meter = new Meter();
      const begun = environment.now();
      const disk = new Disk(meteredFiles(files, meter), environment.now, stepNs, environment.drawSeed());
      disk.prepare();
      for (const bytes of PROBE_SIZES) {
        for (const series of PROBE_SERIES) {
          yield progress(`Timing ${words(series)} of ${bytes} bytes.`);
          post({ kind: 'call', series, bytes, times: disk.timeCalls(series, bytes) });
          done++;
        }
      }
      for (const flushCase of FLUSH_CASES) {
        yield progress('Timing flushes.');
        post({ kind: 'flush', case: flushCase, times: disk.timeFlushes(flushCase) });
        done++;
      }
      post({ kind: 'end', writtenBytes: meter.total().writtenBytes, ms: environment.now() - begun });
    } finally {
      closeAll(files);
    }
  } finally {
    await environment.removeScratch(folder); // V1
  }
  return progress(`${total} series are measured.`);
}

const words = (series: ProbeSeries): string => `${series.split('_').reverse().join(' ')}s`;

/** The smallest step the clock was seen to make. */
export function clockStepNs(now: () => number): number {
  let smallest = Infinity;
  let last = now();
  // A clock that never moves (a test's) is given up on.
  for (let looks = 0, steps = 0; steps < 30 && looks < 5_000_000; looks++) {
    const at = now();
    if (at === last) continue;
    smallest = Math.min(smallest, at - last);
    last = at;
    steps++;
  }
  return Number.isFinite(smallest) ? Math.max(1, Math.round(smallest * 1e6)) : 1;
}

class Disk {
  readonly #files: FileSet;
  readonly #now: () => number;
  readonly #stepNs: number;
  readonly #random: SeededRandom;
  readonly #buffer = new Uint8Array(MIB);

  constructor(files: FileSet, now: () => number, stepNs: number, seed: number) {
    this.#files = files;
    this.#now = now;
    this.#stepNs = stepNs;
    this.#random = new SeededRandom(seed);
    for (let i = 0; i < this.#buffer.length; i++) this.#buffer[i] = this.#random.next();
  }

  /** Real bytes in the file, so that no call of the probe makes it grow. */
  prepare(): void {
    const file = this.#files.data_0;
    for (let at = 0; at < FILE_BYTES; at += MIB) file.write(at, this.#buffer);
    file.flush();
  }

  timeCalls(series: ProbeSeries, bytes: number): Distribution {
    const calls = Math.min(CALLS.max, Math.max(CALLS.min, Math.floor(SERIES_BYTES / bytes)));
    const call = this.#caller(series, bytes);
    const perSample = this.#callsPerSample(call, calls);
    const histogram = new LatencyHistogram();
    for (let sample = 0; sample < Math.max(1, Math.floor(calls / perSample)); sample++) {
      const begun = this.#now();
      for (let i = 0; i < perSample; i++) call();
      histogram.record(((this.#now() - begun) * 1e6) / perSample);
    }
    if (series.startsWith('write')) this.#files.data_0.flush(); // V2
    return distribution(histogram, perSample, this.#stepNs);
  }

  timeFlushes(flushCase: FlushCase): Distribution {
    const large = flushCase.startsWith('one_mib');
    const histogram = new LatencyHistogram();
    const file: StorageFile = flushCase === 'page_grown' ? this.#files.data_1 : this.#files.data_0;
    // Nothing dirty: quick and harmless, so a sample may hold many. The others are timed one by one.
    const perSample = flushCase === 'nothing' ? 10 : 1;
    for (let i = 0; i < (large ? FLUSHES.large : FLUSHES.small); i++) {
      this.#makeDirty(flushCase, file, i);
      const begun = this.#now();
      for (let j = 0; j < perSample; j++) file.flush();
      histogram.record(((this.#now() - begun) * 1e6) / perSample);
    }
    return distribution(histogram, perSample, this.#stepNs);
  }

  #makeDirty(flushCase: FlushCase, file: StorageFile, turn: number): void {
    const page = this.#buffer.subarray(0, PAGE);
    switch (flushCase) {
      case 'nothing':
        break;
      case 'page':
        file.write(this.#random.below(FILE_BYTES / PAGE) * PAGE, page);
        break;
      case 'page_grown':
        file.write(turn * PAGE, page);
        break;
      case 'one_mib':
        file.write((turn % (FILE_BYTES / MIB)) * MIB, this.#buffer);
        break;
      case 'one_mib_scattered':
        for (let i = 0; i < MIB / PAGE; i++) file.write(this.#random.below(FILE_BYTES / PAGE) * PAGE, page);
        break;
    }
  }

  #caller(series: ProbeSeries, bytes: number): () => void {
    const file = this.#files.data_0;
    const buffer = this.#buffer.subarray(0, bytes);
    const places = Math.floor(FILE_BYTES / bytes);
    const isRandom = series.endsWith('random');
    let place = -1;
    const next = (): number => (place = isRandom ? this.#random.below(places) : (place + 1) % places) * bytes;
    return series.startsWith('read')
      ? (): void => void file.read(next(), buffer)
      : (): void => void file.write(next(), buffer);
  }

  /** One, if the clock can tell one call; else as many as it can, as long as enough samples are left. */
  #callsPerSample(call: () => void, calls: number): number {
    const trial = Math.max(1, Math.floor(calls / 20));
    const begun = this.#now();
    for (let i = 0; i < trial; i++) call();
    const callNs = ((this.#now() - begun) * 1e6) / trial;
    const wanted = Math.ceil((STEPS_PER_SAMPLE * this.#stepNs) / Math.max(callNs, this.#stepNs / trial));
    return Math.max(1, Math.min(wanted, Math.floor(calls / SAMPLES_MIN)));
  }
}

function distribution(histogram: LatencyHistogram, callsPerSample: number, stepNs: number): Distribution {
  return {
    samples: histogram.count,
    callsPerSample,
    resolutionNs: stepNs / callsPerSample,
    meanNs: histogram.sumNs / histogram.count,
    minNs: histogram.minNs,
    p50Ns: histogram.quantileNs(0.5),
    p99Ns: histogram.quantileNs(0.99),
    maxNs: histogram.maxNs,
    bins: histogram.bins(),
  };
}
