/** The fold of the B-tree room: one event at a time. See model.ts for the view and its invariants. */
import type { SiteId } from '../../../base/ids';
import type { BTreeEvent } from '../../../btree';
import type { StoreEvent } from '../../../kv_store/events';
import type { Fold } from '../../../lab/timeline';
import type { LabEvent } from '../../../protocol/trace';
import * as cells from './fold_cells';
import * as damage from './fold_damage';
import { setExtent, SOUND } from './extents';
import * as files from './fold_files';
import * as pages from './fold_pages';
import * as pool from './fold_pool';
import { EMPTY_VIEW, NOBODY, NOTHING_PENDING, type TreeView } from './model';

export const treeFold: Fold<TreeView> = {
  initial: () => EMPTY_VIEW,
  apply: (view, record) => {
    const next = applyEvent(view, record.event, record.seq, record.site);
    if (next !== view) return { ...next, seq: record.seq };
    // Every step has its own view: what was pointed at a step ago is so no more.
    return { ...view, seq: record.seq, subject: NOBODY };
  },
};

function applyEvent(view: TreeView, event: LabEvent, seq: number, site: SiteId): TreeView {
  const { kind } = event;
  if (kind.startsWith('btree.')) return applyTreeEvent(view, event as BTreeEvent, seq, site);
  if (kind.startsWith('store.')) return applyStoreEvent(view, event as StoreEvent, seq);
  switch (event.kind) {
    case 'storage.file_written':
      return event.file === 'data_0' || event.file === 'data_1' ? files.dataWritten(view, event, seq) : view;
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
    case 'host.crashed':
      return files.crashed(view, event);
    case 'host.power_cut':
      return damage.powerCut(view, event);
    case 'host.byte_flipped':
      return damage.byteFlipped(view, event);
    // An opening that was refused is over: nothing runs.
    case 'host.command_finished':
      return view.state === 'opening' && event.result.kind === 'failed'
        ? { ...view, state: 'down', subject: NOBODY }
        : files.untoldGivenBack(view);
    default:
      return view;
  }
}

