/** The charts of the media room, as options for Plot and as tables. Colours are the theme's own variables. */
import type { DevicePrice, ProbeNote } from '../../../protocol/media';
import {
  bytes,
  dollars,
  duration,
  energy,
  figures,
  FLUSH_NAMES,
  FLUSH_TITLES,
  humanScale,
  KIND_TITLES,
  runsForADollar,
  runsUntilWorn,
  SERIES_TITLES,
} from '../../../lab/media_words';
import type { Plot, PlotOptions, TableTwin } from '../../charts/chart';

type CallNote = Extract<ProbeNote, { kind: 'call' }>;
type FlushNote = Extract<ProbeNote, { kind: 'flush' }>;

export const isCall = (note: ProbeNote): note is CallNote => note.kind === 'call';
export const isFlush = (note: ProbeNote): note is FlushNote => note.kind === 'flush';

const least = (ns: number): string => (ns <= 1 ? 'under a step' : duration(ns));

const LOG_TIME = { type: 'log', tickFormat: (ns: number): string => duration(ns), grid: true } as const;

/** Powers of ten inside a domain: a tick for each decade, or for as many as there is room for. */
function decades([from, to]: readonly [number, number], most = 9): number[] {
  const low = Math.ceil(Math.log10(from) - 1e-9);
  const high = Math.floor(Math.log10(to) + 1e-9);
  const all = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const every = Math.ceil(all.length / most);
  return all.filter((_, i) => i % every === 0);
}
/** A tick's words need so many pixels. */
const ticksIn = (width: number): number => Math.max(2, Math.floor(width / 68));

// ---- your disk

/** Latency by size: every bin of the distribution as a dot, the medians joined. */
export function callsOptions(plot: Plot, notes: readonly CallNote[], stepNs: number, narrow: boolean): PlotOptions {
  const direction = (note: CallNote): string => (note.series.startsWith('read') ? 'reads' : 'writes');
  const isRandom = (note: CallNote): boolean => note.series.endsWith('random');
  // Side by side within a size: sequential a little to the left, random to the right.
  const place = (note: CallNote): number => note.bytes * (isRandom(note) ? 1.16 : 0.86);
  const bins = notes.flatMap((note) =>
    note.times.bins.map((bin) => ({
      direction: direction(note),
      x: place(note),
      // What took less than the clock can tell is drawn at half of what it can.
      ns: Math.max(bin.fromNs, note.times.resolutionNs / 2),
      share: bin.count / note.times.samples,
      random: isRandom(note),
    })),
  );
  const medians = notes.map((note) => ({
    direction: direction(note),
    x: place(note),
    ns: note.times.typicalNs,
    random: isRandom(note),
  }));
  const line = (random: boolean): object => ({
    x: 'x',
    y: 'ns',
    fx: 'direction',
    filter: (one: { random: boolean }) => one.random === random,
    stroke: random ? 'var(--page-edge)' : 'var(--log-edge)',
    strokeWidth: 1.75,
    ...(random && { strokeDasharray: '5 3' }),
  });
  const dots = (random: boolean): object => ({
    x: 'x',
    y: 'ns',
    fx: 'direction',
    r: (one: { share: number }) => Math.sqrt(one.share),
    filter: (one: { random: boolean }) => one.random === random,
    fill: random ? 'var(--page)' : 'var(--log)',
    fillOpacity: 0.35,
  });
  const times = bins.map(({ ns }) => ns);
  const domain: [number, number] = [Math.min(...times) * 0.7, Math.max(...times, stepNs) * 1.4];
  return {
    marginTop: 46,
    marginLeft: 56,
    marginBottom: 34,
    fx: { label: null, padding: 0.08 },
    r: { range: [1.2, 7], domain: [0, 1] },
    x: {
      type: 'log',
      base: 2,
      label: 'bytes in a call',
      ticks: narrow ? [64, 4096, 262_144] : [16, 256, 4096, 65_536, 1_048_576],
      tickFormat: (count: number) => bytes(count),
    },
    y: {
      ...LOG_TIME,
      label: 'time of a call',
      ticks: decades(domain),
      domain,
    },
    marks: [
      plot.ruleY([stepNs], { stroke: 'var(--warn)', strokeDasharray: '2 3', strokeWidth: 1.5 }),
      plot.dot(bins, dots(false)),
      plot.dot(bins, dots(true)),
      plot.line(medians, line(false)),
      plot.line(medians, line(true)),
      // Small reads are quick: it is in nobody's way there.
      plot.text([{ direction: 'reads', ns: stepNs }], {
        y: 'ns',
        fx: 'direction',
        frameAnchor: 'left',
        textAnchor: 'start',
        dy: -8,
        text: () => (narrow ? 'clock’s step' : 'one step of the clock'),
        fill: 'var(--warn)',
        stroke: 'var(--ground)',
        strokeWidth: 3,
      }),
    ],
  };
}

