/** What the checker takes for granted and what not: outcomes, timestamps, the start order, own writes. */
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check_history';
import { historyOf } from './testing/notation';

const namesIn = (text: string, options?: Parameters<typeof checkHistory>[1]): string[] =>
  checkHistory(historyOf(text), options).anomalies.map(({ name }) => name);

it('says of a legal history how much was compared, and what the orders rest on', () => {
  const { verdicts } = checkHistory(historyOf('append x 1; write r 2\nread x [1]; read r 2'));
  expect(verdicts.serializable.isLegal).toBe(true);
  expect(verdicts.serializable.sentences).toEqual([
    'Nothing that the serializable level forbids shows in the 2 dependencies between 2 transactions.',
    'The order of versions comes from what was read for 2 keys, and rests on commit timestamps for 0.',
  ]);
  expect(verdicts.snapshot.sentences[0]).toContain('Nothing that snapshot isolation forbids');
  expect(verdicts.snapshot.graph).toEqual({ transactions: [], edges: [] });
});

it('gives each level its own verdict, with the first anomaly told and drawn', () => {
  const { verdicts } = checkHistory(historyOf('read x nothing; append y 1\nread y nothing; append x 1'));
  expect(verdicts.snapshot.isLegal).toBe(true);
  const { anomalies, graph, isLegal, sentences } = verdicts.serializable;
  expect(isLegal).toBe(false);
  expect(sentences).toEqual(anomalies[0]!.sentences);
  expect(graph).toEqual({
    transactions: [0, 1],
    edges: [
      { from: 0, to: 1, kind: 'rw', key: 'x', text: 'T1 found nothing under x before T2 appended 1 to x' },
      { from: 1, to: 0, kind: 'rw', key: 'y', text: 'T2 found nothing under y before T1 appended 1 to y' },
    ],
  });
});

describe('a transaction of unknown outcome', () => {
  it('has committed if somebody read what it wrote, and then its own reads count', () => {
    expect(namesIn('unknown: append x 1; read y nothing\nread x [1]; read y [2]\nappend y 2')).toEqual([]);
    expect(namesIn('unknown: append x 1; read y [2]\nread x [1]; read y nothing\nappend y 2')).toEqual(['OTV']);
  });
  it('has deleted nothing that somebody wrote over it in time: that write is lost', () => {
    const lost = (write: string): string[] =>
      namesIn(
        `steps 1-2 snapshot 0 commit 1: write r 1\nunknown steps 3-9 snapshot 1 commit 2: delete r\n${write}\nsteps 12-13 snapshot 5: read r nothing`,
      );
    expect(lost('steps 10-11 snapshot 3 commit 4: write r 2')).not.toEqual([]);
    expect(lost('aborted steps 10-11 snapshot 3: write r 2')).toEqual([]);
  });
  it('may have deleted what is missing: then nobody can tell, unless it is too late for the reader', () => {
    const missing = (unknown: string): string[] =>
      namesIn(`steps 1-2 snapshot 0 commit 1: write r 1\n${unknown}: delete r\nsteps 5-6 snapshot 5: read r nothing`);
    expect(missing('unknown steps 3-9')).toEqual([]);
    expect(missing('unknown steps 3-9 snapshot 1 commit 5')).toEqual([]);
    expect(missing('unknown steps 3-9 snapshot 1 commit 6')).toEqual(['G-SIb']);
    expect(missing('aborted steps 3-9')).toEqual(['G-SIb']);
  });
  it('does not count if nobody did', () => {
    expect(namesIn('append y 1; append z 1\nunknown: append x 1; read y [1]; read z nothing\nread x nothing')).toEqual(
      [],
    );
  });
});

