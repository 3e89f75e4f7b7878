/** A store that keeps versions: transactions over the log and the index, vacuum, and what a crash leaves of it all. */
import { describe, expect, inject, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { codeOf } from '../base/testing/code_of';
import { lsn } from '../base/ids';
import { ManualClock, SeededRandom } from '../base/runtime';
import type { Transaction } from '../mvcc';
import { faultyFiles } from '../storage/faulty';
import type { StorageFile } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { SimulatedDisk } from '../storage/simulated/disk';
import { randomChoice } from '../storage/simulated/fates';
import { PROFILES } from '../storage/simulated/profiles';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { readBackup } from './backup';
import type { Store } from './store';
import { openSmall, putText, textEntries } from './testing/small_store';
import { entriesOf, FORMATS, get, IN_PLACE, LSMS, MAP, memory, open, put } from './testing/version_stores';
import type { FormatOptions } from './types';

function vacuumAll(store: Store, budgetBytes = 100): void {
  while (!store.vacuum.step(budgetBytes).done);
}

describe.each(FORMATS)('a store with versions ($name)', ({ format, tuning = {} }) => {
  it('reads as of the snapshot, commits through the log, and has the same after opening it again', () => {
    const storage = new MemoryStorage();
    const { store } = open(memory(storage), 1, { format, tuning });
    putText(store, 'a', '1');
    putText(store, 'b', '1');
    store.flush();
    const reader = store.begin({ readOnly: true });
    const writer = store.begin();
    put(writer, 'a', '2');
    put(writer, '\0', '2');
    writer.delete(encodeText('b'));
    const { lsn: at } = writer.commit();
    expect([writer.state, get(store, 'a')]).toEqual(['committing', '1']); // On its way is not published.
    store.flush();
    expect([writer.state, at, store.stats().publishedLsn]).toEqual(['committed', 3, 3]);
    expect(textEntries(store)).toEqual(['\0=2', 'a=2']);
    expect([...store.peek({}, true)].map(({ key }) => decodeText(key))).toEqual(['a', '\0']);
    expect([get(reader, 'a'), get(reader, 'b'), get(reader, '\0')]).toEqual(['1', '1', undefined]);
    expect(store.check()).toEqual([]);
    const open1 = store.begin();
    put(open1, 'never', 'committed');
    store.checkpoint();
    putText(store, 'c', '4');
    store.close();
    const again = open(memory(storage), 2, { format, tuning }).store;
    expect(textEntries(again)).toEqual(['\0=2', 'a=2', 'c=4']);
    expect(again.check()).toEqual([]);
    expect(codeOf(() => again.begin({ at: lsn(2) }))).toBe('snapshot_too_old');
    expect(putText(again, 'd', '5').lsn).toBe(5); // Above the highest there was.
  });

  it('the first to commit wins, in the group that shares one flush; a batch counts as a commit', () => {
    const { store } = open(memory(), 1, { format, tuning });
    const [one, other, third] = [store.begin(), store.begin(), store.begin()];
    put(one, 'a', '1');
    put(other, 'a', '2');
    put(third, 'b', '3');
    one.commit();
    expect(codeOf(() => other.commit())).toBe('write_conflict');
    putText(store, 'b', 'batch');
    expect(codeOf(() => third.commit())).toBe('write_conflict');
    store.flush();
    expect(textEntries(store)).toEqual(['a=1', 'b=batch']);
  });

  it('vacuum takes what nobody reads, a scan as of now counts as a reader, and it stays taken behind a checkpoint', () => {
    const storage = new MemoryStorage();
    const { store } = open(memory(storage), 1, { format, tuning });
    for (let i = 0; i < 30; i++) putText(store, `k${i % 3}`, `${i}`);
    store.delete(encodeText('k0'));
    store.flush();
    const isInPlace = format.lsm === undefined;
    if (isInPlace) expect(store.stats().keys).toBe(31); // Merges collect on the way.
    const scan = store.scan();
    expect(decodeText(scan.next().value!.key)).toBe('k1');
    putText(store, 'k2', 'later');
    store.flush();
    vacuumAll(store);
    expect(decodeText(scan.next().value!.value)).toBe('29');
    expect(scan.next().done).toBe(true);
    expect(store.transactions.snapshotsInUse).toEqual([]);
    vacuumAll(store);
    expect(store.stats().keys).toBe(2);
    expect(store.vacuum.total.versionsCollected).toBe(30);
    expect(textEntries(store)).toEqual(['k1=28', 'k2=later']);
    store.checkpoint();
    expect(store.check()).toEqual([]);
    store.close();
    const again = open(memory(storage), 2, { format, tuning }).store;
    expect(again.stats().keys).toBe(2);
    expect(textEntries(again)).toEqual(['k1=28', 'k2=later']);
  });
});

it('D1: a snapshot that is taken while a group is being told of has what was told so far, and does not move', () => {
  const { store } = open(memory(), 1);
  let reader: Transaction | undefined;
  putText(store, 'a', '1').onSettled(() => (reader = store.begin({ readOnly: true })));
  putText(store, 'a', '2');
  store.flush();
  expect([reader!.snapshot, get(reader!, 'a'), get(store, 'a')]).toEqual([1, '1', '2']);
});

describe.each(IN_PLACE)('a full device ($name)', ({ format, tuning = {} }) => {
  it('refuses deletes as well, lets vacuum go on, and takes puts again after that (K3)', () => {
    const growthBytes = 2 * 4096 + format.logBytes + 24 * 1024;
    const files = faultyFiles(memory(), { faults: [], full: { growthBytes, lastWrite: 'refused' } });
    const { store } = open(files, 1, { format, tuning: { ...tuning, vacuumPercent: Infinity } });
    const untilFull = (commit: (key: string) => void): number => {
      for (let i = 0; ; i++) {
        const code = codeOf(() => {
          commit(`k${i % 4}`);
          store.flush();
        });
        if (code === undefined) continue;
        expect(code).toBe('store_full');
        return i;
      }
    };
    const fill = (): number => untilFull((key) => putText(store, key, 'x'.repeat(60)));
    const first = fill();
    expect(first).toBeGreaterThan(10);
    expect(get(store, 'k0')).toBe('x'.repeat(60));
    untilFull((key) => store.delete(encodeText(key)));
    vacuumAll(store);
    expect(store.stats().keys).toBeLessThanOrEqual(4);
    store.checkpoint();
    expect(fill()).toBeGreaterThan(first / 2);
    expect(textEntries(store).length).toBe(4);
    expect(store.check()).toEqual([]);
  });
});

describe.each(LSMS)('a full device ($name)', ({ format, tuning = {} }) => {
  it('is full of what a parked reader holds, and takes puts again once that has ended and a merge has come by', () => {
    const growthBytes = 2 * 4096 + format.logBytes + 80 * 1024;
    const files = faultyFiles(memory(), { faults: [], full: { growthBytes, lastWrite: 'refused' } });
    const { store } = open(files, 1, { format, tuning });
    for (const key of ['k0', 'k1', 'k2', 'k3']) putText(store, key, 'first');
    store.flush();
    const parked = store.begin({ readOnly: true });
    const fill = (most: number): number => {
      for (let i = 0; i < most; i++) {
        const code = codeOf(() => {
          putText(store, `k${i % 4}`, `${i}`.padEnd(60, 'x'));
          store.flush();
        });
        if (code === undefined) continue;
        expect(code).toBe('store_full');
        return i;
      }
      return most;
    };
    const first = fill(5000);
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(5000);
    expect(codeOf(() => store.delete(encodeText('k0')))).toBe('store_full');
    expect(entriesOf(parked)).toEqual(['k0=first', 'k1=first', 'k2=first', 'k3=first']);
    parked.abort();
    vacuumAll(store);
    // Nobody holds anything now: merges keep up for as long as anybody cares to write.
    expect(fill(2 * first)).toBe(2 * first);
    expect(textEntries(store).length).toBe(4);
    expect(store.check()).toEqual([]);
  });
});

it('a backup has the entries as of now, and none of their versions', () => {
  const { store } = open(memory(), 1);
  for (const value of ['1', '2']) for (const key of ['a', 'b', 'c']) putText(store, key, value);
  store.delete(encodeText('b'));
  store.flush();
  const chunks = [...store.backup()];
  const { entries, info } = readBackup(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
  expect(info.entries).toBe(2);
  expect(entries.map(({ key, value }) => `${decodeText(key)}${decodeText(value)}`)).toEqual(['a2', 'c2']);
});

it('a key has to fit with its version; a store without versions has no transactions; filters over versions leave out just their numbers', () => {
  const { store } = open(memory(), 1);
  const key = (bytes: number, fill: number): Uint8Array => new Uint8Array(bytes).fill(fill);
  store.put(key(1014, 1), key(1, 1));
  expect(codeOf(() => store.put(key(1015, 1), key(1, 1)))).toBe('key_too_large');
  expect(codeOf(() => store.put(key(508, 0), key(1, 1)))).toBe('key_too_large'); // Each zero is two bytes.
  expect(codeOf(() => store.begin().put(key(1015, 1), key(1, 1)))).toBe('key_too_large');
  const plain = openSmall(memory(), 1).store;
  expect(codeOf(() => plain.begin())).toBe('option_invalid');
  expect(codeOf(() => plain.vacuum)).toBe('option_invalid');
  const without = (bytes: number): FormatOptions => ({
    ...MAP,
    lsm: { filterPrefix: { kind: 'all_but_last', bytes } },
  });
  expect(codeOf(() => openSmall(memory(), 1, { format: without(7) }))).toBe('option_invalid');
  expect(codeOf(() => openSmall(memory(), 1, { format: without(8) }))).toBeUndefined();
});

it('a transaction that is idle for too long gets snapshot_too_old; one of a closed store, store_closed', () => {
  const clock = new ManualClock();
  const { store } = open(memory(), 1, { clock, tuning: { idleTicksMax: 2 } });
  putText(store, 'a', '1');
  store.flush();
  const parked = store.begin();
  const scan = store.scan();
  for (let i = 0; i < 3; i++) clock.tick();
  vacuumAll(store);
  expect(codeOf(() => parked.get(encodeText('a')))).toBe('snapshot_too_old');
  expect(codeOf(() => scan.next())).toBe('snapshot_too_old');
  const last = store.begin();
  put(last, 'a', '2');
  store.close();
  expect(codeOf(() => last.get(encodeText('b')))).toBe('store_closed');
  expect(codeOf(() => last.commit())).toBe('store_closed');
});

// ---- A power cut at every write and flush of commits and a vacuum, with transactions open. ----

class Watched extends WrappedFile {
  readonly #before: () => void;
  constructor(inner: StorageFile, before: () => void) {
    super(inner);
    this.#before = before;
  }
  override write(...args: Parameters<StorageFile['write']>): number {
    this.#before();
    return super.write(...args);
  }
  override flush(...args: Parameters<StorageFile['flush']>): void {
    this.#before();
    super.flush(...args);
  }
}

describe.each(FORMATS)('a power cut at each write and flush ($name)', ({ format, tuning = {} }) => {
  it('leaves whole commits, all that were promised, and nothing of a transaction that is open', () => {
    const disk = new SimulatedDisk({}, PROFILES.adversarial);
    const random = new SeededRandom(inject('seed'));
    let promised = 0;
    let salts = 1;
    let cuts = 0;
    let isFormatted = false;
    const files = wrapFiles(
      disk.openNow({ create: true }),
      (inner) =>
        new Watched(inner, () => {
          if (!isFormatted) return;
          const left = disk.fork();
          const choice = randomChoice(left.pending(), PROFILES.adversarial, random);
          const { store } = open(left.powerCut(choice).openNow({ create: true }), ++salts, { format, tuning });
          const at = store.recovery.lastLsn;
          expect(at).toBeGreaterThanOrEqual(promised);
          // Commit n writes n under both keys, and deletes a third every other time.
          const [both, third] = at === 0 ? [[], []] : [[`x=${at}`, `y=${at}`], at % 2 === 0 ? [`z=${at}`] : []];
          expect(textEntries(store)).toEqual([...both, ...third]);
          expect(store.check()).toEqual([]);
          cuts++;
        }),
    );
    const { store } = open(files, 1, { format, tuning });
    isFormatted = true;
    const parked = store.begin();
    put(parked, 'open', 'never');
    for (let i = 1; i <= 12; i++) {
      const transaction = store.begin();
      put(transaction, 'x', `${i}`);
      put(transaction, 'y', `${i}`);
      if (i % 2 === 0) put(transaction, 'z', `${i}`);
      else transaction.delete(encodeText('z'));
      const { lsn: at } = transaction.commit();
      store.flush();
      expect(transaction.state).toBe('committed');
      promised = at;
      if (i === 6) parked.abort();
      if (i % 3 === 0) vacuumAll(store, 40);
      if (i % 4 === 0) store.checkpoint();
    }
    expect(store.vacuum.total.versionsCollected).toBeGreaterThan(20);
    expect(cuts).toBeGreaterThan(40);
    store.close();
  });
});
