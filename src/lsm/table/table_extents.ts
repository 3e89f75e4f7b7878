/**
 * Where the bytes of a table lie: byte p at p mod e of its extent floor(p / e), the extents anywhere in the two files.
 *
 *     table     0 ........ e ........ 2e ....... 3e ....        extents 4, 6, 9 of a table
 *               | extent 4 | extent 6 | extent 9 |
 *     data_0    ... | 4 | 6 | ...                               4 and 6 are neighbours: one call reads across
 *     data_1    ......... | 9 | ...
 *
 * Blocks do not care about the ends of extents. One that crosses into an extent that is no neighbour takes two calls.
 */
import type { ExtentId } from '../../base/ids';
import { locateExtent, type DataFileName } from '../../storage/extent_allocator';

/** Bytes of a table that lie side by side in a file. */
export interface TableStretch {
  readonly name: DataFileName;
  /** In the file. */
  readonly at: number;
  readonly bytes: number;
}

/** Where bytes `[from, to)` of a table lie, in order. The extents reach that far. */
export function stretchesOf(
  extents: readonly ExtentId[],
  extentBytes: number,
  from: number,
  to: number,
): TableStretch[] {
  const stretches: TableStretch[] = [];
  while (from < to) {
    const place = placeOf(extents, extentBytes, from);
    let end = Math.min(to, extentEnd(from, extentBytes));
    while (end < to && isNext(extents, extentBytes, end)) end = Math.min(to, end + extentBytes);
    stretches.push({ ...place, bytes: end - from });
    from = end;
  }
  return stretches;
}

/** Where byte `at` of a table lies. */
export function placeOf(
  extents: readonly ExtentId[],
  extentBytes: number,
  at: number,
): { readonly name: DataFileName; readonly at: number } {
  const index = Math.floor(at / extentBytes);
  const extent = locateExtent(extents[index]!, extentBytes);
  return { name: extent.name, at: extent.at + at - index * extentBytes };
}

const extentEnd = (at: number, extentBytes: number): number => (Math.floor(at / extentBytes) + 1) * extentBytes;

/** Whether the extent that begins at byte `at` of the table follows the one before it in the file. */
function isNext(extents: readonly ExtentId[], extentBytes: number, at: number): boolean {
  const index = at / extentBytes;
  const before = locateExtent(extents[index - 1]!, extentBytes);
  const after = locateExtent(extents[index]!, extentBytes);
  return before.name === after.name && before.at + extentBytes === after.at;
}
