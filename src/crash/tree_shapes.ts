/**
 * The shapes that a change of a tree can have, recognised by what the tree says, so that a suite can count which of them
 * its runs went through: as they happened in memory, and once more when a checkpoint carried them to the files. States
 * that were never reached prove nothing.
 */
import type { PageId } from '../base/ids';
import type { ShapeWatch, WatchedEvent } from './subject';

export const TREE_SHAPES = [
  'leaf split',
  'inner split',
  'root split',
  'leaf borrows left',
  'leaf borrows right',
  'inner borrows left',
  'inner borrows right',
  'leaf merges left',
  'leaf merges right',
  'inner merges left',
  'inner merges right',
  'root collapses',
  'overflow allocated',
  'overflow freed',
] as const;
export type TreeShape = (typeof TREE_SHAPES)[number];

const inCheckpoint = (shape: TreeShape): string => `${shape}, in a checkpoint`;

export const TREE_SHAPE_WATCH: ShapeWatch = {
  names: [...TREE_SHAPES, ...TREE_SHAPES.map(inCheckpoint)],
  watch() {
    const pending = new Set<TreeShape>();
    let underfull: PageId | undefined;
    return (event: WatchedEvent) => {
      if (event.kind === 'btree.page_underfull') underfull = event.page;
      if (event.kind === 'btree.map_loaded' || event.kind === 'btree.tree_opened') pending.clear();
      if (event.kind === 'btree.checkpoint_flushed') {
        const carried = [...pending].map(inCheckpoint);
        pending.clear();
        return carried;
      }
      const shape = shapeOf(event, underfull);
      if (shape === undefined) return [];
      pending.add(shape);
      return [shape];
    };
  },
};

/** `underfull`: the page that had too little in it, and was joined or filled then. */
function shapeOf(event: WatchedEvent, underfull: PageId | undefined): TreeShape | undefined {
  switch (event.kind) {
    case 'btree.leaf_split':
      return 'leaf split';
    case 'btree.inner_split':
      return 'inner split';
    case 'btree.root_grown':
      return 'root split';
    case 'btree.leaf_borrowed':
      return event.count === 0 ? undefined : `leaf borrows ${event.side}`;
    case 'btree.inner_borrowed':
      return event.moved ? `inner borrows ${event.side}` : undefined;
    case 'btree.leaf_merged':
      return event.from === underfull ? 'leaf merges left' : 'leaf merges right';
    case 'btree.inner_merged':
      return event.from === underfull ? 'inner merges left' : 'inner merges right';
    case 'btree.root_shrunk':
      return 'root collapses';
    case 'btree.overflow_written':
      return 'overflow allocated';
    case 'btree.overflow_freed':
      return 'overflow freed';
    default:
      return undefined;
  }
}
