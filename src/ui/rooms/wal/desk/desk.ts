/** The desk of the log room: traffic on a virtual clock, and the order of a commit. */
import type { Desk } from '../../room';
import { LogDesk } from './log_desk.svelte';
import Main from './Main.svelte';
import Panel from './Panel.svelte';

export const logDesk: Desk = {
  tabs: { play: 'Traffic', prove: 'Order' },
  start: (lab) => new LogDesk(lab),
  Panel,
  Main,
};
