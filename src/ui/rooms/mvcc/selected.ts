/** Which marks answer to a selection made anywhere: in this picture, in the bytes, or in the code. */
import type { Selection } from '../../../lab/selection';
import type { Mark } from './scene';

const WRITES: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['version', 'cell']);
/** A row of the grid, and a record in its chain. */
const KEYED: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['key', 'cell']);
const OF_COMMITS: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['version', 'cell', 'step']);
const OF_STEPS: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>(['flag', 'span', 'step', 'version']);

export function isChosen(mark: Mark, selection: Selection): boolean {
  switch (selection.kind) {
    case 'none':
    case 'bytes':
      return false;
    case 'site':
      return WRITES.has(mark.kind) && mark.site === selection.site;
    case 'lsn':
      return OF_COMMITS.has(mark.kind) && mark.lsn === selection.lsn && mark.data?.['step'] !== 'begin';
    case 'event':
      return OF_STEPS.has(mark.kind) && mark.seq === selection.seq;
    case 'key':
      return KEYED.has(mark.kind) && mark.select?.kind === 'key' && mark.select.keyHex === selection.keyHex;
  }
}
