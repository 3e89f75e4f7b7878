/** Amplification: stacked by what was written for, beside what page size and row size foretell; reads; space. */
import { amplificationForm, type UpdateSettings } from '../../../../lab/btree_forms';
import { updateBytes } from '../../../../lab/btree_presets';
import { PATTERN_TITLES, PROTECTION_TITLES, WRITTEN_TITLES } from '../../../../lab/btree_words';
import { bytes, figures } from '../../../../lab/media_words';
import type { PageProtection } from '../../../../btree';
import {
  WRITTEN_KINDS,
  type KeyPattern,
  type SpaceBytes,
  type WritesNote,
  type WrittenBytes,
} from '../../../../protocol/btree';
import type { Plot, PlotOptions } from '../../../charts/chart';
import { count, kindKey, KIND_FILL, MARGINS, type ChartSpec } from './charts';

/** Room ahead is written once and kept. */
const KINDS = WRITTEN_KINDS.filter((kind) => kind !== 'room');
const PATTERNS: readonly KeyPattern[] = ['sequential', 'random', 'skewed'];

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

interface Foretold {
  readonly pattern: KeyPattern;
  readonly protection: PageProtection;
  readonly amplification: number;
}

/** Pages count twice where each is copied first. Skewed updates have no simple form. */
function foretold(notes: readonly WritesNote[], settings: UpdateSettings): Foretold[] {
  return notes.flatMap(({ pattern, protection, written }) => {
    if (pattern === 'skewed') return [];
    const { log, map, pages } = amplificationForm(pattern, settings);
    const copies = written.copies > 0 ? 2 : 1;
    return [{ pattern, protection, amplification: log + copies * pages + map }];
  });
}

export function writesCharts(notes: readonly WritesNote[], settings: UpdateSettings): ChartSpec[] {
  const forms = foretold(notes, settings);
  return [
    writeChart(notes, forms, settings),
    readChart(notes),
    spaceChart(notes.filter(({ pattern }) => pattern === 'random')),
  ];
}

// ---- write amplification

function writeChart(notes: readonly WritesNote[], forms: readonly Foretold[], settings: UpdateSettings): ChartSpec {
  const kinds = KINDS.filter((kind) => notes.some(({ written }) => written[kind] > 0));
  const record = 16 + settings.valueBytes;
  const formOf = (note: WritesNote): Foretold | undefined =>
    forms.find((form) => form.pattern === note.pattern && form.protection === note.protection);
  return {
    name: 'writes-amplification',
    title: 'W-Amp: bytes written for each byte put',
    sentence: `A page of ${bytes(settings.pageBytes)} for a row of ${record} bytes would be ${figures(settings.pageBytes / record)} if no two updates shared a page. Upright marks: foretold from page size, row size and updates between two checkpoints.`,
    label: 'Write amplification by pattern of updates and page protection, by what was written for',
    whole: true,
    height: 60 + 3 * (22 * unique(notes.map(({ protection }) => protection)).length + 16),
    key: kindKey(kinds),
    options: (plot) => stacked(plot, notes, forms),
    table: {
      caption: 'Write amplification, by what was written for',
      head: [
        'updates',
        'protection',
        ...kinds.map((kind) => WRITTEN_TITLES[kind]),
        'W-Amp',
        'foretold',
        'flushes',
        'checkpoints',
      ],
      rows: notes.map((note) => {
        const form = formOf(note);
        return [
          PATTERN_TITLES[note.pattern],
          PROTECTION_TITLES[note.protection],
          ...kinds.map((kind) => (note.written[kind] / note.userBytes).toFixed(2)),
          (updateBytes(note.written) / note.userBytes).toFixed(2),
          form === undefined ? '' : form.amplification.toFixed(2),
          count(note.flushes),
          count(note.checkpoints),
        ];
      }),
    },
  };
}

function stacked(plot: Plot, notes: readonly WritesNote[], forms: readonly Foretold[]): PlotOptions {
  const parts = notes.flatMap((note) =>
    KINDS.map((kind) => ({
      pattern: PATTERN_TITLES[note.pattern],
      protection: PROTECTION_TITLES[note.protection],
      kind,
      amplification: note.written[kind] / note.userBytes,
    })),
  );
  const wholes = notes.map((note) => ({
    pattern: PATTERN_TITLES[note.pattern],
    protection: PROTECTION_TITLES[note.protection],
    amplification: updateBytes(note.written) / note.userBytes,
  }));
  const marks = forms.map((form) => ({
    pattern: PATTERN_TITLES[form.pattern],
    protection: PROTECTION_TITLES[form.protection],
    amplification: form.amplification,
  }));
  const most = Math.max(...[...wholes, ...marks].map(({ amplification }) => amplification));
  return {
    ...MARGINS,
    marginLeft: 104,
    marginRight: 78,
    // Room for the numbers behind the bars.
    x: { label: 'bytes written for each byte put', grid: true, ticks: 6, domain: [0, most * 1.14] },
    y: { label: null, domain: unique(wholes.map(({ protection }) => protection)), padding: 0.2 },
    fy: { label: null, domain: PATTERNS.map((pattern) => PATTERN_TITLES[pattern]), padding: 0.12 },
    marks: [
      plot.barX(parts, {
        x: 'amplification',
        y: 'protection',
        fy: 'pattern',
        z: 'kind',
        order: KINDS as unknown as string[],
        fill: ({ kind }: { kind: keyof WrittenBytes }) => KIND_FILL[kind],
        stroke: 'var(--ground)',
        strokeWidth: 0.75,
      }),
      plot.tickX(marks, {
        x: 'amplification',
        y: 'protection',
        fy: 'pattern',
        stroke: 'var(--ink)',
        strokeWidth: 2.5,
        insetTop: -2,
        insetBottom: -2,
      }),
      plot.text(wholes, {
        x: 'amplification',
        y: 'protection',
        fy: 'pattern',
        text: ({ amplification }: { amplification: number }) => amplification.toFixed(1),
        textAnchor: 'start',
        dx: 8,
        fill: 'var(--ink)',
        stroke: 'var(--ground)',
        strokeWidth: 3,
      }),
    ],
  };
}

