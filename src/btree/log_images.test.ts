/** Images of pages in the log: what a checkpoint writes there, and what an opening makes of it when pages are torn. */
import { describe, expect, it } from 'vitest';
import type { PageId } from '../base/ids';
import { MemoryStorage } from '../storage/memory';
import { WrappedFile, wrapFiles } from '../storage/wrapped_file';
import { pageOf } from './page';
import { decodeTreeRoot } from './tree_root';
import { MemoryLog } from './testing/memory_log';
import { fill, SmallTree } from './testing/small_tree';

/** A tree whose last checkpoint wrote pages over their own places, with their images in the log. */
function overwritten(room = Infinity): { tree: SmallTree; log: MemoryLog; keys: string[]; logged: PageId[] } {
  const log = new MemoryLog(0);
  const tree = new SmallTree({ protection: 'log_images', log });
  const keys = fill(tree, 20);
  tree.checkpoint();
  expect(log.images).toEqual([]);
  log.room = room;
  tree.events.length = 0;
  for (const key of ['k00', 'k09', 'k19']) tree.put(key, 'w'.repeat(40));
  tree.checkpoint();
  const logged = tree.events.flatMap((event) => (event.kind === 'btree.page_logged' ? [event.page] : []));
  return { tree, log, keys, logged };
}

const restored = (tree: SmallTree): PageId[] =>
  tree.events.flatMap((event) => (event.kind === 'btree.page_restored' && event.from === 'log' ? [event.page] : []));

describe('a checkpoint with images in the log', () => {
  it('writes an image of each page that has a place, and the page over that place only then', () => {
    const { log, logged, tree } = overwritten();
    expect(logged.length).toBeGreaterThan(2);
    expect(log.images.map(pageOf)).toEqual(logged);
    const kinds = tree.events.flatMap((event) =>
      event.kind === 'btree.page_logged' || event.kind === 'btree.checkpoint_flushed' ? [event.kind] : [],
    );
    expect(kinds).toEqual([...logged.map(() => 'btree.page_logged'), 'btree.checkpoint_flushed']);
    const home = tree.events.flatMap((event) => (event.kind === 'btree.page_written' ? [event] : []));
    expect(home.map(({ page, where }) => [page, where])).toEqual(logged.map((page) => [page, 'in_place']));
    expect(decodeTreeRoot(tree.root)).toMatchObject({ hasImages: true, copies: undefined });
    expect(tree.index.check()).toEqual([]);
    expect(tree.index.scrub()).toEqual([]);
  });

  it('writes to a new place what the log has no room for', () => {
    const { log, logged, tree } = overwritten(1);
    expect(log.images).toHaveLength(1);
    const places = tree.events.flatMap((event) => (event.kind === 'btree.page_written' ? [event.where] : []));
    expect(places).toEqual(['new_place', 'new_place', 'in_place']);
    tree.flip(logged[0]!);
    tree.reopen();
    expect(tree.index.scrub()).toEqual([]);
  });

  it('is given up without a trace in the files', () => {
    const { keys, log, tree } = overwritten();
    const root = tree.root;
    tree.put('k05', 'z'.repeat(40));
    const images = log.images.length;
    const checkpoint = tree.index.beginCheckpoint();
    while (!checkpoint.step(1 << 20).done);
    expect(log.images.length).toBeGreaterThan(images);
    checkpoint.abandon();
    expect(tree.index.check()).toEqual([]);
    expect(tree.root).toBe(root);
    tree.checkpoint();
    tree.reopen();
    expect(tree.keys()).toEqual(keys);
    expect(tree.index.get(new TextEncoder().encode('k05'))).toEqual(new Uint8Array(40).fill(0x7a));
  });

  it('a page that changes, or leaves memory, before it is home goes there as it was', () => {
    const log = new MemoryLog();
    const tree = new SmallTree({ protection: 'log_images', log });
    const keys = fill(tree, 120, 'v'.repeat(40), 3);
    tree.checkpoint();
    for (const key of keys) tree.put(key, '1'.repeat(40));
    const checkpoint = tree.index.beginCheckpoint();
    while (!checkpoint.step(1 << 20).done);
    for (const key of keys) tree.put(key, '2'.repeat(40));
    expect(tree.keys(true)).toEqual(keys.toReversed()); // Every frame of the pool has been another page since.
    expect(tree.index.treeStats().pagesSpilled).toBeGreaterThan(0);
    while (!checkpoint.settle(1).done);
    checkpoint.finish();
    expect(tree.index.check()).toEqual([]);
    expect(tree.index.scrub()).toEqual([]);
    tree.root = checkpoint.root.slice();
    tree.reopen();
    expect(tree.index.get(new TextEncoder().encode('k007'))).toEqual(new Uint8Array(40).fill(0x31));
    expect(tree.index.check()).toEqual([]);
  });
});

