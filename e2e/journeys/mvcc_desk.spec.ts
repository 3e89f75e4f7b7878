/** The desk of the room of versions: the grid fills, a cell is opened and watched, locks are switched on, the checker judges. */
import type { Page } from '@playwright/test';
import { expectNoFaults } from '../support/axe';
import { answerEveryStep, experiment, finished, openExercise } from '../support/desk';
import { expect, test } from '../support/journey';

const openRoom = (page: Page): Promise<void> =>
  page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Versions' }).click();

test('every anomaly is run at every level; a cell shows its sessions, and its script opens in the room', async ({
  page,
  ui,
}) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  const grid = page.locator('[data-part=grid]');
  await expect(grid).toHaveAttribute('data-filled', '0');
  await ui.button('That is my guess: run it');
  await finished(page);
  await expect(grid).toHaveAttribute('data-filled', '30');
  await expect(grid.locator('[data-happens=true]')).toHaveCount(12);
  await expect(page.locator('[data-guess=gridSnapshot]')).toContainText('it is 2 of 10');

  const cell = page.locator('[data-part=cell]');
  await grid.locator('[data-cell="P4 snapshot"]').click();
  await expect(cell.locator('[data-part=sentences]')).toContainText('T2 is refused at its commit (write conflict)');
  await grid.locator('[data-cell="P4 none"]').click();
  await expect(cell.locator('[data-part=sentences]')).toContainText('T1 and T2 both found nothing under x');
  await expect(cell.locator('[data-edge]')).toHaveCount(2);
  await grid.locator('[data-cell="G2-item snapshot"]').click();
  await expectNoFaults(page);
  await cell.locator('[data-action=watch-anomaly]').click();
  await expect(page.locator('[data-part=desk]')).toHaveCount(0);
  await expect(page.getByText('G2-item, write skew')).toBeVisible();
  await ui.isDone();
  await ui.toEnd();
  await expect(page.locator('[data-part=narration]')).toContainText('G2-item has happened: nobody was refused');
});

test('the same sessions with locks: writers wait; and a broken engine is caught', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  await experiment(page, 'Locks');
  await ui.button('Just show it');
  await expect(page.locator('[data-part=lanes-said]')).toContainText('Nobody waits');
  await expect(page.locator('[data-wait]')).toHaveCount(0);
  const panel = page.locator('[data-part=question]');
  await expect(panel.getByRole('slider'), 'a slider that nobody moved is no guess').toHaveCount(0);
  await expect(panel.locator('[data-part=guess-truth]')).toHaveCount(0);
  await expect(panel.locator('[data-part=truth-unguessed]')).toContainText('14');
  await ui.choose('Readers', 'Readers take a lock (model)');
  await expect(page.locator('[data-part=lanes-said]')).toContainText('T2, T3 wait, 14 ticks');
  await expect(page.locator('[data-wait]')).toHaveCount(2);
  await expectNoFaults(page);

  await experiment(page, 'Checker');
  const engine = page.getByRole('combobox', { name: 'Engine' });
  await expect(engine).toHaveValue('0');
  await engine.selectOption({ label: 'no conflict check' });
  await ui.button('Just show it');
  await finished(page);
  await expect(page.locator('[data-part=verdict]')).toHaveAttribute('data-legal', 'false');
  await engine.selectOption({ label: 'whole' });
  await ui.button('That is my guess: run it');
  await finished(page);
  await expect(panel.locator('[data-part=guess-truth]')).toHaveCount(1);
  await expect(panel.locator('[data-part=guess-unanswered]')).toContainText('No contradiction was found');
  await expect(page.locator('[data-part=verdict]')).toHaveAttribute('data-legal', 'true');
});

test('the watermark by hand: versions are chosen in the drawing, by the keyboard too @long', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  const task = await openExercise(page, ui, 'watermark');
  await answerEveryStep(page, ui, task, { garbage: 'button[data-version]', more: 'button[data-version]' });
  await expectNoFaults(page);
});

test('the same run without the check: an update is lost, and the lesson does not say otherwise', async ({
  page,
  ui,
}) => {
  await ui.open('#mvcc');
  await page.locator('[data-lesson]').filter({ hasText: 'first to commit' }).click();
  await ui.isDone();
  await ui.mode('Break');
  await page.locator('[data-part=without] summary').click();
  await page.locator('[data-without=validateWrites]').click();
  await expect(page.locator('[data-part=without-came]')).toContainText('it goes another way');
  await expect(async () => {
    await page.keyboard.press('ArrowRight');
    await expect(ui.sentence).toContainText('a lost update', { timeout: 200 });
  }).toPass();
  await expect(ui.picture.locator('[data-clash=stock]').first()).toBeVisible();
  await expect(page.locator('[data-part=narration]')).toContainText('Here the store runs without the conflict check');
});

test('your store is made with versions, from the room that shows them: at once while it is empty', async ({
  page,
  ui,
}) => {
  await ui.open('#mvcc');
  await ui.openOwnStore();
  await expect(page.locator('[data-part=own-store-wish]')).toContainText('keeps no versions');
  await ui.button('Make it with versions');
  await ui.isDone();
  await expect(page.locator('[data-part=own-store-wish]')).toHaveCount(0);
  await page.getByRole('region', { name: 'Session t1' }).getByRole('button', { name: 'begin' }).click();
  await ui.isDone();
  await expect(page.getByRole('region', { name: 'Session t1' })).toContainText('reads as of 0');
  await expectNoFaults(page);
  await ui.choose('What to do', 'Data');
  await page.locator('[data-action=other-versions]').click();
  await ui.isDone();
  await expect(page.locator('[data-part=own-store-wish]')).toBeVisible();
});
