/**
 * What every storage must do: one list of cases, run over each implementation and each wrapper, in Node and in a
 * browser's worker. A case knows nothing of a test framework; it throws when a promise F1 to F8 of `file.ts` is broken.
 */
import { AssertionError, assert } from '../base/assert';
import { equalBytes } from '../base/bytes';
import { isEngineError, type ErrorCode } from '../base/errors';
import { SeededRandom } from '../base/runtime';
import { closeAll, FILE_NAMES, type FileSet, type Storage, type StorageFile } from './file';
import { readImages, writeImages } from './images';

export interface ConformanceCase {
  readonly name: string;
  /** `storage` is new and empty, and used by nobody else. */
  readonly run: (storage: Storage) => Promise<void>;
}

export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...onOpenFile('a new file is empty', (file) => {
    same(file.size(), 0, 'size');
    same(file.read(0, new Uint8Array(8)), 0, 'bytes read');
  }),
  ...onOpenFile('F1 a read gives what was written, and is short only where the file ends', (file) => {
    same(file.write(0, numbers(1000)), 1000, 'bytes written');
    same(file.size(), 1000, 'size');
    sameBytes(readAt(file, 0, 1000), numbers(1000));
    sameBytes(readAt(file, 250, 10), numbers(1000).subarray(250, 260));
    sameBytes(readAt(file, 990, 100), numbers(1000).subarray(990));
    sameBytes(readAt(file, 999, 1), numbers(1000).subarray(999));
    same(file.read(1000, new Uint8Array(8)), 0, 'bytes read at the end');
    same(file.read(5000, new Uint8Array(8)), 0, 'bytes read past the end');
  }),
  ...onOpenFile('F1 a short read leaves the rest of the buffer alone', (file) => {
    file.write(0, numbers(10));
    const into = new Uint8Array(20).fill(0xee);
    same(file.read(4, into), 6, 'bytes read');
    sameBytes(into.subarray(0, 6), numbers(10).subarray(4));
    assert(
      into.subarray(6).every((byte) => byte === 0xee),
      'F1: a read touches only the bytes it gives',
    );
  }),
  ...onOpenFile('a write replaces exactly the bytes it names', (file) => {
    file.write(0, numbers(2000));
    file.write(700, new Uint8Array(600).fill(7));
    const expected = numbers(2000);
    expected.fill(7, 700, 1300);
    sameBytes(readAt(file, 0, 2000), expected);
    same(file.size(), 2000, 'size');
  }),
  ...onOpenFile('a write across the end grows the file by the part beyond', (file) => {
    file.write(0, numbers(100));
    same(file.write(90, numbers(50)), 50, 'bytes written');
    same(file.size(), 140, 'size');
    sameBytes(readAt(file, 90, 50), numbers(50));
  }),
  ...onOpenFile("the bytes written are the device's own: changing the buffer later changes nothing", (file) => {
    const bytes = numbers(1024);
    file.write(0, bytes);
    bytes.fill(0);
    sameBytes(readAt(file, 0, 1024), numbers(1024));
  }),
  ...onOpenFile('a view into a larger buffer is written and read where it lies', (file) => {
    const larger = numbers(100);
    file.write(0, larger.subarray(13, 47));
    sameBytes(readAt(file, 0, 34), numbers(100).subarray(13, 47));
    const into = new Uint8Array(50).fill(1);
    same(file.read(0, into.subarray(5, 39)), 34, 'bytes read');
    sameBytes(into.subarray(5, 39), numbers(100).subarray(13, 47));
    assert(into[4] === 1 && into[39] === 1, 'a read stays inside the view it was given');
  }),
  ...onOpenFile('F3 a write past the end fills the gap with zeros', (file) => {
    file.write(0, numbers(10));
    file.write(5000, numbers(10));
    same(file.size(), 5010, 'size');
    sameBytes(readAt(file, 10, 4990), new Uint8Array(4990));
  }),
  ...onOpenFile('F3 growing with truncate shows zeros', (file) => {
    file.write(0, numbers(600));
    file.truncate(3000);
    same(file.size(), 3000, 'size');
    sameBytes(readAt(file, 0, 600), numbers(600));
    sameBytes(readAt(file, 600, 2400), new Uint8Array(2400));
  }),
  ...onOpenFile('truncating down cuts, and the bytes do not come back', (file) => {
    file.write(0, numbers(3000));
    file.truncate(700);
    same(file.size(), 700, 'size');
    same(file.read(700, new Uint8Array(8)), 0, 'bytes read past the new end');
    file.truncate(3000);
    sameBytes(readAt(file, 0, 700), numbers(700));
    sameBytes(readAt(file, 700, 2300), new Uint8Array(2300));
    file.truncate(0);
    same(file.size(), 0, 'size');
    file.write(1024, numbers(5));
    sameBytes(readAt(file, 0, 1024), new Uint8Array(1024));
  }),
  ...onOpenFile('truncating to the same size changes nothing', (file) => {
    file.write(0, numbers(513));
    file.truncate(513);
    sameBytes(readAt(file, 0, 600), numbers(513));
  }),
  ...onOpenFile('F8 no bytes are read or written, and the file does not grow', (file) => {
    same(file.write(0, new Uint8Array(0)), 0, 'bytes written');
    same(file.write(4000, new Uint8Array(0)), 0, 'bytes written past the end');
    same(file.size(), 0, 'size');
    same(file.read(0, new Uint8Array(0)), 0, 'bytes read');
    same(file.read(4000, new Uint8Array(0)), 0, 'bytes read past the end');
  }),
  ...onOpenFile('F8 an offset that is no offset is refused before anything is touched', (file) => {
    file.write(0, numbers(100));
    for (const at of [-1, -0.5, 0.5, 1.5, NaN, Infinity, -Infinity, 2 ** 53]) {
      mistaken(() => file.read(at, new Uint8Array(4)), `read at ${at}`);
      mistaken(() => file.write(at, numbers(4)), `write at ${at}`);
      mistaken(() => file.truncate(at), `truncate to ${at}`);
    }
    sameBytes(readAt(file, 0, 200), numbers(100));
  }),
  ...onOpenFile('a read far past the end gives nothing', (file) => {
    file.write(0, numbers(10));
    same(file.read(2 ** 40, new Uint8Array(16)), 0, 'bytes read');
  }),
  ...onOpenFile('5 MiB go in at once and come back', (file) => {
    const random = new SeededRandom(5);
    const words = new Uint32Array((5 << 20) / 4).map(() => random.next());
    const bytes = new Uint8Array(words.buffer);
    same(file.write(3, bytes), bytes.length, 'bytes written');
    file.flush();
    sameBytes(readAt(file, 3, bytes.length), bytes);
  }),
  ...onOpenFile('random writes, truncates and flushes show what an array shows', (file) => {
    const random = new SeededRandom(11);
    let model = new Uint8Array(0);
    for (let step = 0; step < 300; step++) {
      model = randomStep(file, model, random);
      same(file.size(), model.length, `size after step ${step}`);
    }
    sameBytes(readAt(file, 0, model.length + 1), model);
  }),
  onOpen('the four files have their names, and do not share bytes', (files) => {
    FILE_NAMES.forEach((name, i) => {
      same(files[name].name, name, 'name');
      files[name].write(i, numbers(100 + i));
    });
    FILE_NAMES.forEach((name, i) => {
      same(files[name].size(), 100 + 2 * i, `size of ${name}`);
      sameBytes(readAt(files[name], i, 100 + i), numbers(100 + i));
    });
  }),
  onOpen('a flush with nothing to flush is no error', (files) => {
    for (const name of FILE_NAMES) {
      files[name].flush();
      files[name].flush();
    }
  }),
  onOpen('F6 a closed file refuses everything but to be closed again', (files) => {
    files.log.write(0, numbers(10));
    files.log.close();
    files.log.close();
    refused('file_closed', () => files.log.size());
    refused('file_closed', () => files.log.read(0, new Uint8Array(1)));
    refused('file_closed', () => files.log.read(0, new Uint8Array(0)));
    refused('file_closed', () => files.log.write(0, numbers(1)));
    refused('file_closed', () => files.log.write(0, new Uint8Array(0)));
    refused('file_closed', () => files.log.flush());
    refused('file_closed', () => files.log.truncate(0));
    same(files.data_0.write(0, numbers(10)), 10, 'bytes written to another file');
  }),
  {
    name: 'a store that was never created is missing, and asking for it does not create it',
    async run(storage) {
      await refusedLater('file_missing', storage.open({ create: false }));
      await refusedLater('file_missing', storage.open({ create: false }));
      closeAll(await storage.open({ create: true }));
      closeAll(await storage.open({ create: false }));
    },
  },
  {
    name: 'F7 a store is open at most once, until the last of its files is closed',
    async run(storage) {
      const files = await storage.open({ create: true });
      await refusedLater('storage_in_use', storage.open({ create: true }));
      files.superblock.close();
      files.log.close();
      files.data_0.close();
      await refusedLater('storage_in_use', storage.open({ create: false }));
      same(files.data_1.write(0, numbers(4)), 4, 'bytes written');
      files.data_1.close();
      closeAll(await storage.open({ create: false }));
    },
  },
  {
    name: 'a reopened store holds what was written, flushed or not',
    async run(storage) {
      const first = await storage.open({ create: true });
      first.superblock.write(0, numbers(512));
      first.superblock.flush();
      first.log.write(100, numbers(5000));
      first.data_0.truncate(777);
      closeAll(first);
      const second = await storage.open({ create: true });
      sameBytes(readAt(second.superblock, 0, 600), numbers(512));
      sameBytes(readAt(second.log, 100, 6000), numbers(5000));
      same(second.data_0.size(), 777, 'size of data_0');
      same(second.data_1.size(), 0, 'size of data_1');
      second.log.truncate(10);
      closeAll(second);
      const third = await storage.open({ create: false });
      same(third.log.size(), 10, 'size of the log');
      closeAll(third);
    },
  },
  onOpen('images written are the images read', (files) => {
    files.log.write(0, numbers(9999));
    const images = {
      superblock: numbers(1024),
      log: numbers(3_000_001),
      data_0: new Uint8Array(0),
      data_1: new Uint8Array(513),
    };
    writeImages(files, images);
    const back = readImages(files);
    for (const name of FILE_NAMES) sameBytes(back[name], images[name]);
  }),
];

