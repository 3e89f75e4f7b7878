/** Where in the files a table lies. */
import type { FileName } from '../../../storage/file';
import { fileOf, placeOf, type TableView } from './model';

export interface FileRange {
  readonly file: FileName;
  readonly from: number;
  readonly to: number;
}

/** A selection need not know more of a long table. */
const RANGES_MAX = 64;

/** The extents of a table, each as far as the table fills it. */
export function rangesOf({ bytes, extents }: TableView, extentBytes: number): readonly FileRange[] {
  return extents.slice(0, RANGES_MAX).map((extent, part) => {
    const from = placeOf(extent, extentBytes);
    return { file: fileOf(extent), from, to: from + Math.max(1, Math.min(extentBytes, bytes - part * extentBytes)) };
  });
}

/** Bytes `[at, at + length)` of a table, as far as they lie in one extent. */
export function rangeIn(table: TableView, at: number, length: number, extentBytes: number): FileRange | undefined {
  const extent = extentBytes === 0 ? undefined : table.extents[Math.floor(at / extentBytes)];
  if (extent === undefined) return undefined;
  const within = at % extentBytes;
  const from = placeOf(extent, extentBytes) + within;
  return { file: fileOf(extent), from, to: from + Math.min(length, extentBytes - within) };
}
