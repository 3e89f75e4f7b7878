/**
 * Exercises by hand. A seed makes a history of puts and deletes; the history is run on the real tree until an operation
 * does what the exercise is about, and everything before it is what the learner gets to see. The truth is what the engine
 * does then: its events, and its own description before and after. No rule of the tree is written down here.
 *
 *   H1  The same seed gives the same tree, the same question and the same truth, however often it is asked.
 *   H2  The tree that is shown is checkpointed: nothing in it is dirty, so what is dirty after is the operation's.
 */
import type { GradedStep, TreeGrade, TreeTask, TreeTaskKind } from '../protocol/btree';
import { readsTask } from './btree_task_reads';
import { rebalanceTask } from './btree_task_rebalance';
import { splitTask } from './btree_task_split';
import type { TaskParts } from './btree_task_tree';
import { writesTask } from './btree_task_writes';

const MAKERS: Readonly<Record<TreeTaskKind, (seed: number) => TaskParts>> = {
  split: splitTask,
  rebalance: rebalanceTask,
  reads: readsTask,
  writes: writesTask,
};

export function makeTreeTask(kind: TreeTaskKind, seed: number): TreeTask {
  const { situation, steps, title, tree } = MAKERS[kind](seed);
  return {
    kind,
    seed,
    title,
    situation,
    tree,
    steps: steps.map(({ answer, choices, id, question }) => ({ id, question, answer, choices })),
  };
}

export function gradeTreeTask(
  kind: TreeTaskKind,
  seed: number,
  answers: Readonly<Record<string, readonly string[]>>,
): TreeGrade {
  const { after, events, steps } = MAKERS[kind](seed);
  const graded = steps.flatMap(({ because, id, truth }): GradedStep[] => {
    const said = answers[id];
    return said === undefined ? [] : [{ id, truth, because, right: sameSet(said, truth) }];
  });
  if (graded.length < steps.length) return { steps: graded };
  return { steps: graded, outcome: { passed: graded.every(({ right }) => right), events, after } };
}

const sameSet = (said: readonly string[], truth: readonly string[]): boolean =>
  said.length === truth.length && new Set(said).size === said.length && said.every((one) => truth.includes(one));
