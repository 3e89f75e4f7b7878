import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import { ExtentAllocator } from '../storage/extent_allocator';
import { SimulatedDisk } from '../storage/simulated/disk';
import { checkAgesByKey } from './check';
import { Manifest } from './manifest';
import { entry, SmallTables } from './table/testing/small_table';
import type { TableMeta } from './table/table_meta';
import { openSmall, takeCheckpoint } from './testing/small_lsm';
import { makeRun, type Version } from './version';

describe('the ages of entries (V2)', () => {
  const tables = new SmallTables();
  const table = (id: number, at: number): TableMeta =>
    tables.write([entry('apple', 'a', at), entry(`only ${id}`, 'b', at), entry('pear', undefined, at)], id);
  const [older, newer] = [table(1, 3), table(2, 5)];
  const versionOf = (upper: TableMeta, lower: TableMeta): Version => ({
    ...{ edit: 2, flushedLsn: lsn(5), nextTableId: 3 },
    levels: [[], [makeRun(2, [upper])], [makeRun(1, [lower])]],
  });
  const check = (version: Version) => checkAgesByKey(version, (meta) => tables.open(meta));

  it('are in order where what lies above is newer', () => {
    expect(check(versionOf(newer, older))).toEqual([]);
  });

  it('are not where an older entry hides a newer one, for every such key', () => {
    const found = check(versionOf(older, newer));
    expect(found.map(({ rule }) => rule)).toEqual(['V2', 'V2']);
    expect(found[0]!.detail).toContain('table 2 has key 6170706c65 of LSN 5, hidden by LSN 3');
  });

  it('cannot be told where a table cannot be read, which is said', () => {
    const torn = table(7, 1);
    tables.spoil(torn, 0, Uint8Array.of(0xff, 0xff));
    expect(check(versionOf(newer, torn)).map(({ rule }) => rule)).toEqual(['K8']);
  });
});

it('a scrub finds a table that a wrong merge put below an older one, though each of them is whole', () => {
  const disk = new SimulatedDisk();
  const index = openSmall(disk.openNow({ create: true }), EMPTY_BYTES, {});
  let root = EMPTY_BYTES as Uint8Array;
  for (const at of [1, 2]) {
    index.apply([{ kind: 'put', key: encodeText('apple'), value: encodeText(`${at}`) }], lsn(at));
    root = takeCheckpoint(index);
  }
  const { flushedLsn, levels, nextTableId } = index.describe().version;
  const [newer, older] = levels[0]!.map(({ tables }) => tables[0]!);
  const life = disk.crash();
  const manifest = Manifest.open(root, {
    allocator: new ExtentAllocator(life.openNow({ create: true }), 512),
    ...{ storeSeed: 77, verifyChecksums: true, wholeWrites: true, flushes: true, trace: null },
  });
  manifest.finishOpening();
  manifest.append({
    ...{ cause: 'trivial_move', flushedLsn, nextTableId },
    removed: [newer!, older!].map(({ id }) => ({ level: 0, table: id })),
    added: [older!, newer!].map((table, i) => ({ level: 1 + i, run: undefined, table })),
  });
  const wrong = openSmall(life.crash().openNow({ create: true }), manifest.root(), {});
  expect(wrong.check()).toEqual([]);
  expect(wrong.scrub().map(({ rule }) => rule)).toEqual(['V2']);
});
