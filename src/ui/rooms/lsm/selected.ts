/** Which marks answer to a selection made anywhere: in this picture, in the bytes, or in the code. */
import type { Selection } from '../../../lab/selection';
import type { Mark } from './scene';

const PLACES: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['table', 'memtable', 'extent']);
const ENTRIES: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['entry', 'copy', 'under']);

export function isChosen(mark: Mark, selection: Selection): boolean {
  switch (selection.kind) {
    case 'none':
      return false;
    case 'site':
      return PLACES.has(mark.kind) && mark.site === selection.site;
    case 'lsn':
      return mark.kind === 'entry' && mark.lsn === selection.lsn;
    case 'event':
      return mark.kind === 'table' && mark.seq === selection.seq;
    // The same key lights up wherever an entry of it lies.
    case 'key':
      return ENTRIES.has(mark.kind) && mark.select?.kind === 'key' && mark.select.keyHex === selection.keyHex;
    case 'bytes': {
      if (!PLACES.has(mark.kind)) return false;
      const ranges = mark.ranges ?? (mark.bytes ? [mark.bytes] : []);
      const to = Math.max(selection.to, selection.from + 1);
      return ranges.some((range) => range.file === selection.file && range.from < to && selection.from < range.to);
    }
  }
}
