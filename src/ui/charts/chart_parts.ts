/** Parts that the charts of several desks share: what a chart is made of, its margins, its numbers and ticks. */
import type { Plot, PlotOptions, TableTwin } from './chart';

export interface ChartSpec {
  readonly name: string;
  readonly title: string;
  readonly sentence: string;
  readonly label: string;
  readonly options: (plot: Plot) => PlotOptions;
  readonly table: TableTwin;
  readonly height?: number;
  /** Takes the whole width. */
  readonly whole?: boolean;
  readonly key?: readonly { readonly text: string; readonly fill: string; readonly dash?: boolean }[];
}

export const count = (value: number): string => Math.round(value).toLocaleString('en');
export const short = (value: number): string =>
  value >= 1e9
    ? `${value / 1e9}G`
    : value >= 1e6
      ? `${value / 1e6}M`
      : value >= 1e3
        ? `${value / 1e3}k`
        : String(value);

/** Powers of ten, where a scale spans some. */
export function decades(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); power <= Math.log10(to) + 1e-9; power++) ticks.push(10 ** power);
  return ticks;
}

/** Round in bytes: 512 KiB, 1 MiB, 1.5 MiB. */
export function byteTicks(most: number): number[] {
  const step = 2 ** Math.round(Math.log2(most / 5));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

export const MARGINS = { marginLeft: 56, marginRight: 20, marginBottom: 36, marginTop: 26 } as const;
