/** The fold of the WAL room: one event at a time, each a few lines. See model.ts for the view and its invariants. */
import { extentId, lsn as asLsn, logPosition, type LogPosition, type Lsn, type SiteId } from '../../../base/ids';
import type { Fold } from '../../../lab/timeline';
import type { LabEvent } from '../../../protocol/trace';
import type { ExtentsCounted, StorageEvent } from '../../../storage/events';
import type {
  GroupCancelled,
  GroupScanned,
  GroupWritten,
  RecordBuffered,
  RecordScanned,
  ScanEnded,
  SpaceFreed,
  ScanStarted,
} from '../../../wal/events';
import type {
  ClientId,
  CommitAcknowledged,
  CommitRejected,
  CommitSubmitted,
  StoreEvent,
} from '../../../kv_store/events';
import {
  CALLS_KEPT,
  EMPTY_VIEW,
  ENTRIES_KEPT,
  FLUSHES_KEPT,
  GONE_KEPT,
  NEVER,
  type Client,
  type DeviceCall,
  type Entry,
  type EntrySites,
  type Extent,
  type Group,
  type Place,
  type Recovery,
  type Slot,
  type WalView,
} from './model';
import { PersistentList } from './persistent_list';
import { HEADER_WIDTH, LEADER_WIDTH, paddingWidth, recordWidth, SEAM_WIDTH } from './tape_scale';

type FileCall = Exclude<StorageEvent, ExtentsCounted>;

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

// ---- entries: one life of one LSN each

const NO_SITES: EntrySites = { submitted: 0, buffered: 0, settled: 0 };

const blankEntry = (view: WalView, lsn: Lsn): Entry => ({
  id: view.generation === 0 ? String(lsn) : `${lsn}.${view.generation}`,
  lsn,
  client: undefined,
  mode: undefined,
  operations: [],
  place: undefined,
  submittedAt: NEVER,
  bufferedAt: NEVER,
  writtenAt: NEVER,
  flushedAt: NEVER,
  appliedAt: NEVER,
  settledAt: NEVER,
  outcome: 'waiting',
  code: undefined,
  verdict: undefined,
  scannedAt: NEVER,
  life: 'kept',
  row: 0,
  sites: NO_SITES,
});

/** Changes the entry of an LSN, or starts one: the first word of an LSN may come from the client or from the log. */
function setEntry(view: WalView, lsn: Lsn, change: (entry: Entry) => Entry): WalView {
  const { entries } = view;
  const known = entries.get(lsn);
  if (known) return { ...view, entries: entries.set(lsn, change(known)) };
  const fresh = change(blankEntry(view, lsn));
  if (lsn === entries.end) return { ...view, entries: forgetOld(entries.push(fresh), view) };
  // A number before what is kept says nothing new; one after a gap starts the list again.
  return lsn < entries.end ? view : { ...view, entries: PersistentList.empty<Entry>(lsn).push(fresh) };
}

/** V3: an entry goes when its bytes were written over and enough newer ones are there for the lanes. */
function forgetOld(entries: PersistentList<Entry>, view: WalView): PersistentList<Entry> {
  if (entries.length <= ENTRIES_KEPT) return entries;
  const oldest = view.groups.get(view.groups.first);
  const neededFrom = oldest ? Math.max(1, oldest.firstLsn) : entries.end;
  return entries.dropBefore(Math.min(entries.end - ENTRIES_KEPT, neededFrom));
}

/** Ends the lives of the entries from `firstLsn` on: their numbers will be given out again (V2). */
function endLives(view: WalView, firstLsn: Lsn, life: 'cancelled' | 'lost'): WalView {
  const ended = [...view.entries.range(firstLsn)].map((entry) => ({
    ...entry,
    life,
    outcome: life === 'lost' && entry.outcome === 'waiting' ? ('cut_off' as const) : entry.outcome,
  }));
  if (ended.length === 0) return { ...view, nextLsn: firstLsn };
  return {
    ...view,
    entries: view.entries.truncate(firstLsn),
    gone: [...view.gone, ...ended].slice(-GONE_KEPT),
    generation: view.generation + 1,
    nextLsn: firstLsn,
  };
}

