/** The lesson on names by the keyboard; and every mode of the crash room as a checker of accessibility finds it. */
import { expectNoFaults } from '../support/axe';
import { expect, test } from '../support/journey';

test('names: a guess, then every state a cut leaves, in the picture and in the table; and a way no cut hurts', async ({
  page,
  ui,
}) => {
  await page.goto('./?names#crash');
  await expect(page.locator('[data-part=graph]')).toBeVisible();
  await page.locator('[data-lesson=names]').press('Enter');
  const lesson = page.locator('[data-part=names-lesson]');
  await expect(lesson.locator('[data-part=names-before]')).toBeVisible();
  await lesson.getByRole('combobox', { name: 'A way to save' }).selectOption('flush_move');
  await expect(lesson.locator('.verdict-badge'), 'no letter before the guess').toHaveCount(0);

  await lesson.getByRole('checkbox', { name: /None of these/ }).press('Space');
  await lesson.getByRole('button', { name: 'Show every state' }).press('Enter');
  await expect(lesson.locator('[data-harm][data-right=false]'), 'the guess was too good').not.toHaveCount(0);
  // After the move: the old file is gone, the new one has no name yet.
  const cut = lesson.getByRole('radio', { name: /^move plan_new plan/ });
  await cut.focus();
  await cut.press('Space');
  const letters = lesson.locator('[data-part=names-states] [data-letter]');
  await expect(cut).toBeChecked();
  await expect(lesson.locator('[data-part=names-verdict]')).toContainText('which is gone');
  const found = await letters.evaluateAll((all) => all.map((one) => one.getAttribute('data-letter')));
  expect(found).toContain('F');
  await lesson.getByRole('button', { name: 'The same as a table' }).press('Enter');
  const rows = lesson.locator('[data-part=names-table] tbody tr');
  await expect(rows.locator('td:nth-child(2)')).toHaveText(found as string[]);

  // Fixed files and two slots: no cut hurts.
  await lesson.getByRole('combobox', { name: 'A way to save' }).selectOption('slots');
  await lesson.getByRole('checkbox', { name: /None of these/ }).press('Space');
  await lesson.getByRole('button', { name: 'Show every state' }).press('Enter');
  await expect(lesson.locator('[data-harm]')).not.toHaveCount(0);
  await expect(lesson.locator('[data-harm][data-right=false]')).toHaveCount(0);

  // The link to it, in a page that knows nothing of it.
  await ui.button('Link to this moment');
  await expect(page).toHaveURL(/#1\./);
  await page.goto(`./?again${new URL(page.url()).hash}`);
  await expect(lesson).toBeVisible();
});

for (const { colorScheme, width } of [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const) {
  test.describe(`${colorScheme}, ${width} wide${colorScheme === 'dark' ? ' @long' : ''}`, () => {
    test.use({ colorScheme, viewport: { width, height: 800 } });

    test('every mode of the crash room has landmarks and names, and its figures a table', async ({ page, ui }) => {
      await page.goto('./?axe#crash');
      await expect(page.locator('[data-part=tour]'), 'less motion: whole steps').toHaveAttribute(
        'data-playing',
        'false',
      );
      await expect(page.locator('[data-part=tour]')).toHaveAttribute('data-ready', 'true');
      const check = async (what: string): Promise<void> => {
        await expectNoFaults(page, what);
        const over = (): Promise<number> =>
          page.locator('[data-part=main]').evaluate((main) => main.scrollWidth - main.clientWidth);
        await expect.poll(over, `${what}: pixels that stick out`).toBeLessThanOrEqual(0);
      };
      await check('Watch');
      await page.locator('[data-lesson=names]').click();
      await expect(page.locator('[data-part=names-before]')).toBeVisible();
      if (width < 640) {
        const top = async (part: string): Promise<number> => (await page.locator(part).boundingBox())!.y;
        expect(await top('[data-part=names-before]'), 'the picture comes before its controls').toBeLessThan(
          await top('[data-field=names-program]'),
        );
      }
      await page.locator('[data-part=names-predict] [data-choice=wrong]').check();
      await page.locator('[data-action=names-show]').click();
      await page.locator('[data-action=names-table]').click();
      await check('the lesson on names');

      await ui.mode('Break');
      await page.locator('[data-show=flushBeforeAcknowledge]').click();
      await expect(page.locator('[data-part=outcome]')).toBeVisible({ timeout: 30_000 });
      await page.locator('[data-action=table]').click();
      const points = page.locator('[data-part=table-twin] table').first().locator('tbody tr');
      await expect(points).toHaveCount((await page.locator('[data-part=graph] [data-io]').count()) + 1);
      // The table and the map count alike.
      const sum = await points
        .locator('td:last-child')
        .evaluateAll((all) => all.reduce((n, one) => n + Number(one.textContent), 0));
      await expect(page.locator('[data-filter=S]')).toHaveText(new RegExp(`${sum}$`));
      await check('Break, with the table');
      await page.locator('[data-failing]').first().click();
      await expect(page.locator('[data-part=cell-panel]')).toBeVisible();
      await page.locator('[data-action=back-to-map]').click();

      await ui.mode('Play');
      await check('Play');
      await ui.mode('Prove');
      await page.locator('[data-task=which]').click();
      await expect(page.locator('[data-task-open=which]')).toBeVisible();
      await check('Prove');
    });
  });
}
