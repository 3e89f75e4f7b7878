/** The log room: appends, group commit, flush, checkpoint, recovery. */
import { WAL_LESSONS } from '../../../lab/lessons/wal';
import type { TraceRoomWithDesk } from '../room';
import { logDesk } from './desk/desk';
import { walFold } from './fold';
import type { WalView } from './model';
import { narrate } from './narrate';
import Picture from './Picture.svelte';
import WalInspector from './WalInspector.svelte';

export const walRoom: TraceRoomWithDesk<WalView> = {
  kind: 'trace',
  id: 'wal',
  title: 'Log',
  about:
    'How a commit becomes durable: buffered, written, flushed together with others, acknowledged, and read back after a crash.',
  fold: walFold,
  Picture,
  Inspector: WalInspector,
  narrate,
  key: { family: 'log', states: ['memory', 'handed', 'durable', 'pending', 'torn', 'garbage'] },
  lessons: WAL_LESSONS,
  desk: logDesk,
  modes: ['watch', 'play', 'break', 'prove'],
};
