/** The desk of the MVCC room: anomalies, memory, locks and the checker, each guessed first; and five exercises by hand. */
import type { Desk } from '../../room';
import Main from './Main.svelte';
import { MvccDesk } from './mvcc_desk.svelte';
import Panel from './Panel.svelte';
import { openPlace, placeOf } from './place';

export const mvccDesk: Desk = {
  tabs: { play: 'Experiments', prove: 'By hand' },
  isProvedFirst: true,
  start: (lab) => new MvccDesk(lab),
  momentOf: (state, mode) => placeOf(state as MvccDesk, mode),
  openPlace: (state, place) => {
    if ('mvccDesk' in place) openPlace(state as MvccDesk, place);
  },
  Panel,
  Main,
};
