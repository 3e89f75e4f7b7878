/** The list of the copies: its bytes, and what an opening makes of it when pages at home are torn, lost or sound. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes';
import { extentId, pageId, type PageId } from '../base/ids';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { copiesPerPage, decodeCopies, encodeCopies } from './double_write';
import { decodeTreeRoot } from './tree_root';
import { fill, SmallTree } from './testing/small_tree';

describe('a page of the list of copies', () => {
  const copies = [
    { page: pageId(3), extent: extentId(0) },
    { page: pageId(0x0102), extent: extentId(0x10) },
  ];

  it('has the bytes of the drawing, and comes back as it went in', () => {
    const bytes = new Uint8Array(256);
    const next = { extent: extentId(8), crc: 0xaabbccdd };
    encodeCopies(bytes, 1, 0x5eed, copies, next);
    expect(toHex(bytes.subarray(4, 16))).toBe('05000000' + '01000000' + 'ed5e0000');
    expect(toHex(bytes.subarray(24, 34))).toBe('09000000' + 'ddccbbaa' + '1000');
    expect(toHex(bytes.subarray(36, 52))).toBe('03000000' + '01000000' + '02010000' + '11000000');
    expect(decodeCopies(bytes)).toEqual({ copies, next });
    encodeCopies(bytes, 0, 0x5eed, [], undefined);
    expect(decodeCopies(bytes)).toEqual({ copies: [], next: undefined });
    expect(copiesPerPage(256)).toBe(27);
  });
});

/** A tree whose last checkpoint wrote pages over their own places. */
function settled(): { tree: SmallTree; keys: string[]; copied: { page: PageId; extent: number }[] } {
  const tree = new SmallTree({ protection: 'double_write' });
  const keys = fill(tree, 20);
  tree.checkpoint();
  tree.events.length = 0;
  for (const key of ['k00', 'k09', 'k19']) tree.put(key, 'w'.repeat(40));
  tree.checkpoint();
  const copied = tree.events.flatMap((event) =>
    event.kind === 'btree.page_written' && event.where === 'double_write' ? [event] : [],
  );
  expect(copied.length).toBeGreaterThan(2);
  return { tree, keys, copied };
}

const restored = (tree: SmallTree): PageId[] =>
  tree.events.flatMap((event) => (event.kind === 'btree.page_restored' ? [event.page] : []));

describe('an opening after pages were written over', () => {
  it('puts back those that are torn, and says which', () => {
    const { copied, keys, tree } = settled();
    const torn = copied.slice(0, 2).map(({ page }) => page);
    for (const page of torn) tree.flip(page);
    tree.reopen();
    expect(restored(tree).sort()).toEqual([...torn].sort());
    expect(tree.index.check()).toEqual([]);
    expect(tree.index.scrub()).toEqual([]);
    expect(tree.keys()).toEqual(keys);
  });

  it('writes nothing before it is sure, and reads what is torn from its copy until then', () => {
    const { copied, tree } = settled();
    tree.flip(copied[0]!.page);
    const calls: string[] = [];
    const counted = wrapFiles(tree.files, (inner) => new CountedFile(inner, (call) => calls.push(call)));
    const again = new SmallTree({ protection: 'double_write', isSalvage: true }, counted);
    again.root = tree.root;
    again.reopen({ isSalvage: true });
    expect(calls).toEqual([]);
    expect(again.keys()).toEqual(tree.keys());
    again.index.finishOpening();
    expect(calls).toEqual([...copied.map(() => 'write'), 'flush']);
    expect(again.index.scrub()).toEqual([]);
  });

  it('writes those that look sound as well, and flushes: they may be in the cache alone', () => {
    const { copied, tree } = settled();
    const calls: string[] = [];
    const counted = wrapFiles(tree.files, (inner) => new CountedFile(inner, (call) => calls.push(call)));
    const again = new SmallTree({ protection: 'double_write' }, counted);
    again.root = tree.root;
    calls.length = 0;
    again.reopen();
    expect(calls.filter((call) => call === 'write')).toHaveLength(copied.length);
    expect(calls.at(-1)).toBe('flush');
    expect(restored(again)).toEqual([]);
  });

  it('leaves a page alone whose copy is damaged: it is at home, or says that it is not', () => {
    const { copied, keys, tree } = settled();
    const [first] = copied;
    damage(tree, first!.extent);
    tree.reopen();
    expect(tree.keys()).toEqual(keys);
    tree.flip(first!.page);
    tree.reopen();
    expect(() => tree.keys()).toThrow(`Page ${first!.page} is damaged`);
  });

  it('goes on without its list if every page is at home, and refuses if one is not', () => {
    const { copied, keys, tree } = settled();
    damage(tree, decodeTreeRoot(tree.root)!.copies!.extent);
    tree.reopen();
    expect(tree.keys()).toEqual(keys);
    tree.flip(copied[1]!.page);
    expect(() => tree.reopen()).toThrow('and so is the list of the copies');
  });
});

class CountedFile extends WrappedFile {
  readonly #onCall: (call: 'write' | 'flush') => void;

  constructor(inner: WrappedFile['inner'], onCall: (call: 'write' | 'flush') => void) {
    super(inner);
    this.#onCall = onCall;
  }

  override write(at: number, bytes: Uint8Array): number {
    this.#onCall('write');
    return super.write(at, bytes);
  }

  override flush(): void {
    this.#onCall('flush');
    super.flush();
  }
}

function damage(tree: SmallTree, extent: number): void {
  const { at, name } = tree.allocator.locate(extentId(extent));
  tree.files[name].write(at + 40, new Uint8Array([0xee, 0xee, 0xee]));
}
