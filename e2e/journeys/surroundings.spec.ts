/** Browsers without files, people without a mouse, readers without motion. */
import { expectNoFaults } from '../support/axe';
import type { Page } from '@playwright/test';
import { expect, test, type LabPage } from '../support/journey';
import { MOVING } from '../support/lab';

test('without files of its own the lab works in memory and says so', async ({ context, page, ui }) => {
  await context.route(/\/assets\/lab\.worker-.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: `delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n${await response.text()}`,
    });
  });
  await ui.open();
  await expect(page.locator('[data-part=truth]')).toContainText('real engine, kept in memory');
  await ui.openOwnStore();
  await expect(page.locator('[data-part=workspace-note]')).toContainText('Kept in memory only');
  await ui.choose('What to do', 'Commands');
  await ui.button('Put');
  await ui.expectRows({ apple: 'red' });
});

test('for readers without motion nothing plays by itself, and steps are whole', async ({ page, ui }) => {
  await ui.open();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await ui.goTo(40);
  const whole = await ui.pictureState();
  await page.keyboard.press('.');
  expect(await ui.pictureState()).toEqual(whole);
  await page.keyboard.press('ArrowRight');
  const next = await ui.pictureState();
  await page.keyboard.press(',');
  const { marks } = await ui.pictureState();
  expect(marks, 'inside a step its end is shown').toEqual(next.marks);
});

test.describe('with motion', () => {
  test.use(MOVING);

  test('the keyboard alone reaches everything', keyboardAlone);
});

async function keyboardAlone({ page, ui }: { page: Page; ui: LabPage }): Promise<void> {
  await ui.open();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'To the picture' })).toBeFocused();
  const reached = new Set<string>();
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent.trim() ?? '';
    });
    reached.add(name);
  }
  for (const name of ['Step', 'Play', 'Last step', 'Rows', 'Bytes and code', 'Hide the panels', 'Height of the panels'])
    expect([...reached], `${name} by Tab`).toContain(name);
  expect([...reached].join('\n')).toMatch(/The write-ahead log/);

  await ui.press('3');
  await expect(page.getByRole('radio', { name: 'Break' })).toBeChecked();
  await ui.press('1');
  await expect(page.getByRole('radio', { name: 'Watch' })).toBeChecked();
  await ui.press('End');
  // Into the picture, from mark to mark, and select one: the bytes answer.
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(ui.picture.locator('.chosen').first()).toBeAttached();
  await ui.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
}

test('every mode has landmarks and names, and every mark an id of its own', async ({ page, ui }) => {
  await ui.open();
  await ui.toEnd();
  for (const mode of ['Watch', 'Play', 'Break', 'Prove'] as const) {
    await ui.mode(mode);
    // The whole page once, then what differs from mode to mode: hundreds of cells of bytes are slow to look at.
    await expectNoFaults(page, mode, mode === 'Watch' ? 'body' : 'aside');
  }
  await expect(page.getByRole('banner')).toHaveCount(1);
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toHaveCount(1);
  const ids = await ui.picture
    .locator('svg [data-mark]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-mark')));
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size, 'no two marks have the same id').toBe(ids.length);
  const drawn = await ui.picture
    .locator('svg :is(rect, text, circle):not(defs *)')
    .evaluateAll(
      (shapes) => shapes.filter((shape) => shape.closest('[data-mark]') === null && !shape.matches('.ring')).length,
    );
  expect(drawn, 'shapes outside of any mark').toBe(0);
});
