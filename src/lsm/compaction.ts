/**
 * A compaction: some runs become one, in slices, while everybody goes on reading them.
 *
 *     inputs     newest run first      d7    .   .   .        what a merge does with an entry:
 *                ...             b5    d4    .   f2  .          kept                   b5, f2, z1
 *                oldest run      b1    .     .   .   z1         overwritten            b1, d4   a newer one is in the merge
 *     outputs    tables of one run:  b5  f2 │ z1                tombstone_at_bottom    d7       nothing older can be below
 *                                       cut at `tableBytes`
 *
 * It is what pays for the cheap writes: each entry is written again on its way down (O'Neil et al. 1996, section 3; what
 * each policy pays is Dayan, Idreos 2018). The inputs stay as they are until one edit of the manifest, after a flush of the
 * outputs, puts these in their place; so at every instant the old tables count or the new ones, never neither.
 *
 *   N1  The outputs are in order and disjoint, and hold of each key the newest of the inputs' entries, or nothing if
 *       that is a tombstone that nobody needs.
 *   N2  A tombstone is dropped only if no table outside the merge, as old as the inputs or older, can hold its key.
 *   N3  Outputs are flushed before the edit that names them.
 *   N4  Given up, it leaves nothing behind: the outputs' extents are free again.
 */
import type { ExtentId, Lsn } from '../base/ids';
import type { TraceSink } from '../base/trace';
import { FilteredMerge, type FilterReason, type MergeFilter } from './compaction_filter';
import { entryBytes, type VersionedEntry } from './entry';
import type { EntryMerged, LsmEvent } from './events';
import type { FilterPrefixRule } from './filter_prefix';
import { MergeCursor } from './merge_cursor';
import { RunCursor, type ReadableTable } from './run_cursor';
import type { TableId, TableMeta } from './table/table_meta';
import type { TableWriter } from './table/table_writer';
import { keysPreparedFor, PacedWrites } from './slices';

export interface CompactionOptions {
  readonly number: number;
  /** Newest run first, each in key order. */
  readonly inputs: readonly (readonly TableMeta[])[];
  readonly table: (meta: TableMeta) => ReadableTable;
  readonly startTable: () => TableWriter;
  readonly tableBytes: number;
  /** N2: whether nothing outside the merge can hold an older entry of the key. */
  readonly isBottom: (key: Uint8Array) => boolean;
  /** The same for all keys with a filter prefix, and what was written before `newest`: for the filter. */
  readonly isBottomForPrefix: (prefix: Uint8Array, newest: Lsn) => boolean;
  readonly filter: MergeFilter | undefined;
  readonly filterPrefix: FilterPrefixRule;
  readonly flushTables: (extents: readonly ExtentId[]) => void;
  /** Before so many bytes are written. What is left of the inputs says nothing: filters may be longer than theirs. */
  readonly makeRoom: (bytes: number) => void;
  /** The edit; from then on the outputs count. */
  readonly commit: (added: readonly TableMeta[]) => void;
  readonly trace: TraceSink<LsmEvent> | null;
}

export class Compaction {
  readonly #options: CompactionOptions;
  readonly #runs: readonly RunCursor[];
  readonly #merge: MergeCursor;
  readonly #filtered: FilteredMerge | undefined;
  readonly #finished: TableMeta[] = [];
  #writer: TableWriter | undefined;
  #writers: TableWriter[] = [];
  readonly #writes: PacedWrites;
  #bytesRead = 0;
  #isDone = false;

  constructor(options: CompactionOptions) {
    this.#options = options;
    this.#writes = new PacedWrites(() => options.flushTables(this.extents), options.makeRoom);
    this.#runs = options.inputs.map((tables) => new RunCursor(tables, options.table, {}, false, 'merge'));
    this.#merge = new MergeCursor(this.#runs, false, (entry, source) => {
      this.#bytesRead += entryBytes(entry);
      this.#tell(entry, this.#runs[source]!.table, 'overwritten');
    });
    const { filter, filterPrefix, isBottomForPrefix } = options;
    if (filter) this.#filtered = new FilteredMerge(filter, filterPrefix, isBottomForPrefix);
  }

  /** Those that are finished. */
  get outputs(): readonly TableMeta[] {
    return this.#finished;
  }

  /** Of its outputs so far. */
  get writers(): readonly TableWriter[] {
    return this.#writers;
  }

  /** What it has taken so far. */
  get extents(): readonly ExtentId[] {
    return this.#writers.flatMap(({ extents }) => extents);
  }

  /**
   * Merges entries until about so many bytes of them were read.
   *
   * @throws EngineError store_full, write_failed, flush_failed, table_damaged, read_failed
   */
  step(budgetBytes: number): { readonly done: boolean } {
    const until = this.#bytesRead + budgetBytes;
    while (this.#bytesRead < until) {
      if (this.#isFull) {
        if (!this.#isPrepared(until - this.#bytesRead)) return { done: false };
        this.#finishTable(this.#writer!);
      }
      const entry = this.#merge.next();
      if (entry === undefined) return this.#end(until - this.#bytesRead);
      this.#bytesRead += entryBytes(entry);
      this.#take(entry, this.#runs[this.#merge.source]!.table);
    }
    if (this.#writer) this.#writes.write(this.#writer);
    return { done: false };
  }

  /** N4. */
  abandon(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#merge.close();
    for (const writer of this.#writers) writer.abandon();
    this.#writers = [];
  }

  /** N1. */
  #take(entry: VersionedEntry, from: TableId): void {
    const { isBottom, startTable } = this.#options;
    const verdict = this.#filtered?.visit(entry);
    if (verdict?.isKept === false) {
      this.#tell(entry, from, 'filtered', verdict.why);
      return;
    }
    if (entry.value === undefined && isBottom(entry.key)) {
      this.#tell(entry, from, 'tombstone_at_bottom');
      return;
    }
    if (!this.#writer) this.#writers.push((this.#writer = startTable()));
    this.#writer.add(entry);
    this.#tell(entry, from, 'kept', verdict?.why);
  }

  #tell(entry: VersionedEntry, from: TableId, outcome: EntryMerged['outcome'], why?: FilterReason): void {
    const { number, trace } = this.#options;
    trace?.emit({
      kind: 'lsm.entry_merged',
      compaction: number,
      key: entry.key.slice(),
      lsn: entry.lsn,
      isTombstone: entry.value === undefined,
      from,
      outcome,
      ...(why && { why }),
    });
  }

  get #isFull(): boolean {
    return this.#writer !== undefined && this.#writer.bytes >= this.#options.tableBytes;
  }

  /** What finishing the table computes, as far as the rest of the slice goes: true once all of it is done. */
  #isPrepared(budgetBytes: number): boolean {
    return this.#writer!.prepare(keysPreparedFor(budgetBytes));
  }

  #finishTable(writer: TableWriter): void {
    this.#finished.push(this.#writes.finish(writer));
    this.#writer = undefined;
  }

  #end(budgetBytes: number): { readonly done: boolean } {
    const { commit, flushTables } = this.#options;
    if (this.#writer && !this.#isPrepared(budgetBytes)) return { done: false };
    if (this.#writer) this.#finishTable(this.#writer);
    this.#merge.close();
    if (this.#finished.length > 0) flushTables(this.extents); // N3
    commit(this.#finished);
    this.#filtered?.finish();
    this.#isDone = true;
    return { done: true };
  }
}
