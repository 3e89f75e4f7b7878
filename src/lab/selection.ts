/** What is pointed at: one thing, the same in the picture, the bytes and the code. */
import type { FileName } from '../storage/file';

export type Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'event'; readonly seq: number }
  | { readonly kind: 'lsn'; readonly lsn: number }
  /** The key in lower-case hexadecimal: a selection is plain data, and goes into links. */
  | { readonly kind: 'key'; readonly keyHex: string }
  | { readonly kind: 'bytes'; readonly file: FileName; readonly from: number; readonly to: number }
  | { readonly kind: 'site'; readonly site: number };

export const NOTHING: Selection = { kind: 'none' };

export function sameSelection(a: Selection, b: Selection): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
