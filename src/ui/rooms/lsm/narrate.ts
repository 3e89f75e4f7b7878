/** Each step in one plain sentence: what happened, and why it matters. */
import { isAllZero } from '../../../base/bytes';
import type { StoreEvent } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import type { TraceRecord } from '../../../protocol/trace';
import type { FileWritten } from '../../../storage/events';
import { bytesText, digits, keyText, plural } from '../../marks/units';
import { fileSentence, hostSentence, storeSentence, type OfTheRoom } from '../common_sentences';
import { memtablesFlushed } from './fold_memtable';
import { anyTable, type LsmView } from './model';
import { mergeSentence } from './narrate_merge';
import { readSentence } from './narrate_reads';

export function narrate(record: TraceRecord, before: LsmView, after: LsmView): string {
  const { event } = record;
  if (event.kind.startsWith('lsm.')) return lsmSentence(event as LsmEvent, before, after);
  if (event.kind.startsWith('store.')) return storeSentenceOf(event as StoreEvent, after);
  switch (event.kind) {
    case 'wal.record_buffered':
      return `Commit ${event.lsn} becomes a record of ${event.bytes} bytes in the log: until its key is in a table, the log alone can bring it back.`;
    case 'wal.group_written':
      return `The log record is handed to the file, ${bytesText(event.bytes)}; no table is touched for it.`;
    case 'wal.group_flushed':
      return 'The log is flushed: the change is durable, although the memtable that has it is in memory only.';
    case 'wal.space_freed':
      return 'That part of the log may be used again: its commits are in tables.';
    case 'wal.scan_started':
      return 'Recovery reads the log from where tables leave off: what it has was in a memtable, and is put there again.';
    case 'wal.record_scanned':
      return `Recovery finds record ${event.lsn} in the log${event.verdict === 'redo' ? ': it goes into the memtable again' : ', which a table already holds'}.`;
    case 'wal.scan_ended':
      return `The log ends here: ${event.reason}.`;
    case 'storage.file_written':
      return growsTheFile(event, before)
        ? `${event.file} grows by ${bytesText(event.bytes.length)} of zeros: room made ahead, for tables and the manifest.`
        : fileSentence(event);
    case 'storage.extents_counted':
      return `${event.file} has ${plural(event.extents, 'extent')} now: tables take as many as they need.`;
    default:
      return event.kind.startsWith('storage.') ? fileSentence(event) : hostSentence(event, ROOM);
  }
}

function growsTheFile({ at, bytes, file }: FileWritten, { extentBytes, extents }: LsmView): boolean {
  if (!file.startsWith('data_') || !isAllZero(bytes)) return false;
  let counted = 0;
  extents.each((extent) => (counted += extent?.file === file ? 1 : 0));
  return at >= counted * extentBytes;
}

const ROOM: OfTheRoom = {
  crashed: 'memtables and unfinished tables are gone; what the manifest names stays, and the log has the rest.',
  opened: ({ formatted, recordsApplied }) =>
    formatted
      ? 'an empty memtable, and no table yet.'
      : `${plural(recordsApplied, 'record')} of the log went into the memtable again.`,
};

function lsmSentence(event: LsmEvent, before: LsmView, after: LsmView): string {
  switch (event.kind) {
    case 'lsm.memtable_changed':
      return event.isTombstone
        ? `${keyText(event.key)} is deleted by writing: a tombstone goes into the memtable, and hides whatever older tables have of the key.`
        : `${keyText(event.key)} goes into the memtable, sorted by key, in memory only; nothing on disk is read or changed for it.`;
    case 'lsm.table_started':
      return event.level === 0
        ? `Table ${event.table} is begun: ${plural(memtablesFlushed(after).length, 'memtable')} will be written to it in key order, from the first to the last entry.`
        : tableSentence(event);
    case 'lsm.version_edited':
      return editSentence(event, before);
    case 'lsm.manifest_area_changed':
      return `${before.manifest.inForce === undefined ? 'The manifest begins' : 'The manifest moves to its other area'}: a snapshot of all tables, ${bytesText(event.bytes)}, is durable in area ${event.area}, and the other area is closed.`;
    case 'lsm.table_probed':
    case 'lsm.block_read':
    case 'lsm.reader_started':
    case 'lsm.reader_ended':
      return readSentence(event, after);
    case 'lsm.compaction_started':
    case 'lsm.entry_merged':
    case 'lsm.compaction_finished':
    case 'lsm.compaction_abandoned':
      return mergeSentence(event, after);
    default:
      return tableSentence(event);
  }
}

