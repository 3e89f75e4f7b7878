/**
 * A scrubbed picture is painted, one at rest is made of elements, and a reader must not see the change from one to the
 * other: both draw the same shapes in looks from one style sheet. Here the browser draws both, and the pixels are compared.
 */
import '@fontsource/ibm-plex-sans/latin-400.css';
import '@fontsource/ibm-plex-sans/latin-500.css';
import '@fontsource/ibm-plex-sans/latin-600.css';
import { type Component, flushSync, mount, unmount } from 'svelte';
import { expect } from 'vitest';
import { page } from 'vitest/browser';
import type { Pointed, ShapesOf } from '../marks/mark_shapes';
import type { Drawn, Mark } from '../marks/scene';
import Layers from './Layers.svelte';
import '../base.css';
import '../theme.css';

export const WIDTH = 900;
export const HEIGHT = 560;
/** Of 255, in the channel that differs most: more than smoothing does to an edge. */
const FAR = 48;
/** So much of the picture, where both are smoothed differently. */
export const FAR_SHARE_MAX = 0.0004;
const MEAN_MAX = 0.1;

/** What draws the marks of a room: the class of its drawing, and its shapes. */
export interface Drawer<M extends Mark> {
  readonly name: string;
  readonly shapesOf: ShapesOf<M>;
}

export async function expectSame<M extends Mark>(
  drawer: Drawer<M>,
  marks: readonly Drawn<M>[],
  pointed: (mark: Drawn<M>) => Pointed = () => undefined,
): Promise<void> {
  const elements = await pixelsOf(drawer, marks, pointed, false);
  const paint = await pixelsOf(drawer, marks, pointed, true);
  const { far, mean } = difference(elements, paint);
  console.info(
    `elements and paint: ${(far * 100).toFixed(3)} % of pixels differ by more than ${FAR}, mean ${mean.toFixed(3)}`,
  );
  expect(far).toBeLessThan(FAR_SHARE_MAX);
  expect(mean).toBeLessThan(MEAN_MAX);
}

export async function pixelsOf<M extends Mark>(
  drawer: Drawer<M>,
  marks: readonly Drawn<M>[],
  pointed: (mark: Drawn<M>) => Pointed,
  painted: boolean,
): Promise<ImageData> {
  const target = document.createElement('div');
  document.body.append(target);
  const props = { ...drawer, marks, pointed, painted, width: WIDTH, height: HEIGHT };
  const layers = mount(Layers as unknown as Component<typeof props>, { target, props });
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

export function difference(one: ImageData, other: ImageData): { far: number; mean: number } {
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
