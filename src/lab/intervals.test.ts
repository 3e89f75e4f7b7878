import { describe, expect, it } from 'vitest';
import { compareGuess, decades, kibibytes, milliseconds, tradeOff } from './intervals';

const point = (intervalBytes: number, recoveryMs: number, bytesWrittenPerByte: number) => ({
  intervalBytes,
  recoveryMs,
  bytesWrittenPerByte,
  replayedBytes: intervalBytes,
});

describe('the interval experiment in words', () => {
  it('names sizes and times with the digits they deserve', () => {
    expect([8192, 524_288, 1_048_576].map(kibibytes)).toEqual(['8 KiB', '512 KiB', '1 MiB']);
    expect([0.123, 12.34, 123.4].map(milliseconds)).toEqual(['0.12 ms', '12.3 ms', '123 ms']);
  });

  it('holds every value between two powers of ten, never the same twice', () => {
    expect(decades([0.3, 7])).toEqual([0.1, 10]);
    expect(decades([1, 1])).toEqual([1, 10]);
  });

  it('puts the guess beside the truth, whichever way it missed', () => {
    expect(compareGuess(10, point(524_288, 2, 1))).toContain('5.0 times what it took');
    expect(compareGuess(1, point(524_288, 4, 1))).toContain('it took 4.0 times that');
    expect(compareGuess(2, point(524_288, 2.1, 1))).toContain('close');
  });

  it('says what a short recovery costs', () => {
    expect(tradeOff([point(8192, 1, 9.44), point(524_288, 4, 1.62)])).toMatch(/8 KiB, 9\.4 bytes.*512 KiB, 1\.6\./);
  });
});
