/**
 * Reading at a timestamp: what was the value of a key, or of all keys, as of LSN s?
 *
 *     commit    1    2    3    4    5    6          records, in index order        read at 4
 *     apple     a                   d               apple 5 d, apple 1 a           a
 *     pear           b    †                         pear 3 †, pear 2 b             nothing: † is a tombstone
 *     plum                          e    f          plum 6 f, plum 5 e             nothing: there was none yet
 *                              ▲
 *                              4: of each key, the last version at or left of the line
 *
 * (Reed 1978, "Naming and Synchronization in a Decentralized Computer System", chapter 4; Bernstein and Goodman 1983,
 * "Multiversion Concurrency Control", section 2.) Because the number in the key is turned round (`version_key.ts`), the
 * version wanted is the first record from (key, s) on: one search, however many versions the key has.
 *
 * A scan walks over the records, and passes over what it does not want: versions newer than s, and what is older than the
 * one it has taken. Each step is a hop. Of a key with a thousand versions that would be a thousand hops, so after a few the
 * scan searches again, as a read of one key does, and goes on behind: a hop through a long chain seeks, it does not walk.
 *
 * A new search sees the index as it is now, not as it was when the scan began. That is no harm, and the reason why readers
 * need no lock: what is committed later has a larger number and is passed over, and what is collected meanwhile is nothing
 * that a snapshot in use can read (W1 in `snapshots.ts`).
 */
import type { Lsn, TxnId } from '../base/ids';
import type { Cursor, Entry, OrderedIndex, Range } from '../base/ordered_index';
import type { TraceSink } from '../base/trace';
import type { MvccEvent } from './events';
import {
  commitOf,
  isOfPrefix,
  LATEST,
  prefixOf,
  TIMESTAMP_BYTES,
  userKeyOf,
  userValueOf,
  versionKeyAt,
  versionPrefix,
  type Version,
} from './version_key';

/** What reading asks of an index: any ordered index will do. */
export type VersionSource = Pick<OrderedIndex, 'cursor' | 'seekFirst'>;

/** More versions of one key than this are not walked over: a search costs about as much as so many hops. */
export const HOPS_MAX = 8;

export class VersionReader {
  readonly #source: VersionSource;
  readonly #trace: TraceSink<MvccEvent> | null;

  constructor(source: VersionSource, trace: TraceSink<MvccEvent> | null = null) {
    this.#source = source;
    this.#trace = trace;
  }

  /** The newest version at or before `at`; undefined if the key had none by then. `transaction` is who asks. */
  read(key: Uint8Array, at: Lsn, transaction?: TxnId): Version | undefined {
    const version = this.versionAt(key, at);
    this.#trace?.emit({
      kind: 'mvcc.version_read',
      ...(transaction !== undefined && { transaction }),
      key: key.slice(),
      at,
      ...(version && { lsn: version.lsn }),
      found: version === undefined ? 'nothing' : version.value === undefined ? 'tombstone' : 'value',
    });
    return version;
  }

  /** As `read`, without a trace. */
  versionAt(key: Uint8Array, at: Lsn): Version | undefined {
    const prefix = versionPrefix(key);
    const entry = this.#source.seekFirst(prefix, { from: versionKeyAt(prefix, at) }, TIMESTAMP_BYTES);
    return entry && { lsn: commitOf(entry.key), value: userValueOf(entry.value) };
  }

  /** The commit that wrote the key last, whatever snapshot asks. */
  newestCommit(key: Uint8Array): Lsn | undefined {
    return this.versionAt(key, LATEST)?.lsn;
  }

  /** Keys and values of `range` as of `at`. */
  scan(range: Range, reverse: boolean, at: Lsn, transaction?: TxnId): Cursor {
    const options: ScanOptions = {
      source: this.#source,
      range: recordRange(range),
      at,
      transaction,
      trace: this.#trace,
    };
    return reverse ? new BackwardScan(options) : new ForwardScan(options);
  }
}

/** The records of the keys in `[from, to)`: all versions of a key lie between its prefix and the next one's. */
function recordRange({ from, to }: Range): Range {
  return { from: from && versionPrefix(from), to: to && versionPrefix(to) };
}

interface ScanOptions {
  readonly source: VersionSource;
  /** Of records. */
  readonly range: Range;
  readonly at: Lsn;
  readonly transaction: TxnId | undefined;
  readonly trace: TraceSink<MvccEvent> | null;
}

/** What both directions have in common: saying what they pass over and what they take. */
abstract class Scan implements Cursor {
  protected readonly options: ScanOptions;
  protected records: Cursor;

  constructor(options: ScanOptions, reverse: boolean) {
    this.options = options;
    this.records = options.source.cursor(options.range, reverse);
  }

