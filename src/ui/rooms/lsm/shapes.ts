/** From a mark of the LSM room to the shapes it is drawn with. */
import { bars, crisp, line, path, type Primitive, rect } from '../../marks/primitives';
import { MarkShapes, type Pointed } from '../../marks/mark_shapes';
import { HEAD } from './levels_layout';
import type { Drawn, Mark, MarkKind } from './scene';

export function shapesOf(mark: Drawn, pointed: Pointed): readonly Primitive[] {
  return new LsmShapes(mark, pointed).draw();
}

/** Of a box among keys and ages. */
const PLANE_HEAD = 5;
const NO_HALO: ReadonlySet<MarkKind> = new Set<MarkKind>(['entry', 'stop']);

class LsmShapes extends MarkShapes<Mark> {
  static readonly #PARTS: Readonly<Record<MarkKind, (of: LsmShapes) => void>> = {
    readout: (of) => of.readout(12, 28),
    title: (of) => of.#title(),
    row: (of) => of.text('lane-name start', of.x + 10, of.middle + 4, of.mark.text),
    note: (of) => of.text('small faint start', of.x, of.y + 10, of.mark.text),
    words: (of) => of.text('small start soft-ink', of.x, of.y + 10, of.mark.text),
    lane: (of) => of.add(rect('lane', of.x, of.y, of.width, of.height, 2)),
    level: (of) => of.#level(),
    score: (of) => of.#score(),
    tick: (of) => of.text('small faint', of.x + of.width / 2, of.y + 10, of.mark.text),
    band: (of) => of.add(rect('band', of.x, of.y, of.width, of.height, 4)),
    scan: (of) => of.add(rect('scan-band', of.x, of.y, of.width, of.height, 4)),
    memtable: (of) => (of.mark.variant === 'plane' ? of.#planeBox() : of.#table()),
    table: (of) => (of.mark.variant === 'plane' ? of.#planeBox() : of.#table()),
    mass: (of) => of.#mass(),
    share: (of) => of.box(1),
    entry: (of) => of.#entry(''),
    copy: (of) => of.#entry(' copied'),
    teeth: (of) => of.#teeth(),
    probe: (of) => of.#probe(),
    stop: (of) => of.#stop(),
    valve: (of) => of.#valve(),
    writer: (of) => of.add(rect('family transaction writer', of.x, of.y, of.width, of.height, of.width / 2)),
    cursor: (of) => of.#cursor(),
    under: (of) => of.#entry(''),
    output: (of) => of.#output(),
    out: (of) => of.#entry(''),
    bin: (of) => of.#bin(),
    dropped: (of) => of.#dropped(),
    area: (of) => of.#area(),
    snapshot: (of) => of.#record(),
    edit: (of) => of.#record(),
    extent: (of) => of.#extent(),
    lies: (of) => of.#lies(),
    lsn: (of) => of.#lsn(),
  };

  draw(): readonly Primitive[] {
    const { halo, kind, thread } = this.mark;
    if (thread && (kind === 'under' || kind === 'out' || kind === 'dropped')) this.thread(thread);
    if (halo > 0 && !NO_HALO.has(kind)) this.halo(2.5, halo);
    LsmShapes.#PARTS[kind](this);
    return this.shapes;
  }

  #title(): void {
    this.text('lane-name start', this.x + (this.x === 0 ? 10 : 0), this.y + 10, this.mark.text);
    this.text('small faint end', this.x + this.width, this.y + 10, this.mark.note);
  }

