import { expect, test } from 'vitest';
import { intervalOf } from './filters_charts';

test('the interval of a share holds it, is never outside of 0 and 1, and is narrow for many questions', () => {
  const none = intervalOf({ asked: 1000, passed: 0 });
  expect(none.low).toBe(0);
  expect(none.high).toBeCloseTo(0.0038, 3);
  const some = intervalOf({ asked: 1000, passed: 100 });
  expect(some.low).toBeCloseTo(0.083, 3);
  expect(some.high).toBeCloseTo(0.12, 2);
  expect(intervalOf({ asked: 10, passed: 10 }).high).toBe(1);
});
