/** How often a filter is wrong: measured with an interval, beside the formula. */
import type { FilterCurveNote, FilterRateNote } from '../../../../protocol/lsm';
import { MARGINS, type ChartSpec } from '../../../charts/chart_parts';

interface Dot {
  readonly bits: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.96;
const RATE_LEAST = 2e-4;

/** 95 % interval of a share (Wilson 1927): one that holds for few mistakes too, and for none. */
export function intervalOf({ asked, passed }: Pick<FilterRateNote, 'asked' | 'passed'>): { low: number; high: number } {
  const share = passed / asked;
  const middle = (share + Z ** 2 / (2 * asked)) / (1 + Z ** 2 / asked);
  const half = (Z / (1 + Z ** 2 / asked)) * Math.sqrt((share * (1 - share)) / asked + Z ** 2 / (4 * asked ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

const percent = (rate: number): string => `${Number((100 * rate).toPrecision(2))} %`;

export function ratesChart(rates: readonly FilterRateNote[], curve: FilterCurveNote | undefined): ChartSpec {
  const dots = rates.map((note): Dot => ({ bits: note.bits, rate: note.passed / note.asked, ...intervalOf(note) }));
  const line = curve?.points ?? [];
  return {
    name: 'filter-rates',
    title: 'Filters that are wrong, by bits a key',
    sentence:
      'Dots: the engine, each with the interval in which the true share lies 95 times of 100. Line: the formula, with the number of bits that the engine looks at; the steps are where that number changes.',
    label: 'Share of lookups of absent keys that a filter lets pass, measured and by the formula',
    whole: true,
    height: 300,
    options: (plot) => ({
      ...MARGINS,
      x: { label: 'bits a key', domain: [0, 13], ticks: 7 },
      y: {
        type: 'log',
        label: 'pass by mistake',
        domain: [RATE_LEAST, 1.2],
        ticks: [0.001, 0.01, 0.1, 1],
        tickFormat: percent,
        grid: true,
        clamp: true,
      },
      marks: [
        plot.line(
          line.filter(({ bits }) => bits <= 13),
          { x: 'bits', y: 'rate', stroke: 'var(--ink-2)', strokeWidth: 1.75 },
        ),
        plot.ruleX(dots, {
          x: 'bits',
          y1: ({ low }: Dot) => Math.max(low, RATE_LEAST),
          y2: 'high',
          stroke: 'var(--table-edge)',
          strokeWidth: 2,
        }),
        plot.dot(dots, {
          x: 'bits',
          y: ({ rate }: Dot) => Math.max(rate, RATE_LEAST),
          r: 4.5,
          fill: 'var(--table)',
          stroke: 'var(--table-edge)',
        }),
      ],
    }),
    table: {
      caption: 'Share of absent keys that pass a filter',
      head: ['bits a key', 'asked', 'passed', 'measured', 'from', 'to', 'formula'],
      rows: rates.map((note) => {
        const { high, low } = intervalOf(note);
        return [
          String(note.bits),
          note.asked.toLocaleString('en'),
          note.passed.toLocaleString('en'),
          percent(note.passed / note.asked),
          percent(low),
          percent(high),
          percent(note.expected),
        ];
      }),
    },
  };
}
