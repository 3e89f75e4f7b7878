/** Byte strings: order, equality, integers and text. Every multi-byte integer in every format is little-endian. */
import { assert } from './assert';
import { EngineError } from './errors';

export const EMPTY_BYTES = new Uint8Array(0);

/** memcmp order: negative, 0 or positive as `a` sorts before, with or after `b`; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < common; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function isAllZero(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

const TWO_32 = 2 ** 32;

/** A safe integer as two u32 halves: `BigInt` would allocate on every call. */
export function putU64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'a u64 field holds a safe, non-negative integer');
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / TWO_32), true);
}

/** Reads a u64; what is not a safe integer comes back as NaN, which no comparison accepts. */
export function getU64(view: DataView, at: number): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
  return Number.isSafeInteger(value) ? value : NaN;
}

/** A u32 in place: where a hot loop would otherwise make a view for each record. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** As `getU64`, in place. */
export function readU64(bytes: Uint8Array, at: number): number {
  const value = readU32(bytes, at) + readU32(bytes, at + 4) * TWO_32;
  return Number.isSafeInteger(value) ? value : NaN;
}

/** The view through which a codec reads and writes fields of `bytes`, offset 0 being `bytes[at]`. */
export function viewOf(bytes: Uint8Array, at = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8; text with a lone surrogate is refused (`text_not_well_formed`), since it would not come back as it went in. */
export function encodeText(text: string): Uint8Array {
  if (!isWellFormed(text)) {
    throw new EngineError('text_not_well_formed', 'The text has half of a surrogate pair, which UTF-8 cannot hold.');
  }
  return encoder.encode(text);
}

/** The text, or undefined where the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
}

/** Lower-case hexadecimal, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex;
}
