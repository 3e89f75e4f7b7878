/** Words for numbers, and the little arithmetic that all bands share. */
import type { LogPosition } from '../../../base/ids';

/** What a window on a long strip shows: the newest thing near its right end, wound on a third of a window at a time. */
export function windOn(newest: number, windowWidth: number): number {
  const page = Math.max(1, Math.floor(windowWidth / 3));
  return Math.max(0, Math.ceil((newest - windowWidth) / page) * page);
}

export const lapOf = (position: LogPosition | number, logBytes: number): number =>
  logBytes > 0 ? Math.floor(position / logBytes) : 0;

export function digits(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Exact under a KiB, then with one decimal at most. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [value, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KiB'] : [bytes / 1024 / 1024, 'MiB'];
  return `${Number.isInteger(value) ? digits(value) : value.toFixed(1)} ${unit}`;
}
