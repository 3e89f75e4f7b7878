/** From a mark of the log room to the shapes it is drawn with. */
import { circle, crisp, line, path, type Primitive, rect } from '../../marks/primitives';
import { MarkShapes, type Pointed } from '../../marks/mark_shapes';
import type { Drawn, Mark, MarkKind } from './scene';

export function shapesOf(mark: Drawn, pointed: Pointed): readonly Primitive[] {
  return new WalShapes(mark, pointed).draw();
}

class WalShapes extends MarkShapes<Mark> {
  static readonly #PARTS: Readonly<Record<MarkKind, (of: WalShapes) => void>> = {
    axis: () => undefined,
    tick: (of) => of.#tick(),
    now: (of) => of.add(line('now', of.x, of.y, of.x, of.y + of.height)),
    lane: (of) => of.#lane(),
    bar: (of) => of.#bar(),
    end: (of) => of.#outcome(),
    flag: (of) => of.#outcome(),
    gate: (of) => of.#gate(),
    call: (of) => of.#state(1),
    record: (of) => of.#record(),
    header: (of) => of.#header(),
    padding: (of) => of.#padding(),
    group: (of) => of.#group(),
    buffer: (of) => of.#buffer(),
    verdict: (of) => of.text(`verdict ${of.mark.variant ?? ''}`, of.x + of.width / 2, of.y + 13, of.mark.text),
    durable: (of) => of.#durable(),
    redo: (of) => of.add(path('redo-point', `M${of.x} ${of.y}l5 8h-3.5v6h-3v-6h-3.5z`)),
    replay: (of) => of.#replay(),
    dirty: (of) => of.#underRedo(of.y + 9),
    cursor: (of) => of.#cursor(),
    scan_end: (of) => of.#scanEnd(),
    title: (of) => of.#title(),
    strip: (of) => of.#strip(),
    segment: (of) => of.#state(0),
    head: (of) => of.add(path('head', `M${of.x - 4.5} ${of.y}h9l-4.5 ${of.height}z`)),
    strip_redo: (of) => of.add(path('redo-point', `M${of.x} ${of.y}l4.5 8h-9z`)),
    seam: (of) => of.#seam(),
    slot: (of) => of.#slot(),
    extent: (of) => of.#extent(),
    readout: (of) => of.readout(11, 26),
  };

  draw(): readonly Primitive[] {
    const { halo, kind, thread } = this.mark;
    if (thread) this.thread(thread);
    if (halo > 0 && kind !== 'gate' && kind !== 'durable') this.halo(3.5, halo);
    WalShapes.#PARTS[kind](this);
    return this.shapes;
  }

  /** A box in its state, with a break where it is longer than it looks. */
  #state(radius: number): void {
    const { height, width, x, y } = this;
    this.box(radius);
    if (this.mark.cut) {
      const half = height / 2 + 2;
      this.add(
        path('break', `M${x + width * 0.84 - 2} ${y - 2}l-4 ${half}l6 0l-4 ${half}h4l4 ${-half}l-6 0l4 ${-half}z`),
      );
    }
    this.ring(radius + 1.5);
  }

  /** Words on the upper or the lower half of a box: ink or paper, by what is under them. */
  #onFill(half: 'upper' | 'lower'): string {
    const { under } = this;
    if (under === 'durable') return 'paper';
    if (under === 'garbage') return 'ink on-hatch';
    return under === 'handed' && half === 'lower' ? 'paper' : 'ink';
  }
  get #upperLine(): number {
    return this.y + this.height * 0.25;
  }
  get #lowerLine(): number {
    return this.y + this.height * 0.75;
  }

  // ---- lanes

  #tick(): void {
    const x = crisp(this.x);
    this.add(line('grid', x, crisp(this.y), x, crisp(this.y + this.height)));
    this.text('small faint', this.x, this.y - 5, this.mark.text);
  }

  #lane(): void {
    const bottom = crisp(this.y + this.height);
    if (this.height >= 9) this.add(line('lane', 0, bottom, this.width, bottom));
    this.text('lane-name start', 10, Math.max(this.middle, this.y + 4) + 3.5, this.mark.text);
    this.text('small faint start', 84, this.middle + 3.5, this.mark.note);
  }

  #bar(): void {
    this.#state(Math.min(2, this.height / 3));
    if (this.width > 16)
      this.text(`small start ${this.#onFill('upper')}`, this.x + 3.5, this.middle + 3.5, this.mark.text);
  }

  /** What a client was told: by its own shape, wherever it is shown. */
  #outcome(): void {
    const middle = this.middle;
    const x = this.x + this.width / 2;
    const r = Math.max(0, this.width / 2 - 0.75);
    switch (this.mark.variant) {
      case 'strict':
        this.add(circle('mark durable transaction', x, middle, r));
        if (this.width >= 9) {
          this.add(path('tick-mark', `M${x - r * 0.5} ${middle}l${r * 0.38} ${r * 0.4}l${r * 0.66} ${-r * 0.8}`));
        }
        break;
      case 'relaxed':
        this.add(path('mark durable transaction', `M${x} ${middle - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`));
        break;
      case 'rejected': {
        const arm = r * 0.7;
        this.add(
          path('cross', `M${x - arm} ${middle - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`),
        );
        break;
      }
      case 'cut_off':
        this.add(path('cross', `M${x - r} ${middle - r}l${r} ${r}l${-r} ${r}`));
        break;
      default:
        this.add(circle('mark memory transaction', x, middle, r));
    }
    if (this.pointed) this.add(circle(this.pointed, x, middle, r + 3));
  }

  #gate(): void {
    const [x, top, bottom] = [this.x, this.y + 12, this.y + this.height];
    this.add(line('gate', x, top, x, bottom), line('gate', x + 3, top, x + 3, bottom));
    this.text('gate-label', x + 1.5, this.y + 9, this.mark.text);
    const look = this.pointed ?? (this.mark.halo > 0.5 ? 'near' : undefined);
    if (look) this.add(rect(look, x - 3, top, 9, Math.max(0, this.height - 12), 2));
  }

  // ---- tape

  #record(): void {
    const { note, text: words = '' } = this.mark;
    const width = this.width;
    this.#state(1.5);
    if (width <= 20) return;
    const x = this.x + width / 2;
    if (words.length * 6.6 < width + 4) {
      const tight = words.length * 7.8 > width - 4 ? ' tight' : '';
      this.text(`number ${this.#onFill('upper')}${tight}`, x, this.#upperLine + 4, this.mark.text);
    }
    if (width > 30) this.text(`small ${this.#onFill('lower')}`, x, this.#lowerLine + 3.5, note);
  }

  #header(): void {
    const inner = this.width - 12;
    this.#state(1.5);
    this.add(path(`notch ${this.#onFill('upper')}`, `M${this.x + 6} ${this.#upperLine - 3}h${inner}m0 4h${-inner}`));
  }

  #padding(): void {
    if (this.mark.state === 'garbage') {
      this.#state(1.5);
      return;
    }
    this.add(rect('zeros', this.x, this.y, this.width, this.height, 1.5));
    if (this.width > 8) this.text('small faint', this.x + this.width / 2, this.middle + 3.5, '0');
    this.ring(3);
  }

  #group(): void {
    const span = Math.max(0, this.width - 1);
    this.add(path('bracket', `M${this.x + 0.5} ${this.y}v3.5h${span}v-3.5`));
    this.text('small faint start', this.x + 1, this.y + 14, this.mark.text);
  }

  #buffer(): void {
    this.add(rect('buffer', this.x, this.y, this.width, this.height, 4));
    const words = this.width > 110 ? this.mark.text : 'log buffer';
    this.text('small log-ink start', this.x + 8, this.y - 23, words);
  }

  #durable(): void {
    const [x, y, bottom] = [this.x, this.y, this.y + this.height];
    if (this.mark.halo > 0) this.add(line('durable-halo', x, y, x, bottom, this.mark.halo));
    this.add(line('durable-line', x, y, x, bottom), path('durable-foot', `M${x - 4} ${bottom + 4}h8l-4 -5z`));
    this.text('label log-ink end', x - 5, y + 10, this.mark.text);
  }

  #replay(): void {
    const [x, y, width] = [this.x, this.y, this.width];
    if (width > 2) this.add(path('dimension', `M${x} ${y + 2}v8m0 -4h${width}m0 -4v8`));
    this.#underRedo(y + 18);
  }

  /** Words about all from the redo point to the end of the log: at the end of that where they fit, else at its start. */
  #underRedo(baseline: number): void {
    const [x, width] = [this.x, this.width];
    if (width > 190 && x + width > 250) this.text('small page-ink end', x + width, baseline, this.mark.text);
    else this.text('small page-ink start', Math.max(x, 50) + 8, baseline, this.mark.text);
  }

  #cursor(): void {
    const [x, y] = [this.x, this.y];
    this.add(line('cursor', x, y + 12, x, y + this.height), path('cursor-head', `M${x - 5} ${y + 6}h10l-5 7z`));
    this.text('label focus-ink start', x + 8, y + 13, this.mark.text);
  }

  #scanEnd(): void {
    const variant = this.mark.variant ?? '';
    this.add(line(`scan-end ${variant}`, this.x, this.y + 12, this.x, this.y + this.height));
    this.text(`label ${variant} start`, this.x + 8, this.y + 10, this.mark.text);
  }

  // ---- files

  #strip(): void {
    this.add(rect('strip', this.x, this.y, this.width, this.height, 1.5));
    this.text('small faint end', this.x + this.width, this.y - 4, this.mark.text);
  }

  #title(): void {
    const { note, variant } = this.mark;
    if (variant === 'empty') {
      this.text('lane-name start empty', this.x + 4, this.middle + 3.5, this.mark.text);
      return;
    }
    this.text('lane-name start', this.x + 10, note ? this.middle - 2 : this.middle + 3.5, this.mark.text);
    this.text('lane-name start', this.x + 10, this.middle + 10, note);
  }

  #seam(): void {
    const x = crisp(this.x);
    const { variant } = this.mark;
    const anchor = variant === 'start' || variant === 'end' ? ` ${variant}` : '';
    this.add(line('grid strong', x, this.y, x, this.y + this.height));
    this.text(`small faint${anchor}`, this.x, this.y + 20, this.mark.text);
  }

  #slot(): void {
    const { note, variant } = this.mark;
    const upper = this.#onFill('upper');
    this.#state(2);
    this.text(`number start ${upper}`, this.x + 9, this.#upperLine + 5, this.mark.text);
    if (variant === 'in_force') {
      this.text(`small end ${upper}`, this.x + this.width - 8, this.#upperLine + 4, 'in force');
    }
    this.text(`small start ${this.#onFill('lower')}`, this.x + 9, this.#lowerLine + 3, note);
  }

  #extent(): void {
    this.#state(1);
    if (this.mark.variant !== 'unnamed' || this.width <= 6) return;
    this.add(rect('unnamed', this.x + 2, this.y + 2, this.width - 4, this.height - 4));
  }
}
