/**
 * From a mark at one instant to the shapes it is drawn with: what all pictures do alike. A room extends this with a
 * method for each kind of mark that it draws; state and family come from the shared grammar (marks.css). Pure: SVG and
 * canvas both draw what comes out.
 */
import { line, path, type Primitive, rect, text } from './primitives';
import type { Drawn, Mark } from './scene';
import { type MarkState, tornPath } from './states';

/** How a mark is pointed at: by the selection, or by whatever the pointer is over. */
export type Pointed = 'chosen' | 'near' | undefined;

export type ShapesOf<M extends Mark> = (mark: Drawn<M>, pointed: Pointed) => readonly Primitive[];

export class MarkShapes<M extends Mark> {
  readonly shapes: Primitive[] = [];
  protected readonly mark: Drawn<M>;
  protected readonly x: number;
  protected readonly y: number;
  protected readonly width: number;
  protected readonly height: number;
  protected readonly middle: number;
  protected readonly pointed: Pointed;

  constructor(mark: Drawn<M>, pointed: Pointed) {
    this.mark = mark;
    this.x = mark.x;
    this.y = mark.y;
    this.width = Math.max(0, mark.width);
    this.height = Math.max(0, mark.height);
    this.middle = this.y + this.height / 2;
    this.pointed = pointed;
  }

  protected add(...shapes: Primitive[]): void {
    this.shapes.push(...shapes);
  }

  protected text(look: string, x: number, y: number, words: string | undefined): void {
    if (words !== undefined && words !== '') this.shapes.push(text(look, x, y, words));
  }

  /** Around a mark that is pointed at. */
  protected ring(radius: number): void {
    if (this.pointed === undefined) return;
    this.add(rect(this.pointed, this.x - 2, this.y - 2, this.width + 4, this.height + 4, radius));
  }

  /** To what a copy on its way is a copy of. */
  protected thread(to: { readonly x: number; readonly y: number }): void {
    this.add(line('thread', to.x, to.y, this.x + this.width / 2, this.middle));
  }

  /** Around what the step is about. */
  protected halo(by: number, strength: number, radius = 4): void {
    this.add(rect('halo', this.x - by, this.y - by, this.width + 2 * by, this.height + 2 * by, radius, strength));
  }

  /** A number with its word over it; how far down each stands. */
  protected readout(note: number, number: number): void {
    this.text('readout-note start', this.x, this.y + note, this.mark.note);
    this.text('readout start', this.x, this.y + number, this.mark.text);
  }

  /** A box in its state. Half-way to another it is both: the new one rises from below. */
  protected box(radius: number, height = this.height): void {
    const { family = '', filled, state = '', was } = this.mark;
    const { width, x, y } = this;
    if (was !== undefined) {
      this.add(rect(`mark ${was} ${family}`, x, y, width, height, radius));
      const top = height * (1 - filled);
      const inside = [rect(`mark ${state} ${family}`, 0, -top, width, height, radius)];
      this.add({ form: 'window', x, y: y + top, width, height: height * filled, inside });
    } else if (state === 'torn') this.add(path(`mark torn ${family}`, tornPath(x, y, width, height)));
    else this.add(rect(`mark ${state} ${family}`, x, y, width, height, radius));
  }

  /** The state that is under words on the box: half-way, the one that has more of it. */
  protected get under(): MarkState | undefined {
    const { filled, state, was } = this.mark;
    return was !== undefined && filled < 0.5 ? was : state;
  }

  /** How words on the box look: ink or paper, by what is under them. */
  protected get onFill(): string {
    const { under } = this;
    if (under === 'durable') return 'paper';
    return under === 'garbage' || under === 'handed' ? 'on-hatch' : 'ink';
  }
}
