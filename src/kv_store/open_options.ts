/** What opening a store takes: its files, what it is handed instead of reading it itself, and how it is to be. */
import type { Clock, Random, Schedule } from '../base/runtime';
import type { FileSet } from '../storage/file';
import type { StoreTrace } from './events';
import type { FormatOptions, Protections, TuningOptions } from './types';

export interface OpenOptions {
  readonly files: FileSet;
  /** The same files without recording, for `describe`: looking must not leave a trace. Default: `files`. */
  readonly unwatchedFiles?: FileSet;
  /** For salts and the store's id: has to differ from one opening to the next, not to be unguessable. */
  readonly random: Random;
  /** Runs the flush of a group soon; see `base/runtime.ts`. */
  readonly schedule: Schedule;
  /** Times recovery for its report (0 ticks without it), says how old readers are, and how long idle (`idleTicksMax`, which needs it). */
  readonly clock?: Clock;
  readonly trace?: StoreTrace | null;
  readonly protections?: Protections;
  /** Used when the four files are empty; otherwise the superblock says. */
  readonly format?: Partial<FormatOptions>;
  readonly tuning?: Partial<TuningOptions>;
  /** Open a damaged checkpoint or log read-only, with what is intact before the damage, instead of refusing. */
  readonly salvage?: boolean;
}
