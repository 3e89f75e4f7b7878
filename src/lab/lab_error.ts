/** A failure of the worker's side, as the page's code sees it: an error with the code, the place and what to do. */
import type { Failure, FailurePlace, LabErrorCode } from '../protocol/failure';
import type { ScriptError } from '../workload/command';

export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;
  readonly place: FailurePlace;
  readonly scriptErrors: readonly ScriptError[];

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.place = failure.place;
    this.scriptErrors = failure.scriptErrors ?? [];
  }
}

/** Anything thrown, as a `Failure` that can be shown. What is no `LabError` is a bug of ours, and is shown as one. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LabError) {
    return { code: error.code, message: error.message, place: error.place, scriptErrors: error.scriptErrors };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'assertion_failed', message, place: {} };
}
