/** The media room: the reader's own disk under the stopwatch, models beside it, and a prediction graded. */
import { expect, test } from '../support/journey';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

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
  await expect(page.locator('[data-field=guess-append-disk]')).toBeDisabled();
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
