/**
 * Kills a real worker on real files, and reads back what a new one recovers. Nothing here trusts a text on screen or the
 * engine's own word: the page keeps the list of acknowledged commits, and compares contents.
 */
import type { Page } from '@playwright/test';
import { serveBuiltPage } from './support/built_page';
import { PAGE_PROTECTION_NAMES } from '../src/workload/protection_names';
import { expect, test as base } from './support/lab';
import type { KillResult, LoadKillResult, RunIo, Stop } from './support/kill/page';

/** Another one finds other instants: FAULTLINE_SEED=… npm run e2e. */
const SEED = Number(process.env['FAULTLINE_SEED'] ?? 20);
/** In `npm test`: every I/O, and every third of the stops inside a write. */
const IS_SHORT = process.env['FAULTLINE_SHORT'] !== undefined;
const RANDOM_KILLS = IS_SHORT ? 8 : 30;
/** Fewer kills than this with something in the files that nobody had been told of, and the harness proves nothing. */
const TAILS_MIN = RANDOM_KILLS / 3;

const test = base.extend<{ killPage: Page }, { killAddress: string }>({
  killAddress: [
    async ({}, use) => {
      const served = await serveBuiltPage('e2e/support/kill/index.html');
      await use(served.address);
      await served.close();
    },
    { scope: 'worker' },
  ],
  killPage: async ({ page, killAddress }, use) => {
    await page.goto(killAddress);
    await page.waitForFunction(() => 'kills' in window);
    await use(page);
    await page.evaluate(() => window.kills.end());
  },
});

test.setTimeout(120_000);

test('a worker killed at every I/O and inside every write of 20 commits loses nothing it acknowledged', async ({
  killPage,
}) => {
  const { checkpoints, ios, logBytesWritten } = await killPage.evaluate((seed) => window.kills.rehearse(seed), SEED);
  expect(checkpoints, 'checkpoints that the run took by itself').toBeGreaterThanOrEqual(2);
  expect(logBytesWritten, 'bytes of log: the file of 8 KiB was gone round twice').toBeGreaterThan(16 * 1024);
  expect(
    ios.map(({ io }) => io),
    'every I/O has its number',
  ).toEqual(ios.map((_, index) => index + 1));

  const inside = insideWrites(ios).filter((_, index) => !IS_SHORT || index % 3 === 0);
  const stops = [...ios.map(({ io }) => ({ io })), ...inside];
  const began = Date.now();
  const results = await killPage.evaluate((all) => window.kills.killAt(all), stops);
  const milliseconds = (Date.now() - began) / stops.length;

  expect(results.filter(({ findings }) => findings.length > 0)).toEqual([]);
  expect(results).toHaveLength(stops.length);
  const tails = results.filter(({ acknowledged, submitted }) => submitted > acknowledged);
  const kept = results.filter(({ acknowledged, prefix }) => prefix! > acknowledged);
  console.log(
    `seed ${SEED}: ${ios.length} I/Os, ${results.length} kills of ${milliseconds.toFixed(0)} ms, ` +
      `${stops.length - ios.length} of them inside a write; ${sum(results)} acknowledgements, none lost; ` +
      `${tails.length} kills with commits that nobody was told of, ${kept.length} where some of them came back; ` +
      `${checkpoints} checkpoints, ${logBytesWritten} bytes of log`,
  );
  expect(tails.length, 'harness broken: hardly a kill fell into a commit').toBeGreaterThan(20);
});

