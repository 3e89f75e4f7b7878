/** From a mark of the MVCC room to the shapes it is drawn with. */
import { bars, circle, crisp, line, path, type Primitive, rect } from '../../marks/primitives';
import { MarkShapes, type Pointed } from '../../marks/mark_shapes';
import { EDGE_BEND } from './captions';
import type { Drawn, Mark, MarkKind } from './scene';

export function shapesOf(mark: Drawn, pointed: Pointed): readonly Primitive[] {
  return new MvccShapes(mark, pointed).draw();
}

/** What has a sign of its own for being pointed at. */
const NO_HALO: ReadonlySet<MarkKind> = new Set<MarkKind>(['published', 'watermark', 'clash', 'edge', 'landing', 'hop']);

class MvccShapes extends MarkShapes<Mark> {
  static readonly #PARTS: Readonly<Record<MarkKind, (of: MvccShapes) => void>> = {
    readout: (of) => of.readout(12, 28),
    title: (of) => of.#title(),
    note: (of) => of.text('small faint start', of.x, of.y + 10, of.mark.text),
    words: (of) => of.text('small start soft-ink', of.x, of.y + 10, of.mark.text),
    zone: (of) => of.add(rect('zone', of.x, of.y, of.width, of.height)),
    row: (of) => of.#row(),
    key: (of) => of.#key(),
    tick: (of) => of.text('small faint on-hatch', of.x + of.width / 2, of.y + 10, of.mark.text),
    memory: (of) => of.#memory(),
    version: (of) => of.#version(),
    mass: (of) => of.#mass(),
    stays: (of) => of.add(path('stays', `M${of.x} ${of.y + of.height}h${of.width}l${-of.width / 2} ${-of.height}z`)),
    published: (of) => of.#published(),
    watermark: (of) => of.#watermark(),
    snapshot: (of) => of.#snapshot(),
    flag: (of) => of.#flag(),
    asof: (of) => of.add(line('asof', of.x, of.y, of.x, of.y + of.height)),
    crossing: (of) => of.#crossing(),
    cell: (of) => of.#cell(),
    pointer: (of) => of.#pointer(),
    hop: (of) => of.#hop(),
    landing: (of) => of.#landing(),
    lane: (of) => of.#lane(),
    moment: (of) => of.add(line('grid', crisp(of.x), of.y, crisp(of.x), of.y + of.height)),
    earlier: (of) => of.#earlier(),
    span: (of) => of.#span(),
    clash: (of) => of.#clash(),
    step: (of) => of.#step(),
    edge: (of) => of.#edge(),
    caption: (of) => of.#caption(),
    bytes: (of) => of.#bytes(),
    swatch: (of) => of.#swatch(),
  };

  draw(): readonly Primitive[] {
    const { halo, kind, thread } = this.mark;
    if (thread) this.thread(thread);
    if (halo > 0 && !NO_HALO.has(kind)) this.halo(2, halo);
    MvccShapes.#PARTS[kind](this);
    return this.shapes;
  }

  #title(): void {
    this.text('lane-name start', this.x + 10, this.y + 10, this.mark.text);
    this.text('small faint end', this.x + this.width, this.y + 10, this.mark.note);
  }

  // ---- keys and commits

  /** Between two keys, or where commits are drawn close together. */
  #row(): void {
    const [x, y] = [crisp(this.x), crisp(this.y)];
    if (this.mark.variant === 'cut') this.add(line('cut', x, this.y, x, this.y + this.height));
    else this.add(line('lane-line', this.x, y, this.x + this.width, y));
  }

  #key(): void {
    const right = this.x + this.width;
    // Words take no pointer: the row does.
    this.add(rect('hit', this.x, this.y, this.width, this.height));
    this.text('key-name start', this.x + 10, this.middle + 4, this.mark.text);
    this.text('small label focus-ink end', right - 6, this.middle + 4, this.mark.note);
    if (this.pointed) this.add(rect(this.pointed, this.x + 3, this.y + 1.5, this.width - 3, this.height - 3, 3));
  }

  #memory(): void {
    this.add(rect('memory-zone', this.x, this.y, this.width, this.height, 3));
    this.text('small faint end', this.x + this.width, this.y - 4, this.mark.text);
  }

  #version(): void {
    const { isOpen, isRead, isTombstone, text: words } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    if (isTombstone) this.#tombstone();
    else {
      this.box(2);
      if (isOpen) this.#openEnd();
      this.text(`small start label ${this.onFill}`, x + 5, this.middle + 3.8, words);
    }
    if (this.mark.variant === 'ahead') this.add(path('stray-corner', `M${x + width} ${y}h-7l7 7z`));
    if (isRead) this.add(rect('is-read', x - 1.5, y - 1.5, width + 3, height + 3, 3));
    this.ring(4);
  }

  /** What has not been replaced goes on: an arrow past the line of now, where its edge would be. */
  #openEnd(): void {
    const right = this.x + this.width + 1.5;
    this.add(path('open-end', `M${right} ${this.middle - 3.5}l4 3.5l-4 3.5z`));
  }

  /** It reads as nothing: a cross where the key ends, and a thin rail as long as the deletion is the newest word. */
  #tombstone(): void {
    const { state = '', text: words } = this.mark;
    const arm = Math.min(5, this.height / 2 - 1);
    const at = this.x + arm + 1;
    this.add(rect(`mark ${state} version`, this.x, this.middle - 2.5, this.width, 5, 1));
    this.add(rect('cap-room', at - arm - 1, this.middle - arm - 1, 2 * arm + 2, 2 * arm + 2, 2));
    this.add(
      path('cross', `M${at - arm} ${this.middle - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`),
    );
    if (this.width > 64) this.text('small start on-hatch ink', at + arm + 5, this.middle + 3.8, words);
  }

  #mass(): void {
    const height = Math.max(1, this.height - (this.height > 2.5 ? 1 : 0));
    this.mark.bars?.forEach((spans, shade) => {
      if (spans.length > 0) this.add(bars(`family version part-${shade}`, this.y, height, spans));
    });
    this.ring(1);
  }

  #published(): void {
    const x = crisp(this.x);
    this.add(line('published', x, this.y, x, this.y + this.height));
    if (this.mark.halo > 0) this.add(line('line-halo', x, this.y, x, this.y + this.height, this.mark.halo));
    this.text('small label start soft-ink', this.x + 4, this.y + 10, this.mark.text);
  }

  #watermark(): void {
    const x = crisp(this.x);
    const bottom = this.y + this.height;
    if (this.mark.halo > 0) this.add(line('line-halo', x, this.y, x, bottom, this.mark.halo));
    this.add(line('watermark', x, this.y, x, bottom + 3));
    this.add(path('watermark-foot', `M${x - 5} ${bottom + 8}h10l-5 -6z`));
    this.text('small start soft-ink', this.x + 9, bottom + 12, this.mark.text);
  }

  #snapshot(): void {
    const look = this.mark.variant === 'looking' ? 'snapshot looking' : 'snapshot';
    this.add(line(`family transaction ${look}`, this.x, this.y, this.x, this.y + this.height));
  }

  #flag(): void {
    const { variant = '' } = this.mark;
    this.add(path(`family transaction flag ${variant}`, flagPath(this.x, this.y, this.width, this.height)));
    this.text('small label start flag-ink', this.x + 5, this.middle + 3.8, this.mark.text);
    this.ring(3);
  }

  #crossing(): void {
    const { variant } = this.mark;
    const [x, y] = [this.x + 4, this.middle];
    if (variant === 'value') this.add(circle('crossing-rim', x, y, 5.25), circle('crossing', x, y, 3.75));
    else this.add(circle('crossing nothing', x, y, 3.75));
  }

  // ---- the chain

  #cell(): void {
    const { isTombstone, note, text: words } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    const isSide = this.mark.variant === 'delta' || this.mark.variant === 'undo';
    this.box(isSide ? 3 : 0);
    const ink = this.onFill;
    if (width > 40) {
      this.text(`small label start ${ink}`, x + 5, this.middle + 3.8, words);
      this.text(`small end ${ink}`, x + width - 5, this.middle + 3.8, note);
    } else this.text(`small ${ink}`, x + width / 2, this.middle + 3.8, note);
    if (isTombstone && width > 40)
      this.add(line('struck', x + 4, crisp(this.middle), x + width - 22, crisp(this.middle)));
    if (isTombstone && width <= 40)
      this.add(line('struck', x + 4, crisp(y + height - 4), x + width - 4, crisp(y + height - 4)));
    this.ring(2);
  }

  #pointer(): void {
    const end = this.x + this.width;
    this.add(path('pointer', `M${this.x} ${this.middle}h${this.width - 1}m-5 -4l5 4l-5 4`));
    if (this.mark.variant === 'undo') this.add(circle('pointer-root', this.x, this.middle, 2));
    this.add(line('pointer', end, this.middle, end, this.middle));
  }

  /** From the middle of a cell to the middle of its neighbour, from below. */
  #hop(): void {
    const { halo, variant = '' } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    this.add(
      path(`hop ${variant}`, `M${x + 2} ${y}c2 ${height} ${width - 6} ${height} ${width - 4} 1m-4 4l4 -5l3 5.5`),
    );
    if (halo > 0) this.add(rect('halo', x, y, width, height, 4, halo));
    this.text('small faint', x + width / 2, y + height + 7, this.mark.text);
  }

  #landing(): void {
    const { variant } = this.mark;
    const isNothing = variant === 'tombstone' || variant === 'nothing';
    const [x, y] = [this.x + this.width / 2, this.y];
    this.add(path(`landing${isNothing ? ' nothing' : ''}`, `M${x} ${y - 1}l5.5 9h-11z`));
  }

  // ---- sessions

  #lane(): void {
    const bottom = crisp(this.y + this.height);
    this.add(line('lane-line', 10, bottom, this.width, bottom));
    this.text('key-name start', this.x + 10, this.middle + 4, this.mark.text);
  }

  #earlier(): void {
    this.add(rect('hit', this.x, this.y, this.width, this.height));
    this.text('small label start focus-ink', this.x, this.y + 11, this.mark.text);
  }

  #span(): void {
    this.box(3);
    this.ring(4);
  }

  #clash(): void {
    const { halo } = this.mark;
    if (halo > 0) this.add(rect('clash-flash', this.x, this.y, this.width, this.height, 4, halo));
    this.add(rect('clash', this.x, this.y, this.width, this.height, 4));
  }

  #step(): void {
    const { variant = '' } = this.mark;
    const isStray = variant.endsWith('stray');
    this.add(
      rect(`chip ${variant}`, this.x, this.y, this.width, this.height, isStray ? 0 : (CHIP_RADIUS[variant] ?? 3)),
    );
    // Read what must not be read: square, with a corner that is struck out.
    if (isStray) this.add(path('stray-corner', `M${this.x} ${this.y}h7l-7 7z`));
    this.text(`small chip-ink ${variant}`, this.x + this.width / 2, this.middle + 3.7, this.mark.text);
    this.ring(5);
  }

  /** From who read, in one lane, to who changed it, in another. */
  #edge(): void {
    const { halo, variant = '' } = this.mark;
    const parts = variant.split(' ');
    const left = this.x;
    const right = this.x + this.width;
    const [top, bottom] = [this.y, this.y + this.height];
    const isDown = parts.includes('down');
    const toRight = parts.includes('right');
    // The arrow begins at the reader.
    const [x1, x2] = toRight ? [left, right] : [right, left];
    const [y1, y2] = isDown ? [top, bottom] : [bottom, top];
    const bend = (y2 - y1) * EDGE_BEND;
    const look = parts.includes('danger') ? 'edge danger' : 'edge';
    const tip = isDown ? -1 : 1;
    this.add(
      path(
        halo > 0.3 ? `${look} lit` : look,
        `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}m-4 ${tip * 6}l4 ${tip * -6}l4 ${tip * 6}`,
      ),
    );
  }

  /** Words of a conflict, on paper of their own: what they lie on ends at their edge. */
  #caption(): void {
    this.add(rect('caption', this.x, this.y, this.width, this.height, 3));
    const ink = this.mark.variant === 'danger' ? 'clash-ink' : 'soft-ink';
    this.text(`small ${ink}`, this.x + this.width / 2, this.middle + 3.7, this.mark.text);
  }

  // ---- bytes

  #bytes(): void {
    if (this.height <= 0) return;
    this.add(rect(`family version bytes ${this.mark.variant ?? ''}`, this.x, this.y, this.width, this.height));
  }

  #swatch(): void {
    this.add(rect(`family version bytes ${this.mark.variant ?? ''}`, this.x, this.y, 9, 9, 1));
    this.text('small start soft-ink', this.x + 14, this.y + 8.5, this.mark.text);
  }
}

const CHIP_RADIUS: Readonly<Record<string, number>> = {
  begin: 8,
  settled: 8,
  read_only: 8,
  abort: 8,
  refused: 8,
  not_opened: 8,
};

/** A flag to the right of its pole. */
const flagPath = (x: number, y: number, width: number, height: number): string =>
  `M${x} ${y}h${width}l-4 ${height / 2}l4 ${height / 2}h${-width}z`;
