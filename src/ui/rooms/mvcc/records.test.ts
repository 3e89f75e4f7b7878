/** Records as the picture makes them are those of the engine; and each version is found in the leaf that the tree says has it. */
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { toHex } from '../../../base/bytes';
import { lsn as lsnOf } from '../../../base/ids';
import { versionBytes, versionKey } from '../../../mvcc/version_key';
import { locate } from './locate';
import { pageOf, recordBytes, recordKeyOf, versionOfRecord } from './records';
import { LabRun } from './testing/lab_run';

describe('records of versions', () => {
  it('are the engine’s, for any key and any number', () => {
    const key = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((byte) => (byte < 60 ? 0 : byte)));
    fc.assert(
      fc.property(key, fc.nat(Number.MAX_SAFE_INTEGER), (user, lsn) => {
        const record = versionKey(user, lsnOf(lsn));
        expect(recordKeyOf(user, lsn)).toEqual(record);
        expect(versionOfRecord(record)).toEqual({ key: user, keyHex: toHex(user), lsn });
        const put = { kind: 'put' as const, key: user, value: new Uint8Array(lsn % 50) };
        for (const operation of [put, { kind: 'delete' as const, key: user }]) {
          const version = { isTombstone: operation.kind === 'delete', key: user, valueBytes: put.value.length };
          expect(recordBytes(version)).toBe(versionBytes([operation]));
        }
      }),
      { seed: inject('seed'), numRuns: 300 },
    );
    expect(versionOfRecord(Uint8Array.of(1, 2, 3))).toBeUndefined();
  });

  it('lie in the leaf and the slot that the store describes, and after a checkpoint in its file', () => {
    const run = LabRun.of('store log 32k extent 512 align 512 btree page 256 versions');
    for (let i = 0; i < 40; i++) run.do(`put k${i % 7} value${i}`).do('flush');
    const described = run.session.store.describe().versions!;
    let versions = 0;
    for (const { key, versions: chain } of described.keys)
      for (const { lsn, place } of chain) {
        versions++;
        expect(pageOf(run.view.tree, key, lsn)).toMatchObject({ page: place!.page, slot: place!.slot });
      }
    expect([
      versions,
      new Set(described.keys.flatMap((one) => one.versions.map(({ place }) => place!.page))).size > 3,
    ]).toEqual([40, true]);
    run.do('checkpoint').do('get k3');
    const read = run.last('mvcc.version_read');
    const range = locate(read.record, { kind: 'none' }, read.view)!;
    expect(range.file).toMatch(/^data_/);
    const { event } = read.record;
    if (event.kind !== 'mvcc.version_read') return expect.fail();
    const { bytes } = run.session.device.readBytes(range.file, range.from, range.to - range.from);
    expect(toHex(bytes)).toContain(toHex(versionKey(event.key, event.lsn!)));
  });
});
