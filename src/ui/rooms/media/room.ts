/** The media room: what bytes lie on. The visitor's own disk, measured; beside it models of memory, flash and disk. */
import type { OwnRoom } from '../room';
import Main from './Main.svelte';
import { MediaRoom } from './media_room.svelte';
import { openPlace, placeOf } from './place';
import Panel from './Panel.svelte';

export const mediaRoom: OwnRoom<MediaRoom> = {
  kind: 'own',
  id: 'media',
  title: 'Media',
  about: 'What bytes lie on: your own disk under a stopwatch, beside models of memory, flash and hard disk.',
  modes: ['watch', 'play', 'break', 'prove'],
  start: (lab) => new MediaRoom(lab),
  stageOf: () => undefined,
  momentOf: placeOf,
  openPlace: (room, place) => {
    if ('media' in place) openPlace(room, place);
  },
  Panel,
  Main,
};
