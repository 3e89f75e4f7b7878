/**
 * Stores side by side on one clock. The clock counts puts, and then all have the same rows; or it is the time for which a
 * device was busy, and then the one that writes less has got further.
 *
 *     puts          1000    2000    3000
 *     left   ns      10      25      60          time 30:  left stands at 2000 puts, right at 3000 and is done
 *     right  ns       8      15      22
 *
 *   C1  At a time a store is shown as of its last point up to then: nothing is made up between two points.
 */
import type { LsmState, PoliciesNote, TreeBeside } from '../protocol/lsm';
import type { PricedKind } from '../protocol/prices';
import { duration } from './media_words';

export type LsmClock = 'puts' | PricedKind;
export const CLOCK_TITLES: Readonly<Record<LsmClock, string>> = {
  puts: 'puts',
  nvme: 'NVMe time',
  sata: 'SATA time',
  hdd: 'disk time',
};
const DEVICES: Readonly<Record<PricedKind, string>> = {
  nvme: 'an NVMe drive',
  sata: 'a SATA SSD',
  hdd: 'a hard disk',
};

export type Side = 'left' | 'right' | 'tree';
export const SIDES = ['left', 'right', 'tree'] as const satisfies readonly Side[];

interface At<State> {
  /** Puts until then; 0: nothing was measured of it yet, and what is shown is its first point. */
  readonly operations: number;
  /** It has had all puts of the run. */
  readonly isDone: boolean;
  readonly state: State;
}
/** One place of the clock. */
export interface Instant {
  /** Puts, or ns. */
  readonly at: number;
  readonly left: At<LsmState>;
  readonly right: At<LsmState>;
  readonly tree: At<TreeBeside>;
}

/** All places of the clock, as many as there are points. `notes` has one at least. */
export function instantsOf(notes: readonly PoliciesNote[], clock: LsmClock): readonly Instant[] {
  const last = notes.at(-1)!;
  if (clock === 'puts')
    return notes.map((note) => instant(note.operations, { left: note, right: note, tree: note }, last));
  const end = Math.max(...SIDES.map((side) => last[side].deviceNs[clock]));
  return notes.map((_, i) => {
    const ns = (end * (i + 1)) / notes.length;
    const upTo = (side: Side): PoliciesNote | undefined => notes.findLast((note) => note[side].deviceNs[clock] <= ns);
    return instant(ns, { left: upTo('left'), right: upTo('right'), tree: upTo('tree') }, last, notes[0]);
  });
}

function instant(
  at: number,
  { left, right, tree }: Readonly<Record<Side, PoliciesNote | undefined>>,
  last: PoliciesNote,
  first = last,
): Instant {
  const when = (note: PoliciesNote | undefined): { operations: number; isDone: boolean } => ({
    operations: note?.operations ?? 0,
    isDone: note === last,
  });
  return {
    at,
    left: { ...when(left), state: (left ?? first).left },
    right: { ...when(right), state: (right ?? first).right },
    tree: { ...when(tree), state: (tree ?? first).tree },
  };
}

const puts = (operations: number): string => `${operations.toLocaleString('en')} puts`;

export function clockWords({ at, left, right, tree }: Instant, clock: LsmClock): string {
  if (clock === 'puts') return `After ${puts(at)} into each of the three`;
  const each = `left ${puts(left.operations)}, right ${puts(right.operations)}, B-tree ${puts(tree.operations)}`;
  return `After ${duration(at)} of ${DEVICES[clock]} (model): ${each}`;
}

export const progressWords = ({ isDone, operations }: Pick<At<unknown>, 'operations' | 'isDone'>): string =>
  operations === 0
    ? 'not at its first point yet; that is what is shown'
    : `${puts(operations)}${isDone ? ', all of them' : ''}`;
