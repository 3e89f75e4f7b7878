/** Several tabs, one store: never two owners, every other tab told, and nothing acknowledged lost when it changes hands. */
import process from 'node:process';
import { SeededRandom } from '../../../src/base/runtime';
import { freshProfileFolder, removeFolder } from '../../../tools/profile_folder.mjs';
import { FaultBrowser, type Tab } from '../browser';
import { drawLoad, smallStore } from '../loads';
import type { Opened } from '../page/messages';
import { Tally, type Row, type RowOptions, type RowResult } from '../row';
import { pause } from '../waiting';
import { heardSoFar, judge, Witness, type Contents, type HeardSoFar, type Load } from '../witness';

export const tabs: Row = {
  name: 'tabs',
  what: '2 to 8 tabs open one store at once; it is taken over under load, and its owner is killed under load',
  count: { short: 2, long: 30 },
  run: tabsRow,
};

export const frozenTab: Row = {
  name: 'frozen_tab',
  what: 'the tab that owns the store is frozen, or its process stopped, under load; another takes it over, the first wakes again',
  count: { short: 2, long: 20 },
  run: frozenRow,
};

/** Hand-overs in one round of tabs, one of them by a kill. */
const HAND_OVERS = 3;

interface Owned {
  readonly tab: Tab;
  readonly load: Load;
}

async function tabsRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('tabs');
  for (let round = 1; round <= count; round++) {
    const profile = freshProfileFolder();
    const witness = new Witness();
    const browser = await FaultBrowser.launch(profile, { address, witness });
    const size = 2 + random.below(7);
    const open = await Promise.all(Array.from({ length: size }, () => browser.tab()));
    const answers = await Promise.all(open.map((tab) => tab.call.open(smallStore('tabs'))));
    tally.add('tabs', size);
    let owner = theOne(open, answers, tally);
    await expectOneOwner(browser, tally);

    let owned = await loadFrom(owner, new Map(), witness, random);
    for (let change = 1; change <= HAND_OVERS; change++) {
      const killed = change === HAND_OVERS - 1;
      const heir = open.filter((tab) => tab !== owner)[random.below(open.length - 1)]!;
      await witness.acknowledgements(owned.load, 5 + random.below(200));
      const renderer = await browser.owner();
      await pause(random.below(8));
      const heard = heardSoFar(owned.load);
      if (killed) {
        await owner.kill([renderer]);
        open.splice(open.indexOf(owner), 1, await browser.tab());
        tally.add('owners killed');
      }
      const opened = await heir.call.open(killed ? {} : { takeOver: true });
      tally.fault();
      tally.most('ms the longest change of hands', opened.milliseconds);
      const before = await judgeHeir(heir, opened, owned.load, heard, tally);
      if (before === undefined) break;
      if (!killed) {
        const refusal = await owner.call.ask();
        tally.expect(refusal === 'storage_in_use', `round ${round}: the former owner says ${refusal ?? 'nothing'}`);
      }
      await expectOneOwner(browser, tally);
      owner = heir;
      owned = await loadFrom(owner, before, witness, random);
    }
    say(`tabs ${round}/${count}: ${size} tabs`);
    await browser.close();
    removeFolder(profile);
  }
  return tally.result();
}

/** Exactly one got the store; all others were told that somebody has it. */
function theOne(open: readonly Tab[], answers: readonly Opened[], tally: Tally): Tab {
  const owners = open.filter((_tab, index) => answers[index]!.recovery !== undefined);
  const codes = answers.flatMap(({ failure }) => (failure === undefined ? [] : [failure.code]));
  tally.expect(owners.length === 1, `${owners.length} of ${open.length} tabs own the store`);
  const others = codes.filter((code) => code !== 'storage_in_use');
  tally.expect(others.length === 0, `tabs without the store were told ${others.join(', ')}`);
  tally.add('tabs told that another has it', codes.length - others.length);
  return owners[0]!;
}

async function expectOneOwner(browser: FaultBrowser, tally: Tally): Promise<void> {
  const owners = await browser.owners();
  tally.expect(owners === 1, `${owners} renderers have the files`);
}

