/** Which marks answer to a selection made anywhere: in this picture, in the bytes, or in the code. */
import type { Selection } from '../../../lab/selection';
import type { Mark } from './scene';

const PLACES: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['page', 'mini', 'extent', 'frame']);

export function isChosen(mark: Mark, selection: Selection): boolean {
  switch (selection.kind) {
    case 'none':
      return false;
    case 'site':
      return PLACES.has(mark.kind) && mark.site === selection.site;
    case 'lsn':
      return mark.kind === 'page' && mark.lsn === selection.lsn;
    case 'event':
      return mark.kind === 'page' && mark.seq === selection.seq;
    case 'key':
      if (mark.select?.kind === 'key' && mark.kind === 'cell') return mark.select.keyHex === selection.keyHex;
      return false;
    case 'bytes': {
      if (!PLACES.has(mark.kind)) return false;
      const bytes = mark.bytes ?? (mark.select?.kind === 'bytes' ? mark.select : undefined);
      if (bytes === undefined) return false;
      return (
        bytes.file === selection.file &&
        bytes.from < Math.max(selection.to, selection.from + 1) &&
        selection.from < bytes.to
      );
    }
  }
}
