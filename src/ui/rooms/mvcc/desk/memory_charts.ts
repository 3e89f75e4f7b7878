/** What versions cost: versions for each key beside the guess, bytes by whom they are for, and every rate with every reader. */
import { bytes, figures } from '../../../../lab/media_words';
import { READER_WORDS } from '../../../../lab/mvcc_words';
import { READER_KINDS, type MemoryPoint, type MemorySweepNote, type ReaderKind } from '../../../../protocol/mvcc';
import { byteTicks, count, MARGINS, short, type ChartSpec } from '../../../charts/chart_parts';

export const perKey = ({ measure }: MemoryPoint): number => measure.versions / measure.keys;
export const heldBytes = ({ measure }: MemoryPoint): number => measure.heldBytes.reduce((sum, one) => sum + one, 0);
export const garbageBytes = ({ measure }: MemoryPoint): number => measure.garbageBytes;

/** @param guess versions for each key at the worst moment, as the learner said; undefined: nobody did */
export function versionsChart(points: readonly MemoryPoint[], guess: number | undefined): ChartSpec {
  const data = points.map((point) => ({ commits: point.commits, versions: perKey(point) }));
  const end = data.at(-1)!;
  return {
    name: 'versions-per-key',
    title: 'Versions for each key',
    sentence: 'Counted in the index, as the updates go on.',
    key: [
      { text: 'measured', fill: 'var(--version-edge)' },
      ...(guess === undefined ? [] : [{ text: 'your guess for the worst moment', fill: 'var(--ink)', dash: true }]),
    ],
    label: 'Versions for each key, from the first update to the last',
    options: (plot) => ({
      ...MARGINS,
      marginRight: 74,
      x: { label: 'commits', ticks: 5, tickFormat: short },
      y: { label: 'versions a key', grid: true, zero: true, ticks: 5 },
      marks: [
        ...(guess === undefined
          ? []
          : [
              plot.ruleY([guess], { stroke: 'var(--ink)', strokeWidth: 1.75, strokeDasharray: '7 4' }),
              plot.text([{ commits: end.commits, versions: guess }], {
                ...{ x: 'commits', y: 'versions', text: () => `${figures(guess)} said`, textAnchor: 'start', dx: 7 },
                ...{ fill: 'var(--ink)' },
              }),
            ]),
        plot.line(data, { x: 'commits', y: 'versions', stroke: 'var(--version-edge)', strokeWidth: 2.25 }),
        plot.dot(data, { x: 'commits', y: 'versions', r: 2.5, fill: 'var(--version-edge)' }),
        plot.text([end], {
          ...{
            x: 'commits',
            y: 'versions',
            text: ({ versions }: typeof end) => figures(versions),
            textAnchor: 'start',
          },
          ...{ dx: 7, dy: isNear(end.versions, guess) ? 14 : 0, fill: 'var(--version-ink)', fontWeight: 600 },
        }),
      ],
    }),
    table: {
      caption: 'Versions for each key, by commits',
      head: ['commits', 'versions', 'a key', 'longest chain'],
      rows: points.map((point) => [
        count(point.commits),
        count(point.measure.versions),
        perKey(point).toFixed(2),
        count(point.measure.versionsMax),
      ]),
    },
  };
}

/** Two numbers whose labels would lie on each other. */
const isNear = (a: number, b: number | undefined): boolean =>
  b !== undefined && Math.abs(a - b) < 0.12 * Math.max(a, b);

const KINDS = [
  { kind: 'live', text: 'live', fill: 'var(--version)' },
  { kind: 'held', text: 'old, kept by a reader', fill: 'var(--line-strong)' },
  { kind: 'garbage', text: 'garbage', fill: 'url(#hatch-version)' },
] as const;

