/** What the picture of the log is made of: its kinds of marks, its planes, and how its height and width are shared out. */
import type * as scene from '../../marks/scene';
import type { Box } from '../../marks/scene';

/** The two strips are the steps of the run and the log tape. */
export type Plane = 'page' | 'time' | 'tape';

export type MarkKind =
  | 'axis'
  | 'tick'
  | 'now'
  | 'lane'
  | 'bar'
  | 'end'
  | 'gate'
  | 'call'
  | 'record'
  | 'header'
  | 'padding'
  | 'group'
  | 'buffer'
  | 'flag'
  | 'verdict'
  | 'durable'
  | 'redo'
  | 'replay'
  | 'dirty'
  | 'cursor'
  | 'scan_end'
  | 'title'
  | 'strip'
  | 'segment'
  | 'head'
  | 'strip_redo'
  | 'seam'
  | 'slot'
  | 'extent'
  | 'readout';

/** Where the arrow keys stop. */
export const STOPS: ReadonlySet<MarkKind> = new Set<MarkKind>([
  'bar',
  'end',
  'gate',
  'call',
  'header',
  'record',
  'padding',
  'segment',
  'slot',
  'extent',
]);

export type Mark = scene.Mark<MarkKind, Plane>;
export type Drawn = scene.Drawn<Mark>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly narrow: boolean;
  readonly lanes: Box;
  readonly device: Box;
  readonly tape: Box;
  readonly strip: Box;
}

export interface Scene extends scene.Scene<Mark> {
  readonly frame: Frame;
}
