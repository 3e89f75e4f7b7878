/**
 * Runs for stores with versions: commits of the same few keys, in one group and one after the other, so that there is always
 * something to collect, and always somebody on the way.
 */
import { namedWorkloads, remove, TURN, type Workload } from './workload';

const CHECKPOINT = { do: 'checkpoint' } as const;
const key = (n: number): string => `k${n % 4}`;
const slice = (budgetBytes: number) => ({ do: 'step', budgetBytes }) as const;

export const MVCC_WORKLOADS: Readonly<Record<string, Workload>> = namedWorkloads({
  'old versions are collected': (s) => {
    for (let n = 0; n < 12; n++) {
      s.commit([s.put(key(n), 40), s.put(key(n + 1), 20)]).do(TURN);
      if (n % 3 === 2) s.do(CHECKPOINT);
      if (n % 4 === 1) s.do(slice(100), slice(1000));
    }
  },
  'commits on their way': (s) => {
    for (let n = 0; n < 4; n++) {
      for (let i = 0; i < 3; i++) s.commit([s.put(key(n + i), 30), s.put(key(n + i + 1), 30)]);
      s.do(TURN);
      if (n === 2) s.do(CHECKPOINT);
    }
  },
  'deleted, collected, written again': (s) => {
    for (let n = 0; n < 3; n++) {
      s.commit([s.put('a', 60), s.put('b', 60), s.put('c', 60)]).do(TURN);
      s.commit([remove('a'), remove('b')]).do(TURN, CHECKPOINT);
      s.commit([s.put('c', 10), remove('d')]).do(TURN, slice(2000), slice(2000));
    }
    s.do({ do: 'reopen' });
    for (let n = 0; n < 4; n++) s.commit([s.put('a', 20), remove('c')]).do(TURN, slice(500));
  },
});
