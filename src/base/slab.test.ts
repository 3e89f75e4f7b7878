import { expect, test } from 'vitest';
import { equalBytes } from './bytes';
import { Slab } from './slab';

test('copies of every length are whole and their own', () => {
  const slab = new Slab();
  const source = Uint8Array.from({ length: 1200 }, (_, i) => i * 7);
  const copies = Array.from(source, (_, length) => slab.copy(source, 0, length));
  expect(copies.every((copy, length) => equalBytes(copy, source.subarray(0, length)))).toBe(true);
  copies[100]!.fill(0);
  expect(equalBytes(copies[101]!, source.subarray(0, 101))).toBe(true);
  expect(source[1]).toBe(7);
});

test('many short strings share a buffer, and none keeps a large one alive', () => {
  const slab = new Slab();
  const source = new Uint8Array(2000);
  const buffers = new Set(Array.from({ length: 400 }, () => slab.copy(source, 0, 100).buffer));
  expect(buffers.size).toBe(10);
  for (const length of [10, 100, 1000]) {
    expect(slab.copy(source, 0, length).buffer.byteLength).toBeLessThanOrEqual(4096);
  }
});
