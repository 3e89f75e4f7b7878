/**
 * Versions, transactions and garbage for pictures: from the records of the index and from the manager's own tables, never
 * from the trace. Looking reads every record, and changes nothing.
 */
import { EngineError } from '../base/errors';
import type { Lsn, PageId, TxnId } from '../base/ids';
import type { Cursor, Entry, Operation } from '../base/ordered_index';
import { cursorOf } from '../base/entries';
import { garbageOf } from './garbage';
import { measureVersions, type VersionMeasure } from './measure';
import type { IsolationLevel, TransactionState } from './transaction';
import type { GarbageCollector, VacuumCounts } from './vacuum_counts';
import type { TransactionManager } from './transaction_manager';
import { commitOf, isOfPrefix, isTombstone, isVersion, prefixOf, userKeyOf, userValueOf } from './version_key';

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

export interface VacuumDescription {
  readonly isUnderWay: boolean;
  readonly last?: { readonly key: Uint8Array; readonly lsn: Lsn };
  /** Finished since opening. */
  readonly passes: number;
  /** Of the pass under way, or else of the last one. */
  readonly pass: VacuumCounts;
  readonly total: VacuumCounts;
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

export interface DescribeVersionsInput {
  /** All of the index, read without leaving a trace. */
  readonly records: Cursor;
  readonly transactions: TransactionManager;
  readonly vacuum: GarbageCollector;
  readonly placeOf?: (record: Uint8Array) => RecordPlace | undefined;
}

export function describeVersions({
  placeOf,
  records,
  transactions,
  vacuum,
}: DescribeVersionsInput): VersionsDescription {
  const entries = readable(records);
  const { snapshotsInUse, watermark } = transactions;
  return {
    ...transactions.describe(),
    keys: chainsOf(entries).map((chain) => describeKey(chain, watermark, placeOf)),
    snapshotsInUse,
    measure: measureVersions({ cursor: () => cursorOf(entries) }, snapshotsInUse, watermark),
    vacuum: vacuum.describe(),
  };
}

/** The length of the value instead of the value. */
export const summaryOf = (operation: Operation): TransactionDescription['writes'][number] => ({
  kind: operation.kind,
  key: operation.key.slice(),
  valueBytes: operation.kind === 'put' ? operation.value.length : 0,
});

function readable(records: Cursor): Entry[] {
  const entries: Entry[] = [];
  try {
    for (let record = records.next(); record; record = records.next()) {
      if (isVersion(record.key, record.value)) entries.push(record);
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  } finally {
    records.close();
  }
  return entries;
}

/** Records of the same key, newest first, key after key. */
function chainsOf(entries: readonly Entry[]): Entry[][] {
  const chains: Entry[][] = [];
  for (const entry of entries) {
    const chain = chains.at(-1);
    if (chain && isOfPrefix(entry.key, prefixOf(chain[0]!.key))) chain.push(entry);
    else chains.push([entry]);
  }
  return chains;
}

function describeKey(
  chain: readonly Entry[],
  watermark: Lsn,
  placeOf: DescribeVersionsInput['placeOf'],
): KeyDescription {
  const dated = chain.map(({ key, value }) => ({ lsn: commitOf(key), isTombstone: isTombstone(value) }));
  const garbage = new Set(garbageOf(dated, { watermark }));
  return {
    key: userKeyOf(chain[0]!.key).slice(),
    versions: dated.map((version, at): VersionDescription => {
      const { key, value } = chain[at]!;
      const isLive = at === 0 && !version.isTombstone;
      const place = placeOf?.(key);
      return {
        ...version,
        valueBytes: userValueOf(value)?.length ?? 0,
        bytes: key.length + value.length,
        state: garbage.has(version) ? 'garbage' : isLive ? 'live' : 'kept',
        ...(place && { place }),
      };
    }),
  };
}
