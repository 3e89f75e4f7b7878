/**
 * A worker that never yields is terminated, and goes on writing for two seconds. No other may have the files as long
 * as it writes, and nothing of it may land once another has them.
 */
import { SeededRandom } from '../../../src/base/runtime';
import { freshProfileFolder, removeFolder } from '../../../tools/profile_folder.mjs';
import { FaultBrowser } from '../browser';
import { drawLoad, smallStore } from '../loads';
import { Tally, type Row, type RowOptions, type RowResult } from '../row';
import { pause } from '../waiting';
import { judge, heardSoFar, Witness } from '../witness';

export const zombie: Row = {
  name: 'zombie',
  what: 'a worker that commits in a loop is terminated and runs on; another opens or takes over the store meanwhile',
  count: { short: 1, long: 30 },
  run: zombieRow,
};

async function zombieRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('zombie');
  const witness = new Witness();
  const profile = freshProfileFolder();
  const browser = await FaultBrowser.launch(profile, { address, witness });
  await browser.isolate();
  let heir = await browser.tab('counting');
  await heir.opened(smallStore('zombie'));
  for (let round = 1; round <= count; round++) {
    const before = await heir.contents();
    const lsnBefore = await heir.call.publishedLsn();
    await heir.call.end();
    await heir.page.close();
    const owner = await browser.tab();
    const load = witness.newLoad(drawLoad(random, { relaxedEvery: 0, clients: 1 }), before, lsnBefore);
    await owner.call.spin({ load: load.number, spec: load.spec });
    await witness.acknowledgements(load, 1 + random.below(300));
    heir = await browser.tab('counting');

    const atTerminate = await owner.call.terminateSpinning();
    const opened = await heir.call.open({ takeOver: round % 2 === 0 });
    const atOpen = await owner.call.zombieCounts();
    tally.fault();
    tally.add('commits made after terminate() returned', atOpen.acknowledged - atTerminate.acknowledged);
    tally.most('ms the longest wait', opened.milliseconds);
    const { refusedFiles, refusedLocks } = await heir.call.refusedOpens();
    tally.add('opens refused until release', refusedFiles + refusedLocks);
    tally.expect(refusedFiles + refusedLocks > 0, `round ${round}: nothing was refused, so nothing was tried in time`);
    await witness.acknowledgements(load, atOpen.acknowledged);

    if (opened.recovery === undefined) {
      tally.finding(`round ${round}: ${opened.failure?.code ?? ''}: ${opened.failure?.message ?? ''}`);
      break;
    }
    const contents = await heir.contents();
    tally.judged(judge(load, heardSoFar(load), contents, opened.recovery.lastLsn, 'process_end'));
    await pause(300);
    const later = await owner.call.zombieCounts();
    tally.expect(later.submitted === atOpen.submitted, `round ${round}: it wrote on after another had the files`);
    const wrong = await heir.call.goesOn();
    if (wrong !== undefined) tally.finding(`round ${round}: ${wrong}`);
    await owner.page.close();
    say(`zombie ${round}/${count}: ${atOpen.acknowledged - atTerminate.acknowledged} commits after terminate()`);
  }
  await browser.close();
  removeFolder(profile);
  return tally.result();
}
