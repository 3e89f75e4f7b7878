/**
 * How bytes and sizes are written in a script.
 *
 *     apple            the bytes of the word in UTF-8
 *     "an apple\n"     the same with blanks and escapes; \xNN is one byte, so any bytes can be written
 *     0x00ff           bytes in hexadecimal
 *     @900             900 bytes of filler: abc…zabc…, so that a torn value can be seen to be torn
 *     @900:17          the same, but it begins with a number: 17:abc…
 *
 *     4096   16k   1m  sizes: k is 1,024 and m is 1,024 k
 */
import { decodeText, equalBytes, toHex } from '../base/bytes';
import { filler, numberedFiller } from '../base/filler';

export const FILLER_BYTES_MAX = 64 * 1024 * 1024;
/** Shorter filler is not worth a sign of its own. */
const FILLER_BYTES_MIN = 26;

/** What stands behind the @: a length, or a length and a number. */
export function parseFiller(word: string): Uint8Array | undefined {
  const match = /^([^:]+)(?::(\d{1,9}))?$/.exec(word);
  const length = parseSize(match?.[1] ?? '');
  if (match === null || length === undefined || length > FILLER_BYTES_MAX) return undefined;
  return match[2] === undefined ? filler(length) : numberedFiller(length, Number(match[2]));
}

export function parseHex(digits: string): Uint8Array | undefined {
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 * 1024 };

/** A whole, safe number of bytes, or undefined. */
export function parseSize(word: string): number | undefined {
  const match = /^(\d+)([km]?)$/.exec(word);
  if (match === null) return undefined;
  const size = Number(match[1]) * UNITS[match[2]!]!;
  return Number.isSafeInteger(size) ? size : undefined;
}

export function printSize(size: number): string {
  if (size >= UNITS['m']! && size % UNITS['m']! === 0) return `${size / UNITS['m']!}m`;
  if (size >= UNITS['k']! && size % UNITS['k']! === 0) return `${size / UNITS['k']!}k`;
  return String(size);
}

/** Words that mean something where a key may be left out: as a key they are quoted. */
export const KEYWORDS_AFTER_KEYS = ['reverse', 'limit', 'prefix', 'in', 'as', 'strict', 'relaxed', '-'] as const;
const NEEDS_QUOTES = new Set<string>(KEYWORDS_AFTER_KEYS);
const BARE = /^[^\s"#;@][^\s"#;]*$/u;
/** Written as escapes even though they are UTF-8: what an editor would not show, or would reorder. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The shortest literal that reads well; `parse` gives the same bytes back. */
export function printBytes(bytes: Uint8Array): string {
  if (bytes.length > FILLER_BYTES_MIN && equalBytes(bytes, filler(bytes.length))) return `@${bytes.length}`;
  const text = decodeText(bytes);
  const number = bytes.length > FILLER_BYTES_MIN ? /^(\d{1,9}):/.exec(text ?? '')?.[1] : undefined;
  if (number !== undefined && equalBytes(bytes, numberedFiller(bytes.length, Number(number))))
    return `@${bytes.length}:${number}`;
  if (text === undefined) return `0x${toHex(bytes)}`;
  const isBare = BARE.test(text) && !INVISIBLE.test(text) && !NEEDS_QUOTES.has(text) && !text.startsWith('0x');
  return isBare ? text : printText(text);
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text in quotes. */
export function printText(text: string): string {
  let printed = '';
  for (const character of text) {
    if (ESCAPED[character] !== undefined) printed += ESCAPED[character];
    else if (INVISIBLE.test(character)) printed += escapeBytes(character);
    else printed += character;
  }
  return `"${printed}"`;
}

const encoder = new TextEncoder();

function escapeBytes(character: string): string {
  return [...encoder.encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
