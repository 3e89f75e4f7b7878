/** The media room: the reader's own disk under the stopwatch, models beside it, and a prediction graded. */
import { expectNoFaults } from '../support/axe';
import { expect, test } from '../support/journey';

test('a flush is stepped through, this disk is measured, a guess stays beside what came out', async ({ page, ui }) => {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await ui.open();
  await page.getByRole('link', { name: 'Media' }).click();
  const path = page.locator('[data-part=path]');
  await expect(path.locator('[data-model-ns]').first()).toBeVisible();
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-part=sentence]')).toContainText('only now may anybody be told');

  await page.locator('[data-action=probe]').click();
  await expect(page.locator('[data-part=probe-job]')).toHaveAttribute('data-state', 'finished', { timeout: 60_000 });
  const write = Number(
    await path.locator('[data-stage=page_cache] [data-measured-ns]').getAttribute('data-measured-ns'),
  );
  const flush = Number(await path.locator('[data-stage=whole] [data-measured-ns]').getAttribute('data-measured-ns'));
  expect(write).toBeGreaterThan(0);
  expect(flush, 'on a real disk a flush takes longer than the write').toBeGreaterThan(2 * write);

  await ui.mode('Play');
  await expect(page.locator('[data-chart=calls] svg')).toBeVisible();
  await ui.choose('What to play with', 'Why?');
  await page.getByRole('button', { name: 'Why do append-only logs dominate?' }).click();
  await page.locator('[data-action=run-experiment]').click();
  await expect(page.locator('[data-part=layout-job]')).toHaveAttribute('data-state', 'finished', { timeout: 60_000 });
  const bytes = page.locator('[data-line="bytes written"] [data-layout]');
  await expect(bytes).toHaveText(['128 KiB', '2 MiB', /MiB/]);
  await expect(page.locator('[data-field=guess-appendDisk]')).toBeDisabled();
  await expect(page.locator('[data-part=experiment-verdict]')).toContainText('You said');

  await ui.mode('Break');
  await page.locator('[data-removal=reach]').check();
  await expect(page.locator('[data-lost=nvme]')).toContainText('drive’s cache');

  await ui.mode('Prove');
  await page.locator('[data-task=wear]').click();
  await page.locator('[data-part=task] [data-choice]').first().click();
  await page.locator('[data-action=compare]').click();
  await expect(page.locator('[data-part=grade]')).toContainText(/Right|Not yet/);
  expect(problems, 'the charts keep to the policy of the page').toEqual([]);
});

