/** A split in a checkpoint on the crash map: harm where nothing protects its pages, none where something does; shown where its pages can be seen. */
import { PAGE_PROTECTION_NAMES } from '../../src/workload/protection_names';
import { expect, test } from '../support/journey';

const SPLIT = `store log 8k align 512 btree page 256 protection none pool 8k
seed 7
batch put ash @40 ; put elm @40 ; put oak @40 ; put yew @40
flush
checkpoint
put fig @40
flush
checkpoint
`;

test('half a split of one’s own run is found, recovered in the picture of the tree, and opened in its room', async ({
  page,
  ui,
}) => {
  await ui.open('#btree');
  await ui.runScript(SPLIT);
  const rooms = page.getByRole('navigation', { name: 'Rooms' });
  await rooms.getByRole('link', { name: 'Crash' }).click();
  await page.getByRole('radiogroup', { name: 'Which run' }).getByRole('radio', { name: 'My run' }).check();
  await expect(page.locator('[data-part=graph] .command').last()).toContainText('checkpoint');
  await page.locator('[data-action=check-all]').click();
  await expect(page.locator('[data-part=totals]')).toContainText('in which the store fails');

  await ui.mode('Break');
  await page.locator('[data-failing]').first().click();
  const cell = page.locator('[data-part=cell-panel]');
  await expect(cell).toHaveAttribute('data-letter', 'F');
  await expect(page.locator('[data-part=opened-cell] [data-part=btree-picture]'), 'its recovery').toBeVisible();
  await ui.toEnd();
  await expect(ui.sentence).toContainText('Page 1 is damaged');
  const link = (await page.locator('[data-action=copy-link]').getAttribute('data-link'))!;

  await ui.button('Open in the B-tree room');
  await ui.isIn('B-tree', 'from a link');
  // The whole way to it is there: both halves were on their way when the program died.
  await expect(page.locator('[data-visit=crash]')).toBeVisible();
  await page.locator('[data-visit=crash]').click();
  await expect(ui.sentence).toContainText(/crash|process ends/);
  await rooms.getByRole('link', { name: 'Crash' }).click();
  await expect(cell, 'the way back, and the state as it was left').toBeVisible();

  await ui.open(link);
  await ui.isIn('B-tree', 'from a link');
  await ui.toEnd();
  await expect(page.locator('[data-readout=store]')).toContainText('not running');
});

test('each protection of pages on the map, and none; the switch turns it green again @long', async ({ page, ui }) => {
  await page.goto('./?pages#crash');
  await expect(page.locator('[data-part=graph]')).toBeVisible();
  await ui.mode('Break');
  await page.locator('[data-field=preset]').selectOption('split');
  const list = page.locator('[data-field=page-protection]');
  const outcome = page.locator('[data-part=outcome]');
  /** States that go wrong. */
  const search = async (): Promise<number> => {
    await page.locator('[data-action=search]').click();
    await expect(outcome).toBeVisible();
    const wrong = await page
      .locator('[data-filter=D], [data-filter=S], [data-filter=F]')
      .evaluateAll((all) => all.map((one) => Number(one.textContent.replace(/\D/g, ''))));
    return wrong.reduce((sum, count) => sum + count, 0);
  };
  for (const protection of PAGE_PROTECTION_NAMES) {
    await list.selectOption(protection);
    await expect(outcome, 'of another run').toHaveCount(0);
    expect((await search()) > 0, protection).toBe(protection === 'none');
  }
  await list.selectOption('copy_on_write');
  const protectedPages = page.locator('[data-switch=pageProtection]').getByRole('checkbox');
  await protectedPages.uncheck();
  expect(await search(), 'switched off').toBeGreaterThan(0);
  await protectedPages.check();
  await expect(outcome).toHaveCount(0);
  expect(await search(), 'and on again').toBe(0);
});
