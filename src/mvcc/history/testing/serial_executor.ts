/**
 * Runs random transactions one after the other on a plain map, and writes the history down as if they had overlapped: each
 * began some time before its turn and was answered some time after. Whatever it makes is serializable.
 */
import type { SeededRandom } from '../../../base/runtime';
import type { History, HistoryOperation, HistoryTransaction } from '../history';

const LISTS = ['a', 'b', 'c', 'd'];
const REGISTERS = ['p', 'q', 'r', 's', 't'];

export interface SerialOptions {
  readonly transactions: number;
  /** Snapshots and commits are written down. */
  readonly timestamps: boolean;
  /** So many turns it may have begun too early, and been answered too late. */
  readonly slack: number;
}

export function serialHistory(random: SeededRandom, { slack, timestamps, transactions }: SerialOptions): History {
  const state = new Map<string, number | number[]>();
  let element = 0;
  let timestamp = 0;
  const made: HistoryTransaction[] = [];
  // A turn has so many steps: in the first half others begin, then comes the turn itself, then others are answered.
  const half = 2 * (slack + 1);
  for (let turn = 0; turn < transactions; turn++) {
    const before = new Map([...state].map(([key, value]) => [key, Array.isArray(value) ? [...value] : value] as const));
    const operations = Array.from({ length: 1 + random.below(4) }, () => operation(state, random, () => ++element));
    const isAborted = random.below(10) === 0;
    if (isAborted) {
      state.clear();
      for (const [key, value] of before) state.set(key, value);
    }
    const wrote = !isAborted && operations.some(({ kind }) => kind === 'append' || kind === 'write');
    const snapshot = timestamp;
    if (wrote) timestamp++;
    made.push({
      operations,
      outcome: isAborted ? 'aborted' : 'committed',
      invoked: 2 * half * (turn - random.below(slack + 1)) + (turn % half),
      completed: 2 * half * (turn + random.below(slack + 1)) + half + (turn % half),
      ...(timestamps ? { snapshot, ...(wrote ? { commit: timestamp } : {}) } : {}),
    });
  }
  return { transactions: made };
}

function operation(
  state: Map<string, number | number[]>,
  random: SeededRandom,
  element: () => number,
): HistoryOperation {
  const list = LISTS[random.below(LISTS.length)]!;
  const register = REGISTERS[random.below(REGISTERS.length)]!;
  switch (random.below(6)) {
    case 0:
    case 1: {
      const appended = element();
      state.set(list, [...((state.get(list) ?? []) as number[]), appended]);
      return { kind: 'append', key: list, element: appended };
    }
    case 2: {
      const isDelete = random.below(4) === 0;
      const value = isDelete ? null : element();
      if (value === null) state.delete(register);
      else state.set(register, value);
      return { kind: 'write', key: register, value };
    }
    case 3:
      return { kind: 'scan', from: 'a', to: 'r', entries: entriesIn(state, 'a', 'r') };
    default: {
      const key = random.below(2) === 0 ? list : register;
      return { kind: 'read', key, value: valueOf(state.get(key)) ?? null };
    }
  }
}

function entriesIn(state: Map<string, number | number[]>, from: string, to: string) {
  return [...state]
    .filter(([key]) => key >= from && key < to)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, valueOf(value)!] as const);
}

function valueOf(value: number | number[] | undefined): number | number[] | undefined {
  return Array.isArray(value) ? [...value] : value;
}
