/**
 * Long random lives of a tree with pages so small that it is four levels high, and a pool so small that most of it is
 * not in memory: held against the map, checked whole, with cursors and checkpoints in between. Every structural event
 * has to have happened; a run in which one did not shows nothing about it.
 */
import { describe, expect, inject, it } from 'vitest';
import { compareBytes, encodeText, toHex } from '../base/bytes';
import { lsn } from '../base/ids';
import type { Cursor, Operation } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import { SeededRandom } from '../base/runtime';
import { ExtentAllocator } from '../storage/extent_allocator';
import { closeAll, type FileSet } from '../storage/file';
import { MemoryStorage } from '../storage/memory';
import { BTreeIndex } from './btree_index';
import type { BTreeEvent } from './events';
import { keyBytesMax } from './page';
import type { PageProtection } from './protections';
import { MemoryLog } from './testing/memory_log';

const ROUNDS = inject('isLong') ? 400 : 100;
const STRUCTURAL: readonly BTreeEvent['kind'][] = [
  'btree.leaf_split',
  'btree.inner_split',
  'btree.root_grown',
  'btree.leaf_merged',
  'btree.inner_merged',
  'btree.leaf_borrowed',
  'btree.inner_borrowed',
  'btree.separator_replaced',
  'btree.root_shrunk',
  'btree.overflow_written',
  'btree.overflow_freed',
  'btree.page_spilled',
  'btree.page_evicted',
];

const seen = new Map<string, number>();

class Life {
  readonly #random: SeededRandom;
  readonly #pageBytes: number;
  readonly #protection: PageProtection;
  readonly #storage = new MemoryStorage();
  readonly #log = new MemoryLog();
  readonly #model = new OrderedMap();
  readonly #keySpace: number;
  #files!: FileSet;
  #index!: BTreeIndex;
  #root = new Uint8Array(0);
  #lsn = 0;
  #cursors: { readonly mine: Cursor; readonly expected: Cursor }[] = [];

  constructor(seed: number, pageBytes: number, protection: PageProtection) {
    this.#random = new SeededRandom(seed);
    this.#pageBytes = pageBytes;
    this.#protection = protection;
    this.#keySpace = seed % 2 === 0 ? 400 : 3000;
    this.#open();
  }

  run(): void {
    for (let round = 0; round < ROUNDS; round++) {
      // Mostly deletes in the second half of every hundred rounds: the tree grows and shrinks again.
      this.#batch(round % 100 > 55 ? 8 : 2);
      if (this.#random.below(5) === 0) this.#openCursor();
      if (this.#random.below(7) === 0) this.#checkpoint();
      if (this.#cursors.length > 2) this.#compareCursor();
      if (round % 10 === 0) this.#compareWhole();
    }
    while (this.#cursors.length > 0) this.#compareCursor();
    this.#compareWhole();
    this.#empty();
    this.#compareWhole();
  }

  /** Every key goes: the tree shrinks back to one leaf. */
  #empty(): void {
    const cursor = this.#model.snapshot().cursor({}, false);
    for (let entry = cursor.next(); entry; entry = cursor.next()) {
      this.#index.apply([{ kind: 'delete', key: entry.key }], lsn(++this.#lsn));
      this.#model.delete(entry.key);
    }
    expect(this.#index.treeStats()).toMatchObject({ height: 1, pages: 1 });
  }

  #open(): void {
    this.#files = this.#storage.openNow({ create: true });
    this.#index = BTreeIndex.open(this.#root, {
      allocator: new ExtentAllocator(this.#files, Math.max(512, this.#pageBytes)),
      storeSeed: 5,
      pageBytes: this.#pageBytes,
      poolBytes: 0,
      protection: this.#protection,
      log: this.#log,
      protections: { pageChecksum: true, wholeWrites: true, dataBeforeSuperblock: true },
      trace: { emit: ({ kind }: BTreeEvent) => seen.set(kind, (seen.get(kind) ?? 0) + 1) },
    });
    this.#index.finishOpening();
  }

  #batch(deletesOfTen: number): void {
    const batch = Array.from({ length: 40 }, (): Operation =>
      this.#random.below(10) < deletesOfTen
        ? { kind: 'delete', key: this.#key() }
        : { kind: 'put', key: this.#key(), value: this.#value() },
    );
    this.#index.apply(batch, lsn(++this.#lsn));
    for (const operation of batch) {
      if (operation.kind === 'put') this.#model.put(operation.key, operation.value);
      else this.#model.delete(operation.key);
    }
  }

  /** The same number always makes the same key; one in eight numbers a long one. */
  #key(): Uint8Array {
    const number = this.#random.below(this.#keySpace);
    const text = encodeText(`k${number}`);
    const length = number % 8 === 0 ? (number * 31) % keyBytesMax(this.#pageBytes) : 6 + ((number * 7) % 24);
    const key = new Uint8Array(Math.max(text.length, length)).fill(0x78);
    key.set(text);
    return key;
  }

  #value(): Uint8Array {
    const length = this.#random.below(20) === 0 ? this.#random.below(3000) : this.#random.below(40);
    return new Uint8Array(length).fill(this.#random.below(256));
  }

  #openCursor(): void {
    const reverse = this.#random.below(2) === 0;
    this.#cursors.push({
      mine: this.#index.cursor({}, reverse),
      expected: this.#model.snapshot().cursor({}, reverse),
    });
  }

