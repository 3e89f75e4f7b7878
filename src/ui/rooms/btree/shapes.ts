/**
 * From a mark at one instant to the shapes it is drawn with. State and family come from the shared grammar (marks.css).
 * Pure: SVG and canvas both draw what comes out of here.
 */
import { circle, crisp, line, path, type Primitive, rect, text } from '../../marks/primitives';
import { type MarkState, tornPath } from '../../marks/states';
import type { Drawn } from './scene';

/** How a mark is pointed at: by the selection, or by whatever the pointer is over. */
export type Pointed = 'chosen' | 'near' | undefined;

const HEADER = 15;
const CELLS = 20;

export function shapesOf(mark: Drawn, pointed: Pointed): Primitive[] {
  const shapes: Primitive[] = [];
  const { halo, kind, thread, x, y } = mark;
  const width = Math.max(0, mark.width);
  const height = Math.max(0, mark.height);
  if (thread && kind === 'cell') shapes.push(line('thread', thread.x, thread.y, x + width / 2, y + height / 2));
  if (halo > 0 && kind !== 'cell') shapes.push(rect('halo', x - 3, y - 3, width + 6, height + 6, 4, halo));
  new Shapes(mark, width, height, pointed, shapes).draw();
  return shapes;
}

class Shapes {
  readonly #mark: Drawn;
  readonly #x: number;
  readonly #y: number;
  readonly #width: number;
  readonly #height: number;
  readonly #pointed: Pointed;
  readonly #shapes: Primitive[];

  constructor(mark: Drawn, width: number, height: number, pointed: Pointed, shapes: Primitive[]) {
    this.#mark = mark;
    this.#x = mark.x;
    this.#y = mark.y;
    this.#width = width;
    this.#height = height;
    this.#pointed = pointed;
    this.#shapes = shapes;
  }

