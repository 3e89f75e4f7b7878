/** The fold of the WAL room: one event at a time, each a few lines. See model.ts for the view and its invariants. */
import type { SiteId } from '../../../base/ids';
import type { StoreEvent } from '../../../kv_store/events';
import type { Fold } from '../../../lab/timeline';
import type { LabEvent } from '../../../protocol/trace';
import { commitAcknowledged, commitRejected, commitSubmitted, setEntry } from './fold_commits';
import { checkpointBlock, countExtents, noteCall, setSlot } from './fold_files';
import {
  crashed,
  dropBuffer,
  groupCancelled,
  groupFlushed,
  groupWritten,
  markDurable,
  recordBuffered,
  spaceFreed,
} from './fold_log';
import {
  checkpointLoaded,
  groupScanned,
  opening,
  recordScanned,
  scanEnded,
  scanStarted,
  superblockRead,
} from './fold_recovery';
import { EMPTY_VIEW, type WalView } from './model';

export const walFold: Fold<WalView> = {
  initial: () => EMPTY_VIEW,
  apply: (view, record) => {
    const next = applyEvent(view, record.event, record.seq, record.site);
    // Every step has its own view: the axis of time moves even where nothing else does.
    return next.seq === record.seq ? next : { ...next, seq: record.seq, subject: next === view ? {} : next.subject };
  },
};

function applyEvent(view: WalView, event: LabEvent, seq: number, site: SiteId): WalView {
  switch (event.kind) {
    case 'storage.file_read':
    case 'storage.file_written':
    case 'storage.file_flushed':
    case 'storage.file_truncated':
      return noteCall(view, event, seq, site);
    case 'storage.extents_counted':
      return countExtents(view, event);

    case 'wal.record_buffered':
      return recordBuffered(view, event, seq, site);
    case 'wal.group_written':
      return groupWritten(view, event, seq);
    case 'wal.group_flushed':
      return groupFlushed(view, event.durableLsn, seq, site);
    case 'wal.group_cancelled':
      return groupCancelled(view, event);
    case 'wal.space_freed':
      return spaceFreed(view, event);
    case 'wal.scan_started':
      return scanStarted(view, event);
    case 'wal.group_scanned':
      return groupScanned(view, event, seq);
    case 'wal.record_scanned':
      return recordScanned(view, event, seq);
    case 'wal.scan_ended':
      return scanEnded(view, event);

    // An opening that was refused is over: nothing runs.
    case 'host.command_finished':
      return view.state === 'opening' && event.result.kind === 'failed' ? { ...view, state: 'down' } : view;
    case 'host.crashed':
      return crashed(view, seq);
    default:
      return event.kind.startsWith('store.') ? applyStoreEvent(view, event as StoreEvent, seq, site) : view;
  }
}

function applyStoreEvent(view: WalView, event: StoreEvent, seq: number, site: SiteId): WalView {
  switch (event.kind) {
    case 'store.commit_submitted':
      return commitSubmitted(view, event, seq, site);
    case 'store.commit_applied':
      return {
        ...setEntry(view, event.lsn, (entry) => ({ ...entry, appliedAt: seq })),
        publishedLsn: event.lsn,
        keys: event.keys,
        counters: { ...view.counters, commits: view.counters.commits + 1 },
        subject: { lsn: event.lsn },
      };
    case 'store.commit_acknowledged':
      return commitAcknowledged(view, event, seq, site);
    case 'store.commit_rejected':
      return commitRejected(view, event, seq, site);
    case 'store.key_read':
      return view;

    case 'store.checkpoint_started':
      return {
        ...view,
        checkpoint: { lsn: event.lsn, cause: event.cause, startedAt: seq, phase: 'data', blocks: 0, entries: 0 },
        subject: { toLsn: event.lsn },
      };
    case 'store.checkpoint_block_written':
      return checkpointBlock(view, event.extent, event.entries);
    case 'store.checkpoint_data_flushed':
      return {
        ...view,
        checkpoint: view.checkpoint && { ...view.checkpoint, phase: 'superblock' },
        extents: view.extents.map((e) => (e.state === 'writing' ? { ...e, flushed: true } : e)),
        subject: { file: 'data_0' },
      };
    case 'store.superblock_written':
      return setSlot(view, {
        slot: event.slot,
        valid: true,
        epoch: event.epoch,
        checkpointLsn: event.checkpointLsn,
        redoPosition: event.redoPosition,
        handed: true,
        known: true,
      });
    case 'store.superblock_flushed':
      return setSlot(view, { ...view.slots[event.slot], handed: false });
    case 'store.checkpoint_finished':
      return {
        ...view,
        checkpoint: undefined,
        extents: view.extents.map((e) =>
          e.state === 'writing'
            ? { ...e, state: 'live' as const }
            : event.freed.includes(e.extent)
              ? { ...e, state: 'free' as const, entries: 0, flushed: false }
              : e,
        ),
        counters: { ...view.counters, checkpoints: view.counters.checkpoints + 1 },
      };
    case 'store.checkpoint_abandoned':
      return {
        ...view,
        checkpoint: undefined,
        extents: view.extents.map((e) =>
          e.state === 'writing' ? { ...e, state: 'free' as const, entries: 0, flushed: false } : e,
        ),
      };

    case 'store.formatted':
      return { ...opening(view, seq), ...event.format };
    case 'store.superblock_read':
      return superblockRead(view, event, seq);
    case 'store.checkpoint_loaded':
      return checkpointLoaded(view, event);
    case 'store.commit_replayed':
      return {
        ...setEntry(view, event.lsn, (entry) => ({ ...entry, appliedAt: seq, operations: event.operations })),
        publishedLsn: event.lsn,
        keys: event.keys,
        recovery: view.recovery && { ...view.recovery, replayedLsn: event.lsn },
        subject: { lsn: event.lsn },
      };
    case 'store.recovered':
      return {
        ...markDurable(view, event.report.lastLsn, seq),
        ...(event.report.end === 'damaged'
          ? { state: 'read_only' as const, poisonedBy: 'log_damaged' as const }
          : { state: 'open' as const }),
        recovery: view.recovery && { ...view.recovery, report: event.report },
        publishedLsn: event.report.lastLsn,
      };
    case 'store.poisoned':
      return { ...dropBuffer(view, 'cancelled'), state: 'read_only', poisonedBy: event.code };
    case 'store.closed':
      return { ...view, state: 'closed' };
  }
}
