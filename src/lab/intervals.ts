/** The experiment on checkpoint intervals as a picture needs it: scales' domains, words, and the gap to a guess. */
import type { IntervalPoint } from '../protocol/experiment';

/** The interval a learner guesses: the one with the longest recovery. */
export const GUESSED_INTERVAL_BYTES = 512 * 1024;

/** Where a guess slider goes: log10 of milliseconds. */
export const GUESS_MS_MIN = 0.1;
export const GUESS_MS_MAX = 1000;

export function milliseconds(ms: number): string {
  if (ms >= 100) return `${Math.round(ms)} ms`;
  if (ms >= 10) return `${ms.toFixed(1)} ms`;
  return `${ms.toFixed(2)} ms`;
}

export function kibibytes(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / (1024 * 1024)} MiB` : `${bytes / 1024} KiB`;
}

/** The smallest powers of ten that hold every value, at least one decade apart. */
export function decades(values: readonly number[]): [number, number] {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  return [low, high > low ? high : low * 10];
}

/** One sentence: the guess beside what was measured. */
export function compareGuess(guessMs: number, measured: IntervalPoint): string {
  const ratio = guessMs / measured.recoveryMs;
  const gap =
    ratio > 1.25
      ? `${ratio.toFixed(1)} times what it took`
      : ratio < 0.8
        ? `it took ${(1 / ratio).toFixed(1)} times that`
        : 'close';
  return `You said ${milliseconds(guessMs)}; ${kibibytes(measured.intervalBytes)} took ${milliseconds(measured.recoveryMs)}: ${gap}.`;
}

/** One sentence: what the shortest interval pays for its short recovery. */
export function tradeOff(points: readonly IntervalPoint[]): string {
  const first = points[0]!;
  const last = points.at(-1)!;
  return (
    `With a checkpoint every ${kibibytes(first.intervalBytes)}, ${first.bytesWrittenPerByte.toFixed(1)} bytes are written ` +
    `for each byte you put; with one every ${kibibytes(last.intervalBytes)}, ${last.bytesWrittenPerByte.toFixed(1)}.`
  );
}
