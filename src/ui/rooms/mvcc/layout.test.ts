/** Where everything lies: nothing over anything else, nothing outside of the picture, at any size and half-way as well. */
import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../../../base/bytes';
import { MVCC_LESSONS } from '../../../lab/lessons/mvcc';
import { between, pageX } from '../../marks/scene';
import { readAt } from './chains';
import { STORAGES } from './chain_layout';
import { CommitAxis } from './commit_axis';
import { layoutMvcc } from './layout';
import { locate } from './locate';
import { EMPTY_VIEW, readersOf, watermarkOf, type ChainView, type MvccView, type VersionView } from './model';
import type { Mark, MarkKind, Scene } from './scene';
import { isChosen } from './selected';
import { LabRun } from './testing/lab_run';

/** What is left for the picture in a window of 1440×900, 1024×768 and 390×844. */
const SIZES = [
  { width: 1010, height: 430 },
  { width: 770, height: 380 },
  { width: 390, height: 400 },
] as const;

const LINES = ['store log 16k extent 512 align 512 versions'];
for (const key of ['apple', 'fig', 'pear', 'plum']) LINES.push(`put ${key} one`, 'flush');
LINES.push(
  ...['begin anna', 'begin ben serializable', 'begin cora serializable', 'snapshot monday', 'begin dora read-only'],
  ...['get apple in anna', 'put apple two in anna', 'put apple three in ben', 'get fig in ben', 'get pear in cora'],
  ...['put fig four in cora', 'put pear five in ben', 'commit anna', 'flush', 'commit ben', 'commit cora', 'flush'],
  ...['begin ben', 'begin cora serializable', 'begin emil serializable', 'get plum in cora', 'get fig in emil'],
  ...['put fig six in cora', 'put plum seven in emil', 'commit cora', 'flush', 'commit emil', 'scan in dora', 'scan'],
  ...['delete plum', 'vacuum', 'flush', 'commit dora', 'put pear eight relaxed', 'write', 'release monday', 'vacuum'],
  ...['put fig nine in ben', 'crash', 'reopen', 'get pear', 'delete apple', 'flush', 'vacuum'],
);
for (let i = 0; i < 30; i++) LINES.push(`put fig n${i}`, 'flush', ...(i % 9 === 4 ? [`begin late${i}`] : []));
const run = LabRun.of(LINES.join('\n'));

/** Marks that are things: no two of a group cover the same place. */
const SOLID: readonly ReadonlySet<MarkKind>[] = [
  new Set<MarkKind>(['readout', 'title', 'version', 'cell', 'lane', 'bytes', 'swatch']),
  new Set<MarkKind>(['flag']),
  new Set<MarkKind>(['step', 'caption']),
  new Set<MarkKind>(['tick']),
  new Set<MarkKind>(['span']),
];
const SLACK = 0.5;

function overlaps({ marks }: Scene): string[] {
  const found: string[] = [];
  for (const kinds of SOLID) {
    const solid = [...marks.values()].filter(({ kind }) => kinds.has(kind));
    solid.forEach((one, i) => {
      for (const other of solid.slice(i + 1)) if (isOver(one, other)) found.push(`${one.id} and ${other.id}`);
    });
  }
  return found;
}
const isOver = (a: Mark, b: Mark): boolean =>
  a.plane === b.plane &&
  a.x < b.x + b.width - SLACK &&
  b.x < a.x + a.width - SLACK &&
  a.y < b.y + b.height - SLACK &&
  b.y < a.y + a.height - SLACK;

/** Flags lie over one another where their numbers are close: the line of each is under its own. */
const mayReachOut: ReadonlySet<MarkKind> = new Set<MarkKind>(['flag', 'hop']);

function outside(marks: Iterable<Mark>, scene: Scene): string[] {
  const { frame } = scene;
  return [...marks]
    .filter(({ kind, plane }) => plane === 'page' && !mayReachOut.has(kind))
    .filter(
      ({ height, width, x, y }) => x < -4 || y < -4 || x + width > frame.width + 4 || y + height > frame.height + 4,
    )
    .map(({ id }) => id);
}

