/** Versions in an LSM tree: what its merges collect, what they keep and for whom, and what its filters save. */
import { describe, expect, inject, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { codeOf } from '../base/testing/code_of';
import { lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import { WHOLE_KEY, type LsmEvent, type LsmTuning, type PolicyOptions } from '../lsm';
import { commitOf } from '../mvcc';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import type { StoreTrace } from './events';
import type { OpenOptions } from './open_options';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';

const SMALL: Partial<LsmTuning> = {
  ...{ memtableBytes: 600, cacheBytes: 1024, blockBytes: 128, tableBytes: 512, restartInterval: 2 },
  policy: { kind: 'leveled', ratio: 2, l0Tables: 2 },
};
const FORMAT = { ...SMALL_FORMAT, logBytes: 16 * 1024, versions: true, lsm: { filterPrefix: WHOLE_KEY } };

const memory = (storage = new MemoryStorage()): FileSet => storage.openNow({ create: true });
const open = (files: FileSet, salts: number, options: Partial<OpenOptions> = {}): Store =>
  openSmall(files, salts, { format: FORMAT, tuning: { lsm: SMALL }, ...options }).store;

function vacuumAll(store: Store): void {
  while (!store.vacuum.step(300).done);
}

/** Each put its own commit, in the order of the log. */
function write(store: Store, ...puts: readonly string[]): void {
  for (const put of puts) {
    if (put.startsWith('-')) store.delete(encodeText(put.slice(1)));
    else putText(store, put, `${put} ${'x'.repeat(20)}`);
    store.flush();
  }
}

const repeated = (count: number, ...keys: readonly string[]): string[] =>
  Array.from({ length: count }, (_, i) => keys[i % keys.length]!);

describe('merges over versions', () => {
  it('keep memory and files bounded while the same keys are written for ever, and count what they took', () => {
    const store = open(memory(), 1);
    const entries = (): number => store.lsmStats()!.levels.reduce((sum, level) => sum + level.entries, 0);
    let entriesMax = 0;
    for (let i = 0; i < 60; i++) {
      write(store, ...repeated(20, 'hot', 'warm'));
      entriesMax = Math.max(entriesMax, entries());
    }
    expect(entriesMax).toBeLessThan(200);
    const { bytesCollected, versionsCollected, versionsSeen } = store.stats().versions!.collected;
    expect(versionsCollected).toBeGreaterThan(900);
    expect(versionsSeen).toBeGreaterThan(versionsCollected);
    expect(bytesCollected).toBeGreaterThan(30 * versionsCollected);
    expect(store.check()).toEqual([]);
  });

  it('say of each entry that they drop or keep why: the watermark, or the snapshot that still reads it', () => {
    const merged: Extract<LsmEvent, { kind: 'lsm.entry_merged' }>[] = [];
    const trace: StoreTrace = {
      emit(event) {
        if (event.kind === 'lsm.entry_merged') merged.push(event);
      },
    };
    const store = open(memory(), 1, { trace });
    write(store, 'a', 'a', 'b', 'a', '-b', 'a', 'a');
    const reader = store.begin({ at: lsn(7) });
    write(store, 'a', 'c');
    vacuumAll(store);
    const told = merged.map(({ key, outcome, why }) => {
      const name = String.fromCharCode(key[0]!);
      return `${name} ${commitOf(key)} ${outcome}${why ? ` ${why.kind} ${why.lsn}` : ''}`;
    });
    expect(told).toEqual([
      ...['a 8 kept', 'a 7 kept snapshot 7', 'a 6 filtered below_watermark 7', 'a 4 filtered below_watermark 7'],
      ...['a 2 filtered below_watermark 7', 'a 1 filtered below_watermark 7'],
      ...['b 5 filtered deleted 7', 'b 3 filtered below_watermark 7', 'c 9 kept'],
    ]);
    expect(reader.get(encodeText('b'))).toBeUndefined();
    expect([...reader.scan()].length).toBe(1);
  });

  it('refuse a snapshot that they may have collected, and never one in use (W1, W2)', () => {
    const store = open(memory(), 1);
    write(store, ...repeated(10, 'a', 'b'));
    const kept = store.begin({ readOnly: true });
    write(store, ...repeated(200, 'a', 'b'));
    expect(store.stats().versions!.collected.versionsCollected).toBeGreaterThan(0);
    expect(codeOf(() => store.begin({ at: lsn(9) }))).toBe('snapshot_too_old');
    expect(codeOf(() => store.begin({ at: kept.snapshot }))).toBeUndefined();
    expect([...kept.scan()].length).toBe(2);
    expect(kept.get(encodeText('a'))).toEqual(encodeText(`a ${'x'.repeat(20)}`));
  });

  it('leave nothing behind when everything was deleted, and nothing comes back after a crash', () => {
    const storage = new MemoryStorage();
    const store = open(memory(storage), 1);
    const names = Array.from({ length: 30 }, (_, i) => `k${i}`);
    write(store, ...names, ...names, ...names.map((name) => `-${name}`));
    vacuumAll(store);
    expect(store.stats().keys).toBe(0);
    const again = open(memory(new MemoryStorage(storage.snapshot())), 2);
    expect([again.stats().keys, textEntries(again)]).toEqual([0, []]);
    write(again, 'k1');
    expect(textEntries(again).length).toBe(1);
  });
});

const POLICIES: readonly PolicyOptions[] = [
  { kind: 'leveled', ratio: 2, l0Tables: 2 },
  { kind: 'tiered', ratio: 2 },
  { kind: 'lazy_leveling', ratio: 2 },
];

it.each(POLICIES)('a deleted key stays deleted, wherever its versions lie: %j', (policy) => {
  const seed = inject('seed');
  const random = new SeededRandom(seed);
  const store = open(memory(), 1, { tuning: { lsm: { ...SMALL, memtableBytes: 512, tableBytes: 400, policy } } });
  const model = new Map<string, number>();
  for (let at = 1; at <= 600; at++) {
    const key = `k${String(random.below(40)).padStart(2, '0')}`;
    if (random.below(3) === 0) {
      store.delete(encodeText(key));
      model.delete(key);
    } else {
      store.put(encodeText(key), new Uint8Array(20 + random.below(60)).fill(at % 251));
      model.set(key, at);
    }
    store.flush();
    if (at % 10 > 0) continue;
    const found = [...store.scan()].map(({ key: name, value }) => [decodeText(name), value[0]]);
    const wanted = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, when]) => [name, when % 251]);
    expect(found, `seed ${seed}, after ${at}`).toEqual(wanted);
  }
  expect(store.stats().versions!.collected.versionsCollected).toBeGreaterThan(200);
  expect(store.check()).toEqual([]);
});

it('reads of one key are served by the filters: a table that has no version of it is not read', () => {
  const store = open(memory(), 1, { tuning: { lsm: { ...SMALL, policy: { kind: 'tiered', ratio: 20 } } } });
  const names = Array.from({ length: 120 }, (_, i) => `k${String((i * 37) % 120).padStart(3, '0')}`);
  write(store, ...names);
  store.checkpoint();
  const before = store.lsmStats()!;
  expect(before.levels[0]!.runs).toBeGreaterThan(5);
  for (const name of names) expect(store.get(encodeText(name))).toBeDefined();
  const reader = store.begin({ readOnly: true });
  for (const name of names) expect(reader.get(encodeText(`${name}?`))).toBeUndefined();
  const negatives = store.lsmStats()!.reads.filterNegatives - before.reads.filterNegatives;
  // Every table spans nearly all keys: without filters each read would look into all of them.
  expect(negatives).toBeGreaterThan(2 * names.length);
});
