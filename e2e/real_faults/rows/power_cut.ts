/**
 * The power goes, on a real file system and a drive made of a file (`disks.ts`). What was acknowledged strictly and
 * heard outside before the drive went on must be on the copy. Relaxed commits may be gone from the end.
 */
import { SeededRandom } from '../../../src/base/runtime';
import { FaultBrowser, type Tab } from '../browser';
import { Machine, type Copy, type DriveCache } from '../disks';
import { drawLoad, smallStore } from '../loads';
import type { WorkerKind } from '../page/messages';
import { Tally, type Row, type RowOptions, type RowResult } from '../row';
import { heardSoFar, judge, Witness, type Contents, type HeardSoFar, type Load } from '../witness';
import { pause } from '../waiting';

export const powerCut: Row = {
  name: 'power_cut',
  what: 'the power goes under load; the drive keeps all that it was handed',
  count: { short: 1, long: 100 },
  run: (options) => cutRow('power_cut', 'kept', options),
};

export const powerCutCacheLost: Row = {
  name: 'power_cut_cache',
  what: 'the power goes under load; the drive keeps only what it was told to flush',
  count: { short: 1, long: 100 },
  run: (options) => cutRow('power_cut_cache', 'lost', options),
};

/** For the test of the harness: a store that nothing flushes must lose commits. */
export const cutWithoutFlush: Row = {
  name: 'cut_without_flush',
  what: 'the same, on files whose flush does nothing: must turn red',
  count: { short: 1, long: 2 },
  run: (options) => cutRow('cut_without_flush', 'kept', options, 'unflushed'),
};

/** The same, where it is a matter of milliseconds. */
export const cutFlushedLate: Row = {
  name: 'cut_flushed_late',
  what: 'the same, on files that are flushed a moment after they say so: must turn red',
  count: { short: 2, long: 10 },
  run: (options) => cutRow('cut_flushed_late', 'kept', options, 'flushed_late'),
};

export const settling: Row = {
  name: 'settling',
  what: 'the power goes while the names of a new store may not be on the drive yet: all of it or nothing',
  count: { short: 1, long: 20 },
  run: settlingRow,
};

/** Long enough for the system to write out something of its own accord now and then. */
const CUT_AFTER_MS = 1500;

async function cutRow(
  name: string,
  cache: DriveCache,
  { address, count, say, seed }: RowOptions,
  kind: WorkerKind = 'lab',
): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally(name);
  const witness = new Witness();
  const machine = new Machine(cache);
  const browser = await FaultBrowser.launch(machine.profile, { address, witness });
  let tab = await browser.tab(kind);
  await tab.opened(smallStore(name));
  machine.settle();
  tally.because('the new store is synced before the first cut; row "settling" is about the time before');
  let before: Contents = new Map();
  for (let cut = 1; cut <= count; cut++) {
    const load = witness.newLoad(drawLoad(random), before, await tab.call.publishedLsn());
    await tab.call.load({ load: load.number, spec: load.spec });
    await witness.acknowledgements(load, 1 + random.below(300));
    await pause(random.below(CUT_AFTER_MS));
    const { copy, heard } = await cutUnder(machine, load);
    tally.fault();

    // The world in which the power did not go: closed and opened again, it has all of it too.
    await tab.call.end();
    await tab.page.close();
    const found = await foundOn(copy, { address, witness });
    if (found.recovery === undefined) tally.gone(heard.acknowledged, `cut ${cut}: ${found.failure}`);
    else if (found.recovery.formatted) tally.gone(heard.acknowledged, `cut ${cut}: the whole store is not there`);
    else {
      const judgement = judge(load, heard, found.contents, found.recovery.lastLsn, 'power_cut');
      tally.judged(judgement);
      tally.add('relaxed ones gone, as they may be', judgement.relaxedLost);
      if (judgement.untold > 0) tally.add('with commits that nobody had heard of');
      if (found.wrong !== undefined) tally.finding(`cut ${cut}: ${found.wrong}`);
      say(`${name} ${cut}/${count}: ${heard.acknowledged} acknowledged, ${Math.max(0, judgement.kept)} recovered`);
    }

    tab = await browser.tab(kind);
    await tab.opened();
    before = await tab.contents();
  }
  await browser.close();
  machine.end();
  return tally.result();
}