describe('the picture of versions', () => {
  it.each(SIZES)('nothing overlaps, leaves the picture, or is not a number: $width', (size) => {
    for (const { view } of run.told.filter((_, i) => i % 7 === 0 || i > run.told.length - 5)) {
      const storage = STORAGES[view.seq % 3]!;
      const scene = layoutMvcc(view, { ...size, storage, ...(view.seq % 4 === 0 && { asOf: view.seq % 12 }) });
      const when = `at ${size.width}, step ${view.seq}`;
      expect(overlaps(scene), when).toEqual([]);
      expect(outside(scene.marks.values(), scene), when).toEqual([]);
      const isNumber = ({ height, width, x, y }: Mark): boolean =>
        Number.isFinite(x + y + width + height) && width >= 0 && height >= 0;
      expect(
        [...scene.marks.values()].filter((mark) => !isNumber(mark)),
        when,
      ).toEqual([]);
    }
  });

  it('half-way between two steps all is still inside', () => {
    for (const size of SIZES) {
      let before = layoutMvcc(run.told[0]!.view, size);
      for (const { view } of run.told.slice(1).filter((_, i) => i % 11 === 0)) {
        const after = layoutMvcc(view, size);
        const largest = before.frame.height > after.frame.height ? before : after;
        for (const fraction of [0.3, 0.6]) expect(outside(between(before, after, fraction), largest)).toEqual([]);
        before = after;
      }
    }
  });

  it('every version, every commit on its way and every buffered write is drawn once', () => {
    for (const { view } of run.told.filter((_, i) => i % 5 === 0)) {
      const { marks } = layoutMvcc(view, SIZES[0]);
      const drawn = [...marks.values()].filter(({ kind }) => kind === 'version').map(({ id }) => id);
      const writes = view.transactions.filter(({ inUse }) => inUse).flatMap((one) => one.writes);
      const all = [
        ...view.chains.flatMap((one) => one.versions),
        ...view.pending.flatMap((one) => one.versions),
        ...writes,
      ];
      expect(drawn.sort()).toEqual(all.map(({ id }) => `version-${id}`).sort());
    }
  });

  it('a version looks alike in the grid and in its chain: durable, handed over, or garbage', () => {
    const seen = new Set<string>();
    for (const { view } of run.told.filter(
      (told) => told.view.durableLsn !== told.before.durableLsn || told.view.writtenLsn !== told.before.writtenLsn,
    )) {
      const { marks } = layoutMvcc(view, { ...SIZES[0], storage: STORAGES[view.seq % 3]! });
      for (const { id, kind, state } of marks.values()) {
        if (kind !== 'cell') continue;
        expect(state, `${id}, step ${view.seq}`).toBe(marks.get(id.replace('cell', 'version'))!.state);
        seen.add(state!);
      }
    }
    expect([...seen].sort()).toEqual(['durable', 'garbage', 'handed']);
  });

  it('a line crosses the bars of the versions that its snapshot reads, and no others', () => {
    let crossed = 0;
    for (const { view } of run.told.filter((_, i) => i % 9 === 0)) {
      for (let asOf = 0; asOf <= view.publishedLsn; asOf += 3) {
        const scene = layoutMvcc(view, { ...SIZES[0], asOf });
        const x = scene.axis.mid(asOf);
        const bars = [...scene.marks.values()].filter(
          ({ data, kind, width, x: from }) =>
            kind === 'version' && data!['role'] !== 'buffered' && from <= x && x <= from + width,
        );
        const read = view.chains.flatMap((chain) => readAt(chain, asOf) ?? []);
        expect(bars.map(({ id }) => id).sort()).toEqual(read.map(({ id }) => `version-${id}`).sort());
        expect(bars.every(({ isRead }) => isRead)).toBe(true);
        crossed += read.length;
      }
    }
    expect(crossed).toBeGreaterThan(100);
  });

  it('garbage ends left of the watermark, and what must stay is marked at its line', () => {
    let garbage = 0;
    let stays = 0;
    for (const { view } of run.told.filter((_, i) => i % 5 === 0)) {
      const scene = layoutMvcc(view, SIZES[0]);
      const x = scene.axis.mid(watermarkOf(view));
      for (const mark of scene.marks.values()) {
        if (mark.kind === 'stays') {
          stays++;
          expect(Math.abs(mark.x + mark.width / 2 - x)).toBeLessThan(0.01);
        }
        if (mark.kind !== 'version' || mark.data!['role'] === 'buffered') continue;
        const isGarbage = mark.state === 'garbage';
        garbage += Number(isGarbage);
        expect(isGarbage && !mark.isTombstone && mark.x + mark.width > x, mark.id).toBe(false);
      }
    }
    expect([garbage > 0, stays > 0]).toEqual([true, true]);
  });

  it('two readers at one timestamp are two flags on one line', () => {
    const step = run.told.find(({ view }) => readersOf(view).length === 5)!.view;
    const { marks } = layoutMvcc(step, SIZES[0]);
    expect([...marks.values()].filter(({ kind }) => kind === 'snapshot').length).toBe(1);
    const flags = [...marks.values()].filter(({ kind }) => kind === 'flag');
    expect(flags.length).toBe(4);
    expect(new Set(flags.map(({ y }) => y)).size).toBe(4);
    expect(flags.at(-1)!.text).toBe('+2');
  });

  it('a conflict is drawn at both sessions, and a dangerous dependency between two', () => {
    const conflict = run.last('mvcc.conflict_found').view;
    const { marks } = layoutMvcc(conflict, SIZES[0]);
    expect([...marks.values()].filter(({ kind, lit }) => kind === 'clash' && lit === true).length).toBe(2);
    const danger = run.last('mvcc.danger_found').view;
    const edges = [...layoutMvcc(danger, SIZES[0]).marks.values()].filter(({ kind }) => kind === 'edge');
    expect(edges.filter(({ variant }) => variant!.includes('danger')).length).toBe(2);
  });

  it('the words of each conflict are in sight, between two lanes, and over all lines', () => {
    for (const size of SIZES) {
      let said = 0;
      for (const { view } of run.told.filter((told) => told.view.clock !== told.before.clock)) {
        const scene = layoutMvcc(view, size);
        const marks = [...scene.marks.values()];
        const { lanes } = scene.frame;
        const lines = marks.filter(({ kind }) => kind === 'edge' || kind === 'clash');
        const inSight = lines.filter((line) => pageX(line, scene) + line.width > lanes.x + 1);
        const ids = inSight.map(({ id, kind }) => (kind === 'edge' ? id.slice(5) : id.slice(6, -2)));
        const captions = marks.filter(({ kind }) => kind === 'caption');
        expect(captions.map(({ id }) => id.slice(8)).sort(), `at ${size.width}, ${view.seq}`).toEqual(
          [...new Set(ids)].sort(),
        );
        for (const caption of captions) {
          const when = `${caption.text} at ${size.width}, ${view.seq}`;
          const middle = caption.y + caption.height / 2;
          expect(
            marks.some(({ kind, y }) => kind === 'lane' && Math.abs(y - middle) < 1),
            when,
          ).toBe(true);
          const x = pageX(caption, scene);
          expect(x >= lanes.x && x + caption.width <= lanes.x + lanes.width, when).toBe(true);
          const later = marks.slice(marks.indexOf(caption)).filter(({ kind }) => kind !== 'caption');
          expect(
            later.filter(({ kind }) => /edge|clash|span|step|lane/.test(kind)),
            when,
          ).toEqual([]);
          said++;
        }
      }
      expect(said, `at ${size.width}`).toBeGreaterThan(4);
    }
  });

  it('the newest moment is in the window, whatever its width', () => {
    for (const size of SIZES) {
      for (const { view } of run.told.filter((_, i) => i % 13 === 0)) {
        const scene = layoutMvcc(view, size);
        const last = [...scene.marks.values()].filter(({ kind }) => kind === 'step').at(-1);
        if (!last) continue;
        const x = pageX(last, scene);
        expect(x >= scene.window.from - 1 && x + last.width <= scene.window.to + 1, `${size.width}, ${view.seq}`).toBe(
          true,
        );
      }
    }
  });

  it('the strip of time has whole columns, one of them free, and winds on by one for each moment; what is gone is counted', () => {
    for (const size of SIZES) {
      let before = layoutMvcc(run.told[0]!.view, size);
      let most = 0;
      // Where no moment comes, nothing is wound.
      for (const { view } of run.told.filter((told) => told.view.clock !== told.before.clock)) {
        const scene = layoutMvcc(view, size);
        const { from, to } = scene.window;
        const when = `${size.width}, ${view.seq}`;
        const columns = [...scene.marks.values()].filter(({ kind, variant }) => kind === 'bytes' && variant === 'live');
        const width = columns[0] ? columns[0].width + 1 : to - from;
        const wound = scene.offsets.time - before.offsets.time;
        expect(wound === 0 || Math.abs(wound - width) < 0.01, `${when}: a jump of ${wound}`).toBe(true);
        const hidden = Math.round(scene.offsets.time / width);
        expect(scene.marks.get('lanes-earlier')?.data!['earlier'] ?? 0, when).toBe(hidden);
        expect(scene.marks.has('lanes-cut-0'), when).toBe(hidden > 0);
        if (hidden > 0) {
          const now = pageX(scene.marks.get('moment-now')!, scene);
          expect(Math.abs(to - width - now), `${when}: free at the right`).toBeLessThan(0.01);
          const cut = [...scene.marks.values()].filter(({ kind, ...mark }) => {
            const x = pageX({ kind, ...mark }, scene);
            return kind === 'step' && x < from - 0.01 && x + mark.width > from + 0.01;
          });
          expect(
            cut.map(({ id }) => id),
            `${when}: cut at the left`,
          ).toEqual([]);
        }
        most = Math.max(most, hidden);
        before = scene;
      }
      expect(most, 'the run is longer than any window').toBeGreaterThan(30);
    }
  });

  it('a step that went out at the left is one move away', () => {
    const { view } = run.told.at(-1)!;
    const { marks } = layoutMvcc(view, SIZES[2]);
    const { data, select } = marks.get('lanes-earlier')!;
    const before = run.told.find(({ record }) => select?.kind === 'event' && record.seq === select.seq)!.view;
    expect(before.clock.moment).toBe(Number(data!['earlier']) - 1);
  });

  it('a commit that is selected lights in the grid, in the chain and in its session, and lies in the log', () => {
    const { view } = run.last('mvcc.conflict_found');
    const lsn = view.publishedLsn;
    const selection = { kind: 'lsn', lsn } as const;
    const chosen = [...layoutMvcc(view, SIZES[0]).marks.values()].filter((mark) => isChosen(mark, selection));
    expect(new Set(chosen.map(({ kind }) => kind))).toEqual(new Set(['version', 'cell', 'step']));
    const place = locate(undefined, selection, view)!;
    const { bytes } = run.told.find(
      ({ record }) => record.event.kind === 'wal.record_buffered' && record.event.lsn === lsn,
    )!.record.event as { bytes: number };
    expect([place.file, place.to - place.from]).toEqual(['log', bytes]);
  });
});

