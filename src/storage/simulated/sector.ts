/**
 * A sector: 512 bytes that are never written again once made, so that any number of disk images can share it.
 *
 * Its hash is made once, when first asked for: two lanes of a multiply-and-rotate mix over 128 words (the round of
 * MurmurHash3, Appleby 2011). It separates images for deduplication; it is no checksum and guards against no one.
 *
 *   S1  A sector of zeros hashes to 0: a part of a file that was never written weighs nothing.
 */
import { assert } from '../../base/assert';
import { SECTOR_BYTES } from '../file';

export interface SectorHash {
  readonly low: number;
  readonly high: number;
}

const ZERO_HASH: SectorHash = { low: 0, high: 0 };

export class Sector {
  /** Exactly `SECTOR_BYTES`, at an offset of its buffer that is a multiple of four. Read only. */
  readonly bytes: Uint8Array;
  #hash: SectorHash | undefined;

  constructor(bytes: Uint8Array) {
    assert(bytes.length === SECTOR_BYTES && (bytes.byteOffset & 3) === 0, 'a sector is whole and aligned');
    this.bytes = bytes;
  }

  get hash(): SectorHash {
    return (this.#hash ??= hashOf(this.bytes));
  }
}

function hashOf(bytes: Uint8Array): SectorHash {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, SECTOR_BYTES / 4);
  let low = 0x2545f491;
  let high = 0x6c62272e;
  let anyBit = 0;
  for (const word of words) {
    anyBit |= word;
    low = Math.imul(rotate(low ^ Math.imul(word, 0xcc9e2d51), 13), 5) + 0x6b64e653;
    high = Math.imul(rotate(high ^ Math.imul(word, 0x1b873593), 17), 9) + 0x38495ab5;
  }
  return anyBit === 0 ? ZERO_HASH : { low: finish(low), high: finish(high) };
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
export function finish(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
