/**
 * Transactions over a map in memory, with a log that has no bytes: commits get their numbers, wait for a flush that somebody
 * calls, and are published in order. Nothing survives it. For unit tests, and for whoever wants many thousand histories of
 * the real transactions without the cost of a device; the store (`kv_store`) is what they run on elsewhere.
 */
import { assert } from '../base/assert';
import type { EngineError } from '../base/errors';
import { lsn, type Lsn } from '../base/ids';
import { seekFirstByCursor, type Batch, type Cursor, type Entry, type Range } from '../base/ordered_index';
import { OrderedMap } from '../base/ordered_map';
import type { Clock } from '../base/runtime';
import type { TraceSink } from '../base/trace';
import type { MvccEvent } from './events';
import { ALL_MVCC_PROTECTIONS, type MvccProtections } from './protections';
import type { CommitReceipt } from './transaction';
import { TransactionManager } from './transaction_manager';
import { Vacuum } from './vacuum';
import { versionsOf } from './version_key';
import type { VersionSource } from './version_reader';

export interface MemoryStoreOptions {
  readonly protections?: MvccProtections;
  readonly clock?: Clock;
  readonly idleTicksMax?: number;
  readonly trace?: TraceSink<MvccEvent> | null;
}

interface Waiting {
  readonly lsn: Lsn;
  readonly batch: Batch;
  readonly listeners: ((error?: EngineError) => void)[];
  outcome: 'waiting' | 'published' | EngineError;
}

export class MemoryVersions {
  readonly transactions: TransactionManager;
  readonly vacuum: Vacuum;
  readonly #index = new VersionMap();
  #waiting: Waiting[] = [];
  #publishedLsn = lsn(0);

  constructor({ clock, idleTicksMax, protections = ALL_MVCC_PROTECTIONS, trace = null }: MemoryStoreOptions = {}) {
    this.transactions = new TransactionManager({
      source: this.#index,
      publishedLsn: () => this.#publishedLsn,
      submit: (batch) => this.#submit(batch),
      ...(clock && { clock }),
      ...(idleTicksMax !== undefined && { idleTicksMax }),
      protections,
      trace,
    });
    this.vacuum = new Vacuum({
      index: this.#index,
      forget: (keys) => this.#index.forget(keys),
      collect: this.transactions.collect,
      keepVersionAtWatermark: protections.keepVersionAtWatermark,
      trace,
    });
  }

  /** Commits on their way: submitted, and not published. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** The records as they are: all versions of all keys. */
  get records(): VersionSource {
    return this.#index;
  }

  /** The first commit on its way becomes visible, whole, and its client is told. False: there is none. */
  publishNext(): boolean {
    const first = this.#waiting.shift();
    if (!first) return false;
    assert(first.lsn === this.#publishedLsn + 1, 'commits are published in the order of the log');
    this.#index.apply(versionsOf(first.batch, first.lsn));
    this.#publishedLsn = first.lsn;
    settle(first, 'published');
    return true;
  }

  flush(): void {
    while (this.publishNext());
  }

  /** The device did not take the group: none of what was on its way has happened, and its numbers are given out again. */
  refuse(error: EngineError): void {
    for (const waiting of this.#waiting.splice(0)) settle(waiting, error);
  }

  #submit(batch: Batch): CommitReceipt {
    const last = this.#waiting.at(-1)?.lsn ?? this.#publishedLsn;
    const waiting: Waiting = { lsn: lsn(last + 1), batch, listeners: [], outcome: 'waiting' };
    this.#waiting.push(waiting);
    return {
      lsn: waiting.lsn,
      onSettled: (listener) => {
        if (waiting.outcome === 'waiting') waiting.listeners.push(listener);
        else listener(waiting.outcome === 'published' ? undefined : waiting.outcome);
      },
    };
  }
}

function settle(waiting: Waiting, outcome: 'published' | EngineError): void {
  waiting.outcome = outcome;
  for (const listener of waiting.listeners.splice(0)) listener(outcome === 'published' ? undefined : outcome);
}

/** As much of an ordered index as versions need. */
class VersionMap implements VersionSource {
  readonly #map = new OrderedMap();

  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined {
    return seekFirstByCursor((within) => this.#map.cursor(within, false), prefix, range, restBytes);
  }

  cursor(range: Range, reverse: boolean): Cursor {
    return this.#map.snapshot().cursor(range, reverse);
  }

  apply(versions: Batch): void {
    for (const version of versions) if (version.kind === 'put') this.#map.put(version.key, version.value);
  }

  forget(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#map.delete(key);
  }
}