describe('a merge of an LSM tree', () => {
  const { script } = MVCC_LESSONS.find(({ title }) => title === 'A merge collects')!;
  const merged = LabRun.of(script).told.filter(({ record }) => record.event.kind === 'lsm.entry_merged');

  it('says under each version that comes by whether it stays, and for whom', () => {
    const said = new Map<string, string>();
    for (const { record, view } of merged) {
      const event = record.event as Extract<typeof record.event, { kind: 'lsm.entry_merged' }>;
      const { marks } = layoutMvcc(view, SIZES[0]);
      const cell = [...marks.values()].find(
        ({ id, kind }) => kind === 'cell' && marks.has(id.replace('cell', 'verdict')) && marks.get(id)!.lit,
      );
      const verdict = marks.get(cell!.id.replace('cell', 'verdict'))!;
      const isKept = event.outcome === 'kept';
      expect([verdict.data!['verdict'], verdict.data!['why']]).toEqual([
        isKept ? 'stays' : 'goes',
        event.why?.kind ?? 'newest',
      ]);
      said.set(String(verdict.data!['why']), verdict.text!);
    }
    expect(Object.fromEntries(said)).toEqual({
      newest: 'newest',
      snapshot: 'for reader',
      above_watermark: 'watermark 1',
      below_watermark: 'goes',
    });
  });

  it('has said nothing any more once it is in force', () => {
    const { view } = LabRun.of(script).told.at(-1)!;
    expect(view.verdicts.size).toBe(0);
  });
});

