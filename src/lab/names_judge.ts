/** Can the reader still get the old contents or the new ones, whole? One state of a directory, judged. */
import { assert, unreachable } from '../base/assert';
import type { VerdictLetter } from '../protocol/drill';
import type { DirectoryState, NamesRun } from '../protocol/names';
import { decodeSlot, SLOT_BYTES } from './names_language';

/** What is read, and how: a file taken as it is, or the newer of the two slots whose checksum holds. */
export interface NamesReader {
  readonly opens: string;
  readonly kind: 'plain' | 'slots';
  /** What it got before the program; undefined: there was no such file. */
  readonly before: string | undefined;
  /** What the program is to save. */
  readonly after: string;
}

/** Mildest first; the letters of the crash map, with the same meaning. */
export const NAMES_LETTERS = ['A', 'L', 'D', 'F', 'S'] as const satisfies readonly VerdictLetter[];

/** A letter as a word, in the terms of one save. */
export const NAMES_LETTER_WORDS: Readonly<Record<VerdictLetter, string>> = {
  A: 'Nothing that was told is lost',
  L: 'Lost only what may be lost',
  D: 'The damage is reported',
  F: 'It does not open',
  S: 'Silently wrong',
};

/** What the reader gets. */
export type Finding = 'new' | 'old' | 'mixed' | 'zeros' | 'empty' | 'other' | 'nothing' | 'damaged';

export const FINDING_WORDS: Readonly<Record<Finding, string>> = {
  new: 'new',
  old: 'old',
  mixed: 'mix',
  zeros: 'zeros',
  empty: 'empty',
  other: 'other',
  nothing: 'nothing',
  damaged: 'damage',
};

export interface NamesVerdict {
  readonly letter: VerdictLetter;
  readonly finding: Finding;
  readonly sentence: string;
}

/** What a cut can do to a save, for the prediction: each with those verdicts it stands for. */
export const HARMS = [
  {
    id: 'wrong',
    text: 'The file opens, with wrong contents: a mix, zeros, or empty.',
    isIn: ({ letter, finding }: NamesVerdict) => letter === 'S' && finding !== 'old',
  },
  {
    id: 'gone',
    text: 'Nothing opens: neither the old contents nor the new ones.',
    isIn: ({ letter }: NamesVerdict) => letter === 'F',
  },
  {
    id: 'stale',
    text: 'The old contents, whole, though the user was told “saved”.',
    isIn: ({ letter, finding }: NamesVerdict) => letter === 'S' && finding === 'old',
  },
] as const;
export type HarmId = (typeof HARMS)[number]['id'];

/**
 * Before the user was told “saved”, the old contents are as good as the new ones; after it only the new ones are.
 * A mix, zeros or an empty file is wrong at any time, since this reader has no way to notice.
 */
export function judge(state: DirectoryState, reader: NamesReader, told: boolean): NamesVerdict {
  const found = open(state, reader);
  const { opens, before, after } = reader;
  switch (found.kind) {
    case 'damaged':
      return { letter: 'D', finding: 'damaged', sentence: `${opens} opens, and neither slot has a good checksum.` };
    case 'nothing':
      if (before === undefined && !told) {
        return { letter: 'A', finding: 'nothing', sentence: `${found.why} Nobody was told that there is one.` };
      }
      return { letter: 'F', finding: 'nothing', sentence: `${found.why} ${lossWords(reader)}` };
    case 'text':
      break;
    default:
      return unreachable(found);
  }
  if (found.text === after) return { letter: 'A', finding: 'new', sentence: `${opens} holds the new contents, whole.` };
  if (found.text === before) {
    const sentence = `${opens} holds the old contents, whole`;
    if (!told) return { letter: 'A', finding: 'old', sentence: `${sentence}. Nobody was told otherwise.` };
    return { letter: 'S', finding: 'old', sentence: `${sentence}, but the user was told that the new ones are saved.` };
  }
  const { finding, words } = wrongOne(found.text, reader);
  return { letter: 'S', finding, sentence: `${opens} opens and holds ${words}.` };
}

function lossWords({ before }: NamesReader): string {
  return before === undefined
    ? 'The user was told that it is saved.'
    : 'Neither the old contents nor the new ones can be read.';
}

type Found =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'damaged' };

function open({ names, files }: DirectoryState, { opens, kind }: NamesReader): Found {
  const name = names.find((one) => one.name === opens);
  if (name === undefined) return { kind: 'nothing', why: `The name ${opens} is not there.` };
  if (!name.opens) return { kind: 'nothing', why: `${opens} points to file ${name.file}, which is gone.` };
  const file = files.find((one) => one.file === name.file);
  assert(file !== undefined, 'a name that opens has its file');
  if (kind === 'plain') return { kind: 'text', text: lettersOf(file.bytes) };
  const slots = [0, SLOT_BYTES].flatMap((at) => decodeSlot(file.bytes, at) ?? []);
  const newest = slots.sort((a, b) => b.epoch - a.epoch)[0];
  return newest === undefined ? { kind: 'damaged' } : { kind: 'text', text: newest.text };
}

/** Letters as they are; a zero as a middle dot, any other byte that is no letter as a square. */
export function lettersOf(bytes: Uint8Array): string {
  const letterOf = (byte: number): string => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '▪');
  return Array.from(bytes, (byte) => (byte === 0 ? '·' : letterOf(byte))).join('');
}

function wrongOne(text: string, { before, after }: NamesReader): { readonly finding: Finding; readonly words: string } {
  if (text === '') return { finding: 'empty', words: 'nothing: its length is 0' };
  const zeros = `its length is there, its letters are not`;
  if (/^·+$/.test(text)) return { finding: 'zeros', words: `${text.length} zeros: ${zeros}` };
  if (text.includes('·')) return { finding: 'zeros', words: `“${text}”: some of its letters are zeros` };
  const isMix = before !== undefined && Array.from(text).every((one, i) => one === before[i] || one === after[i]);
  return isMix
    ? { finding: 'mixed', words: `“${text}”: half old, half new` }
    : { finding: 'other', words: `“${text}”, which is neither the old contents nor the new ones` };
}

export interface JudgedState {
  readonly state: DirectoryState;
  readonly verdict: NamesVerdict;
}

/** All states of a run, judged: `moments[k]` those of a cut after k steps. `told[k]`: whether step k told the user. */
export function judgeRun(
  run: NamesRun,
  reader: NamesReader,
  tells: readonly boolean[],
): readonly (readonly JudgedState[])[] {
  return run.moments.map((moment, index) => {
    const told = tells.slice(0, index).includes(true);
    return moment.states.map((state) => ({ state, verdict: judge(state, reader, told) }));
  });
}

/** How many states have each letter, mildest first. */
export function countLetters(judged: readonly JudgedState[]): readonly (readonly [VerdictLetter, number])[] {
  return NAMES_LETTERS.map(
    (letter) => [letter, judged.filter(({ verdict }) => verdict.letter === letter).length] as const,
  ).filter(([, count]) => count > 0);
}

/** Which harms some cut of a run does. */
export function harmsOf(moments: readonly (readonly JudgedState[])[]): ReadonlySet<HarmId> {
  const verdicts = moments.flat().map(({ verdict }) => verdict);
  return new Set(HARMS.filter(({ isIn }) => verdicts.some((verdict) => isIn(verdict))).map(({ id }) => id));
}
