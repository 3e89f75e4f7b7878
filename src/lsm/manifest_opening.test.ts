/** What an opening of the manifest believes of a device that reads wrongly once, or that dropped what it was to flush. */
import { describe, expect, inject, it } from 'vitest';
import { isEngineError } from '../base/errors';
import { lsn } from '../base/ids';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { Fault, ReadEffect } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import type { FileSet, StorageFile } from '../storage/file';
import { SimulatedDisk } from '../storage/simulated/disk';
import { loseAll } from '../storage/simulated/fates';
import { garbageEverywhere } from '../storage/testing/power';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { Manifest } from './manifest';
import { EditSource, tableOf } from './testing/versions';
import type { Version, VersionEdit } from './version';

const NOTHING = new Uint8Array(0);
const WRONG_READS: readonly ReadEffect[] = [
  { kind: 'zeros' },
  { kind: 'short', count: 0 },
  { kind: 'short', count: 512 },
];

const open = (files: FileSet, root: Uint8Array, extentBytes = 512): Manifest =>
  openWith(new ExtentAllocator(files, extentBytes), root);
const openWith = (allocator: ExtentAllocator, root: Uint8Array): Manifest =>
  Manifest.open(root, {
    allocator,
    storeSeed: 77,
    verifyChecksums: true,
    wholeWrites: true,
    flushes: true,
    roomBytesMin: 1024,
    trace: null,
  });
const openOn = (disk: SimulatedDisk, root: Uint8Array, extentBytes?: number): Manifest =>
  open(disk.openNow({ create: true }), root, extentBytes);
const misreading = (disk: SimulatedDisk, nth: number, effect: ReadEffect): FileSet =>
  faultyFiles(disk.openNow({ create: true }), { faults: [{ call: 'read', nth, effect }] });
/** What a version has, whatever made it. */
const tablesOf = ({ levels }: Version): unknown =>
  levels.map((runs) => runs.map(({ tables }) => tables.map(({ id, smallest }) => [id, smallest.length])));

class Watched extends WrappedFile {
  readonly #before: (call: 'read' | 'write' | 'flush') => void;
  constructor(inner: StorageFile, before: (call: 'read' | 'write' | 'flush') => void) {
    super(inner);
    this.#before = before;
  }
  override read(at: number, into: Uint8Array): number {
    this.#before('read');
    return this.inner.read(at, into);
  }
  override write(at: number, bytes: Uint8Array): number {
    this.#before('write');
    return this.inner.write(at, bytes);
  }
  override flush(): void {
    this.#before('flush');
    this.inner.flush();
  }
}
const watched = (disk: SimulatedDisk, before: (call: 'read' | 'write' | 'flush') => void): FileSet =>
  wrapFiles(disk.openNow({ create: true }), (inner) => new Watched(inner, before));

const areaInForce = (manifest: Manifest) => manifest.describe().find((area) => area.isInForce);

/** Where a program died before it wrote the record that closes an area: both are whole. */
function bothWhole(): { readonly disk: SimulatedDisk; readonly root: Uint8Array; readonly edit: number }[] {
  const disk = new SimulatedDisk();
  const found: { disk: SimulatedDisk; root: Uint8Array; edit: number }[] = [];
  let last = disk;
  const manifest = open(
    watched(disk, (call) => {
      if (call === 'write') last = disk.fork();
    }),
    NOTHING,
  );
  manifest.finishOpening();
  const source = new EditSource(inject('seed'));
  for (let i = 0; i < 30; i++) {
    const root = manifest.root();
    const before = areaInForce(manifest)?.epoch;
    manifest.append(source.next());
    const { epoch } = areaInForce(manifest)!;
    if (before !== undefined && epoch !== before) found.push({ disk: last, root, edit: manifest.version.edit });
  }
  expect(found.length).toBeGreaterThan(1);
  return found;
}

