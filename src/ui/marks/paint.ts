/**
 * Shapes on a canvas. A scrubbed picture changes nearly all of its marks in every frame, and making, styling and laying
 * out a thousand elements for one sixtieth of a second costs more than the frame has; calls of a canvas cost a tenth.
 * Everything is done as SVG does it: the fill, then the stroke over it (the other way round where the look says so);
 * shapes without extent are not drawn; gradients span the box of their shape; patterns lie still on the page.
 *
 * What the canvas is set to already is not set again: of a thousand shapes most look like the one before, and to take in
 * a colour or a font costs a canvas more than to draw with it.
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
  | 'fillRect'
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
  | 'strokeRect'
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

/** What a canvas is set to; undefined for what is not known. */
interface Settings {
  alpha?: number | undefined;
  fill?: string | CanvasPattern | undefined;
  stroke?: string | undefined;
  strokeWidth?: number | undefined;
  cap?: CanvasLineCap | undefined;
  join?: CanvasLineJoin | undefined;
  dash?: readonly number[] | undefined;
  font?: string | undefined;
  align?: CanvasTextAlign | undefined;
}
type Outlined = Exclude<Primitive, { form: 'text' | 'window' }>;

/** Paints one picture; nobody else may set anything on the canvas meanwhile. */
export class Painter {
  readonly #pen: Pen;
  readonly #palette: Palette;
  #set: Settings = {};

  constructor(pen: Pen, palette: Palette) {
    this.#pen = pen;
    this.#palette = palette;
  }

  paint(shapes: readonly Primitive[], opacity = 1): void {
    for (const shape of shapes) {
      if (shape.form === 'window') {
        if (shape.width <= 0 || shape.height <= 0) continue;
        this.inside(shape, () => {
          this.#pen.translate(shape.x, shape.y);
          this.paint(shape.inside, opacity);
        });
      } else {
        const look = this.#palette.look(shape.look, shape.form === 'bars' ? 'path' : shape.form);
        this.#setAlpha(opacity * look.opacity * (shape.opacity ?? 1));
        if (shape.form === 'text') this.#write(shape.text, shape.x, shape.y, look);
        else this.#outline(shape, look);
      }
    }
  }

  /** What `work` paints is cut off at the edges of a box. */
  inside({ height, width, x, y }: Extent, work: () => void): void {
    const before = { ...this.#set };
    this.#pen.save();
    this.#pen.beginPath();
    this.#pen.rect(x, y, width, height);
    this.#pen.clip();
    work();
    this.#pen.restore();
    this.#set = before;
  }

  #outline(shape: Outlined, look: Look): void {
    const pen = this.#pen;
    switch (shape.form) {
      case 'path': {
        const drawn = this.#palette.path(shape.d);
        if (this.#setFill(look, undefined)) pen.fill(drawn);
        if (this.#setStroke(look)) pen.stroke(drawn);
        return;
      }
      case 'bars':
        // Boxes one by one: an outline of hundreds is smoothed edge by edge.
        if (!this.#setFill(look, undefined)) return;
        for (let i = 0; i < shape.spans.length; i += 2)
          pen.fillRect(shape.spans[i]!, shape.y, shape.spans[i + 1]! - shape.spans[i]!, shape.height);
        return;
      case 'line':
        if (!this.#setStroke(look)) return;
        pen.beginPath();
        pen.moveTo(shape.x1, shape.y1);
        pen.lineTo(shape.x2, shape.y2);
        pen.stroke();
        return;
      case 'circle': {
        const { radius, x, y } = shape;
        if (radius <= 0) return;
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        if (this.#setFill(look, { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius })) pen.fill();
        if (this.#setStroke(look)) pen.stroke();
        return;
      }
      case 'rect':
        this.#rect(shape, look);
    }
  }

  #rect(shape: RectPrimitive, look: Look): void {
    const pen = this.#pen;
    const { height, radius, width, x, y } = shape;
    if (width <= 0 || height <= 0) return;
    if (radius > 0) {
      pen.beginPath();
      pen.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
      if (this.#setFill(look, shape)) pen.fill();
      if (this.#setStroke(look)) pen.stroke();
      return;
    }
    if (this.#setFill(look, shape)) pen.fillRect(x, y, width, height);
    if (this.#setStroke(look)) pen.strokeRect(x, y, width, height);
  }

  #write(words: string, x: number, y: number, look: Look): void {
    if (words === '') return;
    const pen = this.#pen;
    if (this.#set.font !== look.font) pen.font = this.#set.font = look.font;
    if (this.#set.align !== look.align) pen.textAlign = this.#set.align = look.align;
    if (look.strokeFirst && this.#setStroke(look)) pen.strokeText(words, x, y);
    if (this.#setFill(look, undefined)) pen.fillText(words, x, y);
    if (!look.strokeFirst && this.#setStroke(look)) pen.strokeText(words, x, y);
  }

  #setAlpha(alpha: number): void {
    if (this.#set.alpha !== alpha) this.#pen.globalAlpha = this.#set.alpha = alpha;
  }

  #setFill({ fill }: Look, box: Extent | undefined): boolean {
    if (fill === undefined) return false;
    if (fill.kind === 'shaded') {
      if (box === undefined) return false;
      const gradient = this.#pen.createLinearGradient(0, box.y, 0, box.y + box.height);
      for (const { at, colour } of fill.stops) gradient.addColorStop(at, colour);
      this.#pen.fillStyle = gradient;
      this.#set.fill = undefined;
      return true;
    }
    const style = fill.kind === 'colour' ? fill.colour : fill.pattern;
    if (this.#set.fill !== style) this.#pen.fillStyle = this.#set.fill = style;
    return true;
  }

  #setStroke({ cap, dash, join, stroke, strokeWidth }: Look): boolean {
    if (stroke === undefined || strokeWidth <= 0) return false;
    const pen = this.#pen;
    const set = this.#set;
    if (set.stroke !== stroke) pen.strokeStyle = set.stroke = stroke;
    if (set.strokeWidth !== strokeWidth) pen.lineWidth = set.strokeWidth = strokeWidth;
    if (set.cap !== cap) pen.lineCap = set.cap = cap;
    if (set.join !== join) pen.lineJoin = set.join = join;
    if (set.dash !== dash) pen.setLineDash((set.dash = dash) as number[]);
    return true;
  }
}

interface Extent {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
