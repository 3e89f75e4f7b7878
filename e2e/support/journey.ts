/**
 * The lab as a person uses it: by roles and names and by the keyboard. What is asserted on is read back: marks by their
 * `data-` attributes, and rows of the store through its worker, never a message alone.
 */
import type { Locator, Page } from '@playwright/test';
import { expect, test as base } from './lab';

export { expect };

/** One mark, all of it that a reader can see or ask for. */
export type MarkState = Readonly<Record<string, string>>;
export interface PictureState {
  readonly step: number;
  readonly sentence: string;
  readonly marks: readonly MarkState[];
}
export type Rows = Readonly<Record<string, string>>;

export class LabPage {
  readonly page: Page;
  #opened = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the lab and waits until it can be used. A path of its own keeps a hash from being a mere jump. */
  async open(hash = ''): Promise<void> {
    await this.page.goto(hash === '' ? './' : `./?${++this.#opened}${hash}`);
    await this.isReady();
  }
  async isReady(): Promise<void> {
    await expect(this.page.locator('[data-phase=ready]')).toBeVisible();
    await expect(this.picture.locator('[data-mark]').first()).toBeAttached();
    await this.isDone();
  }
  /** All that was asked for has happened: what is on the page is whole. */
  async isDone(timeout = 10_000): Promise<void> {
    await expect(this.page.locator('[data-part=lab]')).toHaveAttribute('data-working', 'false', { timeout });
  }
  /** A link or a script was opened from another room: its run stands in the room of that name. */
  async isIn(room: string, label: string): Promise<void> {
    await expect(this.page.locator('nav [aria-current=page]')).toHaveText(room);
    await expect(this.page.locator('[data-part=truth]')).toContainText(label);
    await this.isDone();
  }

  // ---- parts of the page

  get picture(): Locator {
    return this.page.locator('[data-part=picture]');
  }
  get stepField(): Locator {
    return this.page.getByRole('spinbutton', { name: /step/ });
  }
  get sentence(): Locator {
    return this.page.locator('[data-part=sentence]');
  }
  notice(code: string): Locator {
    return this.page.locator(`[role=alert][data-notice=${code}]`);
  }
  futures(): Locator {
    return this.page.getByRole('list', { name: 'Futures of this run' }).getByRole('listitem');
  }

  // ---- moving

  async step(): Promise<number> {
    return Number(await this.stepField.inputValue());
  }
  async lastStep(): Promise<number> {
    return Number(await this.stepField.getAttribute('max'));
  }
  async goTo(step: number): Promise<void> {
    await this.stepField.fill(String(step));
    await this.stepField.press('Enter');
    await this.leaveFields();
    await expect(this.stepField).toHaveValue(String(step));
  }
  /** Keys belong to the lab only while nothing else has the focus. */
  async leaveFields(): Promise<void> {
    await this.page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
  }
  async press(key: string): Promise<void> {
    await this.leaveFields();
    await this.page.keyboard.press(key);
  }
  /** Stops the lesson that begins by itself, where motion is wanted. */
  async pause(): Promise<void> {
    await this.page.getByRole('button', { name: 'Pause' }).click();
    await expect(this.page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  }
  async mode(name: 'Watch' | 'Play' | 'Break' | 'Prove'): Promise<void> {
    await this.choose('Mode', name);
  }
  /** One of a few, all in sight. */
  async choose(group: string, option: string): Promise<void> {
    const radio = this.page.getByRole('radiogroup', { name: group }).getByRole('radio', { name: option, exact: true });
    await radio.check();
    await expect(radio).toBeChecked();
  }
  async button(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name }).click();
  }

  textbox(name: string): Locator {
    return this.page.getByRole('textbox', { name, exact: true });
  }

  // ---- doing

  async put(key: string, value: string): Promise<void> {
    await this.textbox('key').fill(key);
    await this.textbox('value').fill(value);
    await this.button('Put');
    await this.isDone();
  }
  async flush(): Promise<void> {
    await this.button(/^Flush/);
    await this.isDone();
  }

  /** Runs a script of one's own, and stands at its end; a long one is waited for so many milliseconds. */
  async runScript(text: string, timeout?: number): Promise<void> {
    await this.mode('Play');
    await this.choose('What to do', 'Script');
    await this.page.getByRole('textbox', { name: /Script/ }).fill(text);
    const steps = await this.lastStep();
    await this.button('Run');
    await expect(this.page.locator('[data-part=truth]')).toContainText('your script');
    await this.isDone(timeout);
    await expect(this.stepField, 'another run has another length').not.toHaveAttribute('max', String(steps));
    await this.toEnd();
  }
  async toEnd(): Promise<void> {
    await this.press('End');
    await expect.poll(async () => (await this.lastStep()) - (await this.step()), 'steps to the end').toBe(0);
  }
  async openOwnStore(): Promise<void> {
    await this.mode('Play');
    await this.page.getByRole('radiogroup', { name: 'Which store' }).getByRole('radio', { name: 'Your store' }).check();
    await this.isDone();
  }

  /**
   * Answers an open exercise to its end, step by step, and says which steps it asked. The page shows a step or the
   * outcome, never both: what is there is read only when one of them is.
   */
  async answerByHand(answer: (asked: string, step: Locator) => Promise<void>): Promise<string[]> {
    const task = this.page.locator('[data-part=hand]');
    const step = task.locator('[data-part=step]');
    const outcome = task.locator('[data-part=outcome]');
    const asked: string[] = [];
    for (;;) {
      await expect(step.or(outcome)).toBeVisible();
      if (await outcome.isVisible()) return asked;
      const id = (await step.getAttribute('data-step'))!;
      await answer(id, step);
      await this.button('Ask the engine');
      await expect(this.page.locator('[data-part=last-step]')).toHaveAttribute('data-step', id);
      asked.push(id);
    }
  }

  // ---- reading back

  /** The picture at this step, when it has settled. */
  async pictureState(): Promise<PictureState> {
    await expect(this.picture.locator('canvas'), 'painted only while it is scrubbed').toHaveCount(0);
    const marks = await this.picture.locator('svg [data-mark]').evaluateAll((elements) =>
      elements.map((element) => {
        const state: Record<string, string> = { shape: element.innerHTML.replaceAll(/<!--.*?-->| style=""/g, '') };
        for (const { name, value } of element.attributes) if (name !== 'id' && value !== '') state[name] = value;
        return state;
      }),
    );
    return { step: await this.step(), sentence: (await this.sentence.textContent()) ?? '', marks };
  }

  /** The rows that the store on the stage holds now, as its worker reads them: those in sight of the table. */
  async rows(): Promise<Rows> {
    const tab = this.page.getByRole('tab', { name: 'Rows' });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    const lines = this.page.getByRole('table', { name: 'Rows of the store' }).locator('[data-key]');
    return lines.evaluateAll((elements) =>
      Object.fromEntries(
        elements.map((element) => [
          element.getAttribute('data-key') ?? '',
          [...element.querySelectorAll('[role=cell]:not(.key, .acts)')]
            .map((cell) => cell.textContent.trim())
            .join('|'),
        ]),
      ),
    );
  }
  async expectRows(expected: Rows, why?: string): Promise<void> {
    await expect.poll(() => this.rows(), why).toEqual(expected);
  }
}

export const test = base.extend<{ ui: LabPage }>({
  ui: async ({ page }, use) => {
    await use(new LabPage(page));
  },
});
