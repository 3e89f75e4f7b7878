/** The exercises of the tree room. */
import { TREE_TASKS, type TreeGrade, type TreeTask, type TreeTaskKind } from '../../../../protocol/btree';
import type { Exercises } from '../../desk/by_hand.svelte';

export const TREE_EXERCISES: Exercises<TreeTaskKind, TreeTask, TreeGrade> = {
  kinds: TREE_TASKS,
  titles: {
    split: { title: 'Split a page', about: 'Which leaf, where to cut, what goes up, copied or moved, what is dirty.' },
    rebalance: { title: 'Merge or borrow', about: 'What becomes of a page with too little in it, and of its parent.' },
    reads: {
      title: 'What a read reads',
      about: 'Pages of a lookup and of a scan, from height and pool; and who paid for it.',
    },
    writes: {
      title: 'What a checkpoint writes',
      about: 'Which pages go to the device for a few operations, map included.',
    },
  },
  make: (api, kind, seed) => api.makeTreeTask(kind, seed),
  grade: (api, kind, seed, answers) => api.gradeTreeTask(kind, seed, answers),
};
