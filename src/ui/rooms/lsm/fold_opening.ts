/** An opening in the view: what the manifest says is in force, and nothing else is. */
import type { ExtentId } from '../../../base/ids';
import type { LsmEvent, TableMeta } from '../../../lsm';
import { eachExtent, FREE, heldBy, setExtents } from './extents';
import { runOf } from './fold_tables';
import {
  emptyMemtable,
  NOBODY,
  tableInForce,
  tableOfMeta,
  type LsmView,
  type ManifestView,
  type TableView,
} from './model';

type Event = Extract<LsmEvent, { kind: 'lsm.tree_opened' }>;

export function treeOpened(view: LsmView, event: Event, seq: number): LsmView {
  const { debtBytes, limits, manifest, tuning, version } = event;
  const levels = version.levels.map((runs, level) =>
    runs.map(({ id, tables }) =>
      runOf(
        id,
        tables.map((meta) => known(view, meta, level, id) ?? fresh(view, meta, level, id, seq)),
      ),
    ),
  );
  const { heads, inForce } = manifest;
  const next: LsmView = {
    ...view,
    state: 'opening',
    isLsm: true,
    hasFormat: true,
    tuning,
    memtable: emptyMemtable(view.memtable.number + 1),
    immutables: [],
    levels,
    making: [],
    shelf: [],
    edit: version.edit,
    flushedLsn: version.flushedLsn,
    nextTableId: version.nextTableId,
    limits,
    debtBytes,
    readers: [],
    flush: undefined,
    merge: undefined,
    probe: undefined,
    scan: undefined,
    reading: [],
    pressure: { state: 'none', why: '' },
    manifest: manifestOf(view.manifest, manifest),
    tablesBegun: Math.max(view.tablesBegun, version.nextTableId - 1),
    subject: { ...NOBODY, part: 'manifest' },
  };
  return inForceOnly(next, [...(heads ?? []), ...(inForce?.extents.slice(1) ?? [])]);
}

/** The very table that this run has seen: then its entries are known as well. */
function known(view: LsmView, meta: TableMeta, level: number, run: number): TableView | undefined {
  const seen = tableInForce(view, meta.id);
  if (!seen || seen.maxLsn !== meta.maxLsn || seen.bytes !== meta.bytes) return undefined;
  if (seen.extents.join() !== meta.extents.join()) return undefined;
  return { ...seen, meta, level, run, state: 'in_force' };
}

/** One of whose entries nothing is known: a number that was seen on another table is another life. */
function fresh(view: LsmView, meta: TableMeta, level: number, run: number, seq: number): TableView {
  const table = tableOfMeta(meta, level, run);
  return { ...table, id: meta.id > view.tablesBegun ? table.id : `${meta.id}.${seq}`, changedAt: seq };
}

function manifestOf(before: ManifestView, { edit, heads, inForce }: Event['manifest']): ManifestView {
  if (!inForce) return { heads, areas: [undefined, undefined], inForce: undefined, edit };
  const { area, bytes, epoch, extents } = inForce;
  const seen = before.areas[area];
  const isSeen = seen?.epoch === epoch && seen.bytes === bytes;
  const records = isSeen ? seen.records : [{ kind: 'found', edit, from: 0, to: bytes } as const];
  const here = { epoch, extents, bytes, records, recordCount: isSeen ? seen.recordCount : 1 };
  const other = before.areas[area === 0 ? 1 : 0];
  const closed = other && { ...other, extents: other.extents.slice(0, 1), records: [], recordCount: 0 };
  return { heads, areas: area === 0 ? [here, closed] : [closed, here], inForce: area, edit };
}

function inForceOnly(view: LsmView, manifest: readonly ExtentId[]): LsmView {
  let next = eachExtent(view, (one) =>
    one.state === 'free' ? one : { ...one, ...FREE, isUnflushed: one.isUnflushed, spoiled: one.spoiled },
  );
  for (const runs of view.levels)
    for (const run of runs) for (const table of run.tables) next = heldBy(next, table, 'live');
  return setExtents(next, manifest, (one, part) => ({ ...one, state: 'live', holds: 'manifest', part }));
}