describe('one wrong read', () => {
  it('of an area takes no flushed edit away', () => {
    const disk = new SimulatedDisk();
    const manifest = openOn(disk, NOTHING, 1024);
    manifest.finishOpening();
    const source = new EditSource(inject('seed'));
    manifest.append(source.next());
    const root = manifest.root(); // The superblock of long ago: later edits have to prove themselves.
    for (let i = 0; i < 3; i++) manifest.append(source.next());
    for (const effect of WRONG_READS) {
      for (let nth = 1; nth <= 16; nth++) {
        expect(open(misreading(disk.crash(), nth, effect), root, 1024).version).toEqual(manifest.version);
      }
    }
  });

  it('that comes short whenever it is tried is refused (R9)', () => {
    const disk = new SimulatedDisk();
    const manifest = openOn(disk, NOTHING);
    manifest.finishOpening();
    manifest.append(new EditSource(1).next());
    const faults: Fault[] = [{ call: 'read', nth: 1, forever: true, effect: { kind: 'short', count: 511 } }];
    expect(() => open(faultyFiles(disk.crash().openNow({ create: true }), { faults }), manifest.root())).toThrow(
      expect.objectContaining({ code: 'read_failed' }),
    );
  });

  it('while a snapshot is written over itself loses nothing: what was verified is written (A8)', () => {
    let wentOn = 0;
    for (const { disk, edit, root } of bothWhole().slice(0, 3)) {
      for (const effect of WRONG_READS) {
        for (let nth = 1; nth <= 24; nth++) {
          const life = disk.crash();
          const manifest = open(misreading(life, nth, effect), root);
          expect(manifest.version.edit).toBe(edit);
          manifest.finishOpening();
          manifest.append(new EditSource(5, manifest.version).next());
          wentOn++;
          expect(openOn(life.crash(), root).version).toEqual(manifest.version);
        }
      }
    }
    expect(wentOn).toBeGreaterThan(50);
  });

  it('whatever it hides, and for however long in one opening, edits go where they are found again', () => {
    const { disk, nextId, root } = cutBeforeClosing();
    for (const forever of [false, true]) {
      for (let nth = 1; nth < 14; nth++) {
        const life = disk.fork();
        const faults: Fault[] = [{ call: 'read', file: 'data_0', nth, forever, effect: { kind: 'zeros' } }];
        let manifest: Manifest;
        try {
          manifest = open(faultyFiles(life.openNow({ create: true }), { faults }), root);
          manifest.finishOpening();
        } catch (error) {
          expect(forever && isEngineError(error, 'manifest_damaged')).toBe(true);
          continue;
        }
        manifest.append(flushOf(manifest.version.edit < nextId - 1 ? nextId - 1 : nextId, 10));
        for (const asked of [root, manifest.root()]) {
          expect(tablesOf(openOn(life.crash(), asked).version)).toEqual(tablesOf(manifest.version));
        }
      }
    }
  });
});

function flushOf(id: number, keyBytes: number): VersionEdit {
  const key = new Uint8Array(keyBytes).fill(id);
  const table = { ...tableOf({ id, from: id, to: id, lsn: id }), smallest: key, largest: key };
  const added = [{ level: 0, run: undefined, table }];
  return { cause: 'flush', removed: [], added, flushedLsn: lsn(id), nextTableId: id + 1 };
}

/** Both areas are whole, and the older has room for another edit: what went to the newer was too long for it. */
function cutBeforeClosing(): { readonly disk: SimulatedDisk; readonly root: Uint8Array; readonly nextId: number } {
  const disk = new SimulatedDisk();
  let last = disk;
  const manifest = open(
    watched(disk, (call) => {
      if (call === 'write') last = disk.fork();
    }),
    NOTHING,
  );
  manifest.finishOpening();
  let id = 1;
  const roomLeft = (): number => {
    const { end, extents } = areaInForce(manifest)!;
    return extents.length * 512 - end;
  };
  manifest.append(flushOf(id++, 10));
  while (roomLeft() > 512) manifest.append(flushOf(id++, 10));
  const root = manifest.root();
  const { epoch } = areaInForce(manifest)!;
  manifest.append(flushOf(id++, 1000));
  expect(areaInForce(manifest)!.epoch).toBe(epoch! + 1);
  return { disk: last.crash(), root, nextId: id };
}

