import { describe, expect, test } from 'vitest';
import { type Look, Painter, type Palette, type Pen } from './paint';
import { bars, circle, line, path, type Primitive, rect, text } from './primitives';

const PLAIN: Look = {
  fill: { kind: 'colour', colour: 'blue' },
  stroke: 'navy',
  strokeWidth: 1.25,
  dash: [3, 3],
  cap: 'butt',
  join: 'round',
  strokeFirst: false,
  opacity: 1,
  font: '400 11px sans',
  align: 'center',
};

/** What a canvas was asked to do, in order: calls with their numbers, and what was set in between. */
function calls(shapes: readonly Primitive[], look: Partial<Look> = {}, opacity = 1): string[] {
  const seen: string[] = [];
  const pen = new Proxy(
    {},
    {
      get: (_, name: string) => {
        if (name === 'createLinearGradient') {
          return (...box: number[]) => {
            seen.push(`gradient ${box.join(' ')}`);
            return { addColorStop: (at: number, colour: string) => seen.push(`stop ${at} ${colour}`) };
          };
        }
        return (...values: unknown[]) => seen.push([name, ...(values.flat() as (number | string)[])].join(' '));
      },
      set: (_, name: string, value: unknown) => {
        seen.push(`${name} = ${value as number | string}`);
        return true;
      },
    },
  ) as unknown as Pen;
  const palette: Palette = { look: () => ({ ...PLAIN, ...look }), path: (d) => d as unknown as Path2D };
  new Painter(pen, palette).paint(shapes, opacity);
  return seen;
}
const only = (seen: readonly string[], ...names: string[]): string[] =>
  seen.filter((call) => names.includes(call.split(' ')[0]!));

describe('paint', () => {
  test('a rectangle is filled, then outlined with its dashes', () => {
    expect(calls([rect('mark', 10, 20, 30, 40, 1.5)])).toEqual([
      'globalAlpha = 1',
      'beginPath',
      'roundRect 10 20 30 40 1.5',
      'fillStyle = blue',
      'fill',
      'strokeStyle = navy',
      'lineWidth = 1.25',
      'lineCap = butt',
      'lineJoin = round',
      'setLineDash 3 3',
      'stroke',
    ]);
  });

  test('what has no fill or no stroke is not filled or stroked', () => {
    const shapes = [rect('mark', 0, 0, 9, 9), circle('mark', 5, 5, 3), path('mark', 'M0 0h9')];
    const done = (look: Partial<Look>): string[] =>
      only(calls(shapes, look), 'fill', 'fillRect', 'stroke', 'strokeRect');
    expect(done({ fill: undefined })).toEqual(['strokeRect 0 0 9 9', 'stroke', 'stroke M0 0h9']);
    expect(done({ stroke: undefined })).toEqual(['fillRect 0 0 9 9', 'fill', 'fill M0 0h9']);
  });

  test('a corner is never rounder than half its box', () => {
    expect(calls([rect('mark', 0, 0, 2, 40, 4)])).toContain('roundRect 0 0 2 40 1');
  });

  test('shapes without extent are not drawn, as in SVG', () => {
    const empty = [
      rect('mark', 0, 0, 0, 9),
      rect('mark', 0, 0, 9, -1),
      circle('mark', 5, 5, 0),
      text('mark', 0, 0, ''),
    ];
    expect(only(calls(empty), 'fill', 'stroke', 'fillText')).toEqual([]);
  });

  test('a half filled box is shaded over its own height', () => {
    const stops = [
      { at: 0.5, colour: 'soft' },
      { at: 0.5, colour: 'full' },
    ];
    const seen = calls([rect('mark', 10, 20, 30, 40)], { fill: { kind: 'shaded', stops } });
    expect(only(seen, 'gradient', 'stop')).toEqual(['gradient 0 20 0 60', 'stop 0.5 soft', 'stop 0.5 full']);
  });

  test('words on a hatch have their rim under them; other words go over their rim', () => {
    const words = [text('small', 5, 6, '12')];
    expect(only(calls(words, { strokeFirst: true }), 'strokeText', 'fillText')).toEqual([
      'strokeText 12 5 6',
      'fillText 12 5 6',
    ]);
    expect(only(calls(words), 'strokeText', 'fillText')).toEqual(['fillText 12 5 6', 'strokeText 12 5 6']);
  });

  test('opacities of mark, look and shape are multiplied', () => {
    expect(calls([line('halo', 0, 0, 1, 1, 0.5)], { opacity: 0.5 }, 0.5)).toContain('globalAlpha = 0.125');
  });

  test('what the canvas is set to already is not set again, also not after a window', () => {
    const window: Primitive = { form: 'window', x: 0, y: 0, width: 9, height: 9, inside: [rect('mark', 0, 0, 9, 9)] };
    const seen = calls([rect('mark', 0, 0, 9, 9), rect('mark', 9, 0, 9, 9), window, rect('mark', 18, 0, 9, 9)]);
    expect(only(seen, 'fillStyle', 'strokeStyle', 'setLineDash', 'globalAlpha')).toEqual([
      'globalAlpha = 1',
      'fillStyle = blue',
      'strokeStyle = navy',
      'setLineDash 3 3',
    ]);
  });

  test('what was set inside a window is gone after it', () => {
    const faint = { ...rect('mark', 0, 0, 9, 9), opacity: 0.5 } as Primitive;
    const window: Primitive = { form: 'window', x: 0, y: 0, width: 9, height: 9, inside: [faint] };
    const seen = calls([window, faint, rect('mark', 0, 0, 9, 9)]);
    expect(only(seen, 'restore', 'globalAlpha')).toEqual([
      'globalAlpha = 0.5',
      'restore',
      'globalAlpha = 0.5',
      'globalAlpha = 1',
    ]);
  });

  test('bars are boxes side by side', () => {
    const shapes = [bars('shade', 4, 20, [10, 12, 15, 16])];
    expect(only(calls(shapes), 'fillRect', 'fill', 'stroke')).toEqual(['fillRect 10 4 2 20', 'fillRect 15 4 1 20']);
  });

  test('a window cuts off what is outside, counts from its corner, and ends', () => {
    const window: Primitive = {
      form: 'window',
      x: 10,
      y: 20,
      width: 5,
      height: 6,
      inside: [rect('mark', 0, -4, 5, 10)],
    };
    const seen = calls([window, rect('mark', 1, 2, 3, 4)]);
    expect(only(seen, 'save', 'rect', 'clip', 'translate', 'fillRect', 'restore')).toEqual([
      'save',
      'rect 10 20 5 6',
      'clip',
      'translate 10 20',
      'fillRect 0 -4 5 10',
      'restore',
      'fillRect 1 2 3 4',
    ]);
    expect(calls([{ ...window, height: 0 }])).toEqual([]);
  });
});
