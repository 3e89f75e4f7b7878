/** The desk of the log room: traffic on a virtual clock, and the order of a commit. */
import type { Desk } from '../../room';
import { LogDesk } from './log_desk.svelte';
import Main from './Main.svelte';
import Panel from './Panel.svelte';
import { openPlace, placeOf } from './place';

export const logDesk: Desk = {
  tabs: { play: 'Traffic', prove: 'Order' },
  start: (lab) => new LogDesk(lab),
  momentOf: (state, mode) => placeOf(state as LogDesk, mode),
  openPlace: (state, place) => {
    if ('desk' in place) openPlace(state as LogDesk, place);
  },
  Panel,
  Main,
};
