/**
 * The history of a run: every commit in the order of its LSN, and what the store must hold after each of them.
 *
 *     commits    1  2  3  4  5          the state after k commits is worked out once, from that after k - 1, and
 *     states   0  1  2  3  4  5         kept: thousands of disk states are held against the same few
 *
 *   H1  A history only grows. Where a recovery did not find the newest commits, or a commit was refused, another one
 *       begins: it shares what is common, and crash points before it keep the one they had.
 */
import { compareBytes, equalBytes } from '../base/bytes';
import type { Batch, Entry } from '../base/ordered_index';
import type { DurabilityMode } from '../kv_store';
import { finish } from '../storage/simulated/sector';

export interface HistoryCommit {
  readonly operations: Batch;
  readonly mode: DurabilityMode;
}

/** Entries in key order. */
export type State = readonly Entry[];

export class History {
  readonly #commits: HistoryCommit[];
  /** `#states[k]` is the state after k commits, as far as it was asked for. */
  readonly #states: State[];
  /** `#marks[k]` tells histories apart whose first k commits differ. */
  readonly #marks: number[];

  private constructor(commits: HistoryCommit[], states: State[], marks: number[]) {
    this.#commits = commits;
    this.#states = states;
    this.#marks = marks;
  }

  /** `before`: what the store held when the run began, under the commits that are counted. */
  static from(before: State = []): History {
    return new History([], [before], [before.length === 0 ? 0 : markOf(0, before)]);
  }

  get length(): number {
    return this.#commits.length;
  }

  commit(number: number): HistoryCommit {
    return this.#commits[number - 1]!;
  }

  push(commit: HistoryCommit): void {
    this.#marks.push(markOf(this.#marks.at(-1)!, commit.operations));
    this.#commits.push(commit);
  }

  /** The first `length` commits, as a history of its own; itself if that is all of it (H1). */
  cutTo(length: number): History {
    if (length >= this.#commits.length) return this;
    return new History(
      this.#commits.slice(0, length),
      this.#states.slice(0, length + 1),
      this.#marks.slice(0, length + 1),
    );
  }

  /** What a store holds that has the first `count` commits and no more. */
  stateAfter(count: number): State {
    for (let next = this.#states.length; next <= count; next++) {
      this.#states.push(applied(this.#states[next - 1]!, this.#commits[next - 1]!.operations));
    }
    return this.#states[count]!;
  }

  /** A number that is the same for histories whose first `count` commits are. */
  markAfter(count: number): number {
    return this.#marks[count]!;
  }
}

/** The state after one more batch. A later operation on a key wins over an earlier one. */
function applied(state: State, batch: Batch): State {
  const entries = [...state];
  for (const operation of batch) {
    const at = firstNotBelow(entries, operation.key);
    const isThere = at < entries.length && equalBytes(entries[at]!.key, operation.key);
    if (operation.kind === 'put') {
      entries.splice(at, isThere ? 1 : 0, { key: operation.key, value: operation.value });
    } else if (isThere) entries.splice(at, 1);
  }
  return entries;
}

/** The first entry whose key is not smaller. */
export function firstNotBelow(state: State, key: Uint8Array): number {
  let low = 0;
  for (let high = state.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (compareBytes(state[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function markOf(
  seed: number,
  operations: readonly { readonly key: Uint8Array; readonly value?: Uint8Array }[],
): number {
  let mark = finish(seed + 0x9e3779b9);
  const mix = (byte: number): void => {
    mark = Math.imul(mark ^ byte, 0x01000193);
  };
  for (const { key, value } of operations) {
    for (const byte of key) mix(byte);
    mix(value === undefined ? 256 : 257);
    if (value !== undefined) for (const byte of value) mix(byte);
    mix(258);
  }
  return finish(mark);
}
