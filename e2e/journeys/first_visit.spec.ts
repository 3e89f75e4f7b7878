/** Ten seconds of somebody who has never been here. */
import { expect, test } from '../support/journey';
import { AS_VISITED } from '../support/lab';

test.use(AS_VISITED);

/** Goals; loose when asserted, since machines differ and are busy. */
const MOVES_WITHIN = 10_000;
const INTERACTIVE_WITHIN = 1000;
const GUARD = 4;

test('something that means something moves by itself, and can be paused', async ({ page, ui }) => {
  await page.goto('./');
  const began = Date.now();
  const bars = ui.picture.locator('[data-mark][data-kind=bar]');
  await expect(bars.first(), 'a client that waits, drawn').toBeAttached();
  const first = await ui.step();
  await expect.poll(() => ui.step()).toBeGreaterThan(first);
  const took = Date.now() - began;
  console.log(`something moves ${took} ms after the page was there (goal ${MOVES_WITHIN})`);
  expect(took).toBeLessThan(GUARD * MOVES_WITHIN);
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
    `interactive ${milliseconds.toFixed(0)} ms after the navigation began, nothing cached (goal ${INTERACTIVE_WITHIN}): ` +
      'the engine has run a lesson, it is drawn, and it can be stepped',
  );
  expect(milliseconds).toBeLessThan(GUARD * INTERACTIVE_WITHIN);
});
