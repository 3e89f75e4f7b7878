/**
 * Versions, transactions and garbage for pictures: from the records of the index and from the manager's own tables, never
 * from the trace. Looking reads every record, and changes nothing.
 */
import { EngineError } from '../base/errors';
import type { Lsn } from '../base/ids';
import type { Cursor, Entry } from '../base/ordered_index';
import { cursorOf } from '../base/entries';
import type { KeyDescription, RecordPlace, VersionDescription, VersionsDescription } from './descriptions';
import { garbageOf } from './garbage';
import { measureVersions } from './measure';
import type { TransactionManager } from './transaction_manager';
import type { GarbageCollector } from './vacuum_counts';
import { commitOf, isOfPrefix, isTombstone, isVersion, prefixOf, userKeyOf, userValueOf } from './version_key';

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
