/**
 * Traffic: clients who commit against one real store, timed on a virtual clock.
 *
 * The engine is the real one and does all its work; only time is modelled. Each call on the files takes what the
 * device says it takes, each message what a message takes, and nothing else moves the clock. So a run of a minute is
 * over in a moment, is the same every time, and shows every wait for what it is.
 *
 *     intended  sent      group begins    written      flushed   told
 *        |-------|-------------|-------------|------------|-------|
 *        omitted     queue           I/O         flush       CPU
 *
 * `omitted` is what a closed loop hides: a client that waits for its answer sends its next commit late, and the wait of
 * the one it should have sent is never counted (Tene, "How NOT to measure latency": coordinated omission).
 */

/** Times of this device, in microseconds. */
export type TrafficDevice =
  | {
      readonly kind: 'modelled';
      readonly writeMicros: number;
      readonly flushMicros: number;
      /** One flush in so many takes ten times as long; 0: none does. */
      readonly slowFlushEvery: number;
    }
  /** Times measured on the visitor's own disk, drawn again at random. */
  | { readonly kind: 'sampled'; readonly writeMicros: readonly number[]; readonly flushMicros: readonly number[] };

export interface TrafficSettings {
  readonly clients: number;
  /** Commits a second that all clients together intend to make. */
  readonly arrivalsPerSecond: number;
  /**
   * `open`: commits are sent when they were intended, whatever became of the earlier ones. `closed`: a client sends its
   * next commit when it was told of the last, and not before it was intended.
   */
  readonly loop: 'open' | 'closed';
  /** A group waits so long for company after its first commit; 0: it takes who is there and goes. */
  readonly mostWaitMicros: number;
  /** A group goes at once when it has so many commits. */
  readonly mostBatch: number;
  readonly valueBytes: number;
  readonly mode: 'strict' | 'relaxed';
  readonly device: TrafficDevice;
  readonly logBytes: number;
  readonly checkpointLogBytes: number;
  /** How many commits are intended. At most 50,000. */
  readonly commits: number;
  readonly seed: number;
}

/** A commit's times, in microseconds since the start: parallel arrays, since there are thousands. */
export interface TrafficCommits {
  readonly client: Uint16Array;
  readonly intended: Float64Array;
  readonly sent: Float64Array;
  /** When its group began to be written. */
  readonly begun: Float64Array;
  readonly written: Float64Array;
  /** When the flush that covers it returned; of a relaxed commit that none covered: when it was written. */
  readonly flushed: Float64Array;
  readonly told: Float64Array;
  /** Index into `groups`. */
  readonly group: Uint32Array;
}

export interface TrafficGroup {
  readonly begun: number;
  readonly written: number;
  readonly flushed: number;
  readonly commits: number;
}

/** What the store's thread was busy with; between two stretches it was idle, or waited for company. */
export type TrafficWork = 'commit' | 'log_write' | 'log_flush' | 'checkpoint_write' | 'checkpoint_flush';

export interface TrafficStretch {
  readonly work: TrafficWork;
  readonly from: number;
  readonly to: number;
}

/** Moments for the rug, from the engine's own events. */
export interface TrafficMoment {
  readonly kind: 'checkpoint_started' | 'checkpoint_finished' | 'slow_flush';
  readonly at: number;
}

/** From `at` on, a recovery would read so many bytes of the log: from the redo point of the last checkpoint to its end. */
export interface TrafficReplay {
  readonly at: number;
  readonly bytes: number;
}

export interface TrafficRun {
  readonly settings: TrafficSettings;
  readonly commits: TrafficCommits;
  readonly groups: readonly TrafficGroup[];
  readonly stretches: readonly TrafficStretch[];
  readonly moments: readonly TrafficMoment[];
  readonly replay: readonly TrafficReplay[];
  /** When the last commit was told. */
  readonly micros: number;
  readonly flushes: number;
  readonly logBytesWritten: number;
  readonly checkpointBytesWritten: number;
  readonly checkpoints: number;
}
