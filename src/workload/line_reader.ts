/** Reads the words of one line from left to right, and knows what to say when the next one is not what was expected. */
import type { CommitWords, Span } from './command';
import { parseFiller, parseHex, parseSize } from './literals';
import { LineFault, textOf, utf8Of, type Token } from './tokens';

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
export const isName = (word: string): boolean => NAME.test(word);
/** A client is a lane of the picture: more than this many cannot be drawn. */
export const CLIENT_MAX = 999;

export class LineReader {
  readonly #tokens: readonly Token[];
  readonly #endSpan: Span;
  #next = 0;

  constructor(tokens: readonly Token[], line: number, lineLength: number) {
    this.#tokens = tokens;
    this.#endSpan = { line, column: lineLength + 1, length: 0 };
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  /** Gives up on the line: `message` about the next word, or about its absence. */
  fault(message: string, expected: readonly string[]): never {
    throw new LineFault(this.#tokens[this.#next]?.span ?? this.#endSpan, message, expected);
  }

  /** Gives up because of the word just read. */
  faultBefore(message: string, expected: readonly string[]): never {
    this.#next--;
    return this.fault(message, expected);
  }

  /** The next bare word, whatever it is. */
  word(expected: readonly string[]): string {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'bare') return this.#unexpected(expected);
    this.#next++;
    return token.source;
  }

  /** True, and past it, if the next word is this keyword. */
  takes(keyword: string): boolean {
    const token = this.#tokens[this.#next];
    const isSeparator = keyword === ';' && token?.kind === 'separator';
    if (!isSeparator && (token?.kind !== 'bare' || token.source !== keyword)) return false;
    this.#next++;
    return true;
  }

  /** One of these keywords. */
  oneOf<K extends string>(keywords: readonly K[]): K {
    for (const keyword of keywords) if (this.takes(keyword)) return keyword;
    return this.#unexpected(keywords);
  }

  keyword(keyword: string): void {
    if (!this.takes(keyword)) this.#unexpected([keyword]);
  }

  number(what: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
    const word = this.word([what]);
    const value = /^\d+$/.test(word) ? Number(word) : NaN;
    if (!(value >= min && value <= max)) this.faultBefore(`${word} is not ${what}.`, [range(min, max)]);
    return value;
  }

  size(what: string, min = 1): number {
    const word = this.word([what]);
    const value = parseSize(word);
    if (value === undefined || value < min) return this.faultBefore(`${word} is not ${what}.`, ['4096', '16k', '1m']);
    return value;
  }

  name(what: string): string {
    const word = this.word([what]);
    if (!isName(word)) this.faultBefore(`${word} is not ${what}.`, ['letters, digits, _ and -']);
    return word;
  }

  bytes(what: string): Uint8Array {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.kind === 'separator') return this.#unexpected([what]);
    this.#next++;
    if (token.bytes !== undefined) return token.bytes;
    if (token.source.startsWith('0x')) {
      return (
        parseHex(token.source.slice(2)) ?? this.faultBefore('These are not pairs of hexadecimal digits.', ['0x00ff'])
      );
    }
    if (token.source.startsWith('@')) return this.#filler(token.source);
    return utf8Of(token.source, token.span);
  }

  text(what: string): string {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'quoted') return this.#unexpected([what]);
    const text = textOf(token);
    if (text === undefined) return this.fault('These bytes are not UTF-8.', ['text']);
    this.#next++;
    return text;
  }

  /** `as 3`, `strict`, `relaxed`: in any order, each at most once. */
  commitWords(): CommitWords {
    const words: { client?: number; mode?: 'strict' | 'relaxed' } = {};
    for (;;) {
      if (words.client === undefined && this.takes('as')) words.client = this.number('a client', 0, CLIENT_MAX);
      else if (words.mode === undefined && this.takes('strict')) words.mode = 'strict';
      else if (words.mode === undefined && this.takes('relaxed')) words.mode = 'relaxed';
      else return words;
    }
  }

  /** Nothing may follow, or else it is a fault that names what could have. */
  end(expected: readonly string[] = []): void {
    if (!this.isAtEnd) this.#unexpected([...expected, 'the end of the line']);
  }

  #filler(word: string): Uint8Array {
    return (
      parseFiller(word.slice(1)) ??
      this.faultBefore(`${word} is not a length of filler.`, ['@900', '@4k', '@900:17', '"@" in quotes'])
    );
  }

  #unexpected(expected: readonly string[]): never {
    const token = this.#tokens[this.#next];
    const list = expected.length > 1 ? `one of ${expected.join(', ')}` : (expected[0] ?? 'nothing');
    const what = token === undefined ? 'The line ends here' : `Here stands ${token.source}`;
    return this.fault(`${what}, where ${list} was expected.`, expected);
  }
}

function range(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`;
}
