/** Two settings and a B-tree on one clock: what was written, level by level beside the closed form; reads; space. */
import { updateBytes } from '../../../../lab/btree_presets';
import type { Instant, LsmClock, Side } from '../../../../lab/lsm_clock';
import { deviceWrites, runsOf, tableWrites } from '../../../../lab/lsm_words';
import { figures } from '../../../../lab/media_words';
import type { LsmState, PoliciesNote, TreeBeside } from '../../../../protocol/lsm';
import type { Plot, PlotOptions } from '../../../charts/chart';
import { count, MARGINS, short, type ChartSpec } from '../../../charts/chart_parts';
import { leavesOf } from './triangle';

export const LOOK: Readonly<
  Record<
    Side,
    {
      readonly name: string;
      readonly stroke: string;
      readonly fill: string;
      readonly dash: string;
      readonly dy: number;
    }
  >
> = {
  left: { name: 'left', stroke: 'var(--table-edge)', fill: 'var(--table)', dash: 'none', dy: -6 },
  right: { name: 'right', stroke: 'var(--transaction-edge)', fill: 'var(--transaction)', dash: '7 3', dy: 6 },
  tree: { name: 'B-tree', stroke: 'var(--page-edge)', fill: 'var(--page)', dash: '2 3', dy: 0 },
};

export interface Series {
  readonly side: Side;
  readonly name: string;
  /** By the closed form: thin, and without dots. */
  readonly isForm?: boolean;
  readonly points: readonly Point[];
}
interface Point {
  readonly operations: number;
  /** Where it stands across, if not at the puts. */
  readonly at?: number;
  readonly value: number;
}

interface LineChart {
  readonly name: string;
  readonly title: string;
  readonly sentence: string;
  readonly label: string;
  readonly y: string;
  readonly series: readonly Series[];
  readonly isLog?: boolean;
  /** Puts, where nothing is said. */
  readonly across?: string;
}

const STYLES: Readonly<Record<'measured' | 'form', { readonly width: number; readonly opacity: number }>> = {
  measured: { width: 2.25, opacity: 1 },
  form: { width: 1.25, opacity: 0.75 },
};

export function lineChart({
  across = 'puts',
  isLog = false,
  label,
  name,
  sentence,
  series,
  title,
  y,
}: LineChart): ChartSpec {
  const operations = [...new Set(series.flatMap(({ points }) => points.map((point) => point.operations)))];
  return {
    name,
    title,
    sentence,
    label,
    height: 250,
    options: (plot) => ({
      ...MARGINS,
      marginRight: 92,
      x: { label: across, ticks: 5, tickFormat: short },
      y: { label: y, grid: true, ticks: 5, ...(isLog ? { type: 'log' as const, base: 10 } : { zero: true }) },
      marks: series.flatMap((one) => lineMarks(plot, one)),
    }),
    table: {
      caption: title,
      head: ['puts', ...series.map((one) => one.name)],
      rows: operations.map((at) => [
        count(at),
        ...series.map(({ points }) => {
          const point = points.find((one) => one.operations === at);
          return point === undefined ? '' : point.value.toFixed(2);
        }),
      ]),
    },
  };
}

function lineMarks(plot: Plot, { isForm = false, name, points, side }: Series): NonNullable<PlotOptions['marks']> {
  const { dash, stroke } = LOOK[side];
  const { opacity, width } = STYLES[isForm ? 'form' : 'measured'];
  const x = ({ at, operations }: Point): number => at ?? operations;
  return [
    plot.line(points, {
      ...{ x, y: 'value', stroke, strokeWidth: width, strokeOpacity: opacity, strokeDasharray: dash },
    }),
    ...(isForm ? [] : [plot.dot(points, { x, y: 'value', r: 2.5, fill: stroke })]),
    ...(isForm
      ? []
      : [
          plot.text(points.slice(-1), {
            ...{ x, y: 'value', text: [name], textAnchor: 'start', dx: 7, dy: LOOK[side].dy },
            ...{ fill: stroke, stroke: 'var(--ground)', strokeWidth: 3 },
          }),
        ]),
  ];
}

const NS_IN_MS = 1e6;

/** Of the points of a run, those that the clock has come to; with time it has come further with one store than with another. */
class Curves {
  readonly #notes: readonly PoliciesNote[];
  readonly #clock: LsmClock;
  readonly #until: Instant;

