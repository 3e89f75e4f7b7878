/** The desk of the LSM room: a guess, a run on one clock, the bits game on real trees; an exercise graded by the engine. */
import type { Page } from '@playwright/test';
import { expectNoFaults } from '../support/axe';
import { answerEveryStep, experiment, finished, openExercise } from '../support/desk';
import { expect, test } from '../support/journey';

const openRoom = (page: Page): Promise<void> =>
  page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'LSM tree' }).click();

test('two policies on one clock, guessed first; then the bits of filters are shared', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  const desk = page.locator('[data-part=desk]');
  await expect(desk.locator('[data-chart]')).toHaveCount(0);
  await page.getByRole('slider', { name: /^Puts/ }).fill('0');
  await ui.button('That is my guess: run it');
  await finished(page);
  await expect(page.locator('[data-guess=policiesLeft]')).toContainText(/it is [1-9](\.\d)? bytes per byte/);
  const figures = page.locator('[data-part=policy-figures]');
  const writes = async (column: number): Promise<number> =>
    Number(await figures.locator('[data-row="write amplification, tables"] td').nth(column).textContent());
  expect(await writes(0)).toBeGreaterThan(await writes(1));
  await page.getByRole('slider', { name: /^After/ }).press('Home');
  await expect(page.locator('[data-part=strips]')).toHaveAttribute('data-operations', '100');
  // The same runs by the time that a disk needs: the one that writes less gets further.
  await page.getByRole('radiogroup', { name: 'Clock' }).getByText('disk time').click();
  const clock = page.getByRole('slider', { name: /^After .* of a hard disk/ });
  let ahead = 0;
  for (let place = 0; place < 20; place++) {
    const puts = /left ([\d,]+) puts, right ([\d,]+) puts/.exec((await clock.getAttribute('aria-valuetext'))!)!;
    const [left, right] = puts.slice(1).map((text) => Number(text.replaceAll(',', '')));
    expect(left).toBeLessThanOrEqual(right!);
    if (left! < right!) ahead++;
    await clock.press('ArrowRight');
  }
  expect(ahead, 'tiers get further').toBeGreaterThan(0);

  await experiment(page, 'Filters');
  await page.getByRole('slider', { name: /^Keys/ }).fill('0');
  await ui.button('Just show it');
  await finished(page);
  const game = page.locator('[data-part=budget-game]');
  // More than there is cannot be built.
  await game.getByRole('slider').last().press('End');
  await expect(game.locator('[data-part=budget]')).toContainText('more than there is');
  await expect(game.getByRole('button', { name: 'Build trees and measure' })).toBeDisabled();
  await ui.button('Equal again');
  await ui.button('Build trees and measure');
  const measured = game.locator('[data-part=splits] tbody tr');
  await expect(measured).toHaveCount(3);
  await finished(page);
  const spared = async (row: number): Promise<number> =>
    Number(await measured.nth(row).locator('td').last().textContent());
  expect(await spared(2)).toBeLessThan(await spared(1));
  await expectNoFaults(page);
});

test('the next compaction by hand: every step is held against the engine', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  const task = await openExercise(page, ui, 'compaction');
  await answerEveryStep(page, ui, task, { tables: 'button[data-table]' });
  await expect(task.getByRole('figure')).toContainText('The tables before');
  await expectNoFaults(page);
});
