/**
 * The view of the MVCC room: what the events so far add up to. Pure, never changed in place, cheap per event: what a step
 * did not touch is shared with the view before it.
 *
 *   V1  `describeView(view)` equals `store.describe().versions` after every event of the store and of its transactions while
 *       the store is open, but for ticks, for what serializable transactions have read, and for where records lie.
 *   V2  Whatever is drawn keeps its id for life: a write is the same one in the memory of its transaction, on its way, and as
 *       a version; and after a crash that it survives.
 *   V3  What is kept is bounded: `KEYS_MAX` keys, `ENDED_MAX` transactions that have ended, `MOMENTS_MAX` moments.
 *
 * Values are in no event. Those that the commands of the run name are drawn, of the others their length.
 */
import { toHex } from '../../../base/bytes';
import type { ErrorCode } from '../../../base/errors';
import type { TxnId } from '../../../base/ids';
import type { LsmEvent } from '../../../lsm';
import type { IsolationLevel } from '../../../mvcc';
import { PersistentList } from '../../../lab/persistent_list';
import type { Command } from '../../../workload/command';
import { EMPTY_VIEW as EMPTY_TREE, type TreeView } from '../btree/model';

/** V3. */
export const KEYS_MAX = 4096;
export const ENDED_MAX = 48;
export const STEPS_MAX = 512;
export const MOMENTS_MAX = 2048;
export const EDGES_MAX = 48;
export const READS_MAX = 128;

/** One write of one key: buffered, on its way, or a version. */
export interface VersionView {
  /** V2. */
  readonly id: string;
  readonly key: Uint8Array;
  readonly keyHex: string;
  /** 0 while it is in the memory of its transaction. */
  readonly lsn: number;
  readonly isTombstone: boolean;
  readonly valueBytes: number;
  /** The value, where a command of this run named it and it is short text. */
  readonly text: string | undefined;
  /** Who wrote it; undefined outside of transactions. */
  readonly by: TxnId | undefined;
  /** The step that wrote it, or `NO_STEP`, and its line of engine source. */
  readonly seq: number;
  readonly site: number;
}

/** Versions of one key, newest first. */
export interface ChainView {
  readonly key: Uint8Array;
  readonly keyHex: string;
  readonly versions: readonly VersionView[];
}

/** A commit that has its number and is not published. */
export interface PendingView {
  readonly lsn: number;
  readonly transaction: TxnId | undefined;
  readonly snapshot: number;
  readonly versions: readonly VersionView[];
}

/** A read that found what its snapshot must not have, or did not find what it must: a protection is off. */
export interface StrayView {
  /**
   * `uncommitted`: another's write, from its memory. `unpublished`: of a commit that was on its way when the snapshot was taken.
   * `later`: published after that. `not_own`: its own write was passed by.
   */
  readonly why: 'uncommitted' | 'unpublished' | 'later' | 'not_own';
  readonly key: Uint8Array;
  /** Who wrote it, where it was a transaction. */
  readonly of: string | undefined;
  readonly lsn: number | undefined;
  /** Of the one who reads. */
  readonly snapshot: number;
  /** A commit with a smaller number that was not published either, and that the snapshot does not have. */
  readonly before: number | undefined;
}
/** A commit on its way that a snapshot has before it is published; of its keys, these. */
export interface AheadView {
  readonly lsn: number;
  readonly keysHex: readonly string[];
  /** The first commit that was on its way then, where that was another one. */
  readonly before: number | undefined;
}

export type TransactionState =
  'active' | 'committing' | 'committed' | 'aborted' | 'unknown' | 'refused' | 'idle' | 'cut_off';

export interface ConflictView {
  readonly key: Uint8Array;
  readonly keyHex: string;
  /** Of the commit that came first, and its snapshot where that is known. */
  readonly lsn: number;
  readonly from: number | undefined;
  readonly seq: number;
}

