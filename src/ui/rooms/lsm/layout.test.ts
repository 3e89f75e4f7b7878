/** Where everything lies: nothing over anything else, nothing outside of the picture, at any size and half-way as well. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import { extentId, lsn } from '../../../base/ids';
import { SeededRandom } from '../../../base/runtime';
import { between } from '../../marks/scene';
import { SCALES, type AxisScale } from './axis';
import { runOf } from './fold_tables';
import { layoutLsm, type PictureView } from './layout';
import { EMPTY_VIEW, tableOfMeta, type LsmView, type RunView } from './model';
import type { Mark, MarkKind, Scene } from './scene';
import { LabRun } from './testing/lab_run';

/** What is left for the picture in a window of 1440×900, 1024×768 and 390×844. */
const SIZES = [
  { width: 1010, height: 500 },
  { width: 1024, height: 420 },
  { width: 390, height: 400 },
] as const;
const HEAD = 'store log 16k extent 512 align 512 lsm memtable 600 table 700 block 256 restart 4';

const ROUNDS = 6;

function filled(policy: string): LabRun {
  const lines = [`${HEAD} ${policy}`];
  for (let round = 0; round < ROUNDS; round++) {
    for (let key = 0; key < 9; key++) lines.push(`put k${(key * 5 + round * 3) % 28} @${20 + round}`);
    lines.push(
      `delete k${round}`,
      'flush',
      'step 300',
      'checkpoint',
      'step 2k',
      `get k${round + 4}`,
      `get nothing${round}`,
    );
  }
  return LabRun.of(lines.join('\n'));
}

const RUNS = ['policy leveled ratio 3 l0 2', 'policy tiered ratio 4'].map((policy) => ({
  policy,
  run: filled(policy),
}));

/** Marks that are things: no two of a group cover the same place. */
const SOLID: readonly ReadonlySet<MarkKind>[] = [
  new Set<MarkKind>([
    'readout',
    'title',
    'table',
    'mass',
    'memtable',
    'valve',
    'area',
    'extent',
    'bin',
    'output',
    'level',
  ]),
  new Set<MarkKind>(['entry', 'copy', 'cursor', 'under', 'bin', 'output', 'words', 'title', 'readout']),
  new Set<MarkKind>(['stop']),
  new Set<MarkKind>(['snapshot', 'edit']),
  new Set<MarkKind>(['tick']),
];

function overlaps({ marks }: Scene): string[] {
  const found: string[] = [];
  for (const kinds of SOLID) {
    const solid = [...marks.values()].filter(({ kind }) => kinds.has(kind)).sort((a, b) => a.x - b.x);
    solid.forEach((one, i) => {
      for (let j = i + 1; j < solid.length && solid[j]!.x < one.x + one.width - SLACK; j++)
        if (isOver(one, solid[j]!)) found.push(`${one.id} and ${solid[j]!.id}`);
    });
  }
  return found;
}
const SLACK = 0.5;
const isOver = (a: Mark, b: Mark): boolean => a.y < b.y + b.height - SLACK && b.y < a.y + a.height - SLACK;

function outside(marks: Iterable<Pick<Mark, 'id' | 'x' | 'y' | 'width' | 'height'>>, { frame }: Scene): string[] {
  return [...marks]
    .filter(
      ({ height, width, x, y }) => x < -4 || y < -4 || x + width > frame.width + 4 || y + height > frame.height + 4,
    )
    .map(({ id }) => id);
}

