/**
 * Memory buys I/O: reads, latency, energy and money of a lookup against the share of the data that is in memory; of a
 * B-tree's buffer pool, or of an LSM tree's block cache.
 */
import { span } from '../../lab/device_presets';
import { DEVICE_TITLES } from '../../lab/device_presets';
import { duration, energy, figures } from '../../lab/media_words';
import { PRICED_KINDS, type MemoryNote, type MemoryPrices, type PricedKind } from '../../protocol/prices';
import type { Plot, PlotOptions, TableTwin } from './chart';
import { count, decades, MARGINS, type ChartSpec } from './chart_parts';

/** What the cache is called, and what stands beside its reads. */
export interface CacheWords {
  /** `pool`, `cache`. */
  readonly cache: string;
  /** What a lookup asks for that is worth keeping: `leaf`, `block`. */
  readonly unit: string;
  /** The family of what is kept. */
  readonly hue: 'page' | 'table';
  readonly reads: string;
  /** Reads of a lookup by a closed form. */
  readonly form?: (note: MemoryNote) => number;
}

export interface MemoryPoint {
  readonly share: number;
  readonly note: MemoryNote;
  readonly reads: number;
  /** Of one lookup on the chosen device. */
  readonly ns: number;
  readonly drive: number;
  readonly rent: number;
  readonly usd: number;
  readonly driveJoules: number;
  readonly memoryJoules: number;
}

/** At `rate` lookups a second, each of them carries so much of what memory costs in a second. */
export function memoryPoint(note: MemoryNote, prices: MemoryPrices, device: PricedKind, rate: number): MemoryPoint {
  const { devices, lookups, memoryNs, poolBytes } = note;
  const drive = devices[device].usd / lookups;
  const rent = (prices.usdPerByteSecond * poolBytes) / rate;
  return {
    share: note.frames / note.pages,
    note,
    reads: note.reads / lookups,
    ns: (devices[device].ns + memoryNs) / lookups,
    drive,
    rent,
    usd: drive + rent,
    driveJoules: devices[device].joules / lookups,
    memoryJoules: (prices.wattsPerByte * poolBytes) / rate,
  };
}

const perBillion = (usd: number): string => {
  const value = usd * 1e9;
  return value === 0 ? '$0' : value < 1e-4 ? `$${value.toExponential(1)}` : `$${Number(value.toPrecision(2))}`;
};
const percent = (share: number): string => `${figures(share * 100)} %`;

export function memoryCharts(
  notes: readonly MemoryNote[],
  prices: MemoryPrices,
  device: PricedKind,
  rate: number,
  words: CacheWords,
): ChartSpec[] {
  const points = notes.map((note) => memoryPoint(note, prices, device, rate));
  const best = points.reduce((least, point) => (point.usd < least.usd ? point : least));
  const table = tableOf(points, device, words);
  return [
    readsChart(points, words, table),
    {
      name: 'memory-latency',
      title: 'Latency of a lookup',
      sentence: `Reads wait for the device one after another; what is in the ${words.cache} is looked at where it is.`,
      label: 'Modelled latency of a lookup on each device, against the share of the data in memory',
      options: (plot) => latency(plot, notes, prices, rate, words.cache),
      table: {
        caption: 'Latency of a lookup on each device',
        head: [words.cache, ...PRICED_KINDS.map((kind) => DEVICE_TITLES[kind])],
        rows: notes.map((note) => [
          percent(note.frames / note.pages),
          ...PRICED_KINDS.map((kind) => duration(memoryPoint(note, prices, kind, rate).ns)),
        ]),
      },
    },
    {
      name: 'memory-money',
      title: `Money for a billion lookups, ${DEVICE_TITLES[device]}`,
      sentence: moneySentence(best, points, prices, device, rate, words),
      key: BOTH_KEY,
      label: 'Money for a billion lookups: memory, the drive, and both, against the share of the data in memory',
      options: (plot) =>
        both(plot, points, best.share, {
          cache: words.cache,
          memory: ({ rent }) => rent * 1e9,
          drive: (point) => point.drive * 1e9,
          format: (usd) =>
            usd === 0
              ? '$0'
              : `$${usd >= 0.001 ? Number(usd.toPrecision(3)).toLocaleString('en') : usd.toExponential(0)}`,
        }),
      table,
    },
    {
      name: 'memory-energy',
      title: `Energy of a lookup, ${DEVICE_TITLES[device]}`,
      sentence: 'Standby power of the memory, shared by all lookups; and the drive while it serves.',
      key: BOTH_KEY,
      label: 'Energy of a lookup: memory, the drive, and both, against the share of the data in memory',
      options: (plot) =>
        both(plot, points, undefined, {
          cache: words.cache,
          memory: ({ memoryJoules }) => memoryJoules,
          drive: ({ driveJoules }) => driveJoules,
          format: energy,
        }),
      table,
    },
  ];
}

function moneySentence(
  best: MemoryPoint,
  points: readonly MemoryPoint[],
  prices: MemoryPrices,
  device: PricedKind,
  rate: number,
  { unit }: CacheWords,
): string {
  const { pages } = best.note;
  const interval = pages / rate;
  const even = prices.devices[device].breakEvenSeconds;
  const ends = best === points.at(-1) ? ': all of it' : best === points[0] ? ': as little as can be' : '';
  return `Cheapest with ${percent(best.share)} of the data in memory${ends}. At ${count(rate)} lookups a second a ${unit} is asked for every ${span(interval)} on average; break-even is ${span(even)}.`;
}

