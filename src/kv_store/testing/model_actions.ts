/** For property tests: lists of actions for `ModelRun`, as fast-check makes and shrinks them. */
import fc from 'fast-check';
import type { Action } from './model_check';

const operation = fc.record({
  key: fc.nat(40),
  valueBytes: fc.oneof(
    { weight: 4, arbitrary: fc.nat(60) },
    { weight: 1, arbitrary: fc.nat(440) },
    { weight: 2, arbitrary: fc.constant(undefined) },
  ),
});
const commit = fc.record({
  do: fc.constant('commit' as const),
  batch: fc.array(operation, { minLength: 1, maxLength: 4 }),
  mode: fc.constantFrom('strict' as const, 'relaxed' as const),
});
const step = fc.record({ do: fc.constant('step' as const), budgetBytes: fc.constantFrom(1, 2000, 100_000) });
const cut = fc.record({ do: fc.constant('cut' as const), seed: fc.nat() });
const plain = (name: 'turn' | 'flush' | 'checkpoint' | 'begin_checkpoint' | 'reopen' | 'crash') =>
  fc.constant({ do: name } as const);

/** `ends`: which ways for a program to end are among the actions besides a clean reopening. */
export function actionLists(length: number, ends: readonly ('crash' | 'cut')[]): fc.Arbitrary<Action[]> {
  const action = fc.oneof<fc.MaybeWeightedArbitrary<Action>[]>(
    { weight: 60, arbitrary: commit },
    { weight: 20, arbitrary: plain('turn') },
    { weight: 4, arbitrary: plain('flush') },
    { weight: 2, arbitrary: plain('checkpoint') },
    { weight: 2, arbitrary: plain('begin_checkpoint') },
    { weight: 4, arbitrary: step },
    { weight: 2, arbitrary: plain('reopen') },
    { weight: ends.includes('crash') ? 3 : 0, arbitrary: plain('crash') },
    { weight: ends.includes('cut') ? 4 : 0, arbitrary: cut },
  );
  return fc.array(action, { minLength: length, maxLength: length, size: 'max' });
}
