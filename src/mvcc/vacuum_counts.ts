import type { Lsn } from '../base/ids';

/** What collecting garbage has seen and taken: of a pass, or of all since opening. */
export interface VacuumCounts {
  readonly versionsSeen: number;
  readonly bytesSeen: number;
  readonly versionsCollected: number;
  readonly bytesCollected: number;
}

export const NO_COUNTS: VacuumCounts = Object.freeze({
  versionsSeen: 0,
  bytesSeen: 0,
  versionsCollected: 0,
  bytesCollected: 0,
});

/** `a + sign * b`. */
export function sumOfCounts(a: VacuumCounts, b: VacuumCounts, sign: 1 | -1 = 1): VacuumCounts {
  return {
    versionsSeen: a.versionsSeen + sign * b.versionsSeen,
    bytesSeen: a.bytesSeen + sign * b.bytesSeen,
    versionsCollected: a.versionsCollected + sign * b.versionsCollected,
    bytesCollected: a.bytesCollected + sign * b.bytesCollected,
  };
}

/** Whoever takes out versions that nobody can read any more, in slices. */
export interface GarbageCollector {
  readonly isUnderWay: boolean;
  /** Finished since opening. */
  readonly passes: number;
  readonly lastPass: VacuumCounts;
  /** Since opening. */
  readonly total: VacuumCounts;
  /** A slice of about so many bytes, beginning a pass if none is under way. Throws what reading and writing throw. */
  step(budgetBytes: number): { readonly done: boolean };
  /** For pictures. */
  describe(): VacuumDescription;
}

export interface VacuumDescription {
  readonly isUnderWay: boolean;
  readonly last?: { readonly key: Uint8Array; readonly lsn: Lsn };
  /** Finished since opening. */
  readonly passes: number;
  /** Of the pass under way, or else of the last one. */
  readonly pass: VacuumCounts;
  readonly total: VacuumCounts;
}
