/** The B-tree room: a split both ways, a split and a merge by hand, and a worker killed inside the checkpoint that carries one. */
import { expectNoFaults } from '../support/axe';
import { expect, test, type LabPage } from '../support/journey';

/** Keys by page, with the identity that each cell has in the picture. */
type Leaves = Readonly<Record<string, Readonly<Record<string, string>>>>;

async function leaves(ui: LabPage): Promise<Leaves> {
  await expect(ui.picture.locator('canvas'), 'painted only while it is scrubbed').toHaveCount(0);
  return ui.picture.locator('[data-kind=cell]').evaluateAll((cells) => {
    const inner = new Set(
      [...document.querySelectorAll('[data-kind=page]:not([data-level="0"])')].map((page) =>
        page.getAttribute('data-page'),
      ),
    );
    const found: Record<string, Record<string, string>> = {};
    for (const cell of cells) {
      const page = cell.getAttribute('data-page')!;
      if (!inner.has(page)) (found[page] ??= {})[cell.getAttribute('data-key')!] = cell.getAttribute('data-mark')!;
    }
    return found;
  });
}
const keysOf = (found: Leaves): readonly string[][] => Object.values(found).map((cells) => Object.keys(cells).sort());

/** Steps on, or back, until the sentence says so. */
async function stepTo(ui: LabPage, words: RegExp, key: 'ArrowRight' | 'ArrowLeft' = 'ArrowRight'): Promise<number> {
  const last = await ui.lastStep();
  for (let tries = 0; tries < last; tries++) {
    if (words.test((await ui.sentence.textContent()) ?? '')) return ui.step();
    const step = await ui.step();
    await ui.press(key);
    // The sentence is drawn with the step: one that is read too early is that of the step before.
    await expect(ui.stepField).not.toHaveValue(String(step));
    await ui.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }
  throw new Error(`no step says ${words}`);
}

async function openRoom(ui: LabPage): Promise<void> {
  await ui.open('#btree');
  await ui.press('Home');
  await expect(ui.stepField).toHaveValue('0');
}

test('a split is watched forward and backward: cells keep their identity, the separator is a copy', async ({
  page,
  ui,
}) => {
  await openRoom(ui);
  await stepTo(ui, /must split/);
  const before = await leaves(ui);
  expect(keysOf(before)).toEqual([['ash', 'elm', 'oak', 'yew']]);
  await stepTo(ui, /move as a block/);
  const after = await leaves(ui);
  expect(keysOf(after)).toEqual([
    ['ash', 'elm'],
    ['oak', 'yew'],
  ]);
  expect(Object.values(after['2']!).sort()).toEqual([before['1']!['oak'], before['1']!['yew']].sort());
  await stepTo(ui, /is copied up/);
  await expect(ui.picture.locator('[data-kind=page][data-level="1"]')).toHaveCount(1);
  expect(keysOf(await leaves(ui))).toEqual([
    ['ash', 'elm'],
    ['fig', 'oak', 'yew'],
  ]);
  const whole = await ui.pictureState();
  await ui.press('ArrowLeft');
  await ui.press('ArrowRight');
  expect(await ui.pictureState()).toEqual(whole);
  while (!/must split/.test((await ui.sentence.textContent()) ?? '')) await ui.press('ArrowLeft');
  expect(await leaves(ui)).toEqual(before);
  await expectNoFaults(page);
});

const TREE = 'seed 5\nstore log 32k btree page 256 pool 8k\n';
const VALUE = 'v'.repeat(40);

test('keys put by hand split a leaf, and deleting them merges it again', async ({ ui }) => {
  await openRoom(ui);
  await ui.runScript(`${TREE}put elm ${VALUE}\nflush\n`);
  await ui.choose('What to do', 'Commands');
  const leafCount = () => ui.picture.locator('[data-kind=page][data-level="0"]').count();
  for (const key of ['ash', 'fig', 'oak', 'yew']) await ui.put(key, VALUE);
  await ui.flush();
  await ui.toEnd();
  await expect.poll(leafCount, 'five cells do not fit into one leaf').toBe(2);
  for (const key of ['ash', 'elm', 'fig']) {
    await ui.textbox('key').fill(key);
    await ui.button('Delete');
    await ui.isDone();
  }
  await ui.flush();
  await ui.toEnd();
  await expect.poll(leafCount, 'two cells do').toBe(1);
  await ui.expectRows({ oak: VALUE, yew: VALUE });
});

test('the worker is killed between page writes of a checkpoint, and everything acknowledged is read back @long', async ({
  page,
  ui,
}) => {
  const rows = Object.fromEntries(['ash', 'elm', 'fig', 'oak', 'yew'].map((key) => [key, VALUE]));
  const puts = Object.keys(rows).map((key) => `put ${key} ${VALUE}`);
  await openRoom(ui);
  await ui.runScript(`${TREE}${puts.join('\n')}\nflush\ncheckpoint\n`);
  await stepTo(ui, /Page 2 is written to extent/, 'ArrowLeft');
  await ui.mode('Break');
  await ui.choose('Kind of crash', 'Kill worker');
  await ui.button('Kill the worker here');
  await expect(page.getByRole('region', { name: 'Verdict' })).toHaveAttribute('data-letter', 'A');
  await ui.toEnd();
  await ui.expectRows(rows, 'the log replays the split that the checkpoint did not finish');
  await expect(ui.picture.locator('[data-kind=page][data-level="0"]')).toHaveCount(2);
});
