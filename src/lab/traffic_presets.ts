/**
 * What one can ask of the traffic: the knobs with their ranges, and presets, each with the question to answer first.
 * Truths come from the run; nothing here knows an answer.
 */
import type { TrafficDevice, TrafficRun, TrafficSettings } from '../protocol/traffic';
import { bytes, duration } from './media_words';
import { latenciesOf, quantile, summaryOf } from './traffic_times';

export interface Knobs {
  readonly clients: number;
  readonly arrivalsPerSecond: number;
  readonly mostWaitMicros: number;
  readonly mostBatch: number;
  readonly flushMicros: number;
  readonly slowFlushEvery: number;
  readonly valueBytes: number;
  readonly checkpointKib: number;
  readonly mode: 'strict' | 'relaxed';
  readonly loop: 'open' | 'closed';
}

const WRITE_MICROS = 20;
const LOG_BYTES = 2 ** 20;
/** What a run lasts, if the rate allows for it within these counts. */
const SECONDS = 1;
const COMMITS = { least: 200, most: 6000, mostWithSlowFlushes: 20_000 };
/** A quick run that is over before the first slow flush would say that there are none. */
const SLOW_FLUSHES = 3;
/** Says when commits are intended, and draws sampled times. */
export const USUAL_SEED = 7;

/** @param sampled Times of a real disk, in place of the modelled ones. */
export function settingsOf(knobs: Knobs, sampled?: TrafficDevice, seed = USUAL_SEED): TrafficSettings {
  const { checkpointKib, flushMicros, slowFlushEvery, ...rest } = knobs;
  return {
    ...rest,
    device: sampled ?? { kind: 'modelled', writeMicros: WRITE_MICROS, flushMicros, slowFlushEvery },
    logBytes: LOG_BYTES,
    checkpointLogBytes: checkpointKib * 1024,
    commits: commitsOf(knobs, sampled !== undefined),
    seed,
  };
}

function commitsOf({ arrivalsPerSecond, flushMicros, slowFlushEvery }: Knobs, isSampled: boolean): number {
  const usual = Math.min(COMMITS.most, Math.max(COMMITS.least, arrivalsPerSecond * SECONDS));
  // A commit has a flush to itself, or shares it with whoever comes meanwhile.
  const toAFlush = Math.max(1, (arrivalsPerSecond * flushMicros) / 1e6);
  const untilSlow = isSampled ? 0 : toAFlush * slowFlushEvery * SLOW_FLUSHES;
  return Math.round(Math.max(usual, Math.min(COMMITS.mostWithSlowFlushes, untilSlow)));
}

// ---- the knobs

/** A slider: stops in order, so that every value is a round one. */
export interface Knob {
  readonly id: Exclude<keyof Knobs, 'mode' | 'loop'>;
  readonly title: string;
  readonly stops: readonly number[];
  readonly words: (value: number) => string;
  /** What it does, in one line. */
  readonly about: string;
}

/** 1, 2 and 5 times each power of ten. */
function roundStops(least: number, most: number): number[] {
  const stops: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(least)); decade <= most; decade *= 10) {
    for (const factor of [1, 1.5, 2, 3, 5, 7]) {
      const stop = decade * factor;
      if (stop >= least && stop <= most && Number.isInteger(stop)) stops.push(stop);
    }
  }
  return stops;
}
const doublings = (least: number, most: number): number[] =>
  Array.from({ length: Math.log2(most / least) + 1 }, (_, i) => least * 2 ** i);

const micros = (value: number): string => duration(value * 1000);
const count = (value: number): string => value.toLocaleString('en');

export const KNOBS: readonly Knob[] = [
  {
    id: 'arrivalsPerSecond',
    title: 'Commits a second',
    stops: roundStops(20, 100_000),
    words: count,
    about: 'What all clients together intend, at random moments.',
  },
  { id: 'clients', title: 'Clients', stops: doublings(1, 256), words: count, about: 'They take turns.' },
  {
    id: 'mostWaitMicros',
    title: 'Most wait',
    stops: [0, ...roundStops(100, 20_000)],
    words: (value) => (value === 0 ? 'none' : micros(value)),
    about: 'A group waits so long for company.',
  },
  {
    id: 'mostBatch',
    title: 'Most batch',
    stops: doublings(1, 1024),
    words: count,
    about: 'A group of so many goes at once.',
  },
  {
    id: 'flushMicros',
    title: 'A flush takes',
    stops: roundStops(10, 20_000),
    words: micros,
    about: 'What the device needs to make a write durable.',
  },
  {
    id: 'slowFlushEvery',
    title: 'Slow flush, ten times as long',
    stops: [0, 500, 200, 100, 50, 20],
    words: (value) => (value === 0 ? 'none' : `1 in ${value}`),
    about: 'Devices clean up behind your back.',
  },
  {
    id: 'valueBytes',
    title: 'Value',
    stops: doublings(16, 4096),
    words: bytes,
    about: 'Bytes of each commit’s value.',
  },
  {
    id: 'checkpointKib',
    title: 'Checkpoint after',
    stops: doublings(16, 512),
    words: (value) => `${bytes(value * 1024)} of log`,
    about: 'Sooner: less to replay after a crash, more work now.',
  },
];

/** The stop of a slider that is nearest to a value. */
export function stopOf({ stops }: Knob, value: number): number {
  const distance = (stop: number): number => Math.abs(stop - value);
  return stops.reduce((best, stop, i) => (distance(stop) < distance(stops[best]!) ? i : best), 0);
}

