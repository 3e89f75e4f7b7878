/** What the page of the real faults and the harness outside the browser say to each other. */
import type { IndexChoice } from '../../../src/protocol/session';
import type { LoadSpec } from '../../../src/protocol/drill';
import type { Failure } from '../../../src/protocol/failure';
import type { RecoveryReport } from '../../../src/kv_store/types';

/** Said to the harness the moment it is known; what a page was told counts only once it has left the browser. */
export interface Heard {
  /** Which load: the harness numbers them. */
  readonly load: number;
  /** Commits submitted so far. */
  readonly submitted: number;
  /** Numbers of commits acknowledged since the last note. */
  readonly acknowledged: readonly number[];
}

export interface OpenRequest {
  /** Asks the owner for the store, instead of being told that there is one. */
  readonly takeOver?: boolean;
  /** Of a new store. */
  readonly index?: IndexChoice;
  readonly logBytes?: number;
  readonly extentBytes?: number;
  /** With a trace, from which short writes are counted. */
  readonly traced?: boolean;
}

export interface Opened {
  readonly failure?: Pick<Failure, 'code' | 'message'>;
  readonly recovery?: RecoveryReport;
  readonly milliseconds: number;
}

/**
 *   lab           the lab's own worker
 *   counting      the same, and it counts how often the browser refused it a lock or a file
 *
 * and for the tests of the harness, the same on files that
 *
 *   caching       keep what is written to themselves
 *   unflushed     do nothing when flushed
 *   flushed_late  are flushed a moment after they say so
 */
export type WorkerKind = 'lab' | 'counting' | 'caching' | 'unflushed' | 'flushed_late';

export interface LoadRequest {
  readonly load: number;
  readonly spec: LoadSpec;
}

/** A put, or without a value a delete; key and value are bare words. */
export interface Write {
  readonly key: string;
  readonly value?: string;
}

export interface CommitOutcome {
  readonly ok: boolean;
  readonly lsn?: number;
  readonly code?: string;
}

/** What a worker that spins did, counted in memory that outlives it. */
export interface ZombieCounts {
  readonly submitted: number;
  readonly acknowledged: number;
}
