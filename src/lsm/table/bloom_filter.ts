/**
 * A Bloom filter: says of a key that it is surely not in the table, or that it may be. Little-endian.
 *
 *     0         4        5                      5 + ceil(m / 8)
 *     +---------+--------+----------------------+---------+
 *     | bits m  | probes | bit p is bit p mod 8 | trailer |
 *     | u32     | k, u8  | of byte p / 8        |         |
 *     +---------+--------+----------------------+---------+
 *
 * Every key that goes in sets k bits; a key is asked for by looking at its k bits, and one that is not set says that the
 * key never went in (Bloom 1970, "Space/time trade-offs in hash coding with allowable errors", method 2). With n keys a
 * bit stays 0 with probability about e^(-kn/m), so one that is not there passes by mistake with probability
 *
 *     (1 - e^(-kn/m))^k          smallest for k = (m/n) ln 2: at 10 bits a key 7 probes, and 0.8 %
 *
 * The k places come from one hash of 64 bits, as (low + i * high) mod m: two hash functions serve as well as k do, as n
 * grows (Kirsch and Mitzenmacher 2006, "Less hashing, same performance", section 3). `high` is made odd, or else one
 * that is 0 would look at one bit only. Sums are taken mod 2^32, so that they stay small integers.
 *
 * Why not all k bits in one cache line (Putze, Sanders and Singler 2007, "Cache-, hash- and space-efficient Bloom
 * filters")? It saves memory accesses and costs accuracy, since keys do not fall evenly on the lines. Here it would save
 * little: half of the bits are set, so that a key which is not there is found out after two bits on average, and a filter
 * of 20,000 keys is 25 KB, which fits the processor's second cache. And accuracy is what the bits are shared out by
 * among the levels (Monkey): there the formula above is taken at its word, and the lab shows it beside what was measured.
 *
 * What goes in is `filterPrefix(key)`; keys in a row with the same prefix count once.
 *
 *   B1  Every prefix of a key that the filter covers finds all its bits set: no false negative, ever.
 */
import { assert } from '../../base/assert';
import { readU32, viewOf } from '../../base/bytes';
import { sealBlock, TRAILER_BYTES } from './block';
import { hashPrefix, newPrefixHash, type PrefixHash } from './prefix_hash';

const BITS = 0;
const PROBES = 4;
const HEADER_BYTES = 5;

const PROBES_MAX = 30;
/** Two keys in a dozen bits would pass nearly everything; a few bytes more are cheap. */
const FILTER_BITS_MIN = 64;

/** k, for so many bits a key. */
export const probesFor = (bitsPerKey: number): number =>
  Math.max(1, Math.min(PROBES_MAX, Math.round(bitsPerKey * Math.LN2)));

export const filterBitsFor = (prefixes: number, bitsPerKey: number): number =>
  Math.max(FILTER_BITS_MIN, Math.ceil(prefixes * bitsPerKey));

/** The length of the block. */
export const filterBlockBytes = (bits: number): number => HEADER_BYTES + Math.ceil(bits / 8) + TRAILER_BYTES;

/** How often a prefix that never went in passes, by the formula above. */
export const falsePositiveRate = (bits: number, prefixes: number, probes: number): number =>
  (1 - Math.exp((-probes * prefixes) / bits)) ** probes;

export const filterBits = (block: Uint8Array): number => readU32(block, BITS);
export const filterProbes = (block: Uint8Array): number => block[PROBES]!;

/** What is wrong with a filter whose trailer was in order, or undefined. */
export function filterProblem(block: Uint8Array): string | undefined {
  const probes = filterProbes(block);
  const bits = filterBits(block);
  const isWhole = bits > 0 && filterBlockBytes(bits) === block.length && probes >= 1 && probes <= PROBES_MAX;
  return isWhole ? undefined : 'it is no filter';
}

