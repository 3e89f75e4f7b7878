/** How much of everything: a whole run, or a slice that only shows that the harness works. */
import type { Group } from './subjects';

export interface Plan {
  readonly groups: readonly Group[];
  /** Only workloads whose name holds this, without the experiments on the side. `trace seam` is one of those, alone. */
  readonly match?: string | undefined;
  /** Only workloads with values of so many bytes. */
  readonly valueBytes?: number | undefined;
  readonly rows: number;
  readonly rounds: number;
  /** A round of a workload that could go on for ever lasts about so long. */
  readonly sliceMs: number;
  /** Pairs of rounds, with the trace seam and without. */
  readonly seamPairs: number;
  /** Length of the log that recovery reads two fifths of. */
  readonly recoveryLogBytes: number;
  /** Log bytes from one checkpoint to the next. */
  readonly checkpointIntervals: readonly number[];
}

const MIB = 1024 * 1024;

export const FULL_PLAN: Plan = {
  groups: ['spine', 'btree', 'lsm', 'mvcc'],
  rows: 100_000,
  rounds: 7,
  sliceMs: 250,
  seamPairs: 20,
  recoveryLogBytes: 64 * MIB,
  checkpointIntervals: [1, 2, 4, 8, 16, 32].map((count) => count * MIB),
};

export const TINY_PLAN: Plan = {
  groups: ['spine'],
  rows: 300,
  rounds: 1,
  sliceMs: 2,
  seamPairs: 1,
  recoveryLogBytes: 2 * MIB,
  checkpointIntervals: [MIB / 4],
};
