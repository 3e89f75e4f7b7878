/** Experiments the lab runs on the visitor's own machine: real stores in scratch files, measured, never modelled. */

/**
 * One interval between checkpoints, measured. The store is overwritten for two intervals and stopped, un-closed, just
 * before its next checkpoint: the longest recovery this interval can ask for.
 */
export interface IntervalPoint {
  /** Log bytes after which a checkpoint starts by itself. */
  readonly intervalBytes: number;
  /** Median of the openings measured, in milliseconds: checkpoint and log together. */
  readonly recoveryMs: number;
  /** Log bytes that recovery read. */
  readonly replayedBytes: number;
  /** Bytes written to all files for each byte of key and value put. */
  readonly bytesWrittenPerByte: number;
}
