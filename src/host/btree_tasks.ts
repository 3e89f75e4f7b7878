/**
 * Exercises by hand. A seed makes a history of puts and deletes; the history is run on the real tree until an operation
 * does what the exercise is about, and everything before it is what the learner gets to see. The truth is what the engine
 * does then: its events, and its own description before and after. No rule of the tree is written down here.
 *
 *   H2  The tree that is shown is checkpointed: nothing in it is dirty, so what is dirty after is the operation's.
 */
import type { TreeGrade, TreeTask, TreeTaskKind } from '../protocol/btree';
import { readsTask } from './btree_task_reads';
import { rebalanceTask } from './btree_task_rebalance';
import { splitTask } from './btree_task_split';
import type { TreeTaskParts } from './btree_task_tree';
import { writesTask } from './btree_task_writes';
import { gradeTask, taskOf } from './tasks';

const MAKERS: Readonly<Record<TreeTaskKind, (seed: number) => TreeTaskParts>> = {
  split: splitTask,
  rebalance: rebalanceTask,
  reads: readsTask,
  writes: writesTask,
};

export function makeTreeTask(kind: TreeTaskKind, seed: number): TreeTask {
  const parts = MAKERS[kind](seed);
  return { ...taskOf(kind, seed, parts), tree: parts.before };
}

export const gradeTreeTask = (
  kind: TreeTaskKind,
  seed: number,
  answers: Readonly<Record<string, readonly string[]>>,
): TreeGrade => gradeTask(MAKERS[kind](seed), answers);
