/**
 * How the clients put lists and registers into a store of bytes. Keys say by their first letter which they are, and sort
 * by their number, so that a scan takes neighbours.
 *
 *     list      "l00017" ─▶ u32 u32 u32 ...    its elements, little-endian, in the order of the appends
 *     register  "r00004" ─▶ u32
 */
import { encodeText, readU32 } from '../../base/bytes';
import { assert } from '../../base/assert';
import type { ReadValue } from './history';

const NUMBER_BYTES = 4;
const DIGITS = 5;

export const listName = (number: number): string => `l${String(number).padStart(DIGITS, '0')}`;
export const registerName = (number: number): string => `r${String(number).padStart(DIGITS, '0')}`;
export const isListName = (name: string): boolean => name.startsWith('l');

/** Keys as bytes, each made once. */
export class KeyBytes {
  readonly #made = new Map<string, Uint8Array>();

  of(name: string): Uint8Array {
    let bytes = this.#made.get(name);
    if (bytes === undefined) this.#made.set(name, (bytes = encodeText(name)));
    return bytes;
  }
}

export function nameOfKey(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

export function encodeNumbers(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * NUMBER_BYTES);
  numbers.forEach((number, i) => {
    const at = i * NUMBER_BYTES;
    bytes[at] = number;
    bytes[at + 1] = number >>> 8;
    bytes[at + 2] = number >>> 16;
    bytes[at + 3] = number >>> 24;
  });
  return bytes;
}

/** What a read of that key gave, from the bytes. */
export function decodeValue(name: string, bytes: Uint8Array | undefined): ReadValue {
  if (bytes === undefined) return null;
  if (!isListName(name)) {
    assert(bytes.length === NUMBER_BYTES, 'a register holds one number');
    return readU32(bytes, 0);
  }
  const elements = new Array<number>(bytes.length / NUMBER_BYTES);
  for (let i = 0; i < elements.length; i++) elements[i] = readU32(bytes, i * NUMBER_BYTES);
  return elements;
}