  draw(): void {
    const parts: Readonly<Record<Drawn['kind'], () => void>> = {
      readout: () => this.#readout(),
      title: () => this.#title(),
      page: () => this.#page(),
      mini: () => this.#mini(),
      mass: () => this.#mass(),
      cell: () => this.#cell(),
      bytes: () => this.#add(rect(`family ${this.#mark.family} bytes`, this.#x, this.#y, this.#width, this.#height)),
      edge: () => this.#edge(),
      link: () => this.#link(),
      incoming: () => this.#incoming(),
      token: () => this.#token(),
      level: () => this.#level(),
      note: () => this.#text('small faint start', this.#x, this.#y + 10, this.#mark.text),
      extent: () => this.#extent(),
      lies: () => this.#lies(),
      row: () => this.#text('lane-name start', this.#x + 10, this.#middle + 4, this.#mark.text),
      frame: () => this.#slot(),
      held: () => this.#held(),
      hand: () => this.#add(path('hand', `M${this.#x - 4} ${this.#y}h8l-4 5z`)),
    };
    parts[this.#mark.kind]();
  }

  get #middle(): number {
    return this.#y + this.#height / 2;
  }
  #add(...shapes: Primitive[]): void {
    this.#shapes.push(...shapes);
  }
  #text(look: string, x: number, y: number, words: string | undefined): void {
    if (words !== undefined && words !== '') this.#shapes.push(text(look, x, y, words));
  }
  #ring(radius: number): void {
    if (this.#pointed === undefined) return;
    this.#add(rect(this.#pointed, this.#x - 2, this.#y - 2, this.#width + 4, this.#height + 4, radius));
  }

  /** A box in its state; half-way to another it is both. */
  #box(x: number, y: number, width: number, height: number, radius: number): void {
    const { family = '', filled, state = '', was } = this.#mark;
    if (was !== undefined) {
      this.#add(rect(`mark ${was} ${family}`, x, y, width, height, radius));
      const top = height * (1 - filled);
      const inside = [rect(`mark ${state} ${family}`, 0, -top, width, height, radius)];
      this.#add({ form: 'window', x, y: y + top, width, height: height * filled, inside });
    } else if (state === 'torn') this.#add(path(`mark torn ${family}`, tornPath(x, y, width, height)));
    else this.#add(rect(`mark ${state} ${family}`, x, y, width, height, radius));
  }

  /** Words on a box: ink or paper, by what is under them. */
  #onFill(): string {
    const { filled, state, was } = this.#mark;
    const under: MarkState | undefined = was !== undefined && filled < 0.5 ? was : state;
    if (under === 'durable') return 'paper';
    return under === 'garbage' || under === 'handed' ? 'on-hatch' : 'ink';
  }

  // ---- pages

  #page(): void {
    const { fill = 0, headerWidth = 0, isUnderfull, note, slots = 0, state, text: words } = this.#mark;
    const [x, y, width, height] = [this.#x, this.#y, this.#width, this.#height];
    this.#add(rect(`sheet${this.#mark.onPath ? ' path' : ''}`, x, y, width, height, 2));
    this.#box(x, y, width, Math.min(height, HEADER), 2);
    this.#text(`page-number start ${this.#onFill()}`, x + 6, y + 11.5, words);
    this.#text(`small end ${this.#onFill()}`, x + width - 5, y + 11.5, note);
    if (height < HEADER + CELLS) return;
    if (state === 'pending' || state === 'torn') {
      const words = state === 'torn' ? 'cannot be read' : 'not read yet';
      this.#text('small faint', x + width / 2, y + HEADER + 14, words);
    } else {
      const third = crisp(x + 1 + (width - 2) / 3);
      this.#add(line(`underflow${isUnderfull ? ' below' : ''}`, third, y + HEADER + 2, third, y + HEADER + CELLS - 2));
      const used = (width - 2) * fill;
      this.#add(rect('free', x + 1 + used, y + HEADER + 1, width - 2 - used, CELLS - 1));
    }
    // The same bytes where they lie: the header, then a slot for each cell.
    const base = y + HEADER + CELLS;
    this.#add(line('grid strong', x, crisp(base), x + width, crisp(base)));
    this.#add(rect('notch', x + 1, base + 1, (width - 2) * headerWidth, 5));
    const perSlot = ((width - 2) * headerWidth) / 18;
    const from = x + 1 + (width - 2) * headerWidth + 1;
    if (slots > 0) this.#add(rect('slots', from, base + 1, slots * perSlot, 5));
    this.#ring(4);
  }

  #mini(): void {
    const { fill = 0, text: words, variant } = this.#mark;
    const [x, y, width, height] = [this.#x, this.#y, this.#width, this.#height];
    this.#add(rect(`sheet${this.#mark.onPath ? ' path' : ''}`, x, y, width, height, 1.5));
    this.#box(x, y, width, Math.min(height, HEADER), 1.5);
    this.#text(`small ${this.#onFill()}`, x + width / 2, y + 11, words);
    const room = height - HEADER - 2;
    if (room > 4 && variant !== 'overflow') {
      this.#add(rect('family page bytes', x + 2, y + height - 1 - room * fill, Math.max(0, width - 4), room * fill));
    }
    this.#ring(3);
  }

  #mass(): void {
    const { bars, text: words, variant } = this.#mark;
    bars?.paths.forEach((d, shade) => {
      if (d !== '') this.#add(path(`family page ${variant === 'strip' ? `state-${shade}` : `shade-${shade}`}`, d));
    });
    if (words) this.#text('label on-hatch', this.#x + this.#width / 2, this.#middle + 4, words);
    this.#ring(2);
  }

  #cell(): void {
    const { family, halo, text: words, variant } = this.#mark;
    const [x, y, width, height] = [this.#x, this.#y, this.#width, this.#height];
    this.#add(rect(`family ${family} key-cell ${variant ?? ''}`, x, y + 1.5, width, height - 2, 1.5));
    if (width > 8) this.#text('small start', x + 3, y + height / 2 + 4, words);
    if (halo > 0) this.#add(rect('halo', x - 1, y + 0.5, width + 2, height, 2, halo));
    if (this.#pointed) this.#add(rect(this.#pointed, x - 1, y + 0.5, width + 2, height, 2));
  }

  #edge(): void {
    const { height, variant, width, x, y } = this.#mark;
    const bend = height * 0.5;
    const look = `edge${variant ? ` ${variant}` : ''}`;
    if (height === 0) this.#add(line(look, x, y, x + width, y));
    else this.#add(path(look, `M${x} ${y}c0 ${bend} ${width} ${height - bend} ${width} ${height}`));
  }

  #link(): void {
    const { width, x, y } = this.#mark;
    if (width < 3) return;
    this.#add(line('link', x, crisp(y), x + width, crisp(y)));
    if (width < 8) return;
    const middle = crisp(y);
    this.#add(path('link-head', `M${x + width} ${middle}l-3 -2.5v5zM${x} ${middle}l3 -2.5v5z`));
  }

  #incoming(): void {
    const { fill = 0, text: words } = this.#mark;
    const fits = this.#width * fill;
    this.#add(rect('incoming', this.#x, this.#y + 1.5, this.#width, this.#height - 2, 1.5));
    this.#add(rect('too-much', this.#x + fits, this.#y + 1.5, this.#width - fits, this.#height - 2, 1.5));
    this.#text('small start bad-ink on-hatch', this.#x + 3, this.#middle + 4, words);
  }

  #token(): void {
    this.#add(rect('family transaction token', this.#x, this.#y, this.#width, this.#height, 8));
    this.#text('small start', this.#x + 7, this.#middle + 4, this.#mark.text);
  }

  #level(): void {
    this.#text('lane-name start', this.#x + 10, this.#middle - 2, this.#mark.text);
    this.#text('small faint start', this.#x + 10, this.#middle + 11, this.#mark.note);
  }

  // ---- files and pool

  #title(): void {
    this.#text('lane-name start', this.#x + (this.#x === 0 ? 10 : 0), this.#y + 10, this.#mark.text);
    this.#text('small faint end', this.#x + this.#width, this.#y + 10, this.#mark.note);
  }

  #extent(): void {
    this.#add(rect(`hollow ${this.#mark.variant ?? ''}`, this.#x, this.#y, this.#width, this.#height, 1.5));
    this.#ring(3);
  }

  #lies(): void {
    const { text: words, variant } = this.#mark;
    this.#box(this.#x, this.#y, this.#width, this.#height, 1.5);
    this.#text(`small ${this.#onFill()}`, this.#x + this.#width / 2, this.#middle + 4, words);
    // The page has changed since: a corner is folded.
    if (variant === 'older' && this.#width > 8) {
      const right = this.#x + this.#width;
      this.#add(path('fold', `M${right - 7} ${this.#y - 0.6}h7.6v7.6z`));
    }
  }

  #slot(): void {
    this.#add(rect(`hollow ${this.#mark.variant ?? ''}`, this.#x, this.#y, this.#width, this.#height, 2));
    this.#ring(3);
  }

  #held(): void {
    const { referenced, text: words, variant } = this.#mark;
    this.#box(this.#x, this.#y, this.#width, this.#height, 2);
    this.#text(`small ${this.#onFill()}`, this.#x + this.#width / 2, this.#middle + 4, words);
    if (referenced) this.#add(circle('referenced', this.#x + this.#width - 4, this.#y + 4, 1.8));
    if (variant === 'pinned') {
      // A pin through the corner of the frame.
      this.#add(circle('pin-head', this.#x + 4.5, this.#y + 3.5, 2.4));
      this.#add(line('pin', this.#x + 4.5, this.#y + 5.5, this.#x + 4.5, this.#y + 11));
    }
    if (variant === 'next') this.#add(rect('next', this.#x - 1.5, this.#y - 1.5, this.#width + 3, this.#height + 3, 3));
  }

  #readout(): void {
    this.#text('readout-note start', this.#x, this.#y + 12, this.#mark.note);
    this.#text('readout start', this.#x, this.#y + 28, this.#mark.text);
  }
}