export interface TransactionView {
  readonly id: TxnId;
  /** V2: the number is given out anew by each opening. */
  readonly key: string;
  /** What its client calls it; undefined: a scan or a read that is a reader of its own. */
  readonly label: string | undefined;
  /** Where it is drawn. */
  readonly lane: string;
  readonly snapshot: number;
  /** None, but where a protection is off. */
  readonly ahead: readonly AheadView[];
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  readonly state: TransactionState;
  /** Its snapshot keeps versions alive. */
  readonly inUse: boolean;
  readonly beganAt: number;
  /** Moments on the axis of time; undefined while it goes on. */
  readonly from: number;
  readonly to: number | undefined;
  /** Of each key the last one, in key order. */
  readonly writes: readonly VersionView[];
  /** Keys that it read and had not written itself, the last ones; V3: at most `READS_MAX`. */
  readonly reads: readonly string[];
  readonly lsn: number | undefined;
  /** Another commit wrote one of its keys after its snapshot: it is refused; or, where that is not checked, hides it. */
  readonly conflict: ConflictView | undefined;
  /** It was refused as the middle one of a dangerous structure, or as its first. */
  readonly danger: { readonly as: 'pivot' | 'first'; readonly other: TxnId | undefined } | undefined;
  readonly code: ErrorCode | undefined;
}

/** Who keeps a snapshot in use. */
export interface ReaderView {
  readonly id: string;
  readonly name: string;
  readonly snapshot: number;
  readonly kind: 'transaction' | 'named' | 'scan';
  readonly since: number;
  /** Of a transaction: its step in the run. */
  readonly seq: number;
}

export interface NamedView {
  readonly name: string;
  readonly snapshot: number;
  readonly from: number;
  readonly seq: number;
}

export type StepKind =
  | 'begin'
  | 'read'
  | 'scan'
  | 'put'
  | 'delete'
  | 'commit'
  | 'settled'
  | 'read_only'
  | 'abort'
  | 'refused'
  | 'idle'
  | 'failed'
  | 'unknown'
  | 'keep'
  | 'release'
  | 'vacuum'
  | 'merge'
  | 'crash'
  | 'open'
  | 'not_opened';

/** What one of the lanes did at one moment. */
export interface StepView {
  readonly id: string;
  readonly lane: string;
  readonly moment: number;
  readonly kind: StepKind;
  readonly seq: number;
  readonly site: number;
  readonly transaction: TxnId | undefined;
  /** Of a read or a write. */
  readonly key: Uint8Array | undefined;
  readonly keyHex: string;
  /** Keys read by a scan, or written by a commit; versions collected. */
  readonly count: number;
  readonly lsn: number | undefined;
  readonly found: 'value' | 'tombstone' | 'nothing' | 'own' | undefined;
  /** The value that was read or written, where it is known. */
  readonly text: string | undefined;
  /** Of a scan: the last one of its keys that was such a read. */
  readonly stray: StrayView | undefined;
}

/** "Read before it was changed": in any serial order the reader comes first. */
export interface EdgeView {
  readonly id: string;
  readonly reader: TxnId;
  readonly writer: TxnId | undefined;
  readonly writerLsn: number | undefined;
  readonly key: Uint8Array;
  readonly keyHex: string;
  readonly isDanger: boolean;
  readonly seq: number;
}

/** A version that a cursor went over, and where it lies as far as the index has said. */
export interface HopView {
  readonly lsn: number;
  readonly why: 'newer' | 'older';
  readonly place: string;
}
/** The last read: how it came to its version. */
export interface TraceOfRead {
  readonly key: Uint8Array;
  readonly keyHex: string;
  readonly transaction: TxnId | undefined;
  readonly at: number;
  readonly hops: readonly HopView[];
  /** The rest of a long chain was jumped over. */
  readonly skips: number;
  /** Undefined while it is under way. */
  readonly found: 'value' | 'tombstone' | 'nothing' | 'own' | undefined;
  readonly lsn: number | undefined;
  readonly stray: StrayView | undefined;
  readonly place: string;
}

