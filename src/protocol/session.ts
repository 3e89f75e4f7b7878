/**
 * Sessions: one store, opened from known bytes, and every command it was given since.
 *
 * A session is a pure function of its spec and its command log: the same of both give the same I/Os, the same bytes
 * and the same trace. So any step can be reached again in another place: that is what fork and drills do.
 */
import type { FileName } from '../storage/file';
import type {
  FormatOptions,
  Protections,
  RecoveryReport,
  StoreDescription,
  StoreStats,
  TuningOptions,
} from '../kv_store/types';
import type { Entry } from '../base/ordered_index';
import type { CarelessName } from '../storage/careless';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { DeviceKind } from '../workload/command';
import type { Failure } from './failure';
import type { SessionId } from './trace';

/** The whole content of the four files. */
export type StoreImages = Readonly<Record<FileName, Uint8Array>>;

/**
 * Which store a session is about.
 *   learner     the one persistent store of this browser profile; one tab owns it at a time
 *   scratch     a fresh store in real files, gone when the session closes
 *   memory      a fresh store in memory
 *   simulated   a fresh store on the simulated device: power cuts and faults
 *   by_script   fresh, on the device the script asks for (`device …`; simulated where it does not say)
 */
export type StoreChoice = 'learner' | 'scratch' | 'memory' | 'simulated' | 'by_script';

/**
 * What keeps the rows of the learner's store: pages in the files, sorted tables in the files, or a map in memory that a
 * checkpoint writes whole.
 */
export type IndexChoice = 'btree' | 'lsm' | 'map';

/** What a store that is made anew is to be; what is not said stays as it was. */
export interface StoreMake {
  readonly index?: IndexChoice;
  /** Every put and delete adds a version, and there are transactions. */
  readonly versions?: boolean;
}

export interface SessionSpec {
  readonly store: StoreChoice;
  /** Of `learner`, where it is made now; one that is there stays what it is. Absent: a B-tree. */
  readonly index?: IndexChoice;
  /** These win over the settings a script starts with. Without a seed the host draws one and says which. */
  readonly seed?: number;
  readonly format?: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
  readonly protections?: Partial<Protections>;
  /** Flushes and writes that are left out or come late, from the first opening on. */
  readonly careless?: readonly CarelessName[];
  /** Of the simulated device: what it may lose. The default forbids nothing that a disk can do. */
  readonly profile?: PersistenceProfile['name'];
  /** Its settings are used; its commands are run only by `run`. */
  readonly script?: string;
  /** Start from these bytes instead of empty files. Not for `learner`. */
  readonly images?: StoreImages;
  /** With `scratch`: the folder of an earlier session, whose worker is gone; its store is opened as it is. */
  readonly folder?: string;
  /** Off: no trace and no replay; for loads and measurements. */
  readonly traced?: boolean;
  /** Open a damaged log read-only instead of refusing. */
  readonly salvage?: boolean;
  /**
   * `hop`: a strict commit is flushed by itself, after the messages already queued (the default for `learner`).
   * `explicit`: only `flush` flushes (the default elsewhere).
   */
  readonly grouping?: 'hop' | 'explicit';
}

/** What a spec came to, everything filled in; of a store that was there already, the format that it has. */
export interface SessionSettings {
  readonly device: DeviceKind;
  readonly seed: number;
  readonly format: Partial<FormatOptions>;
  readonly tuning: Partial<TuningOptions>;
  readonly protections: Protections;
  readonly careless: readonly CarelessName[];
  readonly profile: PersistenceProfile['name'];
  /** The process ends at this I/O of the first opening. */
  readonly openingCrash?: { readonly io: number; readonly prefixBytes?: number };
  readonly salvage: boolean;
  readonly grouping: 'hop' | 'explicit';
}

export interface SessionInfo {
  readonly session: SessionId;
  readonly store: StoreChoice;
  readonly settings: SessionSettings;
  /** For the label of the room. `kept in memory` where real files were asked for and this browser has none. */
  readonly truth: 'real engine, real bytes' | 'real engine, kept in memory' | 'real engine, modelled device';
  /** Of `scratch`, where there are real files: where they lie. */
  readonly folder?: string;
  /** Absent when opening failed: then `failure` says why, and the bytes can still be read. */
  readonly recovery?: RecoveryReport;
  readonly failure?: Failure;
  /** Wall-clock time of the opening; not part of the trace, which has none. */
  readonly openMilliseconds: number;
  /** One past the last record so far, and the last I/O. */
  readonly nextSeq: number;
  readonly io: number;
  /** Why the session cannot be replayed, or undefined when it can. */
  readonly replayBlocked?: string;
  /** Of a fork: the session and the record it left from. */
  readonly forkedFrom?: { readonly session: SessionId; readonly seq: number };
}

export interface SessionState {
  readonly info: SessionInfo;
  /** Absent while the store is down. */
  readonly description?: StoreDescription;
  readonly stats?: StoreStats;
  /** Transactions begun and not ended. */
  readonly transactions: readonly string[];
}

/** Bytes of a file as they are now. Fewer than asked where the file ends. */
export interface FileBytes {
  readonly file: FileName;
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/**
 * The files just before record `seq`: what earlier byte views are rebuilt from, by applying the writes recorded since.
 * It moves forward when the ring drops records.
 */
export interface Keyframe {
  readonly seq: number;
  readonly images: StoreImages;
}

export interface RowQuery {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly prefix?: Uint8Array;
  /** Rows whose key or value, as text, has this in it; without regard to case. */
  readonly contains?: string;
  readonly reverse?: boolean;
  readonly limit: number;
}

export interface RowPage {
  readonly rows: readonly Entry[];
  /** Whether entries were left unvisited. */
  readonly more: boolean;
  /** Entries looked at, found or not; at most some thousands a call. */
  readonly visited: number;
  /** With `more`: the last key looked at. Forward, the next page is `from` just after it; reverse, `to` it. */
  readonly lastVisited?: Uint8Array;
}
