/** Vacuum that starts by itself, over the indexes whose merges do not collect. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { codeOf } from '../base/testing/code_of';
import { faultyFiles } from '../storage/faulty';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import type { OpenOptions } from './open_options';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';
import type { FormatOptions } from './types';

const MAP: FormatOptions = { ...SMALL_FORMAT, logBytes: 32 * 1024, versions: true };
const FORMATS = [
  MAP,
  ...(['copy_on_write', 'double_write', 'log_images'] as const).map((protection): FormatOptions => ({
    ...MAP,
    tree: { pageBytes: 1024, protection },
  })),
].map((format) => ({ name: format.tree?.protection ?? 'map', format }));
const SMALL = { vacuumBytesMin: 4096 };

const memory = (storage = new MemoryStorage()): FileSet => storage.openNow({ create: true });
const open = (files: FileSet, salts: number, options: Partial<OpenOptions>): Store =>
  openSmall(files, salts, { tuning: SMALL, ...options }).store;

/** Each its own group, of the same twenty keys. */
function write(store: Store, commits: number): number {
  let keysMax = 0;
  for (let i = 0; i < commits; i++) {
    putText(store, `key ${i % 20}`, `${i}`.padEnd(80, '.'), { mode: 'relaxed' });
    store.write();
    keysMax = Math.max(keysMax, store.stats().keys);
  }
  return keysMax;
}

describe.each(FORMATS)('vacuum by itself ($name)', ({ format }) => {
  it('keeps the versions of keys that are written for ever to a few for each', () => {
    const store = open(memory(), 1, { format });
    expect(write(store, 3000)).toBeLessThan(120);
    const { collected, passes, vacuum } = store.stats().versions!;
    expect(collected.versionsCollected).toBeGreaterThan(2800);
    expect(passes).toBeGreaterThan(20);
    expect(vacuum!.why).toMatch(/bytes are garbage/);
    expect(textEntries(store).length).toBe(20);
    expect(store.check()).toEqual([]);
  });

  it('leaves what a parked reader holds, says so, begins no pass for nothing, and goes on once the reader has ended', () => {
    const store = open(memory(), 1, { format });
    write(store, 200);
    const parked = store.begin({ readOnly: true });
    write(store, 100);
    const before = store.stats().versions!.passes;
    write(store, 900);
    const { heldBytes, oldestReader, passes, vacuum } = store.stats().versions!;
    expect(passes - before).toBeLessThan(2);
    expect(oldestReader).toMatchObject({ snapshot: parked.snapshot, transaction: parked.id });
    expect(heldBytes).toBeGreaterThan(0);
    expect(vacuum).toMatchObject({ isDue: false, isUnderWay: false });
    expect(vacuum!.why).toContain(`the snapshot at ${parked.snapshot} holds it`);
    expect(parked.get(encodeText('key 3'))).toEqual(encodeText('183'.padEnd(80, '.')));
    expect(store.stats().keys).toBeGreaterThan(900);
    parked.abort();
    expect(store.stats().versions!.vacuum!.isDue).toBe(true);
    write(store, 300);
    expect(store.stats().keys).toBeLessThan(120);
  });

  it('goes on while a checkpoint is under way, which may be so for most of the time', () => {
    const keys = 200;
    const store = open(memory(), 1, { format: { ...format, logBytes: 512 * 1024 } });
    let [worst, passesInCheckpoints, before] = [0, 0, 0];
    const commits = 40 * keys;
    for (let i = 0; i < commits; i++) {
      putText(store, `key ${(i * 7) % keys}`, `${i}`.padEnd(100, '.'));
      if (i % 16 !== 15) continue;
      store.flush();
      const { keys: versions, versions: counts } = store.stats();
      if (store.describe().checkpointing !== undefined && counts!.passes > before) passesInCheckpoints++;
      before = counts!.passes;
      worst = Math.max(worst, versions);
    }
    console.log(JSON.stringify({ worst: worst / keys, passes: before, passesInCheckpoints }));
    expect(passesInCheckpoints).toBeGreaterThan(0);
    expect(worst / keys).toBeLessThan(2.5);
    expect(store.check()).toEqual([]);
  });

  it('collects what a crash left behind, and what an earlier life did', () => {
    const storage = new MemoryStorage();
    const first = open(memory(storage), 1, { format, tuning: { vacuumPercent: Infinity } });
    write(first, 800);
    expect(first.stats().keys).toBe(800);
    const again = open(memory(new MemoryStorage(storage.snapshot())), 2, { format });
    expect(again.stats().keys).toBe(800);
    write(again, 600);
    expect(again.stats().keys).toBeLessThan(120);
  });

  it('finds room on a device that would be full of garbage without it', () => {
    const fill = (tuning: OpenOptions['tuning'] & object): number => {
      const growthBytes = 2 * 4096 + format.logBytes + 160 * 1024;
      const files = faultyFiles(memory(), { faults: [], full: { growthBytes, lastWrite: 'refused' } });
      const store = open(files, 1, { format, tuning });
      for (let i = 0; i < 2000; i++) {
        const code = codeOf(() => write(store, 1));
        if (code === undefined) continue;
        expect(code).toBe('store_full');
        return i;
      }
      return 2000;
    };
    expect(fill({ vacuumPercent: Infinity })).toBeLessThan(1500);
    expect(fill(SMALL)).toBe(2000);
  });
});

it('what cannot be read ends vacuum for this life, and no commit hears of it (H1)', () => {
  const storage = new MemoryStorage();
  const format: FormatOptions = { ...MAP, tree: { pageBytes: 1024, protection: 'copy_on_write' } };
  const first = open(memory(storage), 1, { format, tuning: { vacuumPercent: Infinity } });
  for (let i = 0; i < 400; i++) putText(first, `key ${i}`, `${i}`.padEnd(80, '.'));
  first.flush();
  first.checkpoint();
  const pages = first.describe().extents.filter(({ state }) => state === 'live');
  first.close();
  const images = storage.snapshot();
  /** Opened over a damaged page: the one that the first key is on, and no other that is needed. */
  const damaged = ({ at, file }: (typeof pages)[number]): Store | undefined => {
    const copy = images[file].slice();
    copy.fill(0xee, at + 100, at + 164);
    const files = memory(new MemoryStorage({ ...images, [file]: copy }));
    let opened: Store | undefined;
    const get = (key: string) => codeOf(() => opened!.get(encodeText(key)));
    if (codeOf(() => (opened = open(files, 2, { format, tuning: { ...SMALL, poolBytes: 1 } }))) !== undefined)
      return undefined;
    return get('zzz') === undefined && get('key 0') === 'page_damaged' ? opened : undefined;
  };
  const store = pages.map(damaged).find((one) => one !== undefined)!;
  let refused = 0;
  for (let i = 0; i < 3000; i++) {
    try {
      putText(store, `zzz ${i % 20}`, `${i}`.padEnd(80, '.'), { mode: 'relaxed' });
      store.write();
    } catch (error) {
      if (!isEngineError(error, 'page_damaged')) throw error;
      refused++;
    }
  }
  expect(refused).toBe(0);
  expect(store.stats().versions!.vacuum!.haltedBy).toBe('page_damaged');
  expect(store.describe().state).toBe('open');
});