  constructor(notes: readonly PoliciesNote[], clock: LsmClock, until: Instant) {
    this.#notes = notes;
    this.#clock = clock;
    this.#until = until;
  }

  of(side: Side, value: (note: PoliciesNote) => number): readonly Point[] {
    const clock = this.#clock;
    return this.#notes
      .filter(({ operations }) => operations <= this.#until[side].operations)
      .map((note) => ({
        operations: note.operations,
        ...(clock !== 'puts' && { at: note[side].deviceNs[clock] / NS_IN_MS }),
        value: value(note),
      }));
  }
}

export interface PoliciesCharts {
  readonly notes: readonly PoliciesNote[];
  readonly clock: LsmClock;
  readonly until: Instant;
  readonly isUpdates: boolean;
}

export function policiesCharts({ clock, isUpdates, notes, until }: PoliciesCharts): ChartSpec[] {
  const curves = new Curves(notes, clock, until);
  const now = { left: until.left.state, right: until.right.state };
  const across = clock === 'puts' ? 'puts' : 'ms that the device was busy';
  const sides = ['left', 'right'] as const;
  const lsm = (value: (state: LsmState) => number, form?: (state: LsmState) => number): Series[] =>
    sides.flatMap((side): Series[] => [
      { side, name: LOOK[side].name, points: curves.of(side, (note) => value(note[side])) },
      ...(form
        ? [
            {
              side,
              name: `${LOOK[side].name}, form`,
              isForm: true,
              points: curves.of(side, (note) => form(note[side])),
            },
          ]
        : []),
    ]);
  const tree = (value: (tree: TreeBeside) => number): Series => ({
    side: 'tree',
    name: LOOK.tree.name,
    points: curves.of('tree', (note) => value(note.tree)),
  });
  return [
    levelsChart(now),
    lineChart({
      across,
      name: 'policies-writes',
      title: 'W-Amp: bytes written to tables for each byte flushed',
      sentence: `Thick: the engine, from the first put on. Thin: the closed form for a tree of this size whose levels are full. ${gapWords(now)}`,
      label: 'Write amplification of both settings against the number of puts, with the closed form',
      y: 'bytes per byte',
      series: lsm(
        (state) => (state.written.flush === 0 ? 0 : tableWrites(state) / state.written.flush),
        ({ theory }) => theory.writeAmplification,
      ),
    }),
    lineChart({
      across,
      name: 'policies-device',
      title: 'All that the device got, for each byte put',
      sentence:
        'Log, tables, manifest, superblock; of the B-tree log, pages, map and superblock. Room ahead is left out.',
      label: 'All bytes written for each byte put, against the number of puts',
      y: 'bytes per byte',
      series: [
        ...lsm((state) => deviceWrites(state) / state.userBytes),
        tree(({ userBytes, written }) => updateBytes(written) / userBytes),
      ],
    }),
    lineChart({
      across,
      name: 'policies-misses',
      title: 'R-Amp: blocks read for a key that does not exist',
      sentence:
        'Blocks read in vain. Thin: runs of a full tree, times how often a filter is wrong. Of the B-tree the leaf; what is above it stays in memory, as index blocks of tables do.',
      label: 'Blocks read by a lookup of a key that is nowhere, with the closed form',
      y: 'blocks',
      series: [
        ...lsm(
          ({ reads }) => reads.blocksPerMiss,
          ({ theory }) => theory.blocksPerMiss,
        ),
        tree((one) => leavesOf(one.pagesPerMiss, one)),
      ],
    }),
    lineChart({
      across,
      name: 'policies-runs',
      title: 'Runs, and blocks of a scan of 50 rows',
      sentence: `No filter helps a scan: it looks into every run. At the end ${runsOf(now.left)} runs on the left and ${runsOf(now.right)} on the right; at worst ${now.left.theory.runs} and ${now.right.theory.runs}.`,
      label: 'Blocks that a scan of 50 rows looks at, against the number of puts',
      y: 'blocks a scan',
      series: [...lsm(({ reads }) => reads.blocksPerScan), tree((one) => leavesOf(one.pagesPerScan, one))],
    }),
    lineChart({
      across,
      name: 'policies-space',
      title: 'Space-Amp: bytes in tables for each live byte',
      sentence: isUpdates
        ? 'What is above 1 are older versions, and what the format adds. Thin: the closed form for the worst case, in which every entry above the last level has an older one there, and every run of a last tier has all keys.'
        : 'What the format adds, less what prefixes save: new keys have no older versions. The closed form is about those, and stands beside updates.',
      label: 'Bytes in tables for each live byte, against the number of puts',
      y: 'bytes per byte',
      series: lsm(
        ({ liveBytes, tableBytes }) => tableBytes / liveBytes,
        isUpdates ? ({ theory }) => theory.spaceAmplification : undefined,
      ),
    }),
    lineChart({
      across,
      name: 'policies-files',
      title: 'Bytes of the data files for each live byte',
      sentence:
        'With the manifest, and with what is free: a merge needs room for its outputs while its inputs are still there; a checkpoint of the B-tree needs room for the pages that it writes anew.',
      label: 'Bytes of the data files for each live byte, against the number of puts',
      y: 'bytes per byte',
      series: [
        ...lsm(({ dataFileBytes, liveBytes }) => dataFileBytes / liveBytes),
        tree(({ dataFileBytes, liveBytes }) => dataFileBytes / liveBytes),
      ],
    }),
  ];
}

type TwoStates = Readonly<Record<'left' | 'right', LsmState>>;

/** How far the engine is from the form, and why. */
function gapWords({ left, right }: TwoStates): string {
  const share = (state: LsmState): number =>
    (100 * tableWrites(state)) / Math.max(1, state.written.flush) / state.theory.writeAmplification;
  const [one, other] = [share(left), share(right)];
  const less =
    one < 100 || other < 100
      ? ' What is missing are early puts, which met levels that were hardly there; tables that went down without a merge; and the choice of tables that overlap little.'
      : '';
  const more =
    one > 100 || other > 100 ? ' More than the form: the tree has begun a level that the form does not count yet.' : '';
  return `At the end the engine has written ${Math.round(one)} % of what the form says on the left, ${Math.round(other)} % on the right.${less}${more}`;
}

// ---- level by level

interface LevelBar {
  readonly side: string;
  readonly level: string;
  readonly fill: string;
  readonly measured: number;
  readonly form: number | undefined;
}

function levelsChart(states: TwoStates): ChartSpec {
  const bars = (['left', 'right'] as const).flatMap((side): LevelBar[] => {
    const { theory, written } = states[side];
    const levels = Array.from({ length: Math.max(written.levels.length, theory.writesByLevel.length) }, (_, i) => i);
    return levels.map((level) => ({
      side: LOOK[side].name,
      level: level === 0 ? 'flush' : `level ${level}`,
      fill: LOOK[side].fill,
      measured: (level === 0 ? written.flush : (written.levels[level] ?? 0)) / Math.max(1, written.flush),
      form: theory.writesByLevel[level],
    }));
  });
  const names = [...new Set(bars.map(({ level }) => level))];
  return {
    name: 'policies-levels',
    title: 'Where it was written: level by level',
    sentence:
      'Bars: bytes written to tables of a level, for each byte flushed. Upright marks: the closed form once the level is full.',
    label: 'Bytes written to each level for each byte flushed, measured and by the closed form',
    whole: true,
    height: 64 + names.length * 40,
    options: (plot) => ({
      ...MARGINS,
      marginLeft: 64,
      marginRight: 64,
      x: { label: 'bytes for each byte flushed', grid: true, ticks: 6 },
      y: { label: null, domain: ['left', 'right'], padding: 0.15 },
      fy: { label: null, domain: names, padding: 0.12 },
      marks: [
        plot.barX(bars, { x: 'measured', y: 'side', fy: 'level', fill: 'fill', stroke: 'var(--ground)' }),
        plot.tickX(
          bars.filter(({ form }) => form !== undefined),
          { x: 'form', y: 'side', fy: 'level', stroke: 'var(--ink)', strokeWidth: 2.5 },
        ),
        plot.text(bars, {
          ...{ x: 'measured', y: 'side', fy: 'level', text: ({ measured }: LevelBar) => figures(measured) },
          ...{ textAnchor: 'start', dx: 6, fill: 'var(--ink)', stroke: 'var(--ground)', strokeWidth: 3 },
        }),
      ],
    }),
    table: {
      caption: 'Bytes written to each level for each byte flushed',
      head: ['level', 'side', 'measured', 'closed form'],
      rows: bars.map(({ form, level, measured, side }) => [
        level,
        side,
        measured.toFixed(2),
        form === undefined ? '' : form.toFixed(2),
      ]),
    },
  };
}
