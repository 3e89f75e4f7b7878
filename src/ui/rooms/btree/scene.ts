/** What the picture of the tree is made of: its kinds of marks, and how height and width are shared out. */
import type * as scene from '../../marks/scene';
import type { Box } from '../../marks/scene';
import type { Bars } from '../../marks/bars';

export type Plane = 'page';

export type MarkKind =
  | 'readout'
  | 'title'
  | 'page'
  | 'mini'
  | 'mass'
  | 'cell'
  | 'bytes'
  | 'teeth'
  | 'edge'
  | 'link'
  | 'incoming'
  | 'token'
  | 'level'
  | 'note'
  | 'extent'
  | 'lies'
  | 'row'
  | 'frame'
  | 'held'
  | 'hand';

/** Where the arrow keys stop. */
export const STOPS: ReadonlySet<MarkKind> = new Set<MarkKind>(['page', 'mini', 'mass', 'cell', 'extent', 'frame']);

export interface Mark extends scene.Mark<MarkKind, Plane> {
  /** Of a page: how full it is, 0 to 1; a page with less than a third looks at its neighbours. */
  readonly fill?: number;
  readonly isUnderfull?: boolean;
  /** Of many small things drawn as one, by shade: from the emptiest to the fullest, or by state. */
  readonly bars?: Bars;
  /** A page of the way that the operation took. */
  readonly onPath?: boolean;
  readonly slots?: number;
  readonly headerWidth?: number;
  readonly referenced?: boolean;
}
export type Drawn = scene.Drawn<Mark>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
  readonly gutter: number;
  readonly tree: Box;
  readonly pool: Box;
  readonly strip: Box;
}

export interface Scene extends scene.Scene<Mark> {
  readonly frame: Frame;
  /** Not every page has a box of full size: there is something to zoom in on. */
  readonly isCrowded: boolean;
}

export type Draw = (mark: Mark) => void;
