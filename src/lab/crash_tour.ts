/**
 * Watch: a short run, every state its crash points can leave, the one that goes wrong without a safeguard, and the
 * safeguard back. Each step says what has to be searched and what is looked at; the sentences are told from what the
 * search really found.
 */
import type { CrashPlan, CrashPoint, LetterCounts, ProfileName } from '../protocol/crash';
import { plural } from './result_words';
import { coverageOfPoint, sumOf, countInWords } from './crash_words';

export interface TourFacts {
  readonly plan: CrashPlan;
  readonly point: CrashPoint | undefined;
  readonly statesMax: number;
  readonly letters: LetterCounts;
  /** Of the cell that is open: what was found, and how many rows differ. */
  readonly cell: { readonly sentence: string; readonly wrongRows: number } | undefined;
}

export interface TourStep {
  readonly id: 'run' | 'point' | 'map' | 'off' | 'cell' | 'on';
  readonly title: string;
  /** Names of the safeguards that are off. */
  readonly off: readonly string[];
  readonly see: 'run' | 'point' | 'map' | 'cell';
  readonly words: (facts: TourFacts) => string;
}

/** What the tour is about. */
export const TOUR = { preset: 'commit', profile: 'measured_ext4' as ProfileName, off: 'flushBeforeAcknowledge' };

/** How long words stay before the tour goes on by itself: some three a second, and time to find them. */
export const readingMilliseconds = (words: string): number => 2000 + words.split(/\s+/).length * 330;

const all = (letters: LetterCounts): number => letters.A + letters.L + letters.D + letters.F + letters.S;

export const TOUR_STEPS: readonly TourStep[] = [
  {
    id: 'run',
    title: 'A run, and where it can end',
    off: [],
    see: 'run',
    words: ({ plan }) =>
      `Two commits on a fresh store: ${plural(plan.points.length - 1, 'call')} to its files. A crash can come before each of them, and after the last.`,
  },
  {
    id: 'point',
    title: 'What a power cut may take',
    off: [],
    see: 'point',
    words: ({ point, statesMax }) =>
      point === undefined
        ? ''
        : `Here the power goes between the write of the second commit and its flush, just before I/O ${point.io}. ${coverageOfPoint(point, statesMax)} Each change is on the disk, or it is not: the switches say which.`,
  },
  {
    id: 'map',
    title: 'Every state, recovered for real',
    off: [],
    see: 'map',
    words: ({ plan, letters }) =>
      `All crash points together: ${countInWords(sumOf(plan.points))} states, ${plan.judged.toLocaleString('en')} that differ. Each of these is put on a disk, and the real recovery opens it. ${
        letters.A === all(letters)
          ? 'A everywhere: whoever was told “yes” finds his data.'
          : `${letters.A.toLocaleString('en')} are A, all is there; none is wrong in silence.`
      }`,
  },
  {
    id: 'off',
    title: 'Without the flush before “yes”',
    off: [TOUR.off],
    see: 'map',
    words: ({ letters }) =>
      `The same run, but the client is told “yes” before the flush. ${plural(letters.S, 'state')} turned S, silently wrong: the store opens as if all were well, and what was promised is not there.`,
  },
  {
    id: 'cell',
    title: 'One of them, opened',
    off: [TOUR.off],
    see: 'cell',
    words: ({ cell }) =>
      cell === undefined
        ? ''
        : `The smallest of them. The picture plays its recovery; below, ${plural(cell.wrongRows, 'row')} not as it should be. ${cell.sentence}`,
  },
  {
    id: 'on',
    title: 'The safeguard back on',
    off: [],
    see: 'map',
    words: ({ letters }) =>
      `With the flush before “yes” the same states are checked again: ${letters.S === 0 ? 'no S is left.' : `${letters.S} S are left.`} A flush costs time, and this is what it buys.`,
  },
];
