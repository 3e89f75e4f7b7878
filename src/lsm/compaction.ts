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
import { keptOf, VersionGroups, type CompactionFilter } from './compaction_filter';
import { entryBytes, type VersionedEntry } from './entry';
import type { EntryMerged, LsmEvent } from './events';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';
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
  readonly filter: CompactionFilter | undefined;
  readonly filterPrefix: FilterPrefixRule;
  readonly flushTables: (extents: readonly ExtentId[]) => void;
  /** Before so many bytes are written. What is left of the inputs says nothing: filters may be longer than theirs. */
  readonly makeRoom: (bytes: number) => void;
  /** The edit; from then on the outputs count. */
  readonly commit: (added: readonly TableMeta[]) => void;
  readonly trace: TraceSink<LsmEvent> | null;
}

interface Merged {
  readonly entry: VersionedEntry;
  readonly from: TableId;
}

export class Compaction {
  readonly #options: CompactionOptions;
  readonly #runs: readonly RunCursor[];
  readonly #merge: MergeCursor;
  readonly #groups: VersionGroups<Merged> | undefined;
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
    if (options.filter) this.#groups = new VersionGroups(options.filterPrefix);
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
      const from = this.#runs[this.#merge.source]!.table;
      if (this.#groups) this.#filter(this.#groups.add({ entry: copyOf(entry), from }));
      else this.#put(entry, from);
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

  #filter(group: readonly Merged[] | undefined): void {
    const { filter, filterPrefix: rule, isBottomForPrefix } = this.#options;
    if (group === undefined) return;
    const versions = group.map(({ entry }) => entry);
    const prefix = filterPrefix(versions[0]!.key, rule);
    const newest = versions.reduce((max, { lsn }) => (lsn > max ? lsn : max), versions[0]!.lsn);
    const kept = keptOf(filter!, { prefix, versions, isBottom: isBottomForPrefix(prefix, newest) });
    for (const { entry, from } of group) {
      if (kept.has(entry)) this.#put(entry, from);
      else this.#tell(entry, from, 'filtered');
    }
  }

  /** N1. */
  #put(entry: VersionedEntry, from: TableId): void {
    const { isBottom, startTable } = this.#options;
    if (entry.value === undefined && isBottom(entry.key)) {
      this.#tell(entry, from, 'tombstone_at_bottom');
      return;
    }
    if (this.#isFull) this.#finishTable(this.#writer!); // In the middle of a group.
    if (!this.#writer) this.#writers.push((this.#writer = startTable()));
    this.#writer.add(entry);
    this.#tell(entry, from, 'kept');
  }

  #tell(entry: VersionedEntry, from: TableId, outcome: EntryMerged['outcome']): void {
    const { number, trace } = this.#options;
    trace?.emit({
      kind: 'lsm.entry_merged',
      compaction: number,
      key: entry.key.slice(),
      lsn: entry.lsn,
      isTombstone: entry.value === undefined,
      from,
      outcome,
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
    if (this.#groups) this.#filter(this.#groups.end());
    if (this.#writer && !this.#isPrepared(budgetBytes)) return { done: false };
    if (this.#writer) this.#finishTable(this.#writer);
    this.#merge.close();
    if (this.#finished.length > 0) flushTables(this.extents); // N3
    commit(this.#finished);
    this.#isDone = true;
    return { done: true };
  }
}

/** For what is kept longer than a merge keeps an entry (E1 in `table/reused_entries.ts`). */
const copyOf = ({ key, lsn, value }: VersionedEntry): VersionedEntry => ({
  key: key.slice(),
  lsn,
  value: value?.slice(),
});
