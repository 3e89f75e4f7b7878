/**
 * The name of a disk state: everything about it but the run it belongs to, short enough for a link.
 *
 *     17+200                 the program died at I/O 17, a write of which 200 bytes landed
 *     17:k.-*3.t100          the power went before I/O 17; board items: 1 kept, 2 to 4 lost, 5 torn at byte 100
 *     17:k.- ~data_0@96.3    and then bit 3 of byte 96 of data_0 rotted
 *
 *     fate  =  "-"                                     lost
 *           |  "k" [ VERSION ]                         kept: the last version, or that one
 *           |  ( "t" | "T" ) BYTE [ "v" VERSION ] [ "u" VERSION ]     torn: its head (t) or its tail (T) arrived,
 *                                                      of that version, over that older one
 *           |  ( "g" | "G" ) SEED [ "v" VERSION ]      noise, where it was written (g) or in the whole sector (G)
 *           |  "=" SIZE                                a length that got so far
 *     fates =  fate [ "*" COUNT ] { "." fate [ "*" COUNT ] }          in the order of the board
 */
import { FILE_NAMES } from '../storage/file';
import type { Fate } from '../storage/simulated/fates';
import type { Flip } from './actions';

/** How a run ends. */
export type Ending =
  /** The program dies; of the write under way so many bytes have landed. */
  | { readonly how: 'crash'; readonly landedBytes: number }
  /** The power goes; fates in the order of the board. */
  | { readonly how: 'cut'; readonly fates: readonly Fate[] };

export interface StateName {
  readonly io: number;
  readonly ending: Ending;
  readonly flips: readonly Flip[];
}

export function stateId({ ending, flips, io }: StateName): string {
  const what = ending.how === 'crash' ? `+${ending.landedBytes}` : `:${fatesText(ending.fates)}`;
  return `${io}${what}${flips.map(({ bit, file, offset }) => `~${file}@${offset}.${bit}`).join('')}`;
}

/** What an id says; undefined if it says nothing. */
export function parseStateId(id: string): StateName | undefined {
  const match = /^([1-9]\d{0,8})(?:\+(\d{1,9})|:([^~]{0,65536}))((?:~[^~]{1,40})*)$/.exec(id);
  if (match === null) return undefined;
  const [, io, landed, text, rot] = match;
  const flips = parseFlips(rot!);
  const fates = text === undefined ? [] : parseFates(text);
  if (flips === undefined || fates === undefined) return undefined;
  const ending: Ending = landed === undefined ? { how: 'cut', fates } : { how: 'crash', landedBytes: Number(landed) };
  return { io: Number(io), ending, flips };
}

export function fatesText(fates: readonly Fate[]): string {
  const parts: string[] = [];
  for (let at = 0, end = 0; at < fates.length; at = end) {
    const text = fateText(fates[at]!);
    for (end = at + 1; end < fates.length && fateText(fates[end]!) === text; end++);
    parts.push(end - at === 1 ? text : `${text}*${end - at}`);
  }
  return parts.join('.');
}

export function fateText(fate: Fate): string {
  switch (fate.fate) {
    case 'lost':
      return '-';
    case 'kept':
      if ('to' in fate && fate.to !== undefined) return `=${fate.to}`;
      return `k${'version' in fate ? (fate.version ?? '') : ''}`;
    case 'torn':
      return `${fate.part === 'tail' ? 'T' : 't'}${fate.atByte}${mark('v', fate.version)}${mark('u', fate.under)}`;
    case 'garbage':
      return `${fate.wholeSector === true ? 'G' : 'g'}${fate.seed}${mark('v', fate.version)}`;
  }
}

const mark = (letter: string, version: number | undefined): string =>
  version === undefined ? '' : `${letter}${version}`;

/** The most items a cut can have in an id: a hostile link must not cost more. */
const ITEMS_MAX = 100_000;

function parseFates(text: string): Fate[] | undefined {
  const fates: Fate[] = [];
  if (text === '') return fates;
  for (const part of text.split('.')) {
    const [word, count = '1'] = part.split('*');
    const fate = parseFate(word!);
    if (fate === undefined || !/^[1-9]\d{0,5}$/.test(count)) return undefined;
    if (fates.length + Number(count) > ITEMS_MAX) return undefined;
    for (let i = 0; i < Number(count); i++) fates.push(fate);
  }
  return fates;
}

function parseFate(word: string): Fate | undefined {
  const match =
    /^(?:(-)|k(\d{1,6})?|([tT])(\d{1,3})(?:v(\d{1,6}))?(?:u(\d{1,6}))?|([gG])(\d{1,10})(?:v(\d{1,6}))?|=(\d{1,15}))$/.exec(
      word,
    );
  if (match === null) return undefined;
  const [, lost, kept, torn, atByte, tornVersion, under, noise, seed, noiseVersion, to] = match;
  const number = (digits: string | undefined): number | undefined =>
    digits === undefined ? undefined : Number(digits);
  if (lost !== undefined) return { fate: 'lost' };
  if (to !== undefined) return { fate: 'kept', to: Number(to) };
  if (torn !== undefined)
    return {
      fate: 'torn',
      atByte: Number(atByte),
      part: torn === 'T' ? 'tail' : 'head',
      version: number(tornVersion),
      under: number(under),
    };
  if (noise !== undefined)
    return { fate: 'garbage', seed: Number(seed), wholeSector: noise === 'G', version: number(noiseVersion) };
  return kept === undefined ? { fate: 'kept' } : { fate: 'kept', version: Number(kept) };
}

function parseFlips(text: string): Flip[] | undefined {
  const flips: Flip[] = [];
  for (const part of text.split('~').slice(1)) {
    const match = /^([a-z0-9_]+)@(\d{1,12})\.([0-7])$/.exec(part);
    const file = FILE_NAMES.find((name) => name === match?.[1]);
    if (match === null || file === undefined) return undefined;
    flips.push({ file, offset: Number(match[2]), bit: Number(match[3]) });
  }
  return flips;
}
