/**
 * Garbage of versions in an LSM tree: nobody goes looking for it, the merges drop it as they come by.
 *
 *     merge, watermark 6     apple 9   apple 5   apple 3 │ pear 7   pear 4 †   pear 2
 *     snapshot 6 reads                 ▲                              ▲
 *                            newest    stays:    below     newest   goes: it    below
 *                                      6 reads   the        stays   hides what  the
 *                                                watermark          goes too    watermark
 *
 * It is the rule of `garbage.ts`, and one thing more: a merge sees only what it merges. A version goes if a newer one at or
 * below the watermark is in the same merge (Z1 holds for what the merge has, so it holds for all there is); a tombstone at the
 * watermark goes only if nothing older of its key can lie in a table outside.
 *
 *   G1  The watermark is asked for when the merge begins, and holds for all of it: who begins later begins above it, or
 *       is refused (W2 in `snapshots.ts`). Who began before counts, or has ended.
 *   G2  What a merge dropped counts as collected once the merge is in force; one that was given up has collected nothing.
 */
import type { Lsn } from '../base/ids';

import { ChainSweep, type Dated } from './garbage';
import { commitOf, isTombstone } from './version_key';
import {
  NO_COUNTS,
  sumOfCounts,
  type GarbageCollector,
  type VacuumCounts,
  type VacuumDescription,
} from './vacuum_counts';

/** What a merge asks of whoever knows the readers. */
export interface Watermarks {
  /** W2. */
  readonly collect: () => Lsn;
  /** Oldest first. */
  readonly inUse: () => readonly Lsn[];
  /** Protection. */
  readonly keepVersionAtWatermark?: boolean | undefined;
}

/** As a merge hands it over; what is not of a version of MVCC is none of ours. */
export interface MergedVersion {
  readonly key: Uint8Array;
  /** Undefined: the index itself deleted the record. */
  readonly value: Uint8Array | undefined;
}

/** Why it goes, or stays although there is a newer one; `lsn` is the watermark, or the snapshot that it stays for. */
export interface MergeVerdict {
  readonly isKept: boolean;
  readonly why?: {
    readonly kind: 'below_watermark' | 'deleted' | 'snapshot' | 'above_watermark';
    readonly lsn: Lsn;
  };
}

export interface MergeCounts extends VacuumCounts {
  readonly merges: number;
}

/** For the whole life of a store, from before its index is opened: the readers come later (`attach`). */
export class MergeGarbage {
  #watermarks: Watermarks | undefined;
  #total: VacuumCounts = NO_COUNTS;
  #merges = 0;

  /** From now on, merges collect. Until then nobody knows who reads, and nothing goes. */
  attach(watermarks: Watermarks): void {
    this.#watermarks = watermarks;
  }

  /** Since opening. */
  get total(): MergeCounts {
    return { ...this.#total, merges: this.#merges };
  }

  /** G1. */
  begin(): MergeSweep {
    return new MergeSweep(this.#watermarks, (counts) => {
      this.#merges++;
      this.#total = sumOfCounts(this.#total, counts);
    });
  }
}

interface DatedBySize extends Dated {
  readonly bytes: number;
}

/** One merge. */
export class MergeSweep {
  readonly #onFinish: (counts: VacuumCounts) => void;
  readonly #watermark: Lsn | undefined;
  /** Oldest first. */
  readonly #inUse: readonly Lsn[];
  readonly #keepVersionAtWatermark: boolean;
  #chain: ChainSweep<DatedBySize> | undefined;
  #isBottom: () => boolean = () => false;
  /** Of the version before this one in the chain. */
  #newer: Lsn | undefined;
  #versionsSeen = 0;
  #bytesSeen = 0;
  #versionsCollected = 0;
  #bytesCollected = 0;

  constructor(watermarks: Watermarks | undefined, onFinish: (counts: VacuumCounts) => void) {
    this.#onFinish = onFinish;
    this.#watermark = watermarks?.collect();
    this.#inUse = watermarks?.inUse() ?? [];
    this.#keepVersionAtWatermark = watermarks?.keepVersionAtWatermark ?? true;
  }

