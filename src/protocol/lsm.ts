/**
 * Experiments on LSM trees, and exercises by hand: what the desk of the LSM room asks, and what a worker answers.
 *
 * As with B-trees (`btree.ts`): every experiment runs the real store on files in memory whose calls are counted, is a job,
 * and posts a note for each thing that is known. What closed forms say comes with the measured figures, since the forms
 * are the engine's own (`lsm/theory.ts`).
 */
import type { FilterQuestion, LsmEvent, OpenedFilter, PolicyOptions } from '../lsm';
import type { WrittenBytes } from './btree';
import type { DeviceTimes, MemoryNote, MemoryPrices, PricedKind } from './prices';
import type { GradedStep, TaskStep } from './exercise';
import type { JobId } from './job';
import type { SessionId } from './trace';

/** What an experiment may choose of a tree; the rest is fixed, so that two of them can be compared. */
export interface LsmSetting {
  readonly policy: PolicyOptions;
  readonly memtableBytes: number;
  readonly bitsPerKey: number;
}

/** Sum: what the files were asked to write. */
export interface LsmWritten {
  readonly log: number;
  /** Tables that memtables became. */
  readonly flush: number;
  /** Tables that compactions wrote, by the level they were written to; level 0 gets none. */
  readonly levels: readonly number[];
  readonly manifest: number;
  readonly superblock: number;
  /** Zeros that make room in the data files. */
  readonly room: number;
}

/** A table in the picture: where its keys lie in the space of all keys, from 0 to 1. */
export interface TableSpan {
  readonly table: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly entries: number;
}
export interface LsmLevel {
  /** Youngest first. */
  readonly runs: readonly (readonly TableSpan[])[];
  readonly bytes: number;
  readonly entries: number;
  readonly tombstones: number;
  readonly compactions: number;
  /** Tables that went down without being read. */
  readonly movedBytes: number;
}

/** Of one query, on average. */
export interface LsmReads {
  /** Tables whose filter was asked. */
  readonly tablesPerGet: number;
  readonly blocksPerGet: number;
  readonly tablesPerMiss: number;
  /** For keys that are nowhere: each of these a filter's mistake, or a table without a filter. */
  readonly blocksPerMiss: number;
  readonly tablesPerScan: number;
  readonly blocksPerScan: number;
}

/** What the closed forms say of this policy over so much data. */
export interface LsmTheory {
  readonly writesByLevel: readonly number[];
  readonly writeAmplification: number;
  readonly runs: number;
  readonly blocksPerMiss: number;
  readonly spaceAmplification: number;
}

export interface LsmState {
  /** Keys and values put so far, and those of them that are in force. */
  readonly userBytes: number;
  readonly liveBytes: number;
  readonly written: LsmWritten;
  readonly levels: readonly LsmLevel[];
  readonly tableBytes: number;
  /** Both data files: tables, manifest, and what is free. */
  readonly dataFileBytes: number;
  readonly flushes: number;
  readonly compactions: number;
  readonly debtBytes: number;
  /** How often writers began to be slowed, and to wait. */
  readonly slowed: number;
  readonly stalled: number;
  readonly reads: LsmReads;
  readonly theory: LsmTheory;
  /** For all the puts so far, without the reads that measure. */
  readonly deviceNs: DeviceTimes;
}

/** The B-tree after the same puts. */
export interface TreeBeside {
  readonly userBytes: number;
  readonly liveBytes: number;
  readonly written: WrittenBytes;
  readonly dataFileBytes: number;
  readonly height: number;
  /** Inner pages too: one a level. */
  readonly pagesPerGet: number;
  readonly pagesPerMiss: number;
  readonly pagesPerScan: number;
  readonly deviceNs: DeviceTimes;
}

interface Sizes {
  readonly valueBytes: number;
  readonly seed: number;
}

// ---- two settings on one clock

/** `fresh`: every put is of a new key. `updates`: of one of a fifth as many keys, each as likely. */
export type PutPattern = 'fresh' | 'updates';

export interface PoliciesQuestion extends Sizes {
  readonly ask: 'policies';
  readonly operations: number;
  readonly pattern: PutPattern;
  readonly points: number;
  readonly left: LsmSetting;
  readonly right: LsmSetting;
}
export interface PoliciesNote {
  readonly note: 'policies';
  readonly operations: number;
  readonly left: LsmState;
  readonly right: LsmState;
  readonly tree: TreeBeside;
}

// ---- without compaction

export interface NoCompactionQuestion extends Sizes {
  readonly ask: 'no_compaction';
  readonly operations: number;
  readonly points: number;
  readonly memtableBytes: number;
  readonly bitsPerKey: number;
}
export interface NoCompactionNote {
  readonly note: 'no_compaction';
  readonly operations: number;
  readonly without: LsmState;
  readonly leveled: LsmState;
}

// ---- filters

