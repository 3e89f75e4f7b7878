/** A guess and what came out, side by side: nothing is compared that was not guessed, and nothing is right that is not. */
import { describe, expect, it } from 'vitest';
import { compare, guessAt, type Guess } from './experiments';
import { MVCC_EXPERIMENTS } from './mvcc_presets';

const GUESS: Guess<number> = {
  key: 'count',
  question: 'How many?',
  min: 0,
  max: 2,
  usual: 1,
  words: (value) => String(Math.round(value)),
  truth: (notes) => notes.at(-1),
  because: 'Because.',
};
const over = (...notes: number[]) => ({ notes, knobs: {}, isOver: true });

describe('a guess', () => {
  it('is right where it has the same name as the truth, and else so many times too much or too little', () => {
    expect(compare(GUESS, 2.4, over(2))).toMatchObject({ said: '2', truth: '2', sentence: 'right' });
    expect(compare(GUESS, 3, over(4))).toMatchObject({ said: '3', truth: '4', sentence: 'close' });
    expect(compare(GUESS, 30, over(4))).toMatchObject({ sentence: '7.5 times too much' });
    expect(compare(GUESS, 1, over(4))).toMatchObject({ sentence: '4.0 times too little' });
  });

  it('is compared as it is shown, not as it was before it was rounded', () => {
    expect(compare(GUESS, 3.16, over(14))).toMatchObject({ said: '3', truth: '14', sentence: '4.7 times too little' });
    const few = { ...GUESS, words: (value: number) => (value < 1 ? 'less than one' : String(Math.round(value))) };
    expect(compare(few, 5, over(0.1))).toMatchObject({ truth: 'less than one', sentence: 'too much' });
    expect(compare(few, 0.4, over(5))).toMatchObject({ said: 'less than one', sentence: 'too little' });
    const ms = { ...GUESS, words: (value: number) => (value >= 1000 ? `${value / 1000} s` : `${value} ms`) };
    expect(compare(ms, 2000, over(200))).toMatchObject({ said: '2 s', truth: '200 ms', sentence: '10 times too much' });
  });

  it('of a few things is one of them wherever the slider can stand', () => {
    const { guesses } = MVCC_EXPERIMENTS.find(({ id }) => id === 'grid')!;
    const said = (place: number): string => guesses[0]!.words(guessAt(guesses[0]!, place));
    expect([0, 4, 10].map(said)).toEqual(['0 of 10', '4 of 10', '10 of 10']);
    expect([guesses[0]!.min, guesses[0]!.max]).toEqual([0, 10]);
  });

  it('is not infinitely many times nothing', () => {
    expect(compare(GUESS, 3, over(0))).toMatchObject({ said: '3', truth: '0', sentence: 'too much' });
    expect(compare(GUESS, 0.4, over(0))).toMatchObject({ sentence: 'right' });
  });

  it('that was not made is not compared: the truth stands alone', () => {
    expect(compare(GUESS, undefined, over(4))).toMatchObject({ said: undefined, truth: '4', sentence: '' });
  });

  it('waits while the run goes on, and is told when the run has no answer', () => {
    expect(compare(GUESS, 3, { notes: [], knobs: {}, isOver: false })).toBeUndefined();
    expect(compare(GUESS, 3, over())).toMatchObject({
      truth: undefined,
      sentence: 'This run ended before that was known.',
    });
    expect(compare({ ...GUESS, unanswered: 'There was none.' }, 3, over())?.sentence).toBe('There was none.');
  });
});

it('nobody waiting can be said', () => {
  const [guess] = MVCC_EXPERIMENTS.find(({ id }) => id === 'lanes')!.guesses;
  expect(guess!.words(10 ** guess!.min)).toBe('none');
});
