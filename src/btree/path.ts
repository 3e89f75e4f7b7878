/** The way from the root to a leaf: at each level the page, and which of its children was taken. Level 0 is the leaf. */
import type { PageId } from '../base/ids';

export class Path {
  readonly pages: PageId[] = [];
  /** By level, from 1 on: the slot of the child taken, -1 for the one before the first separator. */
  readonly slots: number[] = [];
  height = 0;
}

/** The tree as a whole: what a checkpoint's root keeps of it. */
export interface Shape {
  root: PageId;
  /** Levels of pages: 1 for a root that is a leaf. */
  height: number;
  keys: number;
  /** Sum of key and value lengths. */
  userBytes: number;
  /** A page that could not be read left something to put right, when that can be done (`mend.ts`). */
  needsMending: boolean;
}
