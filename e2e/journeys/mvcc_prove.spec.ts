/** The exercises of the room of versions: answered by hand, each step held against the engine. */
import { expectNoFaults } from '../support/axe';
import { answerEveryStep, openExercise } from '../support/desk';
import { expect, test } from '../support/journey';

for (const kind of ['snapshot', 'skew', 'abort'] as const) {
  const tag = kind === 'snapshot' ? '' : ' @long';
  test(`${kind}: every step is held against the engine${tag}`, async ({ page, ui }) => {
    await ui.open('#mvcc');
    const task = await openExercise(page, ui, kind);
    expect((await answerEveryStep(page, ui, task)).length).toBeGreaterThan(0);
    await expectNoFaults(page);
  });
}