function commitSubmitted(view: WalView, event: CommitSubmitted, seq: number, site: SiteId): WalView {
  const { client, mode, operations } = event;
  const row = freeRow(view, client);
  const next = setEntry(view, event.lsn, (entry) => ({
    ...entry,
    client,
    mode,
    operations,
    submittedAt: seq,
    row,
    sites: { ...entry.sites, submitted: site },
  }));
  return { ...next, clients: withRow(view.clients, client, row), subject: { lsn: event.lsn } };
}

function freeRow(view: WalView, client: ClientId): number {
  const taken = new Set<number>();
  // Commits settle in LSN order, so those that wait are the newest.
  for (let n = view.entries.end - 1; n >= view.entries.first; n--) {
    const entry = view.entries.get(n)!;
    if (entry.outcome === 'waiting' && entry.client === client) taken.add(entry.row);
    else if (entry.outcome === 'acknowledged') break;
  }
  let row = 0;
  while (taken.has(row)) row++;
  return row;
}

function withRow(clients: readonly Client[], client: ClientId, row: number): readonly Client[] {
  const known = clients.find((c) => c.client === client);
  if (known && known.rows > row) return clients;
  return [...clients.filter((c) => c !== known), { client, rows: row + 1 }].sort((a, b) => a.client - b.client);
}

function commitAcknowledged(view: WalView, event: CommitAcknowledged, seq: number, site: SiteId): WalView {
  return {
    ...setEntry(view, event.lsn, (entry) => ({
      ...entry,
      outcome: 'acknowledged',
      settledAt: seq,
      sites: { ...entry.sites, settled: site },
    })),
    counters: { ...view.counters, acknowledged: view.counters.acknowledged + 1 },
    subject: { lsn: event.lsn },
  };
}

function commitRejected(view: WalView, event: CommitRejected, seq: number, site: SiteId): WalView {
  const counters = { ...view.counters, rejected: view.counters.rejected + 1 };
  // The engine lets go of all the commits it refuses at once, and then tells one after the other.
  const letGo = (entry: Entry): Entry => (entry.outcome === 'waiting' ? { ...entry, outcome: 'refused' } : entry);
  const gone = view.gone.map(letGo);
  let entries = view.entries;
  for (let n = entries.end - 1; n >= entries.first && entries.get(n)!.outcome !== 'acknowledged'; n--) {
    entries = entries.set(n, letGo(entries.get(n)!));
  }
  const settle = (entry: Entry): Entry => ({
    ...entry,
    outcome: 'rejected',
    code: event.code,
    settledAt: seq,
    sites: { ...entry.sites, settled: site },
  });
  // Lives that ended are settled before their number is used again.
  const index = gone.findIndex((entry) => entry.lsn === event.lsn && entry.outcome === 'refused');
  const next = { ...view, entries, gone, counters };
  if (index < 0) return { ...setEntry(next, event.lsn, settle), subject: { lsn: event.lsn } };
  return { ...next, gone: gone.with(index, settle(gone[index]!)), subject: { lsn: event.lsn } };
}

// ---- the log

function recordBuffered(view: WalView, event: RecordBuffered, seq: number, site: SiteId): WalView {
  const last = view.groups.last();
  const isOpen = last?.state === 'open' && last.position === event.group;
  const along = isOpen ? last.alongEnd : nextAlong(view.groups) + HEADER_WIDTH;
  const alongEnd = along + recordWidth(event.bytes).width;
  const bytes = event.position + event.bytes - event.group;
  const group: Group = isOpen
    ? { ...last, bytes, lastLsn: event.lsn, alongEnd }
    : {
        id: view.groups.end,
        position: event.group,
        bytes,
        firstLsn: event.lsn,
        lastLsn: event.lsn,
        salt: undefined,
        state: 'open',
        from: 'session',
        writtenAt: NEVER,
        along: along - HEADER_WIDTH,
        alongEnd,
        paddingBytes: 0,
        leftBytes: 0,
        confirmed: true,
      };
  const groups = isOpen ? view.groups.set(group.id, group) : view.groups.push(group);
  const place: Place = { position: event.position, bytes: event.bytes, along, group: group.id };
  return {
    ...setEntry({ ...view, groups }, event.lsn, (entry) => ({
      ...entry,
      place,
      bufferedAt: seq,
      sites: { ...entry.sites, buffered: site },
    })),
    appendPosition: event.group,
    nextLsn: asLsn(event.lsn + 1),
    counters: { ...view.counters, recordBytes: view.counters.recordBytes + event.bytes },
    subject: { lsn: event.lsn },
  };
}

