/** What keeps transactions from seeing, or writing, what they must not. Switched off only by the lab and its checker. */

export interface MvccProtections {
  /** A commit is refused if another wrote one of its keys since its snapshot. Off: the later write hides the earlier one. */
  readonly validateWrites: boolean;
  /** Serializable transactions remember the keys they read. Off: write skew over single keys. */
  readonly trackReads: boolean;
  /** They remember the ranges they scanned, gaps too. Off: only the keys that were there, so phantoms. */
  readonly trackRanges: boolean;
  /** Reads see the versions of the snapshot. Off: the newest published at the time of each read. */
  readonly snapshotReads: boolean;
  /** Nobody sees what another transaction has not committed. Off: reads look into its buffer. */
  readonly hideUncommitted: boolean;
  /** A transaction sees its own writes. Off: only what was committed. */
  readonly ownWrites: boolean;
  /** A snapshot takes commits in the order of the log. Off: the last one on its way is seen before those ahead of it. */
  readonly publishInLogOrder: boolean;
  /** A commit becomes visible as a whole. Off: the first one on its way is seen by half. */
  readonly wholeCommits: boolean;
  /** The newest version at or below the watermark stays. Off: garbage collection takes it as soon as there is a newer one. */
  readonly keepVersionAtWatermark: boolean;
}

export const ALL_MVCC_PROTECTIONS: MvccProtections = Object.freeze({
  validateWrites: true,
  trackReads: true,
  trackRanges: true,
  snapshotReads: true,
  hideUncommitted: true,
  ownWrites: true,
  publishInLogOrder: true,
  wholeCommits: true,
  keepVersionAtWatermark: true,
});
