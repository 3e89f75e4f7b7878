/** The LSM room: a compaction both ways, levels filled by the airports and a read through them, a worker killed in a merge. */
import { expectNoFaults } from '../support/axe';
import { expect, test, type LabPage } from '../support/journey';

async function openRoom(ui: LabPage): Promise<void> {
  await ui.open('#lsm');
  await ui.press('Home');
  await expect(ui.stepField).toHaveValue('0');
}

/** Steps on, or back, until the sentence says so. */
async function stepTo(ui: LabPage, words: RegExp, key: 'ArrowRight' | 'ArrowLeft' = 'ArrowRight'): Promise<void> {
  const last = await ui.lastStep();
  for (let tries = 0; tries <= Math.min(last, 300); tries++) {
    if (words.test((await ui.sentence.textContent()) ?? '')) return;
    const step = await ui.step();
    await ui.press(key);
    // The sentence is drawn with the step: one that is read too early is that of the step before.
    await expect(ui.stepField).not.toHaveValue(String(step));
    await ui.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
  throw new Error(`no step says ${words}`);
}

/** Tables that count, with their level. */
async function tables(ui: LabPage): Promise<Record<string, string>> {
  await expect(ui.picture.locator('canvas'), 'painted only while it is scrubbed').toHaveCount(0);
  return ui.picture
    .locator('[data-kind=table][data-force=in_force]')
    .evaluateAll((all) =>
      Object.fromEntries(all.map((one) => [one.getAttribute('data-table')!, one.getAttribute('data-level')!])),
    );
}
/** The identities of the entries that are drawn in tables, as key and LSN. */
const entries = (ui: LabPage): Promise<string[]> =>
  ui.picture
    .locator('[data-kind=entry]')
    .evaluateAll((all) => all.map((one) => `${one.getAttribute('data-key')!} ${one.getAttribute('data-lsn')!}`).sort());

const VALUE = 'v'.repeat(30);
const STORE = 'seed 13\nstore log 16k extent 512 lsm memtable 512 block 256 table 1k ratio 2 l0 2\n';
const KEYS_IN_A_TABLE = `store log 16k extent 512 lsm memtable 512 block 256 table 1k bits 4\nseed 3\n${Array.from({ length: 12 }, (_, i) => `put k${i} @9\n`).join('')}`;
const LEVEL_0_FILLS =
  STORE +
  `batch put ash ${VALUE} ; put elm ${VALUE} ; put oak ${VALUE}\nflush\ncheckpoint\n` +
  `batch put bay ${VALUE} ; put elm pine ; delete oak ; put yew ${VALUE}\nflush\ncheckpoint\n`;

test('a compaction is watched forward and backward: the newest entry of a key wins, one edit swaps the tables', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await ui.runScript(`${LEVEL_0_FILLS}step 4k\nget elm\n`);
  await stepTo(ui, /Compaction 1 begins/, 'ArrowLeft');
  expect(await tables(ui)).toEqual({ 1: '0', 2: '0' });
  const before = await ui.pictureState();
  expect(before.sentence, 'it says why').toContain('level 0 has 2 runs');
  await stepTo(ui, /elm of table 1, LSN 1, is dropped/);
  await expect(ui.picture.locator('[data-kind=dropped]'), 'it falls into a bin').not.toHaveCount(0);
  expect(await tables(ui), 'nothing has changed yet for a reader').toEqual({ 1: '0', 2: '0' });
  await stepTo(ui, /of the manifest is durable/);
  expect(await tables(ui)).toEqual({ 3: '1' });
  await stepTo(ui, /Compaction 1 is over/);
  const after = await ui.pictureState();
  // The older elm is gone, and with it the deleted oak: there is nothing below that its tombstone would have to hide.
  expect(await entries(ui)).toEqual(['ash 1', 'bay 2', 'elm 2', 'yew 2']);

  await ui.goTo(before.step + 2);
  await ui.press('ArrowLeft');
  await ui.press('ArrowLeft');
  expect(await ui.pictureState(), 'backward to where it began').toEqual(before);
  await ui.goTo(after.step);
  expect(await ui.pictureState(), 'forward as it was').toEqual(after);
  await expectNoFaults(page);
});