const nextAlong = (groups: PersistentList<Group>): number => {
  const last = groups.last();
  return last ? last.alongEnd + SEAM_WIDTH : LEADER_WIDTH;
};

function groupWritten(view: WalView, event: GroupWritten, seq: number): WalView {
  const last = view.groups.last();
  // The buffer was gathered before this trace began: the group is known, its records are not.
  const open: Group =
    last?.state === 'open' && last.position === event.position
      ? last
      : {
          id: view.groups.end,
          position: event.position,
          bytes: 0,
          firstLsn: event.firstLsn,
          lastLsn: event.lastLsn,
          salt: undefined,
          state: 'open',
          from: 'session',
          writtenAt: NEVER,
          along: nextAlong(view.groups),
          alongEnd: nextAlong(view.groups) + HEADER_WIDTH,
          paddingBytes: 0,
          leftBytes: 0,
          confirmed: true,
        };
  const paddingBytes = Math.max(0, event.bytes - open.bytes);
  const group: Group = {
    ...open,
    state: 'written',
    bytes: event.bytes,
    paddingBytes,
    salt: event.salt,
    writtenAt: seq,
    alongEnd: open.alongEnd + paddingWidth(paddingBytes).width,
  };
  const end = logPosition(event.position + event.bytes);
  const groups = open.id < view.groups.end ? view.groups.set(open.id, group) : view.groups.push(group);
  let entries = view.entries;
  for (let n = event.firstLsn as number; n <= event.lastLsn; n++) {
    const entry = entries.get(n);
    if (entry) entries = entries.set(n, { ...entry, writtenAt: seq });
  }
  return {
    ...view,
    entries,
    groups: withoutOverwritten(groups, end, view.logBytes),
    appendPosition: end,
    writtenPosition: end,
    nextLsn: asLsn(event.lastLsn + 1),
    counters: { ...view.counters, groups: view.counters.groups + 1, logBytes: view.counters.logBytes + event.bytes },
    subject: { group: event.position, lsn: event.firstLsn, toLsn: event.lastLsn },
  };
}

/** A group is forgotten when the tape has come round and its last byte was written over. */
function withoutOverwritten(groups: PersistentList<Group>, end: LogPosition, logBytes: number): PersistentList<Group> {
  if (logBytes === 0) return groups;
  let first = groups.first;
  while (first < groups.end - 1) {
    const oldest = groups.get(first)!;
    if (oldest.position + oldest.bytes > end - logBytes) break;
    first++;
  }
  return groups.dropBefore(first);
}

function groupFlushed(view: WalView, durableLsn: Lsn, seq: number, site: SiteId): WalView {
  const flush = { id: view.flushes.end, at: seq, afterLsn: view.durableLsn, durableLsn, site };
  const next = markDurable(view, durableLsn, seq);
  return {
    ...next,
    flushes: keepLast(view.flushes.push(flush), FLUSHES_KEPT),
    counters: { ...view.counters, flushes: view.counters.flushes + 1 },
    subject: { lsn: asLsn(Math.min(durableLsn, view.durableLsn + 1)), toLsn: durableLsn, file: 'log' },
  };
}

function markDurable(view: WalView, durableLsn: Lsn, seq: number): WalView {
  let entries = view.entries;
  for (let n = Math.max(view.durableLsn + 1, entries.first); n <= durableLsn; n++) {
    const entry = entries.get(n);
    // Read back after a crash it was durable before: the first time is the one that counts.
    if (entry?.flushedAt === NEVER) entries = entries.set(n, { ...entry, flushedAt: seq });
  }
  return { ...view, entries, durableLsn, durablePosition: view.writtenPosition };
}

