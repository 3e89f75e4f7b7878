/** A link to a moment is a run that is made again; a hostile one makes nothing. */
import type { Page } from '@playwright/test';
import { freshProfileFolder, removeFolder } from '../../tools/profile_folder.mjs';
import { LabPage, expect, test } from '../support/journey';
import { launchOnProfile, MOVING } from '../support/lab';

const linkOf = (moment: unknown): string =>
  `#1.${Buffer.from(typeof moment === 'string' ? moment : JSON.stringify(moment)).toString('base64url')}`;

const MOMENT = {
  version: 1,
  room: 'wal',
  mode: 'watch',
  script: 'put a b\nflush',
  device: 'simulated',
  seed: 1,
  seq: 3,
  fraction: 1,
};

test('a link to this moment opens paused at the same step and picture in a fresh browser', async ({
  lab,
  page,
  ui,
}) => {
  await ui.open();
  await ui.runScript('seed 5\nput apple red as 1\nput pear green as 2\nflush\nput plum blue as 3 relaxed\nwrite\n');
  await ui.goTo((await ui.lastStep()) - 6);
  await ui.picture.locator('[data-mark][data-kind=record][data-lsn="2"]').click();
  await ui.press('l');
  await expect.poll(() => page.url()).toContain('#1.');
  const here = await ui.pictureState();

  const profile = freshProfileFolder();
  // With motion: a link is paused where a lesson would play.
  const context = await launchOnProfile(profile, { viewport: page.viewportSize(), ...MOVING.contextOptions });
  try {
    const elsewhere = new LabPage(context.pages()[0] ?? (await context.newPage()));
    await elsewhere.page.goto(`${lab.address}${new URL(page.url()).hash}`);
    await elsewhere.isReady();
    await elsewhere.isIn('Log', 'from a link');
    await expect(elsewhere.page.getByRole('button', { name: 'Play', exact: true }), 'paused').toBeVisible();
    await expect.poll(() => elsewhere.pictureState()).toEqual(here);
    await elsewhere.toEnd();
    await elsewhere.expectRows({ apple: 'red', pear: 'green', plum: 'blue' }, 'a real run was made');
  } finally {
    await context.close();
    removeFolder(profile);
  }
});

/** Anything of these that ran would leave a mark here. */
const ran = (page: Page): Promise<unknown> => page.evaluate(() => (window as { hacked?: unknown }).hacked);

const HOSTILE: readonly { readonly name: string; readonly hash: string }[] = [
  { name: 'not base64', hash: '#1.<img src=x onerror=window.hacked=1>' },
  { name: 'cut short', hash: linkOf('{"version":1,"room":"wal"') },
  { name: 'of a later form', hash: linkOf(MOMENT).replace('#1.', '#2.') },
  { name: 'with a field of its own', hash: linkOf({ ...MOMENT, onload: 'window.hacked=1' }) },
  { name: 'with a prototype', hash: linkOf(JSON.stringify(MOMENT).replace('{', '{"__proto__":{"mode":"break"},')) },
  { name: 'too long', hash: linkOf({ ...MOMENT, script: 'put a b\n'.repeat(2000) }) },
  { name: 'with a log of a terabyte', hash: linkOf({ ...MOMENT, format: { logBytes: 2 ** 40 } }) },
];

test('a hostile link runs nothing and says so', async ({ page, ui }) => {
  for (const { hash, name } of HOSTILE) {
    await ui.open(hash);
    const notice = ui.notice('input_malformed');
    await expect(notice, name).toContainText('This link cannot be opened');
    await expect(notice, name).toContainText('Nothing was run');
    await expect(page.locator('[data-part=truth]'), `${name}: the lab still teaches`).toContainText('Three clients');
    expect(await ran(page), name).toBeUndefined();
  }
});

test('what a link says is text, and a script with errors does not run', async ({ page, ui }) => {
  const markup = '<img src=x onerror=window.hacked=1>';
  await ui.open(
    linkOf({ ...MOMENT, script: `say "${markup}"\nput a ${markup.replaceAll(' ', '_')}\nflush`, seq: 1000 }),
  );
  await ui.isIn('Log', 'from a link');
  await ui.expectRows({ a: markup.replaceAll(' ', '_') });
  await page.locator('[data-visit=note]').click();
  await expect(ui.sentence).toContainText(markup);
  expect(await ran(page)).toBeUndefined();

  await ui.open(linkOf({ ...MOMENT, script: 'put a b\nscan <script>\nput c' }));
  const notice = ui.notice('script_invalid');
  await expect(notice).toContainText(/line \d+, column \d+/i);
  await ui.isDone();
  await ui.expectRows({}, 'none of it ran');
});
