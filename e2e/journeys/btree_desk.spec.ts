/** The desk of the tree room: a guess, a run, the truth beside it; an exercise by hand, graded by the engine, by keys alone. */
import type { Page } from '@playwright/test';
import { expectNoFaults } from '../support/axe';
import { expect, test } from '../support/journey';

const openRoom = (page: Page): Promise<void> =>
  page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'B-tree' }).click();
const experiment = (page: Page, name: string): Promise<void> =>
  page.getByRole('list', { name: 'Experiments' }).getByRole('button', { name, exact: true }).click();
const finished = async (page: Page): Promise<void> => {
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished', { timeout: 60_000 });
};

test('keys in order and at random: guessed first, then both trees on one clock', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  const desk = page.locator('[data-part=desk]');
  await expect(desk.locator('[data-part=truth]')).toContainText('real engine, real bytes');
  // Nothing is shown before something was said.
  await expect(desk.locator('[data-chart]')).toHaveCount(0);
  await page.getByRole('slider', { name: /^Keys/ }).fill('1');
  await page.getByRole('slider', { name: /^Pages of the random tree/ }).fill('0.14');
  await ui.button('That is my guess: run it');
  await finished(page);
  await expect(page.locator('[data-guess=ordersPages]')).toContainText(
    /You said 1\.4×; it is 1\.[2-6]×: (close|right)/,
  );
  const figures = page.locator('[data-part=orders-figures]');
  await expect(figures).toHaveAttribute('data-keys', '2000');
  const pages = async (order: string): Promise<number> =>
    Number(await figures.locator(`[data-order=${order}] td`).first().textContent());
  expect(await pages('random')).toBeGreaterThan(1.2 * (await pages('sequential')));

  // The clock goes back for both.
  await page.getByRole('slider', { name: /^The clock/ }).press('Home');
  await expect(figures).toHaveAttribute('data-keys', '80');
  // Another question hides the answer.
  await page.getByRole('slider', { name: /^Keys/ }).fill('2');
  await expect(desk.locator('[data-chart]')).toHaveCount(0);
});

test('a line is drawn by the arrow keys, and the mean of all inserts comes under it @long', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  await experiment(page, 'Spikes');
  await ui.choose('What is counted', 'pages changed');
  const line = page.getByRole('slider', { name: 'The mean, as you draw it' });
  const before = await line.getAttribute('aria-valuetext');
  await line.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('PageDown');
  await expect(line).not.toHaveAttribute('aria-valuetext', before!);
  // Another point of the line is as high as it was.
  await page.keyboard.press('ArrowLeft');
  await expect(line).toHaveAttribute('data-point', '11');
  await expect(line).toHaveAttribute('aria-valuetext', before!.replace('insert 600', 'insert 550'));
  await ui.button('That is my guess: run it');
  await finished(page);
  const verdict = page.locator('[data-part=spikes-verdict]');
  await expect(verdict).toContainText(/the mean of all 600 is 1\.[1-5] pages/);
  await expect(line).toHaveCount(0);
  // A line that was drawn for pages says nothing of time.
  await ui.choose('What is counted', 'time, hard disk');
  await expect(verdict).toHaveCount(0);
  await expectNoFaults(page);
});

test('a split by hand: every step is held against the engine, and what changed is replayed', async ({ page, ui }) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Prove');
  await ui.choose('What to prove', 'By hand');
  await page.locator('[data-task=split]').click();
  const task = page.locator('[data-part=hand]');
  await expect(task).toHaveAttribute('data-task-open', 'split');
  const tree = await task.locator('[data-page]').count();

  // The leaf, as the separators say: read from the picture, as a learner does.
  const key = (await task.locator('code').first().textContent())!;
  const leaves = task.getByRole('list', { name: /^Leaves/ }).locator('[data-page]');
  await expect(leaves).not.toHaveCount(0);
  const firsts = await leaves.evaluateAll((all) =>
    all.map((leaf) => ({
      page: leaf.getAttribute('data-page')!,
      last: leaf.querySelector('code:last-child')!.firstChild!.textContent!,
    })),
  );
  const likely = firsts.find(({ last }) => last >= key) ?? firsts.at(-1)!;
  const leaf = task.locator(`button[data-page="${likely.page}"]`);
  await leaf.focus();
  await page.keyboard.press('Enter');
  await expect(leaf).toHaveAttribute('aria-pressed', 'true');
  await ui.button('Ask the engine');
  const verdict = page.locator('[data-part=last-step]');
  await expect(verdict).toContainText('The separators lead to page');

  // The rest anyhow: what is not so is said, with what the engine did.
  await ui.answerByHand(async (asked, step) => {
    await (
      asked === 'dirty' ? task.locator('button[data-page]').first() : step.locator('[data-choice]').first()
    ).click();
  });
  const outcome = task.locator('[data-part=outcome]');
  await expect(outcome).toHaveAttribute('data-passed', 'false');
  await expect(page.locator('[data-part=replayed]')).toContainText('The put goes from the root down');
  await expect(task.getByRole('figure')).toContainText('The tree after');
  await expect.poll(() => task.locator('[data-page]').count()).toBeGreaterThan(tree);
  await expectNoFaults(page);
});

