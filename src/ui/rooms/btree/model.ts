/**
 * The view of the B-tree room: what the events so far add up to. Pure, never changed in place, cheap per event: pages,
 * frames and extents are lists that share all but one chunk with the list before.
 *
 *   V1  `describeView(view)` equals `store.describe().tree` after every event while the store is open; but for the pages
 *       that an operation holds pinned at that very event, and pages that it is filling. Of damage the view says what it
 *       was told: by the store that found it, or by the hand that flipped a bit. After a power cut it only suspects.
 *   V2  The extents are in the states that `store.describe()` says, whenever no operation is under way; while a checkpoint
 *       is, those are free that are free.
 *   V3  Whatever is drawn keeps its id for life: a cell wherever it moves, a page until it is freed. A page number that
 *       is given out again is another page.
 *   V4  What is kept is bounded: by the pages of the tree and of its last two maps, and by the length of the files.
 *
 * After an opening, nothing is read yet. What a page holds is known if it was written in this run (the map names it by
 * its checksum, so it is that very edition); else it is `unread` until the engine reads it.
 */
import { extentId, pageId, type ExtentId, type Lsn, type PageId, type SiteId } from '../../../base/ids';
import type { BTreeEvent, DamagedRange } from '../../../btree';
import type { TreeFormat } from '../../../kv_store/types';
import type { DataFileName } from '../../../storage/extent_allocator';
import { PersistentList } from '../../../lab/persistent_list';
import type { PageBody } from './page_body';

export interface PageView {
  readonly page: PageId;
  /** V3: `17`, or `17.2` the second time that the number is given out. */
  readonly id: string;
  readonly body: PageBody;
  /** `unread`: nobody has read it since the tree was opened, and what it holds is not known. */
  readonly state: 'known' | 'unread';
  /** Where its newest self lies; undefined while that is in memory alone. */
  readonly extent: ExtentId | undefined;
  /** Frame of the pool, -1 for none. */
  readonly frame: number;
  /** An overflow page that its operation is just writing, or a page that a rebuild is filling. */
  readonly isUnfinished: boolean;
  /** Its cells have moved to another page, and it is about to be freed. */
  readonly isLeaving: boolean;
  /** Where and when it was changed last. */
  readonly changedAt: number;
  readonly site: SiteId;
}

export interface FrameView {
  readonly page: PageId;
  readonly isDirty: boolean;
  readonly isReferenced: boolean;
  /** How often operations under way hold it: above 0, the page stays. */
  readonly pins: number;
}

/** What the page map says of a page. */
export interface MapPlace {
  readonly extent: ExtentId;
  readonly crc: number;
  /** What was written there, where that was seen. */
  readonly body: PageBody | undefined;
  readonly id: string;
}

/**
 *   free      nothing that anybody needs
 *   spilled   a page that memory had no room for: no superblock will name it before the next checkpoint
 *   written   by the checkpoint under way
 *   durable   named by the superblock in force
 *   garbage   named by it, and not by the next one: free when the checkpoint is finished
 */
export type ExtentState = 'free' | 'spilled' | 'written' | 'durable' | 'garbage';

export interface ExtentView {
  readonly extent: ExtentId;
  readonly file: DataFileName;
  readonly at: number;
  readonly state: ExtentState;
  /** `list`: of copies. `untold`: several extents are written with one call, and what each holds is told right after. */
  readonly holds: 'nothing' | 'page' | 'copy' | 'map' | 'list' | 'untold';
  /** Of a page or a copy. */
  readonly page: PageId;
  readonly pageLife: string;
  readonly lsn: Lsn | undefined;
  /** Of a map page; 0 if it was found when the tree was opened, which does not tell. */
  readonly level: number;
  readonly number: number;
  /** Written since it was last flushed. */
  readonly isUnflushed: boolean;
  /**
   * The disk has not what the map says: lost, torn or spoiled behind the store's back, or, without protection, ahead: it
   * has what a checkpoint wrote over it that no superblock came to name. The store need not have noticed.
   */
  readonly spoiled: 'lost' | 'torn' | 'flipped' | 'ahead' | undefined;
  /** Bits of the page that are flipped, by number. */
  readonly flips: readonly number[];
  /** The store has read it, and it was not what was written; the keys that are gone, where a scrub could name them. */
  readonly found: FoundDamage | undefined;
  /** It is written over in place, for a superblock that is not written yet. */
  readonly isAhead: boolean;
  readonly changedAt: number;
}

export interface FoundDamage {
  readonly problem: string;
  readonly bounds: DamagedRange['holds'];
  /** Not of an older self of the page, which was written over in place. */
  readonly isOfNewest: boolean;
}

export interface CheckpointView {
  readonly lsn: Lsn;
  readonly startedAt: number;
  readonly phase: 'pages' | 'map' | 'slots' | 'home';
  /** A superblock that names it is in a slot: a crash finds the new tree from here on. */
  readonly isNamed: boolean;
  /** The tree as it was when the checkpoint began, each page where that self of it lies now. */
  readonly pages: PersistentList<PageView | undefined>;
  readonly root: PageId;
  readonly height: number;
  /** To go back to if it is given up. */
  readonly mapBefore: PersistentList<MapPlace | undefined>;
  readonly written: number;
  readonly mapPages: number;
}

