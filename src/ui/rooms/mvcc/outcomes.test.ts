/** How a transaction has ended, as its client was told: a commit in doubt is neither there nor lost. */
import { expect, it } from 'vitest';
import { encodeText } from '../../../base/bytes';
import type { ErrorCode } from '../../../base/errors';
import { lsn, txnId } from '../../../base/ids';
import type { MvccEvent } from '../../../mvcc';
import { mvccFold } from './fold';
import { transactionWords } from './words';

it.each<[ErrorCode | undefined, string, string, RegExp]>([
  [undefined, 'committed', 'settled', /: committed/],
  ['write_failed', 'aborted', 'failed', /: aborted/],
  ['commit_unknown', 'unknown', 'unknown', /nobody knows whether it is committed/],
])('a commit that settles with %s is %s', (code, state, kind, words) => {
  const who = { transaction: txnId(1), snapshot: lsn(0) };
  const events: MvccEvent[] = [
    { kind: 'mvcc.transaction_begun', ...who, label: 't', level: 'snapshot', readOnly: false },
    { kind: 'mvcc.commit_started', ...who, lsn: lsn(1), keys: [encodeText('a')] },
    { kind: 'mvcc.transaction_ended', transaction: who.transaction, how: 'submitted' },
    { kind: 'mvcc.commit_settled', transaction: who.transaction, lsn: lsn(1), ...(code && { code }) },
  ];
  const view = events.reduce(
    (before, event, seq) => mvccFold.apply(before, { seq, tick: 0, site: 0, command: 0, io: 0, event }),
    mvccFold.initial(),
  );
  expect(view.transactions[0]).toMatchObject({ state, code });
  expect([...view.steps].at(-1)!.kind).toBe(kind);
  expect(transactionWords(view.transactions[0]!)).toMatch(words);
});