describe('the axis of commits', () => {
  it('goes from left to right, finds each commit again, and stands still for most of them', () => {
    const box = { x: 100, width: 640 };
    let moves = 0;
    for (let newest = 0; newest < 300; newest++) {
      const axis = new CommitAxis(newest, box);
      for (let lsn = 0; lsn <= newest; lsn++) {
        const isFound = axis.left(lsn + 1) > axis.left(lsn) && axis.nearest(axis.mid(lsn), newest) === lsn;
        if (!isFound) expect.fail(`commit ${lsn} of ${newest}: from ${axis.left(lsn)} to ${axis.left(lsn + 1)}`);
      }
      expect(axis.left(newest + 1)).toBeLessThanOrEqual(box.x + box.width);
      if (newest > 0 && axis.left(1) !== new CommitAxis(newest - 1, box).left(1)) moves++;
    }
    expect(moves).toBeLessThan(40);
  });
});

describe('a store of thousands of keys', () => {
  it.each([300, 4000])('%i keys with three versions each are few marks, and nothing is left out', (count) => {
    const view: MvccView = { ...EMPTY_VIEW, ...OPEN, chains: Array.from({ length: count }, (_, i) => chainAt(i)) };
    for (const size of SIZES) {
      const { marks } = layoutMvcc(view, size);
      const masses = [...marks.values()].filter(({ kind }) => kind === 'mass');
      expect(masses.reduce((sum, { data }) => sum + Number(data!['keys']), 0)).toBe(count);
      expect(masses.reduce((sum, { data }) => sum + Number(data!['versions']), 0)).toBe(3 * count);
      expect(marks.size).toBeLessThan(400);
    }
  });
});

describe('a picture that is not all there is', () => {
  const chains = [chainAt(1), chainAt(2)];
  const told = (part: Partial<MvccView>): string | undefined =>
    layoutMvcc({ ...EMPTY_VIEW, ...OPEN, hasVersions: true, chains, ...part }, SIZES[0]).marks.get('in-part')?.label;

  it('says so under the keys', () => {
    expect(told({})).toBeUndefined();
    expect(told({ isPartial: true })).toMatch(/^The store had versions before this run began/);
    expect(told({ isCut: true })).toBe('The first 2 keys are drawn: more are in the store than the picture keeps.');
  });
});

const OPEN = { state: 'open', hasFormat: true, hasVersions: true, publishedLsn: 120, durableLsn: 120 } as const;

function chainAt(number: number): ChainView {
  const key = encodeText(`key${String(number).padStart(5, '0')}`);
  const keyHex = toHex(key);
  const versions = [90, 40, 10].map((lsn): VersionView => {
    const at = lsn + (number % 30);
    const parts = { key, keyHex, lsn: at, isTombstone: false, valueBytes: 10, text: undefined, by: undefined };
    return { id: `${keyHex}.${at}`, ...parts, seq: 1, site: 0 };
  });
  return { key, keyHex, versions };
}
