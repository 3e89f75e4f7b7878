/** A store over an LSM tree: an index that is ahead of the superblock, a device that is full, damage, and a compaction. */
import { describe, expect, inject, it } from 'vitest';
import { decodeText, encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import type { Batch, Entry } from '../base/ordered_index';
import { SeededRandom } from '../base/runtime';
import { WHOLE_KEY, type FilterKind, type FilterOptions, type PolicyOptions } from '../lsm';
import { carelessFiles } from '../storage/careless';
import type { Fault } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { SimulatedDisk } from '../storage/simulated/disk';
import { loseAll } from '../storage/simulated/fates';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import type { StoreTrace } from './events';
import type { OpenOptions } from './open_options';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries, type SmallStore } from './testing/small_store';

const LSM: Partial<OpenOptions> = {
  format: { ...SMALL_FORMAT, lsm: { filterPrefix: WHOLE_KEY } },
  tuning: {
    lsm: { memtableBytes: 1000, blockBytes: 256, tableBytes: 1000, policy: { kind: 'leveled', ratio: 2, l0Tables: 2 } },
  },
};
const openLsm = (files: FileSet, salts: number, options: Partial<OpenOptions> = {}): SmallStore =>
  openSmall(files, salts, { ...LSM, ...options });

/** Commits, a checkpoint, more commits, and the disk as a power cut leaves it right behind the second flush edit. */
function cutBehindEdit(losesLog = false): SimulatedDisk {
  const disk = new SimulatedDisk();
  let edits = 0;
  let left: SimulatedDisk | undefined;
  const trace: StoreTrace = {
    emit(event) {
      if (event.kind === 'lsm.version_edited' && event.cause === 'flush' && ++edits === 2)
        left = disk.fork().powerCut(loseAll(disk.pending()));
    },
  };
  const first = openLsm(disk.openNow({ create: true }), 1).store;
  putText(first, 'a', '1', { mode: 'relaxed' });
  first.checkpoint();
  first.close();
  edits = 1;
  const files = disk.openNow({ create: true });
  const { store } = openLsm(losesLog ? carelessFiles(files, ['logFlush']) : files, 2, { trace });
  putText(store, 'b', '2', { mode: 'relaxed' });
  putText(store, 'a', '3', { mode: 'relaxed' });
  store.checkpoint();
  return left!;
}

describe('an opening that finds the manifest ahead of the superblock (R1)', () => {
  it('passes over what the tables have already, and counts it', () => {
    const { store } = openLsm(cutBehindEdit().openNow({ create: true }), 3);
    const { checkpointLsn, lastLsn, recordsApplied, recordsScanned, recordsSkipped } = store.recovery;
    expect({ checkpointLsn, lastLsn, recordsApplied, recordsScanned, recordsSkipped }).toEqual({
      checkpointLsn: 1,
      lastLsn: 3,
      recordsApplied: 0,
      recordsScanned: 2,
      recordsSkipped: 2,
    });
    expect(textEntries(store)).toEqual(['a=3', 'b=2']);
    expect(store.check()).toEqual([]);
  });

  it('starts the log anew where that lost what the tables have, and goes on behind it', () => {
    const disk = cutBehindEdit(true);
    const { schedule, store } = openLsm(disk.openNow({ create: true }), 3);
    expect(store.recovery).toMatchObject({ checkpointLsn: 1, lastLsn: 3, recordsScanned: 0 });
    expect(textEntries(store)).toEqual(['a=3', 'b=2']);
    expect(store.stats().checkpointLsn).toBe(3);
    putText(store, 'c', '4');
    schedule.runAll();
    const again = openLsm(disk.powerCut(loseAll(disk.pending())).openNow({ create: true }), 4).store;
    expect(again.recovery).toMatchObject({ lastLsn: 4, recordsApplied: 1 });
    expect(textEntries(again)).toEqual(['a=3', 'b=2', 'c=4']);
    expect(again.check()).toEqual([]);
  });
});

function fill(store: Store, prefix: string): string[] {
  const keys: string[] = [];
  for (;;) {
    const key = `${prefix} ${String((keys.length * 7919) % 10_007)}`;
    try {
      store.put(encodeText(key), new Uint8Array(60));
      store.flush();
    } catch (error) {
      expect(isEngineError(error, 'store_full')).toBe(true);
      return keys;
    }
    keys.push(key);
  }
}

it('a full device takes deletes, every one, and then puts again (K3)', () => {
  const files = new MemoryStorage().openNow({ create: true });
  const growthBytes = 2 * 4096 + SMALL_FORMAT.logBytes + 160 * 512;
  const { store } = openLsm(faultyFiles(files, { faults: [], full: { growthBytes, lastWrite: 'refused' } }), 1);
  const first = fill(store, 'first');
  expect(first.length).toBeGreaterThan(50);
  for (const key of first) {
    store.delete(encodeText(key));
    store.flush();
  }
  expect(store.stats().keys).toBe(0);
  const second = fill(store, 'second');
  expect(second.length).toBeGreaterThan(first.length / 2);
  expect(store.check()).toEqual([]);
});

