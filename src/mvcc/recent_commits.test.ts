import { expect, it } from 'vitest';
import { encodeText } from '../base/bytes';
import { lsn } from '../base/ids';
import { RecentCommits, type RecentCommit } from './recent_commits';

const settled = (at: number, ...keys: readonly string[]): RecentCommit => ({
  transaction: undefined,
  snapshot: lsn(at),
  lsn: lsn(at),
  batch: keys.map((key) => ({ kind: 'delete', key: encodeText(key) })),
  reads: undefined,
  firstOut: Infinity,
  isSettled: true,
});

it('C2: what only read goes as soon as everybody sees its snapshot, though it ended behind newer commits', () => {
  const recent = new RecentCommits();
  recent.add(settled(10, 'a'));
  recent.add(settled(5));
  recent.forget(7);
  expect([...recent.all].map((commit) => commit.lsn)).toEqual([10]);
  recent.forget(Infinity);
  expect([...recent.all]).toEqual([]);
});
