/**
 * A say in what a merge keeps, for whoever stores several versions of a thing under keys that differ in their end (MVCC):
 * old versions are garbage that no tombstone names.
 *
 * Keys with the same filter prefix come together in a merge, because they are neighbours in key order. The filter is handed
 * all of them that this merge has, and no others: older ones may lie deeper, newer ones above. Hence what it may not do:
 *
 *   F1  A version goes only if a newer one that supersedes it is in the same merge: otherwise an older one, in a table that
 *       is not, would come up in its place.
 *   F2  A delete marker goes only at the bottom, for the same reason. That asks more than it does of a tombstone, which
 *       hides older entries of its own key alone: older versions have other keys, and may lie anywhere (B4 in
 *       `compaction_plan.ts`).
 *   F3  What is kept is what was handed over, in its order: a filter drops, and makes nothing.
 *
 * F1 and F2 are the filter's to keep, since only it knows which key supersedes which; F3 is asserted.
 */
import { assert } from '../base/assert';
import { equalBytes } from '../base/bytes';
import type { VersionedEntry } from './entry';
import { filterPrefix, type FilterPrefixRule } from './filter_prefix';

export interface MergedVersions {
  readonly prefix: Uint8Array;
  /** In key order; of each key the newest entry of this merge. */
  readonly versions: readonly VersionedEntry[];
  /** No version with this prefix that was written before the newest of these lies outside the merge. */
  readonly isBottom: boolean;
}

/** @returns those to keep */
export type CompactionFilter = (group: MergedVersions) => readonly VersionedEntry[];

/** Gathers the entries of one prefix, and hands each group on when the next one begins. */
export class VersionGroups<T extends { readonly entry: VersionedEntry }> {
  readonly #rule: FilterPrefixRule;
  #prefix: Uint8Array | undefined;
  #group: T[] = [];

  constructor(rule: FilterPrefixRule) {
    this.#rule = rule;
  }

  /** @returns the group that the entry is not part of any more */
  add(item: T): readonly T[] | undefined {
    const prefix = filterPrefix(item.entry.key, this.#rule);
    if (this.#prefix !== undefined && equalBytes(prefix, this.#prefix)) {
      this.#group.push(item);
      return undefined;
    }
    const complete = this.end();
    this.#prefix = prefix.slice();
    this.#group = [item];
    return complete;
  }

  end(): readonly T[] | undefined {
    const group = this.#group;
    this.#group = [];
    this.#prefix = undefined;
    return group.length > 0 ? group : undefined;
  }
}

/** F3: which of the group the filter keeps. */
export function keptOf(filter: CompactionFilter, group: MergedVersions): ReadonlySet<VersionedEntry> {
  const kept = filter(group);
  let at = 0;
  for (const entry of kept) {
    at = group.versions.indexOf(entry, at) + 1;
    assert(at > 0, 'F3: a compaction filter keeps or drops, in order');
  }
  return new Set(kept);
}