for (const protection of PAGE_PROTECTION_NAMES.filter((name) => name !== 'none')) {
  const tag = protection === 'copy_on_write' ? '' : ' @long';
  test(`a worker killed at every I/O of the checkpoint that carries a split, ${protection}: every acknowledged key is there${tag}`, async ({
    killPage,
  }) => {
    const { ios, pagesWritten, splitsBefore } = await killPage.evaluate(
      (name) => window.kills.rehearseSplit(name),
      protection,
    );
    expect(splitsBefore, 'a leaf has split since the checkpoint before').toBe(1);
    expect(pagesWritten, 'both halves and the new root are written').toBeGreaterThanOrEqual(3);
    const stops = [...ios.map(({ io }) => ({ io })), ...insideWrites(ios)];
    const results = await killPage.evaluate((all) => window.kills.killAt(all), stops);
    expect(results.filter(({ findings }) => findings.length > 0)).toEqual([]);
    expect(results.map(({ acknowledged, prefix }) => [acknowledged, prefix])).toEqual(stops.map(() => [2, 2]));
    console.log(
      `${protection}: ${ios.length} I/Os of the checkpoint, ${ios.filter(({ file }) => file.startsWith('data')).length} ` +
        `of them of pages and flushes; ${results.length} kills, both commits there after each`,
    );
  });
}

test('without any page protection the same kills find half a split', async ({ killPage }) => {
  const { ios } = await killPage.evaluate(() => window.kills.rehearseSplit('none'));
  const stops = ios.map(({ io }) => ({ io }));
  const results = await killPage.evaluate((all) => window.kills.killAt(all), stops);
  const red = results.filter(({ findings }) => findings.length > 0);
  expect(red.length, 'harness broken: half of a split was taken for a whole one').toBeGreaterThan(0);
  expect(red[0]!.findings.join(), 'and the store says so itself').toMatch(/does not open: page_damaged/);
  console.log(`none: ${red.length} of ${stops.length} kills leave a tree that does not open`);
});

for (const policy of ['leveled', 'tiered', 'lazy_leveling'] as const) {
  const tag = policy === 'leveled' ? '' : ' @long';
  test(`a worker killed at every I/O of a flush and the compaction behind it, ${policy}${tag}: every acknowledged key is there`, async ({
    killPage,
  }) => {
    const { compactions, flushes, ios } = await killPage.evaluate(
      (name) => window.kills.rehearseCompaction(name),
      policy,
    );
    expect(flushes, 'a memtable became a table').toBe(1);
    expect(compactions, 'and tables were merged').toBeGreaterThanOrEqual(1);
    const stops = [...ios.map(({ io }) => ({ io })), ...insideWrites(ios)];
    const results = await killPage.evaluate((all) => window.kills.killAt(all), stops);
    expect(results.filter(({ findings }) => findings.length > 0)).toEqual([]);
    expect(Math.min(...results.map(({ acknowledged }) => acknowledged)), 'all that the checkpoint carries').toBe(4);
    console.log(
      `${policy}: ${ios.length} I/Os of a flush and what was merged behind it (${compactions} edits); ${results.length} kills; ` +
        `${sum(results)} acknowledgements, none lost`,
    );
  });
}

test('a worker killed at every I/O of commits with transactions open and of a vacuum: whole commits, all that were acknowledged, nothing of what was open', async ({
  killPage,
}) => {
  const { collected, ios, shared, slices } = await killPage.evaluate(() => window.kills.rehearseVersions());
  expect(shared, 'transactions that shared a flush').toBeGreaterThanOrEqual(3);
  expect(slices, 'the vacuum went along with the commits').toBeGreaterThanOrEqual(3);
  expect(collected, 'and took old versions').toBeGreaterThan(10);
  const stops = [...ios.map(({ io }) => ({ io })), ...insideWrites(ios)];
  const results = await killPage.evaluate((all) => window.kills.killAt(all), stops);
  expect(results.filter(({ findings }) => findings.length > 0)).toEqual([]);
  expect(results.length).toBe(stops.length);
  const kept = results.filter(({ acknowledged, prefix }) => prefix! > acknowledged);
  expect(kept.length, 'commits in the files that nobody had been told of').toBeGreaterThan(0);
  console.log(
    `versions: ${ios.length} I/Os, ${slices} slices of vacuum, ${collected} versions collected; ${results.length} kills; ` +
      `${sum(results)} acknowledgements, none lost`,
  );
});

