/**
 * Experiments on B-trees, and exercises by hand: what the desk of the tree room asks, and what a worker answers.
 *
 * Every experiment runs the real store on files in memory whose calls are counted; where time, energy or money are told,
 * a device model has priced those calls (see `media.ts`). An experiment is a job: it posts a note for each thing that is
 * known, and can be stopped between two of them. Sizes, orders and seeds are part of the question, so that whoever asks
 * can also foretell.
 */
import type { BTreeEvent, PageProtection } from '../btree';
import type { GradedStep, TaskStep } from './exercise';
import type { JobId } from './job';
import type { MemoryNote, MemoryPrices, PricedKind } from './prices';

export type { GradedStep, TaskStep } from './exercise';

/** `sequential`: ascending as time stamps are. `random`: like a version 4 UUID. `skewed`: a few keys are hot. */
export type KeyPattern = 'sequential' | 'random' | 'skewed';

export interface TreeSizes {
  readonly pageBytes: number;
  readonly valueBytes: number;
  readonly seed: number;
}

/** What was written, in bytes, by what it was written for. The sum is what the files were asked to write. */
export interface WrittenBytes {
  /** Records, headers and padding of the log. */
  readonly log: number;
  /** Pages of the tree to where the map says that they lie. */
  readonly pages: number;
  /** What only protects: copies of the double write, and the list of them. */
  readonly copies: number;
  /** Pages of the page map. */
  readonly map: number;
  /** Dirty pages that had to leave memory before their checkpoint. */
  readonly spilled: number;
  /** Both slots of the superblock. */
  readonly superblock: number;
  /** Zeros that make room in the data files. */
  readonly room: number;
}
export const WRITTEN_KINDS = ['log', 'pages', 'copies', 'map', 'spilled', 'superblock', 'room'] as const;

// ---- sequential and random keys, side by side

export interface OrdersQuestion extends TreeSizes {
  readonly ask: 'orders';
  readonly keys: number;
  /** Points of the clock, which counts keys. */
  readonly points: number;
  readonly groupCommits: number;
  readonly checkpointLogBytes: number;
}

export interface OrderState {
  readonly pages: number;
  readonly leaves: number;
  readonly height: number;
  /** Leaves by how full they are: a count for each tenth. */
  readonly fills: readonly number[];
  readonly meanFill: number;
  readonly splits: number;
  readonly checkpoints: number;
  /** Dirty pages that the last finished checkpoint found, and all of them together. */
  readonly dirtyPages: number;
  readonly dirtyPagesInAll: number;
  readonly written: WrittenBytes;
  readonly userBytes: number;
}

export interface OrderNote {
  readonly note: 'orders';
  readonly keys: number;
  readonly sequential: OrderState;
  readonly random: OrderState;
}

// ---- height against number of keys

export interface HeightQuestion extends TreeSizes {
  readonly ask: 'height';
  readonly keyBytes: number;
  readonly pattern: 'sequential' | 'random';
  /** No further number of keys is begun after so long. */
  readonly budgetMs: number;
  readonly keysMax: number;
}

export interface HeightNote {
  readonly note: 'height';
  readonly keys: number;
  readonly height: number;
  readonly pages: number;
  readonly leaves: number;
  readonly inner: number;
  /** Children of an inner page, on average; 0 without one. */
  readonly fanOut: number;
  /** Of the fullest inner page. */
  readonly fanOutMost: number;
  readonly leafKeys: number;
  /** Bytes of a separator, on average: the shortest that tell two leaves apart. */
  readonly separatorBytes: number;
}

// ---- what each operation costs

export interface SpikesQuestion extends TreeSizes {
  readonly ask: 'spikes';
  readonly operations: number;
  readonly pattern: 'sequential' | 'random';
  /** Frames of the buffer pool. */
  readonly poolPages: number;
  readonly checkpointLogBytes: number;
}

/** One number for each operation. */
export interface SpikeColumns {
  readonly logBytes: Float64Array;
  readonly spilledBytes: Float64Array;
  /** The share of a checkpoint that this operation paid for: pages, map, superblock. */
  readonly checkpointBytes: Float64Array;
  readonly roomBytes: Float64Array;
  /** Pages of the tree whose content the operation changed, new ones included. */
  readonly pagesChanged: Float64Array;
  /** Pages that the operation made: each is the right half of a split, or a new root. */
  readonly pagesMade: Float64Array;
}

export interface SpikesNote {
  readonly note: 'spikes';
  readonly question: SpikesQuestion;
  readonly columns: SpikeColumns;
  /** Nanoseconds on each device: everything that is written, and the flush of the log alone. */
  readonly ns: Readonly<Record<PricedKind, { readonly all: Float64Array; readonly flush: Float64Array }>>;
  readonly checkpoints: readonly number[];
  /** No operation costs more, taken together from the first one on. */
  readonly bound: { readonly pages: number; readonly bytes: number; readonly words: string };
}

