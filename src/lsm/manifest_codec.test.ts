import { describe, expect, inject, it } from 'vitest';
import { toHex } from '../base/bytes';
import { extentId, lsn } from '../base/ids';
import { ROOT_BYTES_MAX } from '../base/ordered_index';
import { eachFlippedBit } from '../base/testing/bits';
import {
  decodeEdit,
  decodeSnapshot,
  encodeClosed,
  encodeEdit,
  encodeSnapshot,
  encodeVersion,
  extentAt,
  PAYLOAD,
  readHeader,
  recordBytes,
  snapshotBytes,
  tailAt,
  tailLength,
  versionBytes,
} from './manifest_codec';
import { decodeManifestRoot, encodeManifestRoot, MANIFEST_ROOT_BYTES } from './manifest_root';
import type { TableMeta } from './table/table_meta';
import { EditSource, tableOf } from './testing/versions';
import { applyEdit, EMPTY_VERSION, makeRun, type Version, type VersionEdit } from './version';

const SEED = 0x5eed;

const TABLE: TableMeta = {
  id: 7,
  salt: 0x89abcdef,
  extents: [extentId(4), extentId(300)],
  bytes: 900,
  entries: 12,
  tombstones: 3,
  smallest: Uint8Array.of(0x61),
  largest: Uint8Array.of(0x7a, 0x7a),
  minLsn: lsn(40),
  maxLsn: lsn(52),
};
const TABLE_HEX = '07' + 'ef9bafcd08' + '0204ac02' + '8407' + '0c' + '03' + '0161' + '027a7a' + '28' + '0c';

const EDIT: VersionEdit = {
  cause: 'compaction',
  removed: [{ level: 0, table: 5 }],
  added: [
    { level: 1, run: 2, table: TABLE },
    { level: 1, run: undefined, table: { ...TABLE, id: 8 } },
  ],
  flushedLsn: lsn(52),
  nextTableId: 9,
};
const VERSION: Version = { edit: 11, flushedLsn: lsn(52), nextTableId: 9, levels: [[], [makeRun(2, [TABLE])]] };

const payload = (bytes: Uint8Array): string => toHex(bytes.subarray(PAYLOAD, recordBytes(bytes, 0)));

