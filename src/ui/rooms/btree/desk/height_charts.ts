/** Height, fan-out and keys of a leaf: measured as dots, the closed form as lines. */
import { leafCellBytes, RANDOM_FILL, treeForm, type TreeForm } from '../../../../lab/btree_forms';
import { figures } from '../../../../lab/media_words';
import type { HeightNote } from '../../../../protocol/btree';
import type { Plot, PlotOptions } from '../../../charts/chart';
import { count, decades, MARGINS, short, type ChartSpec } from './charts';

interface Settings {
  readonly pageBytes: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly pattern: 'random' | 'sequential';
}

const KEYS_MAX = 1e9;
const POINTS = 140;

interface Forms {
  /** With separators as long as keys. */
  readonly whole: TreeForm;
  /** With separators as long as the engine's were. */
  readonly short: TreeForm;
}

function formsOf(last: HeightNote, { keyBytes, pageBytes, pattern, valueBytes }: Settings): Forms {
  const cell = leafCellBytes(keyBytes, valueBytes);
  const fill = pattern === 'random' ? RANDOM_FILL : 1;
  return {
    whole: treeForm(pageBytes, cell, keyBytes, fill),
    short: treeForm(pageBytes, cell, Math.max(1, Math.round(last.separatorBytes)), fill),
  };
}

export function heightCharts(notes: readonly HeightNote[], settings: Settings): ChartSpec[] {
  const last = notes.at(-1)!;
  const forms = formsOf(last, settings);
  return [
    {
      name: 'height-levels',
      title: 'Height against number of keys',
      sentence: `Dots: the engine, up to ${count(last.keys)} keys. Solid: the closed form with separators of ${figures(last.separatorBytes)} bytes, as the engine has them; dashed: with whole keys. Both go on to a billion.`,
      label: 'Height of the tree against the number of keys: measured, and by the closed form',
      whole: true,
      options: (plot) => levels(plot, notes, forms),
      table: {
        caption: 'Height, measured and by the closed form',
        head: ['keys', 'measured', 'closed form', 'with whole keys', 'pages', 'by the form'],
        rows: [
          ...notes.map((note) => [
            count(note.keys),
            String(note.height),
            String(forms.short.heightOf(note.keys)),
            String(forms.whole.heightOf(note.keys)),
            count(note.pages),
            count(forms.short.pagesOf(note.keys)),
          ]),
          ...decades(last.keys * 2, KEYS_MAX).map((keys) => [
            count(keys),
            'not measured',
            String(forms.short.heightOf(keys)),
            String(forms.whole.heightOf(keys)),
            '',
            count(forms.short.pagesOf(keys)),
          ]),
        ],
      },
    },
    perPage('height-fan-out', 'Children of an inner page', notes, 'fanOut', [
      { text: 'closed form', value: forms.short.fanOut },
      { text: 'whole keys', value: forms.whole.fanOut },
    ]),
    perPage('height-leaf-keys', 'Keys of a leaf', notes, 'leafKeys', [
      { text: 'closed form', value: forms.short.leafKeys },
    ]),
  ];
}

function levels(plot: Plot, notes: readonly HeightNote[], forms: Forms): PlotOptions {
  const least = notes[0]!.keys;
  const keys = Array.from({ length: POINTS }, (_, i) => least * (KEYS_MAX / least) ** (i / (POINTS - 1)));
  const line = (form: TreeForm, dash: string | undefined): object =>
    plot.line(keys, {
      x: (n: number) => n,
      y: (n: number) => form.heightOf(n),
      curve: 'step-after',
      stroke: 'var(--ink-2)',
      strokeWidth: 1.5,
      ...(dash !== undefined && { strokeDasharray: dash }),
    });
  const most = Math.max(forms.whole.heightOf(KEYS_MAX), notes.at(-1)!.height);
  return {
    ...MARGINS,
    x: {
      type: 'log',
      label: 'keys',
      ticks: decades(least, KEYS_MAX),
      tickFormat: short,
      domain: [least, KEYS_MAX],
      grid: true,
    },
    y: { label: 'levels', domain: [0, most + 1], ticks: most > 12 ? 6 : most + 1, grid: true },
    marks: [
      line(forms.whole, '5 3') as never,
      line(forms.short, undefined) as never,
      plot.dot(notes, { x: 'keys', y: 'height', r: 5, fill: 'var(--page)', stroke: 'var(--page-edge)' }),
    ],
  };
}

function perPage(
  name: string,
  title: string,
  notes: readonly HeightNote[],
  field: 'fanOut' | 'leafKeys',
  rules: readonly { readonly text: string; readonly value: number }[],
): ChartSpec {
  const shown = notes.filter((note) => note[field] > 0);
  const least = notes[0]!.keys;
  const most = Math.max(notes.at(-1)!.keys, least * 10);
  const highest = Math.max(...rules.map(({ value }) => value), ...shown.map((note) => note[field]));
  return {
    name,
    title,
    sentence: 'Dots: the engine’s pages, on average. Lines: the closed form, pages as full as they get on average.',
    label: `${title}, measured and by the closed form`,
    height: 210,
    options: (plot) => ({
      ...MARGINS,
      marginRight: 80,
      x: {
        type: 'log',
        label: 'keys',
        ticks: decades(least, most),
        tickFormat: short,
        domain: [least, most],
        grid: true,
      },
      y: { label: null, domain: [0, highest * 1.15], ticks: 5, grid: true },
      marks: [
        ...rules.map(({ text, value }) =>
          plot.ruleY([value], { stroke: 'var(--ink-2)', strokeDasharray: text === 'whole keys' ? '5 3' : 'none' }),
        ),
        plot.text(rules, { y: 'value', x: () => most, text: 'text', textAnchor: 'start', dx: 6, fill: 'var(--ink-2)' }),
        plot.dot(shown, { x: 'keys', y: field, r: 4, fill: 'var(--page)', stroke: 'var(--page-edge)' }),
      ],
    }),
    table: {
      caption: title,
      head: ['keys', 'measured', ...rules.map(({ text }) => text)],
      rows: shown.map((note) => [count(note.keys), figures(note[field]), ...rules.map(({ value }) => figures(value))]),
    },
  };
}