it('a full device takes a batch of deletes only if a checkpoint of its tombstones finds room (K3)', () => {
  const files = new MemoryStorage().openNow({ create: true });
  const format = { ...SMALL_FORMAT, logBytes: 256 * 1024, lsm: { filterPrefix: WHOLE_KEY } };
  const growthBytes = 2 * 4096 + format.logBytes + 200 * 512;
  const device = faultyFiles(files, { faults: [], full: { growthBytes, lastWrite: 'refused' } });
  const { store } = openLsm(device, 1, { format });
  const first = fill(store, 'first');
  // Of keys that are nowhere, each long: all that they add is themselves.
  const longKeys = Array.from({ length: 60 }, (_, n) => encodeText(`${n} `.padEnd(900, 'x')));
  try {
    store.batch(longKeys.map((key) => ({ kind: 'delete', key })));
  } catch (error) {
    expect(isEngineError(error, 'store_full')).toBe(true);
  }
  expect(() => store.checkpoint()).not.toThrow();
  for (const key of first) {
    store.delete(encodeText(key));
    store.flush();
  }
  expect(store.stats().keys).toBe(0);
  expect(store.check()).toEqual([]);
});

it('a store compacted has nothing in a file that keeps it long, its manifest neither, whichever life put it there', () => {
  const storage = new MemoryStorage();
  let files = storage.openNow({ create: true });
  let { store } = openLsm(files, 1);
  // In order: tables only move, nothing is freed, and each snapshot of the manifest lies behind all there is.
  for (let n = 0; n < 120; n++) {
    putText(store, `key ${String(n).padStart(4, '0')}`, 'x'.repeat(80), { mode: 'relaxed' });
    store.write();
  }
  for (const reopens of [false, false, true, true]) {
    if (reopens) {
      store.close();
      files = storage.openNow({ create: true });
      store = openLsm(files, 2).store;
    }
    store.compact();
    expect(store.describe().extents.filter(({ state }) => state === 'free')).toEqual([]);
    expect(store.check()).toEqual([]);
  }
});

it('a store compacted has its entries in one run, and its files are as long as that', () => {
  const storage = new MemoryStorage();
  const files = storage.openNow({ create: true });
  const { store } = openLsm(files, 1);
  for (let n = 0; n < 400; n++) {
    putText(store, `key ${n % 50}`, 'x'.repeat(50), { mode: 'relaxed' });
    store.write();
  }
  const before = files.data_0.size() + files.data_1.size();
  store.compact();
  const { levels } = store.stats().lsm!;
  expect(levels.reduce((sum, { entries }) => sum + entries, 0)).toBe(50);
  expect(files.data_0.size() + files.data_1.size()).toBeLessThan(before);
  store.close();
  const again = openLsm(storage.openNow({ create: true }), 2).store;
  expect(textEntries(again)).toHaveLength(50);
  expect(again.check()).toEqual([]);
});

it('a damaged block is told of by whoever reads it, and salvage serves nothing older in its place', () => {
  const storage = new MemoryStorage();
  const files = storage.openNow({ create: true });
  const { store } = openLsm(files, 1, { tuning: { lsm: { blockBytes: 128 } } });
  const keys = Array.from({ length: 30 }, (_, n) => `key ${String(n).padStart(2, '0')}`);
  for (const value of ['old', 'new']) {
    store.batch(keys.map((key) => ({ kind: 'put', key: encodeText(key), value: encodeText(value) })));
    store.checkpoint();
  }
  store.close();
  // In the newer table, in one of its blocks in the middle.
  const closed = storage.openNow({ create: true });
  const bytes = new Uint8Array(closed.data_0.size());
  closed.data_0.read(0, bytes);
  const places = [...new TextDecoder('latin1').decode(bytes).matchAll(/new/g)].map(({ index }) => index);
  const at = places[Math.floor(places.length / 2)]!;
  closed.data_0.write(at, encodeText('old'));
  const opened = openLsm(closed, 2);
  expect(() => textEntries(opened.store)).toThrow('is damaged');
  expect(opened.store.stats().keys).toBeGreaterThan(0); // About: they cannot be counted.
  expect(opened.store.check().length).toBeGreaterThan(0);
  opened.store.close();
  const salvaged = openLsm(storage.openNow({ create: true }), 3, { salvage: true }).store;
  expect(salvaged.recovery.damage?.code).toBe('table_damaged');
  const entries = textEntries(salvaged);
  expect(entries.every((entry) => entry.endsWith('=new'))).toBe(true);
  expect(entries.length).toBeGreaterThan(10);
  expect(entries.length).toBeLessThan(30);
  const backwards = [...salvaged.scan({ reverse: true })].map(
    ({ key, value }) => `${decodeText(key)}=${decodeText(value)}`,
  );
  expect(backwards).toEqual(entries.toReversed());
});

