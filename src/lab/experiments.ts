/**
 * An experiment of a desk: what can be turned, what is asked first, what the worker is asked, and what the answer to the
 * question turned out to be. Which answer is right is read from the notes of the run, never computed here.
 */
export type KnobValues = Readonly<Record<string, number>>;

export interface Knob {
  readonly key: string;
  readonly title: string;
  readonly stops: readonly number[];
  readonly usual: number;
  readonly words: (value: number) => string;
  /** One of a few names, rather than a number. */
  readonly isChoice?: boolean;
  /** Does not need another run. */
  readonly isView?: boolean;
}

export interface Guess<Note> {
  readonly key: string;
  readonly question: string;
  /** Exponents of ten. */
  readonly min: number;
  readonly max: number;
  readonly usual: number;
  readonly words: (value: number) => string;
  readonly truth: (notes: readonly Note[], knobs: KnobValues) => number | undefined;
  readonly because: string;
}

export interface Experiment<Id extends string, Question, Note> {
  readonly id: Id;
  readonly title: string;
  readonly tab: string;
  readonly question: string;
  readonly knobs: readonly Knob[];
  readonly guesses: readonly Guess<Note>[];
  readonly ask: (knobs: KnobValues, seed: number) => Question;
}

/** A choice among names: the stop is its number. */
export const choice = (key: string, title: string, names: readonly string[], usual: number, isView = false): Knob => ({
  key,
  title,
  stops: names.map((_, i) => i),
  usual,
  words: (value) => names[value]!,
  isChoice: true,
  isView,
});

export const usualKnobs = ({ knobs }: { readonly knobs: readonly Knob[] }): Record<string, number> =>
  Object.fromEntries(knobs.map(({ key, usual }) => [key, usual]));
