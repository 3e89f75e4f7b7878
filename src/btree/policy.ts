/**
 * What the tree decides, as pure functions of what it sees: where to split, when a page has too little in it, whether
 * to merge or to borrow, and what the pool gives up. So a room can ask "why there?" and show the answer.
 */

/** A page with less than this in it looks for a neighbour to merge with or to borrow from. */
export const underflowBytes = (usable: number): number => Math.floor(usable / 3);

/**
 * Where to split a page whose cells, the new one among them, have these sizes (slots included): the first cell that
 * goes to the right. The halves are as equal in bytes as the cells allow; G4 in `page.ts` makes sure that both fit.
 *
 * With `isAppend`, the new cell being the last of the whole level, everything stays but the new cell: keys that ascend,
 * as they do in a bulk of inserts by time or counter, then leave full pages behind instead of half-empty ones.
 */
export function chooseSplit(sizes: readonly number[], usable: number, isAppend: boolean): number {
  if (isAppend) return sizes.length - 1;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let best = 1;
  let bestLarger = Infinity;
  let left = 0;
  for (let split = 1; split < sizes.length; split++) {
    left += sizes[split - 1]!;
    const larger = Math.max(left, total - left);
    if (larger < bestLarger && left <= usable && total - left <= usable) {
      best = split;
      bestLarger = larger;
    }
  }
  return best;
}

/**
 * The separator that goes up when an inner page splits, or when two of them share their cells anew: those before it
 * stay left, those behind it go right, and it goes between them. As `chooseSplit`, but for the one that is in neither.
 */
export function chooseMiddle(sizes: readonly number[], usable: number, isAppend: boolean): number {
  // The last separator but one: the right page needs one of its own to be a page.
  if (isAppend && sizes.length > 2) return sizes.length - 2;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let best = Math.floor(sizes.length / 2);
  let bestLarger = Infinity;
  let left = 0;
  for (let middle = 0; middle < sizes.length; middle++) {
    const right = total - left - sizes[middle]!;
    const larger = Math.max(left, right);
    const leavesBoth = middle > 0 && middle < sizes.length - 1;
    if ((leavesBoth || sizes.length < 3) && larger < bestLarger && left <= usable && right <= usable) {
      best = middle;
      bestLarger = larger;
    }
    left += sizes[middle]!;
  }
  return best;
}

/** What a page with too little in it knows of its neighbours under the same parent. */
export interface RebalanceQuestion {
  readonly usable: number;
  readonly used: number;
  /** Bytes used by the neighbours; undefined where there is none, or it cannot be read. */
  readonly left: number | undefined;
  readonly right: number | undefined;
  /** What joining two pages costs beside their cells: for inner pages the separator between them. */
  readonly joinBytes: { readonly left: number; readonly right: number };
}

export type RebalanceChoice =
  | { readonly do: 'merge_left' | 'merge_right'; readonly why: 'both_fit_into_one_page' }
  | { readonly do: 'borrow_left' | 'borrow_right'; readonly why: 'the_fuller_neighbour_has_to_spare' }
  | { readonly do: 'nothing'; readonly why: 'no_neighbour' };

/**
 * Merge if the two fit into one page: one page fewer to read. Else the fuller neighbour gives until both have the same.
 */
export function chooseRebalance({ joinBytes, left, right, usable, used }: RebalanceQuestion): RebalanceChoice {
  if (left !== undefined && left + used + joinBytes.left <= usable) {
    return { do: 'merge_left', why: 'both_fit_into_one_page' };
  }
  if (right !== undefined && right + used + joinBytes.right <= usable) {
    return { do: 'merge_right', why: 'both_fit_into_one_page' };
  }
  if (left === undefined && right === undefined) return { do: 'nothing', why: 'no_neighbour' };
  return {
    do: (left ?? -1) >= (right ?? -1) ? 'borrow_left' : 'borrow_right',
    why: 'the_fuller_neighbour_has_to_spare',
  };
}

/**
 * The shortest bytes that separate two neighbouring leaves: a prefix of the right one's first key, larger than the
 * left one's last (Bayer and Unterauer 1977, section 3). Shorter separators, more children a page, a lower tree.
 */
export function shortestSeparator(lastOfLeft: Uint8Array, firstOfRight: Uint8Array): Uint8Array {
  const common = Math.min(lastOfLeft.length, firstOfRight.length);
  let same = 0;
  while (same < common && lastOfLeft[same] === firstOfRight[same]) same++;
  return firstOfRight.slice(0, same + 1);
}
