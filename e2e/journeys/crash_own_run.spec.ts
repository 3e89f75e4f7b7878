/** The learner's own run on the map, a run of the map really killed in the log room, and what safeguards cost. */
import { expect, test } from '../support/journey';

test('one’s own commits on the map, every state of them whole; a state opens beside what should be there', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.runScript('seed 3\nstore log 8k extent 512 align 512\nput mango ripe as 1\nput quince sour as 2\nflush\n');
  await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Crash' }).click();
  await ui.mode('Play');
  await page.getByRole('radiogroup', { name: 'Which run' }).getByRole('radio', { name: 'My run' }).check();
  const graph = page.locator('[data-part=graph]');
  await expect(graph.locator('.command').last()).toContainText('put mango ripe');
  await expect(graph.locator('[data-commit]')).toHaveCount(2);
  await page.locator('[data-action=check-all]').click();
  await expect(page.locator('[data-part=totals]')).toContainText('Every acknowledged commit is there');
  const all = Number((await page.locator('[data-filter=A]').textContent())!.replace(/\D/g, ''));
  await expect(page.locator('[data-part=verdict-map]')).toHaveAttribute('data-cells', String(all));

  // The last crash point: both commits are promised, so both are there.
  const map = page.getByRole('application', { name: /Verdict map/ });
  await map.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-part=cell-panel]')).toHaveAttribute('data-letter', 'A');
  const cells = page.locator('[data-part=compared] [data-side=recovered]');
  await expect(cells).toHaveText(['ripe', 'sour']);
  await expect(page.locator('[data-part=compared] [data-same=true]')).toHaveCount(2);
  await page.locator('[data-action=back-to-map]').click();

  // Its own map has no link, and says why; an example has.
  await ui.button('Link to this moment');
  await expect(page.getByText(/your own run cannot be linked/)).toBeVisible();
});

test('a run of the map is killed in the log room, and each safeguard has its cost @long', async ({ page, ui }) => {
  await page.goto('./?kill#crash');
  await expect(page.locator('[data-part=graph]')).toBeVisible();
  await ui.mode('Break');
  await page.locator('[data-action=measure-costs]').click();
  const whole = page.locator('[data-part=whole-cost]');
  await expect(whole).toContainText('median', { timeout: 45_000 });
  // Two commits: a write and a flush each. What a safeguard costs is the difference to the run without it.
  await expect(whole).toContainText('2 flushes');
  const costs = page.locator('[data-cost]');
  await expect(costs).toHaveCount(await page.locator('[data-switch]').count());
  await expect(page.locator('[data-cost=logFlush]')).toContainText('2 flushes');
  await expect(page.locator('[data-cost=logFlush]'), 'and time, on real files').toContainText('ms');
  await expect(page.locator('[data-cost=logChecksum]')).not.toContainText('flush');

  await ui.mode('Play');
  const slider = page.getByRole('slider', { name: 'Crash point' });
  await slider.focus();
  for (const key of ['End', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  const io = await slider.getAttribute('aria-valuenow');
  await expect(page.locator('[data-part=point]')).toContainText('the flush of log');
  await ui.button('kill this run there');
  await ui.isIn('Log', 'from the crash room');
  await ui.choose('Kind of crash', 'Kill worker');
  await expect(page.locator('[data-part=target]')).toHaveAttribute('data-io', io!);
  await ui.button('Kill the worker here');
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toHaveAttribute('data-letter', 'A');
  await expect(verdict.locator('[data-count=unacknowledged-kept]'), 'written, and nobody was told').toHaveText('1');
  await expect(page.locator('[data-part=story]')).toContainText('worker');
  await ui.toEnd();
  await ui.expectRows({ apple: 'red' }, 'a dead worker leaves what it had written');
});
