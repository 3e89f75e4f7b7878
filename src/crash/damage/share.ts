/** Part of a long list of trials: a budget spread evenly over it, slices for a pool of workers, and an order that may be cut short. */

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

/** The first of each kind, then the second of each, and so on: wherever this is cut short, no kind was left out for another. */
export function inTurns<T>(items: readonly T[], kindOf: (item: T) => unknown): readonly T[] {
  const taken = new Map<unknown, number>();
  const turns = items.map((item) => {
    const kind = kindOf(item);
    const turn = taken.get(kind) ?? 0;
    taken.set(kind, turn + 1);
    return { item, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ item }) => item);
}
