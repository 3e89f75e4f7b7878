/** A compaction in the view: which tables it takes, where each cursor stands, and what became of the last entry. */
import { compareBytes } from '../../../base/bytes';
import type { LsmEvent } from '../../../lsm';
import { entryFor, pushed } from './entries';
import { setMaking, type When } from './fold_tables';
import {
  entryOf,
  inputTable,
  NOBODY,
  sumBytes,
  type LsmView,
  type MergeInput,
  type MergeView,
  type TableView,
} from './model';

type Event<K extends LsmEvent['kind']> = Extract<LsmEvent, { kind: K }>;

export function compactionStarted(view: LsmView, event: Event<'lsm.compaction_started'>): LsmView {
  const { compaction, from, inputs: ids, isBottom, isTrivialMove, to, why } = event;
  const wanted = new Set(ids);
  const inputs = view.levels.flatMap((runs, level) =>
    runs.flatMap((run): MergeInput[] => {
      const tables = run.tables.filter(({ table }) => wanted.has(table));
      return tables.length === 0 ? [] : [{ level, run: run.id, tables, at: 0, taken: 0 }];
    }),
  );
  const tables = inputs.flatMap((input) => input.tables);
  return {
    ...view,
    merge: {
      ...{ compaction, from, to, why, isBottom, inputs },
      inputIds: ids,
      bytes: sumBytes(tables),
      smallest: extreme(tables, ({ smallest }) => smallest, -1),
      largest: extreme(tables, ({ largest }) => largest, 1),
      stage: 'chosen',
      isMove: isTrivialMove,
      kept: 0,
      dropped: { overwritten: 0, tombstone_at_bottom: 0, filtered: 0 },
      lastKept: undefined,
      lastDropped: {},
    },
    probe: undefined,
    scan: undefined,
    subject: { tables: tables.map(({ id }) => id), entries: [], extents: [], part: 'merge' },
  };
}

function extreme(
  tables: readonly TableView[],
  keyOf: (table: TableView) => Uint8Array | undefined,
  sign: 1 | -1,
): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const table of tables) {
    const key = keyOf(table);
    if (key && (!found || sign * compareBytes(key, found) > 0)) found = key;
  }
  return found;
}

export function entryMerged(view: LsmView, event: Event<'lsm.entry_merged'>, when: When): LsmView {
  const { from, isTombstone, key, lsn, outcome } = event;
  const { merge } = view;
  if (!merge) return view;
  const table = inputTable(merge, from);
  const fresh = entryOf(key, lsn, isTombstone, 0);
  // The very entry that lies in the input, where that is known.
  const entry = entryFor(table?.entries, fresh.keyHex, key) ?? fresh;
  const inputs = merge.inputs.map((input) => taken(input, from));
  const moved: MergeView = { ...merge, inputs, stage: 'merging' };
  const subject = { tables: table ? [table.id] : [], entries: [entry.id], extents: [], part: 'merge' } as const;
  if (outcome !== 'kept') {
    const dropped = { ...merge.dropped, [outcome]: merge.dropped[outcome] + 1 };
    const lastDropped = { ...merge.lastDropped, [outcome]: entry };
    return { ...view, merge: { ...moved, dropped, lastDropped }, subject };
  }
  const output = view.making.findLast(({ compaction }) => compaction === merge.compaction);
  const next = { ...view, merge: { ...moved, kept: merge.kept + 1, lastKept: entry }, subject };
  if (!output) return next;
  return setMaking(next, output.table, (known) => ({
    ...known,
    entries: pushed(known.entries, entry),
    count: known.count + 1,
    tombstones: known.tombstones + (isTombstone ? 1 : 0),
    smallest: known.smallest ?? key,
    largest: key,
    minLsn: known.minLsn === 0 ? lsn : Math.min(known.minLsn, lsn),
    maxLsn: Math.max(known.maxLsn, lsn),
    changedAt: when.seq,
  }));
}

/** The cursor that stood in the table goes on by one. */
function taken(input: MergeInput, table: number): MergeInput {
  const at = input.tables.findIndex((one, index) => index >= input.at && one.table === table);
  if (at < 0) return input;
  return at === input.at ? { ...input, taken: input.taken + 1 } : { ...input, at, taken: 1 };
}

export function compactionAbandoned(view: LsmView, { compaction }: Event<'lsm.compaction_abandoned'>): LsmView {
  const { merge } = view;
  return {
    ...view,
    merge: merge?.compaction === compaction ? { ...merge, stage: 'abandoned' } : merge,
    subject: { ...NOBODY, part: 'merge' },
  };
}

/** The edit that ends a compaction was just applied. */
export function mergeCommitted(view: LsmView, cause: Event<'lsm.version_edited'>['cause']): LsmView {
  const { merge } = view;
  if (!merge || cause === 'flush') return view;
  return { ...view, merge: { ...merge, stage: 'committed' } };
}

export function compactionFinished(view: LsmView, event: Event<'lsm.compaction_finished'>): LsmView {
  const { bytesRead, bytesWritten } = event;
  const { counters, merge } = view;
  return {
    ...view,
    merge: merge && { ...merge, stage: 'finished' },
    counters: {
      ...counters,
      mergeReadBytes: counters.mergeReadBytes + bytesRead,
      mergeWrittenBytes: counters.mergeWrittenBytes + bytesWritten,
      merges: counters.merges + (merge?.isMove === true ? 0 : 1),
    },
    subject: { ...NOBODY, part: 'merge' },
  };
}
