/** From a mark of the B-tree room to the shapes it is drawn with. */
import { bars, circle, crisp, line, path, type Primitive, rect } from '../../marks/primitives';
import { MarkShapes, type Pointed } from '../../marks/mark_shapes';
import { CELLS, HEADER } from './page_glyph';
import type { Drawn, Mark, MarkKind } from './scene';

const CORNERS_FROM = 6;

export function shapesOf(mark: Drawn, pointed: Pointed): readonly Primitive[] {
  return new TreeShapes(mark, pointed).draw();
}

class TreeShapes extends MarkShapes<Mark> {
  static readonly #PARTS: Readonly<Record<MarkKind, (of: TreeShapes) => void>> = {
    readout: (of) => of.readout(12, 28),
    title: (of) => of.#title(),
    page: (of) => of.#page(),
    mini: (of) => of.#mini(),
    mass: (of) => of.#mass(),
    cell: (of) => of.#cell(),
    bytes: (of) => of.add(rect(`family ${of.mark.family} bytes`, of.x, of.y, of.width, of.height)),
    teeth: (of) => of.#teeth(),
    edge: (of) => of.#edge(),
    link: (of) => of.#link(),
    incoming: (of) => of.#incoming(),
    token: (of) => of.#token(),
    level: (of) => of.#level(),
    note: (of) => of.text('small faint start', of.x, of.y + 10, of.mark.text),
    extent: (of) => of.#extent(),
    lies: (of) => of.#lies(),
    row: (of) => of.text('lane-name start', of.x + 10, of.middle + 4, of.mark.text),
    frame: (of) => of.#slot(),
    held: (of) => of.#held(),
    hand: (of) => of.add(path('hand', `M${of.x - 4} ${of.y}h8l-4 5z`)),
  };

  draw(): readonly Primitive[] {
    const { halo, kind, thread } = this.mark;
    if (thread && kind === 'cell') this.thread(thread);
    if (halo > 0 && kind !== 'cell') this.halo(3, halo);
    TreeShapes.#PARTS[kind](this);
    return this.shapes;
  }

  // ---- pages

  #page(): void {
    const { fill = 0, headerWidth = 0, isUnderfull, note, slots = 0, state, text: words } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    this.add(rect(`sheet${this.mark.onPath ? ' path' : ''}`, x, y, width, height, 2));
    this.box(2, Math.min(height, HEADER));
    this.text(`page-number start ${this.onFill}`, x + 6, y + 11.5, words);
    this.text(`small end ${this.onFill}`, x + width - 5, y + 11.5, note);
    if (height < HEADER + CELLS) return;
    if (state === 'pending' || state === 'torn') {
      const words = state === 'torn' ? 'cannot be read' : 'not read yet';
      this.text('small faint', x + width / 2, y + HEADER + 14, words);
    } else {
      const third = crisp(x + 1 + (width - 2) / 3);
      this.add(line(`underflow${isUnderfull ? ' below' : ''}`, third, y + HEADER + 2, third, y + HEADER + CELLS - 2));
      const used = (width - 2) * fill;
      this.add(rect('free', x + 1 + used, y + HEADER + 1, width - 2 - used, CELLS - 1));
    }
    // The same bytes where they lie: the header, then a slot for each cell.
    const base = y + HEADER + CELLS;
    this.add(line('grid strong', x, crisp(base), x + width, crisp(base)));
    this.add(rect('notch', x + 1, base + 1, (width - 2) * headerWidth, 5));
    const perSlot = ((width - 2) * headerWidth) / 18;
    const from = x + 1 + (width - 2) * headerWidth + 1;
    if (slots > 0) this.add(rect('slots', from, base + 1, slots * perSlot, 5));
    this.ring(4);
  }

  #mini(): void {
    const { fill = 0, text: words, variant } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    this.add(rect(`sheet${this.mark.onPath ? ' path' : ''}`, x, y, width, height, 1.5));
    this.box(1.5, Math.min(height, HEADER));
    this.text(`small ${this.onFill}`, x + width / 2, y + 11, words);
    const room = height - HEADER - 2;
    if (room > 4 && variant !== 'overflow') {
      this.add(rect('family page bytes', x + 2, y + height - 1 - room * fill, Math.max(0, width - 4), room * fill));
    }
    this.ring(3);
  }

  #mass(): void {
    const { text: words, variant } = this.mark;
    const shades = variant === 'strip' ? 'state' : variant === 'pool' ? 'frames' : 'shade';
    this.mark.bars?.forEach((spans, shade) => {
      if (spans.length > 0) this.add(bars(`family page ${shades}-${shade}`, this.y, this.height, spans));
    });
    if (words) this.text('label on-hatch', this.x + this.width / 2, this.middle + 4, words);
    this.ring(2);
  }

  #cell(): void {
    const { family, halo, text: words, variant } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    // Of a cell as narrow as its corners nobody sees that they are round; a page has dozens.
    const radius = width < CORNERS_FROM ? 0 : 1.5;
    this.add(rect(`family ${family} key-cell ${variant ?? ''}`, x, y + 1.5, width, height - 2, radius));
    if (width > 8) this.text('small start', x + 3, y + height / 2 + 4, words);
    if (halo > 0) this.add(rect('halo', x - 1, y + 0.5, width + 2, height, 2, halo));
    if (this.pointed) this.add(rect(this.pointed, x - 1, y + 0.5, width + 2, height, 2));
  }

  #teeth(): void {
    const { bars: [spans = []] = [], family } = this.mark;
    this.add(bars(`family ${family} teeth`, this.y, this.height, spans));
  }

  #edge(): void {
    const { height, variant, width, x, y } = this.mark;
    const bend = height * 0.5;
    const look = `edge${variant ? ` ${variant}` : ''}`;
    if (height === 0) this.add(line(look, x, y, x + width, y));
    else this.add(path(look, `M${x} ${y}c0 ${bend} ${width} ${height - bend} ${width} ${height}`));
  }

  #link(): void {
    const { width, x, y } = this.mark;
    if (width < 3) return;
    this.add(line('link', x, crisp(y), x + width, crisp(y)));
    if (width < 8) return;
    const middle = crisp(y);
    this.add(path('link-head', `M${x + width} ${middle}l-3 -2.5v5zM${x} ${middle}l3 -2.5v5z`));
  }

  #incoming(): void {
    const { fill = 0, text: words } = this.mark;
    const fits = this.width * fill;
    this.add(rect('incoming', this.x, this.y + 1.5, this.width, this.height - 2, 1.5));
    this.add(rect('too-much', this.x + fits, this.y + 1.5, this.width - fits, this.height - 2, 1.5));
    this.text('small start bad-ink on-hatch', this.x + 3, this.middle + 4, words);
  }

  #token(): void {
    this.add(rect('family transaction token', this.x, this.y, this.width, this.height, 8));
    this.text('small start', this.x + 7, this.middle + 4, this.mark.text);
  }

  #level(): void {
    this.text('lane-name start', this.x + 10, this.middle - 2, this.mark.text);
    this.text('small faint start', this.x + 10, this.middle + 11, this.mark.note);
  }

  // ---- files and pool

  #title(): void {
    this.text('lane-name start', this.x + (this.x === 0 ? 10 : 0), this.y + 10, this.mark.text);
    this.text('small faint end', this.x + this.width, this.y + 10, this.mark.note);
  }

  #extent(): void {
    this.add(rect(`hollow ${this.mark.variant ?? ''}`, this.x, this.y, this.width, this.height, 1.5));
    this.ring(3);
  }

  #lies(): void {
    const { text: words, variant } = this.mark;
    this.box(1.5);
    this.text(`small ${this.onFill}`, this.x + this.width / 2, this.middle + 4, words);
    // The page has changed since: a corner is folded.
    if (variant === 'older' && this.width > 8) {
      const right = this.x + this.width;
      this.add(path('fold', `M${right - 7} ${this.y - 0.6}h7.6v7.6z`));
    }
  }

  #slot(): void {
    // What is held in it has the same outline.
    if (this.mark.variant === 'free') this.add(rect('hollow free', this.x, this.y, this.width, this.height, 2));
    this.ring(3);
  }

  #held(): void {
    const { referenced, text: words, variant } = this.mark;
    this.box(2);
    this.text(`small ${this.onFill}`, this.x + this.width / 2, this.middle + 4, words);
    if (referenced) this.add(circle('referenced', this.x + this.width - 4, this.y + 4, 1.8));
    if (variant === 'pinned') {
      // A pin through the corner of the frame.
      this.add(circle('pin-head', this.x + 4.5, this.y + 3.5, 2.4));
      this.add(line('pin', this.x + 4.5, this.y + 5.5, this.x + 4.5, this.y + 11));
    }
    if (variant === 'next') this.add(rect('next', this.x - 1.5, this.y - 1.5, this.width + 3, this.height + 3, 3));
  }
}
