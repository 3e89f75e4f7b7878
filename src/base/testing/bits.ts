/** For tests of codecs: bytes written as hexadecimal, and every single flipped bit of some bytes. */

/** `'46 4c 47'` as bytes; blanks and line ends only separate. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.replace(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Calls `look` once for each bit of `bytes[from, to)`, with a copy in which that bit is the other way round. */
export function eachFlippedBit(
  bytes: Uint8Array,
  look: (flipped: Uint8Array, at: number) => void,
  from = 0,
  to = bytes.length,
): void {
  for (let at = from; at < to; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << bit;
      look(flipped, at);
    }
  }
}
