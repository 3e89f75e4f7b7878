/**
 * What a mark is made of when it is drawn: a few plain shapes, each with a look. The look is a list of classes and the
 * style sheet says what they mean, so that the same shapes can be drawn as SVG elements (Primitives.svelte) or on a
 * canvas (paint.ts): where things lie is said once, here, and what they look like once, in CSS.
 */

interface Seen {
  /** Classes of the style sheet, as one string. */
  readonly look: string;
  /** Beside what the look says. */
  readonly opacity?: number | undefined;
}
interface Boxed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface RectPrimitive extends Seen, Boxed {
  readonly form: 'rect';
  readonly radius: number;
}
export interface CirclePrimitive extends Seen {
  readonly form: 'circle';
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}
export interface LinePrimitive extends Seen {
  readonly form: 'line';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}
export interface PathPrimitive extends Seen {
  readonly form: 'path';
  readonly d: string;
}
/** Many boxes of one look side by side, as one shape: the left and the right end of each, one after the other. */
export interface BarsPrimitive extends Seen {
  readonly form: 'bars';
  readonly y: number;
  readonly height: number;
  readonly spans: readonly number[];
}
/** Where it is anchored, start, middle or end, is part of the look. */
export interface TextPrimitive extends Seen {
  readonly form: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
}
/** Cuts off what lies outside of it; inside, places count from its corner. */
export interface WindowPrimitive extends Boxed {
  readonly form: 'window';
  readonly inside: readonly Primitive[];
}

export type Primitive =
  RectPrimitive | CirclePrimitive | LinePrimitive | PathPrimitive | BarsPrimitive | TextPrimitive | WindowPrimitive;
/** The elements that have a look; bars are a path. */
export type Form = Exclude<Primitive['form'], 'bars' | 'window'>;

export function rect(
  look: string,
  x: number,
  y: number,
  width: number,
  height: number,
  radius = 0,
  opacity?: number,
): Primitive {
  return { form: 'rect', look, x, y, width: Math.max(0, width), height: Math.max(0, height), radius, opacity };
}
export function circle(look: string, x: number, y: number, radius: number): Primitive {
  return { form: 'circle', look, x, y, radius: Math.max(0, radius) };
}
export function line(look: string, x1: number, y1: number, x2: number, y2: number, opacity?: number): Primitive {
  return { form: 'line', look, x1, y1, x2, y2, opacity };
}
export function path(look: string, d: string): Primitive {
  return { form: 'path', look, d };
}
export function bars(look: string, y: number, height: number, spans: readonly number[]): Primitive {
  return { form: 'bars', look, y, height: Math.max(0, height), spans };
}
export function text(look: string, x: number, y: number, words: string | undefined): Primitive {
  return { form: 'text', look, x, y, text: words ?? '' };
}

/** The outline of all bars at once. */
export function barsPath({ height, spans, y }: BarsPrimitive): string {
  let d = '';
  for (let i = 0; i < spans.length; i += 2)
    d += `M${spans[i]!} ${y}h${spans[i + 1]! - spans[i]!}v${height}H${spans[i]!}z`;
  return d;
}

/** The middle of the pixel that a hair line falls on: drawn there, it is one pixel wide and not two grey ones. */
export const crisp = (at: number): number => Math.floor(at) + 0.5;
