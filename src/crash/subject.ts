/**
 * What the crash suite asks of an engine: to be opened on four files, driven by plain actions, looked at, and opened
 * again on whatever a crash left.
 *
 * The suite knows no engine by name. It is written against the contract of the store, and so a store over a B-tree, an
 * LSM tree or MVCC is judged by the same states and the same rules as the first one: each is one more `CrashSubject`.
 *
 *     subject.open(files)  -->  CrashStore  --batch, flush, checkpoint, step-->  calls on the files
 *          ^                                                                          |
 *          |                     images a crash may leave  <--------------------------+
 *          +--------------------------------+
 */
import type { FieldAnnotation } from '../base/fields';
import type { Batch, Entry, Finding } from '../base/ordered_index';
import type { Random, Schedule } from '../base/runtime';
import type { FileName, FileSet } from '../storage/file';
import type {
  CommitOptions,
  FormatOptions,
  RecoveryReport,
  ScanOptions,
  StoreStats,
  StoreTrace,
  Ticket,
} from '../kv_store';
import { NAMED_WORKLOADS, type Workload } from './workload';

/** Switches by name, all true by default. Each engine has its own keys; every one of them is a mutant. */
export type ProtectionSwitches = Readonly<Record<string, boolean>>;

export interface SubjectOpening {
  readonly files: FileSet;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly protections: ProtectionSwitches;
  readonly trace?: StoreTrace | null;
  /** Open what is damaged read-only, with what is intact, where the store promises that. */
  readonly salvage?: boolean;
}

/** Whatever a store says, its index included. */
export type WatchedEvent = Parameters<StoreTrace['emit']>[0];

/** What an engine does to its structure, by what it says while it works. */
export interface ShapeWatch {
  /** Each has to happen in a run whose crashes are searched: a suite names those that did not. */
  readonly names: readonly string[];
  /** For one run: the shapes that each event completes. */
  watch(): (event: WatchedEvent) => readonly string[];
}

/** The part of a store that the suite uses. `Store` satisfies it as it is. */
export interface CrashStore {
  readonly recovery: RecoveryReport;
  get(key: Uint8Array): Uint8Array | undefined;
  scan(options?: ScanOptions): Iterable<Entry>;
  batch(operations: Batch, options?: CommitOptions): Ticket;
  flush(): unknown;
  beginCheckpoint(): void;
  step(budgetBytes: number): { readonly done: boolean };
  stepOrBegin(budgetBytes: number): { readonly done: boolean };
  checkpoint(): void;
  check(): readonly Finding[];
  stats(): StoreStats;
  close(): void;
}

export interface CrashSubject {
  /** What `--engine` calls it, and reports and links with it. */
  readonly name: string;
  /** Every protection, on. */
  readonly protections: ProtectionSwitches;
  /** What its stores are made with, as the head of a script says it. */
  readonly format?: FormatOptions;
  /** The same engine in other formats: the suite takes turns with them. */
  readonly variants?: readonly CrashSubject[];
  /** Runs for what this engine alone does, besides those of every engine. */
  readonly workloads?: Readonly<Record<string, Workload>>;
  readonly shapes?: ShapeWatch;
  /** Pages are read when somebody asks for them: damage may show then, and not at the opening. */
  readonly findsDamageLate?: boolean;
  /** Formats a store in empty files, or recovers one. A few KiB in all, so that crash runs are fast. */
  open(opening: SubjectOpening): CrashStore;
  /** What the bytes of a file mean, by the drawings of its formats. Bytes of the family `free` mean nothing. */
  annotate(file: FileName, at: number, bytes: Uint8Array, superblock: Uint8Array): readonly FieldAnnotation[];
}

/** The subject in one of its other formats, by number; itself if it has none. */
export function variantOf(subject: CrashSubject, number: number): CrashSubject {
  const variants = subject.variants ?? [];
  return variants[number % Math.max(1, variants.length)] ?? subject;
}

/** The named runs of an engine: a short one that shows every disk something, its own, and the others of every engine. */
export function workloadsOf({ workloads }: CrashSubject): Readonly<Record<string, Workload>> {
  const [first, ...others] = Object.entries(NAMED_WORKLOADS);
  return Object.fromEntries([first!, ...Object.entries(workloads ?? {}), ...others]);
}
