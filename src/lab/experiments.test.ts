/** A guess and what came out, side by side: nothing is compared that was not guessed, and nothing is right that is not. */
import { describe, expect, it } from 'vitest';
import { compare, type Guess } from './experiments';
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
