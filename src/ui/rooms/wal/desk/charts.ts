/** The two curves of the traffic, as options for Plot and as tables. Colours are the theme's own variables. */
import { duration } from '../../../../lab/media_words';
import {
  hiddenAt,
  latenciesOf,
  ninesOf,
  percentileCurve,
  percentileWords,
  quantile,
} from '../../../../lab/traffic_times';
import type { TrafficRun } from '../../../../protocol/traffic';
import type { Plot, PlotOptions, TableTwin } from '../../../charts/chart';
import { logTicks } from './lanes_words';
import type { OperatingPoint } from './log_desk.svelte';

const micros = (value: number): string => duration(value * 1000);
const LOG_TIME = { type: 'log', tickFormat: micros, grid: true } as const;
const rate = (value: number): string => (value >= 1000 ? `${value / 1000}k` : String(value));

/** Within the values. */
function powersOfTen(values: readonly number[]): number[] {
  return [...logTicks(Math.min(...values) * 0.8, Math.max(...values) * 1.25)].filter((tick) =>
    Number.isInteger(Math.log10(tick)),
  );
}

// ---- throughput against latency

const QUANTILES = [
  { key: 'p50', title: 'p50', stroke: 'var(--log-edge)', dash: undefined },
  { key: 'p99', title: 'p99', stroke: 'var(--log-edge)', dash: '5 3' },
  { key: 'p999', title: 'p99.9', stroke: 'var(--log-edge)', dash: '2 3' },
] as const;

export function sweepWords(sweep: readonly OperatingPoint[]): string {
  if (sweep.length === 0)
    return 'The lines will be these settings at other rates; the dots are where you are and were.';
  const most = Math.round(Math.max(...sweep.map(({ perSecond }) => perSecond))).toLocaleString('en');
  // The last one swept is the fastest.
  const { intendedPerSecond, perSecond } = sweep.at(-1)!;
  return perSecond > intendedPerSecond * 0.9
    ? `The lines are these settings at other rates. Even ${intendedPerSecond.toLocaleString('en')} commits a second are kept up with.`
    : `The lines are these settings at other rates. They end near ${most} commits a second: whoever wants more only waits longer.`;
}

export function loadOptions(
  plot: Plot,
  now: OperatingPoint,
  trail: readonly OperatingPoint[],
  sweep: readonly OperatingPoint[],
): PlotOptions {
  const all = [now, ...trail, ...sweep];
  const least = Math.min(...all.map(({ p50 }) => p50));
  const most = Math.max(...all.map(({ p999 }) => p999));
  const rates = all.map(({ perSecond }) => perSecond);
  const bySweep = sweep.toSorted((a, b) => a.intendedPerSecond - b.intendedPerSecond);
  const newest = bySweep.at(-1);
  return {
    marginLeft: 50,
    marginRight: 44,
    marginBottom: 34,
    x: {
      type: 'log',
      label: 'commits told in a second',
      ticks: powersOfTen(rates),
      tickFormat: rate,
      domain: [Math.min(...rates) * 0.8, Math.max(...rates) * 1.25],
      grid: true,
    },
    y: {
      ...LOG_TIME,
      label: 'latency',
      ticks: [...logTicks(least * 0.7, most * 1.4)],
      domain: [least * 0.7, most * 1.4],
    },
    marks: [
      ...QUANTILES.map(({ dash, key, stroke }) =>
        plot.line(bySweep, {
          x: 'perSecond',
          y: key,
          stroke,
          strokeWidth: 1.5,
          ...(dash === undefined ? {} : { strokeDasharray: dash }),
        }),
      ),
      ...(newest === undefined
        ? []
        : QUANTILES.map(({ key, title }, i) =>
            plot.text([newest], {
              x: 'perSecond',
              y: key,
              text: [title],
              textAnchor: 'start',
              dx: 6,
              dy: [9, 3, -9][i]!,
              fill: 'var(--ink-2)',
            }),
          )),
      ...QUANTILES.map(({ key }) =>
        plot.dot(trail, {
          x: 'perSecond',
          y: key,
          r: 3,
          stroke: 'var(--ink-3)',
          strokeOpacity: (_: OperatingPoint, i: number) => 0.3 + (0.7 * (i + 1)) / trail.length,
        }),
      ),
      plot.ruleX([now], { x: 'perSecond', y1: 'p50', y2: 'p999', stroke: 'var(--ink)', strokeWidth: 1 }),
      ...QUANTILES.map(({ key }) =>
        plot.dot([now], { x: 'perSecond', y: key, r: 4.5, fill: 'var(--ink)', stroke: 'var(--ground)' }),
      ),
    ],
  };
}

