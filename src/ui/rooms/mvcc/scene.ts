/** What the picture of versions is made of: its kinds of marks, and how the page is shared out. */
import type { Bars } from '../../marks/bars';
import type * as scene from '../../marks/scene';
import type { Box } from '../../marks/scene';
import type { Sizes } from './sizes';

/** Lanes and bytes lie on the strip of time, which is wound on. */
export type Plane = 'page' | 'time';

export type MarkKind =
  | 'readout'
  | 'title'
  | 'note'
  | 'words'
  // keys down, commits across
  | 'zone'
  | 'row'
  | 'key'
  | 'tick'
  | 'memory'
  | 'version'
  | 'mass'
  | 'stays'
  | 'published'
  | 'watermark'
  | 'snapshot'
  | 'flag'
  | 'asof'
  | 'crossing'
  // the chain of a key
  | 'cell'
  | 'pointer'
  | 'hop'
  | 'landing'
  // sessions
  | 'lane'
  | 'moment'
  | 'earlier'
  | 'span'
  | 'clash'
  | 'step'
  | 'edge'
  | 'caption'
  // bytes
  | 'bytes'
  | 'swatch';

/** Where the arrow keys stop. */
export const STOPS: ReadonlySet<MarkKind> = new Set<MarkKind>([
  'key',
  'version',
  'flag',
  'cell',
  'step',
  'span',
  'earlier',
]);

export interface Mark extends scene.Mark<MarkKind, Plane> {
  /** Of many keys drawn as one, by shade. */
  readonly bars?: Bars;
  /** The snapshot that is looked at reads it. */
  readonly isRead?: boolean;
  /** The newest of its key: it goes on, so it is open to the right. */
  readonly isOpen?: boolean;
  readonly isTombstone?: boolean;
}
export type Drawn = scene.Drawn<Mark>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
  readonly sizes: Sizes;
  readonly gutter: number;
  /** Flags of readers, and the handle, over the grid. */
  readonly flags: Box;
  /** Numbers of commits. */
  readonly ticks: Box;
  readonly grid: Box;
  /** What is in the memory of transactions, right of the grid. */
  readonly memory: Box;
  readonly chain: Box;
  readonly lanes: Box;
  readonly bytes: Box;
}

export interface Scene extends scene.Scene<Mark> {
  readonly frame: Frame;
  /** Where the handle of the reader who is not there can stand: the middle of each commit's column. */
  readonly axis: {
    readonly mid: (lsn: number) => number;
    readonly nearest: (x: number) => number;
    readonly last: number;
  };
}

export type Draw = (mark: Mark) => void;
