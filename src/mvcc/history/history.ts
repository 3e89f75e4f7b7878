/**
 * A history: what clients did to a store of versions, and what they got back. Plain data, recorded by the clients; the
 * store under test says nothing in it but its answers and, where it has them, its timestamps.
 *
 * The checker in this folder reads histories in the manner of Elle (Kingsbury and Alvaro, "Elle: Inferring Isolation
 * Anomalies from Experimental Observations", VLDB 2020). Their idea: let clients write in such a way that a later read
 * tells who wrote before whom. Two kinds of keys do:
 *
 *     list      append only. A read of [4, 7, 9] says: whoever appended 4 came before whoever appended 7, and so on
 *     register  overwritten. A read of 7 says who wrote it, not what was there before; the order of the writes comes
 *               from transactions that read before they wrote, and from commit timestamps where the store gives them
 *
 * From that follow three kinds of dependencies between committed transactions (Adya, "Weak Consistency", 1999, §4.2):
 *
 *     ww   B wrote the version of a key that comes next after the one that A wrote
 *     wr   B read a version that A wrote
 *     rw   B wrote the version that comes next after one that A read: A did not see B yet
 *
 * and, as a fourth, the start order: B began when A was committed already. Each says "A before B", so a circle of them is a
 * contradiction, and which kinds the circle is made of says what went wrong. We depart from Elle in this: our clients do
 * not guess the start order from the wall clock only, they also record snapshot and commit timestamps, so snapshot
 * isolation is judged exactly.
 *
 *   M1  An element is appended to, or written under, a key at most once in a history, aborted attempts included: a value
 *       that is read names its writer.
 *   M2  A key is a list or a register for the whole history, and absent before it.
 *   M3  `invoked` and `completed` count the same steps, all over the history: what completed before another began to be
 *       asked for has really been over before it.
 */

/** How it ended, as far as the client knows. A crash between the commit and its answer leaves `unknown`. */
export type Outcome = 'committed' | 'aborted' | 'unknown';

/** What a read gave: a register, a list, or nothing there. */
export type ReadValue = number | readonly number[] | null;

export type HistoryOperation =
  /** One element more at the end of a list. */
  | { readonly kind: 'append'; readonly key: string; readonly element: number }
  /** A register gets a value; null deletes it. */
  | { readonly kind: 'write'; readonly key: string; readonly value: number | null }
  | { readonly kind: 'read'; readonly key: string; readonly value: ReadValue }
  /** All keys in `[from, to)`, in order: what is not among the entries was not there. */
  | {
      readonly kind: 'scan';
      readonly from: string;
      readonly to: string;
      readonly entries: readonly (readonly [key: string, value: number | readonly number[]])[];
    };

export interface HistoryTransaction {
  readonly operations: readonly HistoryOperation[];
  readonly outcome: Outcome;
  /** The step at which it began (M3). */
  readonly invoked: number;
  /** The step at which the client learned how it ended; absent where it never did. */
  readonly completed?: number;
  /** The timestamp as of which it reads, if the store told. */
  readonly snapshot?: number;
  /** The timestamp of its writes, if the store told; none for one that wrote nothing. */
  readonly commit?: number;
  /** It asked for an older snapshot on purpose: what was committed before it began need not show. */
  readonly isHistorical?: boolean;
}

/** Transactions are numbered by their place, from 0; pictures and sentences call them T1, T2, ... */
export interface History {
  readonly transactions: readonly HistoryTransaction[];
}

export const nameOf = (transaction: number): string => `T${transaction + 1}`;