/** Bytes of version records, by who needs them. */
export interface BytesView {
  /** The newest of each key. */
  readonly live: number;
  /** Older ones that a snapshot in use keeps. */
  readonly held: number;
  /** What vacuum takes if it comes by now. */
  readonly garbage: number;
}

/** Whether a merge lets a version go on, and why, or for whom. */
export interface VerdictView {
  readonly isKept: boolean;
  readonly why: Extract<LsmEvent, { kind: 'lsm.entry_merged' }>['why'];
}

export interface VacuumView {
  readonly isUnderWay: boolean;
  readonly passes: number;
  /** Of the pass under way, or of the last one. */
  readonly pass: { readonly seen: number; readonly collected: number; readonly bytes: number };
  readonly collected: number;
  readonly bytes: number;
  readonly last: { readonly keyHex: string; readonly lsn: number } | undefined;
}

/** What a checkpoint has, so that an opening finds it again. */
export interface ImageView {
  readonly lsn: number;
  /** Of the superblock that names it; undefined while none does. */
  readonly epoch: number | undefined;
  readonly chains: readonly ChainView[];
}

/** The moments of the run that the lanes show: one for each thing that a session, or the store for it, does. */
export interface Clock {
  readonly moment: number;
  readonly command: number;
  /** Lanes that have done something in this moment. */
  readonly lanes: readonly string[];
}

/** What the last event was about. */
export interface Subject {
  readonly versions: readonly string[];
  readonly transactions: readonly TxnId[];
  readonly reader: string | undefined;
  readonly part: 'watermark' | 'published' | 'vacuum' | undefined;
}
export const NOBODY: Subject = { versions: [], transactions: [], reader: undefined, part: undefined };

export interface MvccView {
  readonly seq: number;
  /** `down`: nothing runs, what is drawn is what the files hold or may hold. */
  readonly state: 'none' | 'opening' | 'open' | 'read_only' | 'closed' | 'down';
  readonly hasFormat: boolean;
  readonly hasVersions: boolean;
  readonly logBytes: number;
  /** The store had versions when this run began to watch: only those it has met since are drawn. */
  readonly isPartial: boolean;
  /** More keys than are drawn. */
  readonly isCut: boolean;
  /** In key order. */
  readonly chains: readonly ChainView[];
  readonly pending: readonly PendingView[];
  readonly publishedLsn: number;
  readonly writtenLsn: number;
  readonly durableLsn: number;
  /** What only snapshots older than this could read may be gone. */
  readonly keptFrom: number;
  /** Oldest first; those that have ended, too, as long as they may be drawn. */
  readonly transactions: readonly TransactionView[];
  readonly named: readonly NamedView[];
  readonly vacuum: VacuumView;
  readonly steps: PersistentList<StepView>;
  readonly samples: PersistentList<BytesView>;
  readonly edges: readonly EdgeView[];
  readonly clock: Clock;
  readonly lanes: readonly string[];
  readonly read: TraceOfRead | undefined;
  /** The key that was read or written last: its chain is drawn. */
  readonly focus: string | undefined;
  /** The page or block that the index looked at last. */
  readonly place: string;
  readonly images: readonly ImageView[];
  /** The newest whole slot that the opening under way has seen; of an LSM tree, what its manifest has. */
  readonly opening: { readonly epoch: number; readonly flushedLsn: number | undefined } | undefined;
  /** Versions by key and number as an earlier life had them: what recovery brings back is the same (V2). */
  readonly remembered: ReadonlyMap<string, VersionView>;
  /** A commit that was handed in, until its transaction says that it is its own. */
  readonly submitted:
    | {
        readonly lsn: number;
        readonly operations: readonly {
          readonly kind: 'put' | 'delete';
          readonly key: Uint8Array;
          readonly valueBytes: number;
        }[];
      }
    | undefined;
  /** Where records lie: the tree under the versions, if that is their index, as its own room sees it. */
  readonly tree: TreeView;
  /** Of an LSM tree: versions that the merge under way drops; they are gone when its edit is in force. */
  readonly dropped: readonly { readonly key: Uint8Array; readonly keyHex: string; readonly lsn: number }[];
  /** Of an LSM tree: what the merge under way has said of each version that came by, by key and number. */
  readonly verdicts: ReadonlyMap<string, VerdictView>;
  /** Where records of commits lie in the log, the newest last. */
  readonly places: PersistentList<{ readonly lsn: number; readonly at: number; readonly bytes: number }>;
  readonly command: { readonly number: number; readonly command: Command | undefined };
  /** Openings so far: transactions count from 1 in each. */
  readonly life: number;
  readonly subject: Subject;
}

