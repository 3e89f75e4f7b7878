/** The learner's own store: filled, searched, changed, kept over a reload, taken out and put back, and owned by one tab. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LabPage, expect, test } from '../support/journey';

const CSV = fileURLToPath(new URL('../../public/data/airports.csv', import.meta.url));
const AIRPORTS = readFileSync(CSV, 'utf8')
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line) => line.split(',')[0]!);

/** The number of all rows, and of those in sight at the end of each page the key by its place in the table. */
async function wholeTable(ui: LabPage): Promise<{ count: number; keys: readonly (readonly [number, string])[] }> {
  const table = ui.page.getByRole('table', { name: 'Rows of the store' });
  return table.evaluate(async (view) => {
    const keys: [number, string][] = [];
    while (view.getAttribute('aria-rowcount') === '-1') {
      view.scrollTop = view.scrollHeight;
      await new Promise(requestAnimationFrame);
      for (const line of view.querySelectorAll('[data-key]')) {
        keys.push([Number(line.getAttribute('aria-rowindex')), line.getAttribute('data-key')!]);
      }
    }
    return { count: Number(view.getAttribute('aria-rowcount')), keys };
  });
}

test('airports are loaded by one click, searched, changed and deleted, and survive a reload', async ({ page, ui }) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Data');
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { jobStates: seen });
    new MutationObserver(() => {
      const bar = document.querySelector('[data-part=job] progress');
      if (bar !== null) seen.push(bar.getAttribute('value') ?? '');
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await ui.button('Load 3,376 airports');
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished');
  const progress = await page.evaluate(() => new Set((window as unknown as { jobStates: string[] }).jobStates).size);
  expect(progress, 'the bar moved on its way').toBeGreaterThan(3);

  const search = page.getByRole('searchbox', { name: 'search' });
  await search.fill('honolulu');
  await expect.poll(async () => Object.values(await ui.rows()).filter((row) => /honolulu/i.test(row)).length).toBe(1);
  await expect.poll(async () => Object.keys(await ui.rows())).toContain('HNL');
  await search.fill('');
  await ui.textbox('from key').fill('SFO');
  await expect.poll(async () => Object.keys(await ui.rows())[0]).toBe('SFO');

  const row = (key: string): ReturnType<typeof page.locator> =>
    page.getByRole('table', { name: 'Rows of the store' }).locator(`[data-key="${key}"]`);
  await row('SFO').getByRole('button', { name: 'Change' }).click();
  await ui.textbox('New value').fill('closed for fog');
  await page.keyboard.press('Enter');
  await expect(row('SFO')).toContainText('closed for fog');
  const deleted = Object.keys(await ui.rows())[1]!;
  await row(deleted).getByRole('button', { name: 'Delete' }).click();
  await expect(row(deleted)).toHaveCount(0);

  await page.reload();
  await ui.isReady();
  await ui.openOwnStore();
  await expect.poll(async () => Object.keys(await ui.rows()).length).toBeGreaterThan(5);
  const { count, keys } = await wholeTable(ui);
  const expected = AIRPORTS.filter((key) => key !== deleted).sort();
  expect(count).toBe(expected.length);
  expect(keys.length).toBeGreaterThan(100);
  expect(
    keys.filter(([row, key]) => expected[row - 1] !== key),
    'rows out of order',
  ).toEqual([]);
  await ui.textbox('from key').fill('SFO');
  await expect.poll(async () => Object.entries(await ui.rows())[0]).toEqual(['SFO', 'closed for fog']);
});

test('the airports in your store, and its tree: a split watched forward and backward, and after a reload @long', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Data');
  await expect(page.locator('[data-part=index]')).toHaveAttribute('data-index', 'btree');
  await ui.button('Load 3,376 airports');
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished');

  // The store that the log room filled, in the room of its index: the same steps, the same rows.
  const steps = await ui.lastStep();
  await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'B-tree' }).click();
  await ui.isIn('B-tree', 'your store');
  expect(await ui.lastStep()).toBe(steps);
  await ui.toEnd();
  const readout = (name: string): ReturnType<typeof page.locator> => ui.picture.locator(`[data-readout="${name}"]`);
  await expect(readout('keys')).toContainText('3,376');
  await expect(readout('height')).toContainText('2');
  const pages = async (): Promise<number> => Number((await readout('pages').textContent())!.replace(/\D/g, ''));
  const before = await pages();
  expect(before, 'leaves of 4 KiB').toBeGreaterThan(80);

  // A long value in the middle of the keys: the leaf it belongs to has no room for it.
  await ui.choose('What to do', 'Commands');
  await ui.put('SFO', 'x'.repeat(900));
  await ui.toEnd();
  await expect.poll(pages).toBe(before + 1);
  const states = [await ui.pictureState()];
  for (let back = 0; back < 80 && !states.at(-1)!.sentence.includes('must split'); back++) {
    await ui.press('ArrowLeft');
    states.push(await ui.pictureState());
  }
  expect(states.at(-1)!.sentence, 'where it does not fit').toContain('must split');
  expect(
    states.some(({ sentence }) => /move as a block/.test(sentence)),
    'the upper half moves',
  ).toBe(true);
  expect(
    states.some(({ sentence }) => /is copied up/.test(sentence)),
    'and the separator goes up',
  ).toBe(true);
  for (const state of states.slice(0, -1).reverse()) {
    await ui.press('ArrowRight');
    expect(await ui.pictureState(), `step ${state.step}, forward as it was backward`).toEqual(state);
  }

  await page.reload();
  await ui.isReady();
  await ui.openOwnStore();
  await ui.isIn('B-tree', 'your store');
  await expect.poll(pages, 'of the files').toBe(before + 1);
  await ui.textbox('key').fill('SFO');
  await ui.button('Get');
  await ui.isDone();
  await ui.toEnd();
  await expect(ui.picture.locator('[data-kind=page][data-level="0"]'), 'the one leaf that was read').toHaveCount(1);
  await expect(page.locator('[data-part=result]')).toContainText('xxxx');
});

