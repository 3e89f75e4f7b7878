/** Failures of the host itself, and how any error becomes the plain `Failure` that crosses to the page. */
import { AssertionError } from '../base/assert';
import { isEngineError } from '../base/errors';
import type { Failure, FailurePlace, LabErrorCode, Reply } from '../protocol/failure';
import type { ScriptError } from '../workload/command';

export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;
  readonly place: FailurePlace;
  readonly scriptErrors: readonly ScriptError[] | undefined;

  constructor(code: LabErrorCode, message: string, place: FailurePlace = {}, scriptErrors?: readonly ScriptError[]) {
    super(message);
    this.code = code;
    this.place = place;
    this.scriptErrors = scriptErrors;
  }
}

export function scriptInvalid(errors: readonly ScriptError[]): LabError {
  const [first] = errors;
  const where = first === undefined ? '' : ` Line ${first.span.line}: ${first.message}`;
  return new LabError('script_invalid', `The script has ${errors.length} faulty lines.${where}`, {}, errors);
}

/** What is not an operating error is a bug of ours, and is shown as one. */
export function toFailure(error: unknown): Failure {
  if (isEngineError(error)) return error.toPlain();
  if (error instanceof LabError) {
    const { code, message, place, scriptErrors } = error;
    return scriptErrors === undefined ? { code, message, place } : { code, message, place, scriptErrors };
  }
  const message = error instanceof Error ? error.message : String(error);
  const what =
    error instanceof AssertionError ? message : `${error instanceof Error ? error.name : 'Error'}: ${message}`;
  return { code: 'assertion_failed', message: what, place: {} };
}

/** Runs a call and gives its outcome as a value: nothing is thrown across threads. */
export async function replyOf<T>(call: () => T | Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return { ok: false, failure: toFailure(error) };
  }
}
