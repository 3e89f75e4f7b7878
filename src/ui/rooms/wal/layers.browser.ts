/** Elements and paint look the same: every kind and state of the log room's marks, and a run. See same_layers.ts. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { Pointed } from '../../marks/mark_shapes';
import { between } from '../../marks/scene';
import { FAMILIES, MARK_STATES } from '../../marks/states';
import { Stage } from '../../session.svelte';
import { connectInPage } from '../../testing/host_in_page';
import { difference, expectSame, FAR_SHARE_MAX, HEIGHT, pixelsOf, WIDTH } from '../../testing/same_layers';
import { loadWal } from '../rooms';
import { layoutWal } from './layout';
import type { WalView } from './model';
import type { Drawn, MarkKind } from './scene';
import { shapesOf } from './shapes';
import './shapes.css';

const WAL = { name: 'wal', shapesOf };

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0)) await one();
  delete document.documentElement.dataset['theme'];
});

const KINDS: readonly MarkKind[] = [
  'bar',
  'end',
  'gate',
  'call',
  'record',
  'header',
  'padding',
  'group',
  'buffer',
  'flag',
  'verdict',
  'durable',
  'redo',
  'replay',
  'dirty',
  'cursor',
  'scan_end',
  'title',
  'strip',
  'segment',
  'head',
  'strip_redo',
  'seam',
  'slot',
  'extent',
  'readout',
  'tick',
  'now',
  'lane',
];
const VARIANTS: Partial<Record<MarkKind, readonly string[]>> = {
  end: ['strict', 'relaxed', 'rejected', 'cut_off', 'waiting'],
  flag: ['strict', 'relaxed', 'rejected', 'cut_off', 'waiting'],
  verdict: ['redo', 'skip', 'discard'],
  scan_end: ['end_clean', 'end_unfinished', 'damaged'],
  slot: ['', 'in_force'],
  extent: ['', 'unnamed'],
  seam: ['start', 'middle', 'end'],
};

/** Each kind of mark, in each of its variants; and a box in each state and family, at rest, growing, cut and fading. */
function gallery(): Drawn[] {
  const marks: Drawn[] = [];
  const add = (mark: Partial<Drawn> & Pick<Drawn, 'kind'>, width: number, height: number): void => {
    const index = marks.length;
    const place = { x: 20.3 + (index % 14) * 62, y: 10.6 + Math.floor(index / 14) * 60, width, height };
    marks.push({
      id: `mark-${index}`,
      plane: 'page',
      text: '123',
      note: '40 B',
      opacity: 1,
      filled: 1,
      halo: 0,
      ...place,
      ...mark,
    });
  };
  for (const kind of KINDS) {
    for (const variant of VARIANTS[kind] ?? [undefined]) {
      add(
        { kind, state: 'durable', family: 'log', ...(variant === undefined ? {} : { variant }) },
        44,
        kind === 'end' ? 12 : 40,
      );
    }
  }
  for (const state of MARK_STATES) for (const family of FAMILIES) add({ kind: 'record', state, family }, 44, 40);
  for (const state of MARK_STATES)
    add({ kind: 'record', state, family: 'log', was: 'memory', filled: 0.4, cut: true }, 44, 40);
  for (const opacity of [0.25, 0.75]) add({ kind: 'bar', state: 'handed', family: 'transaction', opacity }, 44, 30);
  add({ kind: 'record', state: 'durable', family: 'log', halo: 0.8, thread: { x: 40, y: 20 } }, 44, 40);
  add({ kind: 'durable', family: 'log', halo: 0.7 }, 0, 40);
  return marks;
}

beforeAll(() => page.viewport(WIDTH, HEIGHT));

describe.each(['light', 'dark'])('elements and paint in the %s theme', (theme) => {
  test('every kind and every state of a mark', async () => {
    document.documentElement.dataset['theme'] = theme;
    const pointed = ({ id }: Drawn): Pointed => (id.endsWith('7') ? 'chosen' : id.endsWith('3') ? 'near' : undefined);
    await expectSame(WAL, gallery(), pointed);
  });

  test('the picture of a run, at steps and between them', async () => {
    document.documentElement.dataset['theme'] = theme;
    const connection = connectInPage();
    clean.push(() => connection.terminate());
    const stage = new Stage(await loadWal(), connection);
    await stage.open({ store: 'memory', seed: 1 }, 'test');
    const commits = Array.from({ length: 24 }, (_, i) => `put k${i % 7} @${20 + i * 3} as ${1 + (i % 3)}`);
    await stage.run(`${commits.join('\n')}\nflush\ncheckpoint\nput z 1 as 1\nflush`);
    for (const share of [0.21, 0.5, 0.803, 1]) {
      stage.scrub(share * (stage.lastSeq + 1));
      const options = { width: WIDTH, height: HEIGHT };
      const [from, to] = [stage.before, stage.after].map((view) => layoutWal(view as WalView, options));
      await expectSame(WAL, between(from!, to!, stage.fraction));
    }
  });
});

test('the comparison can fail: a mark in another state is seen', async () => {
  const marks = gallery();
  const elements = await pixelsOf(WAL, marks, () => undefined, false);
  const one = marks.find(({ kind, state }) => kind === 'record' && state === 'memory')!;
  const other = marks.map((mark) => (mark === one ? { ...mark, state: 'durable' as const } : mark));
  const paint = await pixelsOf(WAL, other, () => undefined, true);
  expect(difference(elements, paint).far).toBeGreaterThan(FAR_SHARE_MAX);
});
