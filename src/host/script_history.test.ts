/** What a script's transactions did and saw, as the history checker gets it. */
import { expect, test } from 'vitest';
import { parseScript } from '../workload/parser';
import { historyOf } from './script_history';
import { runScript } from './testing/sessions';

function historyFor(text: string) {
  const session = runScript(`store versions\n${text}`);
  const { lines } = parseScript(text).script;
  return historyOf(lines.map(({ command }, index) => ({ command, result: session.log[index + 1]!.result })));
}

test('transactions of the script come first; a commit holds when it was flushed, and one that nobody flushed is unknown', () => {
  const { transactions } = historyFor(
    ['put x 1', 'flush', 'begin t1', 'get x in t1', 'put x 2 in t1', 'commit t1', 'put y 3', 'flush', 'put x 4'].join(
      '\n',
    ),
  );
  expect(transactions).toEqual([
    {
      operations: [
        { kind: 'read', key: 'x', value: 1 },
        { kind: 'write', key: 'x', value: 2 },
      ],
      outcome: 'committed',
      invoked: 2,
      completed: 7,
      snapshot: 1,
      commit: 2,
    },
    { operations: [{ kind: 'write', key: 'x', value: 1 }], outcome: 'committed', invoked: 0, completed: 1, commit: 1 },
    { operations: [{ kind: 'write', key: 'y', value: 3 }], outcome: 'committed', invoked: 6, completed: 7, commit: 3 },
    { operations: [{ kind: 'write', key: 'x', value: 4 }], outcome: 'unknown', invoked: 8, commit: 4 },
  ]);
});

test('what was aborted or refused is aborted; who asked for an older snapshot did so on purpose', () => {
  const { transactions } = historyFor(
    [
      ...['put x 1', 'flush', 'begin t1', 'begin t2', 'put x 2 in t1', 'put x 3 in t2', 'commit t1', 'commit t2'],
      ...['flush', 'begin t3', 'put x 5 in t3', 'abort t3', 'begin t4 at 1', 'get x in t4', 'commit t4', 'scan a'],
    ].join('\n'),
  );
  expect(transactions.map(({ isHistorical, outcome }) => [outcome, isHistorical === true])).toEqual([
    ['committed', false],
    ['aborted', false],
    ['aborted', false],
    ['committed', true],
    ['committed', false],
    ['committed', false],
  ]);
  expect(transactions.at(-1)!.operations).toEqual([{ kind: 'scan', from: 'a', to: '\u{10ffff}', entries: [['x', 2]] }]);
});

test('words are values as well; a crash, or a part of a scan, is more than such a history can say', () => {
  const { transactions } = historyFor('put x red\nput y red\nput z blue\nflush\nget y');
  expect(transactions.flatMap(({ operations }) => operations.map((one) => 'value' in one && one.value))).toEqual([
    ...[1_000_000_000, 1_000_000_000, 1_000_000_001, 1_000_000_000],
  ]);
  expect(() => historyFor('put x 1\ncrash')).toThrow('does not go over `crash`');
  expect(() => historyFor('put x 1\nflush\nscan limit 1')).toThrow('whole scans');
});
