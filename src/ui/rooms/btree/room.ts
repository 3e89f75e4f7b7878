/** The B-tree room: pages, splits, borrows, merges, the buffer pool, and what a checkpoint writes where. */
import { BTREE_LESSONS } from '../../../lab/lessons/btree';
import type { TraceRoomWithDesk } from '../room';
import { treeDesk } from './desk/desk';
import { treeFold } from './fold';
import type { TreeView } from './model';
import { narrate } from './narrate';
import Picture from './Picture.svelte';
import TreeInspector from './TreeInspector.svelte';

export const btreeRoom: TraceRoomWithDesk<TreeView> = {
  kind: 'trace',
  id: 'btree',
  title: 'B-tree',
  about:
    'How an index lives on disk: pages that split and merge, the few that are in memory, and a checkpoint that no crash can halve.',
  fold: treeFold,
  Picture,
  Inspector: TreeInspector,
  narrate,
  key: { family: 'page', states: ['memory', 'handed', 'durable', 'pending', 'torn', 'garbage'] },
  ownStore: {
    isSeen: ({ tree }) => tree !== undefined,
    sentence: 'Your store is no B-tree: it has no pages that this room could show.',
    action: 'Make it over a B-tree',
    make: { index: 'btree' },
  },
  lessons: BTREE_LESSONS,
  desk: treeDesk,
  modes: ['watch', 'play', 'break', 'prove'],
};
