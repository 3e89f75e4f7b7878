/**
 * What the LSM tree says while it works. Folded over a description, these give it again: which tables are on which level,
 * what a merge made of which entries, and what a read looked at.
 */
import type { ExtentId, Lsn } from '../base/ids';
import type { FilterReason } from './compaction_filter';
import type { ManifestDescription } from './manifest_root';
import type { LevelLimit, LsmTuning } from './options';
import type { TableId, TableMeta } from './table/table_meta';
import type { RunId, Version } from './version';

/** The memtable took a batch's word on a key. */
export interface MemtablePut {
  readonly kind: 'lsm.memtable_changed';
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
  readonly valueBytes: number;
  /** All that is in the memtable now: of each key one entry. */
  readonly bytes: number;
  readonly entries: number;
}
/** The memtable takes no more; a new one does. */
export interface MemtableRotated {
  readonly kind: 'lsm.memtable_rotated';
  readonly bytes: number;
  readonly entries: number;
  readonly why: 'full' | 'checkpoint';
}
export interface TableStarted {
  readonly kind: 'lsm.table_started';
  readonly table: TableId;
  readonly level: number;
}
/** A data, index or filter block of a table in the making is complete; it may be written later, with others. */
export interface BlockBuilt {
  readonly kind: 'lsm.block_built';
  readonly table: TableId;
  readonly block: 'data' | 'index' | 'filter' | 'filter_index' | 'properties' | 'footer';
  readonly at: number;
  readonly bytes: number;
  /** Of a data block: how many it has, and its last key. */
  readonly entries?: number;
  readonly largest?: Uint8Array;
}
export interface TableFinished {
  readonly kind: 'lsm.table_finished';
  readonly level: number;
  readonly meta: TableMeta;
}
/** It will not be finished, or not be named by the manifest: its extents are free again. */
export interface TableAbandoned {
  readonly kind: 'lsm.table_abandoned';
  readonly table: TableId;
}
export interface CompactionStarted {
  readonly kind: 'lsm.compaction_started';
  readonly compaction: number;
  readonly from: number;
  readonly to: number;
  readonly inputs: readonly TableId[];
  /** In words of the policy: what made it due, and why these tables. */
  readonly why: string;
  readonly isBottom: boolean;
  /** Its tables change their level, and nothing is read or written. */
  readonly isTrivialMove: boolean;
}
/** What the merge did with one entry. */
export interface EntryMerged {
  readonly kind: 'lsm.entry_merged';
  readonly compaction: number;
  readonly key: Uint8Array;
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
  readonly from: TableId;
  readonly outcome: 'kept' | 'overwritten' | 'tombstone_at_bottom' | 'filtered';
  /** Of a filter: why the entry goes, or stays although a newer version is there. */
  readonly why?: FilterReason;
}
/** Its edit is in force, and it needs its inputs no more. */
export interface CompactionFinished {
  readonly kind: 'lsm.compaction_finished';
  readonly compaction: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}
export interface CompactionAbandoned {
  readonly kind: 'lsm.compaction_abandoned';
  readonly compaction: number;
  readonly why: string;
}
/** The manifest has a record that is durable: these tables are in force now, those are not any more. */
export interface VersionEdited {
  readonly kind: 'lsm.version_edited';
  readonly edit: number;
  readonly cause: 'flush' | 'compaction' | 'trivial_move';
  /** Each with the run that it joins, or begins. */
  readonly added: readonly { readonly level: number; readonly run: RunId; readonly table: TableId }[];
  readonly removed: readonly { readonly level: number; readonly table: TableId }[];
  readonly flushedLsn: Lsn;
  readonly nextTableId: TableId;
  /** Of a flush: how many of the oldest memtables are in its table, and gone from memory. */
  readonly memtables: number;
  /** What of the area of the manifest that is in force has records. */
  readonly manifestBytes: number;
  /** What the levels may have now, level 0 first, and what compactions have to read until none is due any more. */
  readonly limits: readonly LevelLimit[];
  readonly debtBytes: number;
}
/** The tree as an opening finds it: its memtable is empty, and what the log still has is applied after this. */
export interface TreeOpened {
  readonly kind: 'lsm.tree_opened';
  readonly tuning: LsmTuning;
  readonly version: Version;
  readonly limits: readonly LevelLimit[];
  readonly debtBytes: number;
  readonly manifest: ManifestDescription;
}
/** A new tree has the first extents of both areas of its manifest, which it keeps for ever. */
export interface ManifestHeadsTaken {
  readonly kind: 'lsm.manifest_heads_taken';
  readonly heads: readonly [ExtentId, ExtentId];
}
/** A cursor reads the version of this edit, and keeps its tables until it ends. */
export interface ReaderStarted {
  readonly kind: 'lsm.reader_started';
  readonly reader: number;
  readonly edit: number;
}
export interface ReaderEnded {
  readonly kind: 'lsm.reader_ended';
  readonly reader: number;
}
/** A snapshot in this area is in force, and the other area is closed: there was none yet, it had no room, or it had to be written anew. */
export interface ManifestAreaChanged {
  readonly kind: 'lsm.manifest_area_changed';
  readonly area: 0 | 1;
  readonly epoch: number;
  /** Number of the edit that the snapshot has in it already. */
  readonly edit: number;
  readonly extents: readonly ExtentId[];
  /** Length of the snapshot. */
  readonly bytes: number;
}
/** No reader needs the table any more: its extents are free. */
export interface TableDropped {
  readonly kind: 'lsm.table_dropped';
  readonly table: TableId;
  readonly extents: readonly ExtentId[];
}
/** One stop of a lookup. */
export interface TableProbed {
  readonly kind: 'lsm.table_probed';
  readonly key: Uint8Array;
  readonly level: number;
  readonly table: TableId;
  readonly outcome: 'outside' | 'filter_said_no' | 'absent' | 'found' | 'tombstone';
}
export interface BlockRead {
  readonly kind: 'lsm.block_read';
  readonly table: TableId;
  readonly block: 'data' | 'index' | 'filter' | 'filter_index' | 'properties' | 'footer';
  readonly at: number;
  readonly bytes: number;
  readonly isCached: boolean;
}
/** Writers are slowed down or held up because compaction owes too much; or not any more. */
export interface BackPressureChanged {
  readonly kind: 'lsm.back_pressure_changed';
  readonly state: 'none' | 'slowed' | 'stalled';
  readonly why: string;
}
/** A read or a scrub met a block that is not what was written. */
export interface LsmDamageFound {
  readonly kind: 'lsm.damage_found';
  readonly table: TableId;
  readonly at: number;
  readonly problem: string;
}

export type LsmEvent =
  | MemtablePut
  | MemtableRotated
  | TableStarted
  | BlockBuilt
  | TableFinished
  | TableAbandoned
  | CompactionStarted
  | EntryMerged
  | CompactionFinished
  | CompactionAbandoned
  | VersionEdited
  | TreeOpened
  | ManifestHeadsTaken
  | ReaderStarted
  | ReaderEnded
  | ManifestAreaChanged
  | TableDropped
  | TableProbed
  | BlockRead
  | BackPressureChanged
  | LsmDamageFound;
