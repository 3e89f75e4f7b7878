/**
 * A checkpoint of the tree: the memtables, merged into one table of the uppermost level, made to count by one edit.
 *
 *     begin     the memtables as they are: frozen, newer batches go to a new one
 *     table     their entries in key order, in slices; every so often what was written is flushed, so that no flush is long
 *     flush     K1: the table, and the log that its entries came through
 *     edit      K2: one record of the manifest, flushed: the table counts, the memtables are gone
 *     (slots)   the store writes both superblock slots; the root says which edit has to be there
 *
 * An LSM tree needs nothing else of a checkpoint: what is in the tables already stays where it is (O'Neil et al. 1996).
 * The edit is durable before the superblock is; a crash in between leaves an index ahead of it (R1 in
 * `kv_store/recovery.ts`), which is why the log is flushed before: a prefix of the commits may not be durable here and
 * unknown there.
 *
 *   K1  The manifest names a table only after a flush covered it.
 *   K2  Until the edit is in the manifest nothing has changed: given up, the extents are free again and the memtables wait
 *       for the next checkpoint. After it, the checkpoint cannot be given up any more, only be forgotten by the store.
 */
import { assert } from '../base/assert';
import type { ExtentId, Lsn } from '../base/ids';
import type { IndexCheckpoint } from '../base/ordered_index';
import type { EntryCursor } from './entry';
import type { Memtable } from './memtable';
import { mergeCursor } from './merge_cursor';
import { keysPreparedFor, PacedWrites } from './slices';
import type { TableMeta } from './table/table_meta';
import type { TableWriter } from './table/table_writer';

export interface LsmCheckpointOptions {
  /** Newest first; all frozen. */
  readonly memtables: readonly Memtable[];
  readonly lsn: Lsn;
  readonly startTable: () => TableWriter;
  readonly flushTables: (extents: readonly ExtentId[]) => void;
  readonly flushLog: () => void;
  /** K2; undefined: there was nothing to write. Returns the root. */
  readonly commit: (table: TableMeta | undefined) => Uint8Array;
  /** Whether the edit may be in the manifest or not. */
  readonly isInDoubt: () => boolean;
  readonly settle: (budgetBytes: number) => { readonly done: boolean };
  readonly onEnd: () => void;
}

export class LsmCheckpoint implements IndexCheckpoint {
  readonly lsn: Lsn;
  readonly #options: LsmCheckpointOptions;
  readonly #bytes: number;
  #writer: TableWriter | undefined;
  #entries: EntryCursor | undefined;
  readonly #writes: PacedWrites;
  #added = 0;
  #root: Uint8Array | undefined;

  constructor(options: LsmCheckpointOptions) {
    this.#options = options;
    this.lsn = options.lsn;
    this.#writes = new PacedWrites(() => options.flushTables(this.extents));
    this.#bytes = options.memtables.reduce((sum, { bytes }) => sum + bytes, 0);
    assert(
      options.memtables.every(({ isFrozen }) => isFrozen),
      'a memtable that is being written does not change',
    );
  }

  get root(): Uint8Array {
    assert(this.#root !== undefined, 'K2: a root names an edit that is durable');
    return this.#root;
  }

  get remainingBytes(): number {
    return this.#root ? 0 : Math.max(this.#bytes - this.#added, 0);
  }

  get isInDoubt(): boolean {
    return this.#options.isInDoubt();
  }

  get memtables(): readonly Memtable[] {
    return this.#options.memtables;
  }

  /** Of the table in the making. */
  get writers(): readonly TableWriter[] {
    return this.#writer ? [this.#writer] : [];
  }

  get extents(): readonly ExtentId[] {
    return this.#writer?.extents ?? [];
  }

  step(budgetBytes: number): { readonly done: boolean } {
    if (this.#root) return { done: true };
    if (this.#bytes > 0 && !this.#writeSome(budgetBytes)) return { done: false };
    if (this.#writer?.prepare(keysPreparedFor(budgetBytes)) === false) return { done: false };
    const table = this.#writer && this.#writes.finish(this.#writer);
    if (table) this.#options.flushTables(table.extents);
    this.#options.flushLog();
    this.#root = this.#options.commit(table);
    this.#writer = undefined;
    return { done: true };
  }

  /** True once all entries are in the table, of which some may wait to be written. */
  #writeSome(budgetBytes: number): boolean {
    const { memtables, startTable } = this.#options;
    const writer = (this.#writer ??= startTable());
    const entries = (this.#entries ??= mergeCursor(
      memtables.map((memtable) => memtable.cursor({}, false)),
      false,
    ));
    const before = writer.bytes;
    for (;;) {
      const entry = entries.next();
      if (entry === undefined) return true;
      writer.add(entry);
      if (writer.bytes - before >= budgetBytes) break;
    }
    this.#added += writer.bytes - before;
    this.#writes.write(writer);
    return false;
  }

  settle(budgetBytes: number): { readonly done: boolean } {
    return this.#options.settle(budgetBytes);
  }

  finish(): void {
    assert(this.#root !== undefined, 'K2: what is finished is in the manifest');
    this.#options.onEnd();
  }

  /** K2. */
  abandon(): void {
    this.#entries?.close();
    this.#writer?.abandon();
    this.#writer = undefined;
    this.#options.onEnd();
  }
}
