/** A worker that is really killed and a power cut with chosen sectors: the verdict, and the rows that came back. */
import { expect, test, type LabPage, type Rows } from '../support/journey';

const LONG = 'x'.repeat(300);
/** Two groups; the second is 2 sectors long, one commit in each but for the end of the first. */
const TWO_GROUPS = `seed 3
store log 16k extent 1k align 512
put apple red as 1
put pear green as 2
flush
put plum ${LONG} as 1
put fig ${LONG} as 2
flush
`;
const FIRST: Rows = { apple: 'red', pear: 'green' };
const BOTH: Rows = { ...FIRST, plum: LONG.slice(0, 200), fig: LONG.slice(0, 200) };

/** A row shows the beginning of a long value. */
const cut = (rows: Rows): Rows =>
  Object.fromEntries(Object.entries(rows).map(([key, value]) => [key, value.replace(/…$/, '').slice(0, 150)]));
async function expectRecovered(ui: LabPage, expected: Rows, why: string): Promise<void> {
  await expect.poll(async () => cut(await ui.rows()), why).toEqual(cut(expected));
}

async function breakAt(ui: LabPage, where: 'The last write' | 'The last flush', kind: string): Promise<void> {
  await ui.mode('Break');
  await ui.choose('Kind of crash', kind);
  await ui.button(where);
}

test('the worker is killed at a flush and inside a write, and recovery plays', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript(TWO_GROUPS);
  await breakAt(ui, 'The last flush', 'Kill worker');
  await expect(page.locator('[data-part=target]')).toContainText('the flush of log');
  const step = await ui.step();
  await ui.button('Kill the worker here');

  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toHaveAttribute('data-letter', 'A');
  await expect(verdict.locator('[data-count=acknowledged-kept]')).toHaveText('2 of 2');
  await expect(verdict.locator('[data-count=unacknowledged-kept]')).toHaveText('2');
  await expect(ui.futures()).toHaveCount(2);
  await expect.poll(() => ui.step(), 'recovery plays').toBeGreaterThan(0);
  await expect(ui.picture.locator('[data-mark][data-kind=cursor]'), 'recovery reads the log').toBeAttached();
  await ui.toEnd();
  await expectRecovered(ui, BOTH, 'what was written is there, though nobody was told');

  await ui.button('Back to the run, before the crash');
  await expect(ui.stepField, 'where it was').toHaveValue(String(step));
  await ui.toEnd();
  await breakAt(ui, 'The last write', 'Kill worker');
  await page.getByRole('checkbox', { name: /in the middle/ }).check();
  await page.getByRole('slider', { name: 'Bytes that land' }).fill('200');
  await ui.button('Kill the worker here');
  await expect(verdict).toHaveAttribute('data-letter', 'A');
  await expect(verdict.locator('[data-count=unacknowledged-kept]')).toHaveText('0');
  await expect(ui.futures()).toHaveCount(3);
  await ui.toEnd();
  await expectRecovered(ui, FIRST, 'a torn record is none, and what was promised is there');
});

test('the power is cut with chosen sectors kept, lost and torn', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript(TWO_GROUPS);
  await breakAt(ui, 'The last flush', 'Cut power');
  await ui.button('Stop here and choose');
  const board = page.locator('[data-part=power-board]');
  const sectors = board.locator('[data-item][data-file=log]');
  await expect(sectors).toHaveCount(2);
  const fate = async (sector: number, choice: string): Promise<void> => {
    await sectors.nth(sector).getByRole('radio', { name: choice }).check();
  };
  const verdict = page.getByRole('region', { name: 'Verdict' });
  const cutPower = async (futures: number): Promise<void> => {
    await ui.button('Cut the power');
    await expect(ui.futures()).toHaveCount(futures);
    await ui.isDone();
    await expect(verdict).toHaveAttribute('data-letter', 'A');
    await ui.toEnd();
  };

  await fate(0, 'lost');
  await fate(1, 'kept');
  await cutPower(2);
  await expectRecovered(ui, FIRST, 'a record whose beginning is lost is not there, whatever follows it');

  await fate(0, 'kept');
  await fate(1, 'torn');
  await sectors.nth(1).getByRole('slider').fill('3');
  await cutPower(3);
  await expectRecovered(
    ui,
    { ...FIRST, plum: LONG },
    'the commit whose sectors are whole is there, the torn one is not',
  );

  await fate(1, 'kept');
  await cutPower(4);
  await expectRecovered(ui, BOTH, 'all of it');
});

test('a relaxed commit may be lost with the power, and the verdict says so @long', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript(
    'seed 3\nput apple red as 1\nflush\nput fig violet as 2 relaxed\nwrite\nput pear green as 1\nflush\n',
  );
  await breakAt(ui, 'The last write', 'Cut power');
  await ui.button('Stop here and choose');
  await ui.button('Cut the power');
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toHaveAttribute('data-letter', 'L');
  await expect(verdict.locator('[data-count=acknowledged-lost]')).toHaveText('1');
  await expect(verdict.getByRole('list', { name: 'Each commit' }).locator('[data-lsn="2"]')).toHaveAttribute(
    'data-fate',
    'lost',
  );
  await ui.toEnd();
  await ui.expectRows({ apple: 'red' });
});

test('a loaded worker is killed at random without its help @long', async ({ page, ui }) => {
  await ui.open();
  await ui.mode('Break');
  await ui.choose('Kind of crash', 'At random');
  await ui.button('Load it, kill it');
  const verdict = page.getByRole('region', { name: 'Verdict' });
  await expect(verdict).toHaveAttribute('data-letter', 'A');
  const kept = (await verdict.locator('[data-count=acknowledged-kept]').textContent()) ?? '';
  const [there, told] = kept.split(' of ').map(Number);
  expect(told, 'acknowledged').toBeGreaterThan(0);
  expect(there).toBe(told);
  await ui.toEnd();
  await expect.poll(async () => Object.keys(await ui.rows()).length, 'rows came back').toBeGreaterThan(3);
});

test('acting in the past starts another future, and both are kept', async ({ page, ui }) => {
  await ui.open();
  await ui.runScript('seed 3\nput apple red\nflush\nput pear green\nflush\n');
  const length = await ui.lastStep();
  const original = { apple: 'red', pear: 'green' };
  await ui.expectRows(original);

  // Opening, put, flush: from there on another way.
  await ui.choose('Step size', 'operation');
  await ui.press('Home');
  for (let operation = 0; operation < 3; operation++) await page.keyboard.press('ArrowRight');
  await ui.choose('What to do', 'Commands');
  await ui.put('plum', 'blue');
  await expect(ui.futures()).toHaveCount(2);
  await ui.flush();
  await ui.expectRows({ apple: 'red', plum: 'blue' }, 'the new future has what its own past had');

  await ui.futures().first().getByRole('button').first().click();
  await ui.expectRows(original, 'the old one is as it was');
  await expect.poll(() => ui.lastStep()).toBe(length);
  await ui.futures().nth(1).getByRole('button').first().click();
  await ui.expectRows({ apple: 'red', plum: 'blue' });
});
