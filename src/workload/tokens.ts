/**
 * One line of a script as words. A comment starts with `#` where a word could start and ends the line; `;` stands
 * alone and separates the writes of a batch.
 */
import { decodeText, encodeText } from '../base/bytes';
import type { ScriptError, Span } from './command';

export interface Token {
  /** `quoted` words are always data, never keywords. */
  readonly kind: 'bare' | 'quoted' | 'separator';
  /** As it stands in the script, quotes included. */
  readonly source: string;
  /** Of a quoted word: the bytes it denotes. */
  readonly bytes: Uint8Array | undefined;
  readonly span: Span;
}

/** How a tokenizer or parser gives up on a line. Caught per line, so that every faulty line is reported. */
export class LineFault extends Error {
  readonly error: ScriptError;
  constructor(span: Span, message: string, expected: readonly string[] = []) {
    super(message);
    this.error = { span, message, expected };
  }
}

/** Ends a bare word. */
const BARE_END = /[\s"#;]/u;

export function tokenize(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const unit = text[at]!;
    if (/\s/u.test(unit)) at++;
    else if (unit === '#') break;
    else {
      const token = unit === '"' ? quoted(text, at, line) : bareOrSeparator(text, at, line);
      tokens.push(token);
      at += token.span.length;
    }
  }
  return tokens;
}

function bareOrSeparator(text: string, from: number, line: number): Token {
  let to = from + 1;
  if (text[from] !== ';') while (to < text.length && !BARE_END.test(text[to]!)) to++;
  const kind = text[from] === ';' ? 'separator' : 'bare';
  return { kind, source: text.slice(from, to), bytes: undefined, span: { line, column: from + 1, length: to - from } };
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { '"': 0x22, '\\': 0x5c, n: 10, r: 13, t: 9, '0': 0 };
const ESCAPES = ['\\"', '\\\\', '\\n', '\\r', '\\t', '\\0', '\\x00'];

/** `\xNN` is a byte, everything else is UTF-8: so any bytes at all can be written. */
function quoted(text: string, from: number, line: number): Token {
  const bytes: number[] = [];
  let at = from + 1;
  while (at < text.length && text[at] !== '"') {
    if (text[at] !== '\\') {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      bytes.push(...utf8Of(character, { line, column: at + 1, length: character.length }));
      at += character.length;
      continue;
    }
    const letter = text[at + 1] ?? '';
    const hex = /^x([0-9a-fA-F]{2})/.exec(text.slice(at + 1, at + 4));
    const byte = hex ? Number.parseInt(hex[1]!, 16) : SIMPLE_ESCAPES[letter];
    if (byte === undefined) {
      throw new LineFault({ line, column: at + 1, length: 2 }, `There is no escape \\${letter}.`, ESCAPES);
    }
    bytes.push(byte);
    at += hex ? 4 : 2;
  }
  if (at >= text.length) {
    const span = { line, column: from + 1, length: text.length - from };
    throw new LineFault(span, 'This quoted word has no end.', ['"']);
  }
  return {
    kind: 'quoted',
    source: text.slice(from, at + 1),
    bytes: Uint8Array.from(bytes),
    span: { line, column: from + 1, length: at + 1 - from },
  };
}

/** The UTF-8 of one character; half of a surrogate pair is a fault of the line. */
export function utf8Of(text: string, span: Span): Uint8Array {
  try {
    return encodeText(text);
  } catch {
    throw new LineFault(span, 'This is half of a surrogate pair, which UTF-8 cannot hold.', ['a whole character']);
  }
}

/** The text of a quoted word, or undefined where its bytes are not UTF-8. */
export const textOf = (token: Token): string | undefined => token.bytes && decodeText(token.bytes);
