/** The byte view of a page: every byte of it in one field, and the fields say what is in the tree. */
import { describe, expect, it } from 'vitest';
import type { FieldAnnotation } from '../base/fields';
import { SeededRandom } from '../base/runtime';
import { annotatePage } from './annotate_page';
import { PAGE_KINDS } from './page';
import { fill, SEED, SmallTree } from './testing/small_tree';

const locate = (extent: number) => ({ file: `data_${extent % 2}`, at: Math.floor(extent / 2) * 512 });

function annotated(bytes: Uint8Array, at = 0): FieldAnnotation[] {
  return annotatePage({ bytes, at, pageBytes: 256, storeSeed: SEED, locate });
}

/** A tree with pages of every kind: inner ones, leaves with gaps and holes, long values, a map of two levels, copies. */
function everything(): SmallTree {
  const tree = new SmallTree({ protection: 'double_write' });
  const keys = fill(tree, 120, 'v'.repeat(40), 3);
  tree.put('long', 'x'.repeat(500)).checkpoint();
  tree.delete(keys[5]!, keys[50]!).put('k999', 'n').checkpoint();
  return tree;
}

function extentsOf(tree: SmallTree): { bytes: Uint8Array; at: number }[] {
  return (['data_0', 'data_1'] as const).flatMap((name) => {
    const file = tree.files[name];
    return Array.from({ length: file.size() / 512 }, (_, i) => {
      const bytes = new Uint8Array(512);
      file.read(i * 512, bytes);
      return { bytes, at: i * 512 };
    });
  });
}

const valueOf = (fields: readonly FieldAnnotation[], name: string): string =>
  fields.find((field) => field.name === name)!.value;

describe('the annotation of a page', () => {
  it('has every byte of its extent in one field, in order, whatever kind it is of', () => {
    const kinds = new Set<string>();
    for (const { at, bytes } of extentsOf(everything())) {
      const fields = annotated(bytes, at);
      if (fields.length === 0) continue;
      let end = at;
      for (const field of fields) {
        expect(field.at).toBe(end);
        expect(field.length).toBeGreaterThan(0);
        end += field.length;
      }
      expect(end).toBe(at + 512);
      expect(fields[0]!.verdict).toEqual({ ok: true, note: 'matches the bytes' });
      kinds.add(valueOf(fields, 'kind'));
    }
    expect([...kinds].sort()).toEqual(Object.keys(PAGE_KINDS).sort());
  });

  it('says what the tree says of its pages', () => {
    const tree = everything();
    for (const page of tree.index.describe(tree.files).pages) {
      const place = tree.allocator.locate(page.extent!);
      const bytes = new Uint8Array(512);
      tree.files[place.name].read(place.at, bytes);
      const fields = annotated(bytes);
      expect(valueOf(fields, 'page')).toBe(String(page.page));
      expect(valueOf(fields, 'LSN')).toBe(String(page.lsn));
      expect(fields.filter(({ name }) => name.startsWith('slot '))).toHaveLength(page.cells.length);
      const keys = fields.flatMap(({ name, value }) => (['key', 'separator'].includes(name) ? [value] : []));
      const textAt = (at: number, length: number) => `“${new TextDecoder().decode(bytes.subarray(at, at + length))}”`;
      const found = fields.filter(({ name }) => ['key', 'separator'].includes(name));
      expect(found.map(({ at, length }) => textAt(at, length))).toEqual(keys);
      expect(keys.toSorted()).toEqual(page.cells.map(({ key }) => `“${new TextDecoder().decode(key)}”`).sort());
      const children = fields.flatMap(({ name, value }) => (name === 'child' ? [value] : []));
      const expected = page.kind === 'inner' ? page.cells.map(({ child }) => `page ${child}`) : [];
      expect(children.sort()).toEqual(expected.sort());
      const free = fields.filter(({ family, name }) => family === 'free' && name !== 'unused');
      const freeBytes = free.reduce((sum, { length }) => sum + length, 0);
      if (page.kind !== 'overflow') expect(freeBytes).toBe(page.freeBytes);
    }
  });

  it('points from the map to where each page lies', () => {
    const tree = everything();
    const fields = extentsOf(tree).flatMap(({ bytes }) => annotated(bytes));
    for (const { durableExtent, page } of tree.index.describe(tree.files).pages) {
      const entries = fields.filter(({ name }) => name === `page ${page} in`);
      expect(entries.map(({ target }) => target)).toContainEqual(locate(durableExtent!));
    }
    expect(fields.filter(({ name }) => name === 'lies in').every(({ target }) => target !== undefined)).toBe(true);
  });

  it('stops behind the header where the page is damaged, and says which checksum the bytes give', () => {
    const { bytes } = extentsOf(everything()).find((one) => annotated(one.bytes).length > 0)!;
    bytes[100]! ^= 1;
    const fields = annotated(bytes);
    expect(fields[0]!.verdict?.ok).toBe(false);
    expect(fields.slice(-2).map(({ family, length, name }) => [name, length, family])).toEqual([
      ['not decoded', 220, 'page'],
      ['unused', 256, 'free'],
    ]);
    bytes[100]! ^= 1;
    expect(annotated(bytes.subarray(0, 100)).at(-1)).toMatchObject({ at: 36, length: 64, name: 'not decoded' });
  });

  it('is empty for what is no page of this store, and never throws', () => {
    expect(annotated(new Uint8Array(512))).toEqual([]);
    const random = new SeededRandom(3);
    for (const { bytes } of extentsOf(everything())) {
      for (let i = 0; i < 20; i++) bytes[random.below(256)] = random.below(256);
      expect(() => annotated(bytes)).not.toThrow();
    }
  });
});
