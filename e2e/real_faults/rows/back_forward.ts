/**
 * The back/forward cache: a page that is left may be kept whole, with its worker and its files. The page closes its
 * store when it is hidden, as the lab does; another tab must get it, and the page, shown again, must not have it too.
 */
import { SeededRandom } from '../../../src/base/runtime';
import { freshProfileFolder, removeFolder } from '../../../tools/profile_folder.mjs';
import { FaultBrowser, type Tab } from '../browser';
import { drawLoad, smallStore } from '../loads';
import { Tally, type Row, type RowOptions, type RowResult } from '../row';
import { heardSoFar, judge, Witness } from '../witness';

export const backForwardCache: Row = {
  name: 'back_forward_cache',
  what: 'the page that owns the store is left under load and kept in the cache; another opens it, before or after the way back',
  count: { short: 2, long: 20 },
  run: backForwardRow,
};

/** What a browser says that kept the page until another one asked for a lock of it. */
const EVICTED = 'WebLocksContention';

async function backForwardRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('back_forward_cache');
  const witness = new Witness();
  const profile = freshProfileFolder();
  const browser = await FaultBrowser.launch(
    profile,
    { address, witness },
    { without: ['--disable-back-forward-cache'] },
  );
  const others = new Set<string>();
  for (let round = 1; round <= count; round++) {
    const owner = await browser.tab();
    await owner.call.closeOnPageHide();
    const { recovery } = await owner.opened(smallStore('back_forward_cache'));
    const load = witness.newLoad(drawLoad(random), await owner.contents(), recovery.lastLsn);
    await owner.call.load({ load: load.number, spec: load.spec });
    await witness.acknowledgements(load, 5 + random.below(200));
    const reasons = await whyNotCached(owner);
    const hasLeft = await unlessCrashed(owner.page.goto(`${address}?elsewhere`));
    const heard = heardSoFar(load);

    const judgeHeir = async (): Promise<void> => {
      const heir = await browser.tab();
      const opened = await heir.call.open({});
      tally.most('ms the longest opening', opened.milliseconds);
      if (opened.recovery === undefined) {
        tally.finding(`round ${round}: ${opened.failure?.code ?? ''}: ${opened.failure?.message ?? ''}`);
      } else {
        tally.judged(judge(load, heard, await heir.contents(), opened.recovery.lastLsn, 'process_end'));
      }
      const owners = await browser.owners();
      tally.expect(owners === 1, `round ${round}: ${owners} renderers have the files`);
      await heir.call.end();
      await heir.page.close();
    };
    const opensBefore = round % 2 === 0;
    if (opensBefore) await judgeHeir();
    const cameBack = hasLeft !== undefined && (await unlessCrashed(goBack(owner))) === true;
    if (cameBack) {
      const refusal = await owner.call.ask();
      tally.expect(refusal !== undefined, `round ${round}: the page from the cache still has the store`);
    }
    if (!opensBefore) await judgeHeir();

    if (cameBack || reasons.has(EVICTED)) tally.fault();
    if (cameBack) tally.add('pages that came back from the cache');
    else if (reasons.has(EVICTED)) tally.add('pages put out of it because another wanted a lock of theirs');
    else {
      tally.add('pages not kept');
      for (const reason of reasons) others.add(reason);
    }
    await owner.page.close();
    say(`back_forward_cache ${round}/${count}: ${cameBack ? 'came back' : [...reasons].join()}`);
  }
  await browser.close();
  removeFolder(profile);
  if (others.size > 0) tally.because(`pages not kept for ${[...others].join(', ')}`);
  return tally.result();
}

/** @returns whether the page is the one that was left */
async function goBack({ call, page }: Tab): Promise<boolean> {
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => 'faults' in window);
  return call.cameBack();
}

/** Playwright calls a page crashed when the process of the cached one ends; what the store holds is judged all the same. */
async function unlessCrashed<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (String(error).includes('crashed')) return undefined;
    throw error;
  }
}

/** Gathers what the browser says why it did not keep the page. */
async function whyNotCached(tab: Tab): Promise<ReadonlySet<string>> {
  const reasons = new Set<string>();
  const client = await tab.cdp();
  client.on('Page.backForwardCacheNotUsed', ({ notRestoredExplanations }) => {
    for (const { reason } of notRestoredExplanations) reasons.add(reason);
  });
  await client.send('Page.enable');
  return reasons;
}