/** What a worker had said before its flush stood still needs so long to get out of the browser. */
const WAY_OUT_MS = 40;

async function cutUnder(machine: Machine, load: Load): Promise<{ copy: Copy; heard: HeardSoFar }> {
  let heard: HeardSoFar | undefined;
  const copy = await machine.cutPower(async () => {
    await pause(WAY_OUT_MS);
    heard = heardSoFar(load);
  });
  return { copy, heard: heard! };
}

interface Found {
  readonly recovery: Awaited<ReturnType<Tab['opened']>>['recovery'] | undefined;
  readonly failure: string;
  readonly contents: Contents;
  /** What the recovered store does wrong. */
  readonly wrong: string | undefined;
}

/** Starts a browser on what the cut left, and opens the store. */
async function foundOn(copy: Copy, options: { address: string; witness: Witness }): Promise<Found> {
  const browser = await FaultBrowser.launch(copy.profile, options);
  const tab = await browser.tab();
  const { failure, recovery } = await tab.call.open({});
  const contents = recovery === undefined ? new Map<string, string>() : await tab.contents();
  const wrong = recovery === undefined ? undefined : await tab.call.goesOn();
  await browser.close();
  copy.end();
  return { recovery, failure: `${failure?.code ?? ''}: ${failure?.message ?? ''}`, contents, wrong };
}

/** The system writes names out within some 35 s of itself; each cut falls somewhere before or a little after. */
const SETTLED_AFTER_MS = 45_000;
/** Where nobody has that long. */
const SHORT_COUNT = 5;
const SHORT_MS = 3000;

async function settlingRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('settling');
  const witness = new Witness();
  const machine = new Machine('kept');
  const browser = await FaultBrowser.launch(machine.profile, { address, witness });
  machine.settle();
  const longest = count <= SHORT_COUNT ? SHORT_MS : SETTLED_AFTER_MS;
  tally.because(`cut at random instants up to ${longest / 1000} s after the store was made`);
  for (let cut = 1; cut <= count; cut++) {
    // An origin of its own has private files of its own: each store is a new one.
    const origin = address.replace('127.0.0.1', `store-${cut}.localhost`);
    const tab = await browser.tab('lab', origin);
    await tab.opened(smallStore('settling'));
    const load = witness.newLoad(drawLoad(random), new Map(), 0);
    await tab.call.load({ load: load.number, spec: load.spec });
    await witness.acknowledgements(load, 1 + random.below(100));
    const waitMs = random.below(longest);
    await pause(waitMs);
    const { copy, heard } = await cutUnder(machine, load);
    tally.fault();
    await tab.call.end();
    await tab.page.close();

    const found = await foundOn(copy, { address: origin, witness });
    const { recovery } = found;
    const what = ((): string => {
      if (recovery === undefined) {
        tally.gone(heard.acknowledged, `cut ${cut} after ${waitMs} ms: ${found.failure}`);
        return 'refused';
      }
      if (found.wrong !== undefined) tally.finding(`cut ${cut} after ${waitMs} ms: ${found.wrong}`);
      if (recovery.formatted) {
        tally.add('acknowledged commits in those', heard.acknowledged);
        tally.expect(found.contents.size === 0, `cut ${cut}: a new store with ${found.contents.size} keys in it`);
        return 'absent as a whole';
      }
      tally.judged(judge(load, heard, found.contents, recovery.lastLsn, 'power_cut'));
      return 'whole';
    })();
    tally.add(what);
    if (what === 'absent as a whole') tally.most('ms the latest cut that took the store', waitMs);
    say(`settling ${cut}/${count}: after ${waitMs} ms ${what}`);
  }
  await browser.close();
  machine.end();
  return tally.result();
}