// ---- the presets

export interface Question {
  readonly ask: string;
  /** Exponents of ten of the slider's ends, and of where it starts. */
  readonly least: number;
  readonly most: number;
  readonly words: (value: number) => string;
  readonly truth: (run: TrafficRun) => number;
  /** Said once the truth is out: what to look at. */
  readonly because: string;
}

/** Links name them. */
export type PresetId = 'alone' | 'together' | 'too_fast' | 'patient' | 'slow_flush' | 'checkpoints' | 'omission';

export interface Preset {
  readonly id: PresetId;
  readonly title: string;
  /** What to look at. */
  readonly watchFor: string;
  readonly knobs: Knobs;
  readonly question: Question;
}

const USUAL: Knobs = {
  clients: 16,
  arrivalsPerSecond: 2000,
  mostWaitMicros: 0,
  mostBatch: 1024,
  flushMicros: 1000,
  slowFlushEvery: 0,
  valueBytes: 128,
  checkpointKib: 512,
  mode: 'strict',
  loop: 'open',
};

const latency = (part: number) => (run: TrafficRun) => quantile(latenciesOf(run).sort(), part);
const LATENCY = { least: 1.5, most: 6, words: micros } as const;
const howMany = (unit: string) => (value: number) =>
  `${value < 9.5 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ${unit}`;

export const PRESETS: readonly Preset[] = [
  {
    id: 'alone',
    title: 'Alone',
    watchFor: 'One commit, one write, one flush. Nearly all of the wait is the flush.',
    knobs: { ...USUAL, clients: 1, arrivalsPerSecond: 50 },
    question: {
      ask: 'A write takes 20 µs, a flush 1 ms. The median commit takes',
      ...LATENCY,
      truth: latency(0.5),
      because: 'A lone commit pays for the whole flush.',
    },
  },
  {
    id: 'together',
    title: '64 together',
    watchFor: 'Whoever comes while a flush is under way shares the next one.',
    knobs: { ...USUAL, clients: 64, arrivalsPerSecond: 20_000 },
    question: {
      ask: '64 clients, 20,000 commits a second, 1 ms a flush. On average a flush is shared by',
      least: 0,
      most: 3,
      words: howMany('commits'),
      truth: (run) => summaryOf(run).commitsPerFlush,
      because: 'As many as come while one flush is under way: rate times flush time.',
    },
  },
  {
    id: 'too_fast',
    title: 'Too fast for the disk',
    watchFor: 'Groups of at most 8 cannot keep up: the queue only grows, and every commit waits longer than the last.',
    knobs: { ...USUAL, clients: 64, arrivalsPerSecond: 10_000, mostBatch: 8 },
    question: {
      ask: 'At most 8 share a flush of 1 ms, and 10,000 a second come, for 0.6 s. p99 is then',
      ...LATENCY,
      truth: latency(0.99),
      because: 'Above what the disk can take, latency says only how long the run was.',
    },
  },
  {
    id: 'patient',
    title: 'Patient groups',
    watchFor: 'Waiting 5 ms for company saves flushes, and every commit pays for it.',
    knobs: { ...USUAL, mostWaitMicros: 5000 },
    question: {
      ask: 'Groups wait up to 5 ms for company; 2,000 commits a second. So in a second there are',
      least: 1,
      most: 3.5,
      words: howMany('flushes'),
      truth: (run) => summaryOf(run).flushesPerSecond,
      because: 'One group in about the wait and the flush together. Set the wait to none and compare p50.',
    },
  },
  {
    id: 'slow_flush',
    title: 'A slow flush now and then',
    watchFor: 'One flush in 100 takes 10 ms. Everybody who comes meanwhile waits, too.',
    knobs: { ...USUAL, slowFlushEvery: 100 },
    question: {
      ask: 'One flush in 100 takes 10 ms in place of 1 ms. The median is about 1.5 ms; p99 is',
      ...LATENCY,
      truth: latency(0.99),
      because: 'A slow flush hits its own group and all who queue behind it: far more than one commit in 100.',
    },
  },
  {
    id: 'checkpoints',
    title: 'Checkpoints bite',
    watchFor: 'A checkpoint’s writes and flushes run in the same thread, paid by those who commit.',
    knobs: { ...USUAL, arrivalsPerSecond: 5000, valueBytes: 256, checkpointKib: 64 },
    question: {
      ask: 'A checkpoint after each 64 KiB of log; a lone commit takes 1 ms. p99.9 is',
      ...LATENCY,
      truth: latency(0.999),
      because:
        'A checkpoint’s flushes come one at a time, between groups: the worst commits wait for the flush under way, the checkpoint’s, and their own.',
    },
  },
  {
    id: 'omission',
    title: 'What waiting hides',
    watchFor: 'Clients that wait for their answer send the next commit late: its wait is never counted.',
    knobs: { ...USUAL, clients: 2, arrivalsPerSecond: 1000, slowFlushEvery: 200, loop: 'closed' },
    question: {
      ask: 'Two clients that wait for each answer measure their p99. The p99 of what they meant to send is larger by',
      least: 0,
      most: 3,
      words: (value) => `${value < 9.5 ? value.toFixed(1) : Math.round(value)}×`,
      truth: (run) => latency(0.99)(run) / quantile(latenciesOf(run, 'sent').sort(), 0.99),
      because: 'One slow answer delays every commit behind it, and a client that waits counts it once.',
    },
  },
];
