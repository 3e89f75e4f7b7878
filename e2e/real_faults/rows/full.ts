/**
 * No room: by the browser's quota, and by a disk that is really full. Commits are refused with `store_full` before
 * anything of them is written, reads and deletes go on, and with room again commits go on too.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { SeededRandom } from '../../../src/base/runtime';
import { freshProfileFolder, removeFolder } from '../../../tools/profile_folder.mjs';
import { FaultBrowser, type Tab } from '../browser';
import { mountSmallDisk } from '../disks';
import { smallStore } from '../loads';
import type { CommitOutcome, OpenRequest, Write } from '../page/messages';
import { NotMeasured, Tally, type Row, type RowOptions, type RowResult } from '../row';
import { Witness } from '../witness';

export const quota: Row = {
  name: 'quota',
  what: 'the browser grants no more room: puts are refused, reads and deletes go on, and puts again when there is room',
  count: { short: 1, long: 20 },
  run: quotaRow,
};

export const fullDisk: Row = {
  name: 'full_disk',
  what: 'the disk under the files is full: the same, with real short writes',
  count: { short: 1, long: 20 },
  run: fullDiskRow,
};

const storeOf = (row: string): OpenRequest => ({ ...smallStore(row), extentBytes: 16 * 1024 });
/** More puts than any room of these rows holds. */
const PUTS_MAX = 2000;
const VALUE_BYTES_MIN = 100;
const VALUE_BYTES_MORE = 6000;
const DELETES = 10;
const AGAIN = 20;

async function quotaRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('quota');
  for (let round = 1; round <= count; round++) {
    const profile = freshProfileFolder();
    const browser = await FaultBrowser.launch(profile, { address, witness: new Witness() });
    const told = new Told(tally, random.next());
    let tab = await browser.tab();
    await tab.opened(storeOf('quota'));
    await told.put(tab, 20);
    const { usage = 0 } = await tab.page.evaluate(() => navigator.storage.estimate());
    const grant = async (quotaSize?: number): Promise<void> => {
      const client = await tab.cdp();
      await client.send('Storage.overrideQuotaForOrigin', {
        origin: new URL(address).origin,
        ...(quotaSize !== undefined && { quotaSize }),
      });
      if (quotaSize === undefined) await client.detach();
    };
    // What the browser has granted these files ahead of their growth, up to a megabyte, stays theirs.
    await grant(usage + 16 * 1024 + random.below(256 * 1024));
    await told.fillUp(tab);
    await told.isWhole(tab, 'at the quota');
    await told.delete(tab, DELETES);
    // The next tab is closed without asking the first, as a user does.
    await tab.page.close();
    tab = await browser.tab();
    await told.opensWhole(tab, 'opened again at the quota');
    await grant();
    await told.put(tab, AGAIN);
    await told.isWhole(tab, 'with room again');
    await tab.page.close();
    tab = await browser.tab();
    await told.opensWhole(tab, 'opened again');
    tally.fault();
    told.end();
    say(`quota ${round}/${count}: ${told.acknowledged} acknowledged`);
    await browser.close();
    removeFolder(profile);
  }
  return tally.result();
}

async function fullDiskRow({ address, count, say, seed }: RowOptions): Promise<RowResult> {
  const random = new SeededRandom(seed);
  const tally = new Tally('full_disk');
  for (let round = 1; round <= count; round++) {
    const profile = freshProfileFolder();
    const options = { address, witness: new Witness() };
    const told = new Told(tally, random.next());
    let browser = await FaultBrowser.launch(profile, options);
    let tab = await browser.tab();
    await tab.opened(storeOf('full_disk'));
    await told.put(tab, 20);
    await browser.close();

    const files = folderOfFiles(profile);
    const kibibytes = Math.ceil(bytesIn(files) / 1024) + 64 + 4 * random.below(60);
    const disk = mountSmallDisk(files, kibibytes);
    browser = await FaultBrowser.launch(profile, options);
    tab = await browser.tab();
    await told.opensWhole(tab, 'opened on the small disk', { traced: true });
    await told.fillUp(tab);
    tally.add('short writes', await tab.call.shortWrites());
    await told.isWhole(tab, 'with the disk full');
    await told.delete(tab, DELETES);
    await tab.page.close();
    tab = await browser.tab();
    await told.opensWhole(tab, 'opened again with the disk full');
    disk.resize(kibibytes + 4096);
    await told.put(tab, AGAIN);
    await browser.close();
    browser = await FaultBrowser.launch(profile, options);
    tab = await browser.tab();
    await told.opensWhole(tab, 'opened again with room');
    tally.fault();
    told.end();
    say(`full_disk ${round}/${count}: ${kibibytes} KiB of disk, ${told.acknowledged} acknowledged`);
    await browser.close();
    disk.unmount();
    removeFolder(profile);
  }
  return tally.result();
}

