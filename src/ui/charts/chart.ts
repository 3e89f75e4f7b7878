/**
 * Charts by Observable Plot, loaded when the first one is drawn.
 *
 * Plot puts a small inline style sheet into every chart, which our policy forbids (`style-src 'self'`). A sheet that
 * is taken out before the chart enters the document was never applied, so nothing is violated; Chart.svelte holds the
 * few rules it had. Everything else Plot styles through the CSSOM, which the policy allows.
 */
import type * as PlotModule from '@observablehq/plot';

export type Plot = typeof PlotModule;
export type PlotOptions = PlotModule.PlotOptions;
export type Markish = PlotModule.Markish;

/** The chart once more, as a table. */
export interface TableTwin {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

let loaded: Promise<Plot> | undefined;

export function loadPlot(): Promise<Plot> {
  return (loaded ??= import('@observablehq/plot'));
}

export function drawInto(place: HTMLElement, plot: Plot, options: PlotOptions): void {
  const chart = plot.plot(options);
  for (const sheet of chart.querySelectorAll('style')) sheet.remove();
  // The place has one name for the whole; Plot names every group of marks, which no role of theirs allows.
  chart.setAttribute('aria-hidden', 'true');
  place.replaceChildren(chart);
}
