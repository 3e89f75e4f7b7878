/** What a script says, as plain data. `parser.ts` draws the grammar. */
import type { CarelessName } from '../storage/careless';
import type { FileName } from '../storage/file';
import type { Fate } from '../storage/simulated/fates';
import type { PersistenceProfile } from '../storage/simulated/profiles';
import type { DurabilityMode, FormatOptions, Protections, TuningOptions } from '../kv_store/types';

/** A stretch of one line of text. Lines and columns count from 1; columns are UTF-16 units, as editors count. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Which device the files lie on. `file`: real files, OPFS in the lab and a scratch folder in Node. */
export type DeviceKind = 'simulated' | 'memory' | 'file';

export type ProtectionName = keyof Protections;

/** Who commits, and how. Absent: client 0, and `strict`. */
export interface CommitWords {
  readonly client?: number;
  readonly mode?: DurabilityMode;
}

export interface PutWords {
  readonly kind: 'put';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
export interface DeleteWords {
  readonly kind: 'delete';
  readonly key: Uint8Array;
}

// ---- settings: the head of a script, before its first command

export type Setting =
  | { readonly kind: 'store'; readonly format: Partial<FormatOptions>; readonly tuning?: Partial<TuningOptions> }
  | { readonly kind: 'device'; readonly device: DeviceKind }
  | { readonly kind: 'seed'; readonly seed: number }
  /** What the simulated device may lose, and whether its flushes are honest. */
  | { readonly kind: 'profile'; readonly profile: PersistenceProfile['name'] }
  /** What the store does without from its first opening on: protections, and flushes or writes of its files. */
  | { readonly kind: 'without'; readonly names: readonly (ProtectionName | CarelessName)[] }
  /** The process ends at an I/O of the first opening, before there is any command. */
  | { readonly kind: 'opening_crash'; readonly io: number; readonly prefixBytes?: number };

// ---- commands

/** A write: at once, or as part of the transaction it names. */
export type WriteCommand = (PutWords | DeleteWords) & CommitWords & { readonly transaction?: string };
/** Several writes that happen together or not at all. */
export type BatchCommand = {
  readonly kind: 'batch';
  readonly operations: readonly (PutWords | DeleteWords)[];
} & CommitWords;

export interface GetCommand {
  readonly kind: 'get';
  readonly key: Uint8Array;
  readonly transaction?: string;
}
export interface ScanCommand {
  readonly kind: 'scan';
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly reverse: boolean;
  readonly limit?: number;
  readonly transaction?: string;
}

/** A cursor that is held open under a name: it sees the store, or its transaction, as of the command that opened it. */
export type CursorCommand =
  | {
      readonly kind: 'cursor';
      readonly cursor: string;
      readonly from?: Uint8Array;
      readonly to?: Uint8Array;
      readonly reverse: boolean;
      readonly transaction?: string;
    }
  /** Its next rows; one if nothing is said. */
  | { readonly kind: 'next'; readonly cursor: string; readonly rows?: number }
  | { readonly kind: 'end'; readonly cursor: string };

/** An older timestamp: itself, or that of a snapshot with a name. */
export type OlderTimestamp = number | string;

export interface BeginCommand {
  readonly kind: 'begin';
  readonly transaction: string;
  readonly readOnly: boolean;
  readonly serializable: boolean;
  readonly at?: OlderTimestamp;
}

/**
 * Over a store with versions these are its transactions. Over one without, the writes of a transaction are gathered, seen by
 * itself, and committed as one batch: nothing isolates two of them from each other.
 */
export type TransactionCommand =
  | BeginCommand
  | ({ readonly kind: 'commit'; readonly transaction: string } & CommitWords)
  | { readonly kind: 'abort'; readonly transaction: string };

/** What only a store with versions has. */
export type VersionsCommand =
  /** What is published now, or was then, is kept until it is released. */
  | { readonly kind: 'snapshot'; readonly snapshot: string; readonly at?: OlderTimestamp }
  | { readonly kind: 'release'; readonly snapshot: string }
  /** A slice that looks at about so many bytes of versions; all that is left of a pass, if nothing is said. */
  | { readonly kind: 'vacuum'; readonly bytes?: number };

export interface LoadCommand {
  readonly kind: 'load';
  readonly dataset: string;
  /** The first row, counted from 1. */
  readonly from?: number;
  readonly rows?: number;
  /** Rows a commit. */
  readonly batch?: number;
}

/**
 * The end of the process: every byte the files took stays. Without `at`, now. With it, later: I/O `at.io` of the
 * session does not happen, nor does anything after it, but for the first `prefixBytes` of it if it is a write.
 * `relative` counts from the commands that follow instead: 1 is their first I/O.
 */
export interface CrashCommand {
  readonly kind: 'crash';
  readonly at?: { readonly io: number; readonly relative: boolean };
  readonly prefixBytes?: number;
}

/** A sector torn: its first `atByte` bytes are new, the rest is as it was before. */
export interface TornItem {
  readonly item: number;
  readonly atByte: number;
}
/** An item that met any other fate than those: an older version, a tear of its own kind, noise, a length part-way. */
export interface OtherItem {
  readonly item: number;
  readonly fate: Fate;
}
/**
 * What survives of what was written and not flushed. The device's pending items, sectors and changes of a file's
 * length, are numbered from 1: the log's first, then the other files', each in the order in which it became pending.
 * Those named under `keep` are kept (`all`: all that are not named elsewhere), those under `torn` are torn, those under
 * `others` meet the fate that stands there, and all the rest is lost.
 */
export interface PowerCutCommand {
  readonly kind: 'power_cut';
  readonly keep: 'all' | readonly number[];
  readonly torn: readonly TornItem[];
  readonly others?: readonly OtherItem[];
}

export interface ReopenCommand {
  readonly kind: 'reopen';
  /** Open a damaged log read-only, with what is intact before the damage. */
  readonly salvage: boolean;
}

/**
 * How a failing call fails.
 *   error   it does nothing and throws
 *   short   it takes or gives only so many bytes (read, write)
 *   zeros   it gives zeros and says that all is well (read)
 *   drop    it throws, and what it should have made durable is gone (flush)
 *   after   it does its work, then throws: nobody can know (flush)
 *   lie     it does nothing and says that all is well (flush)
 */
export type FailureEffect =
  { readonly kind: 'error' | 'zeros' | 'drop' | 'after' | 'lie' } | { readonly kind: 'short'; readonly bytes: number };

/** The device fails the `nth` call of that kind from here on, of that file if one is named; until the next crash. */
export interface FailCommand {
  readonly kind: 'fail';
  readonly call: 'read' | 'write' | 'flush' | 'truncate';
  readonly nth: number;
  readonly file?: FileName;
  readonly forever: boolean;
  readonly effect: FailureEffect;
}

export type DeviceCommand =
  | FailCommand
  /** The store may grow by so many bytes more. The write that no longer fits is refused, or cut short. */
  | { readonly kind: 'disk_full'; readonly bytes: number; readonly short: boolean }
  /** Every flush of every file lies, until told otherwise. */
  | { readonly kind: 'disk_lies'; readonly on: boolean }
  | { readonly kind: 'flip'; readonly file: FileName; readonly offset: number; readonly bit: number };

/** These two hold from the next opening of the store on. */
export type OpeningCommand =
  | { readonly kind: 'tuning'; readonly tuning: Partial<TuningOptions> }
  | { readonly kind: 'protect'; readonly protection: ProtectionName; readonly on: boolean };

/** For the reader of a lesson: nothing happens to the store. */
export type NarrationCommand =
  { readonly kind: 'say'; readonly text: string } | { readonly kind: 'ask'; readonly text: string };

/**
 * `write` runs the waiting group as a schedule would: one write, and a flush only if a strict commit waits or too much
 * is un-flushed. `flush` writes and always flushes. `compact` makes the data files as small as their contents allow.
 */
export type PlainCommand = {
  readonly kind: 'write' | 'flush' | 'checkpoint' | 'compact' | 'check' | 'stats' | 'close';
};

export type Command =
  | WriteCommand
  | BatchCommand
  | GetCommand
  | ScanCommand
  | CursorCommand
  | TransactionCommand
  | VersionsCommand
  | PlainCommand
  | { readonly kind: 'step'; readonly bytes: number }
  | LoadCommand
  | CrashCommand
  | PowerCutCommand
  | ReopenCommand
  | DeviceCommand
  | OpeningCommand
  | NarrationCommand;

/** A command and the line it stands on. */
export interface ScriptLine {
  readonly line: number;
  readonly command: Command;
}

/** A whole script. `settings` come before the first command. */
export interface Script {
  readonly settings: readonly Setting[];
  readonly lines: readonly ScriptLine[];
}

/** One thing wrong with a script. */
export interface ScriptError {
  readonly span: Span;
  readonly message: string;
  /** What could have stood there. */
  readonly expected: readonly string[];
}