describe('the picture of an LSM tree', () => {
  const pictures: readonly (readonly [AxisScale, PictureView])[] = [
    ...SCALES.map((scale) => [scale, 'levels'] as const),
    ['rank', 'plane'],
  ];

  it.each(RUNS)('nothing overlaps, leaves the picture, or is not a number: $policy', ({ run }) => {
    const views = run.told.filter((_, i) => i % 31 === 0).map(({ view }) => view);
    for (const size of SIZES) {
      for (const [scale, picture] of pictures) {
        const steps = picture === 'levels' && scale === 'rank' ? views : views.filter((_, i) => i % 3 === 0);
        for (const view of steps) {
          const scene = layoutLsm(view, { ...size, scale, picture });
          const when = `${scale} ${picture} at ${size.width}, step ${view.seq}`;
          if (picture === 'levels') expect(overlaps(scene), when).toEqual([]);
          expect(outside(scene.marks.values(), scene), when).toEqual([]);
          for (const { height, id, width, x, y } of scene.marks.values())
            expect(Number.isFinite(x + y + width + height) && width >= 0 && height >= 0, `${when}: ${id}`).toBe(true);
        }
      }
    }
  });

  it.each(RUNS)('half-way between two steps all is still inside: $policy', ({ run }) => {
    for (const size of SIZES) {
      let before = layoutLsm(run.told[0]!.view, size);
      for (const { view } of run.told.slice(1).filter((_, i) => i % 11 === 0)) {
        const after = layoutLsm(view, size);
        const largest = before.frame.height > after.frame.height ? before : after;
        for (const fraction of [0.3, 0.6]) expect(outside(between(before, after, fraction), largest)).toEqual([]);
        before = after;
      }
    }
  });

  it('every entry of memory and of tables in force is drawn once, in its own place', () => {
    const { view } = RUNS[0]!.run;
    const { marks } = layoutLsm(view, SIZES[0]);
    const ids = [...marks.values()].filter(({ kind }) => kind === 'entry').map(({ id }) => id);
    const tables = view.levels.flatMap((runs) => runs.flatMap((run) => run.tables));
    const entries = [view.memtable, ...view.immutables, ...tables].flatMap((one) => one.entries ?? []);
    expect(ids.sort()).toEqual(entries.map(({ id }) => `entry-${id}`).sort());
    for (const { entries: held = [], id } of tables) {
      const table = marks.get(`table-${id}`)!;
      for (const entry of held) {
        const { width, x, y } = marks.get(`entry-${entry.id}`)!;
        expect([x >= table.x, x + width <= table.x + table.width, y > table.y]).toEqual([true, true, true]);
      }
    }
  });

  it('a lookup stops once in each place that it came by, the newest on top', () => {
    for (const { run } of RUNS) {
      const probes = run.told.filter(({ record }) => record.event.kind === 'store.key_read');
      expect(probes.length).toBe(2 * ROUNDS);
      for (const { view } of probes) {
        for (const picture of ['levels', 'plane'] as const) {
          const { marks } = layoutLsm(view, { ...SIZES[0], picture });
          const stops = [...marks.values()].filter(({ kind }) => kind === 'stop');
          // An empty memtable has no age.
          const noAge = view.memtable.count === 0 ? `m${view.memtable.number}` : '';
          const where = view.probe!.stops.filter(({ at }) => picture === 'levels' || at !== noAge);
          expect(stops.length, picture).toBe(where.length);
          stops
            .slice(1)
            .forEach((stop, i) => expect(stop.y, picture).toBeGreaterThanOrEqual(stops[i]!.y + stops[i]!.height));
        }
      }
    }
  });
});

describe('the writers at the valve', () => {
  it('stand side by side inside its box, however many wait; those without a dot are counted', () => {
    for (const size of SIZES)
      for (const count of [0, 1, 12, 5000]) {
        const writers = Array.from({ length: count }, (_, i) => lsn(i + 1));
        const scene = layoutLsm({ ...EMPTY_VIEW, isLsm: true, hasFormat: true, extentBytes: 512, writers }, size);
        const dots = [...scene.marks.values()].filter(({ kind }) => kind === 'writer');
        const more = Number(scene.marks.get('writers-more')?.text?.replaceAll(/[+,]/g, '') ?? 0);
        expect(dots.length + more).toBe(count);
        const { valve } = scene.frame;
        for (const { height, width, x, y } of dots) {
          expect(x >= valve.x && x + width <= valve.x + valve.width).toBe(true);
          expect(y >= valve.y && y + height <= valve.y + valve.height).toBe(true);
        }
        dots.slice(1).forEach((dot, i) => expect(dot.x).toBeGreaterThan(dots[i]!.x + dots[i]!.width));
      }
  });
});

describe('a tree of two thousand tables', () => {
  const big = treeOf(2000);

  it('every table is in a box, or in a bar with others, and few marks stand for all of them', () => {
    for (const scale of SCALES) {
      const { marks } = layoutLsm(big, { ...SIZES[0], scale });
      const boxes = [...marks.values()].filter(({ kind }) => kind === 'table').length;
      const bars = [...marks.values()].filter(({ kind, variant }) => kind === 'mass' && variant !== 'strip');
      const inBars = bars.reduce((sum, { data }) => sum + Number(data!['tables']), 0);
      expect(boxes + inBars).toBe(2000);
      expect(marks.size).toBeLessThan(1500);
    }
  });
});

/** Three levels, the lowest with nine tables of ten; neighbours do not overlap. */
function treeOf(tables: number): LsmView {
  const random = new SeededRandom(4);
  const shares = [0.01, 0.09, 0.9];
  let number = 0;
  const levels = shares.map((share, level): readonly RunView[] => {
    const count = Math.round(tables * share);
    const made = Array.from({ length: count }, (_, i) => {
      const id = ++number;
      const key = (at: number): Uint8Array => encodeText(`key${String(Math.floor(at)).padStart(9, '0')}`);
      const width = 1e8 / count;
      const meta = {
        id,
        salt: 0,
        extents: [extentId(id)],
        bytes: 1000 + random.below(1000),
        entries: 100,
        tombstones: random.below(100),
        smallest: key(i * width),
        largest: key(i * width + width * 0.9),
        minLsn: lsn(id),
        maxLsn: lsn(id + 10),
      };
      return tableOfMeta(meta, level, level);
    });
    return level === 0 ? made.map((table, i) => runOf(1000 - i, [table])) : [runOf(level, made)];
  });
  return {
    ...EMPTY_VIEW,
    state: 'open',
    hasFormat: true,
    isLsm: true,
    extentBytes: 4096,
    levels,
    flushedLsn: lsn(5000),
  };
}
