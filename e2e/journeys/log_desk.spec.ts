/** The desk of the log room: traffic with a guess, the worst commit of it, and the order of a commit, graded. */
import { expectNoFaults } from '../support/axe';
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
  const number = await worst.getAttribute('data-worst');
  await page.locator(`[data-worst="${number}"]`).click();
  await expect(lanes).not.toHaveAttribute('data-from', before!);
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

test('a link opens the same traffic at the same piece of time, and an order that was put @long', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.mode('Play');
  await ui.choose('What to do', 'Traffic');
  const figures = page.locator('[data-part=figures]');
  await expect(figures).toHaveAttribute('data-busy', 'false');
  await page.getByRole('slider', { name: /^Clients/ }).fill('4');
  await ui.button('Other random moments');
  await expect(figures).toHaveAttribute('data-busy', 'false');
  await page.locator('[data-worst]').nth(2).click();
  const lanes = page.locator('[data-part=lanes]');
  const seen = async (): Promise<unknown[]> => [
    await figures.innerText(),
    await page.locator('[data-action=reseed]').getAttribute('data-seed'),
  ];
  // The key does not move the lanes, nor the run of the lesson behind them.
  await ui.press('l');
  await expect.poll(() => page.url()).toContain('#1.');
  const before = await seen();
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await page.goto(`./${hash}`);
  await expect(figures).toHaveAttribute('data-busy', 'false');
  await expect(page.getByRole('radio', { name: 'Traffic' })).toBeChecked();
  await expect.poll(seen).toEqual(before);
  await expect(lanes.locator('.ring')).toBeAttached();

  await ui.mode('Prove');
  await ui.choose('What to prove', 'Order');
  await page.locator('[data-part=order] [data-step=publish]').focus();
  for (let up = 0; up < 5; up++) await page.keyboard.press('ArrowUp');
  const order = (): Promise<(string | null)[]> =>
    page.locator('[data-part=order] [data-step]').evaluateAll((all) => all.map((one) => one.getAttribute('data-step')));
  const put = await order();
  expect(put[0]).toBe('publish');
  await ui.press('l');
  await expect.poll(() => new URL(page.url()).hash).not.toBe(hash);
  const link = new URL(page.url()).hash;
  await page.goto('about:blank');
  await page.goto(`./${link}`);
  await expect.poll(order).toEqual(put);
});

for (const { colorScheme, width } of [
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 1280 },
] as const) {
  test.describe(`${colorScheme}, ${width} wide @long`, () => {
    test.use({ colorScheme, viewport: { width, height: 800 } });

    test('the desk has names, contrast and nothing cut off, and keeps the focus of who has guessed', async ({
      page,
      ui,
    }) => {
      await ui.open();
      await ui.mode('Play');
      await ui.choose('What to do', 'Traffic');
      const figures = page.locator('[data-part=figures]');
      await expect(figures).toHaveAttribute('data-busy', 'false');
      await page.getByRole('button', { name: 'A slow flush now and then' }).click();
      const isSound = async (what: string): Promise<void> => {
        await expectNoFaults(page, what);
        const over = (): Promise<number> =>
          page.locator('[data-part=main]').evaluate((main) => main.scrollWidth - main.clientWidth);
        await expect.poll(over, `${what}: pixels that stick out`).toBeLessThanOrEqual(0);
      };
      await page.getByRole('button', { name: 'That is my guess' }).focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('[data-part=question]')).toBeFocused();
      await expect(page.locator('[data-part=guess-truth]')).toBeVisible();
      await expect(figures).toHaveAttribute('data-busy', 'false');
      for (const table of await page.locator('[data-part=as-table] summary').all()) await table.click();
      const counts = page.locator('[data-part=latency] [data-part=as-table] tbody td:nth-child(2)');
      const counted = async (): Promise<number> =>
        (await counts.allInnerTexts()).reduce((sum, count) => sum + Number(count), 0);
      await expect.poll(counted, 'the map as a table counts every commit once').toBe(2000);
      await isSound('Traffic');

      await ui.mode('Prove');
      await ui.choose('What to prove', 'Order');
      await isSound('Order');
      await ui.choose('What you believe', 'Some crash loses');
      await ui.button('Crash it everywhere');
      await expect(page.locator('[data-part=order-grade]')).toBeVisible();
      await isSound('Order, graded');
    });
  });
}
