/**
 * Scenes: what is drawn after a step, as boxes with identities; and the way from one scene to the next.
 *
 * Motion is a function of two scenes and a fraction, nothing else: it can stop half-way and run backwards. One kind
 * of change at a time:
 *
 *     0 ......... 0.15 ............ 0.45 .............. 0.8 ......... 1
 *     point at it    change it: fill,   move it: boxes      re-layout: a strip of
 *                    what is new        and lines travel    the picture is wound on
 *
 * A copy and a move look different: a mark that is a copy of another travels out of it while that one stays, with a
 * thread between the two; a mark that moves leaves nothing behind.
 */
import type { Selection } from '../../lab/selection';
import type { Family, MarkState } from './states';

/** Marks on it stand still; those of another plane lie on a strip that is wound on. */
export const PAGE = 'page';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Mark<Kind extends string = string, Plane extends string = string> extends Box {
  /** The same thing has the same id in every scene. */
  readonly id: string;
  readonly kind: Kind;
  readonly plane: Plane;
  readonly state?: MarkState;
  readonly family?: Family;
  readonly text?: string;
  readonly note?: string;
  /** A word for what the mark is in, where the shape depends on it: the outcome of a commit, the call of a device. */
  readonly variant?: string;
  /** Drawn with a break: longer than it looks. */
  readonly cut?: boolean;
  /** The mark this one is a copy of: where it comes from when it appears. */
  readonly copyOf?: string;
  /** It comes out of the middle of its original at its own size: word of it, not the thing itself. */
  readonly keepsSize?: boolean;
  /** `data-` attributes, and what to say of it to somebody who cannot see it. */
  readonly data?: Readonly<Record<string, string | number>>;
  readonly label?: string;
  /** Its words are shown over it: what is under it is to be read with it. */
  readonly wordsAbove?: boolean;
  readonly select?: Selection;
  readonly bytes?: { readonly file: string; readonly from: number; readonly to: number };
  readonly lsn?: number;
  readonly seq?: number;
  /** The line of engine source that made it. */
  readonly site?: number;
  /** The event of this step is about it. */
  readonly lit?: boolean;
}

export interface Scene<M extends Mark> {
  /** How large the whole picture is: at least its window, and longer where there is more. */
  readonly frame: { readonly width: number; readonly height: number };
  /** How far the strip of each plane is wound on. */
  readonly offsets: Readonly<Record<M['plane'], number>>;
  /** What can be seen of the strips. */
  readonly window: { readonly from: number; readonly to: number };
  readonly marks: ReadonlyMap<string, M>;
}

/** Where a mark is on the page while nothing moves. */
export const pageX = <M extends Mark>(mark: M, { offsets }: Scene<M>): number =>
  mark.x - offsets[mark.plane as M['plane']];

/** What a mark's element says of it, for tests and lessons; what every mark has goes before what is in its `data`. */
export function attributesOf(mark: Mark): Record<string, string | number | undefined> {
  const attributes: Record<string, string | number | undefined> = {};
  for (const [name, value] of Object.entries(mark.data ?? {})) attributes[`data-${name}`] = value;
  attributes['data-mark'] = mark.id;
  attributes['data-kind'] = mark.kind;
  attributes['data-state'] = mark.state;
  attributes['data-seq'] = mark.seq;
  return attributes;
}

/** A mark at one instant of the way: in page coordinates. */
export type Drawn<M extends Mark> = M & OnItsWay;

export interface OnItsWay {
  readonly opacity: number;
  /** The state it comes from, and how far the new one has filled it; absent at rest. */
  readonly was?: MarkState | undefined;
  readonly filled: number;
  /** How strongly it is pointed at. */
  readonly halo: number;
  /** Where the thread to its original ends, while a copy is on its way. */
  readonly thread?: { readonly x: number; readonly y: number } | undefined;
}

const STAGES = { point: [0, 0.15], change: [0.15, 0.45], move: [0.45, 0.8], wind: [0.8, 1] } as const;

