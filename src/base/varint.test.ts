import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from './bytes';
import { fromHex } from './testing/bits';
import { getVarint, putVarint, VARINT_BYTES_MAX, varintBytes } from './varint';

function written(value: number): string {
  const into = new Uint8Array(VARINT_BYTES_MAX);
  return toHex(into.subarray(0, putVarint(into, 0, value)));
}

function read(hex: string, from = 0, end?: number): { value: number; end: number } | undefined {
  const bytes = fromHex(hex);
  const result = { value: -1, end: -1 };
  return getVarint(bytes, from, end ?? bytes.length, result) ? result : undefined;
}

describe('a varint', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16383, 'ff7f'],
    [16384, '808001'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('%i is written %s and read back', (value, hex) => {
    expect(written(value)).toBe(hex);
    expect(varintBytes(value)).toBe(hex.length / 2);
    expect(read(hex)).toEqual({ value, end: hex.length / 2 });
  });

  it('comes back, whatever safe integer it is, and is as long as was said', () => {
    const property = fc.property(fc.maxSafeNat(), (value) => {
      const hex = written(value);
      expect(hex).toHaveLength(2 * varintBytes(value));
      expect(read(`ff${hex}ff`, 1)).toEqual({ value, end: 1 + hex.length / 2 });
    });
    fc.assert(property);
  });

  it('that is cut off, too long or too large is none', () => {
    expect(read('')).toBeUndefined();
    expect(read('80')).toBeUndefined();
    expect(read('ac02', 0, 1)).toBeUndefined();
    expect(read('ffffffffffffff10')).toBeUndefined(); // 2^53 and more.
    expect(read('808080808080808001')).toBeUndefined();
  });
});
