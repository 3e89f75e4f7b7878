/**
 * Keys and values for loads and benchmarks, each a function of the seed and of its own number: operation n can be
 * made again without making the n - 1 before it, by whoever has to judge what a crash left.
 *
 * Zipf by inversion of the harmonic sum would need a table; we use the rejection-free approximation of Gray et al.
 * 1994 ("Quickly generating billion-record synthetic databases", section 3.2), with its usual skew of 0.99.
 */
import { encodeText } from '../base/bytes';
import { assert } from '../base/assert';
import { SeededRandom } from '../base/runtime';

export type KeyOrder = 'sequential' | 'random' | 'zipf';

export interface KeyOptions {
  readonly order: KeyOrder;
  readonly keySpace: number;
  readonly seed: number;
}

const ZIPF_SKEW = 0.99;
const TWO_32 = 2 ** 32;

/** Which of the `keySpace` keys operation `number` (from 0) is about. */
export class KeyGenerator {
  readonly #options: KeyOptions;
  readonly #zipf: { zetaAll: number; eta: number; alpha: number } | undefined;

  constructor(options: KeyOptions) {
    assert(options.keySpace >= 1, 'there is at least one key to choose');
    this.#options = options;
    if (options.order === 'zipf') this.#zipf = zipfConstants(options.keySpace);
  }

  indexOf(number: number): number {
    const { order, keySpace, seed } = this.#options;
    if (order === 'sequential') return number % keySpace;
    const uniform = uniformOf(seed, number);
    return order === 'random' ? Math.floor(uniform * keySpace) : this.#zipfIndex(uniform);
  }

  keyOf(number: number): Uint8Array {
    return keyOfIndex(this.indexOf(number));
  }

  /** 0 is the most frequent; scattered over the key space, so that hot keys are not neighbours. */
  #zipfIndex(uniform: number): number {
    const { keySpace } = this.#options;
    const { zetaAll, eta, alpha } = this.#zipf!;
    const scaled = uniform * zetaAll;
    const rank =
      scaled < 1 ? 0 : scaled < 1 + 0.5 ** ZIPF_SKEW ? 1 : Math.floor(keySpace * (eta * uniform - eta + 1) ** alpha);
    return scatter(Math.min(rank, keySpace - 1), keySpace);
  }
}

/** Sixteen bytes: `key-` and twelve digits, so that byte order is number order. */
export function keyOfIndex(index: number): Uint8Array {
  return encodeText(`key-${String(index).padStart(12, '0')}`);
}

/** `length` bytes that only operation `number` of this seed has, from the seventeenth on pseudo-random. */
export function valueOf(seed: number, number: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  const random = new SeededRandom(mix(seed, number));
  for (let at = 0; at < length; at++) value[at] = 0x20 + (random.next() % 0x5f);
  value.set(encodeText(String(number).padStart(16, ' ')).subarray(0, length));
  return value;
}

const mix = (seed: number, number: number): number => (seed + Math.imul(number + 1, 0x9e3779b1)) >>> 0;

function uniformOf(seed: number, number: number): number {
  return new SeededRandom(mix(seed, number)).next() / TWO_32;
}

function zipfConstants(keySpace: number): { zetaAll: number; eta: number; alpha: number } {
  const zetaAll = zeta(keySpace);
  const zetaTwo = zeta(Math.min(2, keySpace));
  const eta = (1 - (2 / keySpace) ** (1 - ZIPF_SKEW)) / (1 - zetaTwo / zetaAll);
  return { zetaAll, eta: Number.isFinite(eta) ? eta : 0, alpha: 1 / (1 - ZIPF_SKEW) };
}

function zeta(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += 1 / i ** ZIPF_SKEW;
  return sum;
}

/** A permutation of `[0, keySpace)`: multiplication by a number that shares no divisor with it. */
function scatter(index: number, keySpace: number): number {
  let factor = Math.floor(keySpace * 0.618) | 1;
  while (divisor(factor, keySpace) !== 1) factor += 2;
  return Number((BigInt(index) * BigInt(factor)) % BigInt(keySpace));
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
