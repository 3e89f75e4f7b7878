import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  concatBytes,
  decodeText,
  encodeText,
  equalBytes,
  getU64,
  isAllZero,
  putU64,
  startsWith,
  toHex,
  viewOf,
} from './bytes';
import { isEngineError } from './errors';
import { fromHex } from './testing/bits';

const bytes = fc.uint8Array({ maxLength: 6 });

describe('the order of bytes', () => {
  it('is that of memcmp: unsigned, byte by byte, a prefix first', () => {
    const ascending = ['', '00', '00 00', '00 01', '01', '7f', '80', 'ff', 'ff 00', 'ff ff'].map(fromHex);
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j));
    }
  });

  it('is the order of their hexadecimal digits', () => {
    const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    const property = fc.property(bytes, bytes, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(byText(toHex(a), toHex(b)));
      expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
      expect(startsWith(a, b)).toBe(toHex(a).startsWith(toHex(b)));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('joins and finds zeros', () => {
    expect(toHex(concatBytes([fromHex('01 02'), fromHex(''), fromHex('03')]))).toBe('010203');
    expect(isAllZero(fromHex('00 01 00'), 2)).toBe(true);
    expect(isAllZero(fromHex('00 01 00'), 0, 2)).toBe(false);
    expect(isAllZero(fromHex(''))).toBe(true);
  });
});

describe('a u64', () => {
  const written = (value: number): string => {
    const into = new Uint8Array(8);
    putU64(viewOf(into), 0, value);
    return toHex(into);
  };

  it.each([
    [0, '0000000000000000'],
    [1, '0100000000000000'],
    [0xffffffff, 'ffffffff00000000'],
    [2 ** 32, '0000000001000000'],
    [0x1234_5678_9abc, 'bc9a785634120000'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffff1f00'],
  ])('%i is written %s and read back', (value, hex) => {
    expect(written(value)).toBe(hex);
    expect(getU64(viewOf(fromHex(hex)), 0)).toBe(value);
  });

  it('comes back, whatever safe integer it is', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (value) => getU64(viewOf(fromHex(written(value))), 0) === value));
  });

  it('that no number holds exactly is read as NaN, and none such is written', () => {
    for (const hex of ['0000000000002000', 'ffffffffffffffff']) expect(getU64(viewOf(fromHex(hex)), 0)).toBeNaN();
    for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) expect(() => written(value)).toThrow('u64');
  });

  it('lies where the view of a part starts', () => {
    const whole = new Uint8Array(24);
    putU64(viewOf(whole.subarray(8), 4), 0, 7);
    expect(whole[12]).toBe(7);
  });
});

describe('text', () => {
  it('comes back, whatever it is, unless it is not well-formed', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeText(encodeText(text))).toBe(text);
    });
    fc.assert(property);
    for (const text of ['', '\0', '\ufeffmark', 'é', '😀']) expect(decodeText(encodeText(text))).toBe(text);
  });

  it.each(['\ud800', '\udc00', 'a\ud800', '\ud800a', '\udc00\ud800', '\ud800\ud800\udc00', '😀\udfff'])(
    'with half a surrogate pair is refused (%j)',
    (text) => {
      let refusal: unknown;
      try {
        encodeText(text);
      } catch (error) {
        refusal = error;
      }
      expect(isEngineError(refusal, 'text_not_well_formed')).toBe(true);
    },
  );

  it('is not made of bytes that are no UTF-8: overlong, cut off, a surrogate, past the last character', () => {
    for (const hex of ['ff', 'c0 80', 'e2 82', 'ed a0 80', 'f4 90 80 80']) {
      expect(decodeText(fromHex(hex))).toBeUndefined();
    }
  });
});
