/** Ten seconds of somebody who has never been here. */
import { expect, test } from '../support/journey';

test('something that means something moves by itself, and can be paused', async ({ page, ui }) => {
  const began = Date.now();
  await page.goto('./');
  const bars = ui.picture.locator('[data-mark][data-kind=bar]');
  await expect(bars.first(), 'a client that waits, drawn').toBeAttached({ timeout: 10_000 });
  const first = await ui.step();
  await expect.poll(() => ui.step(), { timeout: 10_000 - (Date.now() - began) }).toBeGreaterThan(first);
  expect((await ui.sentence.textContent())?.length, 'one sentence says what happened').toBeGreaterThan(10);

  await ui.button('Pause');
  const paused = await ui.pictureState();
  await page.evaluate(async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
  });
  expect(await ui.pictureState()).toEqual(paused);

  await ui.press('Space');
  await expect.poll(() => ui.step()).toBeGreaterThan(paused.step);
});