const X = (points: readonly MemoryPoint[], cache: string): NonNullable<PlotOptions['x']> => ({
  type: 'log',
  label: `share of the data in the ${cache}`,
  domain: [Math.min(0.01, points[0]!.share), 1.05],
  ticks: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  tickFormat: percent,
  grid: true,
});

function readsChart(
  points: readonly MemoryPoint[],
  { cache, form, hue, reads }: CacheWords,
  table: TableTwin,
): ChartSpec {
  return {
    name: 'memory-reads',
    title: 'Reads of a lookup',
    sentence: reads,
    label: `Reads of a lookup against the share of the data in the ${cache}`,
    options: (plot) => ({
      ...MARGINS,
      x: X(points, cache),
      y: { label: 'reads a lookup', grid: true, ticks: 5, zero: true },
      marks: [
        form
          ? plot.line(points, {
              x: 'share',
              y: ({ note }: MemoryPoint) => form(note),
              stroke: 'var(--ink-2)',
              strokeWidth: 1.5,
            })
          : plot.line(points, { x: 'share', y: 'reads', stroke: `var(--${hue}-edge)`, strokeWidth: 1.5 }),
        plot.dot(points, { x: 'share', y: 'reads', r: 4.5, fill: `var(--${hue})`, stroke: `var(--${hue}-edge)` }),
      ],
    }),
    table,
  };
}

function latency(
  plot: Plot,
  notes: readonly MemoryNote[],
  prices: MemoryPrices,
  rate: number,
  cache: string,
): PlotOptions {
  const series = PRICED_KINDS.map((kind) => ({
    kind,
    points: notes.map((note) => memoryPoint(note, prices, kind, rate)),
  }));
  const all = series.flatMap(({ points }) => points.map(({ ns }) => ns));
  const dash: Readonly<Record<PricedKind, string>> = { nvme: 'none', sata: '6 3', hdd: '2 3' };
  return {
    ...MARGINS,
    marginRight: 24,
    x: X(series[0]!.points, cache),
    y: {
      type: 'log',
      label: 'a lookup takes',
      ticks: decades(Math.min(...all), Math.max(...all) * 2),
      tickFormat: duration,
      domain: [Math.min(...all) * 0.7, Math.max(...all) * 2],
      grid: true,
    },
    marks: series.flatMap(({ kind, points }) => [
      plot.line(points, { x: 'share', y: 'ns', stroke: 'var(--ink)', strokeWidth: 1.75, strokeDasharray: dash[kind] }),
      plot.dot(points, { x: 'share', y: 'ns', r: 3, stroke: 'var(--ink)', fill: 'var(--ground)' }),
      plot.text(points.slice(0, 1), {
        x: 'share',
        y: 'ns',
        text: [DEVICE_TITLES[kind]],
        textAnchor: 'start',
        dx: 6,
        dy: kind === 'sata' ? -10 : 12,
        fill: 'var(--ink)',
      }),
    ]),
  };
}

const BOTH_KEY: NonNullable<ChartSpec['key']> = [
  { text: 'both', fill: 'var(--ink)' },
  { text: 'memory, dashed', fill: 'var(--table-edge)', dash: true },
  { text: 'drive, dotted', fill: 'var(--page-edge)', dash: true },
];

interface Both {
  readonly memory: (point: MemoryPoint) => number;
  readonly drive: (point: MemoryPoint) => number;
  readonly format: (value: number) => string;
  readonly cache: string;
}

function both(
  plot: Plot,
  points: readonly MemoryPoint[],
  best: number | undefined,
  { cache, drive, format, memory }: Both,
): PlotOptions {
  const total = (point: MemoryPoint): number => memory(point) + drive(point);
  const lines = [
    { value: total, dash: 'none', width: 2.25, stroke: 'var(--ink)' },
    { value: memory, dash: '6 3', width: 1.5, stroke: 'var(--table-edge)' },
    { value: drive, dash: '2 3', width: 1.5, stroke: 'var(--page-edge)' },
  ] as const;
  return {
    ...MARGINS,
    x: X(points, cache),
    y: { label: null, grid: true, ticks: 5, tickFormat: format, zero: true },
    marks: [
      ...(best === undefined
        ? []
        : [
            plot.ruleX([best], { stroke: 'var(--good)', strokeWidth: 2 }),
            plot.text([best], {
              x: (share: number) => share,
              frameAnchor: 'top',
              text: ['cheapest'],
              dy: -8,
              fill: 'var(--good)',
            }),
          ]),
      ...lines.map(({ dash, stroke, value, width }) =>
        plot.line(points, { x: 'share', y: value, stroke, strokeWidth: width, strokeDasharray: dash }),
      ),
    ],
  };
}

const tableOf = (points: readonly MemoryPoint[], device: PricedKind, { cache }: CacheWords): TableTwin => ({
  caption: `A lookup by the share of the data in memory, ${DEVICE_TITLES[device]}`,
  head: [cache, 'frames', 'reads', 'latency', 'energy, drive', 'energy, memory', 'a billion: drive', 'memory', 'both'],
  rows: points.map((point) => [
    percent(point.share),
    count(point.note.frames),
    figures(point.reads),
    duration(point.ns),
    energy(point.driveJoules),
    energy(point.memoryJoules),
    perBillion(point.drive),
    perBillion(point.rent),
    perBillion(point.usd),
  ]),
});