  #compareCursor(): void {
    const { expected, mine } = this.#cursors.shift()!;
    expectSame(mine, expected);
  }

  #checkpoint(): void {
    const checkpoint = this.#index.beginCheckpoint();
    const interrupted = this.#random.below(3) === 0;
    if (this.#protection === 'log_images')
      this.#log.begin(this.#random.below(2) === 0 ? this.#random.below(20) : Infinity);
    if (interrupted) {
      checkpoint.step(3000);
      this.#batch(3);
    }
    if (this.#random.below(6) === 0) {
      checkpoint.abandon();
      return;
    }
    while (!checkpoint.step(5000).done);
    while (!checkpoint.settle(2000).done);
    checkpoint.finish();
    this.#root = checkpoint.root.slice();
    if (!interrupted && this.#random.below(3) === 0) this.#reopen();
  }

  #reopen(): void {
    while (this.#cursors.length > 0) this.#compareCursor();
    closeAll(this.#files);
    this.#open();
    expect(this.#index.appliedLsn).toBe(this.#lsn);
  }

  #compareWhole(): void {
    expect(this.#index.check()).toEqual([]);
    expectSame(this.#index.cursor({}, false), this.#model.snapshot().cursor({}, false));
    expectSame(this.#index.cursor({}, true), this.#model.snapshot().cursor({}, true));
  }
}

function expectSame(mine: Cursor, expected: Cursor): void {
  for (;;) {
    const [a, b] = [mine.next(), expected.next()];
    if (!a || !b) {
      expect(a).toEqual(b);
      return;
    }
    // Millions of entries: an expectation of each takes longer than all the trees.
    if (compareBytes(a.key, b.key) !== 0 || compareBytes(a.value, b.value) !== 0)
      expect.fail(`the tree has ${toHex(a.key)}: ${toHex(a.value)}, the map ${toHex(b.key)}: ${toHex(b.value)}`);
  }
}

const PROTECTIONS: readonly PageProtection[] = ['copy_on_write', 'double_write', 'none', 'log_images'];

describe('a tree through long lives', () => {
  for (const protection of PROTECTIONS) {
    for (const pageBytes of protection === 'log_images' ? [512] : [256, 512, 1024]) {
      it(`equals the map: pages of ${pageBytes} bytes, ${protection}`, () => {
        new Life(7919 + pageBytes, pageBytes, protection).run();
      });
    }
  }

  it('went through every kind of change', () => {
    expect(STRUCTURAL.filter((kind) => !seen.has(kind))).toEqual([]);
  });
});
