/**
 * A scrubbed picture is painted, one at rest is made of elements, and a reader must not see the change from one to the
 * other: both draw the same shapes (shapes.ts) in looks from one style sheet. Here the browser draws both, and the
 * pixels are compared.
 */
import '@fontsource/ibm-plex-sans/latin-400.css';
import '@fontsource/ibm-plex-sans/latin-500.css';
import '@fontsource/ibm-plex-sans/latin-600.css';
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { FAMILIES, MARK_STATES } from '../../marks/states';
import { loadWal } from '../rooms';
import { Stage } from '../../session.svelte';
import { connectInPage } from '../../testing/host_in_page';
import Layers from '../../testing/Layers.svelte';
import '../../base.css';
import '../../theme.css';
import { layoutWal } from './layout';
import type { WalView } from './model';
import { between } from '../../marks/scene';
import type { Drawn, MarkKind } from './scene';
import type { Pointed } from './shapes';

const WIDTH = 900;
const HEIGHT = 560;
/** Of 255, in the channel that differs most: more than smoothing does to an edge. */
const FAR = 48;
/** So much of the picture, where both are smoothed differently. */
const FAR_SHARE_MAX = 0.0004;
const MEAN_MAX = 0.1;

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
    await expectSame(gallery(), pointed);
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
      await expectSame(between(from!, to!, stage.fraction), () => undefined);
    }
  });
});

test('the comparison can fail: a mark in another state is seen', async () => {
  const marks = gallery();
  const elements = await pixelsOf(marks, () => undefined, false);
  const one = marks.find(({ kind, state }) => kind === 'record' && state === 'memory')!;
  const other = marks.map((mark) => (mark === one ? { ...mark, state: 'durable' as const } : mark));
  const paint = await pixelsOf(other, () => undefined, true);
  expect(difference(elements, paint).far).toBeGreaterThan(FAR_SHARE_MAX);
});

async function expectSame(marks: readonly Drawn[], pointed: (mark: Drawn) => Pointed): Promise<void> {
  const elements = await pixelsOf(marks, pointed, false);
  const paint = await pixelsOf(marks, pointed, true);
  const { far, mean } = difference(elements, paint);
  console.info(
    `elements and paint: ${(far * 100).toFixed(3)} % of pixels differ by more than ${FAR}, mean ${mean.toFixed(3)}`,
  );
  expect(far).toBeLessThan(FAR_SHARE_MAX);
  expect(mean).toBeLessThan(MEAN_MAX);
}

async function pixelsOf(
  marks: readonly Drawn[],
  pointed: (mark: Drawn) => Pointed,
  painted: boolean,
): Promise<ImageData> {
  const target = document.createElement('div');
  document.body.append(target);
  const layers = mount(Layers, { target, props: { marks, pointed, painted, width: WIDTH, height: HEIGHT } });
  flushSync();
  await document.fonts.ready;
  const shot = await page
    .elementLocator(target.querySelector('[data-part=layers]')!)
    .screenshot({ base64: true, save: false });
  await unmount(layers);
  target.remove();
  const image = new Image();
  image.src = `data:image/png;base64,${shot as unknown as string}`;
  await image.decode();
  expect(image.width, 'the browser shows the page to scale').toBe(WIDTH * devicePixelRatio);
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext('2d')!;
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, image.width, image.height);
}

function difference(one: ImageData, other: ImageData): { far: number; mean: number } {
  expect([other.width, other.height]).toEqual([one.width, one.height]);
  let far = 0;
  let sum = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const channel = (i: number): number => Math.abs(one.data[at + i]! - other.data[at + i]!);
    const most = Math.max(channel(0), channel(1), channel(2));
    sum += most;
    if (most > FAR) far++;
  }
  const pixels = one.data.length / 4;
  return { far: far / pixels, mean: sum / pixels };
}
