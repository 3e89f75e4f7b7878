/**
 * An experiment of a desk: what can be turned, what is asked first, what the worker is asked, and what the answer to the
 * question turned out to be. Which answer is right is read from the notes of the run, never computed here.
 */
import { gap } from './media_guess';

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
  /** The slider goes over the numbers themselves, one by one. Default: over exponents of ten. */
  readonly isLinear?: boolean;
  /** Where the slider goes, and where it stands first. */
  readonly min: number;
  readonly max: number;
  readonly usual: number;
  readonly words: (value: number) => string;
  readonly truth: (notes: readonly Note[], knobs: KnobValues) => number | undefined;
  readonly because: string;
  /** Where a run may be over without an answer: what that means. */
  readonly unanswered?: string;
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

/** What the run says of one question, beside the guess if there was one. */
export interface Comparison {
  readonly key: string;
  readonly question: string;
  /** Undefined: the learner wanted to see it at once. */
  readonly said: string | undefined;
  /** Undefined: the run is over, and has no answer. */
  readonly truth: string | undefined;
  readonly sentence: string;
  readonly because: string;
}

/** @param isOver no more notes will come: what is not known by now will not be */
export function compare<Note>(
  { because, key, question, truth: truthOf, unanswered, words }: Guess<Note>,
  said: number | undefined,
  { isOver, knobs, notes }: { readonly notes: readonly Note[]; readonly knobs: KnobValues; readonly isOver: boolean },
): Comparison | undefined {
  const truth = truthOf(notes, knobs);
  const guess = said === undefined ? undefined : words(said);
  if (truth === undefined) {
    if (!isOver) return undefined;
    const sentence = unanswered ?? 'This run ended before that was known.';
    return { key, question, said: guess, truth: undefined, sentence, because: '' };
  }
  return { key, question, said: guess, truth: words(truth), sentence: gapWords(said, truth, words), because };
}

/** What a slider that stands there says. */
export const guessAt = <Note>({ isLinear }: Pick<Guess<Note>, 'isLinear'>, place: number): number =>
  isLinear === true ? place : 10 ** place;

/**
 * Who said what the truth is called, is right, however the two are rounded. How far off another one is, is reckoned from the
 * numbers that are shown. What is shown without a number, or is none, has no factor.
 */
function gapWords(said: number | undefined, truth: number, words: (value: number) => string): string {
  if (said === undefined) return '';
  const [guess, right] = [shownAs(words(said)), shownAs(words(truth))];
  if (guess.text === right.text) return 'right';
  if (!(guess.number > 0 && right.number > 0)) return said > truth ? 'too much' : 'too little';
  return guess.rest === right.rest ? gap(guess.number, right.number) : gap(said, truth);
}

/** The number that words begin with; NaN: they do not. */
function shownAs(text: string): { readonly text: string; readonly number: number; readonly rest: string } {
  const [figures = ''] = /^[\d,]*\.?\d+/.exec(text) ?? [];
  return { text, number: figures === '' ? NaN : Number(figures.replaceAll(',', '')), rest: text.slice(figures.length) };
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
