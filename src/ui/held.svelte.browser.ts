/** A held value, in frames that really pass. */
import { flushSync } from 'svelte';
import { expect, test } from 'vitest';
import { Held } from './held.svelte';

const frame = (): Promise<unknown> => new Promise(requestAnimationFrame);

test('a held value follows once in so many frames, and comes to rest on the newest', async () => {
  let now = $state(0);
  let held!: Held<number>;
  const stop = $effect.root(() => {
    held = new Held(() => now, { ms: 0, frames: 5 });
  });
  flushSync();
  expect(held.shown).toBe(0);
  const shown = new Set<number>();
  for (let step = 1; step <= 20; step++) {
    now = step;
    flushSync();
    shown.add(held.shown);
    await frame();
  }
  expect(shown.size, 'values seen in twenty frames').toBeGreaterThan(2);
  expect(shown.size).toBeLessThan(8);
  for (let rest = 0; rest < 6; rest++) await frame();
  expect(held.shown).toBe(20);
  stop();
});

test('one that stops being looked at asks for no more frames', async () => {
  let now = $state(0);
  let held!: Held<number>;
  const stop = $effect.root(() => {
    held = new Held(() => now, { ms: 0, frames: 2 });
  });
  flushSync();
  now = 1;
  flushSync();
  stop();
  for (let rest = 0; rest < 4; rest++) await frame();
  expect(held.shown).toBe(0);
});
