/** Memory in the view: the memtable, those that wait to be flushed, and the flush. */
import type { LsmEvent } from '../../../lsm';
import { withEntry } from './entries';
import { emptyMemtable, entryOf, type LsmView, type MemtableView, type Subject } from './model';

type Event<K extends LsmEvent['kind']> = Extract<LsmEvent, { kind: K }>;

export const MEMTABLE: Subject = { tables: [], entries: [], extents: [], part: 'memtable' };

export function memtableChanged(view: LsmView, event: Event<'lsm.memtable_changed'>): LsmView {
  const { bytes, entries: count, isTombstone, key, lsn, valueBytes } = event;
  const { memtable } = view;
  const entry = entryOf(key, lsn, isTombstone, valueBytes);
  return {
    ...view,
    memtable: {
      ...memtable,
      entries: withEntry(memtable.entries, entry),
      count,
      bytes,
      minLsn: memtable.minLsn || lsn,
      maxLsn: lsn,
    },
    probe: undefined,
    subject: { ...MEMTABLE, entries: [entry.id] },
  };
}

export const memtableRotated = (view: LsmView): LsmView => ({
  ...view,
  memtable: emptyMemtable(view.memtable.number + 1),
  immutables: [view.memtable, ...view.immutables],
  subject: MEMTABLE,
});

/** Those that the checkpoint under way writes; newest first. */
export const memtablesFlushed = ({ flush, immutables }: LsmView): readonly MemtableView[] =>
  flush === undefined ? [] : immutables.filter(({ maxLsn }) => maxLsn <= flush);

export const memoryLost = (view: LsmView): LsmView => ({
  ...view,
  memtable: emptyMemtable(view.memtable.number + 1 + view.immutables.length),
  immutables: [],
  flush: undefined,
  writers: [],
});
