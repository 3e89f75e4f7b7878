/**
 * Who was over before who began. There are two clocks to tell it by, and an arrow counts if either says so:
 *
 *     timestamps  the commit timestamp of A is at or below the snapshot of B: the store promised that B reads what A wrote
 *     steps       A's client had its answer before B was asked for; a store whose snapshots are what is published when a
 *                 transaction begins has to show A to B. Not for those that asked for an older snapshot
 *
 * Written out, that is an arrow for nearly every pair. A row of helper nodes says the same with three arrows a transaction:
 *
 *     commits      A ──▶ ○ ──▶ ○ ──▶ ○ ──▶ ...      one helper for each commit, in order
 *     snapshots               ╰──▶ B                from the last helper at or below B's snapshot
 *
 * Components are found over helpers; witnesses are looked for without, by asking about pairs.
 */
import { START_BY_STEPS, START_BY_TIMESTAMP, type Dependencies } from './dependency';
import type { HistoryTransaction } from './history';
import type { Versions } from './versions';

/** One clock: when each transaction was over, and when it began. NaN: not known, and no comparison with it holds. */
class Clock {
  readonly kind: number;
  readonly over: Float64Array;
  readonly begun: Float64Array;

  constructor(
    kind: number,
    versions: Versions,
    over: (one: HistoryTransaction) => number | undefined,
    begun: (one: HistoryTransaction) => number | undefined,
  ) {
    this.kind = kind;
    const all = versions.transactions;
    this.over = Float64Array.from(all, (one, i) => (versions.counts[i] === 1 ? over(one) : undefined) ?? NaN);
    this.begun = Float64Array.from(all, (one, i) => (versions.counts[i] === 1 ? begun(one) : undefined) ?? NaN);
  }

  /** Strictly before, or at the timestamp that the snapshot includes: both are `<=`, since steps are never shared. */
  isBefore(a: number, b: number): boolean {
    return this.over[a]! <= this.begun[b]!;
  }

  /** Adds the helper nodes from `firstHelper` on. @returns the next free node. */
  addTo(arrows: Dependencies, firstHelper: number): number {
    const ends = known(this.over);
    const helpers = ends.map((_, i) => firstHelper + i);
    ends.forEach((transaction, i) => {
      arrows.add(transaction, helpers[i]!, this.kind, -1);
      if (i > 0) arrows.add(helpers[i - 1]!, helpers[i]!, this.kind, -1);
    });
    let before = 0;
    for (const transaction of known(this.begun)) {
      while (before < ends.length && this.isBefore(ends[before]!, transaction)) before++;
      if (before > 0) arrows.add(helpers[before - 1]!, transaction, this.kind, -1);
    }
    return firstHelper + ends.length;
  }
}

/** Transactions whose time is known, by time. */
function known(times: Float64Array): number[] {
  const found: number[] = [];
  for (let i = 0; i < times.length; i++) if (!Number.isNaN(times[i])) found.push(i);
  return found.sort((a, b) => times[a]! - times[b]!);
}

export class StartOrder {
  readonly #clocks: readonly Clock[];

  constructor(versions: Versions, useTimestamps: boolean) {
    const bySteps = new Clock(
      START_BY_STEPS,
      versions,
      ({ completed }) => completed,
      ({ invoked, isHistorical }) => (isHistorical === true ? undefined : invoked),
    );
    const byTimestamps = new Clock(
      START_BY_TIMESTAMP,
      versions,
      ({ commit }) => commit,
      ({ snapshot }) => snapshot,
    );
    this.#clocks = useTimestamps ? [byTimestamps, bySteps] : [bySteps];
  }

  /** The kind of the arrow from `a` to `b`, or -1. */
  between(a: number, b: number): number {
    if (a === b) return -1;
    for (const clock of this.#clocks) if (clock.isBefore(a, b)) return clock.kind;
    return -1;
  }

  /** @returns how many nodes there are, helpers included. */
  addTo(arrows: Dependencies, nodeCount: number): number {
    return this.#clocks.reduce((next, clock) => clock.addTo(arrows, next), nodeCount);
  }

  /** Members in the order in which they began, for walks over them. */
  rowsOf(members: readonly number[]): readonly Row[] {
    return this.#clocks.map((clock) => ({
      clock,
      begun: members.filter((one) => !Number.isNaN(clock.begun[one])).sort((a, b) => clock.begun[a]! - clock.begun[b]!),
    }));
  }
}

export interface Row {
  readonly clock: Clock;
  readonly begun: readonly number[];
}

/** For one walk: who began after a given transaction was over. Each is told once, so a walk asks for all in linear time. */
export function followersIn(rows: readonly Row[]): (transaction: number) => number[] {
  const left = rows.map(({ begun }) => begun.length);
  return (transaction) => {
    const found: number[] = [];
    rows.forEach(({ begun, clock }, i) => {
      while (left[i]! > 0 && clock.isBefore(transaction, begun[left[i]! - 1]!)) found.push(begun[--left[i]!]!);
    });
    return found;
  };
}
