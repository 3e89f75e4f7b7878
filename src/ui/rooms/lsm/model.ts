/**
 * The view of the LSM room: what the events so far add up to. Pure, never changed in place, cheap per event: an edit
 * makes new lists for the levels that it touched and shares the others.
 *
 *   V1  `describeView(view)` equals `store.describe().lsm` after every event while the store is open, as long as every
 *       memtable has few enough entries to be drawn.
 *   V2  The extents that are free in the view are those that `store.describe()` says are free, whenever nothing is under
 *       way.
 *   V3  Whatever is drawn keeps its id for life: a table on whatever level, an entry in whatever table. The number of a
 *       table that a crash took, given out again, is another table.
 *   V4  What is kept is bounded: by the tables of the tree, by their extents, by `ENTRIES_MAX` entries of each table, and by
 *       `RECORDS_MAX` records of the manifest.
 *   V5  Commits that wait for their answer are those that `store.describe()` says are waiting, at the end of every command.
 *   V6  So are the taken extents that are not flushed those in which the disk has something pending.
 *
 * Of a table that this run wrote, its entries are known while they are few enough to be drawn; of one that was found when
 * the tree was opened, what the manifest says.
 */
import { toHex } from '../../../base/bytes';
import { extentId, type ExtentId, type Lsn } from '../../../base/ids';
import type { LevelLimit, LsmEvent, LsmTuning, ReaderDescription, TableMeta } from '../../../lsm';
import { PersistentList } from '../../../lab/persistent_list';
import type { DataFileName } from '../../../storage/extent_allocator';

export interface EntryView {
  /** V3: an entry is the word of one commit on one key. */
  readonly id: string;
  readonly key: Uint8Array;
  readonly keyHex: string;
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
  readonly valueBytes: number;
}

export const entryOf = (key: Uint8Array, lsn: Lsn, isTombstone: boolean, valueBytes: number): EntryView => {
  const keyHex = toHex(key);
  return { id: `${keyHex}.${lsn}`, key, keyHex, lsn, isTombstone, valueBytes };
};

/** More than this nobody could make out in a table; V4. */
export const ENTRIES_MAX = 512;

/** Entries in key order; undefined where they are too many, or where nobody has told them. */
export type Entries = readonly EntryView[] | undefined;

export interface MemtableView {
  /** Counted from 1 in a run. */
  readonly number: number;
  readonly entries: Entries;
  readonly count: number;
  readonly bytes: number;
  /** Of the first batch; 0 if there was none. */
  readonly minLsn: number;
  readonly maxLsn: number;
}

/**
 *   making     being written, or written: the manifest does not name it yet
 *   in_force   named by the manifest
 *   obsolete   not any more, but somebody still reads it
 */
export type TableState = 'making' | 'in_force' | 'obsolete';

export interface TableView {
  readonly table: number;
  /** V3. */
  readonly id: string;
  readonly state: TableState;
  readonly level: number;
  readonly run: number;
  /** Of one in the making: the compaction that makes it; undefined for a flush. */
  readonly compaction: number | undefined;
  readonly isFinished: boolean;
  readonly entries: Entries;
  readonly count: number;
  readonly tombstones: number;
  readonly bytes: number;
  /** As the manifest will have it; undefined before it is finished. */
  readonly meta: TableMeta | undefined;
  /** Undefined while nothing is in it. */
  readonly smallest: Uint8Array | undefined;
  readonly largest: Uint8Array | undefined;
  readonly minLsn: number;
  readonly maxLsn: number;
  readonly extents: readonly ExtentId[];
  readonly blocks: readonly BlockView[];
  /** The store has read a block of it that was not what was written. */
  readonly damage: string | undefined;
  readonly changedAt: number;
  readonly site: number;
}

/** A block of a table that this run has seen being built. */
export interface BlockView {
  readonly block: Extract<LsmEvent, { kind: 'lsm.block_built' }>['block'];
  readonly at: number;
  readonly bytes: number;
  /** Of a data block. */
  readonly entries: number | undefined;
  readonly largest: Uint8Array | undefined;
}
/** Of a long table the first ones, and what stands behind the data; V4. */
export const BLOCKS_MAX = 64;