function onOpen(name: string, body: (files: FileSet) => void): ConformanceCase {
  return {
    name,
    async run(storage) {
      const files = await storage.open({ create: true });
      try {
        body(files);
      } finally {
        closeAll(files);
      }
    },
  };
}

/** Once for a file that grows early in a store's life, and once for the last of the four. */
function onOpenFile(name: string, body: (file: StorageFile) => void): ConformanceCase[] {
  return (['log', 'data_1'] as const).map((which) => onOpen(`${name} (${which})`, (files) => body(files[which])));
}

/** One random call on the file and on an array that says what it should hold. */
function randomStep(file: StorageFile, model: Uint8Array, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const kind = random.below(10);
  const at = random.below(6000);
  if (kind === 0) {
    file.flush();
    return model.slice();
  }
  if (kind === 1) {
    file.truncate(at);
    const resized = new Uint8Array(at);
    resized.set(model.subarray(0, at));
    return resized;
  }
  if (kind < 4) {
    const length = random.below(2000);
    sameBytes(readAt(file, at, length), model.subarray(at, at + length));
    return model.slice();
  }
  const bytes = numbers(random.below(1500), random.below(256));
  same(file.write(at, bytes), bytes.length, 'bytes written');
  const next = new Uint8Array(bytes.length === 0 ? model.length : Math.max(model.length, at + bytes.length));
  next.set(model);
  if (bytes.length > 0) next.set(bytes, at);
  return next;
}

function numbers(length: number, first = 1): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => (first + i * 7 + (i >> 8)) & 0xff);
}

function readAt(file: StorageFile, at: number, length: number): Uint8Array {
  const into = new Uint8Array(length);
  return into.subarray(0, file.read(at, into));
}

function same<T>(actual: T, expected: T, what: string): void {
  assert(Object.is(actual, expected), `${what}: ${String(actual)}, should be ${String(expected)}`);
}

function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert(actual.length === expected.length, `${actual.length} bytes, should be ${expected.length}`);
  if (equalBytes(actual, expected)) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert(false, `byte ${at} is ${actual[at]!}, should be ${expected[at]!}`);
}

function refused(code: ErrorCode, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (isEngineError(error, code)) return;
    throw error;
  }
  assert(false, `the call went through, should be refused: ${code}`);
}

async function refusedLater(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (isEngineError(error, code)) return;
    throw error;
  }
  assert(false, `it opened, should be refused: ${code}`);
}

function mistaken(call: () => unknown, what: string): void {
  try {
    call();
  } catch (error) {
    if (error instanceof AssertionError) return;
    throw error;
  }
  assert(false, `F8: ${what} went through`);
}
