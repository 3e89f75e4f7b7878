/**
 * What the B-tree says while it works. Folded over a description, these give the tree again: which page holds which
 * cells, who is whose child, what is in memory, and what is where on disk.
 */
import type { ExtentId, Lsn, PageId } from '../base/ids';
import type { PageContent } from './page_content';
import type { PageKind } from './page';
import type { PageProtection } from './protections';

/** An operation has gone from the root to a leaf. `slots[i]` is the child taken in `path[i]`, -1 for the leftmost. */
export interface Descended {
  readonly kind: 'btree.descended';
  readonly key: Uint8Array;
  readonly purpose: 'get' | 'put' | 'delete' | 'seek';
  readonly path: readonly PageId[];
  readonly slots: readonly number[];
}

// ---- cells of a leaf

export interface CellInserted {
  readonly kind: 'btree.cell_inserted';
  readonly page: PageId;
  readonly slot: number;
  readonly key: Uint8Array;
  /** Bytes of the cell, its slot not counted. */
  readonly cellBytes: number;
  readonly lsn: Lsn;
}
export interface CellReplaced {
  readonly kind: 'btree.cell_replaced';
  readonly page: PageId;
  readonly slot: number;
  readonly cellBytes: number;
  readonly lsn: Lsn;
}
export interface CellRemoved {
  readonly kind: 'btree.cell_removed';
  readonly page: PageId;
  readonly slot: number;
  readonly lsn: Lsn;
}

// ---- a split

/** Pages that an event changed carry the LSN of the operation from then on. */
interface Stamped {
  readonly lsn: Lsn;
}

/** The new cell does not fit into its leaf, which nothing has been done to yet. */
export interface LeafOverfull {
  readonly kind: 'btree.leaf_overfull';
  readonly page: PageId;
  readonly slot: number;
  readonly cellBytes: number;
  readonly freeBytes: number;
}
/** The cells from `from` on moved to the new right leaf, which is linked in between the two neighbours. */
export interface LeafSplit extends Stamped {
  readonly kind: 'btree.leaf_split';
  readonly left: PageId;
  readonly right: PageId;
  readonly from: number;
  readonly moved: number;
  /** The leaf after the right one, whose left link was changed. 0: none. */
  readonly next: PageId;
  readonly why: 'halves' | 'append';
}
/**
 * The separators behind `middle` moved to the new right page; `middle` itself was in neither and goes up: moved, where
 * a leaf's is copied. The new separator is already among them.
 */
export interface InnerSplit extends Stamped {
  readonly kind: 'btree.inner_split';
  readonly left: PageId;
  readonly right: PageId;
  readonly leftCells: readonly InnerCellSummary[];
  readonly rightFirst: PageId;
  readonly rightCells: readonly InnerCellSummary[];
  readonly separator: Uint8Array;
  readonly why: 'halves' | 'append';
}
export interface InnerCellSummary {
  readonly separator: Uint8Array;
  readonly child: PageId;
}
/** A separator arrived in its parent: `copied` from a leaf's keys, or `moved` up from an inner page. */
export interface SeparatorInserted extends Stamped {
  readonly kind: 'btree.separator_inserted';
  readonly page: PageId;
  readonly slot: number;
  readonly separator: Uint8Array;
  readonly child: PageId;
  readonly from: 'leaf' | 'inner';
}
export interface RootGrown extends Stamped {
  readonly kind: 'btree.root_grown';
  readonly root: PageId;
  /** The old root: the new one's first child. */
  readonly child: PageId;
  readonly height: number;
}

// ---- too little in a page

/** A page has less in it than a third: it looks at its neighbours. */
export interface PageUnderfull {
  readonly kind: 'btree.page_underfull';
  readonly page: PageId;
  readonly usedBytes: number;
  readonly underflowBytes: number;
  /** What the neighbours have, undefined where there is none. */
  readonly left: number | undefined;
  readonly right: number | undefined;
}
/** `count` cells moved over from a neighbour; the separator between the two follows. 0: no cell made it better. */
export interface LeafBorrowed extends Stamped {
  readonly kind: 'btree.leaf_borrowed';
  readonly page: PageId;
  readonly from: PageId;
  readonly side: 'left' | 'right';
  readonly count: number;
}
/** As for leaves, but through the parent: its separator came down, another went up. `moved` false: nothing fitted better. */
export interface InnerBorrowed extends Stamped {
  readonly kind: 'btree.inner_borrowed';
  readonly left: PageId;
  readonly right: PageId;
  readonly leftCells: readonly InnerCellSummary[];
  readonly rightFirst: PageId;
  readonly rightCells: readonly InnerCellSummary[];
  readonly side: 'left' | 'right';
  readonly moved: boolean;
}
export interface SeparatorReplaced extends Stamped {
  readonly kind: 'btree.separator_replaced';
  readonly page: PageId;
  readonly slot: number;
  readonly separator: Uint8Array;
}
/** The right leaf's cells were appended to the left one's, which is linked to the leaf behind. */
export interface LeafMerged extends Stamped {
  readonly kind: 'btree.leaf_merged';
  readonly into: PageId;
  readonly from: PageId;
  readonly moved: number;
  readonly next: PageId;
}
/** The separator between the two came down from the parent, and the right page's cells follow it. */
export interface InnerMerged extends Stamped {
  readonly kind: 'btree.inner_merged';
  readonly into: PageId;
  readonly from: PageId;
  readonly cells: readonly InnerCellSummary[];
}
export interface SeparatorRemoved extends Stamped {
  readonly kind: 'btree.separator_removed';
  readonly page: PageId;
  readonly slot: number;
}
/** The root had one child left, which is the root now; the old one is freed next. */
export interface RootShrunk {
  readonly kind: 'btree.root_shrunk';
  readonly root: PageId;
  readonly freed: PageId;
  readonly height: number;
}