  /** The versions of the next key come, newest first. */
  group({ isBottom }: { readonly isBottom: () => boolean }): void {
    this.#isBottom = isBottom;
    this.#newer = undefined;
    this.#chain =
      this.#watermark === undefined
        ? undefined
        : new ChainSweep({ watermark: this.#watermark, keepVersionAtWatermark: this.#keepVersionAtWatermark });
  }

  visit({ key, value }: MergedVersion): MergeVerdict {
    if (value === undefined) return KEPT;
    const bytes = key.length + value.length;
    this.#versionsSeen++;
    this.#bytesSeen += bytes;
    const verdict = this.#judge({ lsn: commitOf(key), isTombstone: isTombstone(value), bytes });
    if (!verdict.isKept) {
      this.#versionsCollected++;
      this.#bytesCollected += bytes;
    }
    return verdict;
  }

  /** G2. */
  finish(): void {
    this.#onFinish({
      versionsSeen: this.#versionsSeen,
      bytesSeen: this.#bytesSeen,
      versionsCollected: this.#versionsCollected,
      bytesCollected: this.#bytesCollected,
    });
  }

  #judge(version: DatedBySize): MergeVerdict {
    const watermark = this.#watermark;
    const newer = this.#newer;
    this.#newer = version.lsn;
    if (!this.#chain || watermark === undefined) return KEPT;
    if (this.#chain.visit(version)) return { isKept: false, why: { kind: 'below_watermark', lsn: watermark } };
    // Z2: what it hides goes with it, since the chain keeps nothing older than this one.
    if (version.lsn <= watermark && version.isTombstone && this.#isBottom())
      return { isKept: false, why: { kind: 'deleted', lsn: watermark } };
    return newer === undefined ? KEPT : { isKept: true, why: this.#keptFor(version.lsn, newer) };
  }

  /** Who still reads a version that a newer one superseded: the last snapshot before that one, if it is not too old for it. */
  #keptFor(lsn: Lsn, newer: Lsn): NonNullable<MergeVerdict['why']> {
    const snapshot = lastBelow(this.#inUse, newer);
    if (snapshot !== undefined && snapshot >= lsn) return { kind: 'snapshot', lsn: snapshot };
    return { kind: 'above_watermark', lsn: this.#watermark! };
  }
}

const KEPT: MergeVerdict = Object.freeze({ isKept: true });

function lastBelow(ascending: readonly Lsn[], limit: Lsn): Lsn | undefined {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return ascending[low - 1];
}

/** A slice of about so many bytes; the first one of a pass says so. What it throws ends the pass. */
export type SweepStep = (budgetBytes: number, isFirst: boolean) => { readonly done: boolean };

/**
 * `vacuum` of a store whose merges collect: one pass is a merge of everything, in slices. For whoever wants the garbage gone
 * now; otherwise ordinary merges get to it.
 */
export class MergingCollector implements GarbageCollector {
  readonly #garbage: MergeGarbage;
  readonly #sweep: SweepStep;
  #begunWith: VacuumCounts | undefined;
  #lastPass: VacuumCounts = NO_COUNTS;
  #passes = 0;

  constructor(garbage: MergeGarbage, sweep: SweepStep) {
    this.#garbage = garbage;
    this.#sweep = sweep;
  }

  get isUnderWay(): boolean {
    return this.#begunWith !== undefined;
  }
  get passes(): number {
    return this.#passes;
  }
  get lastPass(): VacuumCounts {
    return this.#lastPass;
  }
  /** Of all merges, whoever began them. */
  get total(): VacuumCounts {
    return this.#garbage.total;
  }

  describe(): VacuumDescription {
    const { isUnderWay, lastPass, passes, total } = this;
    const pass = this.#begunWith ? sumOfCounts(total, this.#begunWith, -1) : lastPass;
    return { isUnderWay, passes, pass, total };
  }

  step(budgetBytes: number): { readonly done: boolean } {
    const isFirst = !this.isUnderWay;
    const before = (this.#begunWith ??= this.#garbage.total);
    try {
      if (!this.#sweep(budgetBytes, isFirst).done) return { done: false };
    } catch (error) {
      this.#begunWith = undefined; // It was no pass: the next slice begins one.
      throw error;
    }
    this.#lastPass = sumOfCounts(this.#garbage.total, before, -1);
    this.#begunWith = undefined;
    this.#passes++;
    return { done: true };
  }
}