/** Tables with disjoint keys, in key order. */
export interface RunView {
  readonly id: number;
  readonly tables: readonly TableView[];
  readonly bytes: number;
  readonly entries: number;
}

/** One run that takes part in a merge. */
export interface MergeInput {
  readonly level: number;
  readonly run: number;
  readonly tables: readonly TableView[];
  /** Which of them the cursor is in, and how many entries of that one were taken. */
  readonly at: number;
  readonly taken: number;
}
export type Outcome = Extract<LsmEvent, { kind: 'lsm.entry_merged' }>['outcome'];
export const BINS = ['overwritten', 'tombstone_at_bottom', 'filtered'] as const;
export type Bin = (typeof BINS)[number];

export interface MergeView {
  readonly compaction: number;
  readonly from: number;
  readonly to: number;
  readonly why: string;
  readonly isBottom: boolean;
  readonly inputs: readonly MergeInput[];
  /** Tables in them, youngest first. */
  readonly inputIds: readonly number[];
  /** Of all inputs. */
  readonly bytes: number;
  readonly smallest: Uint8Array | undefined;
  readonly largest: Uint8Array | undefined;
  /** `committed`: its edit is in force, and it still holds its inputs. */
  readonly stage: 'chosen' | 'merging' | 'committed' | 'finished' | 'abandoned';
  readonly isMove: boolean;
  readonly kept: number;
  readonly dropped: Readonly<Record<Bin, number>>;
  /** The last one that went to the output, and to each bin. */
  readonly lastKept: EntryView | undefined;
  readonly lastDropped: Readonly<Partial<Record<Bin, EntryView>>>;
}

export interface BlockStop {
  readonly block: string;
  readonly isCached: boolean;
}
/** Where a lookup came by, and what it met there. */
export interface ProbeStop {
  /** `m3` for a memtable, else the id of the table. */
  readonly at: string;
  readonly outcome: Extract<LsmEvent, { kind: 'lsm.table_probed' }>['outcome'];
  readonly blocks: readonly BlockStop[];
}
export interface ProbeView {
  readonly key: Uint8Array;
  readonly stops: readonly ProbeStop[];
  /** Undefined while it is under way. */
  readonly found: boolean | undefined;
}

/** One source of a scan: a memtable, or a run, of which one table is open at a time. */
export interface ScanCursor {
  /** `m3` for a memtable, else the id of the table that it is in. */
  readonly at: string;
  /** Of a memtable -1, and its number for a run. */
  readonly level: number;
  readonly run: number;
  /** Its number, or that of the memtable. */
  readonly table: number;
  /** Blocks that it took so far: from the files, and from the cache. */
  readonly read: number;
  readonly cached: number;
  /**
   * First and last of the keys that are still to come in the block that it is in, as far as this run has seen that built;
   * of a memtable, in all of it.
   */
  readonly smallest: Uint8Array | undefined;
  readonly largest: Uint8Array | undefined;
  /** Nothing of them is left. */
  readonly isSpent: boolean;
  /** The key with which it leaves the block; undefined before its first one, and in memory. */
  readonly edge: Uint8Array | undefined;
}
/** A scan of a range: cursors side by side, and of all their keys the next one goes out. */
export interface ScanView {
  readonly isReverse: boolean;
  /** What was asked for: from here, up to but not including there, so many rows at most. */
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array | undefined;
  readonly limit: number | undefined;
  /** The key with which it begins, and one that all cursors are past. */
  readonly first: Uint8Array | undefined;
  readonly passed: Uint8Array | undefined;
  /** In the order in which they were opened. */
  readonly cursors: readonly ScanCursor[];
  /** Undefined while it is under way. */
  readonly handed: { readonly rows: number; readonly keys: readonly [Uint8Array, Uint8Array] | undefined } | undefined;
}

/** `found`: what was there when the tree was opened. */
export interface RecordView {
  readonly kind: 'snapshot' | 'edit' | 'found';
  readonly edit: number;
  /** Bytes of the area. */
  readonly from: number;
  readonly to: number;
}
/** Of an area: its first one, and the newest ones; V4. */
export const RECORDS_MAX = 64;
export interface AreaView {
  readonly epoch: number;
  /** Its head first. */
  readonly extents: readonly ExtentId[];
  /** What of it has records. */
  readonly bytes: number;
  readonly records: readonly RecordView[];
  /** All that there are. */
  readonly recordCount: number;
}
export interface ManifestView {
  readonly heads: readonly [ExtentId, ExtentId] | undefined;
  readonly areas: readonly [AreaView | undefined, AreaView | undefined];
  readonly inForce: 0 | 1 | undefined;
  /** The last edit in it. */
  readonly edit: number;
}