/** A leaf that could not be read when its left neighbour changed has the right link again. */
export interface LeafRelinked extends Stamped {
  readonly kind: 'btree.leaf_relinked';
  readonly page: PageId;
  readonly left: PageId;
}
/** Pages that nothing reached were given back, links put right: what damage had kept from being done is done. */
export interface TreeMended {
  readonly kind: 'btree.tree_mended';
  readonly freed: readonly PageId[];
  readonly relinked: readonly PageId[];
}

// ---- long values

export interface OverflowWritten extends Stamped {
  readonly kind: 'btree.overflow_written';
  readonly pages: readonly PageId[];
  readonly bytes: number;
}
export interface OverflowFreed {
  readonly kind: 'btree.overflow_freed';
  readonly pages: readonly PageId[];
}

// ---- pages and the pool

export interface PageAllocated {
  readonly kind: 'btree.page_allocated';
  readonly page: PageId;
  readonly pageKind: PageKind;
  readonly level: number;
  /** Of the pool. */
  readonly frame: number;
}
export interface PageFreed {
  readonly kind: 'btree.page_freed';
  readonly page: PageId;
}
/** A page was not in memory and was read from its extent; `isScan`: in passing, and the first to go. */
export interface PageRead {
  readonly kind: 'btree.page_read';
  readonly page: PageId;
  readonly extent: ExtentId;
  readonly frame: number;
  readonly isScan: boolean;
  /** What is in it, as `describe` says it. */
  readonly content: PageContent;
}
/** A page that was in memory was asked for again, and its bit in the pool set: the clock passes it by once. */
export interface PageReferenced {
  readonly kind: 'btree.page_referenced';
  readonly page: PageId;
}
/** A frame is needed, and the clock has chosen whose: it cleared the bits of the frames that it passed. */
export interface VictimChosen {
  readonly kind: 'btree.victim_chosen';
  readonly page: PageId;
  readonly frame: number;
  readonly cleared: readonly number[];
  readonly isDirty: boolean;
}
export interface PageDirtied {
  readonly kind: 'btree.page_dirtied';
  readonly page: PageId;
}
export interface PageEvicted {
  readonly kind: 'btree.page_evicted';
  readonly page: PageId;
}
/** An operation holds the page in its frame while it asks for others: the clock passes it by, whatever its bit. */
export interface PagePinned {
  readonly kind: 'btree.page_pinned';
  readonly page: PageId;
}
export interface PagesUnpinned {
  readonly kind: 'btree.pages_unpinned';
  readonly pages: readonly PageId[];
}
/** What lies in the extent is not the page that was written there: whoever needs it is refused. */
export interface DamageFound {
  readonly kind: 'btree.damage_found';
  readonly page: PageId;
  readonly extent: ExtentId;
  /** False: an older self of the page was looked for there, which a superblock or a cursor still names. */
  readonly isNewest: boolean;
  readonly problem: string;
}
/** The same of a page of the map, which has a number within its level. */
export interface MapDamageFound {
  readonly kind: 'btree.map_damage_found';
  readonly level: number;
  readonly number: number;
  readonly extent: ExtentId;
  readonly problem: string;
}
/** Everything durable was read from the files, past the pool. */
export interface TreeScrubbed {
  readonly kind: 'btree.tree_scrubbed';
  /** Of the tree and of its map. */
  readonly pagesRead: number;
  readonly damaged: readonly DamagedRange[];
}
/** A damaged page, and its keys in [from, to) as the pages above it have them; without `holds`: which, nobody knows. */
export interface DamagedRange {
  readonly page: PageId;
  readonly holds?: { readonly from: Uint8Array | undefined; readonly to: Uint8Array | undefined };
}
/** A dirty page had to leave memory, and was written to a free extent that no superblock names. */
export interface PageSpilled {
  readonly kind: 'btree.page_spilled';
  readonly page: PageId;
  readonly extent: ExtentId;
}