/** 0 before the stage, 1 after it, with no jerk at either end. */
export function stage(fraction: number, name: keyof typeof STAGES): number {
  const [from, to] = STAGES[name];
  const t = Math.min(1, Math.max(0, (fraction - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/**
 * Marks that are what they were keep their very object, so that whoever draws them has nothing to do. `pool` holds the
 * newest mark of each id, whatever scene it was in.
 */
export function shareMarks<M extends Mark, S extends Scene<M>>(scene: S & Scene<M>, pool: Map<string, M>): S {
  const marks = new Map<string, M>();
  for (const [id, mark] of scene.marks) {
    const known = pool.get(id);
    const shared = known && sameFields(known, mark) ? known : mark;
    if (shared !== known) pool.set(id, shared);
    marks.set(id, shared);
  }
  if (pool.size > POOL_MAX) pool.clear();
  return { ...scene, marks };
}

const POOL_MAX = 8192;

function sameFields(a: object, b: object): boolean {
  const before: [string, unknown][] = Object.entries(a);
  const after = b as Readonly<Record<string, unknown>>;
  if (before.length !== Object.keys(b).length) return false;
  return before.every(([key, value]) => {
    const other = after[key];
    if (value === other) return true;
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof other === 'object' &&
      other !== null &&
      sameFields(value, other)
    );
  });
}

/** A mark at rest, as it was drawn last. */
const resting = new WeakMap<Mark, Drawn<Mark>>();

export function between<M extends Mark>(before: Scene<M>, after: Scene<M>, fraction: number): Drawn<M>[] {
  const steps = new Steps(before, after, fraction);
  const drawn: Drawn<M>[] = [];
  for (const mark of after.marks.values()) {
    const old = before.marks.get(mark.id);
    const now = old ? steps.staying(old, mark) : steps.entering(mark);
    if (now) drawn.push(now);
  }
  if (fraction < 1) {
    for (const mark of before.marks.values()) {
      const now = after.marks.has(mark.id) ? undefined : steps.leaving(mark);
      if (now) drawn.push(now);
    }
  }
  return drawn;
}

class Steps<M extends Mark> {
  readonly #before: Scene<M>;
  readonly #after: Scene<M>;
  readonly #point: number;
  readonly #change: number;
  readonly #move: number;
  readonly #travel: number;
  readonly #wind: number;

  constructor(before: Scene<M>, after: Scene<M>, fraction: number) {
    this.#before = before;
    this.#after = after;
    this.#point = stage(fraction, 'point');
    this.#change = stage(fraction, 'change');
    this.#move = stage(fraction, 'move');
    this.#travel = (this.#change + this.#move) / 2;
    this.#wind = stage(fraction, 'wind');
  }

  staying(old: M, mark: M): Drawn<M> | undefined {
    return old === mark && !mark.lit ? this.#resting(mark) : this.#changing(old, mark);
  }

  #resting(mark: M): Drawn<M> | undefined {
    const box = this.#place(mark.plane, mark);
    const known = resting.get(mark) as Drawn<M> | undefined;
    if (known && known.x === box.x) return this.#seen(known);
    const drawn: Drawn<M> = { ...mark, ...box, opacity: 1, filled: 1, halo: 0 };
    resting.set(mark, drawn);
    return this.#seen(drawn);
  }

  #changing(old: M, mark: M): Drawn<M> | undefined {
    const box = this.#place(mark.plane, mixBox(old, mark, this.#move));
    const changed = old.state !== mark.state;
    const textSource = this.#change < 0.5 ? old : mark;
    return this.#seen({
      ...mark,
      ...box,
      ...(textSource.text === undefined ? {} : { text: textSource.text }),
      ...(textSource.note === undefined ? {} : { note: textSource.note }),
      opacity: 1,
      was: changed && this.#change < 1 ? old.state : undefined,
      filled: changed ? this.#change : 1,
      halo: mark.lit ? this.#point : old.lit ? 1 - this.#point : 0,
    });
  }

  entering(mark: M): Drawn<M> | undefined {
    const home = this.#place(mark.plane, mark);
    const original = mark.copyOf === undefined ? undefined : this.#whereIs(mark.copyOf);
    const start = original && mark.keepsSize ? centred(home, original) : original;
    const box = start && this.#travel < 1 ? mixBox(start, home, this.#travel) : home;
    const onItsWay = original !== undefined && this.#travel > 0 && this.#travel < 1;
    return this.#seen({
      ...mark,
      ...box,
      opacity: original ? Math.min(1, this.#travel * 4) : this.#change,
      filled: 1,
      halo: mark.lit ? this.#point : 0,
      thread: onItsWay ? { x: original.x + original.width / 2, y: original.y + original.height / 2 } : undefined,
    });
  }

  leaving(mark: M): Drawn<M> | undefined {
    if (this.#change >= 1) return undefined;
    return this.#seen({ ...mark, ...this.#place(mark.plane, mark), opacity: 1 - this.#change, filled: 1, halo: 0 });
  }

  #whereIs(id: string): Box | undefined {
    const mark = this.#before.marks.get(id) ?? this.#after.marks.get(id);
    return mark && this.#place(mark.plane, mark);
  }

  #place(plane: M['plane'], box: Box): Box {
    const { x, y, width, height } = box;
    if (plane === PAGE) return { x, y, width, height };
    const offset = mix(this.#before.offsets[plane], this.#after.offsets[plane], this.#wind);
    return { x: x - offset, y, width, height };
  }

  /** Only what can be seen is drawn. */
  #seen(drawn: Drawn<M>): Drawn<M> | undefined {
    if (drawn.plane === PAGE) return drawn;
    const { from, to } = this.#after.window;
    return drawn.x + drawn.width < from - 1 || drawn.x > to + 1 ? undefined : drawn;
  }
}

function centred(box: Box, within: Box): Box {
  return { ...box, x: within.x + (within.width - box.width) / 2, y: within.y + (within.height - box.height) / 2 };
}

const mix = (a: number, b: number, t: number): number => a + (b - a) * t;

function mixBox(a: Box, b: Box, t: number): Box {
  return {
    x: mix(a.x, b.x, t),
    y: mix(a.y, b.y, t),
    width: mix(a.width, b.width, t),
    height: mix(a.height, b.height, t),
  };
}
