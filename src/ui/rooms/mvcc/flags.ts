/** Where the flags of readers are: on the line of their number, in the lowest row in which there is room. */
import { digits, fitted } from '../../marks/units';
import type { CommitAxis } from './commit_axis';
import { readersOf, type MvccView, type ReaderView } from './model';

export interface PlacedFlag {
  readonly reader: ReaderView;
  /** From the bottom. */
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly text: string;
  /** Readers at the same timestamp, itself counted. */
  readonly count: number;
}
export interface Flags {
  readonly flags: readonly PlacedFlag[];
  readonly rows: number;
}

/** Over the ticks: a row for each reader at one number. */
export const FLAG_HEIGHT = 15;
const ROWS_MAX = 4;
const TEXT_MAX = 74;
const LETTER = 5.9;
const GAP = 3;

export function placeFlags(view: MvccView, axis: CommitAxis): Flags {
  const byLsn = new Map<number, ReaderView[]>();
  // Oldest snapshots first: from left to right.
  for (const reader of readersOf(view)) byLsn.set(reader.snapshot, [...(byLsn.get(reader.snapshot) ?? []), reader]);
  const ends: number[] = [];
  const flags: PlacedFlag[] = [];
  for (const [lsn, readers] of byLsn) {
    const x = axis.mid(lsn);
    for (const [index, reader] of readers.entries()) {
      const free = ends.findIndex((end) => end <= x);
      const row = free < 0 ? ends.length : free;
      const isLast = row >= ROWS_MAX - 1 && index < readers.length - 1;
      const text = isLast ? `+${digits(readers.length - index)}` : fitted(reader.name, TEXT_MAX, LETTER);
      const width = Math.max(20, text.length * LETTER + 9);
      flags.push({ reader, row: Math.min(row, ROWS_MAX - 1), x, width, text, count: readers.length });
      ends[Math.min(row, ROWS_MAX - 1)] = x + width + GAP;
      if (isLast) break;
    }
  }
  return { flags, rows: Math.max(1, ends.length) };
}