/** The wipe that cancels a group is flushed, and with it everything written before. */
function groupCancelled(view: WalView, event: GroupCancelled): WalView {
  const groups = view.groups.last()?.state === 'open' ? view.groups.truncate(view.groups.end - 1) : view.groups;
  const durable = markDurable(view, asLsn(event.firstLsn - 1), view.seq + 1);
  return {
    ...endLives({ ...durable, groups }, event.firstLsn, 'cancelled'),
    appendPosition: event.position,
    subject: { group: event.position, lsn: event.firstLsn, toLsn: event.lastLsn },
  };
}

function spaceFreed(view: WalView, event: SpaceFreed): WalView {
  return { ...view, redoPosition: event.redoPosition, redoLsn: event.redoLsn, subject: { lsn: event.redoLsn } };
}

/** What was only in memory is gone: the group in the buffer, and the clients' calls with it. */
function dropBuffer(view: WalView, life: 'cancelled' | 'lost'): WalView {
  const open = view.groups.last();
  if (open?.state !== 'open') return view;
  return endLives({ ...view, groups: view.groups.truncate(open.id) }, open.firstLsn, life);
}

function crashed(view: WalView, seq: number): WalView {
  const without = dropBuffer(view, 'lost');
  let entries = without.entries;
  for (const entry of entries) {
    if (entry.outcome === 'waiting' && entry.submittedAt !== NEVER) {
      entries = entries.set(entry.lsn, { ...entry, outcome: 'cut_off', settledAt: seq });
    }
  }
  const gone = without.gone.map((e) =>
    e.outcome === 'cut_off' && e.settledAt === NEVER ? { ...e, settledAt: seq } : e,
  );
  return { ...without, entries, gone, state: 'down', checkpoint: undefined };
}

// ---- reading it back

const NO_RECOVERY: Omit<Recovery, 'startedAt'> = {
  slots: [undefined, undefined],
  checkpoint: undefined,
  from: undefined,
  expectedLsn: asLsn(1),
  cursor: logPosition(0),
  scanned: 0,
  redone: 0,
  skipped: 0,
  replayedLsn: asLsn(0),
  end: undefined,
  report: undefined,
};

function opening(view: WalView, seq: number): WalView {
  if (view.state === 'opening' && view.recovery) return view;
  const fresh =
    view.state === 'none' || view.state === 'opening' || view.state === 'down' ? view : dropBuffer(view, 'lost');
  return {
    ...fresh,
    state: 'opening',
    poisonedBy: undefined,
    checkpoint: undefined,
    recovery: { ...NO_RECOVERY, startedAt: seq },
  };
}

function superblockRead(
  view: WalView,
  event: Extract<StoreEvent, { kind: 'store.superblock_read' }>,
  seq: number,
): WalView {
  const started = opening(view, seq);
  const recovery = started.recovery!;
  const { valid, epoch, reason } = event;
  const slot: Slot = {
    slot: event.slot,
    valid,
    epoch,
    checkpointLsn: event.checkpointLsn,
    redoPosition: event.redoPosition,
    handed: false,
    known: true,
  };
  return {
    ...setSlot(started, slot),
    ...event.format,
    recovery: { ...recovery, slots: recovery.slots.with(event.slot, { valid, epoch, reason }) },
  };
}

function checkpointLoaded(view: WalView, event: Extract<StoreEvent, { kind: 'store.checkpoint_loaded' }>): WalView {
  const live = new Set<number>(event.extents);
  return {
    ...view,
    keys: event.keys,
    extents: view.extents.map((e): Extent => ({
      ...e,
      state: live.has(e.extent) ? 'live' : 'free',
      flushed: live.has(e.extent),
    })),
    publishedLsn: event.lsn,
    recovery: view.recovery && { ...view.recovery, checkpoint: { lsn: event.lsn, keys: event.keys } },
    subject: { toLsn: event.lsn, file: 'data_0' },
  };
}

