/**
 * Histories written by hand: a line for each transaction, T1 first.
 *
 *     read x nothing; append x 1                              committed, and overlapping all others
 *     aborted: write r 5                                      or `unknown:`
 *     steps 1-4 snapshot 0 commit 3: read x [1 2]; scan a..f x=[1 2] y=3
 */
import type { History, HistoryOperation, HistoryTransaction, Outcome, ReadValue } from '../history';

export function historyOf(text: string): History {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return { transactions: lines.map((line, i) => transactionOf(line, i, lines.length)) };
}

/** Unless it says when, each begins before any ends. */
function transactionOf(line: string, place: number, count: number): HistoryTransaction {
  const [head, body] = line.includes(':') ? (line.split(':') as [string, string]) : ['', line];
  const steps = /steps (\d+)-(\d+)/.exec(head);
  const outcome = (/aborted|unknown/.exec(head)?.[0] ?? 'committed') as Outcome;
  const snapshot = /snapshot (\d+)/.exec(head)?.[1];
  const commit = /commit (\d+)/.exec(head)?.[1];
  return {
    operations: body.split(';').map((operation) => operationOf(operation.trim())),
    outcome,
    invoked: steps === null ? place : Number(steps[1]),
    completed: steps === null ? count + place : Number(steps[2]),
    ...(snapshot === undefined ? {} : { snapshot: Number(snapshot) }),
    ...(commit === undefined ? {} : { commit: Number(commit) }),
    ...(head.includes('historical') ? { isHistorical: true } : {}),
  };
}

function operationOf(text: string): HistoryOperation {
  const [, kind, key, rest = ''] = /^(\w+) (\S+) ?(.*)$/.exec(text) ?? [];
  if (key === undefined) throw new Error(`not an operation: ${text}`);
  switch (kind) {
    case 'append':
      return { kind, key, element: Number(rest) };
    case 'write':
      return { kind, key, value: Number(rest) };
    case 'delete':
      return { kind: 'write', key, value: null };
    case 'read':
      return { kind, key, value: valueOf(rest) };
    case 'scan': {
      const [from, to] = key.split('..') as [string, string];
      const entries = [...rest.matchAll(/(\w+)=(\[[^\]]*\]|\d+)/g)].map(
        ([, name, value]) => [name!, valueOf(value!) as number | number[]] as const,
      );
      return { kind, from, to, entries };
    }
    default:
      throw new Error(`not an operation: ${text}`);
  }
}

function valueOf(text: string): ReadValue {
  if (text === 'nothing') return null;
  if (!text.startsWith('[')) return Number(text);
  return text.slice(1, -1).split(' ').filter(Boolean).map(Number);
}
