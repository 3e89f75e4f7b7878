/** The crash room finds, shrinks, replays and links a failure of three mutants; and its first visit by keyboard. */
import { expect, test, type LabPage, type Rows } from '../support/journey';
import { MOVING } from '../support/lab';

async function openCrashRoom(ui: LabPage): Promise<void> {
  await ui.page.goto('./?crash#crash');
  await expect(ui.page.locator('[data-phase=ready]')).toBeVisible();
  await expect(ui.page.locator('[data-part=graph]')).toBeVisible();
}
const searched = (ui: LabPage) => expect(ui.page.locator('[data-part=outcome]')).toBeVisible({ timeout: 30_000 });
const count = async (ui: LabPage, letter: string): Promise<number> =>
  Number((await ui.page.locator(`[data-filter=${letter}]`).textContent())?.replace(/\D/g, ''));

/** What the table says came back, and what should have. */
async function compared(ui: LabPage, side: 'expected' | 'recovered'): Promise<Rows> {
  const lines = ui.page.locator('[data-part=compared] [data-key]');
  const entries = await lines.evaluateAll(
    (elements, of) =>
      elements.map((element) => [
        element.getAttribute('data-key')!,
        element.querySelector(`[data-side=${of}]`)!.textContent.replace('≠', '').trim(),
      ]),
    side,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== '–') as [string, string][]);
}

/** Each loses a commit whose client was told “yes”: by an early answer, by bytes nobody checks, by a write left out. */
const MUTANTS = ['flushBeforeAcknowledge', 'logChecksum', 'everyLogWrite'] as const;

for (const name of MUTANTS) {
  test(`without ${name}: found, opened, shrunk, replayed, linked${name === 'logChecksum' ? '' : ' @long'}`, async ({
    page,
    ui,
  }) => {
    await openCrashRoom(ui);
    await ui.mode('Break');
    await page.locator(`[data-show=${name}]`).click();
    await searched(ui);
    expect(await count(ui, 'S'), 'the map shows it').toBeGreaterThan(0);

    // The smallest, by the list beside the map.
    await page.locator('[data-failing]').first().click();
    const cell = page.locator('[data-part=cell-panel]');
    await expect(cell).toHaveAttribute('data-letter', 'S');
    await expect(page.locator('[data-part=opened-cell] [data-mark]').first(), 'recovery is drawn').toBeAttached();
    await expect(page.locator('[data-part=compared] [data-same=false]')).not.toHaveCount(0);
    expect(await compared(ui, 'recovered')).not.toEqual(await compared(ui, 'expected'));

    await ui.button('Shrink it');
    const finding = page.locator('[data-part=finding]');
    await expect(finding).toBeVisible({ timeout: 45_000 });
    await expect(finding).toHaveAttribute('data-letter', 'S');
    await expect(finding.locator('[data-part=finding-line]')).toContainText('state');
    const script = (await finding.locator('[data-part=finding-script]').textContent()) ?? '';
    const link = (await page.locator('[data-action=copy-link]').getAttribute('data-link')) ?? '';
    expect(link).toMatch(/^#1\./);

    // Replayed here, then from the link in a page that knows nothing of it: the same rows came back.
    await ui.button('Open in the Log room');
    await ui.isIn('Log', 'from a link');
    const here = await settledRows(ui);
    await ui.open(link);
    await ui.isIn('Log', 'from a link');
    await ui.expectRows(here);
    // And they are not what was put: a promised row is not there, or not as it was put.
    expect(here, script).not.toEqual(putBy(script));
  });
}

/** The rows, read until they stay the same: the table reads them a moment after the run. */
async function settledRows(ui: LabPage): Promise<Rows> {
  let last = '';
  await expect
    .poll(async () => {
      const now = JSON.stringify(await ui.rows());
      const same = now === last;
      last = now;
      return same;
    })
    .toBe(true);
  return JSON.parse(last) as Rows;
}
/** What the strict puts of a script, each flushed, come to. */
function putBy(script: string): Rows {
  const puts = [...script.split(/^crash/m)[0]!.matchAll(/^put (\S+) (\S+)(?!.*relaxed)/gm)];
  return Object.fromEntries(puts.map(([, key, value]) => [key!, value!]));
}

test.describe('with motion', () => {
  test.use(MOVING);

  test('a first visit: the tour begins by itself, goes on by the keyboard, fills the map, and opens the state that goes wrong', async ({
    page,
    ui,
  }) => {
    await openCrashRoom(ui);
    const tour = page.locator('[data-part=tour]');
    const crash = page.locator('[data-part=graph] [data-chosen]');
    await expect(tour, 'before any key').toHaveAttribute('data-playing', 'true');
    await expect(crash, 'the crash walks to the end of the run').toHaveAttribute('data-chosen', '15', {
      timeout: 20_000,
    });
    for (const step of ['point', 'map', 'off', 'cell', 'on']) {
      await expect(tour).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
      await page.getByRole('button', { name: 'Next', exact: true }).focus();
      await page.keyboard.press('Enter');
      await expect(tour).toHaveAttribute('data-step', step);
      await expect(tour, 'a hand is on it').toHaveAttribute('data-playing', 'false');
      if (step !== 'off' && step !== 'on' && step !== 'cell') continue;
      await expect(tour).toHaveAttribute('data-ready', 'true', { timeout: 30_000 });
      if (step === 'cell') await expect(page.locator('[data-part=compared] [data-same=false]')).not.toHaveCount(0);
      else expect((await count(ui, 'S')) > 0, step).toBe(step === 'off');
    }
    // The map by arrows: what stands under it is the state in the ring, and Enter recovers it.
    await page.getByRole('application', { name: /Verdict map/ }).focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await expect(page.locator('[data-part=verdict-map] [data-focus]')).toHaveCount(1);
    const id = await page.locator('[data-part=verdict-map] [data-focus]').getAttribute('data-focus');
    await expect(page.locator('[data-part=cell-sentence]')).toContainText(id!);
    await page.keyboard.press('Enter');
    await expect(page.locator('[data-part=cell-panel]')).toHaveAttribute('data-cell', id!);
  });
});
