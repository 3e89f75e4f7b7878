/** A tree with a damaged page: its range is named and refused, the rest is read; a scrub finds it first. */
import { describe, expect, it } from 'vitest';
import { encodeText, toHex } from '../base/bytes';
import { fill, keysOf, SmallTree } from './testing/small_tree';

/** Leaves of four keys; the third is damaged, and nothing is in memory. */
function damagedThird() {
  const tree = new SmallTree();
  const keys = fill(tree, 20);
  tree.put('long', 'x'.repeat(500)).checkpoint();
  const leaves = tree.leaves();
  const third = leaves[2]!;
  tree.reopen();
  tree.flip(third.page);
  return { tree, keys, third, first: leaves[0]! };
}

const key = (text: string): Uint8Array => encodeText(text);

describe('a damaged leaf', () => {
  it('is refused to whoever needs it, by number and place; every other key is read', () => {
    const { keys, third, tree } = damagedThird();
    for (const each of keys) {
      if (each >= 'k08' && each < 'k12')
        expect(() => tree.index.get(key(each))).toThrow(`Page ${third.page} is damaged`);
      else expect(tree.index.get(key(each)), each).toEqual(key('v'.repeat(40)));
    }
    expect(tree.index.get(key('long'))).toHaveLength(500);
  });

  it('ends a scan where it lies, from either side, and scans beside it go on', () => {
    const { keys, tree } = damagedThird();
    const read: string[] = [];
    const walk = (reverse: boolean): void => {
      const cursor = tree.index.cursor({}, reverse);
      for (let entry = cursor.next(); entry; entry = cursor.next()) read.push(new TextDecoder().decode(entry.key));
    };
    expect(() => walk(false)).toThrow('is damaged');
    expect(read).toEqual(keys.slice(0, 8));
    read.length = 0;
    expect(() => walk(true)).toThrow('is damaged');
    expect(read).toEqual(['long', ...keys.slice(12).reverse()]);
    expect(keysOf(tree.index.cursor({ from: key('k12'), to: key('k15') }, false))).toEqual(['k12', 'k13', 'k14']);
    // The range ends where the damaged leaf begins, or begins where it ends.
    expect(keysOf(tree.index.cursor({ to: key('k08') }, true))).toEqual(keys.slice(0, 8).reverse());
    expect(keysOf(tree.index.cursor({ from: key('k05'), to: key('k08') }, false))).toEqual(['k05', 'k06', 'k07']);
    expect(keysOf(tree.index.cursor({ from: key('k12'), to: key('k14') }, true))).toEqual(['k13', 'k12']);
    expect(() => keysOf(tree.index.cursor({ from: key('k05'), to: key('k080') }, false))).toThrow('is damaged');
    expect(() => keysOf(tree.index.cursor({ from: key('k11'), to: key('k14') }, true))).toThrow('is damaged');
  });

  it('refuses a batch that needs it before any of it is applied, and takes the others', () => {
    const { tree } = damagedThird();
    expect(() => tree.index.prepare([{ kind: 'put', key: key('k09'), value: key('n') }])).toThrow('is damaged');
    expect(() => tree.index.prepare([{ kind: 'put', key: key('k01'), value: key('n') }])).not.toThrow();
    tree.put('k01', 'new').checkpoint();
    tree.reopen();
    expect(tree.index.get(key('k01'))).toEqual(key('new'));
    expect(() => tree.index.get(key('k10'))).toThrow('is damaged');
  });

  it('is found by a scrub and by check, with the keys that it held', () => {
    const { third, tree } = damagedThird();
    const bounds = `keys from ${toHex(key('k08'))} to ${toHex(key('k12'))}`;
    const place = { file: 'data_0', page: third.page };
    expect(tree.index.scrub()).toMatchObject([{ rule: 'P2', place }]);
    expect(tree.index.scrub()[0]!.detail).toContain(`It held ${bounds}.`);
    expect(tree.index.check()).toMatchObject([{ rule: 'P2', place }]);
  });
});

describe('a scrub', () => {
  it('reads past the pool: it finds damage under a page that is in memory', () => {
    const { first, tree } = damagedThird();
    tree.index.get(key('k01'));
    tree.flip(first.page);
    expect(tree.index.get(key('k02'))).toBeDefined();
    const found = tree.index.scrub().map(({ detail }) => detail);
    expect(found).toHaveLength(2);
    expect(found.join()).toContain(`keys from the first to ${toHex(key('k04'))}`);
  });

  it('names inner pages with all that is below them, parts of values, and pages of the map', () => {
    const tree = new SmallTree();
    fill(tree, 120, 'v'.repeat(40), 3);
    tree.put('long', 'x'.repeat(500)).checkpoint();
    const pages = tree.index.describe(tree.files).pages;
    const inner = pages.find(
      ({ kind, level, left }) => kind === 'inner' && level === 1 && left === tree.leaves()[0]!.page,
    )!;
    const part = pages.find(({ kind }) => kind === 'overflow')!;
    tree.flip(inner.page);
    tree.flip(part.page);
    const details = tree.index.scrub().map(({ detail }) => detail);
    expect(details.filter((detail) => detail.includes('keys from the first to'))).toHaveLength(1);
    expect(details.filter((detail) => detail.includes('It held part of a value'))).toHaveLength(1);
    const [map] = tree.events.flatMap((event) => (event.kind === 'btree.map_page_written' ? [event] : []));
    const { at, name } = tree.allocator.locate(map!.extent);
    tree.files[name].write(at + 40, new Uint8Array([0xee, 0xee]));
    const [finding] = tree.index.scrub();
    expect(finding).toMatchObject({ rule: 'P2', place: { file: name, offset: at } });
    expect(finding!.detail).toContain('of the page map is damaged');
    expect(finding!.place?.page).toBeUndefined();
  });
});
