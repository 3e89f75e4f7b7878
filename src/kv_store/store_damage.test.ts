/** Flipped bits, truncated and swapped files, failing calls: reported or harmless, never served. */
import { describe, expect, it } from 'vitest';
import { encodeText, decodeText } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { faultyFiles } from '../storage/faulty';
import { FILE_NAMES, type FileName, type FileSet } from '../storage/file';
import type { FileImages } from '../storage/images';
import { SimulatedDisk } from '../storage/simulated/disk';
import { loseAll } from '../storage/simulated/fates';
import { annotateBytes } from './annotate';
import { Store } from './store';
import type { FormatOptions, OpenOptions } from './types';

const FORMAT: FormatOptions = { logBytes: 8 * 1024, extentBytes: 512, groupAlignBytes: 512 };

function openOn(files: FileSet, options: Partial<OpenOptions> = {}): Store {
  return Store.open({
    files,
    random: new SeededRandom(5),
    schedule: new ManualSchedule().schedule,
    format: FORMAT,
    ...options,
  });
}

function contents(store: Store): string[] {
  return [...store.scan()].map(({ key, value }) => `${decodeText(key) ?? '?'}=${decodeText(value) ?? '?'}`);
}

/** A store with a checkpoint of several blocks and a log of several groups behind it. */
function storeImages(
  end: 'closed' | 'crashed',
  more = 0,
): { images: FileImages; before: FileImages; entries: string[]; store: Store } {
  const disk = new SimulatedDisk({});
  const files = disk.openNow({ create: true });
  const store = openOn(files);
  for (let i = 0; i < 30; i++) store.put(encodeText(`key ${i}`), encodeText(`value ${i} ${'x'.repeat(i)}`));
  store.checkpoint();
  for (let i = 0; i < 6; i++) {
    store.put(encodeText(`later ${i}`), encodeText('y'.repeat(40 * i)));
    store.flush();
  }
  const before = disk.images();
  for (let i = 0; i < more; i++) {
    store.put(encodeText(`more ${i % 7}`), encodeText(`${i}`));
    store.flush();
  }
  const entries = contents(store);
  if (end === 'closed') store.close();
  return { images: disk.images(), before, entries, store };
}

type Outcome = { readonly code: string } | { readonly entries: string[] };

