/** What is left of a damaged store, taken out read-only. That nothing of it is ever wrong is the damage census's matter. */
import { describe, expect, it } from 'vitest';
import type { FileName } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import type { FileImages } from '../storage/images';
import { annotateBytes, contextOfSuperblock } from './annotate';
import type { Store } from './store';
import { openSmall, putText, textEntries } from './testing/small_store';

/** Thirty entries in a checkpoint of several blocks, six more in groups of the log behind it; closed cleanly. */
function closedStore(): FileImages {
  const storage = new MemoryStorage();
  const { store } = openSmall(storage.openNow({ create: true }), 1);
  for (let i = 0; i < 30; i++) putText(store, `key ${i.toString().padStart(2, '0')}`, 'x'.repeat(40));
  store.checkpoint();
  for (let i = 0; i < 6; i++) {
    putText(store, `later ${i}`, 'y'.repeat(40));
    store.flush();
  }
  store.close();
  return storage.snapshot();
}

/** Flips a bit where `wanted` first stands in the file. */
function withFlip(images: FileImages, file: FileName, wanted: { structure?: string; value?: string }): FileImages {
  const context = contextOfSuperblock(images.superblock)!;
  const field = annotateBytes(file, 0, images[file], context).find((one) =>
    Object.entries(wanted).every(([name, value]) => one[name as 'structure' | 'value'] === value),
  )!;
  const bytes = images[file].slice();
  bytes[field.at]! ^= 1;
  return { ...images, [file]: bytes };
}

function salvaged(images: FileImages): Store {
  const open = (salvage: boolean): Store =>
    openSmall(new MemoryStorage(images).openNow({ create: false }), 2, { salvage }).store;
  expect(() => open(false)).toThrow(/damaged|bytes long/);
  return open(true);
}

describe('salvage', () => {
  it('of a damaged log: everything before the damage', () => {
    const store = salvaged(withFlip(closedStore(), 'log', { value: '“later 2”' }));
    const entries = textEntries(store);
    expect(entries).toHaveLength(32);
    expect(entries.at(-1)).toMatch('later 1=');
    expect(store.check()).toMatchObject([{ rule: 'K9', place: { file: 'log', lsn: 33 } }]);
    expect(() => putText(store, 'a', 'b')).toThrow('only reads');
  });

  it('of a damaged checkpoint: the blocks before the damage, and the log on top', () => {
    const images = closedStore();
    const [file] = (['data_0', 'data_1'] as const).filter((name) => images[name].some((byte) => byte !== 0));
    const store = salvaged(withFlip(images, file!, { structure: 'checkpoint block 1' }));
    const entries = textEntries(store);
    const fromCheckpoint = entries.filter((entry) => entry.startsWith('key'));
    expect(fromCheckpoint.length).toBeGreaterThan(3);
    expect(fromCheckpoint.length).toBeLessThan(30);
    expect(entries.filter((entry) => entry.startsWith('later'))).toHaveLength(6);
    expect(store.check()).toMatchObject([{ rule: 'K8', place: { file } }]);
    expect(() => putText(store, 'a', 'b')).toThrow('only reads');
    expect(store.describe()).toMatchObject({ state: 'read_only', poisonedBy: 'checkpoint_damaged' });
  });

  it('of a log that was cut short: the groups that are still there', () => {
    const images = closedStore();
    const { at } = annotateBytes('log', 0, images.log, contextOfSuperblock(images.superblock)!).find(
      ({ value }) => value === '“later 4”',
    )!;
    const store = salvaged({ ...images, log: images.log.subarray(0, at) });
    expect(textEntries(store)).toHaveLength(34);
    expect(store.recovery).toMatchObject({ end: 'damaged', damage: { code: 'log_damaged', place: { offset: at } } });
    expect(store.check()).toMatchObject([{ rule: 'K9', place: { file: 'log', offset: at } }]);
    expect(store.describe().log.records).toHaveLength(4);
  });
});

describe('files that are not ours', () => {
  it.each([false, true])('are refused, and not touched (salvage: %s)', (salvage) => {
    const noise = new Uint8Array(9000).map((_, i) => (i * 7 + 1) & 0xff);
    const foreign = { superblock: noise, log: noise, data_0: noise, data_1: noise };
    const storage = new MemoryStorage(foreign);
    const files = storage.openNow({ create: false });
    expect(() => openSmall(files, 1, { salvage })).toThrow(expect.objectContaining({ code: 'not_a_store' }));
    expect(storage.snapshot()).toEqual(foreign);
  });
});
