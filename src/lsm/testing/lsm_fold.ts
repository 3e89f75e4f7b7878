/** For tests: what the events of an LSM tree say, put together again. Knows nothing of the tree but its events. */
import { compareBytes } from '../../base/bytes';
import type { EntryDescription, LsmDescription, MemtableDescription, TableInTheMaking } from '../describe';
import type { LsmEvent, TreeOpened, VersionEdited } from '../events';
import type { TableId, TableMeta } from '../table/table_meta';
import { makeRun, type Run } from '../version';

const EMPTY_MEMTABLE: MemtableDescription = { entries: [], bytes: 0 };

export class LsmFold {
  /** Undefined until a tree was opened. */
  state: LsmDescription | undefined;

  take(event: LsmEvent): void {
    if (event.kind === 'lsm.tree_opened') this.state = opened(event);
    else if (this.state) this.state = { ...this.state, ...change(this.state, event) };
  }
}

function opened({ debtBytes, limits, manifest, tuning, version }: TreeOpened): LsmDescription {
  return {
    ...{ tuning, version, limits, debtBytes, manifest },
    ...{ memtable: EMPTY_MEMTABLE, immutables: [], making: [], obsolete: [], readers: [] },
    compaction: undefined,
    pressure: 'none',
  };
}

function change(state: LsmDescription, event: LsmEvent): Partial<LsmDescription> {
  const { making, manifest, memtable, obsolete, readers } = state;
  switch (event.kind) {
    case 'lsm.memtable_changed': {
      const { bytes, isTombstone, key, lsn, valueBytes } = event;
      return { memtable: { entries: withEntry(memtable.entries, { key, lsn, isTombstone, valueBytes }), bytes } };
    }
    case 'lsm.memtable_rotated':
      return { memtable: EMPTY_MEMTABLE, immutables: [memtable, ...state.immutables] };
    case 'lsm.table_started':
      return {
        making: [...making, { id: event.table, level: event.level, bytes: 0, meta: undefined }].sort(
          (a, b) => a.id - b.id,
        ),
      };
    case 'lsm.block_built':
      return { making: withTable(making, event.table, { bytes: event.at + event.bytes }) };
    case 'lsm.table_finished':
      return { making: withTable(making, event.meta.id, { meta: event.meta }) };
    case 'lsm.table_abandoned':
      return { making: making.filter(({ id }) => id !== event.table) };
    case 'lsm.compaction_started': {
      const { kind: _, ...compaction } = event;
      return { compaction };
    }
    case 'lsm.compaction_finished':
    case 'lsm.compaction_abandoned':
      return { compaction: undefined };
    case 'lsm.version_edited':
      return edited(state, event);
    case 'lsm.manifest_heads_taken':
      return { manifest: { ...manifest, heads: event.heads } };
    case 'lsm.manifest_area_changed': {
      const { area, bytes, edit, epoch, extents } = event;
      return { manifest: { ...manifest, inForce: { area, epoch, extents, bytes }, edit } };
    }
    case 'lsm.table_dropped':
      return { obsolete: obsolete.filter((id) => id !== event.table) };
    case 'lsm.reader_started':
      return { readers: [...readers, { reader: event.reader, edit: event.edit }] };
    case 'lsm.reader_ended':
      return { readers: readers.filter(({ reader }) => reader !== event.reader) };
    case 'lsm.back_pressure_changed':
      return { pressure: event.state };
    default:
      return {};
  }
}

function withEntry(entries: readonly EntryDescription[], entry: EntryDescription): readonly EntryDescription[] {
  const at = entries.findIndex(({ key }) => compareBytes(key, entry.key) >= 0);
  if (at < 0) return [...entries, entry];
  const isThere = compareBytes(entries[at]!.key, entry.key) === 0;
  return [...entries.slice(0, at), entry, ...entries.slice(isThere ? at + 1 : at)];
}

const withTable = (
  making: readonly TableInTheMaking[],
  table: TableId,
  known: Partial<TableInTheMaking>,
): readonly TableInTheMaking[] => making.map((one) => (one.id === table ? { ...one, ...known } : one));

function edited(state: LsmDescription, event: VersionEdited): Partial<LsmDescription> {
  const { debtBytes, edit, flushedLsn, limits, manifestBytes, memtables, nextTableId } = event;
  const { immutables, making, manifest, obsolete, version } = state;
  const metas = new Map<TableId, TableMeta>();
  for (const { tables } of version.levels.flat()) for (const meta of tables) metas.set(meta.id, meta);
  for (const { id, meta } of making) if (meta) metas.set(id, meta);
  const added = new Set(event.added.map(({ table }) => table));
  const gone = event.removed.map(({ table }) => table).filter((table) => !added.has(table));
  return {
    version: { edit, flushedLsn, nextTableId, levels: levelsAfter(version.levels, event, metas) },
    immutables: immutables.slice(0, immutables.length - memtables),
    making: making.filter(({ id }) => !added.has(id)),
    obsolete: [...obsolete, ...gone].sort((a, b) => a - b),
    manifest: { ...manifest, inForce: { ...manifest.inForce!, bytes: manifestBytes }, edit },
    ...{ debtBytes, limits },
  };
}

function levelsAfter(
  levels: readonly (readonly Run[])[],
  { added, removed }: VersionEdited,
  metas: ReadonlyMap<TableId, TableMeta>,
): readonly (readonly Run[])[] {
  const depth = Math.max(levels.length, ...added.map(({ level }) => level + 1));
  const after = Array.from({ length: depth }, (_, level) => {
    const gone = new Set(removed.filter((one) => one.level === level).map(({ table }) => table));
    const runs = new Map(
      (levels[level] ?? []).map(({ id, tables }) => [id, tables.filter((one) => !gone.has(one.id))]),
    );
    for (const { run, table } of added.filter((one) => one.level === level)) {
      runs.set(run, [...(runs.get(run) ?? []), metas.get(table)!]);
    }
    return [...runs]
      .filter(([, tables]) => tables.length > 0)
      .sort(([a], [b]) => b - a)
      .map(([id, tables]) => makeRun(id, tables));
  });
  while (after.at(-1)?.length === 0) after.pop();
  return after;
}