/**
 *   free      nothing that anybody needs
 *   written   nothing in force names it yet
 *   live      named by the manifest, or part of it
 *   obsolete  of a table that is not in force any more, and that somebody still reads
 */
export type ExtentState = 'free' | 'written' | 'live' | 'obsolete';

export interface ExtentView {
  readonly extent: ExtentId;
  readonly file: DataFileName;
  readonly at: number;
  readonly state: ExtentState;
  readonly holds: 'nothing' | 'table' | 'manifest' | 'untold';
  readonly table: number;
  readonly tableId: string;
  /** Which of the table's, or of the area's, extents it is. */
  readonly part: number;
  readonly isUnflushed: boolean;
  /** The disk has not what was written: behind the store's back, or for want of a flush. */
  readonly spoiled: 'lost' | 'torn' | 'flipped' | undefined;
  readonly changedAt: number;
}

export interface Counters {
  readonly commits: number;
  /** Keys and values, as the commits brought them. */
  readonly userBytes: number;
  readonly logBytes: number;
  readonly flushedBytes: number;
  readonly mergeReadBytes: number;
  readonly mergeWrittenBytes: number;
  readonly merges: number;
  readonly gets: number;
  /** By gets: from the files, and from the cache. */
  readonly blocksRead: number;
  readonly blocksCached: number;
}

/** What the last event was about. */
export interface Subject {
  readonly tables: readonly string[];
  readonly entries: readonly string[];
  readonly extents: readonly ExtentId[];
  readonly part?: 'memtable' | 'manifest' | 'valve' | 'merge' | undefined;
}
export const NOBODY: Subject = { tables: [], entries: [], extents: [] };

export interface LsmView {
  readonly seq: number;
  /** `down`: nothing runs, what is drawn is what the files hold. */
  readonly state: 'none' | 'opening' | 'open' | 'read_only' | 'closed' | 'down';
  readonly hasFormat: boolean;
  readonly isLsm: boolean;
  readonly extentBytes: number;
  readonly memtable: MemtableView;
  /** Newest first. */
  readonly immutables: readonly MemtableView[];
  /** Youngest runs first; levels in the middle may be empty. */
  readonly levels: readonly (readonly RunView[])[];
  readonly making: readonly TableView[];
  readonly shelf: readonly TableView[];
  readonly tuning: LsmTuning | undefined;
  readonly edit: number;
  readonly flushedLsn: Lsn;
  readonly nextTableId: number;
  /** What a level may have before something of it moves down. */
  readonly limits: readonly LevelLimit[];
  /** What compactions have to read until none is due. */
  readonly debtBytes: number;
  /** Cursors that are open, each with the version that it reads. */
  readonly readers: readonly ReaderDescription[];
  /** LSN of the checkpoint under way: memtables up to it become a table. */
  readonly flush: number | undefined;
  /** The one under way, or the last one. */
  readonly merge: MergeView | undefined;
  readonly probe: ProbeView | undefined;
  readonly scan: ScanView | undefined;
  /** Blocks read since the last stop of a lookup. */
  readonly reading: readonly BlockStop[];
  readonly pressure: { readonly state: 'none' | 'slowed' | 'stalled'; readonly why: string };
  /** Commits whose clients have not been told yet how they ended, oldest first. */
  readonly writers: readonly Lsn[];
  readonly manifest: ManifestView;
  /** By number: even ones in data_0, odd ones in data_1. */
  readonly extents: PersistentList<ExtentView | undefined>;
  /** Those that were written since their file was last flushed, and some that were freed meanwhile. */
  readonly unflushed: readonly ExtentId[];
  readonly counters: Counters;
  readonly keys: number;
  /** The highest number of a table that was begun. */
  readonly tablesBegun: number;
  readonly subject: Subject;
}

export const emptyMemtable = (number: number): MemtableView => ({
  number,
  entries: [],
  count: 0,
  bytes: 0,
  minLsn: 0,
  maxLsn: 0,
});

