/**
 * Crash states: every disk state that a crash at every I/O of a run may leave, and what recovery makes of each.
 *
 *     page                              lab worker             worker 0 .. n-1 of a pool
 *      | crashSource(session) --------------> |                        |
 *      | planCrashes(request) --------------> |  runs it, counts       |
 *      | searchCrashes(request with share i of n, port) ------------> each runs it again, takes its share
 *      | <---- CrashBatch: cells, progress ------------------------------|
 *      | openCrashCell(request, id) --------> |  mounts that disk, recovers it for real, as a session
 *      | shrinkCrash(request, id) -----------------------------------> | the smallest run that fails alike
 *
 * A request is all that a worker needs: the same request gives the same run, the same points and the same states in
 * any worker, so a state is named by a short text and never has to be sent.
 *
 *   Q1  Shares are cut by image: states that show the same bytes to the same clients are of one share, so a state is
 *       judged once in the whole pool, and the shares together are the whole.
 *   Q2  An id says everything about a state but the run: which I/O, how much of it landed, and the fate of each pending
 *       item (`src/crash/state_id.ts` draws it).
 */
import type { Entry } from '../base/ordered_index';
import type { FormatOptions, Protections, RecoveryReport, TuningOptions } from '../kv_store/types';
import type { CheckName } from '../crash/checker';
import type { CarelessName } from '../storage/careless';
import type { FileName } from '../storage/file';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { PendingItem, PlannedCommand, Verdict, VerdictLetter } from './drill';
import type { JobId } from './job';
import type { SessionInfo, SessionSettings, StoreImages } from './session';
import type { SessionId } from './trace';

export type ProfileName = PersistenceProfile['name'];

// ---- what to search

/** What is run up to the crash. A session's is a copy: its first bytes and every command since. */
export type CrashSource =
  | { readonly kind: 'script'; readonly text: string }
  | {
      readonly kind: 'commands';
      readonly settings: SessionSettings;
      readonly images: StoreImages;
      readonly commands: readonly PlannedCommand[];
      /** Data sets they load, by name. */
      readonly datasets: Readonly<Record<string, readonly Entry[]>>;
    };

export interface CrashRequest {
  readonly source: CrashSource;
  readonly profile: ProfileName;
  /** Names of `CrashSwitch`es that are off, besides what the source says. */
  readonly switchedOff: readonly string[];
  /** A point with more states than this is sampled: the structured cover, then seeded random ones up to this number. */
  readonly statesMax: number;
  readonly seed: number;
  /** Which part of the states to judge; `{ index: 0, of: 1 }` is all of them. */
  readonly share: { readonly index: number; readonly of: number };
  /** Only crashes at these I/Os; absent: at every one. */
  readonly points?: readonly number[];
  /** Whether each state's recovery is crashed as well, at each of its I/Os: several times the work. */
  readonly crashRecovery: boolean;
}

/** A row of the switchboard, and a mutant of the suite: one safeguard that can be left out. */
export interface CrashSwitch {
  /** A key of `Protections`, or the name of a wrapper around the files. */
  readonly name: string;
  readonly kind: 'protection' | 'files';
  /** What being without it means, in words: "The flush of the log does nothing." */
  readonly sentence: string;
  /** The least harsh profile under which the suite kills it. */
  readonly profile: ProfileName;
  /** What has to go wrong besides the crash before it matters; absent: nothing. */
  readonly besides?: string;
  /** Which stores it does something for: all, or those over one index alone. */
  readonly of: 'every_store' | 'btree' | 'lsm';
}

// ---- the plan: every crash point, before anything is judged

/** A crash just before I/O `io` reaches the device; one past the last I/O is the end of the run. */
export interface CrashPoint {
  readonly io: number;
  /** Absent at the end of the run. */
  readonly call?: {
    readonly kind: 'write' | 'flush' | 'truncate';
    readonly file: FileName;
    /** Of a write: where; of a truncate: the new length. */
    readonly at: number;
    readonly bytes: number;
  };
  /** Index into `commands` of the command that made it; -1: the opening. */
  readonly command: number;
  /** Flushes that had returned before: between two of them lies an epoch, whose writes reach the disk in any order. */
  readonly epoch: number;
  readonly submitted: number;
  /** Commits acknowledged when the crash came, and how many of them the profile promises to keep. */
  readonly acknowledged: number;
  readonly promised: number;
  /** Number of pending items: `crashPending` lists them. */
  readonly pending: number;
  readonly states: StateCount;
  /** How many of them are judged, all shares together. */
  readonly judged: number;
}

/** How many states are legal: exact, or known only to exceed a number too large to count (noise has no end). */
export type StateCount =
  { readonly kind: 'exact'; readonly states: number } | { readonly kind: 'more_than'; readonly states: number };

export interface CrashPlan {
  readonly profile: ProfileName;
  readonly format: FormatOptions;
  /** The commands of the source in order, as text. */
  readonly commands: readonly string[];
  readonly points: readonly CrashPoint[];
  readonly judged: number;
  /** Points of which every legal state is judged. */
  readonly exhaustivePoints: number;
}

