/** A circle with one rw that a write closes: no second read gives it away, so nothing is said of one. */
import { expect, it } from 'vitest';
import { checkHistory } from './check_history';
import type { HistoryOperation } from './history';

it.each<[string, HistoryOperation]>([
  ['scan', { kind: 'scan', from: 'x', to: 'y', entries: [] }],
  ['read', { kind: 'read', key: 'x', value: null }],
])('a %s before a commit, and a write behind it, is G-single', (_, seen) => {
  const { anomalies } = checkHistory(
    {
      transactions: [
        {
          operations: [
            { kind: 'write', key: 'x', value: 1 },
            { kind: 'append', key: 'l', element: 1 },
          ],
          ...{ outcome: 'committed', invoked: 1, completed: 10 },
        },
        {
          operations: [seen, { kind: 'append', key: 'l', element: 2 }],
          ...{ outcome: 'committed', invoked: 2, completed: 11 },
        },
        {
          operations: [{ kind: 'read', key: 'l', value: [1, 2] }],
          ...{ outcome: 'committed', invoked: 12, completed: 13 },
        },
      ],
    },
    { useTimestamps: false },
  );
  expect(anomalies.map(({ name }) => name)).toEqual(['G-single']);
  expect(anomalies[0]!.sentences.at(-1)).toMatch(/^(\w+) read from before (?!\1)\w+, and yet wrote behind\.$/);
});
