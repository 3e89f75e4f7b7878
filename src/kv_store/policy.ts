/**
 * When to take a checkpoint, and how much of it each commit pays for: pure functions of the state, so that a room can
 * ask "why now?" and show the answer.
 */
import type { CheckpointStarted } from './events';

export interface LogPressure {
  /** Log bytes written since the redo point: what recovery would read. */
  readonly bytesToReplay: number;
  readonly freeBytes: number;
  readonly logBytes: number;
  readonly checkpointLogBytes: number;
}

/** A checkpoint starts by itself by log bytes, and in any case while a quarter of the log is still free. */
export function checkpointDue(pressure: LogPressure): CheckpointStarted['cause'] | undefined {
  if (pressure.bytesToReplay === 0) return undefined;
  if (pressure.freeBytes < pressure.logBytes / 4) return 'log_full';
  if (pressure.bytesToReplay >= pressure.checkpointLogBytes) return 'log_bytes';
  return undefined;
}

/**
 * Bytes of checkpoint that a group of `groupBytes` pays for, so that the checkpoint is done by the time half of what
 * is free now has been used: each group carries its share, and no commit waits for a whole checkpoint.
 */
export function sliceBytes(remainingBytes: number, groupBytes: number, freeBytes: number): number {
  const until = Math.max(freeBytes / 2, groupBytes);
  return Math.ceil((remainingBytes * groupBytes) / until);
}