function scanStarted(view: WalView, event: ScanStarted): WalView {
  const recovery = view.recovery ?? { ...NO_RECOVERY, startedAt: view.seq + 1 };
  const groups = view.groups;
  const from = groups.search((group) => group.position >= event.position);
  let unread = groups;
  for (let i = from; i < groups.end; i++) unread = unread.set(i, { ...groups.get(i)!, confirmed: false });
  return {
    ...view,
    state: 'opening',
    groups: unread,
    redoPosition: event.position,
    redoLsn: event.expectedLsn,
    durableLsn: asLsn(event.expectedLsn - 1),
    durablePosition: event.position,
    recovery: { ...recovery, from: event.position, cursor: event.position, expectedLsn: event.expectedLsn },
    subject: { lsn: event.expectedLsn },
  };
}

function groupScanned(view: WalView, event: GroupScanned, seq: number): WalView {
  const at = view.groups.search((group) => group.position >= event.position);
  const known = view.groups.get(at);
  const groups =
    known?.position === event.position && known.salt === event.salt
      ? view.groups.set(at, { ...known, confirmed: true })
      : scannedGroup(view.groups.truncate(at), event, seq);
  return { ...view, groups, recovery: moveCursor(view, event.position), subject: { group: event.position } };
}

/** A group this trace has not seen being written: its records will be read one by one. */
function scannedGroup(groups: PersistentList<Group>, event: GroupScanned, seq: number): PersistentList<Group> {
  const along = nextAlong(groups);
  return groups.push({
    id: groups.end,
    position: event.position,
    bytes: event.bytes,
    firstLsn: event.firstLsn,
    lastLsn: asLsn(event.firstLsn - 1),
    salt: event.salt,
    state: 'written',
    from: 'scan',
    writtenAt: seq,
    along,
    alongEnd: along + HEADER_WIDTH,
    paddingBytes: 0,
    leftBytes: 0,
    confirmed: true,
  });
}

function recordScanned(view: WalView, event: RecordScanned, seq: number): WalView {
  const index = view.groups.search((group) => group.position > event.position) - 1;
  const group = view.groups.get(index);
  const known = view.entries.get(event.lsn);
  const isKnown = known?.place?.position === event.position;
  let groups = view.groups;
  let along = known?.place?.along ?? 0;
  if (group && !isKnown) {
    along = group.alongEnd;
    groups = groups.set(index, { ...group, lastLsn: event.lsn, alongEnd: along + recordWidth(event.bytes).width });
  }
  const place: Place = { position: event.position, bytes: event.bytes, along, group: index };
  // A life of this number that was elsewhere on the tape is over: what is there now is another one.
  const base = known?.place && !isKnown ? endLives(view, event.lsn, 'lost') : view;
  const recovery = moveCursor(view, logPosition(event.position + event.bytes));
  return {
    ...setEntry({ ...base, groups }, event.lsn, (entry) => ({
      ...entry,
      place,
      verdict: event.verdict,
      scannedAt: seq,
      writtenAt: entry.writtenAt === NEVER ? seq : entry.writtenAt,
      outcome: entry.outcome === 'waiting' && entry.submittedAt === NEVER ? 'acknowledged' : entry.outcome,
    })),
    recovery: recovery && {
      ...recovery,
      scanned: recovery.scanned + 1,
      redone: recovery.redone + (event.verdict === 'redo' ? 1 : 0),
      skipped: recovery.skipped + (event.verdict === 'skip' ? 1 : 0),
    },
    subject: { lsn: event.lsn },
  };
}

function moveCursor(view: WalView, cursor: LogPosition): Recovery | undefined {
  return view.recovery && { ...view.recovery, cursor };
}

function scanEnded(view: WalView, event: ScanEnded): WalView {
  const { position, lastLsn, end, reason } = event;
  const ended = endLives(view, asLsn(lastLsn + 1), 'lost');
  const at = ended.groups.search((group) => group.position >= position);
  const groups = closeScannedGroups(ended.groups.truncate(at), ended, event);
  return {
    ...ended,
    groups,
    writtenPosition: position,
    appendPosition: position,
    nextLsn: asLsn(lastLsn + 1),
    recovery: view.recovery && { ...view.recovery, cursor: position, end: { position, lastLsn, end, reason } },
    subject: { lsn: lastLsn },
  };
}

