/** Filler: bytes that repeat the alphabet, so that a torn value can be seen to be torn. */
const ALPHABET = 26;

/** Byte i is the letter i mod 26. */
export function filler(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = 0x61 + (i % ALPHABET);
  return bytes;
}

/** `length` bytes that begin with a number, `17:abc...`: no two numbers give the same. At least as long as its head. */
export function numberedFiller(length: number, number: number): Uint8Array {
  const head = `${number}:`;
  const bytes = new Uint8Array(Math.max(length, head.length));
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  bytes.set(filler(bytes.length - head.length), head.length);
  return bytes;
}