// ---- the cells of the map

export type { CheckName };

export interface CrashCell {
  readonly id: string;
  readonly io: number;
  readonly letter: VerdictLetter;
  /** Hash of what the disk shows: 16 hex digits. */
  readonly image: string;
  /** What was found, in one sentence. */
  readonly sentence: string;
  /** How many commits came back; absent where no number of them gives what did. */
  readonly commits?: number;
  /** The check that failed: with S and F, and with a D that nothing but a missing safeguard explains. */
  readonly check?: CheckName;
  /** The cell with the same image that was judged in its place. */
  readonly duplicateOf?: string;
}

export type LetterCounts = Readonly<Record<VerdictLetter, number>>;

export interface CrashProgress {
  /** States of this share that were looked at, of so many in the whole search. */
  readonly done: number;
  readonly total: number;
  readonly distinct: number;
  /** Crashes inside recovery that were tried on them; not counted as states. */
  readonly recoveryCrashes: number;
  /** By distinct states. */
  readonly letters: LetterCounts;
  /** CPU milliseconds spent, to say how fast. */
  readonly milliseconds: number;
}

/** One message on the port of a search. The last one has `finished`. */
export interface CrashBatch {
  readonly cells: readonly CrashCell[];
  readonly progress: CrashProgress;
  readonly finished: boolean;
}

// ---- one state

/** A key on both sides: what should be there, and what came back. An absent value: no such key. */
export interface ComparedRow {
  readonly key: Uint8Array;
  readonly expected?: Uint8Array;
  readonly recovered?: Uint8Array;
  readonly same: boolean;
}

/** A state, mounted and recovered for real: the session's trace is that of the recovery. */
export interface CrashOpened {
  readonly cell: CrashCell;
  readonly session: SessionInfo;
  readonly verdict: Verdict;
  readonly recovery: RecoveryReport | undefined;
  /** What should be there: the state after `expectedCommits` commits. */
  readonly expectedCommits: number;
  readonly rows: readonly ComparedRow[];
  /** The board of the point, and which fate each item met (`fates[i]` is that of `pending[i]`, in words). */
  readonly pending: readonly PendingItem[];
  readonly fates: readonly string[];
}

/** A failure in its smallest form, and how to see it again. */
export interface CrashFinding {
  /** The cell of the shrunk run. */
  readonly cell: CrashCell;
  /** Runs by itself in the lab: settings, commands, the crash, the cut, `reopen`. */
  readonly script: string;
  /** The run alone, without crash and cut: what a `CrashRequest` takes as its source. */
  readonly workload: string;
  /** `seed 7 state 12:k.-.t100 script "put a 1; flush"`: all of it on one line. */
  readonly line: string;
  readonly seed: number;
  readonly format: FormatOptions;
  readonly protections: Protections;
  readonly switchedOff: readonly string[];
  /** Those of them that are wrappers around the files. */
  readonly careless: readonly CarelessName[];
  readonly tuning: Partial<TuningOptions>;
  /** Where the crash falls into the first opening. */
  readonly openingCrash?: { readonly io: number; readonly prefixBytes?: number };
  readonly profile: ProfileName;
  /** How much smaller: commands and differing sectors, before and after. */
  readonly shrunk: {
    readonly commands: readonly [before: number, after: number];
    readonly items: readonly [before: number, after: number];
  };
}

// ---- the calls: part of `LabApi`

export interface CrashApi {
  /** Everything that can be switched off, by the names that a request takes. */
  crashSwitches(): Promise<readonly CrashSwitch[]>;
  /** The run of a session so far, for a request; a copy. Fails with `replay_unavailable` like `fork`. */
  crashSource(session: SessionId): Promise<CrashSource>;
  /** Runs the source once and counts; `share` is ignored. */
  planCrashes(request: CrashRequest): Promise<CrashPlan>;
  /** What is pending at a point, numbered as in its ids. */
  crashPending(request: CrashRequest, io: number): Promise<readonly PendingItem[]>;
  /** Job: judges the states of the share in program order, posting a `CrashBatch` now and then. */
  searchCrashes(request: CrashRequest, port: MessagePort): Promise<JobId>;
  /** Mounts one state and recovers it; fails with `command_refused` if the id is none of the request's profile. */
  openCrashCell(request: CrashRequest, id: string): Promise<CrashOpened>;
  /** The run with this state at its end, as a script that comes to the same bytes in a session. */
  crashScript(request: CrashRequest, id: string): Promise<string>;
  /** Milliseconds that the run takes on real files, without a crash; in memory where there are none. */
  timeCrashSource(request: CrashRequest): Promise<number>;
  /** The smallest run and state that fail like this one. Takes seconds: ask a worker that can be spared. */
  shrinkCrash(request: CrashRequest, id: string): Promise<CrashFinding>;
}
