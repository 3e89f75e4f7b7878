/**
 * Shapes on a canvas. A scrubbed picture changes nearly all of its marks in every frame, and making, styling and laying
 * out a thousand elements for one sixtieth of a second costs more than the frame has; calls of a canvas cost a tenth.
 * Everything is done as SVG does it: the fill, then the stroke over it (the other way round where the look says so);
 * shapes without extent are not drawn; gradients span the box of their shape; patterns lie still on the page.
 */
import type { Form, Primitive, RectPrimitive } from './primitives';

/** A colour, or what is laid over a shape instead of one. */
export type Fill =
  | { readonly kind: 'colour'; readonly colour: string }
  /** From the top of the shape to its bottom; `at` is 0 to 1. */
  | { readonly kind: 'shaded'; readonly stops: readonly { readonly at: number; readonly colour: string }[] }
  | { readonly kind: 'pattern'; readonly pattern: CanvasPattern };

/** What the classes of a shape come to. */
export interface Look {
  readonly fill: Fill | undefined;
  readonly stroke: string | undefined;
  readonly strokeWidth: number;
  readonly dash: readonly number[];
  readonly cap: CanvasLineCap;
  readonly join: CanvasLineJoin;
  readonly strokeFirst: boolean;
  readonly opacity: number;
  readonly font: string;
  readonly align: CanvasTextAlign;
}

/** The calls of a canvas that are used: a test writes them down. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'arc'
  | 'beginPath'
  | 'clip'
  | 'createLinearGradient'
  | 'fill'
  | 'fillStyle'
  | 'fillText'
  | 'font'
  | 'globalAlpha'
  | 'lineCap'
  | 'lineJoin'
  | 'lineTo'
  | 'lineWidth'
  | 'moveTo'
  | 'rect'
  | 'restore'
  | 'roundRect'
  | 'save'
  | 'setLineDash'
  | 'stroke'
  | 'strokeStyle'
  | 'strokeText'
  | 'textAlign'
  | 'translate'
>;

/** What turns names into things the canvas takes. */
export interface Palette {
  look(look: string, form: Form): Look;
  path(d: string): Path2D;
}

export function paint(pen: Pen, shapes: readonly Primitive[], palette: Palette, opacity = 1): void {
  for (const shape of shapes) {
    if (shape.form === 'window') {
      if (shape.width <= 0 || shape.height <= 0) continue;
      pen.save();
      pen.beginPath();
      pen.rect(shape.x, shape.y, shape.width, shape.height);
      pen.clip();
      pen.translate(shape.x, shape.y);
      paint(pen, shape.inside, palette, opacity);
      pen.restore();
    } else {
      const look = palette.look(shape.look, shape.form);
      pen.globalAlpha = opacity * look.opacity * (shape.opacity ?? 1);
      if (shape.form === 'text') write(pen, shape.text, shape.x, shape.y, look);
      else outline(pen, shape, look, palette);
    }
  }
}

type Outlined = Exclude<Primitive, { form: 'text' | 'window' }>;

function outline(pen: Pen, shape: Outlined, look: Look, palette: Palette): void {
  switch (shape.form) {
    case 'path': {
      const drawn = palette.path(shape.d);
      if (setFill(pen, look, undefined)) pen.fill(drawn);
      if (setStroke(pen, look)) pen.stroke(drawn);
      return;
    }
    case 'line':
      if (!setStroke(pen, look)) return;
      pen.beginPath();
      pen.moveTo(shape.x1, shape.y1);
      pen.lineTo(shape.x2, shape.y2);
      pen.stroke();
      return;
    case 'circle': {
      if (shape.radius <= 0) return;
      pen.beginPath();
      pen.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      const { radius, x, y } = shape;
      closed(pen, look, { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius });
      return;
    }
    case 'rect':
      if (shape.width <= 0 || shape.height <= 0) return;
      pen.beginPath();
      if (shape.radius > 0) pen.roundRect(shape.x, shape.y, shape.width, shape.height, roundness(shape));
      else pen.rect(shape.x, shape.y, shape.width, shape.height);
      closed(pen, look, shape);
  }
}

interface Extent {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function closed(pen: Pen, look: Look, box: Extent): void {
  if (setFill(pen, look, box)) pen.fill();
  if (setStroke(pen, look)) pen.stroke();
}

const roundness = ({ height, radius, width }: RectPrimitive): number => Math.min(radius, width / 2, height / 2);

function write(pen: Pen, words: string, x: number, y: number, look: Look): void {
  if (words === '') return;
  pen.font = look.font;
  pen.textAlign = look.align;
  if (look.strokeFirst && setStroke(pen, look)) pen.strokeText(words, x, y);
  if (setFill(pen, look, undefined)) pen.fillText(words, x, y);
  if (!look.strokeFirst && setStroke(pen, look)) pen.strokeText(words, x, y);
}

function setFill(pen: Pen, { fill }: Look, box: Extent | undefined): boolean {
  if (fill === undefined) return false;
  if (fill.kind === 'colour') pen.fillStyle = fill.colour;
  else if (fill.kind === 'pattern') pen.fillStyle = fill.pattern;
  else if (box === undefined) return false;
  else {
    const gradient = pen.createLinearGradient(0, box.y, 0, box.y + box.height);
    for (const { at, colour } of fill.stops) gradient.addColorStop(at, colour);
    pen.fillStyle = gradient;
  }
  return true;
}

function setStroke(pen: Pen, look: Look): boolean {
  if (look.stroke === undefined || look.strokeWidth <= 0) return false;
  pen.strokeStyle = look.stroke;
  pen.lineWidth = look.strokeWidth;
  pen.lineCap = look.cap;
  pen.lineJoin = look.join;
  pen.setLineDash(look.dash as number[]);
  return true;
}
