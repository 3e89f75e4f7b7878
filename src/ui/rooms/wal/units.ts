/** Words for numbers, and the little arithmetic that all bands share. */
import type { LogPosition } from '../../../base/ids';

export { bytesText, digits } from '../../marks/units';

/** What a window on a long strip shows: the newest thing near its right end, wound on a third of a window at a time. */
export function windOn(newest: number, windowWidth: number): number {
  const page = Math.max(1, Math.floor(windowWidth / 3));
  return Math.max(0, Math.ceil((newest - windowWidth) / page) * page);
}

export const lapOf = (position: LogPosition | number, logBytes: number): number =>
  logBytes > 0 ? Math.floor(position / logBytes) : 0;
