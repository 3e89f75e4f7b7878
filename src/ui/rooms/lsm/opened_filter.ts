/** A table's Bloom filter as the page shows it: its bits, which keys set them, and what it answers to a key. */
import { toHex } from '../../../base/bytes';
import type { FilterQuestion, OpenedFilter } from '../../../lsm';
import type { FileName } from '../../../storage/file';
import { digits, keyText, plural } from '../../marks/units';
import type { BlockView, TableView } from './model';
import { rangeIn } from './places';

/** Bytes of a file at the step that is shown; undefined where they are older than what is kept. */
export type ReadShown = (file: FileName, at: number, length: number) => Promise<Uint8Array | undefined>;
export type OpenFilter = (question: FilterQuestion) => Promise<OpenedFilter | undefined>;

/** More bits than this are no picture: the ones that a key looks at are told all the same. */
export const BITS_DRAWN = 2048;

/** The block whole, though it may lie in several extents. */
export async function blockBytes(
  table: TableView,
  { at, bytes }: BlockView,
  extentBytes: number,
  read: ReadShown,
): Promise<Uint8Array | undefined> {
  const block = new Uint8Array(bytes);
  for (let done = 0; done < bytes;) {
    const range = rangeIn(table, at + done, bytes - done, extentBytes);
    const part = range && (await read(range.file, range.from, range.to - range.from));
    if (part === undefined || part.length === 0) return undefined;
    block.set(part, done);
    done += part.length;
  }
  return block;
}

export interface PlaceShown {
  readonly bit: number;
  readonly isSet: boolean;
  /** Keys of the table that set it, as far as they are known. */
  readonly setBy: readonly string[];
}

/** Who set each bit: texts of keys. */
export function settersOf({ keys }: OpenedFilter, { entries }: TableView): ReadonlyMap<number, readonly string[]> {
  const setters = new Map<number, string[]>();
  keys.forEach((places, i) => {
    const key = entries?.[i]?.key;
    if (key === undefined) return;
    for (const bit of new Set(places)) setters.set(bit, [...(setters.get(bit) ?? []), keyText(key)]);
  });
  return setters;
}

export function placesOf(opened: OpenedFilter, setters: ReadonlyMap<number, readonly string[]>): PlaceShown[] {
  return (opened.asked?.probes ?? []).map((place) => ({ ...place, setBy: setters.get(place.bit) ?? [] }));
}

export function bitWords({ bit, isSet, setBy }: PlaceShown): string {
  if (!isSet) return `bit ${digits(bit)} is 0`;
  const some = setBy.slice(0, SETTERS_NAMED);
  const rest = setBy.length - some.length;
  const by = some.length === 0 ? '' : `, set by ${some.join(', ')}${rest > 0 ? ` and ${digits(rest)} more` : ''}`;
  return `bit ${digits(bit)} is 1${by}`;
}
const SETTERS_NAMED = 4;

/** What it says of the key, and whether that is so. */
export function verdictWords({ asked }: OpenedFilter, key: Uint8Array, { entries }: TableView): string {
  if (asked === undefined) return '';
  if (!asked.mayContain) {
    const unset = asked.probes.find(({ isSet }) => !isSet)!;
    return `Surely not in this table: bit ${digits(unset.bit)} is 0, and a key that went in sets all of its bits.`;
  }
  const maybe = 'May be in this table, says the filter: all of its bits are set.';
  if (entries === undefined) return maybe;
  return entries.some(({ keyHex }) => keyHex === toHex(key))
    ? `${maybe} It is: a true positive.`
    : `${maybe} It is not: other keys have set them. A false positive, which costs a lookup a block read for nothing.`;
}

/** How many bits, how full, and how often a key that is not there passes. */
export function filterWords({ bits, isSet, keys, probes }: OpenedFilter): string {
  const set = isSet.filter((one) => one).length;
  const passes = (100 * (set / bits) ** probes).toPrecision(2);
  const each = keys.length === 0 ? '' : `, ${(bits / keys.length).toFixed(1)} per key`;
  return `${plural(bits, 'bit')}${each}; a key looks at ${probes} of them. ${digits(set)} are set, so that of keys which are not there ${passes} % pass.`;
}