/**
 * What the scan tells of groups only when it goes on: one met for the first time ends where the next one starts, and
 * the last one may have ended early, at a record that does not check out.
 */
function closeScannedGroups(groups: PersistentList<Group>, view: WalView, event: ScanEnded): PersistentList<Group> {
  let closed = groups;
  let next: number = event.position;
  for (let i = groups.end - 1; i >= groups.first; i--) {
    const group = groups.get(i)!;
    if (group.position < (view.recovery?.from ?? 0)) break;
    const lastLsn = asLsn(Math.min(group.lastLsn, event.lastLsn));
    const last = view.entries.get(lastLsn)?.place;
    const end = last?.group === i ? last.position + last.bytes : group.position;
    // A group whose records this trace has not seen before is known to be cut short by the reason alone.
    const isBrokenOff = i === groups.end - 1 && event.reason.startsWith(`record ${event.lastLsn + 1}: `);
    const bytes = Math.min(group.bytes, next - group.position);
    const leftBytes = lastLsn < group.lastLsn || isBrokenOff ? Math.max(0, next - end) : group.leftBytes;
    closed = closed.set(i, {
      ...group,
      bytes,
      lastLsn,
      leftBytes,
      alongEnd: Math.max(group.alongEnd, group.along + HEADER_WIDTH),
    });
    next = group.position;
  }
  return closed;
}

// ---- the other files

function setSlot(view: WalView, slot: Slot): WalView {
  const slots: readonly [Slot, Slot] = slot.slot === 0 ? [slot, view.slots[1]] : [view.slots[0], slot];
  return { ...view, slots, subject: { slot: slot.slot, file: 'superblock' } };
}

function checkpointBlock(view: WalView, extent: Extent['extent'], entries: number): WalView {
  const { checkpoint } = view;
  return {
    ...view,
    extents: view.extents.map((e) =>
      e.extent === extent ? { ...e, state: 'writing' as const, entries, flushed: false } : e,
    ),
    checkpoint: checkpoint && { ...checkpoint, blocks: checkpoint.blocks + 1, entries: checkpoint.entries + entries },
    subject: { extent },
  };
}

function countExtents(view: WalView, event: ExtentsCounted): WalView {
  const known = view.extents.filter((extent) => extent.file === event.file);
  const others = view.extents.filter((extent) => extent.file !== event.file);
  const parity = event.file === 'data_0' ? 0 : 1;
  const counted = Array.from(
    { length: event.extents },
    (_, index): Extent =>
      known[index] ?? {
        extent: extentId(2 * index + parity),
        file: event.file,
        at: index * view.extentBytes,
        state: 'free',
        flushed: false,
        entries: 0,
      },
  );
  return {
    ...view,
    extents: parity === 0 ? [...counted, ...others] : [...others, ...counted],
    subject: { file: event.file },
  };
}

function noteCall(view: WalView, event: FileCall, seq: number, site: SiteId): WalView {
  const call: DeviceCall = { at: seq, file: event.file, result: event.result, site, ...callShape(event) };
  const next = { ...view, calls: keepLast(view.calls.push(call), CALLS_KEPT), subject: { file: event.file } };
  // What recovery has read counts as durable once recovery itself has flushed it.
  const isRecovered =
    view.state === 'opening' && view.recovery?.end !== undefined && event.file === 'log' && call.call === 'flush';
  return isRecovered && call.result === 'ok' ? markDurable(next, view.recovery.end.lastLsn, seq) : next;
}

function callShape(event: FileCall): Pick<DeviceCall, 'call' | 'offset' | 'bytes'> {
  switch (event.kind) {
    case 'storage.file_read':
      return { call: 'read', offset: event.at, bytes: event.count };
    case 'storage.file_written':
      return { call: 'write', offset: event.at, bytes: event.bytes.length };
    case 'storage.file_flushed':
      return { call: 'flush', offset: 0, bytes: 0 };
    case 'storage.file_truncated':
      return { call: 'truncate', offset: event.size, bytes: 0 };
  }
}

const keepLast = <T>(list: PersistentList<T>, count: number): PersistentList<T> =>
  list.length > count + 64 ? list.dropBefore(list.end - count) : list;