describe('a record that closes an area', () => {
  it('and was dropped by a flush is written again before anything is built on the other area (A6)', () => {
    let dropped = 0;
    for (let nth = 2; nth < 60; nth++) {
      const disk = new SimulatedDisk();
      const root = appendUntilFlushFails(disk, nth);
      if (root.length === 0) continue;
      const second = disk.crash();
      const manifest = openOn(second, root);
      if (areaInForce(manifest)!.records.length > 1) continue;
      const seen = manifest.version;
      if (
        openOn(second.powerCut(loseAll(second.pending())), root)
          .describe()
          .every(({ epoch }) => epoch !== undefined)
      )
        dropped++;
      manifest.finishOpening();
      // The power goes, and once more while the next opening writes.
      const third = second.powerCut(loseAll(second.pending()));
      const cuts: SimulatedDisk[] = [];
      const files = watched(third, (call) => {
        if (call === 'flush') cuts.push(third.fork());
      });
      open(files, root).finishOpening();
      for (const cut of cuts) {
        const fourth = cut.powerCut(garbageEverywhere(cut.pending()));
        expect(openOn(fourth, root).version, `flush ${nth}: what an opening had built on`).toEqual(seen);
      }
    }
    expect(dropped).toBeGreaterThan(0);
  });

  /** A root that asks for little. */
  function appendUntilFlushFails(disk: SimulatedDisk, nth: number): Uint8Array {
    const faults: Fault[] = [{ call: 'flush', file: 'data_0', nth, effect: { kind: 'fail_and_drop' } }];
    const manifest = open(faultyFiles(disk.openNow({ create: true }), { faults }), NOTHING);
    manifest.finishOpening();
    const source = new EditSource(1);
    let root: Uint8Array = NOTHING;
    try {
      for (;;) {
        manifest.append(source.next());
        if (root.length === 0) root = manifest.root();
      }
    } catch (error) {
      expect(isEngineError(error, 'flush_failed')).toBe(true);
      return root;
    }
  }

  it('and is where a root asks for all that there is, is left alone: such an opening writes nothing', () => {
    const disk = new SimulatedDisk();
    const manifest = openOn(disk, NOTHING);
    manifest.finishOpening();
    const source = new EditSource(inject('seed'));
    for (let i = 0; i < 12; i++) manifest.append(source.next());
    let writes = 0;
    open(
      watched(disk.crash(), (call) => {
        if (call === 'write') writes++;
      }),
      manifest.root(),
    ).finishOpening();
    expect(writes).toBe(0);
  });
});

describe('an area that its file ends before (A9)', () => {
  /** A flush said that the file had become longer, and lied: the power took all but the heads. */
  function cutOff(): { readonly disk: SimulatedDisk; readonly manifest: Manifest } {
    const disk = new SimulatedDisk();
    const manifest = openOn(disk, NOTHING, 1024);
    manifest.finishOpening();
    manifest.append(new EditSource(1).next());
    expect(areaInForce(manifest)!.extents.length).toBeGreaterThan(1);
    const { data_0 } = disk.images();
    return { disk: new SimulatedDisk({ data_0: data_0.subarray(0, 2 * 1024) }), manifest };
  }

  it('is left for the other one, before anybody else gets the extents that it names', () => {
    const { disk, manifest: lost } = cutOff();
    const allocator = new ExtentAllocator(disk.openNow({ create: true }), 1024);
    const manifest = openWith(allocator, lost.root());
    expect(manifest.version).toEqual(lost.version);
    manifest.finishOpening();
    // Tables, as far as anybody knows.
    const taken = Array.from({ length: 8 }, () => allocator.allocate('data_0'));
    const source = new EditSource(2, manifest.version);
    for (const edits of [0, 4]) {
      for (let i = 0; i < edits; i++) manifest.append(source.next());
      for (const { at, file } of taken.map((extent) => allocator.place(extent))) {
        file.write(at, new Uint8Array(1024).fill(7));
      }
      for (const root of [lost.root(), manifest.root()]) {
        const again = openOn(disk.crash(), root, 1024);
        expect(again.version).toEqual(manifest.version);
        expect(again.extents.filter((extent) => taken.includes(extent))).toEqual([]);
      }
    }
  });

  it('comes to the same whenever its recovery is cut short, and again after it', () => {
    const { disk, manifest: lost } = cutOff();
    const cuts: SimulatedDisk[] = [];
    const files = watched(disk, (call) => {
      if (call !== 'read') cuts.push(disk.crash(), disk.powerCut(loseAll(disk.pending())));
    });
    open(files, lost.root(), 1024).finishOpening();
    expect(cuts.length).toBeGreaterThan(6);
    for (const cut of [...cuts, disk.crash()]) {
      const manifest = openOn(cut, lost.root(), 1024);
      manifest.finishOpening();
      expect(manifest.version).toEqual(lost.version);
      expect(manifest.check()).toEqual([]);
      const left = cut.crash();
      openOn(left, lost.root(), 1024).finishOpening();
      expect(left.imageHash()).toBe(cut.imageHash());
    }
  });

  it('is refused where the device has no room for another: its extents might become something else', () => {
    const { disk, manifest } = cutOff();
    const full = { growthBytes: 0, lastWrite: 'refused' } as const;
    const files = faultyFiles(disk.openNow({ create: true }), { faults: [], full });
    expect(() => open(files, manifest.root(), 1024).finishOpening()).toThrow(
      expect.objectContaining({ code: 'store_full' }),
    );
    expect(openOn(disk.crash(), manifest.root(), 1024).version).toEqual(manifest.version);
  });
});
