/** Each put as a spike, by what made it dear; the mean so far and its bound; and the queue of runs behind level 0. */
import { PRESSURE_TITLES, type PressureMeasure } from '../../../../lab/lsm_presets';
import { DEVICE_TITLES } from '../../../../lab/device_presets';
import { bytes, dollars, duration, energy, runsUntilWorn } from '../../../../lab/media_words';
import { PRICED_KINDS } from '../../../../protocol/prices';
import type { PressureNote } from '../../../../protocol/lsm';
import type { Plot, PlotOptions, TableTwin } from '../../../charts/chart';
import { count, decades, MARGINS, short, type ChartSpec } from '../../../charts/chart_parts';
import { boundMarks, drawnMarks, meanMarks, type DrawnPoints } from '../../../charts/cost_marks';

export const PRESSURE_HEIGHT = 340;

/** What made a put dear: the first of these that it did. */
const CAUSES = ['stalled', 'slowed', 'compaction', 'flush', 'plain'] as const;
type Cause = (typeof CAUSES)[number];
const LOOK: Readonly<Record<Cause, { readonly text: string; readonly stroke: string }>> = {
  stalled: { text: 'waits until compaction has caught up', stroke: 'var(--bad)' },
  slowed: { text: 'is slowed: pays a larger slice', stroke: 'var(--transaction-edge)' },
  compaction: { text: 'pays for a slice of a compaction', stroke: 'var(--table-edge)' },
  flush: { text: 'pays for a slice of a flush', stroke: 'var(--version-edge)' },
  plain: { text: 'log only', stroke: 'var(--line-strong)' },
};

export interface PressureRow {
  readonly operation: number;
  readonly cost: number;
  readonly mean: number;
  readonly cause: Cause;
}

export const scaleOf = (measure: PressureMeasure): { readonly low: number; readonly high: number } =>
  measure === 'bytes'
    ? { low: 64, high: 2 ** 18 }
    : measure === 'hdd'
      ? { low: 1e6, high: 1e9 }
      : { low: 1e4, high: 1e8 };

export const costWords = (measure: PressureMeasure, cost: number): string =>
  measure === 'bytes' ? bytes(cost) : duration(cost);

export function pressureRows({ columns, ns, question }: PressureNote, measure: PressureMeasure): PressureRow[] {
  const { compactionBytes, flushBytes, logBytes, pressure, superblockBytes } = columns;
  let sum = 0;
  return Array.from({ length: question.operations }, (_, i) => {
    const written = logBytes[i]! + flushBytes[i]! + compactionBytes[i]! + superblockBytes[i]!;
    const cost = measure === 'bytes' ? written : ns[measure][i]!;
    sum += cost;
    return { operation: i + 1, cost, mean: sum / (i + 1), cause: causeOf(i) };
  });

  function causeOf(i: number): Cause {
    if (compactionBytes[i]! > 0 && pressure[i] === 2) return 'stalled';
    if (compactionBytes[i]! > 0 && pressure[i] === 1) return 'slowed';
    if (compactionBytes[i]! > 0) return 'compaction';
    return flushBytes[i]! + superblockBytes[i]! > 0 ? 'flush' : 'plain';
  }
}

export const pressureKey = (rows: readonly PressureRow[]): { text: string; stroke: string }[] =>
  CAUSES.flatMap((cause) => {
    const share = rows.filter((row) => row.cause === cause).length;
    return share === 0 ? [] : [{ stroke: LOOK[cause].stroke, text: `${LOOK[cause].text}: ${count(share)}` }];
  });

export function pressureSentence(
  { bound, compactions, flushes, slowed, stalled }: PressureNote,
  measure: PressureMeasure,
): string {
  const what = `${count(flushes)} flushes, ${count(compactions)} merges. Writers were slowed ${count(slowed)} ${slowed === 1 ? 'time' : 'times'}, and stalled ${count(stalled)} ${stalled === 1 ? 'time' : 'times'}.`;
  if (measure === 'bytes') return `${what} ${bound.words} Zeros that make room in the data files are left out.`;
  return `${what} Most of the time is the flush of the log that every group waits for; a put that ends a flush or a merge waits for the data files and the manifest too.`;
}

