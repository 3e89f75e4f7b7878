/** What may differ from one opening of a store to the next: defaults, and values that would promise nothing. */
import { EngineError } from '../base/errors';
import type { TuningOptions } from './types';

const RELAXED_FLUSH_BYTES = 256 * 1024;
/** What a page may take for itself without asking: `notes/btrees.md` has what more or less of it does. */
export const POOL_BYTES = 16 * 1024 * 1024;

/** Throws `option_invalid`; called before a store is touched. A limit that is not a number would never be reached. */
export function checkTuning(options: Partial<TuningOptions>): void {
  for (const [name, value] of Object.entries<number>({ ...options })) {
    if (!(value >= 1)) throw new EngineError('option_invalid', `${name} is ${value}; it has to be at least 1.`);
  }
}

/** Fills in defaults, and keeps a checkpoint from starting so late that the log is full before it ends. */
export function completeTuning(options: Partial<TuningOptions>, logBytes: number): TuningOptions {
  return {
    checkpointLogBytes: Math.min(options.checkpointLogBytes ?? logBytes / 2, logBytes / 2),
    relaxedFlushBytes: options.relaxedFlushBytes ?? Math.min(RELAXED_FLUSH_BYTES, logBytes / 4),
    poolBytes: options.poolBytes ?? POOL_BYTES,
  };
}
