/** Images of pages in a real log, between commits that need it as well. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import { faultyFiles } from '../storage/faulty';
import type { FaultScript } from '../storage/fault_script';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { recordedFiles } from '../storage/recorded';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, loseAll } from '../storage/simulated/fates';
import { annotateBytes } from './annotate';
import type { StoreTrace } from './events';
import { batchBytesMax } from './limits';
import type { Store } from './store';
import { openSmall, putText, SMALL_FORMAT, textEntries, type SmallStore } from './testing/small_store';
import type { FormatOptions } from './types';

type StoreEvent = Parameters<StoreTrace['emit']>[0];

const FORMAT: FormatOptions = { ...SMALL_FORMAT, tree: { pageBytes: 256, protection: 'log_images' } };

function open(files: FileSet, salts: number, format = FORMAT): SmallStore & { events: StoreEvent[] } {
  const events: StoreEvent[] = [];
  const trace = { emit: (event: StoreEvent) => events.push(event) };
  return { ...openSmall(files, salts, { format, trace, tuning: { poolBytes: 1 } }), events };
}

const name = (i: number): string => `key ${String(i).padStart(2, '0')}`;

/** Forty keys, all of them in a checkpoint. */
function filled(files: FileSet, format = FORMAT): SmallStore & { events: StoreEvent[] } {
  const opened = open(files, 1, format);
  for (let i = 0; i < 40; i++) putText(opened.store, name(i), 'x'.repeat(40));
  opened.store.checkpoint();
  opened.events.length = 0;
  return opened;
}

const logged = (events: readonly StoreEvent[]): number =>
  events.filter(({ kind }) => kind === 'btree.page_logged').length;
const kindsOf = (events: readonly StoreEvent[]): string[] => events.map(({ kind }) => kind);

/** The store in the middle of writing pages over: both slots are written, and some pages. */
function untilHome(store: Store, events: readonly StoreEvent[]): void {
  while (!events.some((event) => event.kind === 'btree.page_written' && event.where === 'in_place')) {
    expect(store.step(1).done).toBe(false);
  }
}

