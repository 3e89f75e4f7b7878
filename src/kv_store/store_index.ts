/**
 * What the store asks of its index beyond the contract of every ordered index: room, and an account of its extents.
 * A store has one index for its whole life, chosen when it is formatted.
 */
import { BTreeIndex, type BTreeOptions } from '../btree';
import type { EngineError } from '../base/errors';
import type { ExtentId, Lsn } from '../base/ids';
import type { LogSink } from '../base/log_sink';
import type { Random } from '../base/runtime';
import type { Batch, Entry, Finding, OrderedIndex, Range } from '../base/ordered_index';
import type { ExtentAllocator } from '../storage/extent_allocator';
import type { FileSet } from '../storage/file';
import type { StoreTrace } from './events';
import { DEFAULT_LSM_TUNING, LsmIndex } from '../lsm';
import type { MergeGarbage } from '../mvcc';
import { MapIndex } from './map_index';
import type { FormatOptions, LsmFormat, Protections, TuningOptions } from './types';

export interface StoreIndex extends OrderedIndex {
  /** Extents that the root in force reaches. */
  readonly liveExtents: readonly ExtentId[];
  /** Extents in use that it does not reach, with something written to them. */
  readonly writingExtents: readonly ExtentId[];
  /** Every extent in use that `liveExtents` may not have. */
  readonly allocatedExtents: readonly ExtentId[];
  /** What the last finished checkpoint made free. */
  readonly lastFreed: readonly ExtentId[];
  /** Bytes written to the data files since opening. */
  readonly checkpointBytesWritten: number;
  /** Why entries are missing, in an index that was opened for salvage. */
  readonly damage: EngineError | undefined;
  /** Of an index that passes over damage when it was opened for salvage: whether entries of the range may be missing. */
  mayMiss?(range: Range): boolean;
  /** What it wrote last may count or not: only another opening can tell, and nothing may be written before. */
  readonly isInDoubt?: boolean;
  /** After the log was applied, where nothing is damaged: writes what an interrupted checkpoint had left to write. */
  finishOpening?(): void;
  /** The root in force without what no opening needs any more, now that all is in its place; undefined if it has none. */
  readonly settledRoot?: Uint8Array | undefined;
  /** Throws what applying the batch would throw for want of a page that can be read; nothing has changed then. */
  prepare(batch: Batch): void;
  /**
   * Sees to it that a checkpoint of the present contents, after so many more operations with so many bytes of keys and
   * values, finds free extents. What is kept free for deletes is for those that come with nothing else (`hasOnlyDeletes`).
   * Throws `store_full` or `write_failed`; nothing has changed then.
   */
  reserve(extraBytes: number, operations: number, hasOnlyDeletes?: boolean): void;
  /** After `reserve` threw `store_full`: whether a checkpoint may leave more room than there is. */
  readonly canGiveBack?: boolean;
  /** Reads everything that is durable from the files, and says what is damaged. */
  scrub(files: FileSet): Finding[];
  /** Builds itself anew, as small as it can be; the next checkpoint makes that durable. */
  rebuild?(fillShare?: number): void;
  /** As `cursor`, but without reading through a cache and without a trace; where there is none, `cursor` is that. */
  peek?(files: FileSet, range: Range, reverse: boolean): Iterable<Entry>;
  /** It has taken so much that a checkpoint should begin, whatever the log says. */
  readonly wantsCheckpoint?: boolean;
  /** Work that no commit waits for, in slices, while no checkpoint is under way: merges of an LSM tree. */
  background?(budgetBytes: number): { readonly done: boolean };
  /** How many bytes of it each committed byte pays for; 0 if there is nothing to do. */
  readonly backgroundShare?: number;
  /** Of an index whose merges collect garbage: a slice of a merge of everything. `gaveUp`: why that merge has come to nothing. */
  sweep?(budgetBytes: number): { readonly done: boolean; readonly gaveUp?: EngineError };
  /** So much of it is owed that commits wait until some is done. */
  readonly isStalled?: boolean;
  /** About how many keys there are, where counting them takes reading them: for the report of an opening. */
  readonly keysAbout?: number;
}

export interface IndexOpening {
  readonly root: Uint8Array;
  readonly format: FormatOptions;
  readonly allocator: ExtentAllocator;
  readonly storeSeed: number;
  /** For salts: has to differ from one opening to the next. */
  readonly random: Random;
  readonly protections: Protections;
  readonly tuning: Partial<TuningOptions>;
  readonly poolBytes: number;
  readonly unwatchedFiles: FileSet | undefined;
  readonly log: LogSink;
  /** Makes everything that was written to the log durable. */
  readonly flushLog: () => void;
  readonly trace: StoreTrace | null;
  /** Of a store with versions: what merges drop of them. */
  readonly garbage: MergeGarbage | undefined;
  /** For salvage: the LSN of the checkpoint that may be damaged. */
  readonly salvageLsn: Lsn | undefined;
}

/** @throws EngineError checkpoint_damaged, page_damaged, table_damaged, manifest_damaged, read_failed */
export function openIndex(opening: IndexOpening): StoreIndex {
  if (opening.format.lsm) return openLsmIndex(opening, opening.format.lsm);
  return opening.format.tree ? openTreeIndex(opening, opening.format.tree) : openMapIndex(opening);
}

function openMapIndex({ allocator, protections, root, salvageLsn, storeSeed, trace }: IndexOpening): StoreIndex {
  return MapIndex.open(root, {
    allocator,
    storeSeed,
    verifyChecksums: protections.checkpointChecksum,
    flushData: protections.dataBeforeSuperblock,
    wholeWrites: protections.wholeWrites,
    trace,
    salvageLsn,
  });
}

function openTreeIndex(opening: IndexOpening, tree: NonNullable<FormatOptions['tree']>): StoreIndex {
  const { allocator, log, poolBytes, protections, root, salvageLsn, storeSeed, trace } = opening;
  const options: BTreeOptions = {
    allocator,
    storeSeed,
    pageBytes: tree.pageBytes,
    poolBytes,
    protection: protections.pageProtection ? tree.protection : 'none',
    protections: {
      pageChecksum: protections.checkpointChecksum,
      wholeWrites: protections.wholeWrites,
      dataBeforeSuperblock: protections.dataBeforeSuperblock,
    },
    log,
    isSalvage: salvageLsn !== undefined,
    trace,
  };
  return BTreeIndex.open(root, options);
}

function openLsmIndex(opening: IndexOpening, { filterPrefix }: LsmFormat): StoreIndex {
  const { allocator, flushLog, garbage, protections, random, root, salvageLsn, storeSeed, trace, tuning } = opening;
  const { checkpointChecksum, dataBeforeSuperblock, wholeWrites } = protections;
  return LsmIndex.open(root, {
    allocator,
    storeSeed,
    salt: random.next() >>> 0,
    filterPrefix,
    tuning: { ...DEFAULT_LSM_TUNING, ...tuning.lsm },
    protections: {
      blockChecksum: checkpointChecksum,
      wholeWrites,
      // Tables and manifest are the data of this index.
      tablesBeforeManifest: dataBeforeSuperblock && protections.tablesBeforeManifest,
      manifestBeforeReuse: dataBeforeSuperblock && protections.manifestBeforeReuse,
      tombstonesToTheBottom: protections.tombstonesToTheBottom,
    },
    flushLog,
    compactionFilter: garbage,
    unwatchedFiles: opening.unwatchedFiles,
    isSalvage: salvageLsn !== undefined,
    trace,
  });
}
