/**
 * Random interleavings, of which everything is written down: what each committed transaction read and wrote, and when. Then
 * the dependencies between all of them, by the definition, over a universe of a few keys: a range is a read of each key in it.
 */
import fc from 'fast-check';
import { encodeText } from '../../base/bytes';
import { isEngineError } from '../../base/errors';
import { MemoryVersions } from '../memory_store';
import type { MvccProtections } from '../protections';
import type { IsolationLevel, Transaction } from '../transaction';
import { KEYS, movesOf, type Move } from './moves';

/** Many at once, who read and write much: without a protection one list in about eighty has a circle then. */
const WEIGHTS = { begin: 6, get: 5, put: 5, delete: 1, scan: 5, commit: 4, publish_next: 2, batch: 1 } as const;

type Recorded = Move<keyof typeof WEIGHTS>;

export const moves = (level: IsolationLevel = 'serializable'): fc.Arbitrary<Recorded[]> =>
  movesOf(WEIGHTS, fc.constant(level));

export interface Committed {
  readonly snapshot: number;
  /** Undefined: it wrote nothing. */
  readonly lsn: number | undefined;
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

interface Running {
  readonly transaction: Transaction;
  readonly reads: Set<string>;
  readonly writes: Set<string>;
}

export function runRecorded(
  list: readonly Recorded[],
  protections?: MvccProtections,
): { readonly committed: readonly Committed[]; readonly refused: number } {
  const versions = new MemoryVersions(protections && { protections });
  const { transactions } = versions;
  const slots: (Running | undefined)[] = [];
  const committed: Committed[] = [];
  let refused = 0;
  for (const move of list) {
    if (move.do === 'publish_next') versions.publishNext();
    else if (move.do === 'batch') {
      const value = encodeText(move.value);
      const { lsn } = transactions.commitBatch(move.keys.map((key) => ({ kind: 'put', key: encodeText(key), value })));
      committed.push({ snapshot: lsn - 1, lsn, reads: new Set(), writes: new Set(move.keys) });
    } else if (move.do === 'begin') {
      slots[move.slot]?.transaction.abort();
      slots[move.slot] = {
        transaction: transactions.begin({ level: move.level, readOnly: move.readOnly }),
        reads: new Set(),
        writes: new Set(),
      };
    } else {
      const running = slots[move.slot];
      if (running?.transaction.state !== 'active') continue;
      if (move.do !== 'commit') doIn(running, move);
      else if (!commit(running, committed)) refused++;
    }
  }
  // Whoever is left commits as well: a circle is closed at the last commit.
  for (const running of slots) {
    if (running?.transaction.state === 'active' && !commit(running, committed)) refused++;
  }
  return { committed, refused };
}

function doIn({ reads, transaction, writes }: Running, move: Move<'get' | 'put' | 'delete' | 'scan'>): void {
  switch (move.do) {
    case 'get':
      transaction.get(encodeText(move.key));
      if (!writes.has(move.key)) reads.add(move.key);
      break;
    case 'scan':
      // What it wrote itself says nothing about others.
      for (const one of KEYS) if (one >= move.from && one < move.to && !writes.has(one)) reads.add(one);
      Array.from(transaction.scan({ from: encodeText(move.from), to: encodeText(move.to) }, move.reverse));
      break;
    case 'put':
    case 'delete':
      if (transaction.readOnly) return;
      if (move.do === 'put') transaction.put(encodeText(move.key), encodeText(move.value));
      else transaction.delete(encodeText(move.key));
      writes.add(move.key);
  }
}

function commit({ reads, transaction, writes }: Running, committed: Committed[]): boolean {
  try {
    const { lsn } = transaction.commit();
    committed.push({ snapshot: transaction.snapshot, lsn: writes.size > 0 ? lsn : undefined, reads, writes });
    return true;
  } catch (error) {
    if (isEngineError(error, 'serialization_failure') || isEngineError(error, 'write_conflict')) return false;
    throw error;
  }
}

/** Whether the dependencies, with the start order, contradict each other. */
export function hasCircle(all: readonly Committed[]): boolean {
  const comesBefore = all.map((one) => all.filter((other) => other !== one && isBefore(one, other)));
  const at = new Map(all.map((one, i) => [one, i]));
  const state = all.map((): 'new' | 'open' | 'done' => 'new');
  const leadsToCircle = (i: number): boolean => {
    if (state[i] !== 'new') return state[i] === 'open';
    state[i] = 'open';
    const found = comesBefore[i]!.some((next) => leadsToCircle(at.get(next)!));
    state[i] = 'done';
    return found;
  };
  return all.some((_, i) => leadsToCircle(i));
}

/** ww and wr and the start order by the timestamps; rw where `one` read, at its snapshot, what `other` changed after it. */
function isBefore(one: Committed, other: Committed): boolean {
  if (one.lsn !== undefined && one.lsn <= other.snapshot) return true;
  const wroteBefore = one.lsn !== undefined && other.lsn !== undefined && one.lsn < other.lsn;
  if (wroteBefore && [...one.writes].some((written) => other.writes.has(written))) return true;
  return other.lsn !== undefined && other.lsn > one.snapshot && [...one.reads].some((read) => other.writes.has(read));
}
