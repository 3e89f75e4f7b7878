/**
 * Runs for stores with a tree of pages of 256 bytes: each change of its shape, alone between two checkpoints, so that
 * every crash in the checkpoint that carries it is one in the middle of that shape. Four short keys fill a leaf; of the
 * long ones three fill a leaf, and three separators an inner page.
 */
import { namedWorkloads, remove, TURN, type Script, type Workload } from './workload';

const CHECKPOINT = { do: 'checkpoint' } as const;
const VALUE_BYTES = 40;

const short = (n: number): string => `k${String(n).padStart(2, '0')}`;
const long = (n: number): string => `${'p'.repeat(58)}${String(n).padStart(2, '0')}`;
/** `from`, `from + step`, ... to `to`, with it. */
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** One commit that puts some keys and deletes others, and a checkpoint that makes it durable. */
function change(s: Script, puts: readonly string[], deletes: readonly string[] = [], bytes = VALUE_BYTES): void {
  s.commit([...puts.map((key) => s.put(key, bytes)), ...deletes.map(remove)]).do(TURN, CHECKPOINT);
}

const LONG_VALUE = 3;

export const TREE_WORKLOADS: Readonly<Record<string, Workload>> = namedWorkloads({
  'a leaf splits': (s) => {
    change(s, range(10, 40, 10).map(short));
    change(s, [short(25)]);
    change(s, range(50, 90, 10).map(short));
  },
  'leaves borrow': (s) => {
    change(s, range(10, 80, 10).map(short));
    change(s, [], [60, 70, 80].map(short));
    change(s, [60, 70].map(short));
    change(s, [], [20, 30].map(short));
  },
  'leaves merge': (s) => {
    change(s, range(10, 99, 10).map(short));
    change(s, [], [20, 60, 70, 80].map(short));
    change(s, [], [30, 40, 50].map(short));
  },
  'an inner page splits': (s) => {
    change(s, range(10, 21).map(long), [], LONG_VALUE);
    change(s, [long(22)], [], LONG_VALUE);
    change(s, [long(15) + 'a', long(15) + 'b', long(15) + 'c'], [], LONG_VALUE);
  },
  'inner pages borrow': (s) => {
    change(s, range(10, 30).map(long), [], LONG_VALUE);
    change(s, [], range(10, 15).map(long));
    change(s, range(10, 18).map(long), [], LONG_VALUE);
    change(s, [], range(25, 30).map(long));
  },
  'inner pages merge': (s) => {
    change(s, range(10, 24).map(long), [], LONG_VALUE);
    change(s, [], range(10, 15).map(long));
    change(s, range(25, 33).map(long), [], LONG_VALUE);
    change(s, [], range(27, 33).map(long));
  },
  'a long value comes and goes': (s) => {
    change(s, ['a', 'b'], [], 500);
    change(s, ['a'], [], 300);
    change(s, [], ['a', 'b']);
  },
});
