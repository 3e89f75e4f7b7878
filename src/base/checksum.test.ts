import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, encodeText } from './bytes';
import { crc32c } from './checksum';
import { eachFlippedBit, fromHex } from './testing/bits';

/** One bit at a time, as the definition has it. */
function bitByBit(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
  it.each([
    ['nothing', new Uint8Array(0), 0],
    ['"123456789"', encodeText('123456789'), 0xe3069283],
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 bytes ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 bytes descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [
      'an iSCSI read command',
      fromHex(`01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018
               28000000 00000000 02000000 00000000`),
      0xd9963a56,
    ],
  ])('of %s is the published one', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });

  it('equals the definition for every length, alignment and seed', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), fc.nat(), (bytes, from, seed) => {
      const start = Math.min(from, bytes.length);
      expect(crc32c(bytes, start, bytes.length, seed)).toBe(bitByBit(bytes.subarray(start), seed));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('goes on from where an earlier part ended', () => {
    const property = fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(crc32c(b, 0, b.length, crc32c(a))).toBe(crc32c(concatBytes([a, b])));
    });
    fc.assert(property);
  });

  it('changes with every single bit, and with every seed', () => {
    const bytes = encodeText('a record of the log');
    eachFlippedBit(bytes, (flipped) => expect(crc32c(flipped)).not.toBe(crc32c(bytes)));
    expect(crc32c(bytes, 0, bytes.length, 1)).not.toBe(crc32c(bytes, 0, bytes.length, 2));
  });
});