export function callsTable(notes: readonly CallNote[]): TableTwin {
  return {
    caption: 'Reads and writes of this disk, by size',
    head: ['call', 'size', 'samples', 'calls in each', 'clock can tell', 'typical', 'median', 'p99', 'least', 'most'],
    rows: notes.map(({ series, bytes: size, times }) => [
      SERIES_TITLES[series],
      bytes(size),
      String(times.samples),
      String(times.callsPerSample),
      duration(times.resolutionNs),
      duration(times.typicalNs),
      least(times.p50Ns),
      duration(times.p99Ns),
      least(times.minNs),
      duration(times.maxNs),
    ]),
  };
}

export function flushOptions(plot: Plot, notes: readonly FlushNote[], stepNs: number, narrow: boolean): PlotOptions {
  const title = ({ case: one }: FlushNote): string => (narrow ? FLUSH_NAMES : FLUSH_TITLES)[one];
  const bins = notes.flatMap((note) =>
    note.times.bins.map((bin) => ({
      title: title(note),
      ns: Math.max(bin.fromNs, note.times.resolutionNs / 2),
      share: bin.count / note.times.samples,
    })),
  );
  const medians = notes.map((note) => ({ title: title(note), ns: note.times.typicalNs }));
  const times = [...bins.map(({ ns }) => ns), stepNs];
  const domain: [number, number] = [Math.min(...times) * 0.7, Math.max(...times) * 1.6];
  return {
    marginLeft: narrow ? 118 : 190,
    marginRight: 60,
    marginBottom: 32,
    r: { range: [1.5, 8], domain: [0, 1] },
    x: {
      ...LOG_TIME,
      label: 'time of a flush',
      ticks: decades(domain),
      domain,
    },
    y: { label: null, domain: notes.map(title), tickSize: 0 },
    marks: [
      plot.ruleX([stepNs], { stroke: 'var(--warn)', strokeDasharray: '2 3', strokeWidth: 1.5 }),
      plot.dot(bins, {
        x: 'ns',
        y: 'title',
        r: (one: { share: number }) => Math.sqrt(one.share),
        fill: 'var(--log)',
        fillOpacity: 0.35,
      }),
      plot.tickX(medians, { x: 'ns', y: 'title', stroke: 'var(--log-edge)', strokeWidth: 2, inset: 11 }),
      plot.text(medians, {
        x: 'ns',
        y: 'title',
        text: (one: { ns: number }) => duration(one.ns),
        dy: -17,
        fill: 'var(--ink)',
      }),
    ],
  };
}

export function flushTable(notes: readonly FlushNote[]): TableTwin {
  return {
    caption: 'Flushes of this disk',
    head: ['dirty', 'samples', 'typical', 'median', 'p99', 'least', 'most'],
    rows: notes.map(({ case: one, times }) => [
      FLUSH_TITLES[one],
      String(times.samples),
      duration(times.typicalNs),
      least(times.p50Ns),
      duration(times.p99Ns),
      least(times.minNs),
      duration(times.maxNs),
    ]),
  };
}

// ---- models

/** One mark a device on a log axis of time; `ns` says what of the price. */
export function deviceOptions(
  plot: Plot,
  prices: readonly DevicePrice[],
  ns: (price: DevicePrice) => number,
  label: string,
  width: number,
): PlotOptions {
  const narrow = width < 560;
  const rows = prices.map((price) => ({ title: KIND_TITLES[price.kind], ns: ns(price) }));
  const times = rows.map((row) => row.ns).filter((time) => time > 0);
  const domain: [number, number] = [
    10 ** Math.floor(Math.log10(Math.min(...times))),
    10 ** Math.ceil(Math.log10(Math.max(...times) * (narrow ? 20 : 6))),
  ];
  return {
    marginLeft: 76,
    marginRight: 16,
    marginBottom: 32,
    x: { ...LOG_TIME, label, ticks: decades(domain, ticksIn(width - 92)), domain },
    y: { label: null, domain: rows.map(({ title }) => title), tickSize: 0 },
    marks: [
      plot.ruleY(rows, { y: 'title', x1: domain[0], x2: 'ns', stroke: 'var(--ink-3)', strokeDasharray: '3 2' }),
      plot.dot(rows, { x: 'ns', y: 'title', r: 4.5, stroke: 'var(--ink)', fill: 'var(--ground)', strokeWidth: 1.5 }),
      plot.text(rows, {
        x: 'ns',
        y: 'title',
        dx: 9,
        textAnchor: 'start',
        fill: 'var(--ink)',
        text: (row: { ns: number }) => `${duration(row.ns)}${narrow ? '' : ` · ${humanScale(row.ns)}`}`,
      }),
    ],
  };
}

