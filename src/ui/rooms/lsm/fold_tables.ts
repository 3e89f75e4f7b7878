/** Tables in the view: how they are made, come into force, go to the shelf, and are let go. */
import { compareBytes } from '../../../base/bytes';
import type { LsmEvent } from '../../../lsm';
import { flushedEntries } from './entries';
import { eachExtent, FREE, freed, heldBy } from './extents';
import { memtablesFlushed } from './fold_memtable';
import {
  anyTable,
  BLOCKS_MAX,
  type BlockView,
  NOBODY,
  RECORDS_MAX,
  sumBytes,
  tableId,
  type LsmView,
  type RunView,
  type TableView,
} from './model';

type Event<K extends LsmEvent['kind']> = Extract<LsmEvent, { kind: K }>;

/** Which record did it, and which line of the engine. */
export interface When {
  readonly seq: number;
  readonly site: number;
}

export const setMaking = (view: LsmView, table: number, change: (known: TableView) => TableView): LsmView => ({
  ...view,
  making: view.making.map((known) => (known.table === table ? change(known) : known)),
});

export function tableStarted(view: LsmView, event: Event<'lsm.table_started'>, { seq, site }: When): LsmView {
  const { level, table } = event;
  const isFlush = level === 0;
  const made: TableView = {
    table,
    id: table > view.tablesBegun ? String(table) : `${table}.${seq}`,
    state: 'making',
    level,
    run: 0,
    compaction: isFlush ? undefined : view.merge?.compaction,
    isFinished: false,
    entries: [],
    count: 0,
    tombstones: 0,
    bytes: 0,
    meta: undefined,
    smallest: undefined,
    largest: undefined,
    minLsn: 0,
    maxLsn: 0,
    extents: [],
    blocks: [],
    damage: undefined,
    changedAt: seq,
    site,
  };
  return {
    ...view,
    making: [...view.making, made],
    tablesBegun: Math.max(view.tablesBegun, table),
    subject: { ...NOBODY, tables: [made.id] },
  };
}

export function blockBuilt(view: LsmView, event: Event<'lsm.block_built'>, { seq, site }: When): LsmView {
  const next = setMaking(view, event.table, (known) => ({
    ...known,
    ...(known.compaction === undefined && flushedSoFar(view, known, event.entries ?? 0)),
    bytes: event.at + event.bytes,
    blocks:
      known.blocks.length < BLOCKS_MAX || event.block !== 'data' ? [...known.blocks, blockOf(event)] : known.blocks,
    changedAt: seq,
    site,
  }));
  return { ...next, subject: { ...NOBODY, tables: idsOf(view, [event.table]) } };
}

const blockOf = ({ at, block, bytes, entries, largest }: Event<'lsm.block_built'>): BlockView => ({
  ...{ at, block, bytes, entries, largest },
});

/** What of the memtables is in whole blocks. A merge tells of each entry instead. */
function flushedSoFar(view: LsmView, known: TableView, more: number): Partial<TableView> {
  const count = known.count + more;
  const entries = flushedEntries(memtablesFlushed(view))?.slice(0, count);
  return { count, entries, smallest: entries?.[0]?.key, largest: entries?.at(-1)?.key };
}

export function tableFinished(view: LsmView, { meta }: Event<'lsm.table_finished'>, { seq, site }: When): LsmView {
  const next = setMaking(view, meta.id, (known) => ({
    ...known,
    isFinished: true,
    entries: known.entries?.length === meta.entries ? known.entries : undefined,
    count: meta.entries,
    tombstones: meta.tombstones,
    bytes: meta.bytes,
    meta,
    smallest: meta.smallest,
    largest: meta.largest,
    minLsn: meta.minLsn,
    maxLsn: meta.maxLsn,
    extents: meta.extents,
    changedAt: seq,
    site,
  }));
  const table = next.making.find((one) => one.table === meta.id);
  if (!table) return view;
  return { ...heldBy(next, table, 'written'), subject: { ...NOBODY, tables: [table.id], extents: table.extents } };
}

/** One record of the manifest: these are in force from here on, those are not any more. */
export function versionEdited(view: LsmView, event: Event<'lsm.version_edited'>, { seq }: When): LsmView {
  const { added, cause, debtBytes, edit, flushedLsn, limits, manifestBytes, memtables, nextTableId, removed } = event;
  const joining = added.flatMap(({ level, run, table }): TableView[] => {
    const known = anyTable(view, table);
    return known ? [{ ...known, state: 'in_force', level, run, compaction: undefined, changedAt: seq }] : [];
  });
  const kept = new Set(joining.map(({ table }) => table));
  const left = removedFrom(view.levels, removed)
    .filter(({ table }) => !kept.has(table))
    .map((known): TableView => ({ ...known, state: 'obsolete', changedAt: seq }));
  let next: LsmView = {
    ...view,
    edit,
    flushedLsn,
    nextTableId,
    limits,
    debtBytes,
    levels: levelsAfter(view.levels, removed, joining),
    making: view.making.filter(({ table }) => !kept.has(table)),
    shelf: [...view.shelf, ...left],
    immutables: view.immutables.slice(0, view.immutables.length - memtables),
    manifest: withEdit(view.manifest, edit, manifestBytes),
    ...(cause === 'flush' && {
      counters: { ...view.counters, flushedBytes: view.counters.flushedBytes + sumBytes(joining) },
    }),
    subject: { ...NOBODY, tables: [...joining, ...left].map(({ id }) => id), part: 'manifest' },
  };
  for (const table of joining) next = heldBy(next, table, 'live');
  for (const table of left) next = heldBy(next, table, 'obsolete');
  return next;
}

