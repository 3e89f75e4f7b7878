/**
 * SIGKILL under load. The system has what was written, so nothing that anybody was told may be missing, relaxed or
 * not; commits that nobody outside had heard of may be there. One in five times the kill comes while the store is
 * being opened after the last one.
 */
import { SeededRandom } from '../../../src/base/runtime';
import { freshProfileFolder, removeFolder } from '../../../tools/profile_folder.mjs';
import { FaultBrowser, type Tab } from '../browser';
import { drawLoad, smallStore } from '../loads';
import type { WorkerKind } from '../page/messages';
import { Tally, type Row, type RowOptions, type RowResult } from '../row';
import { heardSoFar, judge, Witness, type Contents } from '../witness';
import { pause } from '../waiting';

export const rendererKill: Row = {
  name: 'renderer_kill',
  what: 'SIGKILL of the renderer that owns the store, under load; the same browser opens it again',
  count: { short: 3, long: 500 },
  run: (options) => killRow('renderer_kill', new RendererKiller(options), options),
};

export const browserKill: Row = {
  name: 'browser_kill',
  what: 'SIGKILL of the browser under load; a new one starts on the same profile',
  count: { short: 3, long: 500 },
  run: (options) => killRow('browser_kill', new BrowserKiller(options), options),
};

/** For the test of the harness: a store whose files keep the log to themselves must lose commits. */
export const lyingFiles: Row = {
  name: 'lying_files',
  what: 'the same, on files that keep what is written in the worker: must turn red',
  count: { short: 3, long: 3 },
  run: (options) => killRow('lying_files', new RendererKiller(options, 'caching'), options),
};

const RECOVERY_KILL_EVERY = 5;
/** Longer than an opening takes. */
const OPENING_MS = 60;

interface Killer {
  /** A tab of a browser that runs, with its worker started. */
  start(): Promise<Tab>;
  /** Finds out beforehand whom to kill. */
  aim(): Promise<void> | void;
  kill(tab: Tab): Promise<void>;
  end(): Promise<void>;
  readonly witness: Witness;
  /** Milliseconds until the last process of a killed browser was gone. */
  readonly orphanMs: number;
}

async function killRow(name: string, killer: Killer, { count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally(name);
  const { witness } = killer;
  let before: Contents = new Map();
  let tab = await killer.start();
  await tab.opened(smallStore(name));
  for (let kill = 1; kill <= count; kill++) {
    const load = witness.newLoad(drawLoad(random), before, await tab.call.publishedLsn());
    await tab.call.load({ load: load.number, spec: load.spec });
    await witness.acknowledgements(load, 1);
    await killer.aim();
    await witness.acknowledgements(load, 5 + random.below(400));
    await pause(random.below(8));
    await killer.kill(tab);
    // What was on its way out of the browser when it died was said before it died.
    const heard = heardSoFar(load);
    tally.fault();

    tab = await killer.start();
    if (kill % RECOVERY_KILL_EVERY === 0) {
      tab = await killInRecovery(killer, tab, random.below(OPENING_MS));
      tally.fault();
      tally.add('of them while opening');
    }
    const { failure, milliseconds, recovery } = await tab.call.open({});
    if (recovery === undefined) {
      tally.gone(heard.acknowledged, `kill ${kill}: ${failure?.code ?? ''}: ${failure?.message ?? ''}`);
      break;
    }
    before = await tab.contents();
    const judgement = judge(load, heard, before, recovery.lastLsn, 'process_end');
    tally.judged(judgement);
    if (judgement.untold > 0) tally.add('with commits that nobody had heard of');
    tally.add('commits recovered', judgement.kept);
    tally.most('ms the longest opening', milliseconds);
    const wrong = await tab.call.goesOn();
    if (wrong !== undefined) tally.finding(`kill ${kill}: ${wrong}`);
    say(`${name} ${kill}/${count}: ${heard.acknowledged} acknowledged, ${judgement.kept} recovered`);
  }
  await killer.end();
  if (killer.orphanMs > 0) tally.most('ms until the last orphan was gone', killer.orphanMs);
  return tally.result();
}

async function killInRecovery(killer: Killer, tab: Tab, milliseconds: number): Promise<Tab> {
  const opening = tab.call.open({}).catch(() => undefined);
  await pause(milliseconds);
  await killer.kill(tab);
  await opening;
  return killer.start();
}

class RendererKiller implements Killer {
  readonly witness = new Witness();
  readonly orphanMs = 0;
  readonly #profile = freshProfileFolder();
  readonly #address: string;
  readonly #kind: WorkerKind;
  #browser: FaultBrowser | undefined;
  #target: number[] = [];

  constructor({ address }: RowOptions, kind: WorkerKind = 'lab') {
    this.#address = address;
    this.#kind = kind;
  }

  async start(): Promise<Tab> {
    this.#browser ??= await FaultBrowser.launch(this.#profile, { address: this.#address, witness: this.witness });
    const tab = await this.#browser.tab(this.#kind);
    this.#target = this.#browser.renderersWithWorker();
    return tab;
  }

  async aim(): Promise<void> {
    this.#target = [await this.#browser!.owner()];
  }

  kill(tab: Tab): Promise<void> {
    return tab.kill(this.#target);
  }

  async end(): Promise<void> {
    await this.#browser?.close();
    removeFolder(this.#profile);
  }
}

class BrowserKiller implements Killer {
  readonly witness = new Witness();
  orphanMs = 0;
  readonly #profile = freshProfileFolder();
  readonly #address: string;
  #browser: FaultBrowser | undefined;

  constructor({ address }: RowOptions) {
    this.#address = address;
  }

  async start(): Promise<Tab> {
    this.#browser = await FaultBrowser.launch(this.#profile, { address: this.#address, witness: this.witness });
    return this.#browser.tab();
  }

  aim(): void {
    // Its process is known since it was started.
  }

  async kill(): Promise<void> {
    this.orphanMs = Math.max(this.orphanMs, await this.#browser!.kill());
  }

  async end(): Promise<void> {
    await this.#browser?.close();
    removeFolder(this.#profile);
  }
}
