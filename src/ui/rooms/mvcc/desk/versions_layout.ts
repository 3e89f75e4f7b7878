/**
 * Versions by key and commit: a row for each key, a column for each commit. A version reaches from its own commit to the next
 * of its key; a reader is a line in the column of its snapshot, and crosses what it reads.
 *
 *              1     2     3     4     5     6
 *      apple   [ a             ][ d                 the last one is open to the right
 *      fig           [ b ]× - - - - - -┃- - - -     a tombstone
 *                                      ┃ R
 */
import type { TaskVersion, VersionsFigure } from '../../../../protocol/mvcc';

const GUTTER = 54;
const COLUMN_LEAST = 23;
const COLUMN_MOST = 72;
export const ROW = 40;
export const TOP = 24;
/** Names of readers stand here. */
export const FOOT = 24;

export interface VersionBar {
  readonly version: TaskVersion;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** No newer one of its key. */
  readonly isOpen: boolean;
}
export interface ReaderLine {
  readonly snapshot: number;
  readonly names: string;
  readonly x: number;
}
export interface VersionsLayout {
  readonly width: number;
  readonly height: number;
  readonly column: number;
  readonly rows: readonly { readonly key: string; readonly y: number }[];
  readonly commits: readonly { readonly commit: number; readonly x: number }[];
  readonly bars: readonly VersionBar[];
  readonly lines: readonly ReaderLine[];
}

export function layoutVersions(
  { keys, publishedLsn, readers, versions }: VersionsFigure,
  width: number,
): VersionsLayout {
  const column = Math.min(COLUMN_MOST, Math.max(COLUMN_LEAST, (width - GUTTER) / publishedLsn));
  const xOf = (commit: number): number => GUTTER + (commit - 1) * column;
  const yOf = (key: string): number => TOP + keys.indexOf(key) * ROW;
  const bars = versions.map((version): VersionBar => {
    const next = versions
      .filter(({ key, lsn }) => key === version.key && lsn > version.lsn)
      .reduce((least, { lsn }) => Math.min(least, lsn), publishedLsn + 1);
    const [x, y] = [xOf(version.lsn), yOf(version.key)];
    return { version, x, y, width: (next - version.lsn) * column, isOpen: next > publishedLsn };
  });
  const snapshots = [...new Set(readers.map(({ snapshot }) => snapshot))];
  return {
    width: GUTTER + publishedLsn * column,
    height: TOP + keys.length * ROW + FOOT,
    column,
    rows: keys.map((key) => ({ key, y: yOf(key) })),
    commits: Array.from({ length: publishedLsn }, (_, i) => ({ commit: i + 1, x: xOf(i + 1) + column / 2 })),
    bars,
    lines: snapshots.map((snapshot) => ({
      snapshot,
      names: readers.flatMap((reader) => (reader.snapshot === snapshot ? [reader.name] : [])).join(' '),
      x: xOf(snapshot) + column / 2,
    })),
  };
}
