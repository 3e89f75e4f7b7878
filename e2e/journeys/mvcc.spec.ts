/** The room of versions: a snapshot that does not move, sessions by hand, what vacuum takes, a worker killed with transactions open. */
import { expectNoFaults } from '../support/axe';
import { expect, test, type LabPage } from '../support/journey';

async function openRoom(ui: LabPage): Promise<void> {
  await ui.open('#mvcc');
  await ui.press('Home');
  await expect(ui.stepField).toHaveValue('0');
}

/** Steps back until the sentence says so. */
async function stepBackTo(ui: LabPage, words: RegExp): Promise<void> {
  for (let step = await ui.step(); step > 0; step = await ui.step()) {
    if (words.test((await ui.sentence.textContent()) ?? '')) return;
    await ui.press('ArrowLeft');
    // The sentence is drawn with the step: one that is read too early is that of the step before.
    await expect(ui.stepField).not.toHaveValue(String(step));
    await ui.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
  throw new Error(`no step says ${words}`);
}

/** Every version in the index that is drawn: key, commit, and what would become of it. */
async function versions(ui: LabPage): Promise<string[]> {
  await expect(ui.picture.locator('canvas'), 'painted only while it is scrubbed').toHaveCount(0);
  return ui.picture
    .locator('[data-kind=version][data-lsn]')
    .evaluateAll((all) =>
      all.map((one) => ['data-key', 'data-lsn', 'data-role'].map((name) => one.getAttribute(name)).join(' ')).sort(),
    );
}
/** Who reads as of when. */
const readers = (ui: LabPage): Promise<string[]> =>
  ui.picture
    .locator('[data-kind=flag]')
    .evaluateAll((all) =>
      all.map((one) => `${one.getAttribute('data-reader')!} ${one.getAttribute('data-snapshot')!}`).sort(),
    );
/** What the line of a reader that is not there crosses. */
const crossed = (ui: LabPage): Promise<string[]> =>
  ui.picture
    .locator('[data-kind=crossing]')
    .evaluateAll((all) =>
      all.map((one) => `${one.getAttribute('data-reads')!} ${one.getAttribute('data-lsn') ?? 'nothing'}`).sort(),
    );

const READER = [
  ...['store versions', 'seed 7', 'put apple red', 'put pear green', 'flush', 'begin reader read-only'],
  ...['put apple yellow', 'delete pear', 'put plum blue', 'flush', 'scan in reader'],
].join('\n');

test('a snapshot does not move: three commits later its reader finds what it found before, and a line can be drawn anywhere', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await ui.runScript(READER);
  await expect(ui.sentence).toContainText('2 rows');
  const all = ['apple 1 kept', 'apple 3 live', 'pear 2 kept', 'pear 4 kept', 'plum 5 live'];
  expect(await versions(ui)).toEqual(all);
  expect(await readers(ui)).toEqual(['reader 2']);
  await expect(ui.picture.locator('[data-kind=stays]'), 'the old ones that the line crosses').toHaveCount(2);

  const line = page.getByRole('slider', { name: 'What if: a read as of commit' });
  await line.press('Home');
  expect(await crossed(ui)).toEqual(['apple nothing', 'pear nothing', 'plum nothing']);
  await line.press('ArrowRight');
  await line.press('ArrowRight');
  expect(await crossed(ui), 'as the reader found it').toEqual(['apple 1', 'pear 2', 'plum nothing']);
  await line.press('End');
  expect((await crossed(ui)).filter((one) => !one.startsWith('pear'))).toEqual(['apple 3', 'plum 5']);
  await line.press('PageDown');
  expect(await crossed(ui), 'ten back, and not before the first').toEqual([
    'apple nothing',
    'pear nothing',
    'plum nothing',
  ]);
  await expect(line).toHaveAttribute('aria-valuetext', 'commit 0');
  await line.press('PageUp');
  await expect(line).toHaveAttribute('aria-valuetext', 'commit 5');
  await line.press('Escape');
  await ui.press('?');
  await expect(page.locator('[data-part=keys]'), 'how the read is moved').toContainText('ten commits');
  await page.keyboard.press('Escape');
  const after = await ui.pictureState();

  await stepBackTo(ui, /^reader begins/);
  expect(await versions(ui)).toEqual(['apple 1 live', 'pear 2 live']);
  await ui.goTo(after.step);
  expect(await ui.pictureState(), 'forward as it was').toEqual(after);
  await ui.expectRows({ apple: 'yellow', plum: 'blue' }, 'whoever reads as of now');
  await expectNoFaults(page);
});

