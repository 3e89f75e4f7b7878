import { describe, expect, inject, it } from 'vitest';
import { EngineError, isEngineError } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { Fault } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import type { FileSet, StorageFile } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { SimulatedDisk } from '../storage/simulated/disk';
import { keepAll, keepOnly, loseAll, randomChoice, type Fate, type PowerCutChoice } from '../storage/simulated/fates';
import type { PendingItem } from '../storage/simulated/pending';
import { PROFILES } from '../storage/simulated/profiles';
import { garbageEverywhere } from '../storage/testing/power';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import type { LsmEvent } from './events';
import { Manifest, type ManifestOptions } from './manifest';
import { EditSource, tableOf } from './testing/versions';
import { EMPTY_VERSION, LEVELS_MAX, type Version } from './version';

const EXTENT_BYTES = 512;
const NOTHING = new Uint8Array(0);

const optionsOf = (files: FileSet, more: Partial<ManifestOptions> = {}): ManifestOptions => ({
  allocator: new ExtentAllocator(files, EXTENT_BYTES),
  storeSeed: 77,
  verifyChecksums: true,
  wholeWrites: true,
  flushes: true,
  roomBytesMin: 1024,
  trace: null,
  ...more,
});
const openOn = (
  disk: { openNow(o: { create: boolean }): FileSet },
  root: Uint8Array,
  more: Partial<ManifestOptions> = {},
) => Manifest.open(root, optionsOf(disk.openNow({ create: true }), more));

/** A manifest in memory with so many edits, and every version on the way. */
function filled(edits: number, more: Partial<ManifestOptions> = {}) {
  const storage = new MemoryStorage();
  const manifest = openOn(storage, NOTHING, more);
  manifest.finishOpening();
  const source = new EditSource(inject('seed'));
  const versions: Version[] = [EMPTY_VERSION];
  for (let i = 0; i < edits; i++) versions.push(manifest.append(source.next()));
  return { storage, manifest, source, versions };
}