// ---- memory buys I/O

export interface MemoryQuestion extends TreeSizes {
  readonly ask: 'memory';
  readonly keys: number;
  readonly lookups: number;
  readonly pattern: 'random' | 'skewed';
  /** Shares of the data that the pool may hold. */
  readonly shares: readonly number[];
}

// ---- amplification

export interface WritesQuestion extends TreeSizes {
  readonly ask: 'writes';
  readonly keys: number;
  readonly updates: number;
  readonly groupCommits: number;
  readonly checkpointLogBytes: number;
}

/** The counters of a run after so many of its updates: all of them from its first update on. */
export interface WritesPoint {
  readonly updates: number;
  readonly userBytes: number;
  /** Groups of commits, and the calls on the log file: a checkpoint that begins flushes what waits. */
  readonly groups: number;
  readonly logWrites: number;
  readonly logSyncs: number;
  readonly checkpoints: number;
  readonly written: WrittenBytes;
}

export interface WritesNote {
  readonly note: 'writes';
  readonly pattern: KeyPattern;
  readonly protection: PageProtection;
  /** Keys and values that were put by the updates that are counted. */
  readonly userBytes: number;
  readonly written: WrittenBytes;
  readonly flushes: number;
  readonly checkpoints: number;
  readonly pagesInTree: number;
  /** Every tenth of the updates; the last one with the checkpoint that ends the run. */
  readonly points: readonly WritesPoint[];
  readonly read: {
    /** Pages looked at, and read from the files, with a pool of a tenth of the data. */
    readonly pagesPerGet: number;
    readonly readsPerGet: number;
    readonly bytesPerGet: number;
    readonly getBytes: number;
    readonly pagesPerScan: number;
    readonly readsPerScan: number;
    readonly bytesPerScan: number;
    /** Keys and values of the rows that a scan gave. */
    readonly scanBytes: number;
    readonly scanRows: number;
  };
  readonly space: SpaceBytes;
}

/** All four files, taken apart. */
export interface SpaceBytes {
  readonly userBytes: number;
  /** Headers, slots, lengths, separators: what the format adds to the entries. */
  readonly format: number;
  /** Inside pages: the gap, and cells that are dead. */
  readonly gaps: number;
  /** Extents of the map and of copies. */
  readonly mapAndCopies: number;
  /** Extents that no root names. */
  readonly free: number;
  readonly log: number;
  readonly superblock: number;
}

export type TreeQuestion = OrdersQuestion | HeightQuestion | SpikesQuestion | MemoryQuestion | WritesQuestion;
export type TreeNote = OrderNote | HeightNote | SpikesNote | MemoryPrices | MemoryNote | WritesNote;

// ---- by hand

export const TREE_TASKS = ['split', 'rebalance', 'reads', 'writes'] as const;
export type TreeTaskKind = (typeof TREE_TASKS)[number];

/** A page as a task shows it. */
export interface TaskPage {
  readonly page: number;
  readonly kind: 'leaf' | 'inner' | 'overflow';
  readonly level: number;
  /** Keys of a leaf, separators of an inner page; as text. */
  readonly keys: readonly string[];
  /** Bytes of each with its slot. */
  readonly cellBytes: readonly number[];
  /** Of an inner page, one more than keys. */
  readonly children: readonly number[];
  readonly usedBytes: number;
  readonly inPool: boolean;
  readonly dirty: boolean;
}
export interface TaskTree {
  readonly root: number;
  readonly height: number;
  readonly usableBytes: number;
  readonly underflowBytes: number;
  readonly pages: readonly TaskPage[];
}

export interface TreeTask {
  readonly kind: TreeTaskKind;
  readonly seed: number;
  readonly title: string;
  /** What is about to happen. */
  readonly situation: string;
  readonly tree: TaskTree;
  readonly steps: readonly TaskStep[];
}

export interface TreeGrade {
  /** The steps that were answered, in their order. */
  readonly steps: readonly GradedStep[];
  /** Once every step was answered: what the engine did, event by event, and the tree then. */
  readonly outcome?: { readonly passed: boolean; readonly events: readonly BTreeEvent[]; readonly after: TaskTree };
}

export interface TreeApi {
  /** Job: posts notes of the kind that was asked for. */
  runTreeExperiment(question: TreeQuestion, port: MessagePort): Promise<JobId>;
  /** A fresh tree from a seed: the same seed gives the same question. */
  makeTreeTask(kind: TreeTaskKind, seed: number): Promise<TreeTask>;
  /** What the learner said, by step, beside what the engine does. */
  gradeTreeTask(
    kind: TreeTaskKind,
    seed: number,
    answers: Readonly<Record<string, readonly string[]>>,
  ): Promise<TreeGrade>;
}
