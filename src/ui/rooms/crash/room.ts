/** The crash room: every disk state a crash can leave, and what the real recovery makes of each. */
import { momentOf } from '../../../lab/crash_links';
import { openPlace, placeOf } from './place';
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
  // An open state is a run that comes to it, and opens as one; else it is the map that is linked.
  momentOf: (room, mode) => {
    const { cell, finding } = room.opened;
    return cell === undefined ? placeOf(room, mode) : momentOf(finding?.script ?? cell.script);
  },
  openPlace: (room, place) => {
    if ('crash' in place) void openPlace(room, place);
  },
  Panel,
  Main,
};
