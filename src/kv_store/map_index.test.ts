import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { lsn, type ExtentId } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import { describeOrderedIndex, type IndexPlace } from '../base/ordered_index_suite';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { FullDisk } from '../storage/fault_script';
import { faultyFiles } from '../storage/faulty';
import { closeAll, type FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { SimulatedDisk } from '../storage/simulated/disk';
import { MapIndex } from './map_index';
import { garbageEverywhere } from '../storage/testing/power';

const EXTENT_BYTES = 512;

function openIndex(files: FileSet, root: Uint8Array = EMPTY_BYTES): { index: MapIndex; allocator: ExtentAllocator } {
  const allocator = new ExtentAllocator(files, EXTENT_BYTES);
  const index = MapIndex.open(root, {
    allocator,
    storeSeed: 77,
    verifyChecksums: true,
    flushData: true,
    wholeWrites: true,
    trace: null,
  });
  return { index, allocator };
}

/** On a disk whose power goes each time the program ends, with noise in everything it had not flushed. */
function cutPlace(): IndexPlace {
  let disk = new SimulatedDisk();
  return {
    open: (root) => openIndex(disk.openNow({ create: true }), root).index,
    end: () => {
      disk = disk.powerCut(garbageEverywhere(disk.pending()));
    },
  };
}

describeOrderedIndex('the map with checkpoints', cutPlace);

function puts(from: number, count: number, valueBytes = 90): Batch {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'put',
    key: encodeText(`key ${from + i}`),
    value: new Uint8Array(valueBytes).fill(i),
  }));
}
const deletes = (from: number, count: number): Batch =>
  Array.from({ length: count }, (_, i) => ({ kind: 'delete', key: encodeText(`key ${from + i}`) }));

function takeCheckpoint(index: MapIndex): Uint8Array {
  const checkpoint = index.beginCheckpoint();
  while (!checkpoint.step(1).done);
  checkpoint.finish();
  return checkpoint.root;
}

describe('checkpoints of the map', () => {
  it('C1 C2 take turns between the two data files, and never write an extent that is in force', () => {
    const files = new MemoryStorage().openNow({ create: true });
    const { allocator, index } = openIndex(files);
    let inForce: readonly ExtentId[] = [];
    for (let round = 0; round < 5; round++) {
      index.apply(puts(round * 10, 30), lsn(round + 1));
      const checkpoint = index.beginCheckpoint();
      while (!checkpoint.step(1).done) {
        expect(index.allocatedExtents.filter((extent) => inForce.includes(extent))).toEqual([]);
      }
      checkpoint.finish();
      inForce = index.liveExtents;
      expect(new Set(inForce.map((extent) => allocator.locate(extent).name))).toEqual(
        new Set([round % 2 === 0 ? 'data_0' : 'data_1']),
      );
    }
    expect(allocator.check(index.liveExtents)).toEqual([]);
  });

  it('C4 a slice writes one block at least, and stops at its budget', () => {
    const { index } = openIndex(new MemoryStorage().openNow({ create: true }));
    index.apply(puts(0, 40), lsn(1));
    const checkpoint = index.beginCheckpoint();
    checkpoint.step(0);
    expect(index.writingExtents).toHaveLength(1);
    checkpoint.step(3 * EXTENT_BYTES);
    expect(index.writingExtents).toHaveLength(4);
  });

  it('give back all their extents when they are abandoned', () => {
    const { allocator, index } = openIndex(new MemoryStorage().openNow({ create: true }));
    index.apply(puts(0, 40), lsn(1));
    takeCheckpoint(index);
    const checkpoint = index.beginCheckpoint();
    checkpoint.step(2 * EXTENT_BYTES);
    checkpoint.abandon();
    expect(allocator.check(index.liveExtents)).toEqual([]);
    expect(index.durableLsn).toBe(1);
    takeCheckpoint(index);
  });
});

describe('room that was reserved', () => {
  /** An index with 20 entries in force on a device without room for more than that twice over. */
  function onFullDevice(): { index: MapIndex; root: Uint8Array; files: FileSet; storage: MemoryStorage } {
    const storage = new MemoryStorage();
    const full: FullDisk = { growthBytes: 16 * EXTENT_BYTES, lastWrite: 'refused' };
    const files = faultyFiles(storage.openNow({ create: true }), { faults: [], full });
    const { index } = openIndex(files);
    index.apply(puts(0, 20), lsn(1));
    index.reserve(0);
    const root = takeCheckpoint(index);
    index.reserve(0);
    return { index, root, files, storage };
  }

  /** Adds entries one by one, each only if there is room for it, as the store does. */
  function addWhileRoom(index: MapIndex, from: number): number {
    for (let n = 0; n < 500; n++) {
      try {
        index.reserve(110);
      } catch (error) {
        expect(isEngineError(error, 'store_full')).toBe(true);
        return n;
      }
      index.apply(puts(from + n, 1), lsn(index.appliedLsn + 1));
    }
    throw new Error('the device never filled up');
  }

  it('is enough for a checkpoint of everything taken in meanwhile', () => {
    const { index } = onFullDevice();
    index.apply(deletes(0, 15), lsn(2));
    const checkpoint = index.beginCheckpoint();
    expect(addWhileRoom(index, 100)).toBeGreaterThan(0);
    while (!checkpoint.step(1).done);
    checkpoint.finish();
    takeCheckpoint(index);
    expect(index.check()).toEqual([]);
  });

  it('is still enough when the checkpoint under way is given up, or the program ends', () => {
    for (const end of ['abandon', 'crash'] as const) {
      const { files, index, root, storage } = onFullDevice();
      index.apply(deletes(0, 15), lsn(2));
      const checkpoint = index.beginCheckpoint();
      checkpoint.step(1);
      const added = addWhileRoom(index, 100);
      if (end === 'abandon') {
        checkpoint.abandon();
        takeCheckpoint(index);
        continue;
      }
      // The log brings back everything since the checkpoint in force, in a program that finds the device as full.
      closeAll(files);
      const noRoom: FullDisk = { growthBytes: 0, lastWrite: 'refused' };
      const again = openIndex(
        faultyFiles(storage.openNow({ create: false }), { faults: [], full: noRoom }),
        root,
      ).index;
      again.apply(deletes(0, 15), lsn(2));
      again.apply(puts(100, added), lsn(3));
      takeCheckpoint(again);
    }
  });
});
