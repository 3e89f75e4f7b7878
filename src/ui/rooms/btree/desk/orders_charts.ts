/** Sequential beside random keys: pages, how full the leaves are, dirty pages a checkpoint, bytes written. */
import { totalOf } from '../../../../lab/btree_presets';
import { WRITTEN_TITLES } from '../../../../lab/btree_words';
import { bytes } from '../../../../lab/media_words';
import { WRITTEN_KINDS, type OrderNote, type OrderState } from '../../../../protocol/btree';
import type { Plot, PlotOptions, TableTwin } from '../../../charts/chart';
import {
  byteTicks,
  count,
  kindKey,
  KIND_FILL,
  MARGINS,
  ORDER_FILL,
  ORDER_STROKE,
  short,
  type ChartSpec,
} from './charts';

const ORDERS = ['sequential', 'random'] as const;
type Order = (typeof ORDERS)[number];

export interface OrdersFigure extends Readonly<Record<Order, string>> {
  readonly name: string;
}

export function ordersFigures({ random, sequential }: OrderNote): readonly OrdersFigure[] {
  const of = (name: string, value: (state: OrderState) => string): OrdersFigure => ({
    name,
    sequential: value(sequential),
    random: value(random),
  });
  return [
    of('pages', ({ pages }) => count(pages)),
    of('height', ({ height }) => String(height)),
    of('leaves full', ({ meanFill }) => `${Math.round(meanFill * 100)} %`),
    of('splits', ({ splits }) => count(splits)),
    of('dirty, last checkpoint', ({ dirtyPages }) => count(dirtyPages)),
    of('written', ({ written }) => bytes(totalOf(written))),
  ];
}

export function ordersCharts(notes: readonly OrderNote[], now: OrderNote): ChartSpec[] {
  return [
    {
      name: 'orders-pages',
      title: 'Pages',
      sentence: 'Both trees hold the same keys at every point of the clock.',
      label: 'Pages of each tree against the number of keys',
      options: (plot) => lines(plot, notes, now, (state) => state.pages, 'pages'),
      table: perPoint(notes, 'Pages', (state) => count(state.pages)),
    },
    {
      name: 'orders-fill',
      title: 'How full the leaves are',
      sentence: 'Leaves by the tenth that they are full, at the time of the clock.',
      label: 'Number of leaves by how full they are, for both trees',
      options: (plot) => fills(plot, now),
      table: {
        caption: 'Leaves by how full they are',
        head: ['full', ...ORDERS],
        rows: now.random.fills.map((_, i) => [
          `${i * 10} to ${(i + 1) * 10} %`,
          ...ORDERS.map((order) => count(now[order].fills[i]!)),
        ]),
      },
    },
    {
      name: 'orders-dirty',
      title: 'Dirty pages that a checkpoint finds',
      sentence: 'Each is written whole, however little of it changed.',
      label: 'Dirty pages of the last checkpoint against the number of keys',
      options: (plot) => lines(plot, notes, now, (state) => state.dirtyPages, 'dirty pages'),
      table: perPoint(notes, 'Dirty pages at the last checkpoint', (state) => count(state.dirtyPages)),
    },
    {
      name: 'orders-written',
      title: 'Bytes written so far',
      sentence: 'By what they were written for; the log is the same for both.',
      label: 'Bytes written for each tree, by what for',
      height: 150,
      key: kindKey(WRITTEN_KINDS.filter((kind) => ORDERS.some((order) => now[order].written[kind] > 0))),
      options: (plot) => written(plot, now),
      table: {
        caption: 'Bytes written, by what for',
        head: ['keys', ...WRITTEN_KINDS.map((kind) => WRITTEN_TITLES[kind]), 'in all'],
        rows: ORDERS.map((order) => [
          order,
          ...WRITTEN_KINDS.map((kind) => bytes(now[order].written[kind])),
          bytes(totalOf(now[order].written)),
        ]),
      },
    },
  ];
}

function lines(
  plot: Plot,
  notes: readonly OrderNote[],
  now: OrderNote,
  value: (state: OrderState) => number,
  label: string,
): PlotOptions {
  return {
    ...MARGINS,
    marginRight: 74,
    x: { label: 'keys', tickFormat: short, ticks: 5, domain: [0, notes.at(-1)!.keys] },
    y: { label, grid: true, ticks: 5, tickFormat: short, zero: true },
    marks: [
      plot.ruleX([now], { x: 'keys', stroke: 'var(--ink-3)' }),
      ...ORDERS.flatMap((order) => [
        plot.line(notes, {
          x: 'keys',
          y: (note: OrderNote) => value(note[order]),
          stroke: ORDER_STROKE[order],
          strokeWidth: 2,
          ...(order === 'random' && { strokeDasharray: '6 3' }),
        }),
        plot.dot([now], { x: 'keys', y: (note: OrderNote) => value(note[order]), r: 4, fill: ORDER_FILL[order] }),
        plot.text([notes.at(-1)!], {
          x: 'keys',
          y: (note: OrderNote) => value(note[order]),
          text: [order],
          textAnchor: 'start',
          dx: 7,
          fill: 'var(--ink)',
        }),
      ]),
    ],
  };
}

function fills(plot: Plot, now: OrderNote): PlotOptions {
  const bars = ORDERS.flatMap((order) =>
    now[order].fills.map((leaves, i) => ({ order, leaves, from: i * 10, to: i * 10 + 10 })),
  );
  return {
    ...MARGINS,
    marginRight: 74,
    x: { label: 'full, %', domain: [0, 100], ticks: 6 },
    y: { label: 'leaves', grid: true, ticks: 3, tickFormat: short },
    fy: { label: null, domain: [...ORDERS], padding: 0.15 },
    marks: [
      plot.rectY(bars, {
        x1: 'from',
        x2: 'to',
        y: 'leaves',
        fy: 'order',
        fill: ({ order }: { order: Order }) => ORDER_FILL[order],
        insetLeft: 1,
        insetRight: 1,
      }),
      plot.ruleY([0], { stroke: 'var(--line-strong)' }),
    ],
  };
}

function written(plot: Plot, now: OrderNote): PlotOptions {
  const parts = ORDERS.flatMap((order) =>
    WRITTEN_KINDS.map((kind) => ({ order, kind, bytes: now[order].written[kind] })),
  );
  const most = Math.max(...ORDERS.map((order) => totalOf(now[order].written)));
  return {
    ...MARGINS,
    marginLeft: 74,
    x: { label: 'bytes', tickFormat: bytes, ticks: byteTicks(most), grid: true },
    y: { label: null, domain: [...ORDERS], padding: 0.25 },
    marks: [
      plot.barX(parts, {
        x: 'bytes',
        y: 'order',
        fill: ({ kind }: { kind: keyof typeof KIND_FILL }) => KIND_FILL[kind],
        stroke: 'var(--ground)',
        order: WRITTEN_KINDS as unknown as string[],
        z: 'kind',
      }),
    ],
  };
}

const perPoint = (notes: readonly OrderNote[], caption: string, value: (state: OrderState) => string): TableTwin => ({
  caption,
  head: ['keys', ...ORDERS],
  rows: notes.map((note) => [count(note.keys), ...ORDERS.map((order) => value(note[order]))]),
});