export const NO_COUNTS: Counters = {
  commits: 0,
  userBytes: 0,
  logBytes: 0,
  flushedBytes: 0,
  mergeReadBytes: 0,
  mergeWrittenBytes: 0,
  merges: 0,
  gets: 0,
  blocksRead: 0,
  blocksCached: 0,
};

export const EMPTY_VIEW: LsmView = {
  seq: -1,
  state: 'none',
  hasFormat: false,
  isLsm: false,
  extentBytes: 0,
  memtable: emptyMemtable(1),
  immutables: [],
  levels: [],
  making: [],
  shelf: [],
  tuning: undefined,
  edit: 0,
  flushedLsn: 0 as Lsn,
  nextTableId: 1,
  limits: [],
  debtBytes: 0,
  readers: [],
  flush: undefined,
  merge: undefined,
  probe: undefined,
  scan: undefined,
  reading: [],
  pressure: { state: 'none', why: '' },
  writers: [],
  manifest: { heads: undefined, areas: [undefined, undefined], inForce: undefined, edit: 0 },
  extents: PersistentList.empty<ExtentView | undefined>(),
  unflushed: [],
  counters: NO_COUNTS,
  keys: 0,
  tablesBegun: 0,
  subject: NOBODY,
};

/** Everything that was written to make what the users wrote last: the log, the flushed tables, the merged ones. */
export const writtenBytes = ({ flushedBytes, logBytes, mergeWrittenBytes }: Counters): number =>
  logBytes + flushedBytes + mergeWrittenBytes;

/** A table as the manifest knows it. */
export const tableOfMeta = (meta: TableMeta, level: number, run: number): TableView => ({
  table: meta.id,
  id: String(meta.id),
  state: 'in_force',
  level,
  run,
  compaction: undefined,
  isFinished: true,
  entries: undefined,
  count: meta.entries,
  tombstones: meta.tombstones,
  bytes: meta.bytes,
  meta,
  smallest: meta.smallest,
  largest: meta.largest,
  minLsn: meta.minLsn,
  maxLsn: meta.maxLsn,
  extents: meta.extents,
  blocks: [],
  damage: undefined,
  changedAt: -1,
  site: 0,
});

export const sumBytes = (tables: readonly { readonly bytes: number }[]): number =>
  tables.reduce((sum, { bytes }) => sum + bytes, 0);

/** A table of the version in force. */
export function tableInForce(view: LsmView, table: number): TableView | undefined {
  for (const runs of view.levels)
    for (const run of runs) {
      const found = run.tables.find((one) => one.table === table);
      if (found) return found;
    }
  return undefined;
}

export const isUnderWay = (merge: MergeView | undefined): merge is MergeView =>
  merge !== undefined && merge.stage !== 'finished' && merge.stage !== 'abandoned';

/** As it was when the merge began. */
export function inputTable({ inputs }: MergeView, table: number): TableView | undefined {
  for (const { tables } of inputs) {
    const found = tables.find((one) => one.table === table);
    if (found) return found;
  }
  return undefined;
}

/** V3: the same wherever the table is. Of thousands those of the merge under way are asked about most. */
export const tableId = (view: LsmView, table: number): string | undefined =>
  (isUnderWay(view.merge) ? inputTable(view.merge, table) : undefined)?.id ?? anyTable(view, table)?.id;

/** Wherever it is now. */
export const anyTable = (view: LsmView, table: number): TableView | undefined =>
  view.making.find((one) => one.table === table) ??
  tableInForce(view, table) ??
  view.shelf.find((one) => one.table === table);

export const fileOf = (extent: ExtentId): DataFileName => (extent % 2 === 0 ? 'data_0' : 'data_1');
export const placeOf = (extent: ExtentId, extentBytes: number): number => (extent >> 1) * extentBytes;
export const blankExtent = (extent: number, extentBytes: number): ExtentView => ({
  extent: extentId(extent),
  file: fileOf(extentId(extent)),
  at: placeOf(extentId(extent), extentBytes),
  state: 'free',
  holds: 'nothing',
  table: 0,
  tableId: '',
  part: 0,
  isUnflushed: false,
  spoiled: undefined,
  changedAt: -1,
});
