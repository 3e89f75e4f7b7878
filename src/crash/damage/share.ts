/** Part of a long list of trials: a budget spread evenly over it, and slices for a pool of workers. */

export interface Slice {
  /** From 0 to `of - 1`. */
  readonly index: number;
  readonly of: number;
}

/** At most `most` of the items, evenly spread; the seed says where the first one is. */
export function spread<T>(items: readonly T[], most: number, seed: number): readonly T[] {
  if (items.length <= most) return items;
  const step = items.length / most;
  const first = (seed % 97) / 97;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i + first) * step)]!);
}

export function sliceOf<T>(items: readonly T[], { index, of }: Slice = { index: 0, of: 1 }): readonly T[] {
  return of === 1 ? items : items.filter((_, i) => i % of === index);
}