test('a read that is not there is not carried into the next run', async ({ page, ui }) => {
  await openRoom(ui);
  await ui.runScript(READER);
  const line = page.getByRole('slider', { name: 'What if: a read as of commit' });
  await line.press('Home');
  await expect(ui.picture.locator('[data-kind=asof]')).toHaveCount(1);
  await ui.runScript(`${READER}\nput fig late`);
  await expect(ui.picture.locator('[data-kind=asof]'), 'a run of its own begins without it').toHaveCount(0);
  await expect(line).toHaveAttribute('aria-valuetext', /^not set/);
});

test('two sessions by hand sell the last of the same stock: the first to commit wins, the other reads again', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await ui.runScript('store versions\nseed 7\nput stock 10\nflush\n');
  await ui.choose('What to do', 'Sessions');
  const moves = page.locator('[data-part=moves]');
  const move = async (session: string, name: string): Promise<void> => {
    await moves.locator(`[data-session=${session}] [data-move=${name}]`).click();
    await ui.isDone();
    await ui.toEnd();
  };
  const writes = async (session: string, value: string): Promise<void> => {
    await moves.locator('[data-field=move-key]').fill('stock');
    await moves.locator('[data-field=move-value]').fill(value);
    await move(session, 'put');
  };
  for (const session of ['t1', 't2']) await move(session, 'begin');
  for (const session of ['t1', 't2']) await writes(session, `9 by ${session}`);
  await expect(ui.picture.locator('[data-kind=version][data-role=buffered]'), 'in memory only').toHaveCount(2);
  await move('t1', 'commit');
  await move('t2', 'commit');
  await expect(ui.sentence).toContainText('first to commit wins');
  await stepBackTo(ui, /^t2 is refused: commit 2 wrote stock/);
  await expect(ui.picture.locator('[data-kind=clash]'), 'the two spans clash').not.toHaveCount(0);
  await ui.toEnd();
  await expect(ui.picture.locator('[data-kind=span][data-transaction=t2]')).toHaveAttribute('data-outcome', 'refused');

  await moves.locator('[data-move=flush]').click();
  await ui.isDone();
  await move('t2', 'begin');
  await writes('t2', '8 by t2');
  await move('t2', 'commit');
  await moves.locator('[data-move=flush]').click();
  await ui.isDone();
  await ui.toEnd();
  expect(await versions(ui), 'nothing of the one that was refused').toEqual([
    'stock 1 garbage',
    'stock 2 garbage',
    'stock 3 live',
  ]);
  await ui.expectRows({ stock: '8 by t2' });
});

test('a parked reader keeps what nobody else can read; when it ends, vacuum takes it all', async ({ ui }) => {
  await openRoom(ui);
  const writes = [1, 2, 3].map((n) => `put apple v${n}\nput pear v${n}\nflush\n`).join('');
  const head = 'store log 16k extent 512 btree page 512 versions\nseed 7\nput apple v0\nput pear v0\nflush\n';
  await ui.runScript(`${head}begin parked read-only\n${writes}vacuum\ncommit parked\nvacuum\n`);
  expect(await versions(ui)).toEqual(['apple 7 live', 'pear 8 live']);
  await stepBackTo(ui, /^parked ends/);
  expect((await versions(ui)).filter((one) => one.endsWith('garbage'))).toHaveLength(6);
  await stepBackTo(ui, /^The walk is over: 8 versions seen, 0 taken/);
  expect(
    (await versions(ui)).filter((one) => one.endsWith('kept')),
    'all of them, for one reader',
  ).toHaveLength(6);
  await ui.expectRows({ apple: 'v3', pear: 'v3' });
});

test('the worker is killed with transactions open: commits are there, and nothing of what was not', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await ui.runScript(
    [
      ...['store log 16k extent 512 btree page 512 versions', 'seed 7', 'put apple red', 'put pear green', 'flush'],
      ...['begin open', 'put apple never in open', 'begin reader read-only', 'begin done', 'put apple yellow in done'],
      ...['delete pear in done', 'commit done', 'flush', 'put plum never in open'],
      ...['put later no', 'flush'],
    ].join('\n'),
  );
  await stepBackTo(ui, /^open writes plum/);
  expect(await readers(ui)).toEqual(['open 2', 'reader 2']);
  await ui.mode('Break');
  await ui.choose('Kind of crash', 'Kill worker');
  await ui.button('Kill the worker here');
  await expect(page.getByRole('region', { name: 'Verdict' })).toHaveAttribute('data-letter', 'A');
  await ui.toEnd();
  await ui.expectRows({ apple: 'yellow' });
  expect(await readers(ui), 'nobody reads any more').toEqual([]);
  expect(await versions(ui), 'and so nobody keeps the old versions').toEqual([
    'apple 1 garbage',
    'apple 3 live',
    'pear 2 garbage',
    'pear 3 garbage',
  ]);
});
