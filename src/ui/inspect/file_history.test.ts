/** Rebuilt bytes are the bytes of the file: at the end, and at every step on the way. */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { encodeText } from '../../base/bytes';
import { ManualSchedule, SeededRandom } from '../../base/runtime';
import { Store } from '../../kv_store';
import type { LabEvent, TraceRecord } from '../../protocol/trace';
import { FILE_NAMES } from '../../storage/file';
import { type FileImages, readImages } from '../../storage/images';
import { MemoryStorage } from '../../storage/memory';
import { recordedFiles } from '../../storage/recorded';
import { FileHistory } from './file_history';

function runStore(seed: number, commits: readonly number[]): { records: TraceRecord[]; images: FileImages[] } {
  const storage = new MemoryStorage();
  const records: TraceRecord[] = [];
  const images: FileImages[] = [];
  const unwatchedFiles = storage.openNow({ create: true });
  const emit = (event: LabEvent): void => {
    records.push({ seq: records.length, tick: 0, command: 0, io: 0, site: 0, event });
    images.push(readImages(unwatchedFiles));
  };
  const store = Store.open({
    files: recordedFiles(unwatchedFiles, { emit }),
    unwatchedFiles,
    random: new SeededRandom(seed),
    schedule: new ManualSchedule().schedule,
    trace: { emit },
    format: { logBytes: 8192, extentBytes: 512 },
    tuning: { checkpointLogBytes: 2048 },
  });
  commits.forEach((bytes, index) => {
    store.put(encodeText(`key${index % 7}`), new Uint8Array(bytes).fill(index));
    if (index % 3 === 0) store.flush();
  });
  return { records, images };
}

const record = (seq: number, event: LabEvent): TraceRecord => ({ seq, tick: 0, command: 0, io: 0, site: 0, event });

describe('the history of the files', () => {
  it('B1 rebuilds every file at every step of a run as it was', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(300), { minLength: 1, maxLength: 25 }), (seed, commits) => {
        const { images, records } = runStore(seed, commits);
        const history = new FileHistory();
        history.append(records);
        images.forEach((image, seq) => {
          for (const name of FILE_NAMES) {
            const rebuilt = history.read(seq, name, 0, image[name].length + 10)!;
            expect(rebuilt.size).toBe(image[name].length);
            expect(Buffer.compare(rebuilt.bytes, image[name])).toBe(0);
          }
        });
      }),
      { seed: inject('seed'), numRuns: 12 },
    );
  });

  it('B2 keeps the newest steps and says undefined before them', () => {
    const { images, records } = runStore(
      5,
      Array.from({ length: 60 }, (_, i) => i * 3),
    );
    const history = new FileHistory(undefined, { bytesMax: 12_000 });
    for (const one of records) history.append([one]);
    expect(history.read(0, 'log', 0, 10)).toBeUndefined();
    const last = records.length - 1;
    for (const name of FILE_NAMES) {
      expect(history.read(last, name, 0, images[last]![name].length)!.bytes).toEqual(images[last]![name]);
    }
    expect(history.read(last + 1, 'log', 0, 10)).toBeUndefined();
  });

  it('starts from a keyframe, and names the record that wrote each byte', () => {
    const images = {
      superblock: new Uint8Array(2),
      log: Uint8Array.of(1, 2, 3, 4),
      data_0: new Uint8Array(0),
      data_1: new Uint8Array(0),
    };
    const history = new FileHistory({ seq: 10, images });
    history.append([
      record(10, {
        kind: 'storage.file_written',
        file: 'log',
        at: 2,
        bytes: Uint8Array.of(8, 9),
        count: 1,
        result: 'short',
      }),
      record(11, { kind: 'storage.file_truncated', file: 'log', size: 3, result: 'ok' }),
      record(12, { kind: 'storage.file_truncated', file: 'log', size: 5, result: 'ok' }),
      record(13, { kind: 'host.byte_flipped', file: 'log', at: 0, before: 1, after: 129 }),
    ]);
    expect([...history.read(9, 'log', 0, 8)!.bytes]).toEqual([1, 2, 3, 4]);
    expect([...history.read(10, 'log', 0, 8)!.bytes]).toEqual([1, 2, 8, 4]);
    expect([...history.read(11, 'log', 0, 8)!.bytes]).toEqual([1, 2, 8]);
    expect([...history.read(12, 'log', 0, 8)!.bytes]).toEqual([1, 2, 8, 0, 0]);
    expect([...history.read(13, 'log', 0, 8)!.bytes]).toEqual([129, 2, 8, 0, 0]);
    expect([...history.read(13, 'log', 0, 8)!.writtenBy]).toEqual([13, -1, 10, 11, 11]);
  });
});
