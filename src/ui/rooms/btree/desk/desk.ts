/** The desk of the tree room: five experiments on real trees, each guessed first, and four exercises by hand. */
import type { Desk } from '../../room';
import Main from './Main.svelte';
import Panel from './Panel.svelte';
import { TreeDesk } from './tree_desk.svelte';

export const treeDesk: Desk = {
  tabs: { play: 'Experiments', prove: 'By hand' },
  start: (lab) => new TreeDesk(lab),
  Panel,
  Main,
};
