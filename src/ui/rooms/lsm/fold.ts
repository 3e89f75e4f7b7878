/** The fold of the LSM room: one event at a time. See model.ts for the view and its invariants. */
import type { StoreEvent } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import type { Fold } from '../../../lab/timeline';
import type { LabEvent } from '../../../protocol/trace';
import * as files from './fold_files';
import * as memtable from './fold_memtable';
import * as merge from './fold_merge';
import { treeOpened } from './fold_opening';
import * as reads from './fold_reads';
import * as scans from './fold_scans';
import * as tables from './fold_tables';
import { EMPTY_VIEW, NOBODY, type LsmView } from './model';

export const lsmFold: Fold<LsmView> = {
  initial: () => EMPTY_VIEW,
  apply: (view, record) => {
    const next = applyEvent(view, record.event, record);
    if (next !== view) return { ...next, seq: record.seq };
    // Every step has its own view: what was pointed at a step ago is so no more.
    return { ...view, seq: record.seq, subject: NOBODY };
  },
};

function applyEvent(view: LsmView, event: LabEvent, when: tables.When): LsmView {
  const { kind } = event;
  if (kind.startsWith('lsm.')) return applyLsmEvent(view, event as LsmEvent, when);
  if (kind.startsWith('store.')) return applyStoreEvent(view, event as StoreEvent);
  switch (event.kind) {
    case 'storage.file_written':
      return event.file.startsWith('data_') ? files.dataWritten(view, event, when.seq) : view;
    case 'storage.file_flushed':
      return event.result === 'ok' ? files.dataFlushed(view, event.file) : view;
    case 'storage.extents_counted':
      return files.extentsCounted(view, event);
    case 'wal.group_written':
      return {
        ...view,
        counters: { ...view.counters, logBytes: view.counters.logBytes + event.bytes },
        subject: NOBODY,
      };
    case 'host.command_started':
      return scans.commandStarted({ ...reads.lookedAway(view), subject: NOBODY }, event);
    case 'host.crashed':
      return files.crashed(view);
    case 'host.power_cut':
      return files.powerCut(view, event);
    case 'host.byte_flipped':
      return files.byteFlipped(view, event);
    // An opening that was refused is over: nothing runs.
    case 'host.command_finished':
      return view.state === 'opening' && event.result.kind === 'failed'
        ? { ...view, state: 'down', subject: NOBODY }
        : scans.commandFinished(view, event);
    default:
      return view;
  }
}

function applyLsmEvent(view: LsmView, event: LsmEvent, when: tables.When): LsmView {
  switch (event.kind) {
    case 'lsm.memtable_changed':
      return memtable.memtableChanged(view, event);
    case 'lsm.memtable_rotated':
      return memtable.memtableRotated(view);
    case 'lsm.table_started':
      return tables.tableStarted(view, event, when);
    case 'lsm.block_built':
      return tables.blockBuilt(view, event, when);
    case 'lsm.table_finished':
      return tables.tableFinished(view, event, when);
    case 'lsm.version_edited':
      return merge.mergeCommitted(tables.versionEdited(view, event, when), event.cause);
    case 'lsm.table_abandoned':
      return tables.tableAbandoned(view, event);
    case 'lsm.tree_opened':
      return treeOpened(view, event, when.seq);
    case 'lsm.manifest_heads_taken':
      return files.headsTaken(view, event, when.seq);
    case 'lsm.reader_started':
      return {
        ...view,
        readers: [...view.readers, { reader: event.reader, edit: event.edit }],
        scan: scans.readerOfScan(view),
        subject: NOBODY,
      };
    case 'lsm.reader_ended':
      return { ...view, readers: view.readers.filter(({ reader }) => reader !== event.reader), subject: NOBODY };
    case 'lsm.compaction_finished':
      return merge.compactionFinished(view, event);
    case 'lsm.table_dropped':
      return tables.tableDropped(view, event);
    case 'lsm.manifest_area_changed':
      return files.manifestAreaChanged(view, event, when.seq);
    case 'lsm.compaction_started':
      return merge.compactionStarted(view, event);
    case 'lsm.entry_merged':
      return merge.entryMerged(view, event, when);
    case 'lsm.compaction_abandoned':
      return merge.compactionAbandoned(view, event);
    case 'lsm.table_probed':
      return reads.tableProbed(view, event);
    case 'lsm.block_read':
      return reads.blockRead(view, event);
    case 'lsm.back_pressure_changed':
      return {
        ...view,
        pressure: { state: event.state, why: event.why },
        subject: { ...NOBODY, part: 'valve' },
      };
    case 'lsm.damage_found':
      return tables.damageFound(view, event);
  }
}

function applyStoreEvent(view: LsmView, event: StoreEvent): LsmView {
  switch (event.kind) {
    case 'store.formatted': {
      const { extentBytes, lsm } = event.format;
      return { ...EMPTY_VIEW, state: 'opening', hasFormat: true, isLsm: lsm !== undefined, extentBytes };
    }
    case 'store.superblock_read': {
      const { format } = event;
      const next: LsmView = { ...view, state: 'opening', subject: NOBODY };
      if (!format) return next;
      return { ...next, hasFormat: true, isLsm: format.lsm !== undefined, extentBytes: format.extentBytes };
    }
    case 'store.commit_submitted': {
      const bytes = event.operations.reduce((sum, { key, valueBytes }) => sum + key.length + valueBytes, 0);
      const { counters } = view;
      return {
        ...reads.lookedAway(view),
        counters: { ...counters, userBytes: counters.userBytes + bytes },
        writers: [...view.writers, event.lsn],
        subject: NOBODY,
      };
    }
    case 'store.commit_acknowledged':
    case 'store.commit_rejected':
      return { ...view, writers: view.writers.filter((lsn) => lsn !== event.lsn), subject: NOBODY };
    case 'store.commit_applied':
    case 'store.commit_replayed': {
      const { counters } = view;
      const commits = counters.commits + (event.kind === 'store.commit_applied' ? 1 : 0);
      return { ...view, keys: event.keys, counters: { ...counters, commits }, subject: NOBODY };
    }
    case 'store.key_read':
      return reads.keyRead(view, event);
    case 'store.checkpoint_started':
      return { ...reads.lookedAway(view), flush: event.lsn, subject: memtable.MEMTABLE };
    case 'store.checkpoint_finished':
      return { ...view, flush: undefined, subject: NOBODY };
    case 'store.checkpoint_abandoned':
      return { ...files.untoldGivenBack(view), flush: undefined, subject: NOBODY };
    case 'store.recovered':
      return { ...view, state: event.report.end === 'damaged' ? 'read_only' : 'open', subject: NOBODY };
    case 'store.poisoned':
      return { ...view, state: 'read_only', subject: NOBODY };
    case 'store.closed':
      return { ...view, state: 'closed', writers: [], subject: NOBODY };
    default:
      return view;
  }
}
