/** Over the spikes of single operations: the mean of all so far, its bound, and the line that the learner drew of it. */
import type { Plot, PlotOptions } from './chart';
import type { CostRow } from './drawn_line';

type Marks = NonNullable<PlotOptions['marks']>;

/** What a learner drew, by the number of operations. */
export type DrawnPoints = readonly { readonly operation: number; readonly guess: number }[];

const HALO = { stroke: 'var(--ground)', strokeWidth: 4 } as const;

export const meanMarks = (plot: Plot, rows: readonly CostRow[]): Marks => [
  plot.line(rows, { x: 'operation', y: 'mean', stroke: 'var(--ground)', strokeWidth: 5 }),
  plot.line(rows, { x: 'operation', y: 'mean', stroke: 'var(--ink)', strokeWidth: 2.25 }),
  plot.text(rows.slice(-1), {
    ...{ x: 'operation', y: 'mean', text: ['mean so far'], textAnchor: 'end', dy: -9 },
    ...{ fill: 'var(--ink)', ...HALO },
  }),
];

/** The line as it was drawn, under its name. */
export const drawnMarks = (plot: Plot, line: DrawnPoints): Marks => [
  plot.line(line, { x: 'operation', y: 'guess', stroke: 'var(--ground)', strokeWidth: 5 }),
  plot.line(line, { x: 'operation', y: 'guess', stroke: 'var(--ink)', strokeWidth: 1.75, strokeDasharray: '7 4' }),
  plot.text(line.slice(0, 1), {
    ...{ x: 'operation', y: 'guess', text: ['your line'], textAnchor: 'start', dx: 4, dy: -9 },
    ...{ fill: 'var(--ink)', ...HALO },
  }),
];

/** @param at where its name stands */
export const boundMarks = (plot: Plot, bound: number, at: number): Marks => [
  plot.ruleY([bound], { stroke: 'var(--bad)', strokeWidth: 1.75, strokeDasharray: '2 3' }),
  plot.text([bound], {
    ...{ y: (each: number) => each, x: () => at, text: ['bound of the mean'], textAnchor: 'start', dy: -8 },
    ...{ fill: 'var(--bad)', ...HALO },
  }),
];
