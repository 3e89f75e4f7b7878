/** Which marks answer to a selection made anywhere: in this picture, in the bytes, or in the code. */
import { toHex } from '../../../base/bytes';
import type { Selection } from '../../../lab/selection';
import type { WalView } from './model';
import type { Mark } from './scene';

export function isChosen(mark: Mark, selection: Selection, view: WalView): boolean {
  switch (selection.kind) {
    case 'none':
      return false;
    case 'site':
      return mark.site === selection.site;
    case 'lsn':
      return mark.lsn === selection.lsn && mark.kind !== 'verdict';
    case 'event':
      return mark.seq === selection.seq;
    case 'bytes': {
      const { bytes } = mark;
      // The bracket under a group and the frame around it would say the same twice.
      if (bytes === undefined || mark.kind === 'group') return false;
      return (
        bytes.file === selection.file &&
        bytes.from < Math.max(selection.to, selection.from + 1) &&
        selection.from < bytes.to
      );
    }
    case 'key': {
      if (mark.lsn === undefined || mark.kind === 'verdict') return false;
      const entry = view.entries.get(mark.lsn);
      return entry?.operations.some((operation) => toHex(operation.key) === selection.keyHex) ?? false;
    }
  }
}