for (const { colorScheme, width } of [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const) {
  test.describe(`${colorScheme}, ${width} wide @long`, () => {
    test.use({ colorScheme, viewport: { width, height: 800 } });

    test('every mode has names, contrast and nothing cut off, first and with its answers', async ({ page, ui }) => {
      await ui.open();
      await page.getByRole('link', { name: 'Media' }).click();
      const isSound = async (what: string): Promise<void> => {
        await expectNoFaults(page, what);
        const over = (): Promise<number> =>
          page.locator('[data-part=main]').evaluate((main) => main.scrollWidth - main.clientWidth);
        await expect.poll(over, `${what}: pixels that stick out`).toBeLessThanOrEqual(0);
      };
      await expect(page.locator('[data-part=path] [data-model-ns]').first()).toBeVisible();
      await isSound('Watch');
      await page.locator('[data-action=probe]').click();
      await expect(page.locator('[data-part=probe-job]')).toHaveAttribute('data-state', 'finished', {
        timeout: 60_000,
      });
      await page.locator('[data-part=media] [data-part=as-table] summary').click();
      await isSound('Watch, measured, with its table');

      await ui.mode('Play');
      await expect(page.locator('[data-chart=calls] svg')).toBeVisible();
      for (const table of await page.locator('[data-part=as-table] summary').all()) await table.click();
      await isSound('Play, your disk with its tables');
      await ui.choose('What to play with', 'Models');
      await expect(page.locator('[data-part=price-note]')).toContainText('Prices are of the order of 2023');
      await page.getByText('Every figure the models rest on').click();
      await isSound('Play, models');
      await ui.choose('What to play with', 'A run');
      await expect(page.locator('[data-part=prices]')).toBeVisible();
      await isSound('Play, a run');
      await ui.choose('What to play with', 'Why?');
      for (const experiment of ['sequential', 'append', 'flush']) {
        await page.locator(`[data-experiment=${experiment}]`).click();
        await isSound(`Play, ${experiment}, before the guess`);
        // By the keyboard, which stays where it was.
        await page.locator('[data-action=run-experiment]').focus();
        await page.keyboard.press('Enter');
        await expect(page.locator('[data-action=guess-again]')).toBeFocused();
        await expect(page.locator('[data-part=experiment-verdict]')).toContainText('You said', { timeout: 60_000 });
        await isSound(`Play, ${experiment}, after it`);
      }

      await ui.mode('Break');
      await page.locator('[data-removal=journal]').check();
      await expect(page.getByRole('heading', { name: 'Without the journal' })).toBeVisible();
      await isSound('Break');

      await ui.mode('Prove');
      await isSound('Prove');
      await page.locator('[data-task=order]').click();
      const choices = page.locator('[data-part=task] [data-choice]');
      await expect(choices).not.toHaveCount(0);
      for (const choice of await choices.all()) await choice.click();
      await page.locator('[data-action=compare]').focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('[data-part=grade]')).toBeFocused();
      await isSound('Prove, graded');

      // Keys that need no run work here as everywhere.
      await ui.press('1');
      await expect(page.getByRole('radio', { name: 'Watch' })).toBeChecked();
      await ui.press('?');
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
    });
  });
}

test('what a missing flush leaves is shown in the crash room, with that flush switched off', async ({ page, ui }) => {
  await ui.open();
  await page.getByRole('link', { name: 'Media' }).click();
  await ui.mode('Break');
  for (const [removal, field] of [
    ['reach', 'data-profile=liar'],
    ['flush', 'data-profile=measured_ext4'],
  ] as const) {
    await page.locator(`[data-removal=${removal}]`).check();
    await page.locator('[data-action=to-crash]').click();
    await expect(page.locator(`[${field}]`)).toBeVisible();
    await expect(page.locator('[data-part=outcome]')).toBeVisible({ timeout: 30_000 });
    await expect(page.locator('[data-switch=logFlush]')).toHaveAttribute('data-off', String(removal === 'flush'));
    await expect(page.locator('[data-filter=S]')).not.toHaveText(removal === 'flush' ? /^S0$/ : /S[1-9]/);
    await page.getByRole('link', { name: 'Media' }).click();
    await expect(page.locator(`[data-removal=${removal}]`), 'the media room is as it was left').toBeChecked();
  }
});

test('a link opens the same experiment with the same settings, and asks again @long', async ({ page, ui }) => {
  await ui.open();
  await page.getByRole('link', { name: 'Media' }).click();
  await ui.mode('Play');
  await ui.choose('What to play with', 'Why?');
  await page.locator('[data-experiment=append]').click();
  await page.locator('[data-field=batch]').selectOption('64');
  await ui.choose('Groups of the log start at a multiple of', '512 B');
  await page.locator('[data-action=run-experiment]').click();
  await ui.press('l');
  await expect.poll(() => page.url()).toContain('#1.');
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await page.goto(`./${hash}`);
  await expect(page.getByRole('heading', { name: 'Why do append-only logs dominate?' })).toBeVisible();
  await expect(page.locator('[data-field=batch]')).toHaveValue('64');
  await expect(page.getByRole('radio', { name: '512 B' })).toBeChecked();
  await expect(page.locator('[data-action=run-experiment]'), 'the guess is the reader’s own').toBeVisible();
});
