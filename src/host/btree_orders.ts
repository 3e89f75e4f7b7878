/**
 * The same number of keys, ascending and random, put into two stores side by side; both are looked at whenever the same
 * number of keys is in. What differs then is only where in the tree a key belongs.
 */
import type { TreeDescription } from '../btree';
import { usableBytes } from '../btree/page';
import type { OrderNote, OrdersQuestion, OrderState } from '../protocol/btree';
import { MeasuredTree } from './btree_measured';
import { identifier, quickValue } from './measured_rows';

const POOL_BYTES = 16 * 2 ** 20;
/** Keys between two looks at the clock of the job. */
const SLICE = 500;

export function* compareOrders(question: OrdersQuestion, post: (note: OrderNote) => void): Generator<number> {
  const trees = { sequential: open(question), random: open(question) };
  const userBytes = { sequential: 0, random: 0 };
  const put = (order: 'sequential' | 'random', number: number): void => {
    const key = identifier(order, question.seed, number);
    trees[order].store.put(key, quickValue(number, question.valueBytes));
    userBytes[order] += key.length + question.valueBytes;
  };
  for (let number = 0; number < question.keys; number++) {
    put('sequential', number);
    put('random', number);
    const keys = number + 1;
    const isPoint =
      Math.floor((keys * question.points) / question.keys) > Math.floor((number * question.points) / question.keys);
    if (keys % question.groupCommits === 0 || isPoint) {
      trees.sequential.store.flush();
      trees.random.store.flush();
    }
    if (isPoint) {
      post({
        note: 'orders',
        keys,
        sequential: stateOf(trees.sequential, userBytes.sequential),
        random: stateOf(trees.random, userBytes.random),
      });
    }
    if (isPoint || keys % SLICE === 0) yield keys;
  }
}

function open({ checkpointLogBytes, pageBytes, seed }: OrdersQuestion): MeasuredTree {
  return new MeasuredTree({
    pageBytes,
    protection: 'copy_on_write',
    poolBytes: POOL_BYTES,
    seed,
    logBytes: 2 * checkpointLogBytes,
    checkpointLogBytes,
  });
}

function stateOf(tree: MeasuredTree, userBytes: number): OrderState {
  const { height, pages } = tree.stats();
  const fills = fillsOf(tree.describe());
  const bins = Array.from({ length: 10 }, () => 0);
  for (const fill of fills) bins[Math.min(9, Math.floor(fill * 10))]!++;
  return {
    pages,
    leaves: fills.length,
    height,
    fills: bins,
    meanFill: fills.reduce((sum, fill) => sum + fill, 0) / Math.max(1, fills.length),
    ...tree.counts,
    written: tree.written(),
    userBytes,
  };
}

/** The share of each leaf that slots and live cells take. */
function fillsOf({ pageBytes, pages }: TreeDescription): number[] {
  return pages.filter(({ kind }) => kind === 'leaf').map(({ freeBytes }) => 1 - freeBytes / usableBytes(pageBytes));
}