describe('what an aborted transaction read', () => {
  it('is not compared with what others read: it may have been refused for that', () => {
    expect(namesIn('append x 1; append y 1\naborted: read x [1]; read y nothing')).toEqual([]);
    expect(namesIn('append x 1\nappend x 2\nread x [1 2]\naborted: read x [2]')).toEqual([]);
  });
  it.each(['aborted', 'unknown'])('has to be right by itself all the same (%s)', (outcome) => {
    const wrong = (operations: string, others = ''): string[] => namesIn(`${outcome}: ${operations}\n${others}`);
    expect(wrong('write r 5; read r nothing')).toEqual(['internal']);
    expect(wrong('append x 5; read x []')).toEqual(['internal']);
    expect(wrong('read r 5; write r 5')).toEqual(['internal']);
    expect(wrong('read r 5', 'write r 5; write r 6')).toEqual(['G1b']);
    expect(wrong('read x [1]', 'append x 1; append x 2')).toEqual(['G1b']);
    expect(wrong('read r 5', 'aborted: write r 5')).toEqual(['G1a']);
    expect(wrong('read r 7', 'write r 5')).toEqual(['never written']);
    expect(wrong('read x [1 1]', 'append x 1')).toEqual(['duplicate']);
    expect(wrong('scan a..c d=1', 'write d 1')).toEqual(['broken scan']);
  });
  it('from one of unknown outcome says nothing: that may have committed, and been lost with the power', () => {
    expect(namesIn('aborted: read r 5\nunknown: write r 5')).toEqual([]);
    expect(namesIn('aborted: read r 5\nunknown: write r 5; write r 6')).toEqual(['G1b']);
  });
});

describe('a scan', () => {
  const WRITTEN = 'write b 1\nwrite c 2\nwrite d 3\n';
  it.each([
    ['a..e b=1 c=2 c=2 d=3', 'c twice'],
    ['a..e b=1 c=2 b=1 d=3', 'b after c'],
    ['b..d b=1 c=2 d=3', 'd, which is not in it'],
    ['c..e b=1 c=2 d=3', 'b, which is not in it'],
    // Nobody wrote it: that the scan has no right to it shows all the same.
    ['a..e b=1 c=2 d=3 f=4', 'f, which is not in it'],
  ])('%s is wrong by itself', (scan, what) => {
    const { anomalies } = checkHistory(historyOf(`${WRITTEN}scan ${scan}`));
    expect(anomalies.map(({ name }) => name)).toEqual(['broken scan']);
    expect(anomalies[0]!.sentences[0]).toContain(what);
  });
  it('of the whole, or of a part, in order is right', () => {
    expect(namesIn(`${WRITTEN}scan a..e b=1 c=2 d=3`)).toEqual([]);
    expect(namesIn(`${WRITTEN}scan b..d b=1 c=2`)).toEqual([]);
  });
});

describe('a commit timestamp', () => {
  it('belongs to one transaction that counts', () => {
    const both = (outcome: string): string[] =>
      namesIn(`snapshot 0 commit 3: write r 1\n${outcome} snapshot 0 commit 3: write s 1`);
    expect(both('')).toEqual(['timestamps']);
    expect(both('aborted')).toEqual([]);
    expect(both('unknown')).toEqual([]); // Lost with the power: the next commit got its number.
  });
  it('lies above the snapshot of its transaction', () => {
    expect(namesIn('snapshot 3 commit 4: write r 1')).toEqual([]);
    for (const commit of [3, 2]) expect(namesIn(`snapshot 3 commit ${commit}: write r 1`)).toEqual(['timestamps']);
  });
  it('is not looked at where only what clients saw counts', () => {
    expect(namesIn('snapshot 3 commit 3: write r 1\nsnapshot 0 commit 3: write s 1', { useTimestamps: false })).toEqual(
      [],
    );
  });
});

describe('the start order', () => {
  const STALE = 'steps 1-2: write r 1\nsteps 3-4: read r nothing';
  it('is taken from the steps of the clients', () => {
    expect(namesIn(STALE)).toEqual(['G-SIb']);
    expect(namesIn(STALE.replace('3-4', '0-4'))).toEqual([]);
  });
  it('does not bind who asked for an older snapshot', () => {
    expect(namesIn(STALE.replace('steps 3-4', 'steps 3-4 historical'))).toEqual([]);
  });
  it('is taken from timestamps as well, unless they are left out', () => {
    const stale = 'snapshot 0 commit 5: write r 1\nsnapshot 5: read r nothing';
    expect(namesIn(stale)).toEqual(['G-SIb']);
    expect(namesIn(stale.replace('snapshot 5', 'snapshot 4'))).toEqual([]);
    expect(namesIn(stale, { useTimestamps: false })).toEqual([]);
  });
});

