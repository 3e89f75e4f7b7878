/**
 * The checker against trying everything: of a few transactions over two lists, whose order is known in the end, every serial
 * order and every placing of snapshots and commits is tried. Where one gives the reads, the level was kept, and else not.
 */
import { expect, inject, it } from 'vitest';
import { SeededRandom } from '../../base/runtime';
import { checkHistory } from './check_history';
import type { HistoryOperation, HistoryTransaction } from './history';
import { reportText } from './testing/report_text';

const KEYS = ['x', 'y'] as const;
const RUNS = 600;

/** One small transaction: what it reads of each list first, and then appends. */
interface Small {
  readonly reads: Partial<Record<string, readonly number[]>>;
  readonly appends: Partial<Record<string, number>>;
}

it('says legal of exactly those histories that some order explains', () => {
  const counts = { serializable: 0, snapshotOnly: 0, neither: 0 };
  for (let run = 0; run < RUNS; run++) {
    const small = smallHistory(new SeededRandom(inject('seed') + run));
    const transactions = written(small);
    const report = checkHistory({ transactions });
    const said = [report.verdicts.serializable.isLegal, report.verdicts.snapshot.isLegal];
    const { all, final } = small;
    const truth = [hasSerialOrder(all, final), hasSnapshots(all, final)];
    expect(said, `seed ${inject('seed') + run}: ${JSON.stringify(small)}\n${reportText(report)}`).toEqual(truth);
    counts[truth[0]! ? 'serializable' : truth[1]! ? 'snapshotOnly' : 'neither']++;
  }
  // Each kind is common enough for the test to mean something.
  for (const [kind, count] of Object.entries(counts)) expect(count, kind).toBeGreaterThan(RUNS / 100);
});

function smallHistory(random: SeededRandom): { all: Small[]; final: Record<string, number[]> } {
  const count = 2 + random.below(3);
  // Each writes one list and has mostly missed the other: write skew, which chance alone seldom makes.
  const isSkewed = random.below(4) === 0;
  const final: Record<string, number[]> = { x: [], y: [] };
  const appends = Array.from({ length: count }, (_, i) => {
    const own: Partial<Record<string, number>> = {};
    for (const key of KEYS) if (isSkewed ? key === KEYS[i % 2] : random.below(2) === 0) own[key] = i + 1;
    return own;
  });
  for (const key of KEYS) {
    for (const { [key]: element } of appends)
      if (element !== undefined) final[key]!.splice(random.below(final[key]!.length + 1), 0, element);
  }
  const all = appends.map((own) => {
    const reads: Partial<Record<string, readonly number[]>> = {};
    for (const key of KEYS) {
      const list = final[key]!;
      const place = own[key] === undefined ? list.length : list.indexOf(own[key]);
      // Mostly what was there just before.
      const length = isSkewed ? place * random.below(2) : random.below(3) > 0 ? place : random.below(place + 1);
      if (random.below(3) > 0) reads[key] = list.slice(0, length);
    }
    return { reads, appends: own };
  });
  return { all, final };
}

function written({ all, final }: ReturnType<typeof smallHistory>): HistoryTransaction[] {
  const made = all.map(({ appends, reads }, i): HistoryTransaction => {
    const read = Object.entries(reads).map(([key, value]): HistoryOperation => ({ kind: 'read', key, value: value! }));
    const append = Object.entries(appends).map(([key, element]): HistoryOperation => ({
      kind: 'append',
      key,
      element: element!,
    }));
    return { operations: [...read, ...append], outcome: 'committed', invoked: i, completed: 100 + i };
  });
  const operations = KEYS.map((key): HistoryOperation => ({ kind: 'read', key, value: final[key]! }));
  return [...made, { operations, outcome: 'committed', invoked: 200, completed: 201 }];
}

/** States after each commit of an order; the last has to be what was read in the end. */
function statesOf(order: readonly Small[]): Record<string, readonly number[]>[] {
  const states: Record<string, readonly number[]>[] = [{ x: [], y: [] }];
  for (const { appends } of order) {
    const next = { ...states.at(-1)! };
    for (const key of KEYS) if (appends[key] !== undefined) next[key] = [...next[key]!, appends[key]];
    states.push(next);
  }
  return states;
}

function hasSerialOrder(all: readonly Small[], final: Record<string, readonly number[]>): boolean {
  return ordersOf(all).some((order) => {
    const states = statesOf(order);
    return same(states.at(-1)!, final) && order.every(({ reads }, i) => isRead(reads, states[i]!));
  });
}

function hasSnapshots(all: readonly Small[], final: Record<string, readonly number[]>): boolean {
  return ordersOf(all).some((order) => {
    const states = statesOf(order);
    const fits = ({ appends, reads }: Small, place: number): boolean =>
      states.slice(0, place + 1).some((state, snapshot) => {
        const between = order.slice(snapshot, place);
        const isFirst = KEYS.every(
          (key) => appends[key] === undefined || between.every((one) => one.appends[key] === undefined),
        );
        return isFirst && isRead(reads, state);
      });
    return same(states.at(-1)!, final) && order.every(fits);
  });
}

const same = (a: Record<string, readonly number[]>, b: Record<string, readonly number[]>): boolean =>
  KEYS.every((key) => String(a[key]) === String(b[key]));

const isRead = (reads: Small['reads'], state: Record<string, readonly number[]>): boolean =>
  KEYS.every((key) => reads[key] === undefined || String(reads[key]) === String(state[key]));

function ordersOf<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, i) => ordersOf(all.filter((_, other) => other !== i)).map((rest) => [first, ...rest]));
}