export function pressureOptions(
  rows: readonly PressureRow[] | undefined,
  note: PressureNote | undefined,
  measure: PressureMeasure,
  operations: number,
  line: DrawnPoints | undefined,
): (plot: Plot) => PlotOptions {
  const { high, low } = scaleOf(measure);
  const top = Math.max(high, ...(rows ?? []).map(({ cost }) => cost));
  const bound = measure === 'bytes' ? note?.bound.bytes : undefined;
  return (plot) => ({
    ...MARGINS,
    x: { label: 'put', domain: [0, operations], ticks: 6, tickFormat: short },
    y: {
      type: 'log',
      base: measure === 'bytes' ? 2 : 10,
      label: PRESSURE_TITLES[measure],
      domain: [low, top],
      ticks: measure === 'bytes' ? [128, 512, 2048, 8192, 32_768, 131_072] : decades(low, top),
      tickFormat: (value: number) => costWords(measure, value),
      grid: true,
      clamp: true,
    },
    marks: [
      ...(rows === undefined
        ? []
        : [
            plot.ruleX(
              rows.filter(({ cost }) => cost > low),
              {
                x: 'operation',
                y1: low,
                y2: 'cost',
                stroke: ({ cause }: PressureRow) => LOOK[cause].stroke,
                strokeWidth: ({ cause }: PressureRow) => (cause === 'plain' ? 0.8 : 1.4),
              },
            ),
            // Before the first group is flushed nothing was written.
            ...meanMarks(
              plot,
              rows.filter(({ mean }) => mean > 0),
            ),
          ]),
      ...(bound === undefined ? [] : boundMarks(plot, bound, operations * 0.75)),
      ...(line === undefined ? [] : drawnMarks(plot, line)),
    ],
  });
}

/** In twenty pieces: a row for each put is no table to read. */
export function pressureTable(rows: readonly PressureRow[] | undefined, measure: PressureMeasure): TableTwin {
  const all = rows ?? [];
  const size = Math.max(1, Math.ceil(all.length / 20));
  const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
  const share = (piece: readonly PressureRow[], cause: Cause): string =>
    count(piece.filter((row) => row.cause === cause).length);
  return {
    caption: `Cost of puts: ${PRESSURE_TITLES[measure]}`,
    head: ['puts', 'least', 'most', 'mean so far', 'with a flush', 'with a merge', 'slowed', 'stalled'],
    rows: pieces.map((piece) => [
      `${piece[0]!.operation} to ${piece.at(-1)!.operation}`,
      costWords(measure, Math.min(...piece.map(({ cost }) => cost))),
      costWords(measure, Math.max(...piece.map(({ cost }) => cost))),
      costWords(measure, piece.at(-1)!.mean),
      share(piece, 'flush'),
      share(piece, 'compaction'),
      share(piece, 'slowed'),
      share(piece, 'stalled'),
    ]),
  };
}

/** Runs that wait on level 0. */
export function queueChart({ columns, question }: PressureNote): ChartSpec {
  const rows = Array.from(columns.level0, (runs, i) => ({ operation: i + 1, runs, state: columns.pressure[i]! }));
  const states = rows.filter(({ state }) => state > 0);
  const every = Math.max(1, Math.ceil(question.operations / 20));
  return {
    name: 'pressure-queue',
    title: 'The queue: runs of level 0',
    sentence:
      'Each flush adds one; a compaction takes them. Marks on the base line: puts during which writers were slowed (short) or stalled (tall).',
    label: 'Number of runs of level 0 after each put, with the puts that were slowed or stalled',
    whole: true,
    height: 180,
    options: (plot) => ({
      ...MARGINS,
      x: { label: 'put', domain: [0, question.operations], ticks: 6, tickFormat: short },
      y: { label: 'runs', grid: true, ticks: 4, zero: true },
      marks: [
        plot.line(rows, {
          x: 'operation',
          y: 'runs',
          curve: 'step-after',
          stroke: 'var(--table-edge)',
          strokeWidth: 1.5,
        }),
        plot.ruleX(states, {
          x: 'operation',
          y1: 0,
          y2: ({ state }: (typeof rows)[number]) => state * 0.5,
          stroke: ({ state }: (typeof rows)[number]) => (state === 2 ? 'var(--bad)' : 'var(--transaction-edge)'),
        }),
      ],
    }),
    table: {
      caption: 'Runs of level 0',
      head: ['put', 'runs', 'writers'],
      rows: rows
        .filter((_, i) => i % every === every - 1)
        .map(({ operation, runs, state }) => [count(operation), String(runs), ['free', 'slowed', 'stalled'][state]!]),
    },
  };
}

/** The whole run on each device: time, joules, wear, money. */
export const priceTable = ({ ns, totals }: PressureNote): TableTwin => ({
  caption: 'The whole run on each device',
  head: ['device', 'time', 'energy', 'such runs until it is worn out', 'money'],
  rows: PRICED_KINDS.map((kind) => [
    DEVICE_TITLES[kind],
    duration(ns[kind].reduce((sum, one) => sum + one, 0)),
    energy(totals[kind].joules),
    runsUntilWorn(totals[kind].wear),
    dollars(totals[kind].usd),
  ]),
});