  abstract next(): Entry | undefined;

  close(): void {
    this.records.close();
  }

  protected passed(record: Entry, why: 'newer' | 'older'): void {
    const { trace, transaction } = this.options;
    trace?.emit({
      kind: 'mvcc.version_passed',
      ...(transaction !== undefined && { transaction }),
      key: userKeyOf(record.key).slice(),
      lsn: commitOf(record.key),
      why,
    });
  }

  /** Goes on from elsewhere. */
  protected skipTo(range: Range, reverse: boolean, skipped: Entry): void {
    const { source, trace, transaction } = this.options;
    this.records.close();
    this.records = source.cursor(range, reverse);
    trace?.emit({
      kind: 'mvcc.chain_skipped',
      ...(transaction !== undefined && { transaction }),
      key: userKeyOf(skipped.key).slice(),
    });
  }

  /** The entry that a reader gets; undefined for a tombstone. */
  protected taken(record: Entry): Entry | undefined {
    const { at, trace, transaction } = this.options;
    const key = userKeyOf(record.key);
    const value = userValueOf(record.value);
    trace?.emit({
      kind: 'mvcc.version_read',
      ...(transaction !== undefined && { transaction }),
      key: key.slice(),
      at,
      lsn: commitOf(record.key),
      found: value === undefined ? 'tombstone' : 'value',
    });
    return value && { key, value };
  }
}

/** The newest version comes first: the first one that is old enough is taken, the others of its key are passed over. */
class ForwardScan extends Scan {
  /** Of the key that the last record was of. */
  #prefix: Uint8Array | undefined;
  #isTaken = false;
  #hops = 0;

  constructor(options: ScanOptions) {
    super(options, false);
  }

  next(): Entry | undefined {
    for (let record = this.records.next(); record; record = this.records.next()) {
      if (this.#prefix === undefined || !isOfPrefix(record.key, this.#prefix)) {
        this.#prefix = prefixOf(record.key);
        this.#isTaken = false;
        this.#hops = 0;
      }
      const isNewer = commitOf(record.key) > this.options.at;
      if (isNewer || this.#isTaken) {
        this.#pass(record, isNewer ? 'newer' : 'older');
        continue;
      }
      this.#isTaken = true;
      this.#hops = 0;
      const entry = this.taken(record);
      if (entry) return entry;
    }
    return undefined;
  }

  #pass(record: Entry, why: 'newer' | 'older'): void {
    this.passed(record, why);
    if (++this.#hops < HOPS_MAX) return;
    const { at, range } = this.options;
    // To the version wanted; or to the end of this key's versions, which no number is small enough to be behind.
    const from = this.#isTaken ? pastVersions(this.#prefix!) : versionKeyAt(this.#prefix!, at);
    this.skipTo({ from, to: range.to }, false, record);
    this.#hops = 0;
  }
}

/** The smallest record key past all versions of a key: its prefix ends in 01, so the next one ends in 02. */
function pastVersions(prefix: Uint8Array): Uint8Array {
  const past = prefix.slice();
  past[past.length - 1]!++;
  return past;
}

/** The oldest version comes first: the last one that is still old enough is taken, and nobody knows before the next record. */
class BackwardScan extends Scan {
  /** Of the next key down: read to know that the one before had no more. */
  #ahead: Entry | undefined;

  constructor(options: ScanOptions) {
    super(options, true);
    try {
      this.#ahead = this.records.next();
    } catch (error) {
      this.close(); // Nobody else has it yet, to close what the index keeps for it.
      throw error;
    }
  }

  next(): Entry | undefined {
    while (this.#ahead) {
      const record = this.#lastOfKey(this.#ahead);
      const entry = record && this.taken(record);
      if (entry) return entry;
    }
    return undefined;
  }

  /** @returns the record wanted of the key that `oldest` is of; leaves that of the next key in `#ahead` */
  #lastOfKey(oldest: Entry): Entry | undefined {
    const { at, range, source } = this.options;
    const prefix = prefixOf(oldest.key);
    let found: Entry | undefined;
    let record: Entry | undefined = oldest;
    for (let hops = 0; record && isOfPrefix(record.key, prefix); record = this.records.next()) {
      if (++hops > HOPS_MAX) {
        this.skipTo({ from: range.from, to: prefix }, true, record);
        this.#ahead = this.records.next();
        return source.seekFirst(prefix, { from: versionKeyAt(prefix, at) }, TIMESTAMP_BYTES);
      }
      if (commitOf(record.key) > at) this.passed(record, 'newer');
      else {
        if (found) this.passed(found, 'older');
        found = record;
      }
    }
    this.#ahead = record;
    return found;
  }
}
