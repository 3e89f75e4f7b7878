/** Guesses beside truths: how far off, in words; sliders for numbers that span decades. */
import { duration } from './media_words';

/** How a guess compares with the truth, as a factor in words. */
export function gap(guess: number, truth: number): string {
  const ratio = guess / truth;
  if (ratio > 0.67 && ratio < 1.5) return 'close';
  const factor = ratio > 1 ? ratio : 1 / ratio;
  const said = factor >= 10 ? String(Math.round(factor)) : factor.toFixed(1);
  return ratio > 1 ? `${said} times too much` : `${said} times too little`;
}

export function compareDurations(guessNs: number, truthNs: number): string {
  return `You said ${duration(guessNs)}; it is ${duration(truthNs)}: ${gap(guessNs, truthNs)}.`;
}

export function compareFactors(guess: number, truth: number): string {
  const isNone = factorWords(truth) === NO_DIFFERENCE;
  return `You said ${factorWords(guess)}; ${isNone ? 'there is' : 'it is'} ${factorWords(truth)}: ${gap(guess, truth)}.`;
}

const NO_DIFFERENCE = 'no difference';

export function factorWords(factor: number): string {
  if (factor > 0.95 && factor < 1.05) return NO_DIFFERENCE;
  if (factor < 0.95) return `${factor.toFixed(1)}×, quicker`;
  return factor >= 10 ? `${Math.round(factor).toLocaleString('en')}×` : `${factor.toFixed(1)}×`;
}
