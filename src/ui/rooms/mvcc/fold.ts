/** The fold of the MVCC room: one event at a time. See model.ts for the view and its invariants. */
import type { BTreeEvent } from '../../../btree';
import type { StoreEvent } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import type { MvccEvent } from '../../../mvcc';
import { commandOf } from '../../../lab/script_text';
import type { Fold } from '../../../lab/timeline';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import { sampled } from './clock';
import * as commits from './fold_commits';
import * as merges from './fold_merges';
import * as reads from './fold_reads';
import * as store from './fold_store';
import * as transactions from './fold_transactions';
import { treeFold } from '../btree/fold';
import { EMPTY_VIEW, NOBODY, type MvccView } from './model';

export const mvccFold: Fold<MvccView> = {
  initial: () => EMPTY_VIEW,
  afterCrash: store.leftByCrash,
  apply: (before, record) => {
    const view = withTree(before, record);
    const next = applyEvent(view, record.event, record);
    // Every step has its own view: what was pointed at a step ago is so no more.
    if (next === view) return { ...view, seq: record.seq, subject: NOBODY };
    const after = next.subject === view.subject ? { ...next, subject: NOBODY } : next;
    return { ...(changesBytes(view, after) ? sampled(after) : after), seq: record.seq };
  },
};

/** Before a store is opened, nobody knows whether it has a tree. */
const withTree = (view: MvccView, record: TraceRecord): MvccView =>
  view.hasFormat && view.tree.tree === undefined && record.event.kind !== 'store.formatted'
    ? view
    : { ...view, tree: treeFold.apply(view.tree, record) };

const changesBytes = (before: MvccView, after: MvccView): boolean =>
  before.chains !== after.chains ||
  before.transactions !== after.transactions ||
  before.named !== after.named ||
  before.publishedLsn !== after.publishedLsn ||
  before.clock !== after.clock;

function applyEvent(view: MvccView, event: LabEvent, when: TraceRecord): MvccView {
  const { kind } = event;
  if (kind.startsWith('mvcc.')) return applyMvccEvent(view, event as MvccEvent, when);
  if (kind.startsWith('store.')) return store.applyStoreEvent(view, event as StoreEvent, when);
  if (kind.startsWith('lsm.') && view.hasVersions) return applyLsmEvent(view, event as LsmEvent, when);
  if (kind.startsWith('btree.')) return reads.placed(view, event as BTreeEvent);
  switch (event.kind) {
    case 'wal.record_buffered':
    case 'wal.record_scanned':
      return store.recordPlaced(view, event);
    case 'wal.group_written':
      return { ...view, writtenLsn: event.lastLsn };
    case 'wal.group_flushed':
      return { ...view, durableLsn: event.durableLsn };
    case 'host.command_started':
      return {
        ...reads.lookedAway(view),
        command: { number: event.command, command: commandOf(event.text) },
        subject: NOBODY,
      };
    case 'host.crashed':
      return store.crashed(view, when);
    case 'host.power_cut':
      return { ...view, state: 'down', subject: NOBODY };
    // An opening that was refused is over: nothing runs.
    case 'host.command_finished':
      return view.state === 'opening' && event.result.kind === 'failed' ? store.notOpened(view, when) : view;
    default:
      return view;
  }
}

/** An LSM tree has no vacuum: its merges drop what nobody can read. */
function applyLsmEvent(view: MvccView, event: LsmEvent, when: TraceRecord): MvccView {
  switch (event.kind) {
    case 'lsm.tree_opened':
      return store.treeOpened(view, event.version.flushedLsn);
    case 'lsm.compaction_started':
      // What only changes its level is not looked at: nobody asked what may go.
      return event.isTrivialMove ? view : merges.mergeStarted(view);
    case 'lsm.entry_merged':
      return merges.versionMerged(view, event);
    case 'lsm.version_edited':
      return event.cause === 'compaction' ? merges.mergeInForce(view, when) : view;
    case 'lsm.compaction_abandoned':
      return merges.mergeAbandoned(view);
    default:
      return reads.placed(view, event);
  }
}

function applyMvccEvent(view: MvccView, event: MvccEvent, when: TraceRecord): MvccView {
  switch (event.kind) {
    case 'mvcc.transaction_begun':
      return transactions.begun(view, event, when);
    case 'mvcc.version_read':
      return reads.versionRead(view, event, when);
    case 'mvcc.version_passed':
      return reads.passed(view, event);
    case 'mvcc.chain_skipped':
      return reads.skipped(view, event);
    case 'mvcc.write_buffered':
      return transactions.written(view, event, when);
    case 'mvcc.commit_started':
      return commits.commitStarted(view, event, when);
    case 'mvcc.conflict_found':
      return transactions.conflictFound(view, event, when);
    case 'mvcc.dependency_found':
      return transactions.dependencyFound(view, event, when);
    case 'mvcc.danger_found':
      return transactions.dangerFound(view, event, when);
    case 'mvcc.commit_settled':
      return commits.settled(view, event, when);
    case 'mvcc.transaction_ended':
      return transactions.ended(view, event, when);
    case 'mvcc.snapshot_kept':
      return transactions.kept(view, event, when);
    case 'mvcc.snapshot_released':
      return transactions.released(view, event, when);
    case 'mvcc.vacuum_started':
      return commits.vacuumStarted(view, when);
    case 'mvcc.version_collected':
      return commits.versionCollected(view, event, when);
    case 'mvcc.vacuum_advanced':
      return commits.vacuumAdvanced(view, event);
    case 'mvcc.slice_abandoned':
      return commits.sliceAbandoned(view, event);
    case 'mvcc.vacuum_finished':
      return commits.vacuumFinished(view);
  }
}
