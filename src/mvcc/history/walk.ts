/**
 * The shortest way back: breadth first through one component, over the kinds of arrows that are allowed.
 *
 * A place of the walk is a transaction, and how it was come to: where snapshot isolation is the question, a rw may not follow a
 * rw, so whoever was come to by a rw is another place. Arrows of the start order are not written out anywhere; the
 * walk asks who began after the one it stands on was over.
 */
import { isAntiDependency, type Dependencies, type Dependency } from './dependency';
import { followersIn, type Row, type StartOrder } from './start_order';
import type { Successors } from './successors';

export interface Ground {
  readonly dependencies: Dependencies;
  /** All dependencies between transactions, without the start order. */
  readonly successors: Successors;
  readonly start: StartOrder;
  /** Places come to so far, in all walks: what they cost. */
  placesWalked: number;
}

export interface WalkRules {
  /** Only these are walked on. */
  readonly isMember: (transaction: number) => boolean;
  /** Kinds of dependencies. */
  readonly isAllowed: (kind: number) => boolean;
  /** The members by their beginning, if the start order is walked on as well. */
  readonly rows: readonly Row[];
  /** No two rw in a row. */
  readonly rwApart: boolean;
  readonly arrowsMax: number;
}

/** A place that was come to: from which other, and by which arrow. */
interface Step {
  readonly transaction: number;
  readonly arrow: Dependency | undefined;
  readonly before: Step | undefined;
  readonly length: number;
  readonly byRw: boolean;
}

/**
 * The fewest arrows from one of `from` to a transaction that is wanted; undefined if there is no way within the rules. With
 * `rwApart`, the walk begins as if a rw had led to `from`, and a rw may not end it.
 */
export function shortestWay(
  ground: Ground,
  from: readonly number[],
  isWanted: (transaction: number) => boolean,
  rules: WalkRules,
): { readonly first: number; readonly arrows: readonly Dependency[] } | undefined {
  const { dependencies, start, successors } = ground;
  const seen = new Set<number>();
  const places: Step[] = [];
  const followers = followersIn(rules.rows);
  const come = (step: Step): Step | undefined => {
    const place = step.transaction * 2 + (rules.rwApart && step.byRw ? 1 : 0);
    if (seen.has(place)) return undefined;
    seen.add(place);
    places.push(step);
    ground.placesWalked++;
    return isWanted(step.transaction) && !(rules.rwApart && step.byRw) ? step : undefined;
  };

  for (const transaction of from) {
    const found = come({ transaction, arrow: undefined, before: undefined, length: 0, byRw: rules.rwApart });
    if (found !== undefined) return wayTo(found);
  }
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    if (place.length === rules.arrowsMax) break;
    const { transaction } = place;
    for (let at = successors.offsets[transaction]!; at < successors.offsets[transaction + 1]!; at++) {
      const to = successors.targets[at]!;
      if (!rules.isMember(to)) continue;
      const edge = successors.edges[at]!;
      const kind = dependencies.kind(edge);
      const byRw = isAntiDependency(kind);
      if (!rules.isAllowed(kind) || (rules.rwApart && byRw && place.byRw)) continue;
      const arrow = dependencies.at(edge);
      const found = come({ transaction: to, arrow, before: place, length: place.length + 1, byRw });
      if (found !== undefined) return wayTo(found);
    }
    for (const to of followers(transaction)) {
      if (!rules.isMember(to)) continue;
      const arrow = startArrow(transaction, to, start.between(transaction, to));
      const found = come({ transaction: to, arrow, before: place, length: place.length + 1, byRw: false });
      if (found !== undefined) return wayTo(found);
    }
  }
  return undefined;
}

export const startArrow = (from: number, to: number, kind: number): Dependency => ({
  from,
  to,
  kind,
  version: -1,
  next: -1,
  operation: -1,
});

function wayTo(end: Step): { first: number; arrows: Dependency[] } {
  const arrows: Dependency[] = [];
  let step = end;
  while (step.before !== undefined) {
    arrows.push(step.arrow!);
    step = step.before;
  }
  return { first: step.transaction, arrows: arrows.reverse() };
}
