/** The crash room's questions: said first, then graded by every state; and a link asks the same one again. */
import { expect, test, type LabPage } from '../support/journey';

const grade = (ui: LabPage) => ui.page.locator('[data-part=grade]');
const count = async (ui: LabPage, letter: string): Promise<number> =>
  Number((await ui.page.locator(`[data-filter=${letter}]`).textContent())?.replace(/\D/g, ''));

async function take(ui: LabPage, task: string): Promise<string> {
  await ui.page.locator(`[data-task=${task}]`).click();
  const open = ui.page.locator(`[data-task-open=${task}]`);
  await expect(open).toBeVisible();
  return (await open.getAttribute('data-seed'))!;
}
/** The question that is open, in a page that knows nothing of it. */
async function takeAgain(ui: LabPage, task: string, seed: string): Promise<void> {
  const before = ui.page.url();
  await ui.button('Link to this moment');
  // The second link is taken where the first one stands in the address already.
  await expect(ui.page).toHaveURL((url) => url.href !== before && url.hash.startsWith('#1.'));
  await ui.page.goto(`./?again_${task}${new URL(ui.page.url()).hash}`);
  await expect(ui.page.locator(`[data-task-open=${task}]`)).toHaveAttribute('data-seed', seed);
}

test('how many lose something, which may be lost: answered wrongly, then, by the link to the question, rightly', async ({
  page,
  ui,
}) => {
  await page.goto('./?prove#crash');
  await expect(page.locator('[data-part=graph]')).toBeVisible();
  await ui.mode('Prove');

  let seed = await take(ui, 'how_many');
  const states = Number(await page.locator('[data-field=guess]').getAttribute('max'));
  expect(states).toBeGreaterThan(10);
  await expect(page.locator('[data-action=check-all], [data-action=open-state]'), 'no answer before').toHaveCount(0);
  await expect(page.locator('[data-action=compare]')).toBeDisabled();
  await page.locator('[data-field=guess]').fill(String(states));
  await page.locator('[data-action=compare]').click();
  await expect(grade(ui)).toHaveAttribute('data-passed', 'false', { timeout: 30_000 });
  const truth = (await count(ui, 'L')) + (await count(ui, 'S'));
  await expect(grade(ui)).toContainText(`${states - truth} too many`);

  await takeAgain(ui, 'how_many', seed);
  await page.locator('[data-field=guess]').fill(String(truth));
  await page.locator('[data-action=compare]').click();
  await expect(grade(ui)).toHaveAttribute('data-passed', 'true', { timeout: 30_000 });

  await ui.button('Other tasks');
  seed = await take(ui, 'which');
  const items = page.locator('[data-task-open] [data-item]');
  const letters = items.locator('.verdict-badge');
  await expect(letters, 'no answer before').toHaveCount(0);
  await page.locator('[data-action=compare]').click();
  await expect(letters).toHaveCount(await items.count(), { timeout: 30_000 });
  const found = await letters.allTextContents();
  expect(new Set(found).size, 'some may be lost and some may not').toBeGreaterThan(1);
  await expect(grade(ui)).toHaveAttribute('data-passed', 'false');

  await takeAgain(ui, 'which', seed);
  for (const [index, letter] of found.entries())
    if (letter === 'A') await items.nth(index).getByRole('checkbox').check();
  await page.locator('[data-action=compare]').click();
  await expect(grade(ui)).toHaveAttribute('data-passed', 'true', { timeout: 30_000 });
  await expect(letters, 'the same run has the same verdicts').toHaveText(found);
});

test('a store from nothing: red as it is, too dear with everything on, passed with just what it takes @long', async ({
  page,
  ui,
}) => {
  await page.goto('./?challenge#crash');
  await expect(page.locator('[data-part=graph]')).toBeVisible();
  await ui.mode('Prove');
  await take(ui, 'challenge');
  const handIn = async (): Promise<boolean> => {
    // Each is graded on a run of its own; the grade of the one before stands until then.
    const open = page.locator('[data-task-open=challenge]');
    const seed = (await open.getAttribute('data-seed'))!;
    await page.locator('[data-action=hand-in]').click();
    await expect(open).not.toHaveAttribute('data-seed', seed);
    await expect(page.locator('[data-part=busy]')).toHaveCount(0, { timeout: 60_000 });
    await expect(grade(ui)).toBeVisible();
    return (await grade(ui).getAttribute('data-passed')) === 'true';
  };
  expect(await handIn(), 'without any safeguard').toBe(false);
  expect((await count(ui, 'S')) + (await count(ui, 'F')), 'and the map is red').toBeGreaterThan(0);

  const switches = page.locator('[data-switch]');
  await expect(switches).not.toHaveCount(0);
  for (const one of await switches.getByRole('checkbox').all()) await one.check();
  expect(await handIn(), 'green, but not for the least').toBe(false);
  expect((await count(ui, 'S')) + (await count(ui, 'F'))).toBe(0);
  const dear = await grade(ui).getByRole('listitem').allTextContents();
  expect(dear.length).toBeGreaterThan(0);

  // What is too much is said by name; without all of it the next fresh run is green, and nothing more can go.
  for (const one of dear) {
    await switches
      .filter({ hasText: /“(.*)”/.exec(one)![1]! })
      .getByRole('checkbox')
      .uncheck();
  }
  expect(await handIn(), 'just what it takes').toBe(true);
  expect((await count(ui, 'S')) + (await count(ui, 'F'))).toBe(0);
});