describe('a store with images in the log', () => {
  it('writes them, flushes the log, then the slots, then the pages', () => {
    const { events, store } = filled(new MemoryStorage().openNow({ create: true }));
    putText(store, name(3), 'y');
    store.checkpoint();
    const order = kindsOf(events).filter((kind) =>
      /page_logged|group_(written|flushed)|superblock_flushed|btree.page_written|checkpoint_finished/.test(kind),
    );
    expect(order.slice(-7)).toEqual([
      'wal.group_written',
      'btree.page_logged',
      'wal.group_flushed',
      'store.superblock_flushed',
      'store.superblock_flushed',
      'btree.page_written',
      'store.checkpoint_finished',
    ]);
    const images = events.findLast((event) => event.kind === 'wal.group_written');
    expect(images).toMatchObject({ firstLsn: 42, lastLsn: 41, unnumbered: 1 });
    expect(store.check()).toEqual([]);
  });

  it('puts a page right that the power cut tore, by an image that stands behind a commit in the log', () => {
    const disk = new SimulatedDisk();
    const { events, store } = filled(disk.openNow({ create: true }));
    for (const i of [0, 9, 19]) putText(store, name(i), 'y'.repeat(40));
    store.beginCheckpoint();
    putText(store, name(9), 'z');
    untilHome(store, events);
    const kinds = kindsOf(events);
    expect(kinds.indexOf('btree.page_logged')).toBeGreaterThan(kinds.lastIndexOf('store.commit_applied'));
    const cut = disk.powerCut(keepAll(disk.pending()));
    const images = cut.images();
    const torn = events.findLast((event) => event.kind === 'btree.page_written' && event.where === 'in_place');
    const extent = torn?.kind === 'btree.page_written' ? torn.extent : 0;
    const file = extent % 2 === 0 ? 'data_0' : 'data_1';
    images[file].fill(0xee, Math.floor(extent / 2) * 512 + 100, Math.floor(extent / 2) * 512 + 200);
    const again = open(new MemoryStorage(images).openNow({ create: false }), 2);
    expect(kindsOf(again.events)).toContain('btree.page_restored');
    expect(textEntries(again.store).filter((entry) => /=[yz]/.test(entry))).toEqual([
      `${name(0)}=${'y'.repeat(40)}`,
      `${name(9)}=z`,
      `${name(19)}=${'y'.repeat(40)}`,
    ]);
    expect(again.store.check()).toEqual([]);
  });

  it('once closed is opened without a write to a data file; killed, each page is put back', () => {
    for (const end of ['close', 'kill'] as const) {
      const storage = new MemoryStorage();
      const { events, store } = filled(storage.openNow({ create: true }));
      for (const i of [0, 9, 19]) putText(store, name(i), 'y'.repeat(40));
      store.checkpoint();
      const images = logged(events);
      expect(images).toBeGreaterThan(2);
      if (end === 'close') store.close();
      const files = new MemoryStorage(storage.snapshot()).openNow({ create: false });
      let writes = 0;
      const emit = ({ kind, ...call }: { readonly kind: string; readonly file?: string }): void => {
        if (kind === 'storage.file_written' && call.file?.startsWith('data') === true) writes++;
      };
      const again = open(recordedFiles(files, { emit }), 2);
      expect(writes).toBe(end === 'close' ? 0 : images);
      expect(again.store.check()).toEqual([]);
    }
  });

  it('says that the log is damaged where an image was that the superblock vouches for; salvage gives what is there', () => {
    const storage = new MemoryStorage();
    const files = storage.openNow({ create: true });
    const { events, store } = filled(files);
    for (const i of [3, 13, 23]) putText(store, name(i), 'y');
    store.checkpoint();
    const group = events.findLast((event) => event.kind === 'wal.group_written');
    const at = (group?.kind === 'wal.group_written' ? group.position : 0) % FORMAT.logBytes;
    expect(store.check()).toEqual([]);
    const sound = new Uint8Array(2);
    files.log.read(at + 80, sound);
    files.log.write(at + 80, new Uint8Array([0xee, 0xee]));
    expect(store.check()).toMatchObject([{ rule: 'K9', place: { file: 'log' } }]);
    files.log.write(at + 80, sound);
    putText(store, name(4), 'z'); // Acknowledged, and nothing behind it vouches for it.
    store.flush();
    files.log.write(at + 80, new Uint8Array([0xee, 0xee]));
    const images = storage.snapshot();
    const opened = (salvage: boolean): Store =>
      openSmall(new MemoryStorage(images).openNow({ create: false }), 2, { salvage }).store;
    expect(() => opened(false)).toThrow('but the superblock says');
    const salvaged = opened(true);
    expect(salvaged.recovery.damage).toMatchObject({ code: 'log_damaged' });
    expect(textEntries(salvaged)).toContain(`${name(3)}=y`);
    expect(textEntries(salvaged)).toHaveLength(40);
  });

  it('explains an image in the log field by field', () => {
    const storage = new MemoryStorage();
    const { events, store } = filled(storage.openNow({ create: true }));
    putText(store, name(3), 'yes');
    store.checkpoint();
    const image = events.findLast((event) => event.kind === 'btree.page_logged');
    const { log } = storage.snapshot();
    const fields = annotateBytes('log', 0, log, store.annotationContext);
    expect(fields).toContainEqual(
      expect.objectContaining({ structure: 'image after record 41', name: 'LSN', value: '41' }),
    );
    const inPage = fields.filter(
      ({ structure }) => structure === `leaf ${image?.kind === 'btree.page_logged' ? image.page : 0}`,
    );
    expect(inPage.map(({ value }) => value)).toContain('“yes”');
  });
});