test('a link opens the same exercise on the same tree, and an experiment with its question @long', async ({
  page,
  ui,
}) => {
  await ui.open();
  await openRoom(page);
  await ui.mode('Prove');
  await ui.choose('What to prove', 'By hand');
  await page.locator('[data-task=rebalance]').click();
  const task = page.locator('[data-part=hand]');
  await expect(task).toHaveAttribute('data-task-open', 'rebalance');
  const before = await task.innerText();
  await ui.press('l');
  await expect.poll(() => page.url()).toContain('#1.');
  const { hash } = new URL(page.url());
  await page.goto('about:blank');
  await page.goto(`./${hash}`);
  await expect(task).toHaveAttribute('data-task-open', 'rebalance');
  await expect.poll(() => task.innerText()).toBe(before);

  await ui.mode('Play');
  await ui.choose('What to do', 'Experiments');
  await experiment(page, 'Height');
  await page.getByRole('slider', { name: /^Page/ }).fill('0');
  await ui.press('l');
  await expect.poll(() => new URL(page.url()).hash).not.toBe(hash);
  const link = new URL(page.url()).hash;
  await page.goto('about:blank');
  await page.goto(`./${link}`);
  await expect(page.locator('[data-part=desk]')).toHaveAttribute('data-experiment', 'height');
  await expect(page.getByRole('slider', { name: /^Page/ })).toHaveValue('0');
  await expect(page.locator('[data-part=question]')).toHaveAttribute('data-asking', 'true');
});

test('a byte of a page: who touched it last, and who notices when it is another one @long', async ({ page, ui }) => {
  await ui.open('#btree');
  await ui.runScript('store log 16k btree page 256 pool 8k\nseed 7\nput ash 1\nput elm 2\nflush\ncheckpoint\n');
  const bytes = page.locator('[data-part=bytes]');
  await bytes.locator('[data-file-tab=data_0]').click();
  await expect(bytes).toHaveAttribute('data-file', 'data_0');
  // The first cell that was put lies at the end of its page.
  await bytes.locator('[data-cell="254"]').click();
  const card = page.locator('[data-part=byte-card]');
  await expect(card.locator('[data-part=byte-touched]')).toContainText('cell ash of page 1: LSN 1, put ash, inserted');
  await expect(card.locator('[data-part=byte-written]')).toContainText('during checkpoint');
  await expectNoFaults(page, undefined, '[data-part=inspector]');
  const before = await ui.futures().count();
  await card.getByRole('button', { name: 'and see who notices' }).click();
  await expect(ui.futures()).not.toHaveCount(before);
  await expect(page.locator('[data-part=truth]')).toContainText('byte 254 of data_0 changed');
  await expect(page.getByRole('status').filter({ hasText: 'the check noticed' })).toContainText('Page 1');

  // In memory, a page says what a step changes of it; while bytes of a file are selected, those stay in sight.
  await ui.press('Escape');
  await ui.press('End');
  const steps = page.getByRole('list', { name: 'Futures of this run' });
  await steps.getByRole('button', { name: 'your script' }).click();
  for (let step = await ui.step(); step > 1; step--) {
    if (/elm goes into page 1/.test((await ui.sentence.textContent()) ?? '')) break;
    await ui.press('ArrowLeft');
  }
  await expect(page.locator('[data-part=page-panel] [data-change=new]')).toHaveAttribute('data-row', 'elm');
});
