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
import type { Distribution, FlushCase, ProbeNote, ProbeSeries } from '../protocol/media';
import type { HostEnvironment } from './environment';
import type { JobProgress, JobWork } from './jobs';
import { LatencyHistogram } from './latency_histogram';

const PROBE_SERIES: readonly ProbeSeries[] = ['read_sequential', 'read_random', 'write_sequential', 'write_random'];
const FLUSH_CASES: readonly FlushCase[] = ['nothing', 'page', 'page_grown', 'one_mib', 'one_mib_scattered'];

const MIB = 2 ** 20;
const PAGE = 4096;
export const PROBE_SIZES: readonly number[] = [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, MIB];
export const PROBE_WRITTEN_MAX = 64 * MIB;

const FILE_BYTES = 8 * MIB;
/** Writes of one series and size. */
const SERIES_BYTES = 3 * MIB;
const WRITES = { min: 4, max: 1500 };
/** Reads wear nothing: as many as the samples ask for, up to so many bytes. */
const READ_SAMPLES = 40;
const READ_SERIES_BYTES = 128 * MIB;
const FLUSHES = { small: 30, large: 6 };
/** A sample lasts so many steps of the clock at least, if calls can be repeated. */
const STEPS_PER_SAMPLE = 5;
const SAMPLES_MIN = 4;

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
      for (let turn = 0; turn < FLUSHES.small; turn++) {
        yield progress(`Timing flushes, turn ${turn + 1} of ${FLUSHES.small}.`);
        for (const flushCase of FLUSH_CASES) disk.timeFlush(flushCase, turn);
      }
      for (const flushCase of FLUSH_CASES) post({ kind: 'flush', case: flushCase, times: disk.flushTimes(flushCase) });
      done = total;
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
  /** Nothing dirty: quick and harmless, so a sample holds many. The others are timed one by one. */
  readonly #flushes = Object.fromEntries(
    FLUSH_CASES.map((one) => [one, { histogram: new LatencyHistogram(), perSample: one === 'nothing' ? 10 : 1 }]),
  ) as Record<FlushCase, { readonly histogram: LatencyHistogram; readonly perSample: number }>;

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
    const isRead = series.startsWith('read');
    const writes = Math.min(WRITES.max, Math.max(WRITES.min, Math.floor(SERIES_BYTES / bytes)));
    const call = this.#caller(series, bytes);
    const wanted = this.#callsPerSample(call, isRead ? Math.min(200, writes) : Math.max(1, Math.floor(writes / 20)));
    const most = isRead ? READ_SERIES_BYTES / READ_SAMPLES / bytes : writes / SAMPLES_MIN;
    const perSample = Math.max(1, Math.min(wanted, Math.floor(most)));
    const samples = isRead ? READ_SAMPLES : Math.max(1, Math.floor(writes / perSample));
    const histogram = new LatencyHistogram();
    for (let sample = 0; sample < samples; sample++) {
      const begun = this.#now();
      for (let i = 0; i < perSample; i++) call();
      histogram.record(((this.#now() - begun) * 1e6) / perSample);
    }
    if (!isRead) this.#files.data_0.flush(); // V2
    return distribution(histogram, perSample, this.#stepNs);
  }

  /** One sample of a flush. The cases take turns, so that whatever else the machine does meets all of them. */
  timeFlush(flushCase: FlushCase, turn: number): void {
    if (flushCase.startsWith('one_mib') && turn >= FLUSHES.large) return;
    const { histogram, perSample } = this.#flushes[flushCase];
    const file: StorageFile = flushCase === 'page_grown' ? this.#files.data_1 : this.#files.data_0;
    this.#makeDirty(flushCase, file, turn);
    const begun = this.#now();
    for (let j = 0; j < perSample; j++) file.flush();
    histogram.record(((this.#now() - begun) * 1e6) / perSample);
  }

  flushTimes(flushCase: FlushCase): Distribution {
    const { histogram, perSample } = this.#flushes[flushCase];
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

  /** One, if the clock can tell one call; else as many as it can. */
  #callsPerSample(call: () => void, trial: number): number {
    let callNs = 0;
    // The second trial counts: the first one warms up.
    for (let attempt = 0; attempt < 2; attempt++) {
      const begun = this.#now();
      for (let i = 0; i < trial; i++) call();
      callNs = ((this.#now() - begun) * 1e6) / trial;
    }
    return Math.max(1, Math.ceil((STEPS_PER_SAMPLE * this.#stepNs) / Math.max(callNs, this.#stepNs / trial)));
  }
}

function distribution(histogram: LatencyHistogram, callsPerSample: number, stepNs: number): Distribution {
  const resolutionNs = stepNs / callsPerSample;
  const meanNs = histogram.sumNs / histogram.count;
  const p50Ns = histogram.quantileNs(0.5);
  return {
    samples: histogram.count,
    callsPerSample,
    resolutionNs,
    meanNs,
    typicalNs: p50Ns >= 3 * resolutionNs ? p50Ns : meanOfQuickest(histogram, 0.9),
    minNs: histogram.minNs,
    p50Ns,
    p99Ns: histogram.quantileNs(0.99),
    maxNs: histogram.maxNs,
    bins: histogram.bins(),
  };
}

/** The slowest tenth is somebody else's work as often as ours, and weighs most in a mean. */
function meanOfQuickest(histogram: LatencyHistogram, share: number): number {
  const wanted = Math.max(1, Math.floor(histogram.count * share));
  let taken = 0;
  let sumNs = 0;
  for (const { fromNs, count } of histogram.bins()) {
    const more = Math.min(count, wanted - taken);
    taken += more;
    sumNs += more * fromNs;
  }
  return sumNs / taken;
}
