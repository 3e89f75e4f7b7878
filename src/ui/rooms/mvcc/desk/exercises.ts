/** The exercises of the MVCC room. */
import { MVCC_TASKS, type MvccGrade, type MvccTask, type MvccTaskKind } from '../../../../protocol/mvcc';
import type { Exercises } from '../../desk/by_hand.svelte';

export const MVCC_EXERCISES: Exercises<MvccTaskKind, MvccTask, MvccGrade> = {
  kinds: MVCC_TASKS,
  titles: {
    snapshot: {
      title: 'What a snapshot reads',
      about: 'Key by key, a scan, a write of its own; and the same again after others have committed.',
    },
    watermark: {
      title: 'Place the watermark',
      about: 'Where it is, which versions vacuum takes, and what changes when a reader ends.',
    },
    skew: {
      title: 'Find the write skew',
      about: 'Four histories of two sessions: in one, no order of the two explains what they read.',
    },
    abort: {
      title: 'Three transactions, one refused',
      about: 'Of four orders, choose one in which exactly one cannot commit. All four are run.',
    },
    lanes: {
      title: 'Who waits, and what is paid instead',
      about: 'The same steps with locks and with versions: waiting on one side, memory and work on the other.',
    },
  },
  make: (api, kind, seed) => api.makeMvccTask(kind, seed),
  grade: (api, kind, seed, answers) => api.gradeMvccTask(kind, seed, answers),
};
