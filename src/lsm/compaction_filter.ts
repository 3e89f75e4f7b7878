/**
 * A say in what a merge keeps, for whoever stores several versions of a thing under keys that differ in their end (MVCC):
 * old versions are garbage that no tombstone names.
 *
 *     merge                apple 9   apple 5   apple 3   pear 7 †         newest first, as their keys sort
 *     filter  begin, group apple ──────────────────────┐ group pear ...
 *             visit        keep      keep      drop      drop             one entry at a time: a chain may be longer
 *                                                                         than memory
 *
 * Keys with the same filter prefix come together in a merge, because they are neighbours in key order. The filter sees all
 * of them that this merge has, and no others: older ones may lie deeper, newer ones above. Hence what it may not do:
 *
 *   F1  A version goes only if a newer one that supersedes it is in the same merge: otherwise an older one, in a table that
 *       is not, would come up in its place.
 *   F2  A delete marker goes only at the bottom, for the same reason. That asks more than it does of a tombstone, which
 *       hides older entries of its own key alone: older versions have other keys, and may lie anywhere (B4 in
 *       `compaction_plan.ts`).
 *   F3  Of one prefix the newest version comes first: what was written before it is what the bottom is asked about.
 *
 * F1 and F2 are the filter's to keep, since only it knows which key supersedes which; F3 is asserted. A filter drops, and
 * makes nothing: it has no way to.
 */
import { assert } from '../base/assert';
import { equalBytes } from '../base/bytes';
import type { Lsn } from '../base/ids';
import type { VersionedEntry } from './entry';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';

/**
 * Why an entry goes, or stays although a newer one supersedes it; for pictures.
 *   below_watermark   goes: every reader at `lsn`, the oldest snapshot in use, or after it reads a newer version
 *   deleted           goes: it deletes, and nothing that it hides is left
 *   snapshot          stays: the snapshot at `lsn` reads it
 *   above_watermark   stays: nobody reads it, and the watermark at `lsn` has not passed it yet
 */
export interface FilterReason {
  readonly kind: 'below_watermark' | 'deleted' | 'snapshot' | 'above_watermark';
  readonly lsn: Lsn;
}

export interface FilterVerdict {
  readonly isKept: boolean;
  readonly why?: FilterReason;
}

/** For the whole life of a tree. */
export interface CompactionFilter {
  /** A merge begins. */
  begin(): MergeFilter;
}

/** For one merge. */
export interface MergeFilter {
  /** The versions with the next prefix come. */
  group(group: MergedPrefix): void;
  /** The next of them, newest first. */
  visit(version: VersionedEntry): FilterVerdict;
  /** The merge is in force: what was dropped is gone. A merge that is given up says nothing. */
  finish(): void;
}

export interface MergedPrefix {
  /** Good as long as the group. */
  readonly prefix: Uint8Array;
  /** No version with this prefix that was written before the newest of these lies outside the merge. */
  isBottom(): boolean;
}

/** Tells a filter where one group ends and the next begins. */
export class FilteredMerge {
  readonly #filter: MergeFilter;
  readonly #rule: FilterPrefixRule;
  readonly #isBottom: (prefix: Uint8Array, newest: Lsn) => boolean;
  #prefix: Uint8Array | undefined;
  #newest: Lsn | undefined;

  constructor(filter: MergeFilter, rule: FilterPrefixRule, isBottom: (prefix: Uint8Array, newest: Lsn) => boolean) {
    this.#filter = filter;
    this.#rule = rule;
    this.#isBottom = isBottom;
  }

  visit(entry: VersionedEntry): FilterVerdict {
    const prefix = filterPrefix(entry.key, this.#rule);
    if (!this.#prefix || !equalBytes(prefix, this.#prefix)) this.#begin(prefix.slice(), entry.lsn);
    assert(entry.lsn <= this.#newest!, 'F3: of the versions with one prefix the newest comes first');
    return this.#filter.visit(entry);
  }

  finish(): void {
    this.#filter.finish();
  }

  #begin(prefix: Uint8Array, newest: Lsn): void {
    this.#prefix = prefix;
    this.#newest = newest;
    this.#filter.group({ prefix, isBottom: () => this.#isBottom(prefix, newest) });
  }
}
