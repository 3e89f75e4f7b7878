/** What may differ from one opening of a store to the next: defaults, and values that would promise nothing. */
import { EngineError } from '../base/errors';
import type { LsmTuning } from '../lsm';
import type { TuningOptions } from './types';

const RELAXED_FLUSH_BYTES = 256 * 1024;
/** What a page may take for itself without asking: `notes/btrees.md` has what more or less of it does. */
export const POOL_BYTES = 16 * 1024 * 1024;

/** Half of it may be garbage: a pass then looks at two bytes for each one that was written since the last. */
const VACUUM_PERCENT = 50;
/** Less is not worth a pass, whatever share it is. */
const VACUUM_BYTES_MIN = 64 * 1024;

/** Throws `option_invalid`; called before a store is touched. A limit that is not a number would never be reached. */
export function checkTuning(options: Partial<TuningOptions>, hasClock: boolean): void {
  const { lsm, ...bytes } = options;
  checkNumbers(bytes);
  if (options.idleTicksMax !== undefined && !hasClock)
    throw new EngineError('option_invalid', 'idleTicksMax counts ticks of a clock, and there is none.');
  if (lsm) checkLsmTuning(lsm);
}

function checkNumbers(options: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(value! >= 1)) throw new EngineError('option_invalid', `${name} is ${value}; it has to be at least 1.`);
  }
}

function checkLsmTuning({ filter, policy, ...bytes }: Partial<LsmTuning>): void {
  checkNumbers(bytes);
  if (filter && !(filter.bitsPerKey >= 0)) {
    throw new EngineError('option_invalid', `bitsPerKey is ${filter.bitsPerKey}; it has to be at least 0.`);
  }
  if (policy && !isWhole(policy.ratio, 2)) {
    throw new EngineError('option_invalid', `ratio is ${policy.ratio}; it has to be a whole number, 2 at least.`);
  }
  if (policy?.kind === 'leveled' && !isWhole(policy.l0Tables, 1)) {
    throw new EngineError('option_invalid', `l0Tables is ${policy.l0Tables}; it has to be a whole number, 1 at least.`);
  }
}

const isWhole = (value: number, min: number): boolean => Number.isSafeInteger(value) && value >= min;

/** Fills in defaults, and keeps a checkpoint from starting so late that the log is full before it ends. */
export function completeTuning(options: Partial<TuningOptions>, logBytes: number): TuningOptions {
  return {
    checkpointLogBytes: Math.min(options.checkpointLogBytes ?? logBytes / 2, logBytes / 2),
    relaxedFlushBytes: options.relaxedFlushBytes ?? Math.min(RELAXED_FLUSH_BYTES, logBytes / 4),
    poolBytes: options.poolBytes ?? POOL_BYTES,
    vacuumPercent: options.vacuumPercent ?? VACUUM_PERCENT,
    vacuumBytesMin: options.vacuumBytesMin ?? VACUUM_BYTES_MIN,
    ...(options.idleTicksMax !== undefined && { idleTicksMax: options.idleTicksMax }),
    ...(options.lsm && { lsm: options.lsm }),
  };
}
