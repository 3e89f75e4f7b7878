import { expect, test } from 'vitest';
import { findCalls } from './trace_sites.ts';
test('x', () => {
  expect(findCalls('a.ts', 'this.#trace?.emit({a: 1})').length).toBe(1);
});
