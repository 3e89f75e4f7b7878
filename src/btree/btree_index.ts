/**
 * The B-tree as an ordered index: the contract of `base/ordered_index.ts` over pages in the data files.
 *
 *     superblock ──root──▶ page map ──▶ pages      what the last checkpoint made durable
 *     log                                          what came since: the store applies it again when it opens
 *     buffer pool                                  both, as they are now
 *
 * Between checkpoints nothing that the superblock reaches is changed, so opening is: read the map, start from there.
 * No page is read but those that somebody asks for.
 *
 * Opened for salvage, it serves what damage left: entries on damaged pages are missing, the others are as the log has
 * them. It is for reading then, and its changes stay in the memory that it was given (`BTreeOptions.isSalvage`).
 *
 *   J1  After an operation failed half-way (a page that could not be read, a device without room) the index answers
 *       nothing any more: what is on disk is whole, and opening again finds it.
 */
import { assert } from '../base/assert';
import { compareBytes } from '../base/bytes';
import { EngineError, isEngineError } from '../base/errors';
import type { ExtentId, Lsn, PageId } from '../base/ids';
import {
  seekFirstByCursor,
  type Batch,
  type Cursor,
  type Entry,
  type Finding,
  type IndexCheckpoint,
  type IndexStats,
  type Operation,
  type OrderedIndex,
  type Range,
} from '../base/ordered_index';
import type { FileSet } from '../storage/file';
import { BulkLoader } from './bulk_load';
import { checkTree } from './check';
import { extentsBesideCopies, TreeCheckpoint } from './checkpoint';
import { putCopiesBack, type CopiedPages } from './copied_pages';
import { TreeCursor } from './cursor';
import { describeTree, entriesUnseen, type TreeDescription } from './describe';
import { Mending } from './mend';
import { firstDamage, openTree, type OpenedTree } from './open';
import type { BTreeOptions } from './options';
import { usableBytes } from './page';
import type { PageMap } from './page_map';
import type { Pager } from './pager';
import { scrubTree } from './scrub';
import type { Tree } from './tree';
import { settled } from './tree_root';
import { WalkingCursor } from './walk';

/** What the tree counts, since it was opened but for the first two. */
export interface TreeStats {
  readonly height: number;
  readonly pages: number;
  readonly pageBytesWritten: number;
  readonly pagesRead: number;
  readonly pagesSpilled: number;
  /** Images written to the log. */
  readonly pagesLogged: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

/** What a cell takes besides key and value: its slot, two lengths, and where the value lies. */
const CELL_BYTES_BESIDES = 16;
/** A device that is full has to take deletes, one by one with a checkpoint behind a few of them. */
const DELETES_KEPT_FREE = 16;

export class BTreeIndex implements OrderedIndex {
  readonly #options: BTreeOptions;
  readonly #pager: Pager;
  readonly #map: PageMap;
  readonly #tree: Tree;
  #durableLsn: Lsn;
  #appliedLsn: Lsn;
  #checkpoint: TreeCheckpoint | undefined;
  /** Copies and their directory, which the root in force names. */
  #copies: readonly ExtentId[];
  /** Pages that `finishOpening` writes to their own places. */
  readonly #copied: CopiedPages;
  /** The root in force. */
  #root: Uint8Array;
  #lastFreed: readonly ExtentId[] = [];
  #durableRoot: PageId | undefined;
  #broken: EngineError | undefined;
  readonly #mending: Mending;
  #damage: EngineError | undefined;
  /** For salvage: keys of operations that could not be applied. */
  readonly #passedOver: Uint8Array[] = [];

  private constructor(root: Uint8Array, options: BTreeOptions, opened: OpenedTree) {
    this.#options = options;
    this.#root = root;
    this.#pager = opened.pager;
    this.#map = opened.map;
    this.#tree = opened.tree;
    this.#copies = opened.copies.extents;
    this.#copied = opened.copies;
    this.#durableLsn = this.#appliedLsn = opened.lsn;
    this.#durableRoot = opened.tree.shape.root;
    this.#mending = new Mending(opened.pager, opened.tree, options.trace);
    this.#damage = opened.damage ?? (options.isSalvage === true ? firstDamage(opened) : undefined);
  }