describe('the log is for the commits', () => {
  it('I1: images take a quarter of it, and the rest of the pages goes to new places', () => {
    const { events, store } = filled(new MemoryStorage().openNow({ create: true }));
    const each = Array.from({ length: 10 }, (_, i) => encodeText(name(4 * i)));
    store.batch(each.map((key) => ({ kind: 'put', key, value: encodeText('y') })));
    store.checkpoint();
    const images = logged(events);
    expect(images).toBe(Math.floor((2048 - 48) / (17 + 256)));
    const places = events.flatMap((event) => (event.kind === 'btree.page_written' ? [event.where] : []));
    expect(places.filter((where) => where === 'in_place')).toHaveLength(images);
    expect(places.filter((where) => where === 'new_place').length).toBeGreaterThan(2);
    expect(store.check()).toEqual([]);
  });

  it('I3: a log in doubt takes none', () => {
    const disk = new SimulatedDisk();
    filled(disk.openNow({ create: true })).store.close();
    const faults: FaultScript['faults'] = [{ call: 'flush', file: 'log', nth: 3, effect: { kind: 'fail_and_drop' } }];
    const { store } = open(faultyFiles(disk.openNow({ create: false }), { faults }), 2);
    for (const i of [3, 4]) {
      putText(store, name(i), 'y');
      store.flush();
    }
    const again = open(disk.crash().openNow({ create: false }), 3);
    expect(kindsOf(again.events)).toContain('store.checkpoint_finished');
    expect(logged(again.events)).toBe(0);
    expect(textEntries(again.store)).toContain(`${name(3)}=y`);
  });

  it('I4: commits that wait in the buffer come first, and who made them is told after the slice', () => {
    const { events, store } = filled(new MemoryStorage().openNow({ create: true }));
    for (const i of [0, 9, 19, 29]) putText(store, name(i), 'y');
    store.flush();
    const told: string[] = [];
    store.beginCheckpoint();
    putText(store, name(1), 'first'.repeat(200)).onSettled(() => {
      told.push('first');
      // Waits in the buffer when its group is settled and the checkpoint goes on.
      putText(store, name(2), 'second').onSettled(() => {
        told.push(`second, with ${logged(events) > 0 ? 'images' : 'none'}`);
        store.checkpoint();
      });
    });
    store.flush();
    expect(told).toEqual(['first', 'second, with images']);
    const kinds = kindsOf(events);
    const firstImage = kinds.indexOf('btree.page_logged');
    expect(kinds.slice(0, firstImage).filter((kind) => kind === 'store.commit_applied')).toHaveLength(6);
    expect(kinds.filter((kind) => kind === 'store.checkpoint_finished').length).toBeGreaterThan(0);
    const ofFirst = events.slice(0, kinds.indexOf('btree.checkpoint_flushed'));
    const pages = ofFirst.flatMap((event) => (event.kind === 'btree.page_logged' ? [event.page] : []));
    expect(pages.length).toBeGreaterThan(2);
    expect(new Set(pages).size).toBe(pages.length);
    expect(store.check()).toEqual([]);
    expect(textEntries(store)[2]).toBe(`${name(2)}=second`);
  });

  it('I2: images alone do not call for the next checkpoint', () => {
    const format = { ...FORMAT, logBytes: 64 * 1024 };
    const { events, store } = filled(new MemoryStorage().openNow({ create: true }), format);
    for (let i = 0; i < 40; i++) putText(store, name(i), 'y'.repeat(40));
    store.checkpoint();
    const before = store.stats().checkpoints;
    expect(logged(events)).toBeGreaterThan(5);
    const half = format.logBytes / 2;
    for (let bytes = 0; bytes < half - 1024; bytes += 512) {
      putText(store, name(0), 'z');
      store.flush();
      expect(store.stats().checkpoints).toBe(before);
    }
  });

  it.each([
    [8 * 1024, 256],
    [8 * 1024, 1024],
    [32 * 1024, 4096],
    [64 * 1024, 1024],
  ])('K3: it never runs out for good (%i bytes of log, pages of %i)', (logBytes, pageBytes) => {
    const format: FormatOptions = { ...FORMAT, logBytes, tree: { pageBytes, protection: 'log_images' } };
    const random = new SeededRandom(logBytes + pageBytes);
    const largest = batchBytesMax(format) - 20;
    let disk = new SimulatedDisk();
    let { events, schedule, store } = open(disk.openNow({ create: true }), 1, format);
    const model = new Map<string, string>();
    let images = 0;
    for (let n = 0; n < 600; n++) {
      const key = name(random.below(40));
      const length = random.below(12) === 0 ? largest : random.below(200);
      const value = String.fromCharCode(97 + (n % 26)).repeat(length);
      putText(store, key, value, { mode: random.below(2) === 0 ? 'strict' : 'relaxed' });
      model.set(key, value);
      if (random.below(3) === 0) schedule.runAll();
      if (random.below(9) === 0) store.beginCheckpoint();
      if (random.below(5) === 0) store.step(random.below(3000));
      if (random.below(40) > 0) continue;
      store.flush();
      images += logged(events);
      if (random.below(2) === 0) store.close();
      disk = disk.powerCut(loseAll(disk.pending()));
      ({ events, schedule, store } = open(disk.openNow({ create: false }), n + 2, format));
    }
    store.flush();
    images += logged(events);
    expect(images).toBeGreaterThan(20);
    expect(store.check()).toEqual([]);
    expect(textEntries(store)).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${v}`));
  });
});

describe('when the device refuses an image', () => {
  const faulty = (disk: SimulatedDisk, faults: FaultScript['faults']) =>
    open(faultyFiles(disk.openNow({ create: false }), { faults }), 2);
  const short = { call: 'write', file: 'log', effect: { kind: 'short', count: 100 } } as const;

  it('the checkpoint is given up, its group wiped, and the store goes on', () => {
    const disk = new SimulatedDisk();
    filled(disk.openNow({ create: true })).store.close();
    const { events, store } = faulty(disk, [{ ...short, nth: 2 }]);
    putText(store, name(3), 'y');
    expect(() => store.checkpoint()).toThrow('took 100 of');
    expect(kindsOf(events)).toEqual(expect.arrayContaining(['wal.group_cancelled', 'store.checkpoint_abandoned']));
    putText(store, name(4), 'z');
    store.flush();
    store.checkpoint();
    expect(store.check()).toEqual([]);
    store.close();
    const again = open(disk.crash().openNow({ create: false }), 3).store;
    expect(textEntries(again).slice(3, 5)).toEqual([`${name(3)}=y`, `${name(4)}=z`]);
  });

  it('and the wipe as well, the store only reads: nobody knows what the log holds', () => {
    const disk = new SimulatedDisk();
    filled(disk.openNow({ create: true })).store.close();
    const { store } = faulty(disk, [
      { ...short, nth: 2 },
      { ...short, nth: 3 },
    ]);
    putText(store, name(3), 'y');
    expect(() => store.checkpoint()).toThrow('only reads');
    let refusal: unknown;
    try {
      putText(store, name(4), 'z');
    } catch (error) {
      refusal = error;
    }
    expect(isEngineError(refusal, 'store_read_only')).toBe(true);
    const again = open(disk.crash().openNow({ create: false }), 3).store;
    expect(textEntries(again)[3]).toBe(`${name(3)}=y`);
    expect(again.check()).toEqual([]);
  });

  it('a flush that fails before the slots leaves the last checkpoint in force', () => {
    const disk = new SimulatedDisk();
    filled(disk.openNow({ create: true })).store.close();
    const { events, store } = faulty(disk, [{ call: 'flush', file: 'log', nth: 3, effect: { kind: 'fail_and_drop' } }]);
    putText(store, name(3), 'y');
    expect(() => store.checkpoint()).toThrow('only reads');
    expect(logged(events)).toBeGreaterThan(0);
    expect(kindsOf(events)).not.toContain('btree.page_written');
    const cut = disk.powerCut(loseAll(disk.pending()));
    const again = open(cut.openNow({ create: false }), 3).store;
    expect(textEntries(again)[3]).toBe(`${name(3)}=y`);
    expect(again.check()).toEqual([]);
  });
});

it('a store that was compacted and closed has no log, images or not', () => {
  const storage = new MemoryStorage();
  const { store } = filled(storage.openNow({ create: true }));
  store.put(encodeText('z'), encodeText('1'));
  store.compact();
  store.close();
  expect(storage.snapshot().log).toHaveLength(0);
  const again = open(storage.openNow({ create: false }), 5).store;
  expect(textEntries(again)).toHaveLength(41);
  expect(again.check()).toEqual([]);
});
