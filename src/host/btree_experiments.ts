/** The experiments of the tree desk as jobs: each in slices, each on stores of its own, each stopped between two slices. */
import { EngineError } from '../base/errors';
import type { TreeNote, TreeQuestion } from '../protocol/btree';
import { measureHeight } from './btree_height';
import { measureMemory } from './btree_memory';
import { compareOrders } from './btree_orders';
import { measureSpikes } from './btree_spikes';
import { measureWrites } from './btree_writes';
import type { JobProgress, JobWork } from './jobs';

export function treeExperiment(question: TreeQuestion, now: () => number, post: (note: TreeNote) => void): JobWork {
  checkQuestion(question);
  const { begin, total, what } = planOf(question, now, post);
  const progress = (done: number): JobProgress => ({
    done,
    total,
    sentence: `${done.toLocaleString('en')}${total > 0 ? ` of ${total.toLocaleString('en')}` : ''} ${what}.`,
  });
  return {
    unit: 'commits',
    *slices() {
      let last = 0;
      for (const done of begin()) yield progress((last = done));
      return progress(total > 0 ? total : last);
    },
  };
}

interface Plan {
  readonly begin: () => Generator<number>;
  readonly total: number;
  readonly what: string;
}

function planOf(question: TreeQuestion, now: () => number, post: (note: TreeNote) => void): Plan {
  switch (question.ask) {
    case 'orders':
      return { begin: () => compareOrders(question, post), total: question.keys, what: 'keys are in both trees' };
    case 'height':
      return { begin: () => measureHeight(question, now, post), total: 0, what: 'keys are in the tree' };
    case 'spikes':
      return { begin: () => measureSpikes(question, post), total: question.operations, what: 'keys were put' };
    case 'memory':
      return { begin: () => measureMemory(question, post), total: question.shares.length, what: 'pools are measured' };
    case 'writes':
      return { begin: () => measureWrites(question, post), total: 0, what: 'runs are measured' };
  }
}

/** @throws EngineError option_invalid: what would take all memory, or never end; the store refuses the rest itself */
function checkQuestion(question: TreeQuestion): void {
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  const counts = {
    orders: (): boolean =>
      question.ask === 'orders' && whole(question.keys, 1, 100_000) && whole(question.points, 1, 200),
    height: (): boolean =>
      question.ask === 'height' &&
      whole(question.keysMax, 100, 10_000_000) &&
      whole(question.keyBytes, 8, 1024) &&
      question.budgetMs <= 60_000,
    spikes: (): boolean =>
      question.ask === 'spikes' && whole(question.operations, 1, 10_000) && whole(question.poolPages, 1, 1e6),
    memory: (): boolean =>
      question.ask === 'memory' &&
      whole(question.keys, 1000, 1_000_000) &&
      whole(question.lookups, 1, 100_000) &&
      question.shares.length <= 20 &&
      question.shares.every((share) => share > 0 && share <= 2),
    writes: (): boolean =>
      question.ask === 'writes' && whole(question.keys, 1, 200_000) && whole(question.updates, 1, 200_000),
  }[question.ask]();
  if (!counts || !whole(question.valueBytes, 0, 4096) || !whole(question.pageBytes, 256, 65_536)) {
    throw new EngineError('option_invalid', 'This experiment cannot be: a number in it is out of bounds.');
  }
}