  #level(): void {
    const { isTall, note, text: words } = this.mark;
    this.text('lane-name start', this.x + 10, this.y + 10.5, words);
    if (isTall) this.text('small faint start', this.x + 10, this.y + 21.5, note);
  }

  #score(): void {
    const { bars: [[, filled = 0] = [], [trigger = 0] = []] = [], variant } = this.mark;
    this.add(rect('score-room', this.x, this.y, this.width, this.height, 1));
    this.add(rect(`family table score ${variant}`, this.x, this.y, filled, this.height, 1));
    const at = crisp(this.x + trigger);
    this.add(line('trigger', at, this.y - 2, at, this.y + this.height + 2));
  }

  /** The head in its state, the rest is paper for the entries; where there is no head, all of it is. */
  #table(): void {
    const { isTall, note, text: words, variant = '' } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    // An empty memtable has nothing under its head.
    const isWhole = !isTall || (this.mark.kind === 'memtable' && this.mark.state === 'pending');
    const head = isWhole ? height : Math.min(height, HEAD);
    if (!isWhole) this.add(rect(`sheet ${this.mark.state ?? ''}`, x, y, width, height, 2));
    this.box(2, head);
    if (variant === 'input') this.add(rect('input', x - 0.5, y - 0.5, width + 1, height + 1, 2.5));
    this.text(`small start label ${this.onFill}`, x + 5, y + Math.min(head, HEAD) / 2 + 4, words);
    this.text(`small end ${this.onFill}`, x + width - 5, y + Math.min(head, HEAD) / 2 + 4, note);
    this.ring(4);
  }

  /** Boxes over one another: each lets through what is under it, and has its state at its upper edge. */
  #planeBox(): void {
    const { note, state, text: words } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    this.add(rect(`sheet plane ${state ?? ''}`, x, y, width, height, 2));
    this.box(2, Math.min(height, PLANE_HEAD));
    this.text('small start label ink', x + 5, y + PLANE_HEAD + 10, words);
    this.text('small end ink', x + width - 5, y + PLANE_HEAD + 10, note);
    this.ring(4);
  }

  #mass(): void {
    const shades = this.mark.variant === 'strip' ? 'state' : 'shade';
    this.mark.bars?.forEach((spans, shade) => {
      if (spans.length > 0) this.add(bars(`family table ${shades}-${shade}`, this.y, this.height, spans));
    });
    this.ring(2);
  }

  #entry(look: string): void {
    const { isShadowed, isTombstone, note, text: words } = this.mark;
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    const state = isTombstone ? 'tombstone' : isShadowed ? 'shadowed' : 'live';
    this.add(rect(`family version key-entry ${state}${look}`, x, y, width, height, 1.5));
    if (width > 8)
      this.text(`small start ${state === 'live' ? 'ink' : 'on-hatch'}`, x + 3, y + height / 2 + 3.8, words);
    this.text('small faint end on-hatch', x + width - 4, y + height / 2 + 3.8, note);
    if (isTombstone && width > 4 && note === undefined) {
      const middle = crisp(y + height / 2);
      this.add(line('struck', x + 1.5, middle, x + width - 1.5, middle));
    }
    if (this.mark.halo > 0) this.add(rect('halo', x - 1.5, y - 1.5, width + 3, height + 3, 2, this.mark.halo));
    if (this.pointed) this.add(rect(this.pointed, x - 1, y - 1, width + 2, height + 2, 2));
  }

  #teeth(): void {
    const [live = [], hidden = []] = this.mark.bars ?? [];
    if (live.length > 0) this.add(bars('family version teeth', this.y, this.height, live));
    if (hidden.length > 0) this.add(bars('family version teeth hidden', this.y, this.height, hidden));
  }

  #probe(): void {
    const { variant = '' } = this.mark;
    const x = crisp(this.x);
    this.add(line(`probe ${variant}`, x, this.y, x, this.y + this.height));
    this.add(path(`probe-head ${variant}`, `M${x - 4} ${this.y - 1}h8l-4 5z`));
  }

  #stop(): void {
    const { halo, text: words, variant = '' } = this.mark;
    this.add(rect(`chip ${variant}`, this.x, this.y, this.width, this.height, 6));
    this.text(`small chip-ink ${variant}`, this.x + this.width / 2, this.middle + 3.6, words);
    if (halo > 0) this.halo(1.5, halo, 7);
  }

  /** A pipe with a gate in it: open, half-way down, shut. */
  #valve(): void {
    const { note, text: words, variant = '' } = this.mark;
    const [x, y] = [this.x, this.y];
    this.text('lane-name start', x + 40, y + 14, words);
    this.text('small faint start', x + 40, y + 28, note);
    const middle = y + 18;
    this.add(line('pipe', x, middle - 7.5, x + 30, middle - 7.5));
    this.add(line('pipe', x, middle + 7.5, x + 30, middle + 7.5));
    if (variant !== 'stalled') this.add(path(`flow ${variant}`, `M${x + 3} ${middle}h22m-4 -3l4 3l-4 3`));
    const depth = variant === 'none' ? 0 : variant === 'slowed' ? 8 : 15;
    this.add(rect(`gate ${variant}`, x + 12, middle - 14, 6, 6.5 + depth, 1));
  }

  // ---- the merge

  #cursor(): void {
    this.text('small start', this.x, this.middle + 4, this.mark.text);
    this.add(path('cursor-head', `M${this.x + this.width - 10} ${this.middle - 4}l6 4l-6 4z`));
  }

  #output(): void {
    this.box(2);
    this.text(`small start label ${this.onFill}`, this.x + 6, this.middle + 4, this.mark.text);
  }

  #bin(): void {
    const [x, y, width, height] = [this.x, this.y, this.width, this.height];
    this.add(path('bin', `M${x + 0.5} ${y}v${height - 14}h${width - 1}v${14 - height}`));
    this.text('number start', x + 5, y + 14, this.mark.text);
    this.text('small faint', x + width / 2, y + height - 3, this.mark.note);
  }

  #dropped(): void {
    this.box(1.5);
    this.text('small start on-hatch', this.x + 3, this.middle + 3.8, this.mark.text);
  }

  // ---- manifest and files

  #area(): void {
    const { text: words, variant = '' } = this.mark;
    this.add(rect(`area ${variant}`, this.x, this.y, this.width, this.height, 2));
    this.text('small faint start', this.x + 6, this.middle + 4, words);
    this.ring(3);
  }

  #record(): void {
    this.box(1);
    this.text(`small start ${this.onFill}`, this.x + 4, this.middle + 4, this.mark.text);
  }

  #extent(): void {
    this.add(rect(`hollow ${this.mark.variant ?? ''}`, this.x, this.y, this.width, this.height, 1.5));
    this.ring(3);
  }

  #lies(): void {
    this.box(1.5);
    this.text(`small ${this.onFill}`, this.x + this.width / 2, this.middle + 4, this.mark.text);
  }

  #lsn(): void {
    this.add(line('grid', this.x, crisp(this.y), this.x + this.width, crisp(this.y)));
    this.text('small faint end', this.x - 6, this.y + 4, this.mark.text);
  }
}
