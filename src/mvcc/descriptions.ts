/** What is told of versions and transactions to whoever draws them. `describe.ts` makes it. */
import type { Lsn, PageId, TxnId } from '../base/ids';
import type { Operation } from '../base/ordered_index';
import type { VersionMeasure } from './measure';
import type { IsolationLevel, TransactionState } from './transaction';
import type { VacuumDescription } from './vacuum_counts';

/** Where a record lies, in an index of pages. */
export interface RecordPlace {
  readonly page: PageId;
  readonly slot: number;
}

export interface VersionDescription {
  readonly lsn: Lsn;
  readonly isTombstone: boolean;
  readonly valueBytes: number;
  /** Of its record: key and value as the index has them. */
  readonly bytes: number;
  /**
   *   live     the newest of its key, and no tombstone: what is read now
   *   kept     not the newest, or a tombstone; it stays because of a snapshot in use
   *   garbage  what vacuum takes, if it comes by now
   */
  readonly state: 'live' | 'kept' | 'garbage';
  /** In a B-tree. */
  readonly place?: RecordPlace;
}

export interface KeyDescription {
  readonly key: Uint8Array;
  /** Newest first: the version chain. */
  readonly versions: readonly VersionDescription[];
}

/** A scan, and how far it has come. */
export interface RangeDescription {
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly reverse: boolean;
  readonly reached?: Uint8Array;
  /** It has seen all of the range. */
  readonly isWhole: boolean;
}

export interface ReadsDescription {
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly RangeDescription[];
}

export interface TransactionDescription {
  readonly id: TxnId;
  readonly label?: string;
  readonly snapshot: Lsn;
  readonly level: IsolationLevel;
  readonly readOnly: boolean;
  readonly state: TransactionState;
  /** The last of each key, in key order. */
  readonly writes: readonly {
    readonly kind: Operation['kind'];
    readonly key: Uint8Array;
    readonly valueBytes: number;
  }[];
  /** Of a serializable one: of the others, nobody keeps what they read. */
  readonly reads?: ReadsDescription;
  readonly ageTicks: number;
  readonly idleTicks: number;
}

export interface VersionsDescription {
  /** In key order. As far as they can be read, where a page is damaged. */
  readonly keys: readonly KeyDescription[];
  /** Under way, oldest first. */
  readonly transactions: readonly TransactionDescription[];
  readonly snapshots: readonly { readonly name: string; readonly snapshot: Lsn }[];
  /** Timestamps that somebody reads at, oldest first; `measure.heldBytes` is in this order. */
  readonly snapshotsInUse: readonly Lsn[];
  readonly watermark: Lsn;
  readonly keptFrom: Lsn;
  readonly measure: VersionMeasure;
  readonly vacuum: VacuumDescription;
}

/** The length of the value instead of the value. */
export const summaryOf = (operation: Operation): TransactionDescription['writes'][number] => ({
  kind: operation.kind,
  key: operation.key.slice(),
  valueBytes: operation.kind === 'put' ? operation.value.length : 0,
});