  /**
   * Opens the tree that a root names; an empty root is an empty tree.
   *
   * Nothing is written before `finishOpening`, which comes when the log was applied: whoever refuses until then has
   * changed nothing.
   *
   * @throws EngineError page_damaged for the map, read_failed
   */
  static open(root: Uint8Array, options: BTreeOptions): BTreeIndex {
    return new BTreeIndex(root, options, openTree(root, options));
  }

  /** @throws EngineError read_failed, write_failed, flush_failed */
  finishOpening(): void {
    putCopiesBack(this.#copied, this.#pager, this.#options);
  }

  /**
   * The root in force, once nobody needs the copies or images any more that it names: between checkpoints that is so, for
   * the last one, and the opening, flushed every page in its own place. Undefined where it names none.
   */
  get settledRoot(): Uint8Array | undefined {
    assert(this.#checkpoint === undefined, 'a checkpoint under way may be writing pages over');
    return settled(this.#root);
  }

  get durableLsn(): Lsn {
    return this.#durableLsn;
  }
  get appliedLsn(): Lsn {
    return this.#appliedLsn;
  }
  /** What the last finished checkpoint made free. */
  get lastFreed(): readonly ExtentId[] {
    return this.#lastFreed;
  }
  get checkpointBytesWritten(): number {
    return this.#pager.writer.bytesWritten;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#assertWhole();
    try {
      return this.#tree.get(key);
    } catch (error) {
      if (!this.#isSalvage || !isEngineError(error, 'page_damaged')) throw error;
      return undefined;
    }
  }

  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    return seekFirstByCursor((within) => this.cursor(within, false), prefix, range, restBytes);
  }

  cursor(range: Range, reverse: boolean): Cursor {
    this.#assertWhole();
    const { shape } = this.#tree;
    // Links to the left are not to be relied on before a tree is mended; past damage there is no link at all.
    if (this.#isSalvage || (reverse && shape.needsMending)) {
      return new WalkingCursor(this.#pager, shape, { range, reverse, passesOverDamage: this.#isSalvage });
    }
    return new TreeCursor(this.#pager, shape, range, reverse);
  }

  /** For salvage: whether entries of the range may be missing, on pages that cannot be read or for want of one. */
  mayMiss(range: Range): boolean {
    if (!this.#isSalvage) return false;
    const { from, to } = range;
    const isIn = (key: Uint8Array): boolean =>
      !(from && compareBytes(key, from) < 0) && !(to && compareBytes(key, to) >= 0);
    if (this.#passedOver.some(isIn)) return true;
    const damaged: true[] = [];
    const walk = { range, reverse: false, passesOverDamage: true, onDamage: () => void damaged.push(true) };
    const cursor = new WalkingCursor(this.#pager, this.#tree.shape, walk);
    while (damaged.length === 0 && cursor.next());
    cursor.close();
    return damaged.length > 0;
  }

  apply(batch: Batch, at: Lsn): void {
    assert(at > this.#appliedLsn, 'X2: batches are applied in LSN order');
    this.#assertWhole();
    for (const operation of batch) this.#applyOne(operation, at);
    this.#appliedLsn = at;
  }

  /** X6: the pages that change keep the number of the last batch. */
  forget(keys: readonly Uint8Array[]): void {
    this.#assertWhole();
    for (const key of keys) this.#applyOne({ kind: 'delete', key }, this.#appliedLsn);
  }

  get #isSalvage(): boolean {
    return this.#options.isSalvage === true;
  }

  /** For salvage, an operation that needs a damaged page is passed over: the index only reads anyway. */
  #applyOne(operation: Operation, at: Lsn): void {
    try {
      this.#tree.apply(operation, at);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (!this.#isSalvage || error.code !== 'page_damaged') {
        this.#broken = error;
        throw error;
      }
      this.#damage ??= error;
      this.#passedOver.push(operation.key);
    }
  }

  /** @throws EngineError what mending throws, where the tree needs that */
  beginCheckpoint(): IndexCheckpoint {
    assert(this.#checkpoint === undefined, 'one checkpoint at a time');
    this.#assertWhole();
    this.#mend();
    const { allocator, log, protection, protections, trace } = this.#options;
    this.#checkpoint = new TreeCheckpoint({
      pager: this.#pager,
      map: this.#map,
      allocator,
      shape: { ...this.#tree.shape },
      lsn: this.#appliedLsn,
      protection,
      log,
      flushData: protections.dataBeforeSuperblock,
      trace,
      onFinish: (copies, freed) => this.#finishCheckpoint(copies, freed),
      onAbandon: () => (this.#checkpoint = undefined),
    });
    return this.#checkpoint;
  }

  /**
   * Sees to it that a checkpoint of the present contents, after so many more operations with so many bytes, finds free
   * extents; the same for the pages that memory has no room for until then. What adds something leaves room for deletes.
   *
   * Throws `store_full` or `write_failed`; nothing has changed then.
   */
  reserve(extraBytes: number, operations: number): void {
    this.#pager.promiseExtents(this.#extentsFor(extraBytes, operations + (extraBytes > 0 ? DELETES_KEPT_FREE : 0)));
  }

  /** Pages that changed lie where they were as well, and copies stay, until the next checkpoint has finished. */
  get canGiveBack(): boolean {
    return this.#pager.changedCount > 0 || this.#copies.length > 0 || this.#checkpoint !== undefined;
  }

  #extentsFor(extraBytes: number, operations: number): number {
    const pager = this.#pager;
    // Leaves are at least a third full, a page of a chain at least a quarter; each split adds one, and one more above.
    const cellBytes = extraBytes + CELL_BYTES_BESIDES * operations;
    const newPages = 4 * Math.ceil(cellBytes / usableBytes(pager.pageBytes)) + this.#tree.shape.height + 1;
    // An operation changes a leaf, and a delete its neighbours and parent.
    const touched = Math.min(4 * operations, pager.pageCount);
    const changing = pager.changedCount + (this.#checkpoint?.remainingPages ?? 0) + touched + newPages;
    const besides = this.#options.protection === 'double_write' ? extentsBesideCopies(changing, pager.pageBytes) : 0;
    return changing + besides + this.#map.pagesToWrite(changing);
  }

  stats(): IndexStats {
    const { keys, userBytes } = this.#tree.shape;
    return { keys, userBytes };
  }

  treeStats(): TreeStats {
    const { pagesLogged, pagesRead, pagesSpilled, pool, writer } = this.#pager;
    return {
      height: this.#tree.shape.height,
      pages: this.#pager.pageCount,
      pageBytesWritten: writer.bytesWritten,
      pagesRead,
      pagesSpilled,
      pagesLogged,
      ...pool.counters,
    };
  }

  /** What the superblock's root reaches. */
  get liveExtents(): readonly ExtentId[] {
    return [...this.#map.extents(), ...this.#copies];
  }
  /** Extents in use that it does not: pages that had to leave memory, and what a checkpoint has written so far. */
  get writingExtents(): readonly ExtentId[] {
    const live = new Set(this.liveExtents);
    const { allocator } = this.#options;
    return allocator.describe().flatMap(({ extent, isUsed }) => (isUsed && !live.has(extent) ? [extent] : []));
  }
  get allocatedExtents(): readonly ExtentId[] {
    return this.writingExtents;
  }

  /** Why entries are missing, in an index that was opened for salvage. */
  get damage(): EngineError | undefined {
    return this.#damage;
  }

  /**
   * Sees to it that the pages that a batch will change can be read: a damaged one refuses the batch before any of it is
   * written, instead of breaking the index after.
   *
   * @throws EngineError page_damaged, read_failed
   */
  prepare(batch: Batch): void {
    this.#assertWhole();
    for (const { key } of batch) this.#tree.reach(key);
  }

  /**
   * Builds the tree anew, each page filled up to `fillShare`, in the data file where it is not now: once a checkpoint
   * has made that durable, the other file is empty and can be cut off. In memory the new tree is in force at once.
   *
   * @throws EngineError page_damaged, read_failed, store_full, write_failed; the tree is as it was then
   */
  rebuild(fillShare = 1): void {
    assert(this.#checkpoint === undefined, 'a tree is not rebuilt under a checkpoint');
    this.#assertWhole();
    const pager = this.#pager;
    const before = pager.pages();
    const preferred = pager.preferredFile;
    pager.preferredFile = preferred === 'data_0' ? 'data_1' : 'data_0';
    const { trace } = this.#options;
    trace?.emit({ kind: 'btree.rebuild_started', fillShare });
    const loader = new BulkLoader(pager, this.#appliedLsn, fillShare, trace);
    const cursor = this.cursor({}, false);
    try {
      for (let entry = cursor.next(); entry; entry = cursor.next()) loader.add(entry);
      const shape = loader.finish();
      // A tree that no checkpoint finds room for would keep all others from finding any.
      pager.promiseExtents(pager.pool.dirtyCount + this.#map.pagesToWrite(pager.length));
      Object.assign(this.#tree.shape, shape);
    } catch (error) {
      const old = new Set(before);
      for (const page of pager.pages()) if (!old.has(page)) pager.free(page);
      pager.preferredFile = preferred;
      trace?.emit({ kind: 'btree.rebuild_abandoned' });
      throw error;
    } finally {
      cursor.close();
    }
    const { height, root } = this.#tree.shape;
    trace?.emit({ kind: 'btree.tree_rebuilt', root, height, pages: pager.pageCount - before.length });
    for (const page of before) pager.free(page);
    this.#map.rewriteAll(); // Its pages move to the other file as well.
  }

  /** Everything that is durable, read from the files. Empty if all is well. */
  scrub(): Finding[] {
    const { trace } = this.#options;
    return scrubTree(this.#pager, this.#map, this.#durableRoot ?? this.#tree.shape.root, trace);
  }

  describe(files: FileSet): TreeDescription {
    const { allocator } = this.#options;
    return describeTree({ pager: this.#pager, map: this.#map, shape: this.#tree.shape, allocator, files });
  }

  /** As `cursor`, but past the pool and untold: for a table on screen. Not to be read on after a change. */
  peek(files: FileSet, range: Range, reverse: boolean): Generator<Entry, void> {
    this.#assertWhole();
    const { allocator } = this.#options;
    const input = { pager: this.#pager, map: this.#map, shape: this.#tree.shape, allocator, files };
    return entriesUnseen(input, { range, reverse, passesOverDamage: this.#isSalvage });
  }

  /** Bytes of pages in memory: those of the pool, and former selves that cursors or a checkpoint still see. */
  memory(): { readonly poolBytes: number; readonly retainedBytes: number } {
    const { former, pageBytes, pool } = this.#pager;
    return { poolBytes: pool.capacity * pageBytes, retainedBytes: former.bytes };
  }

  check(): Finding[] {
    this.#assertWhole();
    return checkTree({
      pager: this.#pager,
      map: this.#map,
      shape: this.#tree.shape,
      allocator: this.#options.allocator,
      others: [...this.#copies, ...(this.#checkpoint?.extents ?? [])],
    });
  }

  /** J1. */
  #mend(): void {
    try {
      this.#mending.run();
    } catch (error) {
      if (error instanceof EngineError) this.#broken = error;
      throw error;
    }
  }

  #finishCheckpoint(copies: readonly ExtentId[], freed: readonly ExtentId[]): void {
    this.#durableLsn = this.#checkpoint!.lsn;
    this.#durableRoot = this.#checkpoint!.rootPage;
    this.#root = this.#checkpoint!.root;
    for (const extent of this.#copies) this.#pager.references.drop(extent);
    this.#lastFreed = [...freed, ...this.#copies];
    this.#copies = copies;
    this.#checkpoint = undefined;
  }

  #assertWhole(): void {
    if (this.#broken) throw new EngineError(this.#broken.code, this.#broken.message, this.#broken.place, this.#broken);
  }
}