/** A former self of a page, kept for a cursor or a checkpoint, had to leave memory as well. */
export interface FormerPageSpilled {
  readonly kind: 'btree.former_page_spilled';
  readonly page: PageId;
  readonly extent: ExtentId;
}

// ---- checkpoints

/** `where`: a free extent, the page's own place (overwritten), or the double-write area. */
export interface PageWritten {
  readonly kind: 'btree.page_written';
  readonly page: PageId;
  readonly extent: ExtentId;
  readonly where: 'new_place' | 'in_place' | 'double_write';
}
/** An image of a page was written to the log: the page itself goes to `extent`, its own place, once that is durable. */
export interface PageLogged {
  readonly kind: 'btree.page_logged';
  readonly page: PageId;
  readonly extent: ExtentId;
}
export interface MapPageWritten {
  readonly kind: 'btree.map_page_written';
  readonly level: number;
  readonly number: number;
  readonly extent: ExtentId;
}
/** A page of the list that says of which pages there are copies, and where. */
export interface CopiesListed {
  readonly kind: 'btree.copies_listed';
  readonly extent: ExtentId;
  readonly copies: number;
}
/** Every page of the checkpoint is written: the next root's map says where each lies. Not named by a superblock yet. */
export interface MapChanged {
  readonly kind: 'btree.map_changed';
  /** No extent: the page is no more. */
  readonly entries: readonly MapEntry[];
}
export interface MapEntry {
  readonly page: PageId;
  readonly extent: ExtentId | undefined;
  readonly crc: number;
}
/** The tree as it was when the checkpoint began is in the files, and flushed. */
export interface CheckpointFlushed {
  readonly kind: 'btree.checkpoint_flushed';
  readonly root: PageId;
  readonly pages: number;
  readonly mapPages: number;
}
/** Recovery found a page half written, or not at all, and put it right from its copy, or its image in the log. */
export interface PageRestored {
  readonly kind: 'btree.page_restored';
  readonly page: PageId;
  readonly extent: ExtentId;
  readonly from: 'double_write' | 'log';
}
/** A tree is opened, new or old: nothing of it is in memory. */
export interface TreeOpened {
  readonly kind: 'btree.tree_opened';
  readonly pageBytes: number;
  readonly protection: PageProtection;
  /** Of the pool. */
  readonly frames: number;
}
/** The map was read while opening: what the tree is made of, and where it lies. */
export interface MapLoaded {
  readonly kind: 'btree.map_loaded';
  readonly root: PageId;
  readonly height: number;
  readonly pages: number;
  readonly mapPages: number;
  /** What the map says, in order of the pages. */
  readonly entries: readonly MapEntry[];
  /** Extents of map pages, and of copies that the root names. */
  readonly others: readonly ExtentId[];
  /** Of those, copies from which a page can be put right; */
  readonly copies: readonly { readonly page: PageId; readonly extent: ExtentId }[];
  /** and the list of the copies, with copies that are of no use any more. */
  readonly lists: readonly ExtentId[];
}

/** All entries are loaded into new pages, one after the other, beside the tree that is there. */
export interface RebuildStarted {
  readonly kind: 'btree.rebuild_started';
  readonly fillShare: number;
}
/** A new page has everything that it will get. */
export interface PageBuilt {
  readonly kind: 'btree.page_built';
  readonly page: PageId;
  readonly content: PageContent;
}
/** The new pages are given back: the tree is what it was. */
export interface RebuildAbandoned {
  readonly kind: 'btree.rebuild_abandoned';
}
/** The new pages are the tree now; the old ones are freed next. */
export interface TreeRebuilt {
  readonly kind: 'btree.tree_rebuilt';
  readonly root: PageId;
  readonly height: number;
  readonly pages: number;
}

export type BTreeEvent =
  | Descended
  | CellInserted
  | CellReplaced
  | CellRemoved
  | LeafOverfull
  | LeafSplit
  | InnerSplit
  | SeparatorInserted
  | RootGrown
  | PageUnderfull
  | LeafBorrowed
  | InnerBorrowed
  | SeparatorReplaced
  | LeafMerged
  | InnerMerged
  | SeparatorRemoved
  | RootShrunk
  | LeafRelinked
  | TreeMended
  | OverflowWritten
  | OverflowFreed
  | PageAllocated
  | PageFreed
  | PageRead
  | PageReferenced
  | VictimChosen
  | PageDirtied
  | PageEvicted
  | PagePinned
  | PagesUnpinned
  | DamageFound
  | MapDamageFound
  | TreeScrubbed
  | PageSpilled
  | FormerPageSpilled
  | PageWritten
  | PageLogged
  | MapPageWritten
  | CopiesListed
  | MapChanged
  | CheckpointFlushed
  | PageRestored
  | TreeOpened
  | MapLoaded
  | RebuildStarted
  | PageBuilt
  | RebuildAbandoned
  | TreeRebuilt;