/** Reads and writes outside of any transaction; and what is done for all. */
export const ALONE = 'alone';
export const STORE = 'store';

/** Of what was written in another trace. */
export const NO_STEP = -1;

export const NO_VACUUM: VacuumView = {
  isUnderWay: false,
  passes: 0,
  pass: { seen: 0, collected: 0, bytes: 0 },
  collected: 0,
  bytes: 0,
  last: undefined,
};

export const EMPTY_VIEW: MvccView = {
  seq: -1,
  state: 'none',
  hasFormat: false,
  hasVersions: false,
  logBytes: 0,
  isPartial: false,
  isCut: false,
  chains: [],
  pending: [],
  publishedLsn: 0,
  writtenLsn: 0,
  durableLsn: 0,
  keptFrom: 0,
  transactions: [],
  named: [],
  vacuum: NO_VACUUM,
  steps: PersistentList.empty<StepView>(),
  samples: PersistentList.empty<BytesView>(),
  edges: [],
  clock: { moment: -1, command: -1, lanes: [] },
  lanes: [],
  read: undefined,
  focus: undefined,
  place: '',
  images: [],
  opening: undefined,
  remembered: new Map(),
  submitted: undefined,
  tree: EMPTY_TREE,
  dropped: [],
  verdicts: new Map(),
  places: PersistentList.empty(),
  command: { number: 0, command: undefined },
  life: 0,
  subject: NOBODY,
};

export const transactionOf = (view: MvccView, id: TxnId | undefined): TransactionView | undefined =>
  id === undefined
    ? undefined
    : view.transactions.findLast((one) => one.id === id && one.key.startsWith(`${view.life}.`));

/** V2: across lives. */
export const keyOfTransaction = (life: number, id: TxnId): string => `${life}.${id}`;

/** Who has a snapshot in use, the oldest snapshot first. */
export function readersOf({ named, transactions }: MvccView): readonly ReaderView[] {
  const open = transactions.filter(({ inUse }) => inUse);
  return [
    ...open.map(({ beganAt, from, key, label, lane, snapshot }): ReaderView => ({
      id: `t${key}`,
      name: label ?? (lane === ALONE ? 'a scan' : lane),
      snapshot,
      kind: label === undefined ? 'scan' : 'transaction',
      since: from,
      seq: beganAt,
    })),
    ...named.map(({ from, name, seq, snapshot }): ReaderView => ({
      id: `n${name}`,
      name,
      snapshot,
      kind: 'named',
      since: from,
      seq,
    })),
  ].sort((a, b) => a.snapshot - b.snapshot);
}

/** The oldest snapshot in use; what is published, if there is none. */
export function watermarkOf({ named, publishedLsn, transactions }: MvccView): number {
  let watermark = Infinity;
  for (const { inUse, snapshot } of transactions) if (inUse) watermark = Math.min(watermark, snapshot);
  for (const { snapshot } of named) watermark = Math.min(watermark, snapshot);
  return watermark === Infinity ? publishedLsn : watermark;
}

/** It answers reads. */
export const isRunning = ({ state }: MvccView): boolean => state === 'open' || state === 'read_only';

export const hexOfKey = (key: Uint8Array): string => toHex(key);
