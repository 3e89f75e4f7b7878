/**
 * The state of an LSM tree for pictures: from its memtables, its versions and its writers, never from the trace. What its
 * events say, folded over this, gives it again after every one of them (`describe.test.ts`). Looking changes nothing.
 *
 *     memtable, immutables     entries in memory, newest memtable first
 *     version                  the tables in force, by level, run and key
 *     making                   tables being written: of no version yet, and gone if the power goes
 *     obsolete                 tables of no version in force, which a reader or the compaction under way still reads
 */
import type { Lsn } from '../base/ids';
import type { CompactionPlan } from './compaction_plan';
import type { ManifestDescription } from './manifest_root';
import type { Memtable } from './memtable';
import type { LevelLimit, LsmTuning } from './options';
import { debtBytes, levelLimits, type BackPressure } from './policy';
import type { TableId, TableMeta } from './table/table_meta';
import { tablesOf, type Version } from './version';

export interface EntryDescription {
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
  readonly valueBytes: number;
}
export interface MemtableDescription {
  /** In key order. */
  readonly entries: readonly EntryDescription[];
  /** What they count as, against `memtableBytes`. */
  readonly bytes: number;
}
export interface TableInTheMaking {
  readonly id: TableId;
  /** 0: a memtable is flushed; else a compaction writes it. */
  readonly level: number;
  /** Built so far, in whole blocks. */
  readonly bytes: number;
  /** Once it is finished. */
  readonly meta: TableMeta | undefined;
}
export interface CompactionDescription {
  readonly compaction: number;
  readonly from: number;
  readonly to: number;
  readonly inputs: readonly TableId[];
  readonly why: string;
  readonly isBottom: boolean;
  readonly isTrivialMove: boolean;
}
/** Somebody who reads the version of this edit, and keeps its tables. */
export interface ReaderDescription {
  readonly reader: number;
  readonly edit: number;
}

export interface LsmDescription {
  readonly tuning: LsmTuning;
  readonly memtable: MemtableDescription;
  /** Newest first. */
  readonly immutables: readonly MemtableDescription[];
  readonly version: Version;
  /** What each level of it may have before something moves down, level 0 first. */
  readonly limits: readonly LevelLimit[];
  /** In order of their numbers. */
  readonly making: readonly TableInTheMaking[];
  /** In order of their numbers. */
  readonly obsolete: readonly TableId[];
  /** In the order in which they began. */
  readonly readers: readonly ReaderDescription[];
  readonly compaction: CompactionDescription | undefined;
  readonly pressure: BackPressure;
  /** What compactions have to read until none is due any more, about. */
  readonly debtBytes: number;
  readonly manifest: ManifestDescription;
}

/** A table being written, as its writer has it. */
export interface WrittenTable {
  readonly id: TableId;
  readonly level: number;
  readonly entries: number;
  readonly builtBytes: number;
  readonly meta: TableMeta | undefined;
  readonly isAbandoned: boolean;
}

export interface DescribeLsmInput {
  readonly tuning: LsmTuning;
  /** Newest first; the first is the one that takes writes. */
  readonly memtables: readonly [Memtable, ...Memtable[]];
  readonly version: Version;
  readonly writers: readonly WrittenTable[];
  /** Of versions in use. */
  readonly openTables: Iterable<{ readonly meta: TableMeta }>;
  readonly readers: ReadonlyMap<number, number>;
  readonly compaction: { readonly number: number; readonly plan: CompactionPlan } | undefined;
  readonly pressure: BackPressure;
  readonly manifest: ManifestDescription;
}

export function describeLsm(input: DescribeLsmInput): LsmDescription {
  const { compaction, manifest, memtables, openTables, pressure, readers, tuning, version, writers } = input;
  const [memtable, ...immutables] = memtables.map(describeMemtable);
  const inForce = new Set(tablesOf(version).map(({ id }) => id));
  const own = new Set(writers.map(({ id }) => id));
  return {
    tuning,
    memtable: memtable!,
    immutables,
    version,
    limits: levelLimits(version, tuning),
    making: writers
      .filter(({ entries, id, isAbandoned }) => entries > 0 && !isAbandoned && !inForce.has(id))
      .map(({ builtBytes, id, level, meta }) => ({ id, level, bytes: builtBytes, meta }))
      .sort((a, b) => a.id - b.id),
    obsolete: [...openTables]
      .map(({ meta }) => meta.id)
      .filter((id) => !inForce.has(id) && !own.has(id))
      .sort((a, b) => a - b),
    readers: [...readers].map(([reader, edit]) => ({ reader, edit })),
    compaction: compaction && describeCompaction(compaction),
    pressure,
    debtBytes: debtBytes(version, tuning),
    manifest,
  };
}

function describeMemtable(memtable: Memtable): MemtableDescription {
  const entries: EntryDescription[] = [];
  const cursor = memtable.cursor({}, false);
  for (let entry = cursor.next(); entry; entry = cursor.next()) {
    const { key, lsn, value } = entry;
    entries.push({ key, lsn, isTombstone: value === undefined, valueBytes: value?.length ?? 0 });
  }
  return { entries, bytes: memtable.bytes };
}

function describeCompaction({ number, plan }: NonNullable<DescribeLsmInput['compaction']>): CompactionDescription {
  const { fromLevel, inputs, isBottom, isTrivialMove, toLevel, why } = plan;
  return {
    compaction: number,
    from: fromLevel,
    to: toLevel,
    inputs: inputs.flatMap(({ tables }) => tables.map(({ id }) => id)),
    ...{ why, isBottom, isTrivialMove },
  };
}
