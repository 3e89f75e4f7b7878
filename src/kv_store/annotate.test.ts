import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { ManualSchedule, SeededRandom } from '../base/runtime';
import { FILE_NAMES, type FileName } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { annotateBytes, contextOfSuperblock, wholeStretch } from './annotate';
import { Store } from './store';
import type { FormatOptions } from './types';

async function storeWithEverything(index: Pick<Partial<FormatOptions>, 'lsm' | 'tree' | 'versions'> = {}) {
  const files = await new MemoryStorage().open({ create: true });
  const format = { logBytes: 8 * 1024, extentBytes: 1024, groupAlignBytes: 512, ...index } as const;
  const store = Store.open({ files, random: new SeededRandom(3), schedule: new ManualSchedule().schedule, format });
  for (let i = 0; i < 30; i++) store.put(encodeText(`key ${i}`), encodeText(`value ${i}`));
  store.checkpoint();
  store.put(encodeText('after'), encodeText('the checkpoint'));
  store.delete(encodeText('key 1'));
  store.flush();
  const bytesOf = (name: FileName): Uint8Array => {
    const bytes = new Uint8Array(files[name].size());
    files[name].read(0, bytes);
    return bytes;
  };
  return { store, bytesOf };
}

describe('annotations', () => {
  it('explain every byte of superblock slots, groups and blocks, in order, without overlap', async () => {
    const { bytesOf, store } = await storeWithEverything();
    for (const name of FILE_NAMES) {
      const fields = annotateBytes(name, 0, bytesOf(name), store.annotationContext);
      for (let i = 1; i < fields.length; i++) {
        expect(fields[i]!.at).toBeGreaterThanOrEqual(fields[i - 1]!.at + fields[i - 1]!.length);
      }
      expect(fields.filter(({ verdict }) => verdict && !verdict.ok)).toEqual([]);
    }
    const values = annotateBytes('log', 0, bytesOf('log'), store.annotationContext).map(
      ({ name, value }) => `${name} ${value}`,
    );
    expect(values).toContain('key “after”');
    expect(values).toContain('kind delete');
    expect(annotateBytes('superblock', 0, bytesOf('superblock'), store.annotationContext)).toHaveLength(42);
  });

  it('say of an entry in a table of a store with versions which version it is, and whether it deletes', async () => {
    const { bytesOf, store } = await storeWithEverything({
      lsm: { filterPrefix: { kind: 'whole_key' } },
      versions: true,
    });
    store.checkpoint();
    const all = (['data_0', 'data_1'] as const).flatMap((name) =>
      annotateBytes(name, 0, bytesOf(name), store.annotationContext),
    );
    const of = (key: string): string[] =>
      all.flatMap(({ name, value }, at) =>
        name === 'key' && value.startsWith(`“${key}”,`) ? [value, `${all[at + 1]!.name}: ${all[at + 1]!.value}`] : [],
      );
    expect(of('after')).toEqual(['“after”, version of LSN 31', 'value: tag 1: a value, “the checkpoint”']);
    expect(of('key 1')).toEqual(
      expect.arrayContaining(['“key 1”, version of LSN 32', 'value: tag 0: deleted', '“key 1”, version of LSN 2']),
    );
  });

  it('say of a record in a page of a store with versions which key it is of, by which commit, and whether it deletes', async () => {
    const tree = { pageBytes: 256, protection: 'copy_on_write' } as const;
    const { bytesOf, store } = await storeWithEverything({ tree, versions: true });
    store.put(encodeText('key 1'), encodeText('again'));
    store.put(Uint8Array.of(0x6b, 0, 0x6c), encodeText('a zero in the key'));
    store.checkpoint();
    const context = store.annotationContext;
    const all = (['data_0', 'data_1'] as const).flatMap((name) => {
      const fields = annotateBytes(name, 0, bytesOf(name), context);
      for (let i = 1; i < fields.length; i++) expect(fields[i]!.at).toBe(fields[i - 1]!.at + fields[i - 1]!.length);
      return fields;
    });
    // No field is called by what the index takes it for.
    expect(all.filter(({ name }) => name === 'key')).toEqual([]);
    const records = all.flatMap(({ name, value }, at) =>
      name === 'commit'
        ? [[all[at - 2]!.value, Number(/\d+/.exec(value)![0]), all[at + 2]!.value, all[at + 3]!.value]]
        : [],
    );
    // What a page was before it was written elsewhere lies in a free extent, and says the same.
    const of = (key: string): unknown =>
      [...new Map(records.filter(([one]) => one === key).map((record) => [record[1], record])).values()].sort(
        (one, other) => Number(other[1]) - Number(one[1]),
      );
    const [first] = [...store.scan()].filter(({ value }) => value.length === 'a zero in the key'.length);
    expect(first!.key).toEqual(Uint8Array.of(0x6b, 0, 0x6c));
    expect(of('“key 1”')).toMatchObject([
      ['“key 1”', 33, '1: a value', '“again”'],
      ['“key 1”', 32, '0: deleted', expect.anything()],
      ['“key 1”', 2, '1: a value', '“value 1”'],
    ]);
    expect(of('0x6b006c')).toMatchObject([['0x6b006c', 34, '1: a value', '“a zero in the key”']]);
  });

  it('explain the pages of a store with a tree, the same through any window', async () => {
    const { bytesOf, store } = await storeWithEverything({ tree: { pageBytes: 256, protection: 'copy_on_write' } });
    const context = store.annotationContext;
    const bytes = bytesOf('data_0');
    const all = annotateBytes('data_0', 0, bytes, context);
    expect(new Set(all.map(({ structure }) => structure.replace(/\d+/g, 'n')))).toEqual(
      new Set(['leaf n', 'inner page n', 'map page n of level n']),
    );
    expect(all.filter(({ verdict }) => verdict?.ok === false)).toEqual([]);
    expect(all.some(({ target }) => target?.file === 'data_0')).toBe(true);
    for (let from = 0; from < bytes.length; from += 256) {
      const around = wholeStretch('data_0', { from, to: from + 256 }, context);
      const window = annotateBytes('data_0', around.from, bytes.subarray(around.from, around.to), context);
      expect(window).toEqual(all.filter(({ at }) => at >= around.from && at < around.to));
    }
  });

  it('explain the tables of a store with an LSM tree, the same through any window, and its superblock by its own names', async () => {
    const { bytesOf, store } = await storeWithEverything({ lsm: { filterPrefix: { kind: 'whole_key' } } });
    const context = contextOfSuperblock(bytesOf('superblock'))!;
    expect(store.annotationContext).toMatchObject({ format: context.format, storeSeed: context.storeSeed });
    const bytes = bytesOf('data_0');
    const all = annotateBytes('data_0', 0, bytes, context);
    const structures = new Set(all.map(({ structure }) => structure.replace(/\d+/g, 'n')));
    for (const each of ['manifest area n, snapshot n', 'table n, data block n', 'table n, filter', 'table n, footer'])
      expect(structures, each).toContain(each);
    const around = wholeStretch('data_0', { from: 2048, to: 2560 }, context);
    expect(annotateBytes('data_0', around.from, bytes.subarray(around.from, around.to), context)).toEqual(all);
    const slot = annotateBytes('superblock', 0, bytesOf('superblock'), context);
    expect(slot.find(({ name }) => name === 'edit that has to be there')!.value).toBe('1');
    expect(slot.some(({ name }) => name.startsWith('page'))).toBe(false);
    expect(slot.reduce((sum, { length }) => sum + length, 0)).toBe(2 * 244);
  });

  it('say where decoding stopped, at the flipped byte’s own structure, and go on with the next group', async () => {
    const { bytesOf, store } = await storeWithEverything();
    const log = bytesOf('log');
    const sound = annotateBytes('log', 0, log, store.annotationContext);
    const key = sound.find(({ name }) => name === 'key')!;
    log[key.at]! ^= 1;
    const fields = annotateBytes('log', 0, log, store.annotationContext);
    const bad = fields.filter(({ verdict }) => verdict && !verdict.ok);
    expect(bad.map(({ name }) => name)).toEqual(['checksum', 'not decoded']);
    expect(bad[0]!.structure).toBe(key.structure);
    expect(fields.some(({ value }) => value === '“after”')).toBe(true);
  });

  it('are the same for any window, read as far around it as its structures reach', async () => {
    const { bytesOf, store } = await storeWithEverything();
    const context = store.annotationContext;
    for (const name of FILE_NAMES) {
      const bytes = bytesOf(name);
      const all = annotateBytes(name, 0, bytes, context);
      for (let from = 0; from < bytes.length; from += 256) {
        const window = { from, to: from + 256 };
        const around = wholeStretch(name, window, context);
        const inWindow = ({ at, length }: { at: number; length: number }) =>
          at < window.to && at + length > window.from;
        const read = bytes.subarray(around.from, around.to);
        expect(annotateBytes(name, around.from, read, context).filter(inWindow)).toEqual(all.filter(inWindow));
      }
    }
  });

  it('never throw, whatever the bytes are', async () => {
    const { store } = await storeWithEverything();
    const random = new SeededRandom(11);
    for (let run = 0; run < 200; run++) {
      const bytes = new Uint8Array(2048).map(() => random.next());
      // A plausible start, so that decoding gets past the first check.
      if (run % 2 === 0) bytes.set(encodeText('FLGR'), 4);
      for (const name of FILE_NAMES)
        expect(() => annotateBytes(name, 512, bytes, store.annotationContext)).not.toThrow();
    }
  });
});
