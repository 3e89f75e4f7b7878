/** The desk of the room of versions: the grid fills, a cell is opened and watched, locks are switched on, the checker judges. */
import type { Page } from '@playwright/test';
import { expectNoFaults } from '../support/axe';
import { expect, test } from '../support/journey';

const openRoom = (page: Page): Promise<void> =>
  page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Versions' }).click();
const experiment = (page: Page, name: string): Promise<void> =>
  page.getByRole('list', { name: 'Experiments' }).getByRole('button', { name, exact: true }).click();
const finished = async (page: Page): Promise<void> => {
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished', { timeout: 60_000 });
};

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
  await ui.choose('Readers', 'Readers take a lock (model)');
  await expect(page.locator('[data-part=lanes-said]')).toContainText('T2, T3 wait, 14 ticks');
  await expect(page.locator('[data-wait]')).toHaveCount(2);
  await expectNoFaults(page);

  await experiment(page, 'Checker');
  await ui.button('Just show it');
  await finished(page);
  await expect(page.locator('[data-part=verdict]')).toHaveAttribute('data-legal', 'false');
  await page.getByRole('slider', { name: /^Engine/ }).fill('0');
  await ui.button('Just show it');
  await finished(page);
  await expect(page.locator('[data-part=verdict]')).toHaveAttribute('data-legal', 'true');
});

test('the watermark by hand: versions are chosen in the drawing, by the keyboard too @long', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Prove');
  await ui.choose('What to prove', 'By hand');
  await page.locator('[data-task=watermark]').click();
  const task = page.locator('[data-part=hand]');
  await expect(task).toHaveAttribute('data-task-open', 'watermark');
  await ui.answerByHand(async (asked, step) => {
    const drawn = asked === 'garbage' || asked === 'more';
    const answer = drawn ? task.locator('button[data-version]') : step.locator('[data-choice]');
    await answer.first().focus();
    await page.keyboard.press('Enter');
  });
  await expect(task.locator('[data-part=outcome]')).toBeVisible();
  await expectNoFaults(page);
});
