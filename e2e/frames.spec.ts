/**
 * What a frame of scrubbing costs with everything open: picture, rug, bytes, code; over a run of 2,000 events, over a tree
 * of 10,000 leaves, and over one of 2,000 tables. The goals are those of the lab, printed beside what was measured; what
 * is asserted is twice as much: time on the processor grows too when others make its caches cold. Where that goes on for
 * long, more runs are made before it counts. All in the long suite: figures want a machine of their own.
 */
import type { Page } from '@playwright/test';
import { frameCosts, scrubAlong } from './support/frames';
import { expect, test, type LabPage } from './support/journey';
import { MOVING } from './support/lab';

/** Milliseconds of the page's thread for a frame. */
interface Goal {
  readonly median: number;
  readonly p95?: number;
}
const GOAL: Goal = { median: 8, p95: 16 };
/** With the processor slowed so many times, a frame in thirty a second. */
const SLOWED = 4;
const GOAL_SLOWED: Goal = { median: 33 };
const FRAMES = 240;
const RUNS = 2;
const RUNS_MAX = 4;
/** Of the goal, at most: see above. */
const GUARD = 2;
/** The picture of many tables is not there yet: what is asserted keeps it from growing. */
const GUARD_OF_TABLES = 3;
const EVENTS_MIN = 2000;
const LEAVES_MIN = 10_000;
const TABLES_MIN = 2000;
const EDITS_MIN = 5000;
const WHOLE = { from: 0, to: 1 };

// Beside other work a slowed page takes its time; none of that is in the figures.
test.setTimeout(600_000);
test.use({ viewport: { width: 1280, height: 800 }, ...MOVING });

test('scrubbing 2,000 events with bytes and code open leaves the main thread most of each frame @long', async ({
  page,
  ui,
}) => {
  await ui.open();
  await ui.runScript(manyCommits());
  const steps = await ui.lastStep();
  expect(steps).toBeGreaterThan(EVENTS_MIN);
  await everythingIsOpen(page);
  await expectSmooth(page, `scrubbing ${steps} events`, { goal: GOAL });
});

test('scrubbing a tree of 10,000 leaves leaves the main thread most of each frame, also where it is slow @long', async ({
  page,
  ui,
}) => {
  await ui.open('#btree');
  await ui.runScript(MANY_LEAVES, 120_000);
  const leaves = await leafCount(ui);
  expect(leaves).toBeGreaterThan(LEAVES_MIN);
  await everythingIsOpen(page);
  const kept = await keptPart(ui);
  await expectSmooth(page, `scrubbing a tree of ${leaves} leaves`, { goal: GOAL, part: kept });
  await expectSmooth(page, `the same, ${SLOWED} times slower`, { goal: GOAL_SLOWED, part: kept, slowed: SLOWED });
});

test('scrubbing a tree of 2,000 tables over thousands of edits leaves the main thread most of each frame, also where it is slow @long', async ({
  page,
  ui,
}) => {
  await ui.open('#lsm');
  await ui.runScript(manyEdits(), 240_000);
  const { edits, tables } = await treeSize(ui);
  expect(tables).toBeGreaterThan(TABLES_MIN);
  expect(edits).toBeGreaterThan(EDITS_MIN);
  await everythingIsOpen(page);
  const kept = await keptPart(ui);
  await expectSmooth(page, `scrubbing a tree of ${tables} tables, the last of ${edits} edits`, {
    ...{ goal: GOAL, guard: GUARD_OF_TABLES, part: kept },
  });
  await expectSmooth(page, `the same, ${SLOWED} times slower`, {
    ...{ goal: GOAL_SLOWED, guard: GUARD_OF_TABLES, part: kept, slowed: SLOWED },
  });
});

/** Of a run of great length the page keeps the last part, and the rug shows all of it. */
async function keptPart(ui: LabPage): Promise<{ readonly from: number; readonly to: number }> {
  const last = await ui.lastStep();
  await ui.press('Home');
  await expect.poll(() => ui.step()).toBeLessThan(last);
  return { from: (await ui.step()) / last, to: 1 };
}

