/** Can the reader still get the old contents or the new ones, whole? One state of a directory, judged. */
import { assert } from '../base/assert';
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

export const NAMES_LETTERS = ['A', 'L', 'D', 'S', 'F'] as const;
export type NamesLetter = (typeof NAMES_LETTERS)[number];

/** What a letter says here. The letters are those of the crash map. */
export const NAMES_LETTER_WORDS: Readonly<Record<NamesLetter, { readonly name: string; readonly meaning: string }>> = {
  A: { name: 'kept', meaning: 'What the reader gets is whole, and everything the user was told is true.' },
  L: { name: 'lost', meaning: 'Whole, but old: the user was told “saved”, and the save is gone.' },
  D: { name: 'reported', meaning: 'The reader sees the damage by its checksum and says so.' },
  S: { name: 'wrong', meaning: 'The file opens and its contents are wrong. Nobody notices.' },
  F: { name: 'gone', meaning: 'The name opens nothing: neither the old contents nor the new ones.' },
};

export interface NamesVerdict {
  readonly letter: NamesLetter;
  readonly sentence: string;
}

/** `told`: whether the user had been told that the new contents are saved. */
export function judge(state: DirectoryState, reader: NamesReader, told: boolean): NamesVerdict {
  const found = open(state, reader);
  if (found.kind === 'text') {
    if (found.text === reader.after) return { letter: 'A', sentence: `${reader.opens} holds the new contents, whole.` };
    if (found.text === reader.before) return oldOne(told, `${reader.opens} holds the old contents, whole`);
    return { letter: 'S', sentence: `${reader.opens} opens and holds ${wrongWords(found.text, reader)}.` };
  }
  if (found.kind === 'nothing') {
    if (reader.before === undefined) return oldOne(told, `There is no ${reader.opens} that opens, as before the save`);
    return { letter: 'F', sentence: `${found.why} Neither the old contents nor the new ones can be read.` };
  }
  return { letter: 'D', sentence: `${reader.opens} opens, and neither slot has a good checksum.` };
}

function oldOne(told: boolean, sentence: string): NamesVerdict {
  if (!told) return { letter: 'A', sentence: `${sentence}; nobody was told otherwise.` };
  return { letter: 'L', sentence: `${sentence}: a save that was reported is gone.` };
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

/** Letters as they are, each other byte as a middle dot: zeros, mostly. */
export function lettersOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
}

function wrongWords(text: string, { before, after }: NamesReader): string {
  if (text === '') return 'nothing: its length is 0';
  if (/^·+$/.test(text)) return `${text.length} zeros: its length is there, its letters are not`;
  if (text.includes('·')) return `“${text}”: letters with zeros between them`;
  const mixes =
    before !== undefined && Array.from(text).every((letter, i) => letter === before[i] || letter === after[i]);
  return mixes ? `“${text}”: half old, half new` : `“${text}”, which is neither the old contents nor the new ones`;
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

/** How many states have each letter, worst last, such as `A 2 · S 1`. */
export function countLetters(judged: readonly JudgedState[]): ReadonlyMap<NamesLetter, number> {
  const counts = new Map<NamesLetter, number>();
  for (const letter of NAMES_LETTERS) {
    const count = judged.filter(({ verdict }) => verdict.letter === letter).length;
    if (count > 0) counts.set(letter, count);
  }
  return counts;
}
