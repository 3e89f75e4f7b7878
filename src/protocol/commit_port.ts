/**
 * Clients that commit over a MessagePort of their own: what the load, the benchmark and the tests of group commit
 * use. A request is answered once, when the commit is settled; requests may be pipelined.
 */
import type { Lsn } from '../base/ids';
import type { Batch } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store/types';
import type { Failure } from './failure';

export interface CommitRequest {
  readonly request: number;
  readonly operations: Batch;
  readonly mode: DurabilityMode;
  readonly client: number;
}

export type CommitAnswer =
  | { readonly request: number; readonly ok: true; readonly lsn: Lsn }
  | { readonly request: number; readonly ok: false; readonly failure: Failure };
