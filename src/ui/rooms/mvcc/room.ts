/** The MVCC room: versions of keys, who reads which of them, whose commit goes through, and what is kept for whom. */
import { MVCC_LESSONS } from '../../../lab/lessons/mvcc';
import type { TraceRoomWithDesk } from '../room';
import { mvccDesk } from './desk/desk';
import { mvccFold } from './fold';
import type { MvccView } from './model';
import Moves from './Moves.svelte';
import MvccInspector from './MvccInspector.svelte';
import { narrate } from './narrate';
import Picture from './Picture.svelte';

export const mvccRoom: TraceRoomWithDesk<MvccView> = {
  kind: 'trace',
  id: 'mvcc',
  title: 'Versions',
  about:
    'How readers never wait: writes add versions, a snapshot is a number, the first to commit wins, and old versions go when nobody reads them.',
  fold: mvccFold,
  Picture,
  Inspector: MvccInspector,
  Moves,
  narrate,
  key: { family: 'version', states: ['memory', 'pending', 'handed', 'durable', 'garbage'] },
  keys: [
    ['↑ ↓ ← →', 'From mark to mark; Enter selects it'],
    ['< >', 'What if: a read as of one commit earlier or later; Esc lets it go'],
    ['PgUp PgDn', 'On the handle of that read: ten commits'],
    ['m', 'The chain as stored, and two models of it'],
  ],
  ownStore: {
    isSeen: ({ versions }) => versions === true,
    sentence: 'Your store keeps no versions: there is nothing of it to see in this room, and it has no transactions.',
    action: 'Make it with versions',
    make: { versions: true },
  },
  lessons: MVCC_LESSONS,
  desk: mvccDesk,
  modes: ['watch', 'play', 'break', 'prove'],
};