function applyTreeEvent(view: TreeView, event: BTreeEvent, seq: number, site: SiteId): TreeView {
  const when = { seq, site };
  switch (event.kind) {
    case 'btree.descended': {
      const { key, path, purpose, slots } = event;
      return {
        ...view,
        operation: { key, purpose, path, slots, overfull: undefined, underfull: undefined, changed: [], isOver: false },
        pending: NOTHING_PENDING,
        subject: { pages: path, cells: [], extents: [] },
      };
    }
    case 'btree.cell_inserted':
      return cells.cellInserted(view, event, when);
    case 'btree.cell_replaced':
      return cells.cellReplaced(view, event, when);
    case 'btree.cell_removed':
      return cells.cellRemoved(view, event, when);
    case 'btree.leaf_overfull':
      return {
        ...view,
        operation: view.operation && { ...view.operation, overfull: event },
        subject: { pages: [event.page], cells: [], extents: [] },
      };
    case 'btree.leaf_split':
      return over(cells.leafSplit(view, event, when), 'overfull');
    case 'btree.inner_split':
      return cells.innerSplit(view, event, when);
    case 'btree.separator_inserted':
      return cells.separatorInserted(view, event, when);
    case 'btree.root_grown':
      return cells.rootGrown(view, event, when);
    case 'btree.page_underfull':
      return {
        ...view,
        operation: view.operation && { ...view.operation, underfull: event },
        subject: { pages: [event.page], cells: [], extents: [] },
      };
    case 'btree.leaf_borrowed':
      return over(cells.leafBorrowed(view, event, when), 'underfull');
    case 'btree.inner_borrowed':
      return over(cells.innerBorrowed(view, event, when), 'underfull');
    case 'btree.separator_replaced':
      return cells.separatorReplaced(view, event, when);
    case 'btree.leaf_merged':
      return over(cells.leafMerged(view, event, when), 'underfull');
    case 'btree.inner_merged':
      return over(cells.innerMerged(view, event, when), 'underfull');
    case 'btree.separator_removed':
      return cells.separatorRemoved(view, event, when);
    case 'btree.root_shrunk':
      return cells.rootShrunk(view, event);
    case 'btree.overflow_written':
      return cells.overflowWritten(view, event, when);
    case 'btree.overflow_freed':
      return view;
    case 'btree.tree_opened':
      return pages.treeOpened(view, event);
    case 'btree.map_loaded':
      return files.extentsFromMap(pages.mapLoaded(view, event, seq), event);
    case 'btree.page_allocated':
      return pages.pageAllocated(view, event, seq, site);
    case 'btree.page_freed':
      return pages.pageFreed(view, event);
    case 'btree.page_dirtied':
      return pages.pageDirtied(view, event.page);
    case 'btree.page_read':
      return pages.pageRead(view, event, seq, site);
    case 'btree.page_referenced':
      return pool.pageReferenced(view, event);
    case 'btree.page_pinned':
      return pool.pagePinned(view, event);
    case 'btree.pages_unpinned':
      return pool.pagesUnpinned(view, event);
    case 'btree.victim_chosen':
      return pool.victimChosen(view, event);
    case 'btree.page_evicted':
      return pool.pageEvicted(view, event.page);
    case 'btree.damage_found':
      return damage.damageFound(view, event, seq);
    case 'btree.map_damage_found':
      return damage.mapDamageFound(view, event, seq);
    case 'btree.tree_scrubbed':
      return damage.treeScrubbed(view, event);
    case 'btree.page_spilled':
      return files.pageSpilled(view, event, seq);
    case 'btree.page_written':
      return files.pageWritten(view, event, seq);
    case 'btree.copies_listed':
      return files.copiesListed(view, event, seq);
    case 'btree.page_logged':
      return { ...view, subject: { pages: [event.page], cells: [], extents: [], flow: 'write' } };
    case 'btree.map_page_written':
      return files.mapPageWritten(view, event, seq);
    case 'btree.map_changed':
      return files.mapChanged(view, event);
    case 'btree.checkpoint_flushed':
      return files.checkpointFlushed(view);
    case 'btree.page_restored':
      return setExtent(
        { ...view, subject: { pages: [], cells: [], extents: [event.extent] } },
        event.extent,
        (known) => ({ ...known, ...SOUND, changedAt: seq }),
      );
    case 'btree.leaf_relinked':
      return {
        ...pages.setBody(view, event.page, when, (body) => ({ ...body, lsn: event.lsn, left: event.left })),
        subject: { pages: [event.page], cells: [], extents: [] },
      };
    case 'btree.tree_mended':
      return { ...view, subject: { pages: event.relinked, cells: [], extents: [] } };
    case 'btree.rebuild_started':
      return pages.rebuildStarted(view, event);
    case 'btree.page_built':
      return pages.pageBuilt(view, event, when);
    case 'btree.rebuild_abandoned':
      return pages.rebuildAbandoned(view);
    case 'btree.tree_rebuilt':
      return pages.treeRebuilt(view, event);
    case 'btree.former_page_spilled':
      return files.formerPageSpilled(view, event, seq);
  }
}

/** What was too much, or too little, is not any more. */
function over(view: TreeView, what: 'overfull' | 'underfull'): TreeView {
  return { ...view, operation: view.operation && { ...view.operation, [what]: undefined } };
}

function applyStoreEvent(view: TreeView, event: StoreEvent, seq: number): TreeView {
  switch (event.kind) {
    case 'store.formatted':
      return {
        ...EMPTY_VIEW,
        state: 'opening',
        hasFormat: true,
        tree: event.format.tree,
        extentBytes: event.format.extentBytes,
      };
    case 'store.superblock_read': {
      const { format } = event;
      const next: TreeView = { ...view, state: 'opening', subject: NOBODY };
      return format ? { ...next, hasFormat: true, tree: format.tree, extentBytes: format.extentBytes } : next;
    }
    case 'store.commit_applied':
    case 'store.commit_replayed':
      return {
        ...view,
        keys: event.keys,
        operation: view.operation && { ...view.operation, isOver: true },
        counters: { ...view.counters, commits: view.counters.commits + 1 },
        subject: NOBODY,
      };
    case 'store.checkpoint_loaded':
      return files.rootLoaded(view, event);
    case 'store.superblock_written':
      return event.checkpointLsn === view.checkpoint?.lsn ? files.checkpointNamed(view) : view;
    case 'store.checkpoint_started':
      return files.checkpointStarted(view, event, seq);
    case 'store.checkpoint_finished':
      return files.checkpointFinished(view, event);
    case 'store.checkpoint_abandoned':
      return files.checkpointAbandoned(view);
    case 'store.recovered':
      return { ...view, state: event.report.end === 'damaged' ? 'read_only' : 'open', subject: NOBODY };
    case 'store.poisoned':
      return { ...files.untoldGivenBack(view), state: 'read_only', subject: NOBODY };
    case 'store.closed':
      return { ...view, state: 'closed', subject: NOBODY };
    default:
      return view;
  }
}
