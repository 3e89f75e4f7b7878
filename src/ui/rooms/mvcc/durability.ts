/** How safe a version is, or that nobody needs it: the same fill in the grid and in the chain of its key. */
import type { MarkState } from '../../marks/states';
import type { Role } from './garbage';
import type { MvccView, VersionView } from './model';

export function stateOf({ durableLsn, writtenLsn }: MvccView, { lsn }: VersionView, role: Role): MarkState {
  if (role === 'garbage') return 'garbage';
  return lsn <= durableLsn ? 'durable' : lsn <= writtenLsn ? 'handed' : 'memory';
}