function reopen(images: FileImages): Outcome {
  try {
    const copy = Object.fromEntries(FILE_NAMES.map((name) => [name, images[name].slice()])) as unknown as FileImages;
    return { entries: contents(openOn(new SimulatedDisk(copy).openNow({ create: false }))) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { code: error.code };
  }
}

function withFile(images: FileImages, name: FileName, bytes: Uint8Array): FileImages {
  return { ...images, [name]: bytes };
}

describe('damage at rest', () => {
  it('no flipped bit of any byte with a meaning changes what a cleanly closed store serves', () => {
    const { entries, images, store } = storeImages('closed');
    const census = { made: 0, detected: 0, harmless: 0 };
    for (const name of FILE_NAMES) {
      const fields = annotateBytes(name, 0, images[name], store.annotationContext);
      // One of the data files waits for the next checkpoint, all zeros.
      expect(fields.length > 0 || images[name].every((byte) => byte === 0)).toBe(true);
      for (const field of fields.filter(({ family }) => family !== 'free')) {
        for (let at = field.at; at < field.at + field.length; at++) {
          for (let bit = 0; bit < 8; bit++) {
            const flipped = images[name].slice();
            flipped[at]! ^= 1 << bit;
            const outcome = reopen(withFile(images, name, flipped));
            census.made++;
            if ('code' in outcome) census.detected++;
            else {
              expect(outcome.entries, `${name} byte ${at} bit ${bit} (${field.structure}, ${field.name})`).toEqual(
                entries,
              );
              census.harmless++;
            }
          }
        }
      }
    }
    expect(census.made).toBe(census.detected + census.harmless);
    expect(census.detected).toBeGreaterThan(census.harmless / 10);
  }, 60_000);

  it('a flipped bit in a store that crashed loses at most what follows it at the very end, and says so', () => {
    const { entries, images, store } = storeImages('crashed');
    const fields = annotateBytes('log', 0, images.log, store.annotationContext).filter(
      ({ family }) => family !== 'free',
    );
    const lastLsn = store.stats().publishedLsn;
    let undetectable = 0;
    for (const field of fields) {
      for (let at = field.at; at < field.at + field.length; at++) {
        const flipped = images.log.slice();
        flipped[at]! ^= 1 << (at % 8);
        const outcome = reopen(withFile(images, 'log', flipped));
        if ('code' in outcome) continue;
        if (outcome.entries.length === entries.length) continue;
        // Only the last group can vanish without proof; then the scan says that its end is unfinished or damaged.
        undetectable++;
        expect(outcome.entries).toHaveLength(entries.length - 1);
        const again = openOn(new SimulatedDisk(withFile(images, 'log', flipped.slice())).openNow({ create: false }));
        expect(again.recovery).toMatchObject({ end: 'end_unfinished', lastLsn: lastLsn - 1 });
      }
    }
    expect(undetectable).toBeGreaterThan(0);
  });

  it('a file cut to any length is an error, not fewer keys', () => {
    const { entries, images } = storeImages('closed');
    for (const name of FILE_NAMES) {
      const { length } = images[name];
      for (let size = 0; size < length; size += size < 600 ? 7 : 97) {
        const outcome = reopen(withFile(images, name, images[name].slice(0, size)));
        if ('entries' in outcome) expect(outcome.entries, `${name} cut to ${size}`).toEqual(entries);
      }
    }
    for (const name of ['superblock', 'log'] as const) {
      expect(reopen(withFile(images, name, new Uint8Array(0)))).toHaveProperty('code');
    }
  });

  it.each([1, 4, 60, 400])('one file swapped for an older copy of itself is noticed (%i commits later)', (more) => {
    const { before, entries, images } = storeImages('closed', more);
    for (const name of FILE_NAMES) {
      const outcome = reopen(withFile(images, name, before[name]));
      if ('entries' in outcome) expect(outcome.entries, name).toEqual(entries);
    }
  });

  it('another program’s files and a later version of ours are refused untouched', () => {
    const noise = new Uint8Array(9000).map((_, i) => (i * 7 + 1) & 0xff);
    const foreign = { superblock: noise, log: noise, data_0: noise, data_1: noise };
    expect(reopen(foreign)).toEqual({ code: 'not_a_store' });
    const disk = new SimulatedDisk({
      superblock: noise.slice(),
      log: noise.slice(),
      data_0: noise.slice(),
      data_1: noise.slice(),
    });
    expect(() => openOn(disk.openNow({ create: false }))).toThrow();
    expect(disk.images()).toEqual(foreign);
  });

  it('salvage opens a damaged log read-only, with everything before the damage', () => {
    const { images, store } = storeImages('closed');
    const key = annotateBytes('log', 0, images.log, store.annotationContext).find(
      ({ value }) => value === '“later 2”',
    )!;
    const flipped = images.log.slice();
    flipped[key.at]! ^= 1;
    const damaged = withFile(images, 'log', flipped);
    expect(reopen(damaged)).toEqual({ code: 'log_damaged' });
    const salvaged = openOn(new SimulatedDisk(damaged).openNow({ create: false }), { salvage: true });
    expect(contents(salvaged).filter((entry) => entry.startsWith('later'))).toHaveLength(2);
    expect(() => salvaged.put(encodeText('a'), encodeText('b'))).toThrow(EngineError);
  });
});

describe('failing calls', () => {
  /** Runs commits over a faulty device; returns what was acknowledged, in order. */
  function runWithFaults(
    disk: SimulatedDisk,
    faults: Parameters<typeof faultyFiles>[1],
  ): { acknowledged: number; refused: Set<number>; submitted: number } {
    const result = { acknowledged: 0, refused: new Set<number>(), submitted: 0 };
    try {
      const store = openOn(faultyFiles(disk.openNow({ create: true }), faults));
      for (let n = 1; n <= 60; n++) {
        const ticket = store.put(encodeText(`key ${n}`), encodeText('v'.repeat(n * 3)));
        result.submitted = n;
        ticket.onSettled((error) => {
          if (!error) result.acknowledged = n;
          else if (error.code !== 'commit_unknown') result.refused.add(n);
        });
        if (n % 2 === 0) store.flush();
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
    return result;
  }

  const effects = [
    { call: 'write', effect: { kind: 'fail' } },
    { call: 'write', effect: { kind: 'fail_after' } },
    { call: 'write', effect: { kind: 'short', count: 0 } },
    { call: 'write', effect: { kind: 'short', count: 100 } },
    { call: 'write', effect: { kind: 'short', count: 2 ** 32 - 8 } },
    { call: 'flush', effect: { kind: 'fail' } },
    { call: 'flush', effect: { kind: 'fail_after' } },
    { call: 'flush', effect: { kind: 'fail_and_drop' } },
    { call: 'read', effect: { kind: 'fail' } },
    { call: 'read', effect: { kind: 'zeros' } },
    { call: 'read', effect: { kind: 'short', count: 10 } },
  ] as const;

  it.each(
    effects.flatMap((fault) => [
      { ...fault, forever: false },
      { ...fault, forever: true },
    ]),
  )(
    'the k-th $call with $effect.kind (for ever: $forever), k rising: nothing acknowledged is lost, nothing refused comes back',
    ({ forever, ...fault }) => {
      for (let nth = 1; nth < 90; nth++) {
        const disk = new SimulatedDisk({});
        const { acknowledged, refused, submitted } = runWithFaults(disk, { faults: [{ ...fault, nth, forever }] });
        const after = disk.powerCut(loseAll(disk.pending()));
        const store = openOn(after.openNow({ create: true }));
        const found = contents(store).map((entry) => Number(/^key (\d+)=/.exec(entry)![1]));
        for (let n = 1; n <= acknowledged; n++)
          expect(found.includes(n) || refused.has(n), `${n} of ${acknowledged}`).toBe(true);
        for (const n of refused) expect(found, `refused ${n}`).not.toContain(n);
        expect(Math.max(0, ...found)).toBeLessThanOrEqual(submitted);
        expect(store.check()).toEqual([]);
      }
    },
    60_000,
  );

  it('a read that gives zeros once while opening hides nothing', () => {
    const { entries, images } = storeImages('crashed');
    for (let nth = 1; nth < 40; nth++) {
      const files = new SimulatedDisk(
        Object.fromEntries(FILE_NAMES.map((name) => [name, images[name].slice()])),
      ).openNow({ create: false });
      try {
        const store = openOn(faultyFiles(files, { faults: [{ call: 'read', nth, effect: { kind: 'zeros' } }] }));
        expect(contents(store), `read ${nth}`).toEqual(entries);
      } catch (error) {
        if (!isEngineError(error)) throw error;
      }
    }
  });

  it('a full disk refuses commits, keeps reading, lets deletes through, and takes commits again once there is room', () => {
    const disk = new SimulatedDisk({});
    const full = { growthBytes: 24 * 1024, lastWrite: 'refused' } as const;
    const store = openOn(faultyFiles(disk.openNow({ create: true }), { faults: [], full }));
    let refusal: unknown;
    let count = 0;
    try {
      for (; count < 2000; count++) {
        store.put(encodeText(`key ${count}`), encodeText('v'.repeat(100)));
        store.flush();
      }
    } catch (error) {
      refusal = error;
    }
    expect(isEngineError(refusal, 'store_full')).toBe(true);
    expect(contents(store)).toHaveLength(count);
    for (let i = 0; i < count; i++) {
      store.delete(encodeText(`key ${i}`));
      store.flush();
    }
    expect(contents(store)).toEqual([]);
    store.put(encodeText('again'), encodeText('room'));
    store.flush();
    store.checkpoint();
    expect(contents(store)).toEqual(['again=room']);
    expect(store.check()).toEqual([]);
  });

  it.each([9, 13, 20, 40])(
    'a full disk never keeps deletes waiting, however long they go on (%i extents)',
    (extents) => {
      const full = { growthBytes: extents * 512, lastWrite: 'refused' } as const;
      for (const valueBytes of [40, 100, 300]) {
        const copy = new SimulatedDisk({});
        openOn(copy.openNow({ create: true })).close();
        const store = openOn(faultyFiles(copy.openNow({ create: false }), { faults: [], full }));
        const fill = (): void => {
          for (let n = 0; n < 3000; n++) {
            store.put(encodeText(`key ${n}`), new Uint8Array(valueBytes));
            store.flush();
          }
        };
        expect(fill).toThrow(EngineError);
        for (let n = 0; n < 200; n++) {
          store.delete(encodeText(`no key ${n}`));
          store.flush();
        }
        expect(store.check()).toEqual([]);
      }
    },
  );
});