/** One client that puts and deletes, one commit after the other, and remembers what it was told. */
class Told {
  readonly #tally: Tally;
  readonly #contents = new Map<string, string>();
  readonly #random: SeededRandom;
  #next = 1;
  #lost = 0;
  acknowledged = 0;

  constructor(tally: Tally, seed: number) {
    this.#tally = tally;
    this.#random = new SeededRandom(seed);
  }

  async put(tab: Tab, count: number): Promise<void> {
    const writes = this.#puts(count);
    const outcomes = await this.#commit(tab, writes);
    const refused = outcomes.find(({ ok }) => !ok);
    if (refused !== undefined) this.#tally.finding(`with room, a put was refused: ${refused.code ?? ''}`);
  }

  /** Puts until one is refused, and once more. */
  async fillUp(tab: Tab): Promise<void> {
    for (const what of ['the first', 'another'] as const) {
      const outcomes = await this.#commit(tab, this.#puts(PUTS_MAX));
      const { code, ok = true } = outcomes.at(-1) ?? {};
      this.#tally.expect(!ok, `${PUTS_MAX} puts, and none refused: there was room after all`);
      if (!ok) this.#tally.expect(code === 'store_full', `${what} put without room is refused with ${code ?? ''}`);
    }
    this.#tally.add('times full');
  }

  async delete(tab: Tab, count: number): Promise<void> {
    const writes = [...this.#contents.keys()].slice(0, count).map((key): Write => ({ key }));
    const refused = (await this.#commit(tab, writes)).find(({ ok }) => !ok);
    if (refused !== undefined) this.#tally.finding(`without room, a delete was refused: ${refused.code ?? ''}`);
    else this.#tally.add('deletes without room', count);
  }

  async opensWhole(tab: Tab, when: string, request: OpenRequest = {}): Promise<void> {
    const { failure } = await tab.call.open(request);
    if (failure === undefined) await this.isWhole(tab, when);
    else this.#tally.finding(`${when}: ${failure.code}: ${failure.message}`);
  }

  async isWhole(tab: Tab, when: string): Promise<void> {
    const found = await tab.contents();
    const missing = [...this.#contents].filter(([key, value]) => found.get(key) !== value).length;
    const tooMany = [...found.keys()].filter((key) => !this.#contents.has(key)).length;
    this.#lost += missing;
    this.#tally.expect(missing === 0, `${when}: ${missing} acknowledged puts are missing`);
    this.#tally.expect(tooMany === 0, `${when}: ${tooMany} keys that were refused or deleted are there`);
  }

  end(): void {
    this.#tally.judged({ acknowledged: this.acknowledged, lost: this.#lost, findings: [] });
  }

  #puts(count: number): Write[] {
    return Array.from({ length: count }, () => {
      const key = `key-${String(this.#next++).padStart(6, '0')}`;
      return { key, value: `${key}-`.padEnd(VALUE_BYTES_MIN + this.#random.below(VALUE_BYTES_MORE), 'abcdefghij') };
    });
  }

  async #commit(tab: Tab, writes: readonly Write[]): Promise<CommitOutcome[]> {
    const outcomes = await tab.call.commit(writes);
    for (const [index, { ok }] of outcomes.entries()) {
      const { key, value } = writes[index]!;
      if (!ok) break;
      this.acknowledged++;
      if (value === undefined) this.#contents.delete(key);
      else this.#contents.set(key, value);
    }
    return outcomes;
  }
}

/** Where Chromium keeps the private files of the one origin of this profile. */
function folderOfFiles(profile: string): string {
  const root = path.join(profile, 'Default', 'File System');
  const origin = readdirSync(root).find((name) => /^\d+$/.test(name));
  if (origin === undefined) throw new NotMeasured('this browser keeps private files where this harness does not look');
  return path.join(root, origin, 't');
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + Math.ceil(statSync(path.join(entry.parentPath, entry.name)).size / 4096) * 4096, 0);
}
