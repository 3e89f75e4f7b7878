/** Salvage of a store with a tree: what is on whole pages, with the log on top, and no byte of the files changed. */
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../storage/memory';
import type { FileImages } from '../storage/images';
import { annotateBytes, contextOfSuperblock } from './annotate';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries } from './testing/small_store';
import type { FormatOptions } from './types';

const FORMAT: FormatOptions = {
  ...SMALL_FORMAT,
  logBytes: 64 * 1024,
  tree: { pageBytes: 256, protection: 'copy_on_write' },
};

const LATER = 200;

/** Sixty entries in pages, more in the log behind them than the pool has pages for; killed. */
function killedStore(): FileImages {
  const storage = new MemoryStorage();
  const { store } = openSmall(storage.openNow({ create: true }), 1, { format: FORMAT, tuning: { poolBytes: 1 } });
  for (let i = 0; i < 60; i++) putText(store, `key ${String(i).padStart(2, '0')}`, 'x'.repeat(40));
  store.checkpoint();
  for (let i = 0; i < LATER; i++) putText(store, `later ${String(i).padStart(3, '0')}`, 'y'.repeat(40));
  store.flush();
  return storage.snapshot();
}

function flipped(images: FileImages, structure: RegExp, value?: string): FileImages {
  const context = contextOfSuperblock(images.superblock)!;
  const field = annotateBytes('data_0', 0, images.data_0, context).find(
    (one) => structure.test(one.structure) && (value === undefined ? one.name === 'LSN' : one.value === value),
  )!;
  const bytes = images.data_0.slice();
  bytes[field.at]! ^= 1;
  return { ...images, data_0: bytes };
}

function open(images: FileImages, salvage: boolean): { store: Store; storage: MemoryStorage } {
  const storage = new MemoryStorage(images);
  const options = { salvage, tuning: { poolBytes: 1 } };
  return { store: openSmall(storage.openNow({ create: false }), 2, options).store, storage };
}

describe('salvage of a tree', () => {
  it('of a damaged leaf: all but its four keys, and the log on top', () => {
    const images = flipped(killedStore(), /^leaf/, '“key 09”');
    expect(() => [...open(images, false).store.scan()]).toThrow('is damaged');
    const { storage, store } = open(images, true);
    const entries = textEntries(store);
    expect(entries.filter((entry) => entry.startsWith('key'))).toHaveLength(56);
    expect(entries.filter((entry) => entry.startsWith('later'))).toHaveLength(LATER);
    expect(store.recovery).toMatchObject({
      end: 'damaged',
      damage: { code: 'page_damaged', place: { file: 'data_0' } },
    });
    expect(store.check()[0]).toMatchObject({ rule: 'P2', place: { file: 'data_0' } });
    expect(() => putText(store, 'a', 'b')).toThrow('only reads');
    store.close();
    expect(storage.snapshot()).toEqual(images);
  });

  it('of a damaged page of the map: what the others know of, without a refusal', () => {
    const images = flipped(killedStore(), /^map page 0 of level 1/);
    expect(() => open(images, false)).toThrow('Page 0 of level 1 of the page map is damaged');
    const { storage, store } = open(images, true);
    expect(textEntries(store)).toEqual([]);
    expect(store.check().some(({ place }) => place?.file === 'data_0')).toBe(true);
    expect(storage.snapshot()).toEqual(images);
  });

  it('of a store that is not damaged is an ordinary opening', () => {
    const { store } = open(killedStore(), true);
    expect(store.recovery.end).toBe('end_clean');
    putText(store, 'next', 'commit');
    store.checkpoint();
    expect(textEntries(store)).toHaveLength(61 + LATER);
    expect(store.check()).toEqual([]);
  });
});