describe('a manifest', () => {
  it('is found again from its root, and from every older one, however often it moved', () => {
    const events: LsmEvent[] = [];
    const storage = new MemoryStorage();
    const manifest = openOn(storage, NOTHING, { trace: { emit: (event) => events.push(event) } });
    expect(manifest.root()).toEqual(NOTHING);
    manifest.finishOpening();
    const source = new EditSource(inject('seed'));
    const roots: Uint8Array[] = [];
    for (let i = 1; i <= 40; i++) {
      const edit = source.next();
      expect(manifest.append(edit)).toEqual(source.version);
      expect(manifest.check()).toEqual([]);
      expect(manifest.state.edit).toBe(i);
      roots.push(manifest.root());
      if (i % 10 > 0) continue;
      for (const root of roots) {
        const again = openOn(new MemoryStorage(storage.snapshot()), root);
        expect(again.version).toEqual(source.version);
        expect([...again.extents].sort()).toEqual([...manifest.extents].sort());
      }
    }
    expect(events.filter(({ kind }) => kind === 'lsm.manifest_area_changed').length).toBeGreaterThan(3);
  });

  it('goes on after an opening as if there had been none', () => {
    let { storage } = filled(0);
    let root: Uint8Array = NOTHING;
    const source = new EditSource(inject('seed'));
    for (let i = 0; i < 40; i++) {
      storage = new MemoryStorage(storage.snapshot());
      const manifest = openOn(storage, root);
      manifest.finishOpening();
      expect(manifest.version).toEqual(source.version);
      expect(manifest.append(source.next())).toEqual(source.version);
      root = manifest.root();
      expect(manifest.check()).toEqual([]);
    }
  });

  it('has exactly the extents in use that its root reaches', () => {
    const files = new MemoryStorage().openNow({ create: true });
    const options = optionsOf(files);
    const manifest = Manifest.open(NOTHING, options);
    manifest.finishOpening();
    expect(manifest.extents).toEqual([0, 2]);
    const source = new EditSource(inject('seed'));
    for (let i = 0; i < 40; i++) {
      const before = options.allocator.freeExtents('data_0');
      const needed = manifest.extentsForAppend(200);
      manifest.append(source.next());
      expect(options.allocator.check(manifest.extents)).toEqual([]);
      expect(before - options.allocator.freeExtents('data_0')).toBeLessThanOrEqual(needed);
    }
  });

  it('lies in the other file when it is told to, all but its heads', () => {
    const { manifest, source, storage, versions } = filled(7);
    manifest.move('data_1');
    expect(manifest.extents.slice(2).every((extent) => extent % 2 === 1)).toBe(true);
    expect(manifest.check()).toEqual([]);
    expect(openOn(new MemoryStorage(storage.snapshot()), manifest.root()).version).toEqual(versions.at(-1));
    expect(manifest.append(source.next())).toEqual(source.version);
    expect(openOn(new MemoryStorage(storage.snapshot()), manifest.root()).version).toEqual(source.version);
  });

  it('lists an area of more extents than its head has room to name', () => {
    const { manifest, storage, versions } = filled(5, { roomBytesMin: 200 * EXTENT_BYTES });
    expect(manifest.extents.length).toBeGreaterThan(200);
    const again = openOn(new MemoryStorage(storage.snapshot()), manifest.root());
    expect(again.version).toEqual(versions.at(-1));
    expect(again.extents).toEqual(manifest.extents);
  });

  it('refuses a level that an opening would not take, before anything is written', () => {
    const { manifest, source, storage } = filled(5);
    const before = storage.snapshot();
    const edit = source.next();
    const added = [{ level: LEVELS_MAX, run: undefined, table: tableOf({ id: 100, from: 1, to: 2 }) }];
    expect(() => manifest.append({ ...edit, removed: [], added })).toThrow(/no opening would take/);
    expect(storage.snapshot()).toEqual(before);
    expect(manifest.append(edit)).toEqual(source.version);
  });

  it('describes what the files have', () => {
    const { manifest, versions } = filled(9);
    const [inForce, ...others] = manifest.describe().filter((area) => area.isInForce);
    expect(others).toEqual([]);
    expect(inForce!.records.at(-1)).toMatchObject({ edit: versions.length - 1 });
    expect(inForce!.records[0]).toMatchObject({ kind: 'snapshot', at: 0 });
    expect(manifest.describe().find((area) => !area.isInForce)).toMatchObject({ records: [], epoch: undefined });
  });
});

// ---- Crashes: after every call, and in the middle of every write.

/** The disk after a call of the manifest to its files, and what was promised and asked for by then. */
interface Moment {
  readonly disk: SimulatedDisk;
  readonly roots: readonly Uint8Array[];
  readonly promised: number;
  readonly asked: number;
}

class WatchedFile extends WrappedFile {
  readonly #after: () => void;
  constructor(inner: StorageFile, after: () => void) {
    super(inner);
    this.#after = after;
  }
  override write(at: number, bytes: Uint8Array): number {
    const count = this.inner.write(at, bytes);
    this.#after();
    return count;
  }
  override flush(): void {
    this.#after();
    this.inner.flush();
    this.#after();
  }
}

/** Runs so many edits, opening again before some of them. */
function moments(disk: SimulatedDisk, edits: number, more: Partial<ManifestOptions> = {}) {
  const found: Moment[] = [];
  const source = new EditSource(inject('seed'));
  const versions: Version[] = [EMPTY_VERSION];
  let first: Uint8Array = NOTHING;
  let root: Uint8Array = NOTHING;
  let promised = 0;
  let asked = 0;
  const look = (): void => void found.push({ disk: disk.fork(), roots: [first, root], promised, asked });
  const files = wrapFiles(disk.openNow({ create: true }), (inner) => new WatchedFile(inner, look));
  for (let manifest: Manifest | undefined; promised < edits;) {
    if (!manifest || promised % 7 === 3) manifest = Manifest.open(root, optionsOf(files, more));
    manifest.finishOpening();
    const edit = source.next();
    versions.push(source.version);
    asked++;
    manifest.append(edit);
    promised++;
    root = manifest.root();
    if (first.length === 0) first = root;
    look();
  }
  return { found, versions };
}

