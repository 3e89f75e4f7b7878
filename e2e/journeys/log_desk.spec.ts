/** The desk of the log room: traffic with a guess, the worst commit of it, and the order of a commit, graded. */
import { expect, test } from '../support/journey';

test('a preset is guessed, run, and its worst commit looked at', async ({ page, ui }) => {
  await ui.open();
  await ui.mode('Play');
  await ui.choose('What to do', 'Traffic');
  const figures = page.locator('[data-part=figures]');
  await expect(page.locator('[data-part=desk] [data-part=truth]')).toContainText('real engine, modelled time');
  await expect(figures).toContainText('p99.9');

  await ui.button('A slow flush now and then');
  await expect(page.locator('[data-part=question]')).toHaveAttribute('data-asking', 'true');
  await page.getByRole('slider', { name: /p99 is/ }).fill('5');
  await ui.button('That is my guess');
  await expect(page.locator('[data-part=guess-truth]')).toContainText('You said 100 ms; it is 10 ms');

  const worst = page.locator('[data-worst]').first();
  await expect(worst).toHaveAttribute('data-reason', 'slow_flush');
  const lanes = page.locator('[data-part=lanes]');
  const before = await lanes.getAttribute('data-from');
  await worst.click();
  await expect(lanes).not.toHaveAttribute('data-from', before!);
  const number = await worst.getAttribute('data-worst');
  await expect(lanes.locator(`[data-commit="${number}"] .ring`)).toBeAttached();

  // Keys move the lanes while they have the focus, and not the run of the lesson.
  const width = async (): Promise<number> =>
    Number(await lanes.getAttribute('data-to')) - Number(await lanes.getAttribute('data-from'));
  const wide = await width();
  await lanes.getByRole('application').focus();
  await page.keyboard.press('+');
  await expect.poll(width).toBeLessThan(wide * 0.7);

  await page.getByRole('slider', { name: /^Slow flush/ }).fill('0');
  await expect(page.locator('[data-worst]').first()).not.toHaveAttribute('data-reason', 'slow_flush');
});

test('a wrong order is shown the crash that loses something, a right one none', async ({ page, ui }) => {
  await ui.open();
  await ui.mode('Prove');
  await ui.choose('What to prove', 'Order');
  const steps = page.locator('[data-part=order] [data-step]');
  const order = (): Promise<(string | null)[]> =>
    steps.evaluateAll((elements) => elements.map((element) => element.getAttribute('data-step')));
  /** By keys alone. */
  const put = async (wanted: readonly string[]): Promise<void> => {
    for (const [place, step] of wanted.entries()) {
      await page.locator(`[data-part=order] [data-step=${step}]`).focus();
      for (let at = (await order()).indexOf(step); at > place; at--) await page.keyboard.press('ArrowUp');
    }
    expect(await order()).toEqual(wanted);
  };
  const grade = page.locator('[data-part=order-grade]');

  await put(['log_append', 'log_flush', 'data_flush', 'page_write', 'publish', 'acknowledge']);
  await expect(page.getByRole('button', { name: 'Say what you believe first' })).toBeDisabled();
  await ui.choose('What you believe', 'It loses nothing');
  await ui.button('Crash it everywhere');
  await expect(grade).toHaveAttribute('data-right', 'false');
  const crash = page.locator('[data-part=losing-crash]');
  await expect(crash).toContainText('in the second commit, before its log flush');
  await expect(page.locator('[data-part=order-crash]')).toBeVisible();

  await put(['log_append', 'log_flush', 'page_write', 'data_flush', 'publish', 'acknowledge']);
  await ui.choose('What you believe', 'It loses nothing');
  await ui.button('Crash it everywhere');
  await expect(grade).toHaveAttribute('data-right', 'true');
  await expect(grade).toHaveAttribute('data-losing', '0');
  await expect(page.locator('[data-part=why-right]')).toContainText('Log first');
});