test('a worker parked inside a write and terminated leaves exactly what it had written', async ({ killPage }) => {
  const { ios } = await killPage.evaluate((seed) => window.kills.rehearse(seed), SEED);
  const writes = ios.filter(({ call, file }) => call === 'write' && file === 'log');
  const middle = writes[Math.floor(writes.length / 2)]!;
  const flush = ios.findLast(({ call, file }) => call === 'flush' && file === 'log')!;
  const slot = ios.findLast(({ call, file }) => call === 'write' && file === 'superblock')!;
  const stops: Stop[] = [
    { io: middle.io, prefixBytes: Math.floor(middle.bytes / 2) },
    { io: flush.io },
    { io: slot.io, prefixBytes: slot.bytes - 1 },
  ];
  const parked = await killPage.evaluate((all) => window.kills.parkAt(all), stops);
  expect(parked.map(({ findings }) => findings)).toEqual([[], [], []]);
  // The latch is what all other kills rely on: it must leave the same as a thread that is stopped dead.
  const latched = await killPage.evaluate((all) => window.kills.killAt(all), stops);
  const told = ({ acknowledged, prefix }: KillResult): unknown => ({ acknowledged, prefix });
  expect(parked.map(told)).toEqual(latched.map(told));
});

test('a loaded worker terminated at random instants loses nothing it acknowledged', async ({ killPage }) => {
  const results = await killPage.evaluate(([seed, count]) => window.kills.killUnderLoad(seed, count), [
    SEED,
    RANDOM_KILLS,
  ] as const);
  expect(results.filter(({ findings }) => findings.length > 0)).toEqual([]);
  expect(results).toHaveLength(RANDOM_KILLS);

  const total = (count: (result: LoadKillResult) => number): number =>
    results.reduce((all, result) => all + count(result), 0);
  const unanswered = results.filter(({ acknowledged, submitted }) => submitted > acknowledged).length;
  const tails = results.filter(({ acknowledgedAtKill, recovered }) => recovered > acknowledgedAtKill).length;
  const neverTold = results.filter(({ acknowledged, recovered }) => recovered > acknowledged).length;
  console.log(
    `seed ${SEED}: ${RANDOM_KILLS} kills; ${total(({ submitted }) => submitted)} commits submitted, ` +
      `${total(({ acknowledged }) => acknowledged)} acknowledged, ${total(({ recovered }) => recovered)} recovered; ` +
      `${unanswered} kills left commits without an answer, ${tails} left commits in the files that nobody had been ` +
      `told of at that instant, ${neverTold} some that nobody ever was`,
  );
  expect(tails, 'harness broken: too few kills left an un-acknowledged tail').toBeGreaterThanOrEqual(TAILS_MIN);
});

test('the harness can fail: loss, half a batch and a missing flush are seen', async ({ killPage }) => {
  await killPage.evaluate((seed) => window.kills.rehearse(seed), SEED);
  const { half, honest, missing } = await killPage.evaluate(() => window.kills.lies());
  expect(honest, 'nothing is wrong with this kill').toEqual([]);
  expect(missing.join(), 'one commit too many on the list of acknowledged ones').toMatch(/acknowledged and missing/);
  expect(half.join(), 'one key of a batch taken away').toMatch(/half there/);

  const cut = await killPage.evaluate((seed) => window.kills.cutPowerUnprotected(seed), SEED);
  expect(cut.letter, 'the lab says: silent loss').toBe('S');
  expect(cut.result.findings.join(), 'and so does this suite').toMatch(/acknowledged and missing/);
});

/** Half of every write; of every seventh, its first byte alone as well, and all but its last. */
function insideWrites(ios: readonly RunIo[]): Stop[] {
  const writes = ios.filter(({ call, bytes }) => call === 'write' && bytes > 1);
  const halves = writes.map(({ bytes, io }) => ({ io, prefixBytes: Math.floor(bytes / 2) }));
  const sample = writes.filter((_, index) => index % 7 === 0);
  return [
    ...halves,
    ...sample.map(({ io }) => ({ io, prefixBytes: 1 })),
    ...sample.map(({ bytes, io }) => ({ io, prefixBytes: bytes - 1 })),
  ];
}

function sum(results: readonly KillResult[]): number {
  return results.reduce((total, { acknowledged }) => total + acknowledged, 0);
}
