/** What the picture of the LSM tree is made of: its kinds of marks, and how the page is shared out. */
import type { Bars } from '../../marks/bars';
import type * as scene from '../../marks/scene';
import type { Box } from '../../marks/scene';

export type Plane = 'page';

export type MarkKind =
  | 'readout'
  | 'title'
  | 'row'
  | 'note'
  | 'words'
  | 'lane'
  | 'level'
  | 'score'
  | 'tick'
  | 'band'
  | 'scan'
  | 'memtable'
  | 'table'
  | 'mass'
  | 'share'
  | 'entry'
  | 'copy'
  | 'teeth'
  | 'probe'
  | 'stop'
  | 'valve'
  | 'writer'
  | 'cursor'
  | 'under'
  | 'output'
  | 'out'
  | 'bin'
  | 'dropped'
  | 'area'
  | 'snapshot'
  | 'edit'
  | 'extent'
  | 'lies'
  | 'lsn';

/** Where the arrow keys stop. */
export const STOPS: ReadonlySet<MarkKind> = new Set<MarkKind>([
  'memtable',
  'table',
  'entry',
  'under',
  'extent',
  'area',
]);

export interface Mark extends scene.Mark<MarkKind, Plane> {
  /** Of many small things drawn as one, by shade. */
  readonly bars?: Bars;
  /** An entry: it deletes its key, or a newer one hides it. */
  readonly isTombstone?: boolean;
  readonly isShadowed?: boolean;
  /** Words that do not fit beside what is drawn. */
  readonly isTall?: boolean;
  /** More than one range: a table lies in several extents. */
  readonly ranges?: readonly { readonly file: string; readonly from: number; readonly to: number }[];
}
export type Drawn = scene.Drawn<Mark>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
  readonly gutter: number;
  /** The scale of keys, and the switches beside it. */
  readonly axis: Box;
  readonly levels: Box;
  readonly valve: Box;
  readonly merge: Box;
  readonly strip: Box;
  readonly manifest: Box;
}

export interface Scene extends scene.Scene<Mark> {
  readonly frame: Frame;
}

export type Draw = (mark: Mark) => void;
