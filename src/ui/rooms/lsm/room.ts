/** The LSM room: a memtable, tables on levels, compactions, and the way of a lookup through all of it. */
import { LSM_LESSONS } from '../../../lab/lessons/lsm';
import type { TraceRoomWithDesk } from '../room';
import { lsmDesk } from './desk/desk';
import { lsmFold } from './fold';
import LsmInspector from './LsmInspector.svelte';
import type { LsmView } from './model';
import { narrate } from './narrate';
import Picture from './Picture.svelte';

export const lsmRoom: TraceRoomWithDesk<LsmView> = {
  kind: 'trace',
  id: 'lsm',
  title: 'LSM tree',
  about:
    'How an index makes writes cheap: sorted tables that never change, and compactions that merge them before reads get dear.',
  fold: lsmFold,
  Picture,
  Inspector: LsmInspector,
  narrate,
  key: { family: 'table', states: ['memory', 'handed', 'durable', 'pending', 'torn', 'garbage'] },
  ownStore: {
    isSeen: ({ lsm }) => lsm !== undefined,
    sentence: 'Your store is no LSM tree: it has no tables that this room could show.',
    action: 'Make it over an LSM tree',
    make: { index: 'lsm' },
  },
  lessons: LSM_LESSONS,
  desk: lsmDesk,
  modes: ['watch', 'play', 'break', 'prove'],
};
