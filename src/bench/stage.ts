/** What a workload is, and what a round of it has at hand. */
import type { Dataset } from './dataset';
import type { Round } from './loops';
import type { Plan } from './plan';
import type { Awaitable, Subject } from './subject';

export type Unit = 'ops/s' | 'rows/s' | 'records/s' | 'MB/s' | 'ms' | 'MB' | '×';

/** What a round has at hand. */
export interface Stage {
  readonly subject: Subject;
  readonly data: Dataset;
  readonly plan: Plan;
  /** Counts operations over all rounds, so that none repeats what the last one did. */
  readonly counter: { next: number };
  /** Work between two samples that belongs to neither. */
  readonly between?: () => Awaitable<void>;
}

export interface Workload {
  readonly name: string;
  readonly unit: Unit;
  /** What one latency sample covers. */
  readonly sampled: string;
  readonly valueBytes: number;
  /** What the subject holds when a round begins; it is not open for `closed` and `log`. */
  readonly before: 'rows' | 'nothing' | 'closed' | 'log';
  /** Each round in a worker that has run nothing yet: what a page meets when it starts. */
  readonly inFreshWorker?: boolean;
  /** The round is run by this many clients in the page, each over a port of its own with one commit in flight. */
  readonly clients?: number;
  canRun(subject: Subject): boolean;
  run(stage: Stage): Promise<Round>;
}
