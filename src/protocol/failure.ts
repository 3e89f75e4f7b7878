/**
 * How failures cross from worker to page: as values. A thrown error would arrive without its code and place, so no
 * method of the worker throws; each gives a `Reply`, and the page's `connect()` makes an error of it again.
 */
import { ERROR_CODES, type ErrorCode, type ErrorPlace } from '../base/errors';
import type { ScriptError, Span } from '../workload/command';

/** What can go wrong outside the engines. */
export const LAB_ERROR_CODES = [
  /** The script does not parse; `scriptErrors` says where. */
  'script_invalid',
  /** The command makes no sense now: a crash at an I/O that is past, a commit of a transaction nobody began. */
  'command_refused',
  /** The store is down after a crash, or was closed: `reopen` comes first. */
  'store_down',
  'session_unknown',
  'job_unknown',
  'job_cancelled',
  /** The base images are over the cap, or part of the history is gone, so the run cannot be replayed. */
  'replay_unavailable',
  'scratch_full',
  'dataset_unknown',
  'input_malformed',
  /** Page and worker are of different versions: reload. */
  'protocol_version',
  /** The worker is gone; every call that was waiting gets this. */
  'worker_died',
  /** An assertion failed: a bug of ours. */
  'assertion_failed',
] as const;

export type LabErrorCode = ErrorCode | (typeof LAB_ERROR_CODES)[number];

export interface FailurePlace extends ErrorPlace {
  readonly span?: Span;
}

export interface Failure {
  readonly code: LabErrorCode;
  readonly message: string;
  readonly place: FailurePlace;
  /** With `script_invalid`: all that is wrong, in the order of the text. */
  readonly scriptErrors?: readonly ScriptError[];
}

export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** The same methods, each with a `Reply` for a result: what comlink carries. */
export type OverTheWire<Api> = {
  [Name in keyof Api]: Api[Name] extends (...parameters: infer Parameters) => infer Result
    ? (...parameters: Parameters) => Promise<Reply<Awaited<Result>>>
    : never;
};

export function isEngineCode(code: LabErrorCode): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