describe('an opening after pages were written over', () => {
  it('puts back those that are torn, and says which', () => {
    const { keys, logged, tree } = overwritten();
    const torn = logged.slice(0, 2);
    for (const page of torn) tree.flip(page);
    tree.reopen();
    expect(restored(tree)).toEqual(torn);
    expect(tree.index.check()).toEqual([]);
    expect(tree.index.scrub()).toEqual([]);
    expect(tree.keys()).toEqual(keys);
  });

  it('writes nothing before it is sure, and reads what is torn from its image until then', () => {
    const { keys, log, logged, tree } = overwritten();
    for (const page of logged) tree.flip(page);
    let writes = 0;
    const files = wrapFiles(tree.files, (inner) => new CountedFile(inner, () => writes++));
    const again = new SmallTree({ protection: 'log_images', isSalvage: true, log }, files);
    again.root = tree.root;
    again.reopen({ isSalvage: true });
    expect(again.keys()).toEqual(keys);
    expect(again.index.damage).toBeUndefined();
    expect(writes).toBe(0);
    again.index.finishOpening();
    expect(writes).toBe(logged.length);
    expect(again.index.scrub()).toEqual([]);
  });

  it('takes an image only for what the map says: not of an older checkpoint, nor of one that was given up', () => {
    const { log, logged, tree } = overwritten();
    const images = [...log.images];
    tree.put('k00', 'x'.repeat(40));
    const abandoned = tree.index.beginCheckpoint();
    while (!abandoned.step(1 << 20).done);
    abandoned.abandon();
    const [first] = logged;
    tree.flip(first!);
    tree.reopen();
    expect(restored(tree)).toEqual([first]);
    expect(tree.index.get(new TextEncoder().encode('k00'))).toEqual(new Uint8Array(40).fill(0x77));
    tree.put('k00', 'x'.repeat(40)).checkpoint();
    log.images.splice(0, Infinity, ...images);
    tree.flip(first!);
    tree.reopen();
    expect(() => tree.keys()).toThrow(`Page ${first!} is damaged`);
  });

  it('finds nothing to put back once the store was closed', () => {
    const { keys, logged, tree } = overwritten();
    tree.root = tree.index.settledRoot!;
    expect(decodeTreeRoot(tree.root)!.hasImages).toBeUndefined();
    tree.flip(logged[0]!);
    tree.reopen();
    expect(tree.index.settledRoot).toBeUndefined();
    expect(() => tree.keys()).toThrow('is damaged');
    tree.flip(logged[0]!);
    tree.reopen();
    expect(tree.keys()).toEqual(keys);
  });
});

it('the same for copies: a root that was settled names none, and their extents are free', () => {
  const tree = new SmallTree({ protection: 'double_write' }, new MemoryStorage().openNow({ create: true }));
  const keys = fill(tree, 20);
  tree.checkpoint();
  tree.put('k00', 'w'.repeat(40)).checkpoint();
  const live = tree.index.liveExtents.length;
  tree.root = tree.index.settledRoot!;
  tree.reopen();
  expect(tree.index.liveExtents.length).toBeLessThan(live);
  expect(tree.index.settledRoot).toBeUndefined();
  expect(tree.index.check()).toEqual([]);
  expect(tree.keys()).toEqual(keys);
});

class CountedFile extends WrappedFile {
  readonly #onWrite: () => void;

  constructor(inner: WrappedFile['inner'], onWrite: () => void) {
    super(inner);
    this.#onWrite = onWrite;
  }

  override write(at: number, bytes: Uint8Array): number {
    this.#onWrite();
    return super.write(at, bytes);
  }
}
