/** The desk of the tree room: five experiments on real trees, each guessed first, and four exercises by hand. */
import type { Desk } from '../../room';
import Main from './Main.svelte';
import Panel from './Panel.svelte';
import { openPlace, placeOf } from './place';
import { TreeDesk } from './tree_desk.svelte';

export const treeDesk: Desk = {
  tabs: { play: 'Experiments', prove: 'By hand' },
  start: (lab) => new TreeDesk(lab),
  momentOf: (state, mode) => placeOf(state as TreeDesk, mode),
  openPlace: (state, place) => {
    if ('treeDesk' in place) openPlace(state as TreeDesk, place);
  },
  Panel,
  Main,
};