/** In the order in which they are named. */
function removedFrom(levels: Levels, removed: Event<'lsm.version_edited'>['removed']): readonly TableView[] {
  if (removed.length === 0) return [];
  const wanted = new Set(removed.map(({ table }) => table));
  const found = new Map<number, TableView>();
  for (const level of new Set(removed.map((one) => one.level)))
    for (const { tables } of levels[level] ?? [])
      for (const known of tables) if (wanted.has(known.table)) found.set(known.table, known);
  return removed.flatMap(({ table }) => found.get(table) ?? []);
}

/** A snapshot that was just written has the edit in it already. */
function withEdit(manifest: LsmView['manifest'], edit: number, bytes: number): LsmView['manifest'] {
  const { areas, inForce } = manifest;
  const area = inForce === undefined ? undefined : areas[inForce];
  if (!area || area.records.at(-1)?.edit === edit) return { ...manifest, edit };
  const known = area.records.length < RECORDS_MAX ? area.records : [area.records[0]!, ...area.records.slice(2)];
  const records = [...known, { kind: 'edit', edit, from: area.bytes, to: bytes } as const];
  const extended = { ...area, bytes, records, recordCount: area.recordCount + 1 };
  return { ...manifest, edit, areas: inForce === 0 ? [extended, areas[1]] : [areas[0], extended] };
}

type Levels = LsmView['levels'];

function levelsAfter(
  before: Levels,
  removed: Event<'lsm.version_edited'>['removed'],
  joining: readonly TableView[],
): Levels {
  const levels = [...before];
  for (const level of new Set([...removed, ...joining].map((one) => one.level))) {
    while (levels.length <= level) levels.push([]);
    const gone = new Set(removed.filter((one) => one.level === level).map(({ table }) => table));
    const here = joining.filter((one) => one.level === level);
    levels[level] = runsAfter(levels[level]!, gone, here);
  }
  while (levels.at(-1)?.length === 0) levels.pop();
  return levels;
}

function runsAfter(
  before: readonly RunView[],
  gone: ReadonlySet<number>,
  joining: readonly TableView[],
): readonly RunView[] {
  const runs = before.flatMap((run): RunView[] => {
    const joins = joining.filter((one) => one.run === run.id);
    const tables = run.tables.filter(({ table }) => !gone.has(table));
    if (joins.length === 0 && tables.length === run.tables.length) return [run];
    // Of thousands a few change: they go to their places, and nothing is sorted.
    for (const table of joins) tables.splice(placeOf(tables, table), 0, table);
    return tables.length === 0 ? [] : [runInOrder(run.id, tables)];
  });
  const begun = joining.filter((one) => !before.some(({ id }) => id === one.run));
  return begun.length === 0 ? runs : [runOf(begun[0]!.run, begun), ...runs];
}

function placeOf(tables: readonly TableView[], table: TableView): number {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byKey(tables[middle]!, table) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

const byKey = (a: TableView, b: TableView): number => compareBytes(a.smallest ?? NO_KEY, b.smallest ?? NO_KEY);
const NO_KEY = new Uint8Array(0);

export const runOf = (id: number, tables: readonly TableView[]): RunView => runInOrder(id, tables.toSorted(byKey));

function runInOrder(id: number, tables: readonly TableView[]): RunView {
  let [bytes, entries] = [0, 0];
  for (const table of tables) {
    bytes += table.bytes;
    entries += table.count;
  }
  return { id, tables, bytes, entries };
}

/** The last one who read it is gone. */
export function tableDropped(view: LsmView, { extents, table }: Event<'lsm.table_dropped'>): LsmView {
  const ids = idsOf(view, [table]);
  const next = { ...view, shelf: view.shelf.filter((one) => one.table !== table) };
  return { ...freed(next, extents), subject: { tables: ids, entries: [], extents } };
}

/** What a merge, or a flush, had made so far is given back; what it had only begun to write, nobody else has. */
export function tableAbandoned(view: LsmView, { table }: Event<'lsm.table_abandoned'>): LsmView {
  const ids = idsOf(view, [table]);
  const next = { ...view, making: view.making.filter((one) => one.table !== table) };
  const back = eachExtent(next, (known) =>
    known.state === 'written' && (known.holds === 'untold' || known.table === table) ? { ...known, ...FREE } : known,
  );
  return { ...back, subject: { ...NOBODY, tables: ids } };
}

export function damageFound(view: LsmView, event: Event<'lsm.damage_found'>): LsmView {
  const mark = (one: TableView): TableView =>
    one.table === event.table ? { ...one, damage: one.damage ?? event.problem } : one;
  return {
    ...view,
    levels: view.levels.map((runs) =>
      runs.map((run) =>
        run.tables.some(({ table }) => table === event.table) ? { ...run, tables: run.tables.map(mark) } : run,
      ),
    ),
    shelf: view.shelf.map(mark),
    subject: { ...NOBODY, tables: idsOf(view, [event.table]) },
  };
}

export const idsOf = (view: LsmView, tables: readonly number[]): readonly string[] =>
  tables.flatMap((table) => tableId(view, table) ?? []);