// ---- read amplification

function readChart(notes: readonly WritesNote[]): ChartSpec {
  const rows = notes.filter(({ pattern }) => pattern === 'random');
  const bars = rows.flatMap(({ protection, read }) => [
    { what: 'get', protection: PROTECTION_TITLES[protection], looked: read.pagesPerGet, reads: read.readsPerGet },
    {
      what: 'scan of 100',
      protection: PROTECTION_TITLES[protection],
      looked: read.pagesPerScan,
      reads: read.readsPerScan,
    },
  ]);
  const first = rows[0];
  return {
    name: 'writes-reads',
    title: 'R-Amp: reads for each query',
    sentence:
      first === undefined
        ? 'After random updates.'
        : `After random updates, with a pool of a tenth of the data. Outline: pages looked at; filled: read from the device. A get of ${first.read.getBytes} bytes reads ${bytes(first.read.bytesPerGet)}, ${figures(first.read.bytesPerGet / first.read.getBytes)} times as much; a scan only ${figures(first.read.bytesPerScan / first.read.scanBytes)} times.`,
    label: 'Pages looked at and read for a get and for a scan, by page protection',
    height: 220,
    options: (plot) => ({
      ...MARGINS,
      marginLeft: 104,
      marginRight: 84,
      x: { label: 'pages', grid: true, ticks: 5 },
      y: { label: null, domain: unique(bars.map(({ protection }) => protection)), padding: 0.25 },
      fy: { label: null, domain: ['get', 'scan of 100'], padding: 0.15 },
      marks: [
        plot.barX(bars, { x: 'looked', y: 'protection', fy: 'what', fill: 'none', stroke: 'var(--page-edge)' }),
        plot.barX(bars, { x: 'reads', y: 'protection', fy: 'what', fill: 'var(--page)' }),
      ],
    }),
    table: {
      caption: 'Read amplification',
      head: [
        'updates',
        'protection',
        'pages a get',
        'R-Amp of a get',
        'bytes read for a byte',
        'pages a scan',
        'R-Amp of a scan',
        'bytes read for a byte',
      ],
      rows: notes.map(({ pattern, protection, read }) => [
        PATTERN_TITLES[pattern],
        PROTECTION_TITLES[protection],
        figures(read.pagesPerGet),
        figures(read.readsPerGet),
        figures(read.bytesPerGet / read.getBytes),
        figures(read.pagesPerScan),
        figures(read.readsPerScan),
        figures(read.bytesPerScan / read.scanBytes),
      ]),
    },
  };
}

// ---- space amplification

const SPACE: readonly { readonly key: keyof SpaceBytes; readonly text: string; readonly fill: string }[] = [
  { key: 'userBytes', text: 'keys and values', fill: 'var(--page)' },
  { key: 'format', text: 'headers, slots, separators', fill: 'var(--page-edge)' },
  { key: 'gaps', text: 'gaps in pages', fill: 'var(--line-strong)' },
  { key: 'mapAndCopies', text: 'map and copies', fill: 'var(--table)' },
  { key: 'free', text: 'free pages', fill: 'var(--line)' },
  { key: 'log', text: 'log', fill: 'var(--log)' },
  { key: 'superblock', text: 'superblock', fill: 'var(--ink-2)' },
];

const spaceAmp = (space: SpaceBytes): number => SPACE.reduce((sum, { key }) => sum + space[key], 0) / space.userBytes;

function spaceChart(notes: readonly WritesNote[]): ChartSpec {
  const parts = notes.flatMap(({ protection, space }) =>
    SPACE.map(({ key, fill }) => ({
      protection: PROTECTION_TITLES[protection],
      key,
      fill,
      amplification: space[key] / space.userBytes,
    })),
  );
  return {
    name: 'writes-space',
    title: 'Space-Amp: bytes of the files for each byte of data',
    sentence:
      'After random updates. The log has a fixed length, whatever the data; free pages are where the next checkpoint goes.',
    label: 'Bytes of the files for each byte of keys and values, by what they hold',
    height: 220,
    key: SPACE.map(({ fill, text }) => ({ fill, text })),
    options: (plot) => ({
      ...MARGINS,
      marginLeft: 104,
      x: { label: 'bytes for each byte of data', grid: true, ticks: 5 },
      y: { label: null, domain: unique(parts.map(({ protection }) => protection)), padding: 0.25 },
      marks: [
        plot.barX(parts, {
          x: 'amplification',
          y: 'protection',
          z: 'key',
          order: SPACE.map(({ key }) => key),
          fill: 'fill',
          stroke: 'var(--ground)',
          strokeWidth: 0.75,
        }),
      ],
    }),
    table: {
      caption: 'Space amplification',
      head: ['protection', ...SPACE.map(({ text }) => text), 'Space-Amp'],
      rows: notes.map(({ protection, space }) => [
        PROTECTION_TITLES[protection],
        ...SPACE.map(({ key }) => bytes(space[key])),
        spaceAmp(space).toFixed(2),
      ]),
    },
  };
}
