import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import { describeOrderedIndex, type IndexPlace } from '../base/ordered_index_suite';
import { ExtentAllocator } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import { SimulatedDisk } from '../storage/simulated/disk';
import { garbageEverywhere } from '../storage/testing/power';
import { BTreeIndex } from './btree_index';
import type { BTreeOptions } from './options';
import type { PageProtection } from './protections';
import { MemoryLog } from './testing/memory_log';

type Options = Partial<Pick<BTreeOptions, 'pageBytes' | 'poolBytes' | 'protection' | 'log'>>;

function openIndex(files: FileSet, root: Uint8Array, options: Options): BTreeIndex {
  const pageBytes = options.pageBytes ?? 512;
  const index = BTreeIndex.open(root, {
    allocator: new ExtentAllocator(files, Math.max(512, pageBytes)),
    storeSeed: 77,
    pageBytes,
    poolBytes: options.poolBytes ?? 0,
    protection: options.protection ?? 'copy_on_write',
    protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
    log: options.log,
    trace: null,
  });
  index.finishOpening();
  return index;
}

/** On a disk whose power goes each time the program ends, with noise in everything it had not flushed. */
function cutPlace(options: Options): IndexPlace {
  let disk = new SimulatedDisk();
  return {
    open: (root) => openIndex(disk.openNow({ create: true }), root, options),
    end: () => {
      disk = disk.powerCut(garbageEverywhere(disk.pending()));
    },
  };
}

const PROTECTIONS: readonly PageProtection[] = ['copy_on_write', 'double_write', 'log_images'];
for (const protection of PROTECTIONS) {
  for (const pageBytes of protection === 'log_images' ? [256] : [256, 512, 4096]) {
    describeOrderedIndex(
      `a tree of pages of ${pageBytes} bytes, ${protection}`,
      () => cutPlace({ pageBytes, protection, log: new MemoryLog() }),
      40,
    );
  }
}

function puts(from: number, count: number, valueBytes = 90): Batch {
  return Array.from({ length: count }, (_, i) => ({
    kind: 'put',
    key: encodeText(`key ${String(from + i).padStart(6, '0')}`),
    value: new Uint8Array(valueBytes).fill(i),
  }));
}

describe('a tree', () => {
  it('loads 20,000 keys in order and at random, and finds each', () => {
    const index = openIndex(new SimulatedDisk().openNow({ create: true }), EMPTY_BYTES, {
      pageBytes: 4096,
      poolBytes: 1 << 20,
    });
    for (let i = 0; i < 20; i++) index.apply(puts(i * 1000, 1000), lsn(i + 1));
    expect(index.check()).toEqual([]);
    expect(index.get(encodeText('key 012345'))).toEqual(new Uint8Array(90).fill(345 % 256));
  });
});
