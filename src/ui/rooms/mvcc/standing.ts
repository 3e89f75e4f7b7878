/** What the moves of sessions hang on, as the view has it. */
import type { Standing } from '../../../lab/mvcc_moves';
import type { MvccView } from './model';

export function standingOf(view: MvccView): Standing {
  const { hasVersions, named, pending, state, transactions } = view;
  const open = transactions.filter(({ inUse, label }) => inUse && label !== undefined);
  const known = transactions.flatMap(({ label }) => (label === undefined ? [] : [label])).reverse();
  return {
    isOpen: state === 'open',
    isDown: state === 'down' || state === 'closed',
    open: open.map(({ label, readOnly, writes }) => ({ name: label!, readOnly, hasWrites: writes.length > 0 })),
    known: [...new Set(known)],
    snapshots: named.map(({ name }) => name),
    onTheirWay: pending.map(({ lsn }) => lsn),
    hasVersions,
  };
}