/** What needs no view of the tree: other rooms say the same of the tables under them. */
export function tableSentence(event: LsmEvent): string {
  switch (event.kind) {
    case 'lsm.memtable_rotated':
      return event.why === 'full'
        ? `The memtable is full, ${plural(event.entries, 'entry', 'entries')} and ${bytesText(event.bytes)}: it takes no more and waits to be flushed, and an empty one takes its place.`
        : `A checkpoint begins: the memtable with its ${plural(event.entries, 'entry', 'entries')} takes no more, and will become a table.`;
    case 'lsm.table_started':
      return event.level === 0
        ? `Table ${event.table} is begun: what the memtable has will be written to it in key order, from the first to the last entry.`
        : `Table ${event.table} is begun for level ${event.level}: what the merge keeps goes there.`;
    case 'lsm.block_built':
      return blockSentence(event);
    case 'lsm.table_finished': {
      const { bytes, entries, id, tombstones } = event.meta;
      return `Table ${id} is complete, ${plural(entries, 'entry', 'entries')}${tombstones > 0 ? `, ${digits(tombstones)} of them tombstones` : ''}, ${bytesText(bytes)}: it will never be changed, and nobody looks into it before the manifest names it.`;
    }
    case 'lsm.table_abandoned':
      return `Table ${event.table} is given up before the manifest named it: its extents are free again, and nothing is lost.`;
    case 'lsm.manifest_heads_taken':
      return `A new tree takes extents ${event.heads.join(' and ')} for the two areas of its manifest, which it keeps for ever.`;
    case 'lsm.tree_opened':
      return openedSentence(event);
    case 'lsm.table_dropped':
      return `Nobody reads table ${event.table} any more: ${plural(event.extents.length, 'extent')} are free.`.replace(
        '1 extent are',
        '1 extent is',
      );
    case 'lsm.back_pressure_changed':
      return pressureSentence(event);
    case 'lsm.damage_found':
      return `A block of table ${event.table}, at byte ${digits(event.at)}, is not what was written: ${event.problem}. It is refused: nothing is answered from it.`;
    default:
      return '';
  }
}

function blockSentence({ block, bytes, entries, table }: Extract<LsmEvent, { kind: 'lsm.block_built' }>): string {
  const what = `of table ${table}, ${bytesText(bytes)}`;
  switch (block) {
    case 'data':
      return `A data block ${what}${entries === undefined ? '' : ` with ${plural(entries, 'entry', 'entries')}`}, is complete: keys in it share their beginnings, and a checksum covers it.`;
    case 'filter':
      return `The Bloom filter ${what}: a few bits for each key, so that most lookups of keys that are not here need not read the table.`;
    case 'filter_index':
      return `The index of the filters ${what}: which of them has to be asked for which keys.`;
    case 'index':
      return `The index ${what}: for each data block where it is, and a short key that parts it from the next, so that a lookup reads one of them.`;
    case 'properties':
      return `The properties ${what}: how many entries, which keys, which LSNs.`;
    case 'footer':
      return `The footer ${what}: it says where index and filter are, and ends the table.`;
  }
}

