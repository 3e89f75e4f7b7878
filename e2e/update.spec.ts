/** Never two versions of the code on one store: a new version waits, and when it takes over, every tab reloads. */
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { KEPT_OFFLINE, DIST, expect, serveLab, test } from './support/lab';

test.use(KEPT_OFFLINE);

const controlled = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => navigator.serviceWorker.controller !== null);

/** A mark that a reload wipes away. */
const mark = (page: Page): Promise<void> => page.evaluate(() => void Object.assign(window, { notReloaded: true }));
const isMarked = (page: Page): Promise<boolean> => page.evaluate(() => 'notReloaded' in window);

test('a new version waits for the user, then takes over all tabs at once', async ({ context, page }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'faultline_versions_'));
  cpSync(DIST, folder, { recursive: true });
  const lab = await serveLab(folder);
  try {
    await page.goto(lab.address);
    await controlled(page);
    const second = await context.newPage();
    await second.goto(lab.address);
    await controlled(second);
    await mark(page);
    await mark(second);

    appendFileSync(path.join(folder, 'sw.js'), '\n// a newer version');
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
    });
    const waits = (): Promise<boolean> =>
      page.evaluate(async () => ((await navigator.serviceWorker.getRegistration())?.waiting ?? null) !== null);
    await expect.poll(waits, 'the new version is there and waits').toBe(true);
    expect([await isMarked(page), await isMarked(second)], 'nobody was reloaded').toEqual([true, true]);

    // Chromium may park the change behind a request of the older version: the page that asked then loads itself again.
    await page.getByRole('button', { name: 'Use it' }).click();
    for (const tab of [page, second]) {
      await expect.poll(() => isMarked(tab).catch(() => true), 'the tab was reloaded').toBe(false);
    }
    await expect.poll(() => waits().catch(() => true), 'nothing waits any more').toBe(false);
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true });
  }
});