/** False: surely not. */
export function mayContain(block: Uint8Array, { high, low }: PrefixHash): boolean {
  const bits = filterBits(block);
  const step = high | 1;
  let place = low >>> 0;
  for (let i = block[PROBES]!; i > 0; i--) {
    const bit = place % bits;
    if ((block[HEADER_BYTES + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false;
    place = (place + step) >>> 0;
  }
  return true;
}

/** Which bits a prefix looks at, in the order of looking: for people, and for building. */
export function probedBits({ high, low }: PrefixHash, bits: number, probes: number): number[] {
  return Array.from({ length: probes }, (_, i) => ((low + Math.imul(i, high | 1)) >>> 0) % bits);
}

export const isBitSet = (block: Uint8Array, bit: number): boolean =>
  (block[HEADER_BYTES + (bit >>> 3)]! & (1 << (bit & 7))) !== 0;

/** What a filter answers to one prefix, bit by bit: for people. */
export interface ProbedBits {
  readonly bits: number;
  /** In the order of looking; a lookup stops at the first that is not set. */
  readonly probes: readonly { readonly bit: number; readonly isSet: boolean }[];
  readonly mayContain: boolean;
}

export function probe(block: Uint8Array, hash: PrefixHash): ProbedBits {
  const bits = filterBits(block);
  const probes = probedBits(hash, bits, filterProbes(block)).map((bit) => ({ bit, isSet: isBitSet(block, bit) }));
  return { bits, probes, mayContain: mayContain(block, hash) };
}

/** Takes prefixes in, and makes a filter of the right length once it is known how many they are. */
export class FilterBuilder {
  readonly #bitsPerKey: number;
  /** Two halves of a hash for each prefix. */
  #hashes = new Uint32Array(128);
  readonly #hash = newPrefixHash();
  /** Prefixes so far, those in a row counted once. */
  prefixes = 0;
  /** The filter, once it is being built, and of how many prefixes it has the bits. */
  #block: Uint8Array | undefined;
  #built = 0;

  constructor(bitsPerKey: number) {
    assert(bitsPerKey > 0, 'a filter without bits is no filter');
    this.#bitsPerKey = bitsPerKey;
  }

  /** The length of the block if it were built now. */
  get bytes(): number {
    return filterBlockBytes(filterBitsFor(this.prefixes, this.#bitsPerKey));
  }

  add(prefix: Uint8Array): void {
    assert(this.#block === undefined, 'how many bits there are depends on how many prefixes');
    const { high, low } = hashPrefix(prefix, this.#hash);
    const end = 2 * this.prefixes;
    // The same prefix again; or another one that sets the same bits, and need not.
    if (end > 0 && this.#hashes[end - 2] === low && this.#hashes[end - 1] === high) return;
    if (end === this.#hashes.length) {
      const longer = new Uint32Array(2 * end);
      longer.set(this.#hashes);
      this.#hashes = longer;
    }
    this.#hashes[end] = low;
    this.#hashes[end + 1] = high;
    this.prefixes++;
  }

  /** Sets the bits of so many more prefixes. @returns whether all are set; nothing is added from the first call on */
  build(prefixesMax: number): boolean {
    const bits = filterBitsFor(this.prefixes, this.#bitsPerKey);
    const probes = probesFor(this.#bitsPerKey);
    const block = (this.#block ??= newFilter(bits, probes));
    const end = Math.min(this.prefixes, this.#built + prefixesMax);
    for (let i = 2 * this.#built; i < 2 * end; i += 2) {
      setBits(block, bits, probes, this.#hashes[i]!, this.#hashes[i + 1]! | 1);
    }
    this.#built = end;
    return end === this.prefixes;
  }

  /** The filter with room for its trailer (`sealFilter`); the builder is empty then. */
  finish(): Uint8Array {
    this.build(Infinity);
    const block = this.#block!;
    this.#block = undefined;
    this.#built = 0;
    this.prefixes = 0;
    return block;
  }
}

function newFilter(bits: number, probes: number): Uint8Array {
  const block = new Uint8Array(filterBlockBytes(bits));
  viewOf(block).setUint32(BITS, bits, true);
  block[PROBES] = probes;
  return block;
}

function setBits(block: Uint8Array, bits: number, probes: number, low: number, step: number): void {
  let place = low >>> 0;
  for (let i = 0; i < probes; i++) {
    const bit = place % (bits >>> 0); // Said to be whole, it is divided as such: several times as fast.
    block[HEADER_BYTES + (bit >>> 3)]! |= 1 << (bit & 7);
    place = (place + step) >>> 0;
  }
}

/** Once it is known where the filter goes. */
export function sealFilter(block: Uint8Array, seed: number): void {
  sealBlock(block, block.length - TRAILER_BYTES, 'filter', seed);
}

/** Field by field, for people: name, offset, length. */
export const FILTER_FIELDS = [
  { name: 'bits', offset: BITS, length: 4 },
  { name: 'probes', offset: PROBES, length: 1 },
] as const;