async function everythingIsOpen(page: Page): Promise<void> {
  await expect(page.getByRole('region', { name: 'Bytes of the file' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Source of the engine' }).locator('li').first()).toBeVisible();
}

interface Scrubbed {
  readonly goal: Goal;
  /** Of the rug. */
  readonly part?: { readonly from: number; readonly to: number };
  readonly slowed?: number;
  /** Of the goal, at most. */
  readonly guard?: number;
}

async function expectSmooth(
  page: Page,
  what: string,
  { goal, guard = GUARD, part = WHOLE, slowed = 1 }: Scrubbed,
): Promise<void> {
  const places = thereAndBack().map((place) => part.from + place * (part.to - part.from));
  const work = (): Promise<void> => scrubAlong(page, places);
  await work(); // Sources are loaded, code is compiled.
  // The run with the least disturbance says most about the page.
  const runs: number[][] = [];
  const best = (share: number): number => Math.min(...runs.map((costs) => quantile(costs, share)));
  while (runs.length < RUNS || (runs.length < RUNS_MAX && best(0.5) >= guard * goal.median))
    runs.push(await frameCosts(page, work, slowed));
  for (const costs of runs) expect(costs.length, 'frames seen').toBeGreaterThan(FRAMES / 2);
  const [median, p95] = [best(0.5), best(0.95)];
  const aim = (value: number | undefined): string => (value === undefined ? '' : ` (goal ${value})`);
  console.log(
    `${what}, bytes and code open, best of ${runs.length} runs of ${FRAMES} frames: main thread ${median.toFixed(1)} ms a frame ` +
      `at the median${aim(goal.median)}, ${p95.toFixed(1)} ms at the 95th percentile${aim(goal.p95)}`,
  );
  // Softly: whatever is too much, all figures are told.
  expect.soft(median, `${what}: median`).toBeLessThan(guard * goal.median);
  if (goal.p95 !== undefined) expect.soft(p95, `${what}: 95th percentile`).toBeLessThan(guard * goal.p95);
}

function manyCommits(): string {
  const lines: string[] = [];
  for (let commit = 0; commit < 260; commit++) {
    lines.push(`put key${commit % 90} @${20 + (commit % 50)} as ${1 + (commit % 3)}`);
    if (commit % 3 === 2) lines.push('flush');
  }
  return lines.join('\n');
}

/** Rows in random order, five or six to a leaf: the last changes are all over the tree. */
const MANY_LEAVES = 'store log 4m btree page 1k pool 16m\nload shuffled rows 59000 batch 2000\n';

async function leafCount(ui: LabPage): Promise<number> {
  const words = await ui.picture.locator('[data-mark=level-0]').textContent();
  return Number(/([\d,]+) pages?/.exec(words ?? '')?.[1]?.replaceAll(',', ''));
}

/** Small memtables and tables of three rows: hardly anything but flushes, merges and their edits happens. */
function manyEdits(): string {
  const settings = 'log 64k extent 512 align 512 lsm memtable 1k table 512 block 256 restart 4 ratio 10 l0 4';
  const loads = Array.from({ length: 440 }, (_, i) => `load shuffled from ${1 + 16 * i} rows 16`);
  return [`store ${settings}`, ...loads].join('\n');
}

async function treeSize(ui: LabPage): Promise<{ readonly edits: number; readonly tables: number }> {
  const number = (text: string | null, of: RegExp): number => Number(of.exec(text ?? '')?.[1]?.replaceAll(',', ''));
  return {
    tables: number(await ui.page.locator('caption', { hasText: 'The tree:' }).textContent(), /([\d,]+) tables/),
    edits: number(await ui.picture.locator('[data-mark=title-manifest]').textContent(), /edit ([\d,]+)/),
  };
}

/** One and a half times over the whole run, at changing speed. */
function thereAndBack(): number[] {
  return Array.from({ length: FRAMES }, (_, frame) => Math.sin((frame / FRAMES) * Math.PI * 3) * 0.5 + 0.5);
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * part)]!;
}
