/** The exercises of the LSM room. */
import { LSM_TASKS, type LsmGrade, type LsmTask, type LsmTaskKind } from '../../../../protocol/lsm';
import type { Exercises } from '../../desk/by_hand.svelte';

export const LSM_EXERCISES: Exercises<LsmTaskKind, LsmTask, LsmGrade> = {
  kinds: LSM_TASKS,
  titles: {
    compaction: {
      title: 'Choose the next compaction',
      about: 'Which level is due, which tables take part, where they go, and what may be dropped.',
    },
    bytes: {
      title: 'What a compaction costs',
      about: 'Bytes read, entries dropped, bytes written, key by key.',
    },
    read: {
      title: 'The way of a lookup',
      about: 'Which tables are asked, which filters say no, which block is read; and why a scan is dearer.',
    },
    design: {
      title: 'A setting for a target',
      about: 'A policy, a ratio and a memtable that write no more than they may. You will see what each of them wrote.',
    },
  },
  make: (api, kind, seed) => api.makeLsmTask(kind, seed),
  grade: (api, kind, seed, answers) => api.gradeLsmTask(kind, seed, answers),
};
