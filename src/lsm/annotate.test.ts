/** The bytes of an LSM tree, explained: every one of the tables in force and of the manifest, and only once. */
import { describe, expect, inject, it } from 'vitest';
import { EMPTY_BYTES, encodeText } from '../base/bytes';
import type { FieldAnnotation } from '../base/fields';
import { lsn } from '../base/ids';
import { SeededRandom } from '../base/runtime';
import { locateExtent } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { annotateLsm } from './annotate';
import type { LsmIndex } from './lsm_index';
import { DEFAULT_LSM_TUNING, type FilterKind } from './options';
import { openSmall, SMALL_TUNING, takeCheckpoint } from './testing/small_lsm';
import { tablesOf } from './version';

const EXTENT_BYTES = 512;

/** Some levels of tables, and a manifest that has moved. */
function filled(
  kind: FilterKind,
  seed = inject('seed'),
): { readonly files: FileSet; readonly index: LsmIndex; readonly root: Uint8Array } {
  const files = new MemoryStorage().openNow({ create: true });
  const random = new SeededRandom(seed);
  const filter = { ...DEFAULT_LSM_TUNING.filter, kind };
  const index = openSmall(files, EMPTY_BYTES, { tuning: { ...SMALL_TUNING, blockBytes: 128, filter } });
  for (let n = 1; n <= 60; n++) {
    const keys = Array.from({ length: 6 }, () => encodeText(`key ${random.below(200)}`));
    const value = (): Uint8Array => new Uint8Array(random.below(50)).fill(n);
    index.apply(
      keys.map((key, i) => (i === 0 ? { kind: 'delete', key } : { kind: 'put', key, value: value() })),
      lsn(n),
    );
    if (index.wantsCheckpoint) takeCheckpoint(index);
    index.background(2000);
  }
  return { files, index, root: takeCheckpoint(index) };
}

function bytesOf(files: FileSet): Uint8Array {
  const bytes = new Uint8Array(files.data_0.size());
  files.data_0.read(0, bytes);
  return bytes;
}

const annotated = (bytes: Uint8Array, root: Uint8Array): FieldAnnotation[] =>
  annotateLsm({ file: 'data_0', at: 0, bytes, extentBytes: EXTENT_BYTES, storeSeed: 77, root });

describe('annotations of an LSM tree', () => {
  it.each(['none', 'full', 'partitioned'] as const)('explain every byte of what is in force, filters: %s', (kind) => {
    const { files, index, root } = filled(kind);
    const fields = annotated(bytesOf(files), root);
    const isWrong = ({ at, name, verdict }: FieldAnnotation, before: FieldAnnotation | undefined): boolean =>
      at < (before?.at ?? 0) + (before?.length ?? 0) || verdict?.ok === false || name === 'not decoded';
    expect(fields.filter((field, i) => isWrong(field, fields[i - 1]))).toEqual([]);
    const { manifest, version } = index.describe();
    const used = [...tablesOf(version).flatMap(({ extents }) => extents), ...manifest.inForce!.extents];
    const explained = new Uint8Array(files.data_0.size());
    for (const { at, length } of fields) explained.fill(1, at, at + length);
    const missed = used.filter((extent) => {
      const { at } = locateExtent(extent, EXTENT_BYTES);
      return explained.subarray(at, at + EXTENT_BYTES).includes(0);
    });
    expect(missed).toEqual([]);
    const names = new Set(fields.map(({ name }) => name.replace(/ \(part.*/, '')));
    for (const name of ['shared', 'key', 'value', 'separator', 'block', 'restarts', 'data blocks', 'its extents'])
      expect(names, name).toContain(name);
    expect(names.has('the bits')).toBe(kind !== 'none');
  });

  it('say nothing of a former table that was written over in part', () => {
    const { files, root } = filled('full', 6); // In which one was, with its end left whole.
    const fields = annotated(bytesOf(files), root);
    expect(fields.filter(({ name, verdict }) => verdict?.ok === false || name === 'not decoded')).toEqual([]);
    expect(fields.some(({ structure }) => structure.endsWith('not in force'))).toBe(true);
  });

  it('name a table’s keys and values as they were written, and lead from an index to its blocks', () => {
    const files = new MemoryStorage().openNow({ create: true });
    const index = openSmall(files, EMPTY_BYTES, {});
    index.apply([{ kind: 'put', key: encodeText('apple'), value: encodeText('red') }], lsn(7));
    index.apply([{ kind: 'delete', key: encodeText('apricot') }], lsn(9));
    takeCheckpoint(index);
    index.apply([{ kind: 'put', key: encodeText('plum'), value: encodeText('blue') }], lsn(10));
    const root = takeCheckpoint(index);
    const fields = annotated(bytesOf(files), root);
    const of = (structure: string): string[] =>
      fields.filter((one) => one.structure === structure).map(({ name, value }) => `${name} ${value}`);
    expect(of('table 1, data block 0').slice(0, 11)).toEqual([
      ...['shared 0', 'unshared 5', 'value length 3', 'LSN 7', 'key “apple”', 'value “red”'],
      ...['shared 2', 'unshared 5', 'value length none: a tombstone', 'LSN 9', 'key “apricot”'],
    ]);
    const data = fields.find(({ structure }) => structure === 'table 1, data block 0')!;
    const handle = fields.find(({ name, structure }) => structure === 'table 1, index' && name === 'block')!;
    expect(handle.target).toEqual({ file: 'data_0', at: data.at });
    expect(of('manifest area 1, snapshot 1')).toContain('largest key “apricot”');
    for (const said of ['cause flush', 'tables added 1', 'smallest key “plum”'])
      expect(of('manifest area 1, edit 2')).toContain(said);
  });

  it('say where a bit was flipped, and break off where nothing can be followed', () => {
    const { files, index, root } = filled('full');
    const whole = bytesOf(files);
    const random = new SeededRandom(inject('seed'));
    const tables = tablesOf(index.describe().version);
    for (let n = 0; n < 12; n++) {
      const { bytes: length, extents, id } = tables[random.below(tables.length)]!;
      const within = random.below(length);
      const place = locateExtent(extents[Math.floor(within / EXTENT_BYTES)]!, EXTENT_BYTES);
      const at = place.at + (within % EXTENT_BYTES);
      const bytes = whole.slice();
      bytes[at]! ^= 1 << random.below(8);
      const own = annotated(bytes, root).filter(
        ({ structure }) => structure.startsWith(`table ${id}`) && !structure.endsWith('in force'),
      );
      const isSeen = own.some(({ name, verdict }) => verdict?.ok === false || name === 'not decoded');
      expect(isSeen, `byte ${at} of table ${id}`).toBe(true);
    }
  });

  it('never throw, whatever the bytes are', () => {
    const { files, root } = filled('partitioned');
    const whole = bytesOf(files);
    const random = new SeededRandom(inject('seed'));
    for (let n = 0; n < 12; n++) {
      const bytes = whole.slice(0, whole.length - random.below(whole.length));
      for (let i = random.below(200); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
      annotated(bytes, n % 2 === 0 ? root : EMPTY_BYTES);
    }
  });
});