export function loadTable(
  now: OperatingPoint,
  trail: readonly OperatingPoint[],
  sweep: readonly OperatingPoint[],
): TableTwin {
  const row = (what: string, point: OperatingPoint): string[] => [
    what,
    point.intendedPerSecond.toLocaleString('en'),
    Math.round(point.perSecond).toLocaleString('en'),
    point.commitsPerFlush.toFixed(1),
    micros(point.p50),
    micros(point.p99),
    micros(point.p999),
  ];
  return {
    caption: 'Latency at each throughput',
    head: ['point', 'intended a second', 'told a second', 'commits a flush', 'p50', 'p99', 'p99.9'],
    rows: [
      row('now', now),
      ...trail.map((point, i) => row(`${trail.length - i} before`, point)),
      ...sweep.map((point) => row('other rate', point)),
    ],
  };
}

// ---- open and closed loop

const sorted = (run: TrafficRun, from: 'intended' | 'sent'): Float64Array => latenciesOf(run, from).sort();

/** The closed loop as its clients measure it, and the open loop: the same intentions, on the same device. */
export function loopOptions(plot: Plot, open: TrafficRun, closed: TrafficRun): PlotOptions {
  const endured = percentileCurve(sorted(open, 'intended'));
  const seen = percentileCurve(sorted(closed, 'sent'));
  // Hidden is only what was endured beyond what was seen: above its limit a closed loop may also see more.
  const between = endured.map(({ micros: b, nines }, i) => ({
    nines,
    a: seen[i]!.micros,
    b: Math.max(b, seen[i]!.micros),
  }));
  const all = [...endured, ...seen].map((point) => point.micros);
  const last = ninesOf(open.settings.commits);
  const line = (points: typeof endured, stroke: string, dashed: boolean): object =>
    plot.line(points, {
      x: 'nines',
      y: 'micros',
      stroke,
      strokeWidth: 1.75,
      ...(dashed && { strokeDasharray: '5 3' }),
    });
  return {
    marginLeft: 50,
    marginRight: 16,
    marginBottom: 34,
    x: {
      label: 'percentile',
      domain: [0, last],
      ticks: [0.3, 1, 2, 3, 4].filter((nines) => nines <= last + 0.01),
      tickFormat: (nines: number) => percentileWords(nines === 0.3 ? 0.5 : 1 - 10 ** -nines),
      grid: true,
    },
    y: {
      ...LOG_TIME,
      label: 'latency',
      ticks: [...logTicks(Math.min(...all) * 0.7, Math.max(...all) * 1.6)],
      domain: [Math.min(...all) * 0.7, Math.max(...all) * 1.6],
    },
    marks: [
      plot.areaY(between, { x: 'nines', y1: 'a', y2: 'b', fill: 'var(--warn)', fillOpacity: 0.18 }),
      line(endured, 'var(--log-edge)', false) as never,
      line(seen, 'var(--ink-2)', true) as never,
    ],
  };
}

export function loopSentence(open: TrafficRun, closed: TrafficRun): string {
  const { endured, part, seen } = hiddenAt(sorted(closed, 'sent'), sorted(open, 'intended'));
  const factor = endured / seen;
  const where = percentileWords(part);
  if (factor < 1.15) return 'Here both loops say nearly the same: nobody had to wait long enough to be late.';
  const times = factor < 9.5 ? factor.toFixed(1) : Math.round(factor).toLocaleString('en');
  return `Clients that wait for each answer measure ${where} as ${micros(seen)}. Sent when they were meant to be, the same commits take ${micros(endured)}: ${times} times as long. The shaded part is what the closed loop leaves out (coordinated omission).`;
}

export function loopTable(open: TrafficRun, closed: TrafficRun): TableTwin {
  const endured = sorted(open, 'intended');
  const seen = sorted(closed, 'sent');
  return {
    caption: 'Latency by percentile, in both loops',
    head: ['percentile', 'open loop', 'closed loop, as measured'],
    rows: [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1].map((part) => [
      part === 1 ? 'most' : percentileWords(part),
      micros(quantile(endured, part)),
      micros(quantile(seen, part)),
    ]),
  };
}
