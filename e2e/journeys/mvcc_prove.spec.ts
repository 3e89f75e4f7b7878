/** The exercises of the room of versions: answered by hand, each step held against the engine. */
import { expectNoFaults } from '../support/axe';
import { expect, test } from '../support/journey';

for (const kind of ['snapshot', 'skew', 'abort'] as const) {
  const tag = kind === 'snapshot' ? '' : ' @long';
  test(`${kind}: every step is held against the engine${tag}`, async ({ page, ui }) => {
    await ui.open('#mvcc');
    await ui.mode('Prove');
    await ui.choose('What to prove', 'By hand');
    await page.locator(`[data-task=${kind}]`).click();
    const task = page.locator('[data-part=hand]');
    await expect(task).toHaveAttribute('data-task-open', kind);
    const asked = await ui.answerByHand(async (_asked, step) => {
      await step.locator('[data-choice]').first().focus();
      await page.keyboard.press('Enter');
    });
    expect(asked.length).toBeGreaterThan(0);
    await expect(task.locator('[data-part=outcome]')).toBeVisible();
    await expectNoFaults(page);
  });
}
