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

/** Milliseconds; loose when asserted, since machines differ and are busy. */
const INTERACTIVE_GOAL = 1000;

test('the lab can be used a second after its address was opened', async ({ page }) => {
  // Noted by the page itself, on the clock that starts with the navigation.
  await page.addInitScript(() => {
    const note = (): void => {
      const steps = Number(document.querySelector('[data-field=step]')?.getAttribute('max') ?? 0);
      if (steps === 0 || document.querySelector('[data-mark]') === null) return;
      Object.assign(window, { interactiveAfter: performance.now() });
      observer.disconnect();
    };
    const observer = new MutationObserver(note);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto('./');
  const handle = await page.waitForFunction(() => (window as { interactiveAfter?: number }).interactiveAfter);
  const milliseconds = (await handle.jsonValue())!;
  console.log(
    `interactive ${milliseconds.toFixed(0)} ms after the navigation began, nothing cached (goal ${INTERACTIVE_GOAL}): ` +
      'the engine has run a lesson, it is drawn, and it can be stepped',
  );
  expect(milliseconds).toBeLessThan(3 * INTERACTIVE_GOAL);
});
