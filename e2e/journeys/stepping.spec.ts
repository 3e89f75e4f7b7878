/** Time is a slider: every step both ways, all keys, and three views that answer to each other. */
import type { Page } from '@playwright/test';
import { expect, test, type LabPage } from '../support/journey';
import { MOVING } from '../support/lab';

test.use(MOVING);

async function atTheStart(ui: LabPage): Promise<void> {
  await ui.open();
  await ui.pause();
  await ui.press('Home');
}

const isAt = (ui: LabPage, step: number, why?: string): Promise<void> =>
  expect(ui.stepField, why).toHaveValue(String(step));

/** The picture after each press of a key; pressed inside the page, since there are hundreds. */
async function walk(page: Page, key: string, presses: number): Promise<string[]> {
  return page.evaluate(
    async ([pressed, count]) => {
      const seen: string[] = [];
      for (let press = 0; press < count; press++) {
        dispatchEvent(new KeyboardEvent('keydown', { key: pressed }));
        await new Promise((resolve) => setTimeout(resolve));
        const marks = [...document.querySelectorAll('[data-part=picture] svg [data-mark]')].map(({ outerHTML }) =>
          outerHTML.replaceAll(/<!--.*?-->| style=""/g, ''),
        );
        const sentence = document.querySelector('[data-part=sentence]')?.textContent ?? '';
        const step = document.querySelector<HTMLInputElement>('[data-field=step]')!.value;
        seen.push([step, sentence, ...marks].join('\n'));
      }
      return seen;
    },
    [key, presses] as const,
  );
}

test('a step back shows exactly what was there before it', async ({ page, ui }) => {
  await atTheStart(ui);
  const last = await ui.lastStep();
  expect(last).toBeGreaterThan(50);
  const forward = await walk(page, 'ArrowRight', last);
  expect(forward.map((state) => Number.parseInt(state))).toEqual(forward.map((_, index) => index + 1));
  const pictures = new Set(forward.map((state) => state.split('\n').slice(2).join()));
  expect(pictures.size, 'the picture changes on the way').toBeGreaterThan(last / 2);
  const back = await walk(page, 'ArrowLeft', last);
  expect(back.slice(0, -1)).toEqual(forward.slice(0, -1).reverse());
  expect(Number.parseInt(back.at(-1)!)).toBe(0);
});

test('Home, End, arrows, ten steps, a typed step and a place inside a step', async ({ page, ui }) => {
  await atTheStart(ui);
  const last = await ui.lastStep();
  await isAt(ui, 0);
  await page.keyboard.press('End');
  await isAt(ui, last);
  await page.keyboard.press('ArrowLeft');
  await isAt(ui, last - 1);
  await page.keyboard.press('Shift+ArrowLeft');
  await isAt(ui, last - 11);
  await page.keyboard.press('Shift+ArrowRight');
  await isAt(ui, last - 1);
  await ui.goTo(40);
  const whole = await ui.pictureState();

  await page.keyboard.press(',');
  await isAt(ui, 39, 'the step under way has not happened yet');
  await page.keyboard.press('.');
  await isAt(ui, 40);
  expect(await ui.pictureState()).toEqual(whole);

  await ui.choose('Step size', 'operation');
  await ui.press('ArrowRight');
  await expect.poll(() => ui.step()).toBeGreaterThan(40);
  const operation = await ui.step();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await isAt(ui, operation, 'operations have the same ends both ways');

  await ui.press('Home');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
});

test('picture, bytes and code answer to each other', async ({ page, ui }) => {
  await atTheStart(ui);
  await page.locator('[data-visit=ack]').click();
  const bytes = page.getByRole('region', { name: 'Bytes of the file' });
  const code = page.getByRole('region', { name: 'Source of the engine' });
  const record = ui.picture.locator('[data-mark][data-kind=record][data-lsn="1"]');

  // From the picture.
  await record.click();
  await expect(record.locator('.chosen').first()).toBeAttached();
  await expect(bytes).toHaveAttribute('data-file', 'log');
  await expect(bytes.locator('.cell.chosen').first(), 'its bytes are marked').toBeVisible();
  await expect(code.locator('li.about').first(), 'and a line that made a step about it').toBeAttached();

  // From the bytes.
  await page.keyboard.press('Escape');
  await expect(ui.picture.locator('.chosen')).toHaveCount(0);
  const field = bytes.getByRole('group', { name: 'Decoded fields' }).locator('[data-field]').filter({ hasText: 'lsn' });
  await field.first().getByRole('button').first().click();
  await expect(ui.picture.locator('[data-mark]:has(.chosen)').first(), 'the mark that holds them').toBeAttached();

  // From the code: the next step that this line made.
  const step = await ui.step();
  // One line, held by its number: at rest the panel adds the lines above it, and the first button is another's.
  const line = (await code.locator('li:has([data-action=next-step-of-line])').first().getAttribute('data-line'))!;
  await code.locator(`li[data-line="${line}"] [data-action=next-step-of-line]`).click();
  await expect.poll(() => ui.step()).not.toBe(step);
  await expect(code).toHaveAttribute('data-line', line);
  await expect(code.locator('li.current')).toHaveAttribute('data-line', line);
  await expect(bytes, 'earlier bytes say that they are put together').toHaveAttribute('data-origin', 'rebuilt');
});
