/** Keys and values of experiments, each told by its number: the same number and seed, the same bytes. */
import { encodeText } from '../base/bytes';
import { SeededRandom } from '../base/runtime';
import type { KeyPattern } from '../protocol/btree';
import { KeyGenerator } from '../workload/generators';

/** Sixteen bytes for operation `number`: a time stamp that only grows, or as random as a version 4 UUID. */
export function identifier(pattern: 'sequential' | 'random', seed: number, number: number): Uint8Array {
  const key = new Uint8Array(16);
  const random = new SeededRandom((seed + Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  for (let at = 0; at < 16; at++) key[at] = random.next() & 0xff;
  if (pattern === 'sequential') {
    const view = new DataView(key.buffer);
    view.setUint16(0, Math.floor(number / 2 ** 32));
    view.setUint32(2, number % 2 ** 32);
  }
  return key;
}

/** As `identifier`, of any length: what tells two keys apart is at their start. */
export function keyOfLength(
  pattern: 'sequential' | 'random',
  seed: number,
  number: number,
  length: number,
): Uint8Array {
  const key = new Uint8Array(length).fill(0x2e);
  key.set(identifier(pattern, seed, number).subarray(0, length));
  return key;
}

/** A value of its own for each number; only its length matters to what is measured. */
export function quickValue(number: number, length: number): Uint8Array {
  const value = new Uint8Array(length).fill(0x2e);
  value.set(encodeText(String(number)).subarray(0, length));
  return value;
}

export const updateKeys = (pattern: KeyPattern, keySpace: number, seed: number): KeyGenerator =>
  new KeyGenerator({ order: pattern === 'skewed' ? 'zipf' : pattern, keySpace, seed });
