import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEngineError } from '../base/errors';
import { extentId, type ExtentId } from '../base/ids';
import { chooseExtent, ExtentAllocator, growthExtents, type DataFileName } from './extent_allocator';
import type { ExtentsCounted } from './events';
import type { FullDisk } from './fault_script';
import { faultyFiles } from './faulty';
import { fileSet, type FileSet } from './file';
import { MemoryStorage } from './memory';
import { SimulatedDisk } from './simulated/disk';
import { keepAll, loseAll } from './simulated/fates';

const BYTES = 1024;
const ids = (...values: number[]): ExtentId[] => values.map(extentId);

function onMemory(full?: FullDisk): { files: FileSet; allocator: ExtentAllocator } {
  const files = faultyFiles(new MemoryStorage().openNow({ create: true }), { faults: [], full });
  return { files, allocator: new ExtentAllocator(files, BYTES) };
}

describe('which extent to take', () => {
  const free = { data_0: extentId(4), data_1: extentId(1) };
  const none = { data_0: undefined, data_1: undefined };

  it('the lowest of the preferred file', () => {
    const question = { preferred: 'data_0', lowestFree: free, canGrow: true } as const;
    expect(chooseExtent(question)).toEqual({ take: 4, why: 'lowest_in_preferred' });
  });

  it('none: the preferred file grows, though the other has room', () => {
    const question = { preferred: 'data_0', lowestFree: { ...free, data_0: undefined }, canGrow: true } as const;
    expect(chooseExtent(question)).toEqual({ grow: 'data_0', why: 'preferred_is_full' });
  });

  it('one of the other file when there is no room to grow', () => {
    const question = { preferred: 'data_0', lowestFree: { ...free, data_0: undefined }, canGrow: false } as const;
    expect(chooseExtent(question)).toEqual({ take: 1, why: 'no_room_to_grow' });
  });

  it('none at all when the store is full', () => {
    const question = { preferred: 'data_1', lowestFree: none, canGrow: false } as const;
    expect(chooseExtent(question)).toEqual({ why: 'store_is_full' });
  });

  it.each([
    [0, 4096, 2],
    [16, 4096, 2],
    [800, 4096, 100],
    [100_000, 4096, 256],
    [100, 1 << 20, 2],
  ])('a file of %i extents of %i bytes grows by %i', (extents, extentBytes, step) => {
    expect(growthExtents(extents, extentBytes)).toBe(step);
  });
});

describe('extents', () => {
  it('are numbered over both files, even in data_0 and odd in data_1', () => {
    const { allocator, files } = onMemory();
    const taken = [allocator.allocate('data_0'), allocator.allocate('data_0'), allocator.allocate('data_1')];
    expect(taken).toEqual([0, 2, 1]);
    expect(allocator.locate(extentId(2))).toEqual({ name: 'data_0', at: BYTES });
    expect(allocator.locate(extentId(7))).toEqual({ name: 'data_1', at: 3 * BYTES });
    expect(allocator.place(extentId(1))).toEqual({ file: files.data_1, at: 0 });
  });

  it('that the files hold whole are there when a store is opened, free until marked', () => {
    const { files } = onMemory();
    files.data_0.truncate(3 * BYTES);
    files.data_1.truncate(2 * BYTES - 1);
    const allocator = new ExtentAllocator(files, BYTES);
    expect(allocator.describe()).toEqual(ids(0, 2, 4, 1).map((extent) => ({ extent, isUsed: false })));
    expect(ids(4, 1, 3, 6).map((extent) => allocator.exists(extent))).toEqual([true, true, false, false]);
    allocator.markUsed(extentId(0));
    allocator.markUsed(extentId(4));
    expect(allocator.allocate('data_0')).toBe(2);
  });

  it('E1 E2 marked twice, freed twice or never there are mistakes of the program', () => {
    const { allocator } = onMemory();
    const extent = allocator.allocate('data_0');
    expect(() => allocator.markUsed(extent)).toThrow('E1');
    expect(() => allocator.markUsed(extentId(999))).toThrow('E1');
    allocator.free(extent);
    expect(() => allocator.free(extent)).toThrow('E2');
    expect(() => allocator.free(extentId(999))).toThrow('E2');
  });

  it('are checked against what the roots reach', () => {
    const { allocator } = onMemory();
    const taken = [allocator.allocate('data_0'), allocator.allocate('data_0')];
    expect(allocator.check(taken)).toEqual([]);
    expect(allocator.check(ids(0, 0, 1, 8)).map(({ detail }) => detail)).toEqual([
      'extent 0 is reached twice',
      'extent 1 is reached and lies past the end of its file',
      'extent 8 is reached and lies past the end of its file',
      'extent 2 counts as used and nothing reaches it',
    ]);
    allocator.free(extentId(2));
    expect(allocator.check(taken).map(({ detail }) => detail)).toEqual(['extent 2 is reached and counts as free']);
  });

  it('a file cut from outside is found', () => {
    const { allocator, files } = onMemory();
    allocator.allocate('data_1');
    files.data_1.truncate(BYTES - 1);
    expect(allocator.check()[0]?.detail).toBe(`data_1 has ${BYTES - 1} bytes, its extents end at ${2 * BYTES}`);
  });
});