describe('a record of the manifest', () => {
  it('has the bytes of the drawing: header', () => {
    const bytes = encodeClosed({ epoch: 6, edit: 0x1_0000_0002 }, SEED);
    expect(bytes.length).toBe(512);
    expect(toHex(bytes.subarray(4, PAYLOAD))).toBe(
      '00000000' + '03' + '000000' + '0600000000000000' + '0200000001000000',
    );
    expect(bytes.subarray(PAYLOAD).every((byte) => byte === 0)).toBe(true);
    expect(readHeader(bytes, 0, SEED, true)).toEqual({
      kind: 'closed',
      epoch: 6,
      edit: 0x1_0000_0002,
      length: PAYLOAD,
    });
  });

  it('has the bytes of the drawing: edit', () => {
    const bytes = encodeEdit({ epoch: 6, edit: 12 }, EDIT, SEED);
    const added = '02' + '0103' + TABLE_HEX + '0100' + '08' + TABLE_HEX.slice(2);
    expect(payload(bytes)).toBe('01' + '34' + '09' + '010005' + added);
    const header = readHeader(bytes, 0, SEED, true)!;
    expect(header).toMatchObject({ kind: 'edit', epoch: 6, edit: 12 });
    expect(decodeEdit(bytes, 0, header)).toEqual(EDIT);
  });

  it('has the bytes of the drawing: snapshot', () => {
    const bytes = encodeSnapshot({ epoch: 7, edit: 11 }, [extentId(9), extentId(0x102)], encodeVersion(VERSION), SEED);
    const version = '34' + '09' + '02' + '00' + '01' + '02' + '01' + TABLE_HEX;
    expect(payload(bytes)).toBe('02000000' + '09000000' + '02010000' + version);
    expect(bytes.length).toBe(snapshotBytes(encodeVersion(VERSION).length, 2));
    expect([0, 1].map((i) => extentAt(bytes, tailAt(i)))).toEqual([9, 0x102]);
    expect(tailLength(bytes)).toBe(2);
    expect(decodeSnapshot(bytes, readHeader(bytes, 0, SEED, true)!)).toEqual(VERSION);
  });

  it('is found wherever it starts, and comes back as it went in', () => {
    const source = new EditSource(inject('seed'));
    for (let i = 0; i < 100; i++) {
      const edit = source.next();
      const area = new Uint8Array(8192);
      area.set(encodeEdit({ epoch: 3, edit: i }, edit, SEED), 512);
      expect(decodeEdit(area, 512, readHeader(area, 512, SEED, true)!)).toEqual(edit);
      const snapshot = encodeSnapshot({ epoch: 3, edit: i + 1 }, [], encodeVersion(source.version), SEED);
      expect(decodeSnapshot(snapshot, readHeader(snapshot, 0, SEED, true)!)).toEqual(source.version);
      expect(versionBytes(source.version)).toBe(encodeVersion(source.version).length);
    }
  });

  it('is measured before it is made, for which an edit costs what it adds', () => {
    let encoded = 0;
    const tableWatched = (id: number): TableMeta => ({
      ...tableOf({ id, from: id, to: id, lsn: id }),
      get smallest() {
        encoded++;
        return Uint8Array.of(id >>> 8, id & 0xff);
      },
    });
    const tables = Array.from({ length: 500 }, (_, i) => tableWatched(i + 1));
    const before: Version = { ...EMPTY_VERSION, edit: 1, nextTableId: 501, levels: [[], [makeRun(1, tables)]] };
    expect(versionBytes(before)).toBe(encodeVersion(before).length);
    const after = applyEdit(before, {
      ...{ cause: 'compaction', flushedLsn: before.flushedLsn, nextTableId: 503 },
      removed: [{ level: 1, table: 250 }],
      added: [501, 502].map((id) => ({ level: 1, run: 1, table: tableWatched(id) })),
    });
    encoded = 0;
    const bytes = versionBytes(after);
    expect(encoded).toBe(2);
    expect(bytes).toBe(encodeVersion(after).length);
  });

  it('is none with any bit flipped, cut off, of another store, or of zeros', () => {
    const bytes = encodeEdit({ epoch: 6, edit: 12 }, EDIT, SEED);
    const end = recordBytes(bytes, 0);
    eachFlippedBit(
      bytes,
      (flipped, at) => {
        expect(readHeader(flipped, 0, SEED, true), `a flip in byte ${at}`).toBeUndefined();
      },
      0,
      end,
    );
    for (let length = 0; length < end; length++) {
      expect(readHeader(bytes.subarray(0, length), 0, SEED, true)).toBeUndefined();
    }
    expect(readHeader(bytes, 0, SEED + 1, true)).toBeUndefined();
    expect(readHeader(new Uint8Array(512), 0, SEED, true)).toBeUndefined();
    expect(readHeader(new Uint8Array(512), 0, 0, false)).toBeUndefined();
  });

  it('taken at its word makes sense or none, and never throws', () => {
    const edit = encodeEdit({ epoch: 6, edit: 12 }, EDIT, SEED);
    eachFlippedBit(
      edit,
      (flipped) => {
        const header = readHeader(flipped, 0, SEED, false);
        if (header) decodeEdit(flipped, 0, header);
      },
      0,
      recordBytes(edit, 0),
    );
    const snapshot = encodeSnapshot({ epoch: 7, edit: 11 }, [extentId(9)], encodeVersion(VERSION), SEED);
    eachFlippedBit(
      snapshot,
      (flipped) => {
        const header = readHeader(flipped, 0, SEED, false);
        if (header) decodeSnapshot(flipped, header);
      },
      0,
      recordBytes(snapshot, 0),
    );
  });
});

describe('the root of an LSM tree', () => {
  const root = { heads: [extentId(0), extentId(2)], edit: 0x1_0000_0007 } as const;
  it('has the bytes of the drawing, and fits into the superblock', () => {
    expect(toHex(encodeManifestRoot(root))).toBe('00000000' + '02000000' + '0700000001000000');
    expect(decodeManifestRoot(encodeManifestRoot(root))).toEqual(root);
    expect(MANIFEST_ROOT_BYTES).toBeLessThanOrEqual(ROOT_BYTES_MAX);
  });
  it('is none of another length, of zeros, or with one head', () => {
    expect(decodeManifestRoot(encodeManifestRoot(root).subarray(1))).toBeUndefined();
    expect(decodeManifestRoot(new Uint8Array(MANIFEST_ROOT_BYTES))).toBeUndefined();
    expect(decodeManifestRoot(encodeManifestRoot({ ...root, heads: [extentId(2), extentId(2)] }))).toBeUndefined();
    expect(decodeManifestRoot(encodeManifestRoot({ ...root, edit: EMPTY_VERSION.edit }))).toBeUndefined();
  });
});