export interface FiltersQuestion extends Sizes {
  readonly ask: 'filters';
  readonly keys: number;
  readonly lookups: number;
  readonly bits: readonly number[];
  /** Of the budget game: bits a key on average over all levels. */
  readonly averageBits: number;
}
/** The formula, at many places. */
export interface FilterCurveNote {
  readonly note: 'curve';
  readonly points: readonly { readonly bits: number; readonly rate: number }[];
}
export interface FilterRateNote {
  readonly note: 'rate';
  readonly bits: number;
  /** Questions to filters about keys that are not in their table, and how many of them passed. */
  readonly asked: number;
  readonly passed: number;
  /** By the formula. */
  readonly expected: number;
}
/** A real tree whose levels share so many bits. */
export interface BudgetNote {
  readonly note: 'budget';
  readonly levels: readonly { readonly level: number; readonly runs: number; readonly entries: number }[];
  readonly averageBits: number;
  readonly equal: readonly number[];
  readonly monkey: readonly number[];
}
/** Bits a key for each level, on a real tree of the same entries. */
export interface BudgetQuestion extends Sizes {
  readonly ask: 'budget';
  readonly keys: number;
  readonly lookups: number;
  readonly splits: readonly { readonly name: SplitName; readonly bits: readonly number[] }[];
}
export type SplitName = 'yours' | 'equal' | 'monkey';
export interface SplitNote {
  readonly note: 'split';
  readonly name: SplitName;
  readonly bits: readonly number[];
  /** What all filters take in memory. */
  readonly filterBytes: number;
  readonly lookups: number;
  /** Blocks read in vain, for each lookup of a key that is nowhere. */
  readonly measured: number;
}

// ---- what each put costs

export interface PressureQuestion extends Sizes {
  readonly ask: 'pressure';
  readonly operations: number;
  /** Puts that share a flush of the log. */
  readonly groupCommits: number;
  readonly setting: LsmSetting;
}
/** One number for each put. */
export interface PressureColumns {
  readonly logBytes: Float64Array;
  /** While a checkpoint was under way: memtables that become a table, and the manifest's word on it. */
  readonly flushBytes: Float64Array;
  /** Between checkpoints: merges, and the manifest's word on them. */
  readonly compactionBytes: Float64Array;
  readonly superblockBytes: Float64Array;
  /** Runs of level 0 after it. */
  readonly level0: Float64Array;
  /** 0: writers are free, 1: slowed, 2: stalled. */
  readonly pressure: Uint8Array;
}
export interface PressureNote {
  readonly note: 'pressure';
  readonly question: PressureQuestion;
  readonly columns: PressureColumns;
  readonly ns: Readonly<Record<PricedKind, Float64Array>>;
  readonly totals: Readonly<
    Record<PricedKind, { readonly joules: number; readonly wear: number; readonly usd: number }>
  >;
  readonly flushes: number;
  readonly compactions: number;
  readonly slowed: number;
  readonly stalled: number;
  readonly bound: { readonly bytes: number; readonly words: string };
}

// ---- the block cache

export interface CacheQuestion extends Sizes {
  readonly ask: 'cache';
  readonly keys: number;
  readonly lookups: number;
  readonly pattern: 'random' | 'skewed';
  readonly blockBytes: number;
  readonly shares: readonly number[];
}

export type LsmQuestion =
  PoliciesQuestion | NoCompactionQuestion | FiltersQuestion | BudgetQuestion | PressureQuestion | CacheQuestion;
export type LsmNote =
  | PoliciesNote
  | NoCompactionNote
  | FilterCurveNote
  | FilterRateNote
  | BudgetNote
  | SplitNote
  | PressureNote
  | MemoryPrices
  | MemoryNote;

// ---- by hand

export const LSM_TASKS = ['compaction', 'bytes', 'read', 'design'] as const;
export type LsmTaskKind = (typeof LSM_TASKS)[number];

export interface TaskEntry {
  readonly key: string;
  readonly isTombstone: boolean;
}
/** A table as a task shows it. */
export interface TaskTable {
  readonly table: number;
  readonly bytes: number;
  readonly smallest: string;
  readonly largest: string;
  /** Where there is a point in showing them. */
  readonly entries: readonly TaskEntry[];
  readonly tombstones: number;
  readonly entryCount: number;
}
export interface TaskLevel {
  readonly level: number;
  readonly bytes: number;
  /** What it may have, in words; empty where the exercise does not ask for it. */
  readonly limit: string;
  /** Youngest first. */
  readonly runs: readonly { readonly tables: readonly TaskTable[] }[];
}
export interface TaskTables {
  readonly levels: readonly TaskLevel[];
  /** Whether the drawing names the keys. */
  readonly showsKeys: boolean;
}

export interface LsmTask {
  readonly kind: LsmTaskKind;
  readonly seed: number;
  readonly title: string;
  readonly situation: string;
  readonly tables: TaskTables;
  readonly steps: readonly TaskStep[];
}
export interface LsmGrade {
  readonly steps: readonly GradedStep[];
  readonly outcome?: {
    readonly passed: boolean;
    readonly events: readonly LsmEvent[];
    readonly after: TaskTables;
  };
}

export interface LsmApi {
  /** What a filter's block says, with the rule of the session's store; undefined if it is no filter. */
  openFilter(session: SessionId, question: FilterQuestion): Promise<OpenedFilter | undefined>;
  /** Job: posts notes of the kind that was asked for. */
  runLsmExperiment(question: LsmQuestion, port: MessagePort): Promise<JobId>;
  /** A fresh tree from a seed: the same seed gives the same question. */
  makeLsmTask(kind: LsmTaskKind, seed: number): Promise<LsmTask>;
  /** What the learner said, by step, beside what the engine does. */
  gradeLsmTask(
    kind: LsmTaskKind,
    seed: number,
    answers: Readonly<Record<string, readonly string[]>>,
  ): Promise<LsmGrade>;
}
