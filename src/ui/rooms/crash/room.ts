/** The crash room: every disk state a crash can leave, and what the real recovery makes of each. */
import { momentOf } from '../../../lab/crash_links';
import type { OwnRoom } from '../room';
import { CrashRoom } from './crash_room.svelte';
import Main from './Main.svelte';
import Panel from './Panel.svelte';

export const crashRoom: OwnRoom<CrashRoom> = {
  kind: 'own',
  id: 'crash',
  title: 'Crash',
  about: 'Every disk state that a crash can leave, and what recovery makes of each of them.',
  modes: ['watch', 'play', 'break', 'prove'],
  start: (lab) => new CrashRoom(lab),
  stageOf: (state) => state.opened.cell?.stage,
  momentOf: ({ opened: { cell, finding } }) =>
    cell === undefined
      ? 'Open a state first: a link carries the run that comes to it.'
      : momentOf(finding?.script ?? cell.script),
  Panel,
  Main,
};
