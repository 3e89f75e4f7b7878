/** The desk of the LSM room: five experiments on real trees, each guessed first, and four exercises by hand. */
import type { Desk } from '../../room';
import { LsmDesk } from './lsm_desk.svelte';
import Main from './Main.svelte';
import Panel from './Panel.svelte';
import { openPlace, placeOf } from './place';

export const lsmDesk: Desk = {
  tabs: { play: 'Experiments', prove: 'By hand' },
  start: (lab) => new LsmDesk(lab),
  momentOf: (state, mode) => placeOf(state as LsmDesk, mode),
  openPlace: (state, place) => {
    if ('lsmDesk' in place) openPlace(state as LsmDesk, place);
  },
  Panel,
  Main,
};
