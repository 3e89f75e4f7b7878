/** What every implementation of the seam refuses in the same words (F6, F7, F8 of `file.ts`). */
import { assert } from '../base/assert';
import { EngineError } from '../base/errors';
import type { FileName } from './file';

/** F8, for an offset as well as for a size. */
export function assertOffset(at: number): void {
  assert(Number.isSafeInteger(at) && at >= 0, 'F8: an offset or a size is a whole number from 0 to 2^53 - 1');
}

/** F6. */
export function fileClosed(file: FileName): EngineError {
  return new EngineError('file_closed', `The file ${file} is closed.`, { file });
}

/** F7. `where` names the place in words: "this memory", "the folder x". */
export function storageInUse(where: string): EngineError {
  return new EngineError('storage_in_use', `Another part of the program has the store in ${where} open.`);
}

/** Some or all of the four files are not there, and the caller did not ask for them to be created. */
export function filesMissing(missing: readonly FileName[]): EngineError {
  const [first] = missing;
  assert(first !== undefined, 'at least one file is missing');
  return new EngineError('file_missing', `Missing from the store: ${missing.join(', ')}.`, { file: first });
}
