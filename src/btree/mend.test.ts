/** What operations leave undone next to a damaged page, and that it is done once the damage is gone. */
import { describe, expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import type { PageId } from '../base/ids';
import { decodeTreeRoot } from './tree_root';
import { fill, SmallTree } from './testing/small_tree';

const LONG = 'x'.repeat(1000);

/** A tree with a long value, checkpointed, and the pages of its chain. */
function withLongValue(): { tree: SmallTree; keys: string[]; chain: PageId[] } {
  const tree = new SmallTree();
  const keys = fill(tree, 8);
  tree.put('long', LONG).checkpoint();
  const chain = tree.index.describe(tree.files).pages.flatMap(({ kind, page }) => (kind === 'overflow' ? [page] : []));
  expect(chain).toHaveLength(5);
  tree.reopen();
  return { tree, keys, chain };
}

const needsMending = (tree: SmallTree): boolean => decodeTreeRoot(tree.root)!.needsMending;

describe('a long value that goes, with a page of it damaged', () => {
  it('leaves its pages until the next checkpoint, which gives them back', () => {
    const { chain, keys, tree } = withLongValue();
    tree.flip(chain[2]!);
    tree.delete('long');
    expect(tree.index.check()).toEqual([]);
    const pages = tree.index.treeStats().pages;
    tree.checkpoint();
    expect(tree.index.treeStats().pages).toBe(pages - 5);
    expect(needsMending(tree)).toBe(false);
    expect(tree.events.at(-1)).not.toBeUndefined();
    expect(tree.events.find(({ kind }) => kind === 'btree.tree_mended')).toMatchObject({ relinked: [] });
    expect(tree.index.check()).toEqual([]);
    expect(tree.keys()).toEqual(keys);
    tree.reopen();
    expect(tree.index.check()).toEqual([]);
    expect(tree.index.treeStats().pages).toBe(pages - 5);
  });

  it('leaves them while another page is damaged, also in later lives', () => {
    const { chain, keys, tree } = withLongValue();
    const leaf = tree.leaves()[0]!.page;
    tree.flip(chain[2]!);
    tree.flip(leaf);
    tree.delete('long').checkpoint();
    expect(needsMending(tree)).toBe(true);
    expect(tree.kinds()).not.toContain('btree.tree_mended');
    tree.reopen();
    tree.put('z', 'z').checkpoint();
    expect(needsMending(tree)).toBe(true);
    tree.flip(leaf);
    tree.put('y', 'y').checkpoint();
    expect(needsMending(tree)).toBe(false);
    expect(tree.index.check()).toEqual([]);
    expect(tree.keys()).toEqual([...keys, 'y', 'z']);
    expect(tree.index.treeStats().pages).toBe(tree.leaves().length + 1);
  });

  it('is not taken for one that could not be read because the device failed', () => {
    const { chain, tree } = withLongValue();
    const place = tree.allocator.locate(tree.page(chain[2]!).extent!);
    const file = tree.files[place.name];
    const read = file.read.bind(file);
    file.read = (at, into) => {
      if (at === place.at) throw new Error('the device is gone');
      return read(at, into);
    };
    expect(() => tree.delete('long')).toThrow('the device is gone');
  });
});

describe('a leaf that cannot be read while its left neighbour changes', () => {
  /** Leaves of four keys each; the second cannot be read. */
  function damagedSecond(): { tree: SmallTree; keys: string[]; second: PageId } {
    const tree = new SmallTree();
    const keys = fill(tree, 12);
    tree.checkpoint();
    const second = tree.leaves()[1]!.page;
    tree.reopen();
    tree.flip(second);
    return { tree, keys, second };
  }

  it('links to where its neighbour was, and is told of the split when it is there again', () => {
    const { keys, second, tree } = damagedSecond();
    tree.put('k005', 'v'.repeat(40)).put('k015', 'v'.repeat(40)).checkpoint();
    expect(needsMending(tree)).toBe(true);
    tree.flip(second);
    tree.reopen();
    const all = [...keys, 'k005', 'k015'].sort();
    expect(tree.index.check()).toEqual([]);
    // Its own link would lead past what was split off.
    expect(tree.keys(true)).toEqual([...all].reverse());
    expect(tree.keys()).toEqual(all);
    tree.put('zz', '').checkpoint();
    expect(tree.events.find(({ kind }) => kind === 'btree.leaf_relinked')).toMatchObject({ page: second });
    expect(needsMending(tree)).toBe(false);
    expect(tree.index.check()).toEqual([]);
    expect(tree.keys(true)).toEqual([...all, 'zz'].reverse());
  });

  it('leaves an empty leaf beside it, which is joined with it later', () => {
    const { keys, second, tree } = damagedSecond();
    tree.delete('k00', 'k01', 'k02', 'k03').checkpoint();
    expect(tree.leaves()[0]!.cells).toEqual([]);
    tree.flip(second);
    tree.reopen();
    expect(tree.index.check()).toEqual([]);
    expect(tree.keys(true)).toEqual(keys.slice(4).reverse());
    tree.put('k99', '').checkpoint();
    expect(tree.leaves().every(({ cells }) => cells.length > 0)).toBe(true);
    expect(tree.index.check()).toEqual([]);
    expect(tree.keys()).toEqual([...keys.slice(4), 'k99']);
  });
});

describe('opened for salvage', () => {
  it('serves what is not on damaged pages, both ways the same', () => {
    const { chain, keys, tree } = withLongValue();
    tree.flip(tree.leaves()[0]!.page);
    tree.flip(chain[4]!);
    const index = tree.reopen({ isSalvage: true });
    expect(index.damage).toMatchObject({ code: 'page_damaged', place: { file: 'data_0' } });
    expect(tree.keys()).toEqual(keys.slice(4));
    expect(tree.keys(true)).toEqual(keys.slice(4).reverse());
    expect(index.get(encodeText('k00'))).toBeUndefined();
    expect(index.get(encodeText('long'))).toBeUndefined();
    expect(index.get(encodeText('k04'))).toEqual(encodeText('v'.repeat(40)));
  });

  it('gives no number to a new page that may be of one that is not found', () => {
    const tree = new SmallTree();
    const keys = fill(tree, 120, 'v'.repeat(40), 3);
    tree.checkpoint();
    // 27 entries to a page of the map: the leaves that came last are in its second one.
    const [second] = tree.events.flatMap((event) =>
      event.kind === 'btree.map_page_written' && event.level === 1 && event.number === 1 ? [event.extent] : [],
    );
    const { at, name } = tree.allocator.locate(second!);
    tree.files[name].write(at + 40, new Uint8Array(8).fill(0xee));
    expect(() => tree.reopen()).toThrow('Page 1 of level 1 of the page map is damaged: its checksum does not match.');
    const index = tree.reopen({ isSalvage: true });
    expect(index.damage?.message).toMatch('page map');
    const left = tree.keys();
    expect(left.length > 50 && left.length < 110).toBe(true);
    expect(left).toEqual(keys.slice(0, left.length));
    // New leaves, far from those that are lost.
    const added = Array.from({ length: 12 }, (_, i) => `k000${String(i).padStart(2, '0')}`);
    for (const key of added) tree.put(key, 'n'.repeat(40));
    const all = [...left, ...added].sort();
    expect(tree.keys()).toEqual(all);
    expect(tree.keys(true)).toEqual(all.toReversed());
    expect(index.get(encodeText('k119'))).toBeUndefined();
  });
});