/** Fates of what is pending: none, all, every prefix, each alone, each missing, each torn, noise, and some by chance. */
function cuts(items: readonly PendingItem[], random: SeededRandom): PowerCutChoice[] {
  const numbers = items.map((_, i) => i + 1);
  const torn = (tear: (item: PendingItem) => Fate) =>
    items.map((_, at) => items.map((item, i) => (i === at ? tear(item) : { fate: 'kept' as const })));
  return [
    loseAll(items),
    keepAll(items),
    garbageEverywhere(items),
    ...numbers.map((n) => keepOnly(items, numbers.slice(0, n))),
    ...numbers.map((n) => keepOnly(items, [n])),
    ...numbers.map((n) =>
      keepOnly(
        items,
        numbers.filter((m) => m !== n),
      ),
    ),
    ...torn((item) => (item.kind === 'sector' ? { fate: 'torn', atByte: 1 + random.below(511) } : { fate: 'lost' })),
    ...torn((item) =>
      item.kind === 'sector' ? { fate: 'garbage', seed: random.next(), wholeSector: true } : { fate: 'lost' },
    ),
    ...Array.from({ length: 4 }, () => randomChoice(items, PROFILES.psow_off, random)),
  ];
}

describe('a crash', () => {
  it('after any call, with any of what was not flushed, leaves the version before the edit or after it', () => {
    const random = new SeededRandom(inject('seed'));
    const { found, versions } = moments(new SimulatedDisk({}, PROFILES.psow_off), 24);
    let states = 0;
    let ahead = 0;
    const seen = new Set<string>();
    for (const { asked, disk, promised, roots } of found) {
      for (const choice of cuts(disk.pending(), random)) {
        const cut = disk.powerCut(choice);
        const [first, latest] = roots as [Uint8Array, Uint8Array];
        const id = `${cut.imageHash()} ${promised} ${asked}`;
        if (seen.has(id)) continue;
        seen.add(id);
        states++;
        for (const root of new Set([first, latest])) {
          if (root.length === 0) continue; // Nothing is promised of the manifest then: the log has all.
          const { version } = openOn(cut.fork(), root);
          expect([promised, asked]).toContain(version.edit);
          expect(version).toEqual(versions[version.edit]);
          if (version.edit > promised) ahead++;
        }
        if (latest.length > 0 && states % 5 === 0) goesOn(cut, latest);
      }
    }
    expect(states).toBeGreaterThan(300);
    expect(ahead).toBeGreaterThan(10);
  });

  /** What an opening found stays, whatever is lost after it; and the next edit counts. */
  function goesOn(cut: SimulatedDisk, root: Uint8Array): void {
    const manifest = openOn(cut, root);
    manifest.finishOpening();
    const settled = cut.powerCut(loseAll(cut.pending()));
    expect(openOn(settled, root).version).toEqual(manifest.version);
    const source = new EditSource(1, manifest.version);
    manifest.append(source.next());
    expect(manifest.check()).toEqual([]);
    const after = cut.powerCut(loseAll(cut.pending()));
    expect(openOn(after, manifest.root()).version).toEqual(source.version);
  }

  it('of the process alone loses nothing, and what was seen then is durable once the opening is finished', () => {
    const { found, versions } = moments(new SimulatedDisk({}, PROFILES.adversarial), 24);
    for (const { disk, roots } of found) {
      if (roots[1]!.length === 0) continue;
      const crashed = disk.crash();
      const manifest = openOn(crashed, roots[1]!);
      expect(manifest.version).toEqual(versions[manifest.version.edit]);
      manifest.finishOpening();
      const cut = crashed.powerCut(loseAll(crashed.pending()));
      expect(openOn(cut, roots[1]!).version).toEqual(manifest.version);
    }
  });

  it('of a manifest that does not flush loses what was promised: the test above can fail', () => {
    const { found } = moments(new SimulatedDisk({}, PROFILES.adversarial), 12, { flushes: false });
    const last = found.at(-1)!;
    const cut = last.disk.powerCut(loseAll(last.disk.pending()));
    expect(() => openOn(cut, last.roots[1]!)).toThrow(EngineError);
  });
});

