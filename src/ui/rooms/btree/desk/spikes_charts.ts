/** Each insert as a spike, by what made it dear; the mean so far, the bound over it, and the line that was drawn. */
import { SPIKE_TITLES, type SpikeMeasure } from '../../../../lab/btree_presets';
import { bytes, duration, figures } from '../../../../lab/media_words';
import type { SpikesNote } from '../../../../protocol/btree';
import type { Plot, PlotOptions, TableTwin } from '../../../charts/chart';
import { boundMarks, drawnMarks, meanMarks, type DrawnPoints } from '../../../charts/cost_marks';
import { count, decades, MARGINS, short } from './charts';

export const SPIKES_HEIGHT = 340;

/** What made an insert dear: the first of these that it did. */
const CAUSES = ['checkpoint', 'spill', 'split', 'plain'] as const;
type Cause = (typeof CAUSES)[number];
const LOOK: Readonly<Record<Cause, { readonly text: string; readonly stroke: string; readonly mark: string }>> = {
  checkpoint: { text: 'pays for a slice of a checkpoint', stroke: 'var(--log-edge)', mark: '' },
  spill: { text: 'spills pages', stroke: 'var(--transaction-edge)', mark: '' },
  split: { text: 'splits a page', stroke: 'var(--page-edge)', mark: '' },
  plain: { text: 'flush of the log only', stroke: 'var(--line-strong)', mark: '' },
};

export interface SpikeRow {
  readonly operation: number;
  readonly cost: number;
  /** Of this insert and all before it. */
  readonly mean: number;
  readonly cause: Cause;
  readonly splits: boolean;
}

export function scaleOf(measure: SpikeMeasure): { readonly low: number; readonly high: number } {
  if (measure === 'bytes') return { low: 128, high: 2 ** 19 };
  if (measure === 'pages') return { low: 0.8, high: 20 };
  return measure === 'hdd' ? { low: 1e6, high: 1e9 } : { low: 1e5, high: 1e8 };
}

export function costWords(measure: SpikeMeasure, cost: number): string {
  if (measure === 'bytes') return bytes(cost);
  return measure === 'pages' ? `${figures(cost)} pages` : duration(cost);
}

export function spikesRows(note: SpikesNote, measure: SpikeMeasure): SpikeRow[] {
  const { columns, question } = note;
  const { checkpointBytes, logBytes, pagesChanged, pagesMade, spilledBytes } = columns;
  let sum = 0;
  return Array.from({ length: question.operations }, (_, i) => {
    // Room ahead is written once and kept: no cost of this insert. It takes time, though.
    const written = logBytes[i]! + spilledBytes[i]! + checkpointBytes[i]!;
    const cost = measure === 'bytes' ? written : measure === 'pages' ? pagesChanged[i]! : note.ns[measure].all[i]!;
    sum += cost;
    const splits = pagesMade[i]! > 0;
    // In memory a checkpoint and a spill change nothing.
    const cause: Cause =
      measure !== 'pages' && checkpointBytes[i]! > 0
        ? 'checkpoint'
        : measure !== 'pages' && spilledBytes[i]! > 0
          ? 'spill'
          : splits
            ? 'split'
            : 'plain';
    return { operation: i + 1, cost, mean: sum / (i + 1), cause, splits };
  });
}

export function spikesKey(
  rows: readonly SpikeRow[],
  measure: SpikeMeasure,
): { text: string; stroke: string; mark: string }[] {
  const share = (cause: Cause): number => rows.filter((row) => row.cause === cause).length;
  return CAUSES.filter((cause) => share(cause) > 0).map((cause) => ({
    ...LOOK[cause],
    text: `${cause === 'plain' && measure === 'pages' ? 'changes its leaf only' : LOOK[cause].text}: ${count(share(cause))}`,
  }));
}

export function spikesSentence({ bound, checkpoints, columns }: SpikesNote, measure: SpikeMeasure): string {
  const splits = columns.pagesMade.filter((pages) => pages > 0).length;
  const what = `${count(splits)} inserts split, ${checkpoints.length} checkpoints ended.`;
  if (measure === 'bytes') return `${what} ${bound.words} Zeros that make room in the data files are left out.`;
  if (measure === 'pages') return `${what} ${bound.words}`;
  return `${what} Nearly all of the time is the flush that every commit waits for; slices of checkpoints are spread over many inserts, so that no one waits for a whole one.`;
}

export function spikesOptions(
  rows: readonly SpikeRow[] | undefined,
  note: SpikesNote | undefined,
  measure: SpikeMeasure,
  operations: number,
  line: DrawnPoints | undefined,
): (plot: Plot) => PlotOptions {
  const { high, low } = scaleOf(measure);
  const top = Math.max(high, ...(rows ?? []).map(({ cost }) => cost));
  const isTime = measure !== 'bytes' && measure !== 'pages';
  const bound = note === undefined || isTime ? undefined : note.bound[measure];
  return (plot) => ({
    ...MARGINS,
    x: { label: 'insert', domain: [0, operations], ticks: 6, tickFormat: short },
    y: {
      type: 'log',
      // Labels of other powers than the base's are left out.
      base: isTime ? 10 : 2,
      label: SPIKE_TITLES[measure],
      domain: [low, top],
      ticks:
        measure === 'pages'
          ? [1, 2, 4, 8, 16]
          : measure === 'bytes'
            ? [128, 512, 2048, 8192, 32_768, 131_072, 524_288]
            : decades(low, top),
      tickFormat: (value: number) => (measure === 'pages' ? String(value) : costWords(measure, value)),
      grid: true,
      clamp: true,
    },
    marks: [
      ...(rows === undefined ? [] : spikes(plot, rows, low)),
      ...(bound === undefined ? [] : boundMarks(plot, bound, operations * 0.75)),
      ...(line === undefined ? [] : drawnMarks(plot, line)),
    ],
  });
}

const spikes = (plot: Plot, rows: readonly SpikeRow[], low: number): NonNullable<PlotOptions['marks']> => [
  plot.ruleX(rows, {
    x: 'operation',
    y1: low,
    y2: 'cost',
    stroke: ({ cause }: SpikeRow) => LOOK[cause].stroke,
    strokeWidth: ({ cause }: SpikeRow) => (cause === 'plain' ? 0.8 : 1.4),
  }),
  plot.dot(
    rows.filter(({ splits }) => splits),
    { x: 'operation', y: low, symbol: 'triangle', r: 2.5, dy: 5, fill: 'var(--page-edge)' },
  ),
  ...meanMarks(plot, rows),
];

/** In twenty pieces: a row for each insert is no table to read. */
export function spikesTable(rows: readonly SpikeRow[] | undefined, measure: SpikeMeasure): TableTwin {
  const all = rows ?? [];
  const size = Math.max(1, Math.ceil(all.length / 20));
  const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
  return {
    caption: `Cost of inserts: ${SPIKE_TITLES[measure]}`,
    head: ['inserts', 'least', 'most', 'mean so far', 'splits', 'with a checkpoint', 'with a spill'],
    rows: pieces.map((piece) => [
      `${piece[0]!.operation} to ${piece.at(-1)!.operation}`,
      costWords(measure, Math.min(...piece.map(({ cost }) => cost))),
      costWords(measure, Math.max(...piece.map(({ cost }) => cost))),
      costWords(measure, piece.at(-1)!.mean),
      count(piece.filter(({ splits }) => splits).length),
      count(piece.filter(({ cause }) => cause === 'checkpoint').length),
      count(piece.filter(({ cause }) => cause === 'spill').length),
    ]),
  };
}