test('the airports fill three levels of your store, and a read is followed through them', async ({ page, ui }) => {
  await ui.open();
  await ui.openOwnStore();
  await ui.choose('What to do', 'Data');
  await page.locator('[data-action=other-index][data-other=lsm]').click();
  await expect(page.locator('[data-part=index]')).toHaveAttribute('data-index', 'lsm');
  await ui.button('Load 3,376 airports');
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished');
  await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'LSM tree' }).click();
  await ui.isIn('LSM tree', 'your store');
  await ui.toEnd();
  expect(new Set(Object.values(await tables(ui))).size, 'levels with tables').toBeGreaterThanOrEqual(3);

  await ui.choose('What to do', 'Commands');
  await page.locator('[data-action=checkpoint]').click();
  await ui.isDone();
  const read = async (key: string, result: string, said: RegExp): Promise<void> => {
    await ui.toEnd();
    await ui.textbox('key').fill(key);
    await ui.button('Get');
    await ui.isDone();
    await expect(async () => {
      await ui.toEnd();
      // The result itself: a filter on the way says 'not there' too, and more is to come after it.
      await expect(ui.sentence).toHaveText(new RegExp(`^Result: .*${result}`), { timeout: 500 });
    }, 'the last events have come').toPass();
    await stepTo(ui, said, 'ArrowLeft');
  };
  await read('SFO', 'San Francisco International', /^SFO is found/);
  const outcomes = await ui.picture
    .locator('[data-kind=stop]')
    .evaluateAll((stops) => stops.map((stop) => stop.getAttribute('data-outcome')));
  expect(outcomes.filter((outcome) => outcome === 'found')).toHaveLength(1);
  await read('SFOX', 'not there', /^There is no SFOX/);
  await expect(
    ui.picture.locator('[data-kind=stop][data-outcome=filter_said_no]'),
    'filters spare reads',
  ).not.toHaveCount(0);
  await expect(ui.picture.locator('[data-kind=stop][data-outcome=found]')).toHaveCount(0);

  await page.reload();
  await ui.isReady();
  await ui.openOwnStore();
  await expect.poll(async () => Object.keys(await ui.rows()).length).toBeGreaterThan(5);
  await ui.textbox('from key').fill('SFO');
  await expect.poll(async () => Object.keys(await ui.rows())[0], 'read back from the tables').toBe('SFO');
});

test('the filter of a table is opened: its bits, who set them, and whether it was right', async ({ page, ui }) => {
  await openRoom(ui);
  await ui.runScript(`${KEYS_IN_A_TABLE}flush\ncheckpoint\nget k3\n`);
  await ui.toEnd();
  await ui.picture.locator('[data-kind=table]').first().click();
  const panel = page.locator('[data-part=filter-panel]');
  const verdict = panel.locator('[data-part=filter-verdict]');
  await expect(verdict, 'of the key that was looked for').toContainText('It is: a true positive');
  await expect(panel.locator('.places li').first()).toContainText(/is 1, set by .*k3/);
  await expect(panel.locator('.bits .looked.set')).not.toHaveCount(0);
  const seen = new Set<string>();
  for (let i = 0; i < 60 && seen.size < 2; i++) {
    await panel.getByLabel('Ask for a key').fill(`other${i}`);
    await expect(verdict).toContainText(/Surely not in this table|A false positive/);
    seen.add((await verdict.textContent())!.includes('Surely not') ? 'no' : 'false');
  }
  expect(seen, 'few bits a key: some keys pass that are not there').toEqual(new Set(['no', 'false']));
  await expectNoFaults(page);
});

test('the worker is killed between the tables of a merge and the manifest, and everything acknowledged is read back @long', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await ui.runScript(`${LEVEL_0_FILLS}step 4k\n`);
  await stepTo(ui, /is complete.*nobody looks into it before the manifest names it/, 'ArrowLeft');
  await ui.mode('Break');
  await ui.choose('Kind of crash', 'Kill worker');
  await ui.button('Kill the worker here');
  await expect(page.getByRole('region', { name: 'Verdict' })).toHaveAttribute('data-letter', 'A');
  await ui.toEnd();
  await ui.expectRows({ ash: VALUE, bay: VALUE, elm: 'pine', yew: VALUE }, 'the old tables are still in force');
  expect(await tables(ui)).toEqual({ 1: '0', 2: '0' });
});