// ---- Damage.

describe('a flipped bit', () => {
  it('anywhere is refused, changes nothing, or takes the last edit away, which no root asks for', () => {
    const { manifest, storage, versions } = filled(30);
    const images = storage.snapshot();
    const last = versions.length - 1;
    const inForce = manifest.describe().find((area) => area.isInForce)!;
    expect(inForce.records.length, 'edits behind the snapshot, or there is nothing to lose').toBeGreaterThan(2);
    const asked = filled(1).manifest.root(); // A superblock from long ago: what came later proves itself.
    const counts = { refused: 0, harmless: 0, lostLast: 0 };
    for (const extent of manifest.extents) {
      const at = Math.floor(extent / 2) * EXTENT_BYTES;
      const name = extent % 2 === 0 ? 'data_0' : 'data_1';
      for (let byte = at; byte < at + EXTENT_BYTES; byte++) {
        images[name][byte]! ^= 1 << (byte % 8);
        const outcome = openFlipped(images, asked);
        images[name][byte]! ^= 1 << (byte % 8);
        if (outcome === undefined) counts.refused++;
        else if (outcome.edit === last) counts.harmless++;
        else counts.lostLast++;
        if (outcome) expect(outcome).toEqual(versions[outcome.edit]);
        if (outcome) expect([last, last - 1]).toContain(outcome.edit);
      }
    }
    const bytesOf = (records: readonly { readonly length: number }[]): number =>
      records.reduce((sum, { length }) => sum + length, 0);
    // Every byte of a record counts; zeros between them, and the closed area, do not.
    expect(counts.lostLast).toBe(inForce.records.at(-1)!.length);
    expect(counts.refused).toBe(bytesOf(inForce.records.slice(0, -1)));
    expect(openFlipped(images, manifest.root())).toEqual(versions[last]);
  });

  function openFlipped(images: ReturnType<MemoryStorage['snapshot']>, root: Uint8Array): Version | undefined {
    try {
      return openOn(new MemoryStorage(images), root).version;
    } catch (error) {
      if (isEngineError(error, 'manifest_damaged')) return undefined;
      throw error;
    }
  }

  it('in the last edit is refused when a root asks for that one', () => {
    const { manifest, storage } = filled(30);
    const inForce = manifest.describe().find((area) => area.isInForce)!;
    const { at } = inForce.records.at(-1)!;
    const extent = inForce.extents[at / EXTENT_BYTES]!;
    const images = storage.snapshot();
    images[extent % 2 === 0 ? 'data_0' : 'data_1'][Math.floor(extent / 2) * EXTENT_BYTES + 20]! ^= 1;
    expect(() => openOn(new MemoryStorage(images), manifest.root())).toThrow(
      /ends at edit 29, and edit 30 was promised/,
    );
  });

  it('in the area in force is found by a check', () => {
    const { manifest, storage } = filled(5);
    const files = optionsOf(new MemoryStorage(storage.snapshot()).openNow({ create: false }));
    const again = Manifest.open(manifest.root(), files);
    const inForce = again.describe().find((area) => area.isInForce)!;
    const { at, file } = files.allocator.place(inForce.extents[0]!);
    file.write(at + 30, Uint8Array.of(0xff));
    expect(again.check()).toMatchObject([{ rule: 'A5', place: { file: 'data_0', offset: at } }]);
  });

  it('in a root, or files that are gone, are refused', () => {
    const { manifest, storage } = filled(5);
    const root = manifest.root();
    expect(openFlipped(new MemoryStorage().snapshot(), root)).toBeUndefined();
    expect(openFlipped(storage.snapshot(), root.subarray(1))).toBeUndefined();
    const images = storage.snapshot();
    expect(openFlipped({ ...images, data_0: images.data_0.fill(0) }, root)).toBeUndefined();
  });
});

