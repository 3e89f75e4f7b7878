/** For tests: an LSM tree on paper. Tables are lists of entries in memory; what is decided about them is the real thing. */
import { lsn } from '../../base/ids';
import { isBottomFor, type CompactionPlan } from '../compaction_plan';
import type { LsmTuning, PolicyOptions } from '../options';
import { chooseCompaction } from '../policy';
import type { TableId, TableMeta } from '../table/table_meta';
import { applyEdit, EMPTY_VERSION, tableFor, tablesOf, type Version } from '../version';
import { keyOf, tableOf } from './versions';

export interface PaperEntry {
  readonly key: number;
  readonly lsn: number;
  readonly isTombstone: boolean;
}

const ENTRY_BYTES = 10;

export const paperTuning = (policy: PolicyOptions, memtableEntries = 8): LsmTuning => ({
  memtableBytes: memtableEntries * ENTRY_BYTES,
  cacheBytes: 0,
  blockBytes: 100,
  tableBytes: 10 * ENTRY_BYTES,
  restartInterval: 4,
  filter: { kind: 'none', bitsPerKey: 0, allocation: 'equal' },
  policy,
});

export class PaperTree {
  tuning: LsmTuning;
  version: Version = EMPTY_VERSION;
  /** Entries written to tables, by level; the flush is level 0's. */
  readonly written: number[] = [];
  readonly plans: CompactionPlan[] = [];
  readonly #tables = new Map<TableId, readonly PaperEntry[]>();
  #nextId = 1;

  constructor(tuning: LsmTuning) {
    this.tuning = tuning;
  }

  /** Of each key one entry, in key order. */
  flush(entries: readonly PaperEntry[]): void {
    const flushedLsn = lsn(Math.max(...entries.map((entry) => entry.lsn)));
    const added = [{ level: 0, run: undefined, table: this.#build(0, entries) }];
    this.version = applyEdit(this.version, {
      cause: 'flush',
      removed: [],
      added,
      flushedLsn,
      nextTableId: this.#nextId,
    });
  }

  /** Until none is due. */
  compactAll(): void {
    for (let plan = this.due(); plan; plan = this.due()) this.compact(plan);
  }

  due(): CompactionPlan | undefined {
    return chooseCompaction(this.version, this.tuning);
  }

  compact(plan: CompactionPlan): void {
    this.plans.push(plan);
    const { flushedLsn } = this.version;
    const removed = plan.inputs.flatMap(({ level, tables }) => tables.map(({ id }) => ({ level, table: id })));
    const tables = plan.isTrivialMove ? plan.inputs.flatMap((input) => input.tables) : this.#merge(plan);
    this.version = applyEdit(this.version, {
      cause: plan.isTrivialMove ? 'trivial_move' : 'compaction',
      removed,
      added: tables.map((table) => ({ level: plan.toLevel, run: plan.intoRun, table })),
      flushedLsn,
      nextTableId: this.#nextId,
    });
  }

  get(key: number): PaperEntry | undefined {
    for (const run of this.version.levels.flat()) {
      const table = tableFor(run, keyOf(key));
      const entry = table && this.#tables.get(table.id)!.find((one) => one.key === key);
      if (entry) return entry;
    }
    return undefined;
  }

  get entries(): readonly PaperEntry[] {
    return tablesOf(this.version).flatMap(({ id }) => this.#tables.get(id)!);
  }

  #merge(plan: CompactionPlan): TableMeta[] {
    const newest = new Map<number, PaperEntry>();
    for (const { tables } of plan.inputs.toReversed()) {
      for (const { id } of tables) for (const entry of this.#tables.get(id)!) newest.set(entry.key, entry);
    }
    const kept = [...newest.values()]
      .sort((a, b) => a.key - b.key)
      .filter(({ isTombstone, key }) => !(isTombstone && isBottomFor(plan, keyOf(key))));
    const perTable = this.tuning.tableBytes / ENTRY_BYTES;
    return Array.from({ length: Math.ceil(kept.length / perTable) }, (_, i) =>
      this.#build(plan.toLevel, kept.slice(i * perTable, (i + 1) * perTable)),
    );
  }

  #build(level: number, entries: readonly PaperEntry[]): TableMeta {
    const id = this.#nextId++;
    this.#tables.set(id, entries);
    this.written[level] = (this.written[level] ?? 0) + entries.length;
    const sketch = tableOf({
      id,
      from: entries[0]!.key,
      to: entries.at(-1)!.key,
      bytes: entries.length * ENTRY_BYTES,
      entries: entries.length,
      tombstones: entries.filter(({ isTombstone }) => isTombstone).length,
    });
    const lsns = entries.map((entry) => entry.lsn);
    return { ...sketch, minLsn: lsn(Math.min(...lsns)), maxLsn: lsn(Math.max(...lsns)) };
  }
}