it('a trace is told how many extents a file has, whenever that changes', () => {
  const { files } = onMemory({ growthBytes: 4 * BYTES, lastWrite: 'refused' });
  const told: string[] = [];
  const trace = { emit: ({ extents, file }: ExtentsCounted): unknown => told.push(`${file} ${extents}`) };
  const allocator = new ExtentAllocator(files, BYTES, trace);
  allocator.allocate('data_1');
  allocator.allocate('data_1');
  allocator.reserve('data_0', 1);
  expect(() => allocator.reserve('data_0', 9)).toThrow('no room');
  allocator.trim();
  expect(told).toEqual(['data_0 0', 'data_1 0', 'data_1 2', 'data_0 1', 'data_0 2', 'data_0 0']);
});

describe('growing', () => {
  it('writes zeros: the room is there when the data comes', () => {
    const { allocator } = onMemory({ growthBytes: 2 * BYTES, lastWrite: 'refused' });
    const { file, at } = allocator.place(allocator.allocate('data_0'));
    expect(file.size()).toBe(2 * BYTES);
    expect(file.write(at, new Uint8Array(BYTES).fill(1))).toBe(BYTES);
  });

  it('ahead of need leaves nothing to grow later', () => {
    const { allocator, files } = onMemory({ growthBytes: 10 * BYTES, lastWrite: 'refused' });
    allocator.reserve('data_1', 5);
    expect(allocator.freeExtents('data_1')).toBe(5);
    allocator.reserve('data_1', 3);
    expect(files.data_1.size()).toBe(5 * BYTES);
    expect(() => allocator.reserve('data_0', 6)).toThrow('no room');
    expect(allocator.freeExtents('data_0')).toBe(5);
  });

  it.each(['refused', 'short'] as const)(
    'E4 a full disk (last write %s) gives what fits, then the other file, then store_full',
    (lastWrite) => {
      const { allocator } = onMemory({ growthBytes: 4 * BYTES + 600, lastWrite });
      allocator.reserve('data_1', 1);
      const taken = [1, 2, 3, 4].map(() => allocator.allocate('data_0'));
      expect(taken).toEqual([0, 2, 4, 1]);
      expect(() => allocator.allocate('data_0')).toThrow('no room');
      expect(allocator.check(taken)).toEqual([]);
      allocator.free(extentId(2));
      expect(allocator.allocate('data_1')).toBe(2);
    },
  );

  it('an error that is not about room is passed on, and changes nothing', () => {
    const files = faultyFiles(new MemoryStorage().openNow({ create: true }), {
      faults: [{ call: 'write', nth: 1, effect: { kind: 'fail' } }],
    });
    const allocator = new ExtentAllocator(files, BYTES);
    expect(() => allocator.allocate('data_0')).toThrow('fails this call');
    expect(allocator.describe()).toEqual([]);
    expect(allocator.allocate('data_0')).toBe(0);
  });

  it('an absurd count is a failed write', () => {
    const files = faultyFiles(new MemoryStorage().openNow({ create: true }), {
      faults: [{ call: 'write', nth: 1, effect: { kind: 'short', count: 2 ** 32 - 8 } }],
    });
    expect(() => new ExtentAllocator(files, BYTES).allocate('data_0')).toThrow('4294967288');
  });
});