/** The operation under way, or the last one. */
export interface OperationView {
  readonly key: Uint8Array;
  readonly purpose: 'get' | 'put' | 'delete' | 'seek';
  readonly path: readonly PageId[];
  readonly slots: readonly number[];
  readonly overfull: Extract<BTreeEvent, { kind: 'btree.leaf_overfull' }> | undefined;
  readonly underfull: Extract<BTreeEvent, { kind: 'btree.page_underfull' }> | undefined;
  /** Pages that it changed, in order. */
  readonly changed: readonly PageId[];
  readonly isOver: boolean;
}

/** New pages that a rebuild makes, beside the tree. */
export interface RebuildView {
  readonly pages: PersistentList<PageId>;
  readonly fillShare: number;
}

export interface Counters {
  readonly commits: number;
  readonly logBytes: number;
  readonly pagesRead: number;
  readonly pagesWritten: number;
  readonly splits: number;
  readonly merges: number;
  readonly borrows: number;
  readonly evictions: number;
  readonly checkpoints: number;
}

/** What the last event was about. */
export interface Subject {
  readonly pages: readonly PageId[];
  readonly cells: readonly string[];
  readonly extents: readonly ExtentId[];
  /** A new separator is a copy of this cell, which stays. */
  readonly copyOf?: { readonly cell: string; readonly of: string } | undefined;
  /** Where pages are read from or written to: page by extent. */
  readonly flow?: 'read' | 'write' | undefined;
}

export const NOBODY: Subject = { pages: [], cells: [], extents: [] };

/** Handed from one event of an operation to the next. */
export interface Pending {
  /** The first page of the chain just written, for the cell that comes next. */
  readonly overflow: PageId;
  /** A cell that was taken out, which may come back longer or shorter. */
  readonly removed: { readonly id: string; readonly keyHex: string } | undefined;
  /** A separator on its way up from an inner page. */
  readonly carried: { readonly id: string; readonly key: Uint8Array; readonly from: PageId } | undefined;
}
export const NOTHING_PENDING: Pending = { overflow: pageId(0), removed: undefined, carried: undefined };

export interface TreeView {
  readonly seq: number;
  /** `down`: nothing runs, what is drawn is what the files hold. */
  readonly state: 'none' | 'opening' | 'open' | 'read_only' | 'closed' | 'down';
  /** The format of the store, once known; a store without a tree has none. */
  readonly tree: TreeFormat | undefined;
  readonly hasFormat: boolean;
  readonly extentBytes: number;
  readonly root: PageId;
  readonly height: number;
  /** By number. */
  readonly pages: PersistentList<PageView | undefined>;
  readonly pageCount: number;
  /** What the next superblock's map says, by page number; while no checkpoint runs, the one in force. */
  readonly map: PersistentList<MapPlace | undefined>;
  readonly mapBefore: PersistentList<MapPlace | undefined>;
  readonly durableRoot: PageId;
  readonly durableHeight: number;
  readonly frames: PersistentList<FrameView | undefined>;
  readonly capacity: number;
  readonly hand: number;
  readonly dirtyCount: number;
  /** By number: even ones in data_0, odd ones in data_1. */
  readonly extents: PersistentList<ExtentView | undefined>;
  readonly checkpoint: CheckpointView | undefined;
  readonly rebuild: RebuildView | undefined;
  readonly operation: OperationView | undefined;
  readonly pending: Pending;
  readonly counters: Counters;
  readonly keys: number;
  readonly subject: Subject;
  /** Cells and lives of pages so far: what the next one is called. */
  readonly named: number;
}

export const NO_COUNTS: Counters = {
  commits: 0,
  logBytes: 0,
  pagesRead: 0,
  pagesWritten: 0,
  splits: 0,
  merges: 0,
  borrows: 0,
  evictions: 0,
  checkpoints: 0,
};

export const EMPTY_VIEW: TreeView = {
  seq: -1,
  state: 'none',
  tree: undefined,
  hasFormat: false,
  extentBytes: 0,
  root: pageId(0),
  height: 0,
  pages: PersistentList.empty<PageView | undefined>(1),
  pageCount: 0,
  map: PersistentList.empty<MapPlace | undefined>(1),
  mapBefore: PersistentList.empty<MapPlace | undefined>(1),
  durableRoot: pageId(0),
  durableHeight: 0,
  frames: PersistentList.empty<FrameView | undefined>(),
  capacity: 0,
  hand: 0,
  dirtyCount: 0,
  extents: PersistentList.empty<ExtentView | undefined>(),
  checkpoint: undefined,
  rebuild: undefined,
  operation: undefined,
  pending: NOTHING_PENDING,
  counters: NO_COUNTS,
  keys: 0,
  subject: NOBODY,
  named: 0,
};

/** Sets item `index` of a list with gaps. */
export function setAt<T>(
  list: PersistentList<T | undefined>,
  index: number,
  item: T | undefined,
): PersistentList<T | undefined> {
  let longer = list;
  while (longer.end <= index) longer = longer.push(undefined);
  return longer.set(index, item);
}

export const NO_FLIPS: readonly number[] = [];

export const fileOf = (extent: ExtentId): DataFileName => (extent % 2 === 0 ? 'data_0' : 'data_1');
export const placeOf = (extent: ExtentId, extentBytes: number): number => (extent >> 1) * extentBytes;
export const blankExtent = (extent: ExtentId, extentBytes: number): ExtentView => ({
  extent: extentId(extent),
  file: fileOf(extent),
  at: placeOf(extent, extentBytes),
  state: 'free',
  holds: 'nothing',
  page: pageId(0),
  pageLife: '',
  lsn: undefined,
  level: 0,
  number: 0,
  isUnflushed: false,
  spoiled: undefined,
  flips: NO_FLIPS,
  found: undefined,
  isAhead: false,
  changedAt: -1,
});
