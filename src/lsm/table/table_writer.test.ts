import { describe, expect, it } from 'vitest';
import { encodeText } from '../../base/bytes';
import { lsn } from '../../base/ids';
import type { Finding } from '../../base/ordered_index';
import type { FileSet, StorageFile } from '../../storage/file';
import { MemoryStorage } from '../../storage/memory';
import { evenKeys, scan, SmallTables } from './testing/small_table';

interface Write {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

/** Files that say what was written, and can be told to take less of it. */
function watchedFiles(): { files: FileSet; writes: Write[]; take: { share: number } } {
  const files = new MemoryStorage().openNow({ create: true });
  const writes: Write[] = [];
  const take = { share: 1 };
  const watched = (file: StorageFile): StorageFile => ({
    name: file.name,
    size: () => file.size(),
    read: (at, into) => file.read(at, into),
    write: (at, bytes) => {
      writes.push({ name: file.name, at, bytes: bytes.length });
      return file.write(at, bytes.subarray(0, Math.floor(bytes.length * take.share)));
    },
    flush: () => file.flush(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  });
  return { files: { ...files, data_0: watched(files.data_0), data_1: watched(files.data_1) }, writes, take };
}

const usedExtents = (tables: SmallTables): number => tables.allocator.describe().filter(({ isUsed }) => isUsed).length;

describe('writing a table', () => {
  it('takes one call for each stretch of neighbouring extents, and writes no byte twice', () => {
    const { files, writes } = watchedFiles();
    const tables = new SmallTables({}, files);
    tables.allocator.reserve('data_0', 40);
    writes.length = 0;
    const meta = tables.write(evenKeys(200));
    expect(meta.extents.length).toBeGreaterThan(4);
    expect(writes).toEqual([{ name: 'data_0', at: 0, bytes: meta.bytes }]);
  });

  it('writes in slices: whole blocks, one at least, and about as much as it was told', () => {
    const { files, writes } = watchedFiles();
    const tables = new SmallTables({ holes: 2 }, files);
    const writer = tables.writer();
    writer.write(1000); // Nothing waits.
    for (const each of evenKeys(200)) writer.add(each);
    expect([writer.writtenBytes, writer.extents.length]).toEqual([0, 0]);
    const waiting = writer.waitingBytes;
    writes.length = 0;
    writer.write(1);
    const one = writer.writtenBytes;
    expect(one).toBeGreaterThanOrEqual(128);
    expect(one).toBeLessThan(160);
    writer.write(1000);
    expect(writer.writtenBytes - one).toBeGreaterThan(800);
    expect(writer.writtenBytes - one).toBeLessThanOrEqual(1000);
    expect(writer.waitingBytes).toBe(waiting - writer.writtenBytes);
    const meta = writer.finish();
    expect(writer.waitingBytes).toBe(0);
    expect(writes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(meta.bytes);
    expect(scan(tables.open(meta), {}, false)).toEqual(evenKeys(200));
  });

  it('knows beforehand how long the table will be, within a few bytes', () => {
    for (const filter of ['none', 'full', 'partitioned'] as const) {
      const writer = new SmallTables({ filter }).writer();
      for (const each of evenKeys(100)) writer.add(each);
      const expected = writer.bytes;
      const { bytes } = writer.finish();
      expect(writer.bytes).toBe(bytes);
      expect(Math.abs(bytes - expected), filter).toBeLessThan(100);
    }
  });

  it('without bits for a filter builds none', () => {
    const tables = new SmallTables({ filter: 'full', bitsPerKey: 0 });
    expect(tables.open(tables.write(evenKeys(10))).properties.filter).toBe('none');
  });

  it('refuses keys out of order, a table without entries, and a second end', () => {
    const tables = new SmallTables();
    const writer = tables.writer();
    expect(() => writer.finish()).toThrow('a table has entries');
    writer.add({ key: encodeText('b'), lsn: lsn(1), value: undefined });
    expect(() => writer.add({ key: encodeText('b'), lsn: lsn(2), value: undefined })).toThrow('K2');
    writer.finish();
    expect(() => writer.finish()).toThrow('finished once');
    expect(() => writer.add({ key: encodeText('c'), lsn: lsn(1), value: undefined })).toThrow('never changes');
  });
});

describe('a table that is given up', () => {
  const noFindings: Finding[] = [];

  it('frees all of its extents, wherever it stopped', () => {
    const tables = new SmallTables({ holes: 2 });
    const before = usedExtents(tables);
    for (const added of [0, 1, 30, 200]) {
      for (const isFinished of [false, true]) {
        const writer = tables.writer();
        for (const each of evenKeys(200).slice(0, added)) writer.add(each);
        writer.write(700);
        if (isFinished && added > 0) writer.finish();
        expect(usedExtents(tables)).toBe(before + writer.extents.length);
        writer.abandon();
        expect(usedExtents(tables)).toBe(before);
      }
    }
    expect(tables.allocator.check()).toEqual(noFindings);
  });

  it('frees them after a write that the device cut short, and says so', () => {
    const { files, take } = watchedFiles();
    const tables = new SmallTables({}, files);
    tables.allocator.reserve('data_0', 40);
    const writer = tables.writer();
    for (const each of evenKeys(100)) writer.add(each);
    take.share = 0.5;
    expect(() => writer.write(1000)).toThrow('The device took');
    take.share = 1;
    // What waited still waits: once the device is well again, the same bytes go to the same place.
    const waiting = writer.waitingBytes;
    writer.write(1000);
    expect(writer.waitingBytes).toBeLessThan(waiting);
    take.share = 0.5;
    expect(() => writer.finish()).toThrow('The device took');
    writer.abandon();
    expect(usedExtents(tables)).toBe(0);
  });
});