test('a store of yours is made over a map instead: at once while it is empty, after a question when it is not @long', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Data');
  const index = page.locator('[data-part=index]');
  const makeOver = (other: string): Promise<void> =>
    page.locator(`[data-action=other-index][data-other=${other}]`).click();
  await makeOver('map');
  await expect(index).toHaveAttribute('data-index', 'map');
  await ui.choose('What to do', 'Commands');
  await ui.put('apple', 'red');
  await ui.expectRows({ apple: 'red' });
  await ui.choose('What to do', 'Data');
  await makeOver('btree');
  const dialog = page.getByRole('dialog', { name: 'Reset this store?' });
  await expect(dialog).toContainText('The new store keeps its rows in a B-tree');
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await ui.expectRows({ apple: 'red' });
  await expect(index).toHaveAttribute('data-index', 'map');
  await makeOver('btree');
  await dialog.getByRole('button', { name: 'Delete 1 row and start afresh' }).click();
  await expect(index).toHaveAttribute('data-index', 'btree');
  await ui.expectRows({});
});

test('export, reset and import give the same data back', async ({ page, ui }) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Commands');
  for (const [key, value] of [
    ['apple', 'red'],
    ['pear', 'green'],
  ] as const) {
    await ui.put(key, value);
    await expect.poll(async () => Object.keys(await ui.rows())).toContain(key);
  }
  await ui.choose('What to do', 'Data');
  const downloads = page.waitForEvent('download');
  await ui.button('Export a backup');
  const backup = await (await downloads).path();

  await ui.button('Reset…');
  const dialog = page.getByRole('dialog', { name: 'Reset this store?' });
  await expect(dialog).toContainText('2 keys');
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await ui.expectRows({ apple: 'red', pear: 'green' });
  await ui.button('Reset…');
  await dialog.getByRole('button', { name: 'Delete 2 rows and start afresh' }).click();
  await ui.expectRows({});

  await page.getByLabel('Import').setInputFiles(backup);
  await expect(page.locator('[data-part=backup-job]')).toHaveAttribute('data-state', 'finished');
  await ui.expectRows({ apple: 'red', pear: 'green' });
});

test('a second tab is told who owns the store, takes it over, and the first says so', async ({ context, ui }) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Commands');
  await ui.put('apple', 'red');
  await ui.expectRows({ apple: 'red' });

  const second = new LabPage(await context.newPage());
  await second.open();
  await second.openOwnStore();
  const notice = second.notice('storage_in_use');
  await expect(notice).toContainText(/the tab opened at/);
  await notice.getByRole('button', { name: 'Take it over' }).click();
  await second.expectRows({ apple: 'red' }, 'the new owner has the data');

  await ui.put('stale', 'lost');
  await expect(ui.notice('storage_in_use'), 'the first tab lost it, and says so').toContainText(
    'has taken over this store',
  );
  await second.page.bringToFront();
  await second.put('pear', 'green');
  await second.expectRows({ apple: 'red', pear: 'green' }, 'nothing of the first tab came in');
  await ui.notice('storage_in_use').getByRole('button', { name: 'Take it over' }).click();
  await ui.expectRows({ apple: 'red', pear: 'green' }, 'and it can be taken back');
});

test('over its quota the store refuses a commit, reads on and takes deletes', async ({ context, lab, page, ui }) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Commands');
  const key = ui.textbox('key');
  const value = ui.textbox('value');
  await ui.put('first', 'kept');
  await ui.expectRows({ first: 'kept' });

  const client = await context.newCDPSession(page);
  const { usage } = await page.evaluate(() => navigator.storage.estimate());
  const { origin } = new URL(lab.address);
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: (usage ?? 0) + 64 * 1024 });
  await value.fill('v'.repeat(60_000));
  const full = ui.notice('store_full');
  const keyOf = (put: number): string => `big_${String(put).padStart(2, '0')}`;
  let puts = 0;
  for (; puts < 60 && !(await full.isVisible()); puts++) {
    await key.fill(keyOf(puts));
    await ui.button('Put');
    await ui.isDone();
    await expect(page.locator('[data-part=result]')).toContainText(keyOf(puts));
  }
  await expect(full, `refused after ${puts} puts`).toBeVisible();

  const search = page.getByRole('searchbox', { name: 'search' });
  await search.fill('first');
  await ui.expectRows({ first: 'kept' }, 'what was there is read');
  await search.fill(keyOf(puts - 1));
  await ui.expectRows({}, 'the refused commit left nothing');
  await search.fill(keyOf(0));
  await expect.poll(async () => Object.keys(await ui.rows())).toEqual([keyOf(0)]);
  await key.fill(keyOf(0));
  await page.getByRole('form', { name: 'Write and read' }).getByRole('button', { name: 'Delete' }).click();
  await ui.expectRows({}, 'a delete passes');
});
