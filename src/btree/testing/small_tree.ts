/** For tests: a tree with small pages in memory, that is checkpointed, opened again, and damaged where a test says. */
import { decodeText, EMPTY_BYTES, encodeText } from '../../base/bytes';
import { lsn, type PageId } from '../../base/ids';
import type { Cursor } from '../../base/ordered_index';
import { ExtentAllocator } from '../../storage/extent_allocator';
import type { FileSet } from '../../storage/file';
import { MemoryStorage } from '../../storage/memory';
import { BTreeIndex } from '../btree_index';
import type { PageDescription } from '../describe';
import type { BTreeEvent } from '../events';
import type { BTreeOptions } from '../options';

export const SEED = 0x5eed;

export type SmallTreeOptions = Partial<
  Pick<BTreeOptions, 'pageBytes' | 'poolBytes' | 'protection' | 'protections' | 'isSalvage' | 'log'>
>;

export class SmallTree {
  readonly files: FileSet;
  readonly events: BTreeEvent[] = [];
  index: BTreeIndex;
  allocator!: ExtentAllocator;
  root: Uint8Array = EMPTY_BYTES;
  #lsn = 0;
  readonly #options: SmallTreeOptions;

  constructor(options: SmallTreeOptions = {}, files = new MemoryStorage().openNow({ create: true })) {
    this.#options = options;
    this.files = files;
    this.index = this.#open();
  }

  /** Opened again at the last checkpoint, with nothing in the pool. */
  reopen(options: SmallTreeOptions = {}): BTreeIndex {
    this.#lsn = 0;
    this.index = this.#open(options);
    this.#lsn = this.index.appliedLsn;
    return this.index;
  }

  #open(options: SmallTreeOptions = {}): BTreeIndex {
    const { pageBytes = 256, ...others } = { ...this.#options, ...options };
    this.allocator = new ExtentAllocator(this.files, Math.max(512, pageBytes));
    const index = BTreeIndex.open(this.root, {
      allocator: this.allocator,
      storeSeed: SEED,
      pageBytes,
      poolBytes: 0,
      protection: 'copy_on_write',
      protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
      trace: { emit: (event) => this.events.push(event) },
      ...others,
    });
    if (!others.isSalvage) index.finishOpening();
    return index;
  }

  put(key: string, value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? encodeText(value) : value;
    this.index.apply([{ kind: 'put', key: encodeText(key), value: bytes }], lsn(++this.#lsn));
    return this;
  }

  delete(...keys: string[]): this {
    for (const key of keys) this.index.apply([{ kind: 'delete', key: encodeText(key) }], lsn(++this.#lsn));
    return this;
  }

  checkpoint(): this {
    const checkpoint = this.index.beginCheckpoint();
    while (!checkpoint.step(1 << 20).done);
    while (!checkpoint.settle(1 << 20).done);
    checkpoint.finish();
    this.root = checkpoint.root.slice();
    return this;
  }

  page(id: number): PageDescription {
    return this.index.describe(this.files).pages.find(({ page }) => page === id)!;
  }

  leaves(): PageDescription[] {
    const pages = this.index.describe(this.files).pages;
    const byId = new Map(pages.map((page) => [page.page, page]));
    const first = pages.find(({ kind, left }) => kind === 'leaf' && left === 0)!;
    const leaves = [first];
    for (let next = byId.get(first.right); next; next = byId.get(next.right)) leaves.push(next);
    return leaves;
  }

  /** Flips a bit in the middle of a page, where it lies in the files; a second time, it is whole again. */
  flip(page: PageId, at = 40): void {
    const { durableExtent, extent } = this.page(page);
    const place = this.allocator.locate((extent ?? durableExtent)!);
    const file = this.files[place.name];
    const byte = new Uint8Array(1);
    file.read(place.at + at, byte);
    byte[0]! ^= 1;
    file.write(place.at + at, byte);
  }

  keys(reverse = false): string[] {
    return keysOf(this.index.cursor({}, reverse));
  }

  kinds(): Set<BTreeEvent['kind']> {
    return new Set(this.events.map(({ kind }) => kind));
  }
}

export function keysOf(cursor: Cursor): string[] {
  const keys: string[] = [];
  for (let entry = cursor.next(); entry; entry = cursor.next()) keys.push(decodeText(entry.key)!);
  return keys;
}

/** `k00` to so many, each with a value that leaves four to a leaf of 256 bytes. */
export function fill(tree: SmallTree, count: number, value = 'v'.repeat(40), digits = 2): string[] {
  const keys = Array.from({ length: count }, (_, i) => `k${String(i).padStart(digits, '0')}`);
  for (const key of keys) tree.put(key, value);
  return keys;
}
