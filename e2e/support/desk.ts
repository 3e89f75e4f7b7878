/** What every desk of a room has: experiments that are run, and exercises that are answered step by step. */
import { type Locator, type Page } from '@playwright/test';
import { expect, type LabPage } from './journey';

export const experiment = (page: Page, name: string): Promise<void> =>
  page.getByRole('list', { name: 'Experiments' }).getByRole('button', { name, exact: true }).click();

export async function finished(page: Page): Promise<void> {
  await expect(page.locator('[data-part=job]')).toHaveAttribute('data-state', 'finished', { timeout: 60_000 });
}

/** The exercise that is open, at its first step. */
export async function openExercise(page: Page, ui: LabPage, kind: string): Promise<Locator> {
  await ui.mode('Prove');
  await ui.choose('What to prove', 'By hand');
  await page.locator(`[data-task=${kind}]`).click();
  const task = page.locator('[data-part=hand]');
  await expect(task).toHaveAttribute('data-task-open', kind);
  return task;
}

/**
 * Answers every step by the keyboard, with the first of what there is to choose: right or wrong, the engine says which.
 * @param drawn what is chosen in the drawing, at steps that ask for that
 * @returns the steps, as they were asked
 */
export async function answerEveryStep(
  page: Page,
  ui: LabPage,
  task: Locator,
  drawn: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  return ui.answerByHand(async (asked, step) => {
    const mark = drawn[asked];
    await (mark === undefined ? step.locator('[data-choice]') : task.locator(mark)).first().focus();
    await page.keyboard.press('Enter');
  });
}
