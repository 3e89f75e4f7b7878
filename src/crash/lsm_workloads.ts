/**
 * Runs for stores with memtables of 600 bytes and tables of 512: each thing that an LSM tree does, again and again in a
 * short run, so that every crash falls into a flush, a merge or a change of the manifest.
 */
import { namedWorkloads, remove, TURN, type Script, type Workload } from './workload';

const CHECKPOINT = { do: 'checkpoint' } as const;
const VALUE_BYTES = 40;

const key = (n: number): string => `k${String(n).padStart(2, '0')}`;
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** One commit that puts some keys and deletes others, and a table of them. */
function table(s: Script, puts: readonly number[], deletes: readonly number[] = [], bytes = VALUE_BYTES): void {
  s.commit([...puts.map((n) => s.put(key(n), bytes)), ...deletes.map((n) => remove(key(n)))]).do(TURN, CHECKPOINT);
}
/** A commit that compactions are paid with. */
const pay = (s: Script): Script => s.commit([s.put('z')]).do(TURN);

export const LSM_WORKLOADS: Readonly<Record<string, Workload>> = namedWorkloads({
  'a memtable is flushed': (s) => {
    for (let n = 0; n < 7; n++) s.commit([s.put(key(n), 150), remove(key(n - 2))]).do(TURN);
    s.do(CHECKPOINT);
  },
  'tables are merged': (s) => {
    table(s, range(10, 16));
    table(s, range(13, 19), [11]);
    for (let n = 0; n < 2; n++) pay(s);
    table(s, range(15, 21));
    table(s, range(12, 17), [20]);
    for (let n = 0; n < 2; n++) pay(s);
  },
  'merges go down': (s) => {
    for (let n = 0; n < 10; n++) {
      table(s, range(10 + n, 80 + n, 7), n % 3 === 2 ? [11 + n, 17 + n] : [], 100);
      for (let i = 0; i < 2; i++) pay(s);
    }
  },
  'tables move': (s) => {
    for (let n = 0; n < 6; n++) table(s, range(10 * n, 10 * n + 6));
    for (let n = 0; n < 3; n++) pay(s);
  },
  'a deleted key stays deleted': (s) => {
    table(s, range(10, 30, 2));
    table(s, range(11, 31, 2));
    for (let n = 0; n < 3; n++) pay(s);
    table(s, [9, 40], [12, 14, 20]);
    table(s, [8, 41]);
    for (let n = 0; n < 3; n++) pay(s);
    s.do({ do: 'reopen' });
    table(s, [13], [16]);
    table(s, [19], [18]);
    for (let n = 0; n < 3; n++) pay(s);
  },
  'everything is deleted': (s) => {
    table(s, range(10, 20));
    table(s, [], range(10, 20));
    for (let n = 0; n < 3; n++) s.commit([remove(key(5))]).do(TURN, CHECKPOINT);
    for (let n = 0; n < 2; n++) s.commit([remove(key(n))]).do(TURN);
  },
});
