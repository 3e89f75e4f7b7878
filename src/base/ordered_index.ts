/**
 * The ordered index: what the store asks of whatever keeps its keys in order. The in-memory map, the B-tree and the
 * LSM tree implement it; one property suite (`ordered_index_suite.ts`) holds each equal to the model.
 *
 * Invariants of every implementation:
 *   X1  Keys are ordered by `compareBytes`; a key is present at most once.
 *   X2  `apply(batch, lsn)` is all or nothing, and `lsn` is larger than that of any batch applied before.
 *   X3  A cursor sees the index as of its opening: batches applied later do not show, until it is closed.
 *   X4  After `checkpoint` of LSN n has finished, everything applied up to n is found again by opening the index.
 *   X5  Byte arrays handed out are the index's own: the caller reads them and does not write.
 *   X6  `forget` is part of no batch: what it removes, nobody could read, and a crash may bring it back.
 */
import { compareBytes } from './bytes';
import type { ErrorPlace } from './errors';
import type { Lsn } from './ids';

export interface PutOperation {
  readonly kind: 'put';
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}
export interface DeleteOperation {
  readonly kind: 'delete';
  readonly key: Uint8Array;
}
export type Operation = PutOperation | DeleteOperation;

/** Operations that happen together or not at all. A later operation on a key wins over an earlier one. */
export type Batch = readonly Operation[];

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys in `[from, to)`; an absent end is open. `reverse` walks from the largest down. */
export interface Range {
  readonly from?: Uint8Array | undefined;
  readonly to?: Uint8Array | undefined;
}

/** One pass over a range. `next()` gives undefined at the end, and for ever after; `close()` may be called early. */
export interface Cursor {
  next(): Entry | undefined;
  close(): void;
}

export interface IndexStats {
  readonly keys: number;
  /** Sum of key and value lengths of the entries present. */
  readonly userBytes: number;
}

/** One broken rule found by `check`: which invariant, and where, if it is about bytes in a file. */
export interface Finding {
  readonly rule: string;
  readonly detail: string;
  readonly place?: ErrorPlace;
}

/** A long piece of work in slices. `step` does at most about `budgetBytes` of I/O and says whether it is done. */
export interface Steps {
  step(budgetBytes: number): { readonly done: boolean };
}

/**
 * A checkpoint in progress. `step` writes and at last flushes the data files; once it is done, `root` (at most
 * `ROOT_BYTES_MAX` bytes, opaque to the store) finds everything up to `lsn` again. The store then writes `root` into
 * both superblock slots, lets the index `settle` what it may only touch from then on, and calls `finish`, which frees
 * what only the previous root could reach.
 */
export interface IndexCheckpoint extends Steps {
  readonly lsn: Lsn;
  readonly root: Uint8Array;
  /** Bytes this checkpoint still has to write, as far as it knows: what the committers are asked to pay for. */
  readonly remainingBytes: number;
  /** What it wrote last may count or not, and nobody knows: it is not given up any more. Absent: no. */
  readonly isInDoubt?: boolean;
  /** After both slots name `root` durably, and before `finish`. A crash in the middle of it loses nothing. */
  settle(budgetBytes: number): { readonly done: boolean };
  finish(): void;
  /** Gives up, before any slot was written: whatever was written is free again, the previous root stays the one in force. */
  abandon(): void;
}

export const ROOT_BYTES_MAX = 128;

export interface OrderedIndex {
  get(key: Uint8Array): Uint8Array | undefined;
  /**
   * The first entry of `[from, to)` whose key starts with `prefix`; with `restBytes`, only keys count that have exactly so
   * many bytes behind it. That is how the versions of one key are looked for, whose number has a fixed length, and it tells an
   * index with filters which filter prefix such a key has.
   */
  seekFirst(prefix: Uint8Array, range: Range, restBytes?: number): Entry | undefined;
  cursor(range: Range, reverse: boolean): Cursor;
  apply(batch: Batch, lsn: Lsn): void;
  /**
   * X6: removes keys, as of the last batch applied; the log knows nothing of it. Of an index that drops such things in merges
   * of its own there is none.
   */
  forget?(keys: readonly Uint8Array[]): void;
  /** Starts making everything applied so far durable without the log. One at a time. */
  beginCheckpoint(): IndexCheckpoint;
  /** LSN up to which the index is durable by itself, without the log: that of the last finished checkpoint. */
  readonly durableLsn: Lsn;
  /** The last LSN applied. */
  readonly appliedLsn: Lsn;
  stats(): IndexStats;
  /** Walks the whole structure; an empty list means every invariant holds. */
  check(): Finding[];
}

/** `seekFirst`, for an index that knows no shorter way than a cursor. */
export function seekFirstByCursor(
  cursor: (within: Range) => Cursor,
  prefix: Uint8Array,
  { from, to }: Range,
  restBytes?: number,
): Entry | undefined {
  const end = prefixEnd(prefix);
  const within = cursor({
    from: from && compareBytes(from, prefix) > 0 ? from : prefix,
    to: to && end && compareBytes(to, end) < 0 ? to : (end ?? to),
  });
  try {
    let first = within.next();
    while (first && restBytes !== undefined && first.key.length !== prefix.length + restBytes) first = within.next();
    return first;
  } finally {
    within.close(); // Also where it ran into damage: what a cursor pins would stay for good.
  }
}

/** The smallest key past all that start with `prefix`; undefined if there is none. */
function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1]!++;
  return end;
}