it('a write that goes astray over a table that a crash left unnamed shows damage, and no older value (S6)', () => {
  const format = { ...SMALL_FORMAT, logBytes: 4 << 20, extentBytes: 4096, lsm: { filterPrefix: WHOLE_KEY } };
  const options = {
    format,
    tuning: { checkpointLogBytes: 2 << 20, lsm: { memtableBytes: 1 << 20 } },
  };
  const keys = Array.from({ length: 200 }, (_, n) => encodeText(`key ${String(n).padStart(3, '0')}`));
  const writeAll = (store: Store, value: number): void => {
    for (const key of keys) store.put(key, new Uint8Array(1000).fill(value), { mode: 'relaxed' });
    store.flush();
  };
  const disk = new SimulatedDisk();
  const { store: first } = openSmall(disk.openNow({ create: true }), 1, options);
  writeAll(first, 1); // From here on, LSNs are of two bytes: entries are as long in both lives.
  first.checkpoint();
  writeAll(first, 2);
  first.beginCheckpoint();
  for (let i = 0; i < 5; i++) first.step(40_000); // Some of a table that no edit will name.
  const left = disk.crash();
  let missed = 0;
  class Missing extends WrappedFile {
    override write(at: number, bytes: Uint8Array): number {
      const isIt = this.name === 'data_0' && bytes.length > 60_000 && bytes.length < 80_000 && missed++ === 0;
      return this.inner.write(isIt ? 8 << 20 : at, bytes);
    }
  }
  const files = wrapFiles(left.openNow({ create: true }), (file) => new Missing(file));
  const { store: second } = openSmall(files, 2, options);
  writeAll(second, 3);
  second.checkpoint();
  expect(missed).toBeGreaterThan(0);
  second.close();
  const { store: third } = openSmall(left.openNow({ create: true }), 3, options);
  const seen = keys.map((key) => {
    try {
      return third.get(key)?.[0];
    } catch (error) {
      expect(isEngineError(error, 'table_damaged')).toBe(true);
      return 'damaged';
    }
  });
  expect([...new Set(seen)].sort()).toEqual([3, 'damaged']);
});

describe('a device that fails in work that no commit waits for (K4)', () => {
  it('at a write leaves a store that goes on, or one that says that it only reads; no turn throws', () => {
    let stopped = 0;
    let underWay = 0;
    const trace: StoreTrace = {
      emit({ kind }) {
        if (kind === 'lsm.compaction_started') expect(underWay++, 'what is given up has ended').toBe(0);
        if (kind === 'lsm.compaction_finished' || kind === 'lsm.compaction_abandoned') underWay--;
      },
    };
    for (const failures of [1, 2]) {
      for (let nth = 4; nth < 40; nth++) {
        const faults = Array.from({ length: failures }, (_, i) => failed('write', 'data_0', nth + i));
        const device = faultyFiles(new MemoryStorage().openNow({ create: true }), { faults });
        underWay = 0;
        const { schedule, store } = openLsm(device, 1, { trace });
        for (let n = 0; n < 60 && store.describe().state === 'open'; n++) {
          tryPut(store, `key ${String(n).padStart(3, '0')}`);
          expect(() => schedule.runAll(), `write ${nth}, turn ${n}`).not.toThrow();
        }
        if (store.describe().state === 'read_only') stopped++;
        else {
          tryPut(store, 'next'); // The second failure may be left, for the growth of a file.
          putText(store, 'next', 'is taken');
        }
      }
    }
    expect(stopped).toBeGreaterThan(0);
  });

  function failed(call: 'flush' | 'write', file: 'data_0' | 'data_1', nth: number): Fault {
    return call === 'write'
      ? { call, file, nth, effect: { kind: 'fail' } }
      : { call, file, nth, effect: { kind: 'fail_and_drop' } };
  }

  /** A commit may be refused, before anything is written. */
  function tryPut(store: Store, key: string): void {
    try {
      putText(store, key, 'x'.repeat(60));
    } catch (error) {
      expect(isEngineError(error, 'write_failed')).toBe(true);
    }
  }

  it('at a flush of a compaction that somebody asked for ends all writing', () => {
    let stopped = 0;
    for (const file of ['data_0', 'data_1'] as const) {
      for (let nth = 1; nth < 8; nth++) {
        const storage = new MemoryStorage();
        const first = openLsm(storage.openNow({ create: true }), 1).store;
        for (let n = 0; n < 60; n++) {
          putText(first, `key ${n % 40}`, 'x'.repeat(60), { mode: 'relaxed' });
          first.write();
        }
        first.checkpoint();
        first.close();
        const device = faultyFiles(storage.openNow({ create: true }), { faults: [failed('flush', file, nth)] });
        let store: Store | undefined;
        try {
          store = openLsm(device, 2).store;
          store.compact();
        } catch {
          if (!store) continue; // It struck while the store was opened.
          stopped++;
          expect(store.describe().state, `flush ${nth} of ${file}`).toBe('read_only');
        }
      }
    }
    expect(stopped).toBeGreaterThan(2);
  });
});

