import { expect, test } from 'vitest';
test('x', async () => {
  const d = await navigator.storage.getDirectory();
  expect(d).toBeTruthy();
});
