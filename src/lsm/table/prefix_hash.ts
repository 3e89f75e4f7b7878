/**
 * A hash of a key's prefix for the filters: 64 bits as two halves of 32, since larger integers are slow here.
 *
 * Two lanes over the same words, each a MurmurHash3 of its own (Appleby 2011: multiply, rotate, multiply, mix in), their
 * constants those of two lanes of its 128-bit form; then the lanes are mixed into each other, each through the finalizer
 * that makes every bit depend on every other. Tests hold it to that: each bit of the key turns each bit of the hash
 * half of the time, and prefixes that differ in a counter spread evenly.
 *
 * It is not keyed: whoever chooses keys can choose ones that collide, and makes reads slower by that, never wrong. It does
 * not depend on the table, so a lookup computes it once for all the tables that it asks.
 */

/** Filled by `hashPrefix`: the caller keeps it, so that a lookup makes nothing. Both are unsigned. */
export interface PrefixHash {
  low: number;
  high: number;
}
export const newPrefixHash = (): PrefixHash => ({ low: 0, high: 0 });

export function hashPrefix(prefix: Uint8Array, into: PrefixHash): PrefixHash {
  const length = prefix.length;
  const words = length & ~3;
  let a = 0x9747b28c | 0;
  let b = 0x3c6ef372 | 0;
  let at = 0;
  for (; at < words; at += 4) {
    const word = prefix[at]! | (prefix[at + 1]! << 8) | (prefix[at + 2]! << 16) | (prefix[at + 3]! << 24);
    a ^= mixA(word);
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    b ^= mixB(word);
    b = (Math.imul((b << 17) | (b >>> 15), 5) + 0x0bcaa747) | 0;
  }
  if (at < length) {
    let word = 0;
    for (let shift = 0; at < length; at++, shift += 8) word |= prefix[at]! << shift;
    a ^= mixA(word);
    b ^= mixB(word);
  }
  // The length, so that zeros at the end count.
  a = (a ^ length) + b;
  b = (b ^ length) + a;
  a = finalize(a);
  b = finalize(b);
  a = (a + b) | 0;
  into.low = a >>> 0;
  into.high = (a + b) >>> 0;
  return into;
}

function mixA(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function mixB(word: number): number {
  const mixed = Math.imul(word, 0x239b961b);
  return Math.imul((mixed << 16) | (mixed >>> 16), 0xab0e9789);
}

function finalize(lane: number): number {
  lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
  return lane ^ (lane >>> 16);
}
