/** What a command came to. One closed union, shown in words by the page and in one line by golden files. */
import type { Lsn, TxnId } from '../base/ids';
import type { Entry, Finding } from '../base/ordered_index';
import type { RecoveryReport, StoreStats, TicketState } from '../kv_store/types';
import type { Failure } from './failure';

export type CommandResult =
  /** A commit was handed to the store; `state` is where it stood when the command returned. */
  | { readonly kind: 'submitted'; readonly lsn: Lsn; readonly state: TicketState }
  /** A write was noted in a transaction. */
  | { readonly kind: 'noted'; readonly transaction: string; readonly operations: number }
  /** In a store with versions: the transaction, and as of when it reads. */
  | { readonly kind: 'begun'; readonly transaction: string; readonly id: TxnId; readonly snapshot: Lsn }
  /** The snapshot has a name now. */
  | { readonly kind: 'kept'; readonly name: string; readonly snapshot: Lsn }
  /** A slice, or all that was left of a pass: `done` says that this was its end. */
  | {
      readonly kind: 'vacuumed';
      readonly done: boolean;
      readonly versionsSeen: number;
      readonly versionsCollected: number;
      readonly bytesCollected: number;
    }
  | { readonly kind: 'value'; readonly value: Uint8Array | undefined }
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  | { readonly kind: 'flushed'; readonly durableLsn: Lsn }
  | { readonly kind: 'stepped'; readonly done: boolean }
  | { readonly kind: 'loaded'; readonly rows: number; readonly commits: number }
  | { readonly kind: 'opened'; readonly recovery: RecoveryReport }
  /** The process ended in this command at that I/O, or, with 0, by it. */
  | { readonly kind: 'crashed'; readonly io: number }
  | { readonly kind: 'power_cut'; readonly kept: number; readonly lost: number; readonly torn: number }
  | { readonly kind: 'checked'; readonly findings: readonly Finding[] }
  | { readonly kind: 'counted'; readonly stats: StoreStats }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A command of a session, as its log keeps it: enough to do it again. */
export interface CommandEntry {
  readonly command: number;
  readonly line: number;
  readonly text: string;
  readonly origin: 'script' | 'hand' | 'schedule';
  /** First record of the command (its `host.command_started`). */
  readonly firstSeq: number;
  /** I/Os called before it. */
  readonly ioBefore: number;
  readonly result: CommandResult;
}