describe('the order of a register', () => {
  const SKEWED =
    'snapshot 0 commit 1: write p 1; write q 1\nsnapshot 1 commit 2: write p 2; write q 2\nsnapshot 2: read p 1; read q 2';
  it('comes from commit timestamps', () => {
    expect(namesIn(SKEWED)).toContain('G-single');
    expect(checkHistory(historyOf(SKEWED)).orders).toEqual({ reads: 0, timestamps: 2 });
  });
  it('is not known without, unless somebody read before he wrote', () => {
    expect(namesIn(SKEWED, { useTimestamps: false })).toEqual([]);
    const read = SKEWED.replace(': write p 2', ': read p 1; write p 2');
    expect(namesIn(read, { useTimestamps: false })).toContain('G-single');
  });
});

describe('a deleted register', () => {
  const DELETED = 'snapshot 0 commit 1: write r 1\nsnapshot 1 commit 2: delete r\nsnapshot 2 commit 3: write r 3\n';
  it('may be missing where the newest version is the deletion', () => {
    expect(namesIn(`${DELETED}snapshot 2: read r nothing`)).toEqual([]);
    expect(namesIn(`${DELETED}snapshot 0: read r nothing`)).toEqual([]);
  });
  it('must not be missing where it has a value', () => {
    expect(namesIn(`${DELETED}snapshot 3: read r nothing`)).toEqual(['G-SIb']);
    expect(namesIn(`${DELETED}snapshot 1: read r nothing`)).toEqual(['G-SIb']);
  });
  it('tells nothing without timestamps', () => {
    expect(namesIn(`${DELETED}snapshot 3: read r nothing`, { useTimestamps: false })).toEqual([]);
  });
  it('is missing for the transaction that deleted it', () => {
    expect(namesIn('write r 1; delete r; read r nothing')).toEqual([]);
    expect(namesIn('write r 1; delete r; read r 1')).toEqual(['internal']);
  });
});

it('the own elements of a list come after those of others', () => {
  expect(namesIn('append x 1\nappend x 2; read x [1 2]')).toEqual([]);
  expect(namesIn('append x 1\nappend x 2; read x [2 1]')).toEqual(['internal']);
});

it('a scan says of every key in its range whether it was there', () => {
  expect(namesIn('append b 1; append d 1\nscan a..c b=[1]; scan c..e d=[1]')).toEqual([]);
  expect(namesIn('append b 1; append d 1\nscan a..c b=[1]; scan c..e')).toEqual(['PMP']);
});

it('two that overlap and blindly write one key are serializable, and not snapshot isolation', () => {
  const { verdicts } = checkHistory(historyOf('snapshot 0 commit 1: write r 1\nsnapshot 0 commit 2: write r 2'));
  expect(verdicts.snapshot.anomalies.map(({ name }) => name)).toEqual(['G-SIa']);
  expect(verdicts.serializable.isLegal).toBe(true);
});

it('refuses a history that writes a value twice under a key', () => {
  expect(() => checkHistory(historyOf('write r 1\nwrite r 1'))).toThrow('M1');
  expect(() => checkHistory(historyOf('write r 1\nappend r 2'))).toThrow('M2');
});

describe('own writes', () => {
  it('show once in a list, at its end', () => {
    expect(namesIn('append x 1; read x [1]')).toEqual([]);
    expect(namesIn('append x 1; read x [1 1]')).toEqual(['duplicate']);
  });
  it('do not show before they are made', () => {
    expect(namesIn('read x [1]; append x 1')).toEqual(['internal']);
    expect(namesIn('read r 5; write r 5')).toEqual(['internal']);
  });
});

it('an empty list under a key that nobody wrote is nothing', () => {
  expect(namesIn('read x []')).toEqual([]);
});