async function loadFrom(tab: Tab, before: Contents, witness: Witness, random: SeededRandom): Promise<Owned> {
  const load = witness.newLoad(drawLoad(random), before, await tab.call.publishedLsn());
  await tab.call.load({ load: load.number, spec: load.spec });
  return { tab, load };
}

/** @returns what the heir found, or undefined if it found no store */
async function judgeHeir(
  heir: Tab,
  { failure, recovery }: Opened,
  load: Load,
  heard: HeardSoFar,
  tally: Tally,
): Promise<Contents | undefined> {
  if (recovery === undefined) {
    tally.finding(`the heir did not get the store: ${failure?.code ?? ''}: ${failure?.message ?? ''}`);
    return undefined;
  }
  const contents = await heir.contents();
  // Until it let go, the former owner may have told more of its clients yes: all of that counts.
  const all = heardSoFar(load);
  tally.judged(
    judge(load, all.acknowledged > heard.acknowledged ? all : heard, contents, recovery.lastLsn, 'process_end'),
  );
  const wrong = await heir.call.goesOn();
  if (wrong !== undefined) tally.finding(wrong);
  return contents;
}

async function frozenRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('frozen_tab');
  for (let round = 1; round <= count; round++) {
    const profile = freshProfileFolder();
    const witness = new Witness();
    const browser = await FaultBrowser.launch(profile, { address, witness });
    const owner = await browser.tab();
    await owner.opened(smallStore('frozen_tab'));
    const { load } = await loadFrom(owner, new Map(), witness, random);
    await witness.acknowledgements(load, 5 + random.below(200));
    const heir = await browser.tab();
    const how = await (round % 2 === 1 ? stopped(browser) : frozen(owner));
    await how.freeze();
    await pause(100 + random.below(400));
    const atFreeze = heardSoFar(load);
    const first = await heir.call.open({ takeOver: true });
    tally.fault();
    tally.most(`ms the longest answer, ${how.name}`, first.milliseconds);
    const code = first.failure?.code;
    tally.add(`${how.name}: ${code === undefined ? 'taken over' : `told ${code}`}`);
    tally.expect(code === undefined || code === 'storage_in_use', `round ${round}: told ${code ?? ''}`);
    await how.thaw();

    const opened = first.recovery === undefined ? await heir.call.open({ takeOver: true }) : first;
    if (first.recovery === undefined && opened.recovery !== undefined) tally.add(`${how.name}: taken over once awake`);
    const before = await judgeHeir(heir, opened, load, atFreeze, tally);
    const refusal = await owner.call.ask();
    tally.expect(refusal === 'storage_in_use', `the former owner says ${refusal ?? 'nothing: it still has the store'}`);
    await expectOneOwner(browser, tally);
    if (before !== undefined) {
      // Nothing that the one that woke may have had in hand comes in any more.
      const second = await loadFrom(heir, before, witness, random);
      await witness.acknowledgements(second.load, 100);
      await heir.call.end();
      const last = await browser.tab();
      await judgeHeir(last, await last.call.open({}), second.load, heardSoFar(second.load), tally);
    }
    say(`frozen_tab ${round}/${count}: ${how.name}`);
    await browser.close();
    removeFolder(profile);
  }
  return tally.result();
}

interface Freezing {
  readonly name: string;
  freeze(): Promise<void> | void;
  thaw(): Promise<void> | void;
}

/** As the browser freezes a tab in the background. Whether its worker stands still too is the browser's choice. */
async function frozen(tab: Tab): Promise<Freezing> {
  const client = await tab.cdp();
  const set = async (state: 'frozen' | 'active'): Promise<void> => {
    await client.send('Page.setWebLifecycleState', { state });
  };
  return { name: 'frozen', freeze: () => set('frozen'), thaw: () => set('active') };
}

/** The whole renderer stands still, its worker included, and keeps its files. */
async function stopped(browser: FaultBrowser): Promise<Freezing> {
  const renderer = await browser.owner();
  return {
    name: 'stopped',
    freeze: () => void process.kill(renderer, 'SIGSTOP'),
    thaw: () => void process.kill(renderer, 'SIGCONT'),
  };
}