export function bytesChart(points: readonly MemoryPoint[]): ChartSpec {
  const valueOf = { live: ({ measure }: MemoryPoint) => measure.liveBytes, held: heldBytes, garbage: garbageBytes };
  const data = KINDS.flatMap(({ kind }) =>
    points.map((point) => ({ commits: point.commits, kind, value: valueOf[kind](point) })),
  );
  const most = Math.max(...points.map((point) => Math.max(point.dataBytes, total(point))));
  return {
    name: 'version-bytes',
    title: 'Bytes in the index, and in the files',
    sentence: 'Records of the index, stacked; dashed: both data files.',
    label: 'Live, held and garbage bytes over time, with the length of the data files',
    key: [...KINDS.map(({ fill, text }) => ({ text, fill })), { text: 'data files', fill: 'var(--ink)', dash: true }],
    options: (plot) => ({
      ...MARGINS,
      marginLeft: 64,
      x: { label: 'commits', ticks: 5, tickFormat: short },
      y: { label: 'bytes', grid: true, ticks: byteTicks(most), tickFormat: bytes },
      marks: [
        plot.areaY(data, {
          ...{ x: 'commits', y: 'value', order: KINDS.map(({ kind }) => kind), z: 'kind' },
          fill: ({ kind }: (typeof data)[number]) => KINDS.find((one) => one.kind === kind)!.fill,
          stroke: 'var(--version-edge)',
          strokeWidth: 0.5,
        }),
        plot.line(points, {
          x: 'commits',
          y: 'dataBytes',
          stroke: 'var(--ink)',
          strokeWidth: 1.75,
          strokeDasharray: '2 3',
        }),
        plot.ruleY([0]),
      ],
    }),
    table: {
      caption: 'Bytes by commits',
      head: ['commits', 'live', 'kept by a reader', 'garbage', 'data files', 'age of the reader, commits'],
      rows: points.map((point) => [
        count(point.commits),
        bytes(point.measure.liveBytes),
        bytes(heldBytes(point)),
        bytes(garbageBytes(point)),
        bytes(point.dataBytes),
        count(point.readerAge),
      ]),
    },
  };
}

const total = (point: MemoryPoint): number => point.measure.liveBytes + heldBytes(point) + garbageBytes(point);

const LOOKS: Readonly<Record<ReaderKind, { readonly stroke: string; readonly dash: string; readonly dy: number }>> = {
  none: { stroke: 'var(--page-edge)', dash: '2 3', dy: 7 },
  renewed: { stroke: 'var(--table-edge)', dash: '8 3 2 3', dy: -6 },
  late: { stroke: 'var(--transaction-edge)', dash: '7 3', dy: 0 },
  parked: { stroke: 'var(--version-edge)', dash: 'none', dy: 0 },
};

export function sweepChart(sweep: readonly MemorySweepNote[]): ChartSpec {
  const rates = [...new Set(sweep.map(({ updates }) => updates))];
  const most = Math.max(2, ...sweep.map(perKey));
  const of = (reader: ReaderKind): MemorySweepNote[] => sweep.filter((note) => note.reader === reader);
  return {
    name: 'versions-sweep',
    title: 'Every rate with every reader',
    sentence:
      'The worst moment of a run of its own each, with 200 keys: versions for each key, by updates of each key.',
    label: 'Versions for each key by update rate, a line for each kind of reader',
    whole: true,
    height: 280,
    options: (plot) => ({
      ...MARGINS,
      marginRight: 150,
      x: { label: 'updates of each key', type: 'log', base: 2, ticks: rates, tickFormat: String },
      y: {
        label: 'versions a key',
        type: 'log',
        base: 2,
        domain: [1, most],
        grid: true,
        ticks: [1, 2, 4, 8, 16],
        tickFormat: String,
      },
      marks: READER_KINDS.flatMap((reader) => [
        plot.line(of(reader), {
          ...{
            x: 'updates',
            y: perKey,
            stroke: LOOKS[reader].stroke,
            strokeWidth: 2,
            strokeDasharray: LOOKS[reader].dash,
          },
        }),
        plot.dot(of(reader), { x: 'updates', y: perKey, r: 3, fill: LOOKS[reader].stroke }),
        plot.text(of(reader).slice(-1), {
          ...{
            x: 'updates',
            y: perKey,
            text: [READER_WORDS[reader]],
            textAnchor: 'start',
            dx: 8,
            dy: LOOKS[reader].dy,
          },
          ...{ fill: LOOKS[reader].stroke, stroke: 'var(--ground)', strokeWidth: 3 },
        }),
      ]),
    }),
    table: {
      caption: 'Versions for each key, by update rate and oldest reader',
      head: ['updates', ...READER_KINDS.map((reader) => READER_WORDS[reader])],
      rows: rates.map((rate) => [
        count(rate),
        ...READER_KINDS.map((reader) => {
          const note = of(reader).find(({ updates }) => updates === rate);
          return note === undefined ? '' : perKey(note).toFixed(2);
        }),
      ]),
    },
  };
}