describe('trimming', () => {
  it('gives back the free end of each file, and the extents come back by growing', () => {
    const { allocator, files } = onMemory();
    allocator.reserve('data_0', 6);
    const taken = [1, 2, 3, 4].map(() => allocator.allocate('data_0'));
    allocator.free(taken[1]!);
    allocator.free(taken[3]!);
    expect(allocator.trim()).toBe(3 * BYTES);
    expect(files.data_0.size()).toBe(3 * BYTES);
    expect([1, 2].map(() => allocator.allocate('data_0'))).toEqual([2, 6]);
    expect(allocator.check(ids(0, 2, 4, 6))).toEqual([]);
  });

  it('cuts off what a failed growth left behind the last whole extent', () => {
    const { files } = onMemory();
    files.data_0.truncate(BYTES + 7);
    const allocator = new ExtentAllocator(files, BYTES);
    allocator.markUsed(extentId(0));
    expect(allocator.trim()).toBe(7);
  });

  it('E3 leaves nothing pending: no later cut can zero what is written there again', () => {
    const disk = new SimulatedDisk();
    const files = disk.openNow({ create: true });
    const allocator = new ExtentAllocator(files, BYTES);
    const first = allocator.allocate('data_0');
    files.data_0.write(0, new Uint8Array(BYTES).fill(7));
    allocator.trim();
    expect(disk.pending()).toEqual([]);
    allocator.free(first);
    allocator.trim();
    expect(disk.pending()).toEqual([]);
    expect(disk.powerCut(loseAll([])).images().data_0).toHaveLength(0);
  });
});

interface Run {
  readonly kind: 'allocate' | 'free' | 'reserve' | 'trim' | 'reopen';
  readonly file: DataFileName;
  readonly pick: number;
}

const run: fc.Arbitrary<Run> = fc.record({
  kind: fc.constantFrom<Run['kind']>('allocate', 'allocate', 'allocate', 'free', 'free', 'reserve', 'trim', 'reopen'),
  file: fc.constantFrom<DataFileName>('data_0', 'data_1'),
  pick: fc.nat(100),
});

describe('properties', () => {
  it('no extent has two owners, its bytes are its own, and a full disk loses nothing', () => {
    fc.assert(
      fc.property(
        fc.array(run, { maxLength: 80 }),
        fc.nat(60),
        fc.constantFrom('refused', 'short'),
        (runs, room, lastWrite) => {
          const disk = new SimulatedDisk();
          const open = disk.openNow({ create: true });
          const files = faultyFiles(open, { faults: [], full: { growthBytes: room * BYTES, lastWrite } });
          let allocator = new ExtentAllocator(files, BYTES);
          const owned = new Map<ExtentId, number>();
          for (const [step, { file, kind, pick }] of runs.entries()) {
            if (kind === 'allocate') allocateAndWrite(allocator, file, owned, step);
            else if (kind === 'reserve') orFull(() => allocator.reserve(file, pick % 10));
            else if (kind === 'trim') allocator.trim();
            else if (kind === 'free' && owned.size > 0) {
              const extent = [...owned.keys()][pick % owned.size]!;
              allocator.free(extent);
              owned.delete(extent);
            } else if (kind === 'reopen') {
              allocator = new ExtentAllocator(files, BYTES);
              for (const extent of owned.keys()) allocator.markUsed(extent);
            }
            expect(allocator.check(owned.keys())).toEqual([]);
          }
          files.data_0.flush();
          files.data_1.flush();
          expectBytes(disk.powerCut(keepAll(disk.pending())), owned);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function allocateAndWrite(
  allocator: ExtentAllocator,
  name: DataFileName,
  owned: Map<ExtentId, number>,
  step: number,
): void {
  orFull(() => {
    const extent = allocator.allocate(name);
    expect(owned.has(extent)).toBe(false);
    const { at, file } = allocator.place(extent);
    expect(file.write(at, new Uint8Array(BYTES).fill(step + 1))).toBe(BYTES);
    owned.set(extent, step + 1);
  });
}

function orFull(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!isEngineError(error, 'store_full')) throw error;
  }
}

function expectBytes(disk: SimulatedDisk, owned: ReadonlyMap<ExtentId, number>): void {
  const opened = disk.openNow({ create: false });
  const files = fileSet((name) => opened[name]);
  const allocator = new ExtentAllocator(files, BYTES);
  for (const [extent, fill] of owned) {
    const { at, file } = allocator.place(extent);
    const bytes = new Uint8Array(BYTES);
    expect(file.read(at, bytes)).toBe(BYTES);
    expect(bytes.every((byte) => byte === fill)).toBe(true);
  }
}