function editSentence(event: Extract<LsmEvent, { kind: 'lsm.version_edited' }>, before: LsmView): string {
  const { added, cause, edit, removed } = event;
  const tables = (ids: readonly { readonly table: number }[]): string =>
    `${ids.length === 1 ? 'table' : 'tables'} ${ids.map(({ table }) => table).join(', ')}`;
  switch (cause) {
    case 'flush':
      return added.length === 0
        ? `Edit ${edit} is in the manifest, and flushed: an empty tree.`
        : `Edit ${edit} of the manifest is durable, one record: ${tables(added)} counts from here on, on level 0, and ${event.memtables === 1 ? 'the memtable that it came from leaves' : `the ${event.memtables} memtables that it came from leave`} memory.`;
    case 'trivial_move':
      return `Edit ${edit} of the manifest is durable: ${tables(added)} now ${added.length === 1 ? 'belongs' : 'belong'} to level ${added[0]?.level ?? 0}. Nothing was read or written for it.`;
    case 'compaction': {
      const gone = removed.length > 0 ? tables(removed) : 'no table';
      const come = added.length > 0 ? tables(added) : 'nothing at all';
      const old = removed.reduce((sum, { table }) => sum + (anyTable(before, table)?.bytes ?? 0), 0);
      const fresh = added.reduce((sum, { table }) => sum + (anyTable(before, table)?.bytes ?? 0), 0);
      return `Edit ${edit} of the manifest is durable, one record: ${gone} (${bytesText(old)}) ${removed.length === 1 ? 'is' : 'are'} replaced by ${come} (${bytesText(fresh)}), all at once.`;
    }
  }
}

function openedSentence({ manifest, version }: Extract<LsmEvent, { kind: 'lsm.tree_opened' }>): string {
  const tables = version.levels.flatMap((runs) => runs.flatMap((run) => run.tables)).length;
  if (manifest.inForce === undefined) return 'The tree is new: there is no manifest yet, and no table.';
  return `The manifest is read: area ${manifest.inForce.area} is in force, its last edit is ${manifest.edit}, and ${plural(tables, 'table')} count. Whatever else lies in the files is free.`;
}

function pressureSentence({ state, why }: Extract<LsmEvent, { kind: 'lsm.back_pressure_changed' }>): string {
  switch (state) {
    case 'none':
      return `Compactions have caught up: writers run free again (${why}).`;
    case 'slowed':
      return `Writers are faster than compactions: from here on each write pays for more merging, so that nobody has to wait long later (${why}).`;
    case 'stalled':
      return `Too much is owed: writers wait until some of it is merged (${why}).`;
  }
}

function storeSentenceOf(event: StoreEvent, after: LsmView): string {
  switch (event.kind) {
    case 'store.commit_applied':
      return `Commit ${event.lsn} is in the memtable: readers see it from here on.`;
    case 'store.commit_replayed':
      return `Recovery applies commit ${event.lsn} again: it goes into the memtable.`;
    case 'store.key_read':
      return readSentence(event, after);
    case 'store.checkpoint_started':
      return `A checkpoint begins: everything up to LSN ${event.lsn} is to be in tables, so that the log behind it can be used again.`;
    case 'store.checkpoint_finished':
      return `The checkpoint is done: tables have everything up to LSN ${event.lsn}, and that part of the log may be used again.`;
    case 'store.checkpoint_abandoned':
      return `The checkpoint is given up (${event.code.replaceAll('_', ' ')}): the memtables wait for the next one.`;
    case 'store.superblock_read':
      return event.valid
        ? `Slot ${event.slot} of the superblock is whole: it says where the manifest is.`
        : storeSentence(event);
    case 'store.superblock_written':
      return `Slot ${event.slot} of the superblock names the manifest, and LSN ${event.checkpointLsn} as the last one that tables hold.`;
    case 'store.formatted':
      return 'The store is formatted: four files, and an LSM tree with nothing in it.';
    case 'store.checkpoint_loaded':
      return `Tables hold everything up to LSN ${event.lsn}; the log has what came later.`;
    case 'store.recovered':
      return 'Recovery is over: what the log had is in the memtable again.';
    default:
      return storeSentence(event);
  }
}
