/**
 * Scrubbing a run of 2,000 events with everything open: picture, rug, bytes, code. The goals are those of the lab,
 * printed beside what was measured; what is asserted is twice as much: time on the processor grows too when others make
 * its caches cold.
 */
import { frameCosts, scrubAlong } from './support/frames';
import { expect, test } from './support/journey';
import { MOVING } from './support/lab';

const GOAL = { median: 8, p95: 16 };
const FRAMES = 240;
const RUNS = 2;
/** Of the goal, at most: see above. */
const GUARD = 2;
const EVENTS_MIN = 2000;

test.setTimeout(180_000);
test.use({ viewport: { width: 1280, height: 800 }, ...MOVING });

test('scrubbing 2,000 events with bytes and code open leaves the main thread most of each frame', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.runScript(manyCommits());
  const steps = await ui.lastStep();
  expect(steps).toBeGreaterThan(EVENTS_MIN);
  await expect(page.getByRole('region', { name: 'Bytes of the file' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Source of the engine' }).locator('li').first()).toBeVisible();

  const work = (): Promise<void> => scrubAlong(page, thereAndBack());
  await work(); // Sources are loaded, code is compiled.
  // The run with the least disturbance says most about the page.
  const runs: number[][] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await frameCosts(page, work));
  for (const costs of runs) expect(costs.length, 'frames seen').toBeGreaterThan(FRAMES / 2);
  const best = (part: number): number => Math.min(...runs.map((costs) => quantile(costs, part)));
  const [median, p95] = [best(0.5), best(0.95)];
  console.log(
    `scrubbing ${steps} events, bytes and code open, best of ${RUNS} runs of ${FRAMES} frames: main thread ` +
      `${median.toFixed(1)} ms a frame at the median (goal ${GOAL.median}), ${p95.toFixed(1)} ms at the 95th percentile ` +
      `(goal ${GOAL.p95})`,
  );
  expect(median).toBeLessThan(GUARD * GOAL.median);
  expect(p95).toBeLessThan(GUARD * GOAL.p95);
});

function manyCommits(): string {
  const lines: string[] = [];
  for (let commit = 0; commit < 260; commit++) {
    lines.push(`put key${commit % 90} @${20 + (commit % 50)} as ${1 + (commit % 3)}`);
    if (commit % 3 === 2) lines.push('flush');
  }
  return lines.join('\n');
}

/** One and a half times over the whole run, at changing speed. */
function thereAndBack(): number[] {
  return Array.from({ length: FRAMES }, (_, frame) => Math.sin((frame / FRAMES) * Math.PI * 3) * 0.5 + 0.5);
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * part)]!;
}