/** With and without a stage, or one layout beside another: two marks a device. */
export function pairOptions(
  plot: Plot,
  pairs: readonly { readonly title: string; readonly first: number; readonly second: number }[],
  label: string,
  width: number,
): PlotOptions {
  const times = pairs.flatMap(({ first, second }) => [first, second]).filter((ns) => ns > 0);
  const domain: [number, number] = [Math.min(...times) * 0.5, Math.max(...times) * 6];
  const at = (key: 'first' | 'second', dy: number): object => ({
    x: key,
    y: 'title',
    text: (pair: Record<'first' | 'second', number>) => duration(pair[key]),
    dx: 9,
    dy,
    textAnchor: 'start',
    fill: 'var(--ink)',
  });
  return {
    marginLeft: 76,
    marginRight: 16,
    marginBottom: 32,
    x: { ...LOG_TIME, label, ticks: decades(domain, ticksIn(width - 92)), domain },
    y: { label: null, domain: pairs.map(({ title }) => title), tickSize: 0 },
    marks: [
      plot.ruleY(pairs, { y: 'title', x1: 'first', x2: 'second', stroke: 'var(--ink-3)', strokeDasharray: '3 2' }),
      plot.dot(pairs, { x: 'first', y: 'title', r: 4.5, fill: 'var(--ink)', stroke: 'var(--ink)' }),
      plot.dot(pairs, {
        x: 'second',
        y: 'title',
        r: 4.5,
        stroke: 'var(--bad)',
        fill: 'var(--ground)',
        strokeWidth: 1.75,
        symbol: 'square',
      }),
      plot.text(pairs, at('first', -9)),
      plot.text(pairs, at('second', 11)),
    ],
  };
}

export const CAUSE_TITLES: Readonly<Record<keyof DevicePrice['byCause'], string>> = {
  call: 'calls',
  copy: 'copying',
  command: 'commands',
  interface: 'the cable',
  seek: 'moving the arm',
  rotation: 'waiting for the platter',
  transfer: 'passing over the bytes',
  flash_read: 'reading flash',
  program: 'programming flash',
  cleaning: 'cleaning',
  memory: 'memory',
};

interface CauseShare {
  readonly title: string;
  readonly cause: string;
  readonly from: number;
  readonly to: number;
  readonly rank: number;
}

function shares(prices: readonly DevicePrice[]): CauseShare[] {
  return prices.flatMap((price) => {
    let from = 0;
    return Object.entries(price.byCause)
      .filter(([, ns]) => ns > 0)
      .sort(([, a], [, b]) => b - a)
      .map(([cause, ns], rank) => {
        const part = {
          title: KIND_TITLES[price.kind],
          cause: CAUSE_TITLES[cause as keyof DevicePrice['byCause']],
          from,
          to: from + ns / price.ns,
          rank,
        };
        from = part.to;
        return part;
      });
  });
}

/** What the time went into: the largest cause first, named where there is room. */
export function causesOptions(plot: Plot, prices: readonly DevicePrice[], width: number): PlotOptions {
  const parts = shares(prices);
  const room = (part: CauseShare): boolean => (part.to - part.from) * (width - 92) > 7 * part.cause.length;
  return {
    marginLeft: 76,
    marginRight: 16,
    marginTop: 6,
    marginBottom: 30,
    x: { label: 'share of the time, %', percent: true, domain: [0, 100], ticks: 5 },
    y: { label: null, domain: prices.map(({ kind }) => KIND_TITLES[kind]), tickSize: 0 },
    marks: [
      plot.rect(parts, {
        x1: 'from',
        x2: 'to',
        y: 'title',
        inset: 1,
        fill: (part: CauseShare) => `var(${['--log', '--log-soft', '--line'][Math.min(2, part.rank)]!})`,
      }),
      plot.text(parts.filter(room), {
        x: (part: CauseShare) => (part.from + part.to) / 2,
        y: 'title',
        text: 'cause',
        fill: (part: CauseShare) => (part.rank === 0 ? 'var(--panel)' : 'var(--ink)'),
      }),
    ],
  };
}

export function causesTable(prices: readonly DevicePrice[]): TableTwin {
  return {
    caption: 'What the time goes into, by device',
    head: ['device', 'cause', 'share'],
    rows: shares(prices).map(({ title, cause, from, to }) => [title, cause, `${((to - from) * 100).toFixed(1)} %`]),
  };
}

export function pricesTable(prices: readonly DevicePrice[], per: string): TableTwin {
  const dearest = Math.max(...prices.map((price) => price.money.total));
  const runs = runsForADollar(dearest);
  return {
    caption: `Prices on each device: ${per}`,
    head: [
      'device',
      `time, ${per}`,
      'if 1 ns were 1 s',
      'MB/s',
      'energy',
      'bytes on the medium',
      'runs until worn out',
      `dollars for ${runs.words}`,
    ],
    rows: prices.map((price) => [
      KIND_TITLES[price.kind],
      duration(price.ns / price.count),
      humanScale(price.ns / price.count),
      price.bytes === 0 ? '' : figures(price.bytes / 1e6 / (price.ns / 1e9)),
      energy(price.joules),
      bytes(price.counts.mediaBytes),
      runsUntilWorn(price.counts.wear),
      dollars(price.money.total * runs.count),
    ]),
  };
}

export function pairTable(
  pairs: readonly { readonly title: string; readonly first: number; readonly second: number }[],
  caption: string,
  heads: readonly [string, string],
): TableTwin {
  return {
    caption,
    head: ['device', ...heads],
    rows: pairs.map(({ title, first, second }) => [title, duration(first), duration(second)]),
  };
}