// ---- Devices that fail.

describe('a device that fails', () => {
  const failing = (fault: Fault) => {
    const storage = new MemoryStorage();
    return { storage, files: faultyFiles(storage.openNow({ create: true }), { faults: [fault] }) };
  };
  const kinds = ['fail', 'fail_after'] as const;

  it('at a write: the edit is taken back, and the manifest goes on', () => {
    let failed = 0;
    for (let nth = 4; nth < 40; nth++) {
      const effect = { kind: kinds[nth % 2]! };
      const { files, storage } = failing({ call: 'write', file: 'data_0', nth: nth >>> 1, effect });
      const manifest = Manifest.open(NOTHING, optionsOf(files));
      manifest.finishOpening();
      const source = new EditSource(inject('seed'));
      for (let i = 0; i < 12; i++) {
        const before = source.version;
        const edit = source.next();
        try {
          manifest.append(edit);
        } catch (error) {
          expect(isEngineError(error, 'write_failed')).toBe(true);
          failed++;
          expect(manifest.version).toEqual(before);
          if (manifest.root().length > 0) {
            const seen = openOn(new MemoryStorage(storage.snapshot()), manifest.root()).version.edit;
            expect(manifest.isBroken ? [i, i + 1] : [i]).toContain(seen);
          }
          if (manifest.isBroken) break;
          manifest.append(edit);
        }
        expect(manifest.version).toEqual(source.version);
        expect(manifest.check()).toEqual([]);
      }
    }
    expect(failed).toBeGreaterThan(10);
  });

  it('at a flush: nothing is written any more until it is opened again', () => {
    for (let nth = 2; nth < 24; nth++) {
      const { files } = failing({ call: 'flush', file: 'data_0', nth: nth >>> 1, effect: { kind: kinds[nth % 2]! } });
      const manifest = Manifest.open(NOTHING, optionsOf(files));
      manifest.finishOpening();
      const source = new EditSource(inject('seed'));
      const run = (): void => {
        for (let i = 0; i < 12; i++) manifest.append(source.next());
      };
      expect(run).toThrow(/flush/);
      expect(manifest.isBroken).toBe(true);
      expect(run).toThrow(/flush/);
    }
  });

  it('for want of room: nothing has happened, and it goes on when there is some', () => {
    const { manifest, source } = filled(6);
    expect(manifest.isBroken).toBe(false);
    expect(source.version.edit).toBe(6);
    const storage = new MemoryStorage();
    const inner = storage.openNow({ create: true });
    const options = optionsOf(inner);
    const small = Manifest.open(NOTHING, options);
    small.finishOpening();
    let isFull = false;
    const { allocator } = options;
    const allocate = allocator.allocate.bind(allocator);
    allocator.allocate = (name) => {
      if (isFull) throw new EngineError('store_full', 'no room');
      return allocate(name);
    };
    const edits = new EditSource(inject('seed'));
    let refused = 0;
    for (let i = 0; i < 30; i++) {
      const edit = edits.next();
      isFull = true;
      try {
        small.append(edit);
      } catch (error) {
        expect(isEngineError(error, 'store_full')).toBe(true);
        expect(small.isBroken).toBe(false);
        expect(allocator.check(small.extents)).toEqual([]);
        refused++;
        isFull = false;
        small.append(edit);
      }
      expect(small.version).toEqual(edits.version);
      expect(small.check()).toEqual([]);
    }
    expect(refused).toBeGreaterThan(2);
  });
});
