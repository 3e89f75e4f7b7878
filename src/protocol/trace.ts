/**
 * The trace as the page gets it: every event of the engines and of the host, stamped and in order.
 *
 * I/O k, everywhere in Faultline, is the k-th call of a session that changes a file or makes it durable: `write`,
 * `flush` or `truncate` on any of the four files, counted from 1, the opening of the store included. Calls that fail
 * count, and so does the one a crash stopped: a number is used once. One counter (`host/io_gate.ts`) stamps
 * `TraceRecord.io` and stops crashes and drills. To stop
 * *at* I/O k means: k - 1 happened, k did not (but for a prefix of it, if it is a write and one was asked for).
 */
import type { SiteId } from '../base/ids';
import type { StorageEvent } from '../storage/events';
import type { FileName } from '../storage/file';
import type { BTreeEvent } from '../btree';
import type { LsmEvent } from '../lsm';
import type { MvccEvent } from '../mvcc';
import type { StoreEvent } from '../kv_store/events';
import type { RecoveryReport } from '../kv_store/types';
import type { WalEvent } from '../wal/events';
import type { ProtectionName } from '../workload/command';
import type { CommandResult } from './results';

/** Raised with any change of shape in this folder: page and worker of different versions refuse each other. */
export const PROTOCOL_VERSION = 1;

export type SessionId = number;

/** Who gave a command: a script, the learner's hand, or the schedule (the `write` a waiting commit asked for). */
export type CommandOrigin = 'script' | 'hand' | 'schedule';

export interface CommandStarted {
  readonly kind: 'host.command_started';
  readonly command: number;
  /** Line of its text in the script it came from; 0 where the schedule gave it. */
  readonly line: number;
  readonly text: string;
  readonly origin: CommandOrigin;
}
export interface CommandFinished {
  readonly kind: 'host.command_finished';
  readonly command: number;
  readonly result: CommandResult;
}
/** The store is open: after formatting, or after recovery. `opening` counts from 1 in a session. */
export interface StoreOpened {
  readonly kind: 'host.store_opened';
  readonly opening: number;
  readonly recovery: RecoveryReport;
}
/** The process ended: I/O `io` and all after it did not happen, but for `landed`. */
export interface Crashed {
  readonly kind: 'host.crashed';
  /** The I/O that did not happen (it counts all the same); 0 when the crash fell between two. */
  readonly io: number;
  readonly landed?: { readonly file: FileName; readonly at: number; readonly bytes: Uint8Array };
}
/** What a power cut did to one pending item: a sector that was written, or a file whose length was changed. */
export interface ItemFate {
  /**
   * Counted from 1 in the order in which they became pending. 0: a sector that was not pending any more because a
   * failed flush had thrown it away; reads still showed it, and now it is lost.
   */
  readonly item: number;
  readonly file: FileName;
  readonly fate: 'kept' | 'lost' | 'torn' | 'garbage';
  /** Of a sector: where it lies, and what it holds now. Absent: the item is a change of length. */
  readonly sector?: { readonly at: number; readonly bytes: Uint8Array };
}
/** The power went: each pending item met its fate, and the files have these lengths now. */
export interface PowerCut {
  readonly kind: 'host.power_cut';
  readonly items: readonly ItemFate[];
  readonly sizes: Readonly<Record<FileName, number>>;
}
/** A bit was flipped in a file behind the store's back. */
export interface ByteFlipped {
  readonly kind: 'host.byte_flipped';
  readonly file: FileName;
  readonly at: number;
  readonly before: number;
  readonly after: number;
}
/** The device will misbehave; one sentence says how. */
export interface FaultArmed {
  readonly kind: 'host.fault_armed';
  readonly sentence: string;
}
export interface ProtectionSwitched {
  readonly kind: 'host.protection_switched';
  readonly protection: ProtectionName;
  readonly on: boolean;
}
export interface Narrated {
  readonly kind: 'host.narrated';
  readonly text: string;
  /** The reader is asked to guess before what follows is shown. */
  readonly question: boolean;
}

export type HostEvent =
  | CommandStarted
  | CommandFinished
  | StoreOpened
  | Crashed
  | PowerCut
  | ByteFlipped
  | FaultArmed
  | ProtectionSwitched
  | Narrated;

export type LabEvent = StoreEvent | BTreeEvent | LsmEvent | MvccEvent | WalEvent | StorageEvent | HostEvent;

export interface TraceRecord {
  /** From 0 in a session, without gaps. */
  readonly seq: number;
  /** The session's clock: file calls so far, reads included. */
  readonly tick: number;
  /** Number of the command under way: 0 is the opening of the session, then 1 for its first command. */
  readonly command: number;
  /** Number of the last I/O that was called: that of this very event, if it is a write, flush or truncate. */
  readonly io: number;
  /** The engine's source line, numbered by the build; 0 where it has none. */
  readonly site: SiteId;
  readonly event: LabEvent;
}

/** One message on the trace port. Batches are consecutive: the first `seq` of each is one past the last's. */
export interface TraceBatch {
  readonly session: SessionId;
  readonly records: readonly TraceRecord[];
  /** Where the kept history starts now: earlier records are gone from the worker's ring. */
  readonly keptFrom: number;
}
