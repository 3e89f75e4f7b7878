/**
 * Drills: a crash at a chosen I/O of a session, and what was left of its commits.
 *
 * Kill the worker
 *     page                     lab worker          worker A            worker B
 *      | planDrill(session, at) -> |                   |                   |
 *      | runToStop(plan) ----------------------------> | replays, stops    |
 *      | <-------- each acknowledgement, then StopReport                   |
 *      | terminate() -------------------------------- x                    |
 *      | reopenAfterStop(plan, report, acknowledged) --------------------> | recovers, judges
 *      | <-------------------------------------------------- DrillOutcome, a session with its trace
 *
 * Cut the power: the same plan, but one worker does all of it, since the device is a model: `openPowerCut(plan)`
 * stops and lists the pending items, `cutPower(choice)` recovers and judges. The board stays: other choices can
 * be tried on it.
 *
 * Kill at random: `startLoad` in any worker, which posts what it submits, before any of it is written, and what is
 * acknowledged; the page keeps both lists, terminates when it likes, and asks a new worker to `judgeLoad`.
 */
import type { Lsn } from '../base/ids';
import type { CommitFate, VerdictLetter } from '../crash/verdict';
import type { RecoveryReport } from '../kv_store/types';
import type { DurabilityMode } from '../kv_store/types';
import type { FileName } from '../storage/file';
import type { PowerCutCommand } from '../workload/command';
import type { SessionInfo, SessionSettings, StoreImages } from './session';
import type { CommandOrigin, SessionId } from './trace';

/** The letters and the fates are the crash suite's. */
export type { CommitFate, VerdictLetter };

/** Where to stop. `prefixBytes`: that much of the write at `io` lands. */
export interface StopPoint {
  readonly io: number;
  readonly prefixBytes?: number;
}

export interface PlannedCommand {
  readonly line: number;
  readonly text: string;
  readonly origin: CommandOrigin;
}

/** All that a fresh worker needs to do the same again and stop there. Plain data; crosses through the page. */
export interface DrillPlan {
  readonly session: SessionId;
  readonly stop: StopPoint;
  /** What I/O `stop.io` is: which call, on which file, how long if it is a write. */
  readonly io: {
    readonly call: 'write' | 'flush' | 'truncate';
    readonly file: FileName;
    readonly at: number;
    readonly bytes: number;
  };
  /** Folder of scratch files the copy of the store goes to; room for it was made. */
  readonly folder: string;
  readonly settings: SessionSettings;
  readonly images: StoreImages;
  /** The commands up to the one that makes the I/O. */
  readonly commands: readonly PlannedCommand[];
  /** Data sets they load, by name, as CSV or JSON text would be too long to parse again: keys and values. */
  readonly datasets: Readonly<Record<string, readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]>>;
}

/** A commit as submitted: what the judge compares with what came back. */
export interface LedgerCommit {
  readonly lsn: Lsn;
  readonly client: number;
  readonly mode: DurabilityMode;
  readonly operations: readonly (
    | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
    | { readonly kind: 'delete'; readonly key: Uint8Array }
  )[];
  readonly acknowledged: boolean;
  /** Whether the page had heard that it was submitted; absent where the whole ledger is known. */
  readonly announced?: boolean;
  /** Whether a flush that covers its record returned before the crash. */
  readonly flushed: boolean;
  /** Length of its record on the tape; absent while it has none. */
  readonly recordBytes?: number;
  /** Where its record was written in the log file: undefined while it was only in the buffer. Two pieces where the tape wraps. */
  readonly written?: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** What the stopped worker knows. */
export interface StopReport {
  /** False when the commands ended before the I/O was reached: then nothing was stopped. */
  readonly stopped: boolean;
  readonly io: number;
  /** Every commit submitted in the session, in LSN order; the entries it started from are in `before`. */
  readonly commits: readonly LedgerCommit[];
  readonly before: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** How the store is to be opened again: what the commands had switched by then, and a seed of its own. */
  readonly settings: SessionSettings;
  /** Where there are no real files: what they would hold. */
  readonly images?: StoreImages;
}

/** Posted by a running drill the moment a commit is acknowledged. */
export interface AcknowledgementNote {
  readonly lsn: Lsn;
}

export interface CommitVerdict {
  readonly lsn: Lsn;
  readonly client: number;
  readonly mode: DurabilityMode;
  readonly acknowledged: boolean;
  readonly fate: CommitFate;
  /** How much of its record the log file held when the store was opened again; undefined where nobody looked. */
  readonly recordInFile: 'whole' | 'part' | 'none' | undefined;
  readonly flushed: boolean | undefined;
  /** One sentence: why it is there, or why not. */
  readonly why: string;
}

export interface Verdict {
  readonly letter: VerdictLetter;
  readonly sentence: string;
  /** Whether what came back is the state after some number of commits, whole and in order; and how many. */
  readonly prefix: boolean;
  readonly prefixCommits: number;
  readonly acknowledged: number;
  readonly acknowledgedKept: number;
  readonly acknowledgedLost: number;
  readonly unacknowledgedKept: number;
  readonly unacknowledgedLost: number;
  readonly commits: readonly CommitVerdict[];
  readonly recovery: RecoveryReport | undefined;
}

/** The recovered store, open as a session of this worker (its trace is that of the recovery), and the verdict. */
export interface DrillOutcome {
  readonly session: SessionInfo;
  readonly verdict: Verdict;
}

// ---- power cut

/** Something that was written and not flushed: a sector, or a change of a file's length. */
export type PendingItem =
  | {
      readonly kind: 'sector';
      /** From 1, in the order in which they became pending: what `keep` and `torn` name. */
      readonly item: number;
      readonly file: FileName;
      readonly at: number;
      /** How often it was written since the last flush; `keep` keeps the last version. */
      readonly versions: number;
      readonly before: Uint8Array;
      readonly after: Uint8Array;
    }
  | {
      readonly kind: 'length';
      readonly item: number;
      readonly file: FileName;
      readonly before: number;
      readonly after: number;
    };

export type PowerCutBoardId = number;

export interface PowerCutBoard {
  readonly board: PowerCutBoardId;
  readonly stopped: boolean;
  readonly io: number;
  readonly pending: readonly PendingItem[];
}

export type PowerCutChoice = Pick<PowerCutCommand, 'keep' | 'torn' | 'others'>;

// ---- load and random kill

/** A load whose every operation follows from the seed and its number, so that anyone can tell what should be there. */
export interface LoadSpec {
  readonly seed: number;
  readonly keys: 'sequential' | 'random' | 'zipf';
  readonly keySpace: number;
  readonly valueBytes: number;
  /** Operations a commit. */
  readonly batch: number;
  /** Commits under way at once. */
  readonly clients: number;
  /** Every so many commits is relaxed; 0: all strict, 1: all relaxed. */
  readonly relaxedEvery: number;
  /** 0: until the worker ends. */
  readonly commits: number;
}

/** One message on the load's port: commits are numbered from 1 in order of submission. */
export interface LoadNote {
  /** Submitted when the note was sent; the worker may have gone on since, so more than that may be found. */
  readonly submitted: number;
  /** LSN of commit 1. */
  readonly firstLsn: Lsn;
  /** Numbers acknowledged since the last note. */
  readonly acknowledged: readonly number[];
}

/** What the page kept of a load. */
export interface LoadRecord {
  readonly spec: LoadSpec;
  readonly firstLsn: Lsn;
  readonly submitted: number;
  readonly acknowledged: readonly number[];
}
