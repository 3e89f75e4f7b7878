/** For tests: which error a call ends in. */
import { isEngineError, type ErrorCode } from '../errors';

/** Undefined if it ends well. An error that is none of an engine's goes on to the test. */
export function codeOf(call: () => unknown): ErrorCode | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return error.code;
  }
}
