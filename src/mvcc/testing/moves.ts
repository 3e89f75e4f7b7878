/** What sessions and their store may do, one move after the other, drawn at random; each test says how often it wants which. */
import fc from 'fast-check';
import type { IsolationLevel } from '../transaction';

/** Few keys, so that transactions meet. */
export const KEYS = ['a', 'ab', 'b', 'c', 'd'];

interface Details {
  readonly begin: { readonly slot: number; readonly level: IsolationLevel; readonly readOnly: boolean };
  /** At the timestamp so many commits before the newest. */
  readonly begin_at: { readonly slot: number; readonly back: number };
  readonly get: { readonly slot: number; readonly key: string };
  readonly put: { readonly slot: number; readonly key: string; readonly value: string };
  readonly delete: { readonly slot: number; readonly key: string };
  readonly scan: { readonly slot: number; readonly from: string; readonly to: string; readonly reverse: boolean };
  readonly commit: { readonly slot: number };
  readonly abort: { readonly slot: number };
  readonly batch: { readonly keys: readonly string[]; readonly value: string };
  readonly publish_next: unknown;
  readonly flush: unknown;
  readonly refuse: unknown;
  readonly vacuum: { readonly budgetBytes: number };
  readonly keep: { readonly name: string };
  readonly release: { readonly name: string };
}
export type MoveKind = keyof Details;
export type Move<Kind extends MoveKind = MoveKind> = { [One in Kind]: { readonly do: One } & Details[One] }[Kind];

const slot = fc.nat(3);
const key = fc.constantFrom(...KEYS);
const value = fc.stringMatching(/^[a-z]{0,3}$/);
const name = fc.constantFrom('before', 'after');

const DETAILS: { readonly [Kind in Exclude<MoveKind, 'begin'>]: fc.Arbitrary<Details[Kind]> } = {
  begin_at: fc.record({ slot, back: fc.nat(4) }),
  get: fc.record({ slot, key }),
  put: fc.record({ slot, key, value }),
  delete: fc.record({ slot, key }),
  // Up to a key, or past them all.
  scan: fc.record({ slot, from: key, to: fc.constantFrom(...KEYS, 'e'), reverse: fc.boolean() }),
  commit: fc.record({ slot }),
  abort: fc.record({ slot }),
  batch: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 3 }), value }),
  publish_next: fc.constant({}),
  flush: fc.constant({}),
  refuse: fc.constant({}),
  vacuum: fc.record({ budgetBytes: fc.constantFrom(1, 40, 1000) }),
  keep: fc.record({ name }),
  release: fc.record({ name }),
};

/** @param weights how often each kind comes, against the others; one that is not named does not come */
export function movesOf<Kind extends MoveKind>(
  weights: Readonly<Record<Kind, number>>,
  level: fc.Arbitrary<IsolationLevel>,
): fc.Arbitrary<Move<Kind>[]> {
  const readOnly = fc.nat(3).map((dice) => dice === 0);
  const details = { ...DETAILS, begin: fc.record({ slot, level, readOnly }) };
  const kinds = (Object.keys(weights) as Kind[]).map((kind) => ({
    weight: weights[kind],
    arbitrary: (details[kind] as fc.Arbitrary<object>).map((more) => ({ do: kind, ...more }) as Move<Kind>),
  }));
  return fc.array(fc.oneof<fc.MaybeWeightedArbitrary<Move<Kind>>[]>(...kinds), {
    minLength: 20,
    maxLength: 80,
    size: 'max',
  });
}
