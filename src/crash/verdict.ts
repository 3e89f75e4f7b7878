/**
 * The verdict: what a crash left, against what was promised. One home for the rules, whoever asks: the checker of the
 * crash suite, and the judge of the lab's drills.
 *
 *   J1  What came back must be the state after some number of commits: whole, in order, without holes.
 *   J2  That prefix must hold every acknowledged commit, except relaxed ones that no flush covered when the power went.
 *   J3  Commits that nobody was told of may be there: they were written, and that is allowed.
 *   J4  A store that refuses to open, or opens read-only, because it found damage, has broken no promise: it said so.
 *       But only if something besides the crash could have done the damage: a flipped bit, a failing or lying device, a
 *       protection switched off. After a crash alone, a store that does not open has failed, whatever it says.
 */
import { equalBytes } from '../base/bytes';
import type { Batch, Entry } from '../base/ordered_index';

/**
 *   A  every acknowledged commit is there
 *   L  acknowledged commits are missing, and their mode or the disk allows it; still a prefix
 *   D  damage was reported: the store refused, or opened read-only
 *   S  silent wrong: an acknowledged commit is missing that may not, or half a commit, or a hole
 *   F  failed in any other way
 */
export const VERDICT_LETTERS = ['A', 'L', 'D', 'S', 'F'] as const;
export type VerdictLetter = (typeof VERDICT_LETTERS)[number];

export type CommitFate =
  /** All of it is there. */
  | 'kept'
  /** None of it is. */
  | 'lost'
  /** Some operations are there, others are not: never allowed. */
  | 'half'
  /** Later commits wrote over all it did: its own effect cannot be seen. */
  | 'covered';

/** What was found, boiled down to what the letter hangs on. */
export interface Findings {
  /** The code of the error with which opening failed. */
  readonly refusal: string | undefined;
  /** It opened read-only, because the log is damaged. */
  readonly isReadOnly: boolean;
  /** J4: nothing but the crash happened to the bytes, and every protection was on. */
  readonly crashAlone: boolean;
  /** J1. */
  readonly isPrefix: boolean;
  /** J2: whether acknowledged commits are missing. */
  readonly missing: 'none' | 'allowed' | 'forbidden';
}

export function letterOf({ crashAlone, isPrefix, isReadOnly, missing, refusal }: Findings): VerdictLetter {
  if (refusal !== undefined) return saysDamaged(refusal) && !crashAlone ? 'D' : 'F';
  if (isReadOnly) return crashAlone ? 'F' : 'D';
  if (!isPrefix) return 'S';
  if (missing === 'none') return 'A';
  return missing === 'allowed' ? 'L' : 'S';
}

export const saysDamaged = (code: string): boolean => /damaged|not_a_store|format_too_new/.test(code);

/**
 * How many commits, from the first, give exactly what came back (J1); undefined if no number does. Where several do,
 * because a commit changed nothing, the largest up to `said`, which recovery itself speaks of.
 */
export function prefixLength(
  before: readonly Entry[],
  commits: readonly { readonly operations: Batch }[],
  recovered: readonly Entry[],
  said: number,
): number | undefined {
  const target = mapOf(recovered);
  const model = mapOf(before);
  const differing = new Set<string>();
  const compare = (key: string): void => {
    if (same(model.get(key), target.get(key))) differing.delete(key);
    else differing.add(key);
  };
  for (const key of [...target.keys(), ...model.keys()]) compare(key);
  let found = differing.size === 0 ? 0 : undefined;
  for (const [index, { operations }] of commits.entries()) {
    for (const operation of operations) {
      const key = keyText(operation.key);
      if (operation.kind === 'put') model.set(key, operation.value);
      else model.delete(key);
      compare(key);
    }
    if (differing.size === 0 && (found === undefined || index + 1 <= said)) found = index + 1;
  }
  return found;
}

/** Without a prefix each commit is judged by the keys that no later commit wrote. */
export function fatesByContents(
  commits: readonly { readonly operations: Batch }[],
  recovered: readonly Entry[],
): CommitFate[] {
  const target = mapOf(recovered);
  const lastWriter = new Map<string, number>();
  commits.forEach(({ operations }, index) => {
    for (const { key } of operations) lastWriter.set(keyText(key), index);
  });
  return commits.map(({ operations }, index) => {
    const own = new Map(operations.map((operation) => [keyText(operation.key), operation]));
    const visible = [...own].filter(([key]) => lastWriter.get(key) === index);
    const there = visible.filter(([key, operation]) =>
      same(operation.kind === 'put' ? operation.value : undefined, target.get(key)),
    );
    if (visible.length === 0) return 'covered';
    if (there.length === 0) return 'lost';
    return there.length === visible.length ? 'kept' : 'half';
  });
}

const mapOf = (entries: readonly Entry[]): Map<string, Uint8Array> =>
  new Map(entries.map(({ key, value }) => [keyText(key), value]));

/** One character a byte: a key for a `Map`. */
function keyText(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b);
