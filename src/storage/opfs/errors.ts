/**
 * What browsers throw, in our codes. By the standard a failed read or write gives a short count and only quota throws;
 * in fact Chromium throws `InvalidStateError` for a failed read, write or flush, Firefox answers with a short count,
 * and one Chromium version answered 2^32 - 8. Counts are judged in `files.ts`, names here.
 */
import { EngineError, type ErrorCode, type ErrorPlace } from '../../base/errors';

export function errorName(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/** Held by somebody else, or by a worker that is not quite dead. Safari says the second. */
export function isBusy(error: unknown): boolean {
  const name = errorName(error);
  return name === 'NoModificationAllowedError' || name === 'InvalidStateError';
}

export function isNotFound(error: unknown): boolean {
  return errorName(error) === 'NotFoundError';
}

/** By quota, or because the disk under the browser is full. */
export function isNoRoom(error: unknown): boolean {
  return errorName(error) === 'QuotaExceededError';
}

/** `code`, unless the browser says that there is no room. A flush that fails for want of room is a failed flush (F5). */
export function deviceError(code: ErrorCode, what: string, place: ErrorPlace, cause: unknown): EngineError {
  if (code !== 'flush_failed' && isNoRoom(cause)) {
    return new EngineError('store_full', `${what}: the browser gives this site no more room.`, place, cause);
  }
  return new EngineError(code, `${what}: ${String(cause)}`, place, cause);
}