const filterOf = (kind: FilterKind, allocation: 'equal' | 'monkey'): FilterOptions => ({
  kind,
  bitsPerKey: 6,
  allocation,
});
const LIVES: readonly (readonly [PolicyOptions, FilterOptions])[] = [
  [{ kind: 'leveled', ratio: 2, l0Tables: 2 }, filterOf('full', 'monkey')],
  [{ kind: 'tiered', ratio: 2 }, filterOf('partitioned', 'equal')],
  [{ kind: 'lazy_leveling', ratio: 2 }, filterOf('none', 'equal')],
];

describe('a store over an LSM tree answers as one over a B-tree does, after the same operations', () => {
  const tree = { ...SMALL_FORMAT, tree: { pageBytes: 512, protection: 'copy_on_write' } } as const;

  /** Lives of both; the tree has the policies in turn, beginning with number `first`, so that each takes over from another. */
  it.each([0, 1, 2])('in every level, with every policy in turn, the first of them number %i', (first) => {
    const random = new SeededRandom(inject('seed') + first);
    const places = [new MemoryStorage(), new MemoryStorage()] as const;
    let levels = 0;
    let compactions = 0;
    for (let life = 0; life < 3; life++) {
      const [policy, filter] = LIVES[(first + life) % LIVES.length]!;
      const lsm = { memtableBytes: 600, blockBytes: 128, tableBytes: 500, cacheBytes: 1000, restartInterval: 3 };
      const stores: readonly Store[] = [
        openLsm(places[0].openNow({ create: true }), life + 1, { tuning: { lsm: { ...lsm, policy, filter } } }).store,
        openSmall(places[1].openNow({ create: true }), life + 1, { format: tree }).store,
      ];
      const held: Generator<Entry>[][] = [];
      for (let n = 0; n < 100; n++) {
        if (n % 40 === 10) held.push(stores.map((store) => store.scan({ reverse: n > 50, from: encodeText('key 1') })));
        const batch = someBatch(random, n);
        for (const store of stores) {
          store.batch(batch, { mode: 'relaxed' });
          store.write();
        }
      }
      const [ofLsm, ofTree] = stores.map((store, i) => ({
        held: held.map((scans) => [...scans[i]!]),
        forwards: [...store.scan()],
        backwards: [...store.scan({ reverse: true, from: encodeText('key 2'), to: encodeText('key 77') })],
        found: Array.from({ length: 120 }, (_, key) => store.get(encodeText(`key ${key}`))),
        keys: store.stats().keys,
      }));
      expect(ofLsm).toEqual(ofTree);
      const stats = stores[0]!.lsmStats()!;
      levels = Math.max(levels, stats.levels.filter(({ bytes }) => bytes > 0).length);
      compactions += stats.levels.reduce((sum, level) => sum + level.compactions, 0);
      for (const store of stores) {
        expect(store.check()).toEqual([]);
        store.close();
      }
    }
    expect(levels).toBeGreaterThanOrEqual(3);
    expect(compactions).toBeGreaterThan(20);
  });

  function someBatch(random: SeededRandom, n: number): Batch {
    const key = encodeText(`key ${random.below(120)}`);
    if (random.below(4) === 0) return [{ kind: 'delete', key }];
    return [{ kind: 'put', key, value: new Uint8Array(random.below(80)).fill(n) }];
  }
});

describe('a store that nobody flushes, whose every group fills the log', () => {
  it('merges all the same, and holds writers back before level 0 grows without end', () => {
    const { store } = openLsm(new MemoryStorage().openNow({ create: true }), 1);
    const random = new SeededRandom(3);
    let most = 0;
    for (let n = 0; n < 1500; n++) {
      store.put(encodeText(`key ${random.below(5000)}`), new Uint8Array(60).fill(n), { mode: 'relaxed' });
      most = Math.max(most, store.lsmStats()!.levels[0]?.runs ?? 0);
    }
    expect(most).toBeLessThan(12);
    expect(store.lsmStats()!.levels.length).toBeGreaterThan(2);
    expect(store.check()).toEqual([]);
  });
});
