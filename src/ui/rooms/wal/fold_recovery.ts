/** Reading the log back, in the view: slots, checkpoint, scan, and where it ended. */
import { logPosition, type LogPosition, lsn as asLsn } from '../../../base/ids';
import type { StoreEvent } from '../../../kv_store/events';
import type { GroupScanned, RecordScanned, ScanEnded, ScanStarted } from '../../../wal/events';
import { endLives, setEntry } from './fold_commits';
import { setSlot } from './fold_files';
import { dropBuffer, nextAlong } from './fold_log';
import { type Extent, type Group, NEVER, type Place, type Recovery, type Slot, type WalView } from './model';
import type { PersistentList } from '../../../lab/persistent_list';
import { HEADER_WIDTH, LEFT_WIDTH, recordWidth } from './tape_scale';

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
  discarded: [],
  report: undefined,
};

export function opening(view: WalView, seq: number): WalView {
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

export function superblockRead(
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

export function checkpointLoaded(
  view: WalView,
  event: Extract<StoreEvent, { kind: 'store.checkpoint_loaded' }>,
): WalView {
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

export function scanStarted(view: WalView, event: ScanStarted): WalView {
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

export function groupScanned(view: WalView, event: GroupScanned, seq: number): WalView {
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

export function recordScanned(view: WalView, event: RecordScanned, seq: number): WalView {
  const index = view.groups.search((group) => group.position > event.position) - 1;
  const group = view.groups.get(index);
  const known = view.entries.get(event.lsn);
  const isKnown = known?.place?.position === event.position;
  let groups = view.groups;
  let along = known?.place?.along ?? 0;
  if (group && !isKnown) {
    // An earlier recovery may not have taken this record, and drawn what it left as a box of its own.
    along = takenEnd(view, group);
    const alongEnd = along + recordWidth(event.bytes).width;
    groups = groups.set(index, { ...group, lastLsn: event.lsn, alongEnd, leftBytes: 0 });
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

/** Where the last record of a group ends on the drawn tape; its header, where it has none yet. */
function takenEnd(view: WalView, group: Group): number {
  const last = view.entries.get(group.lastLsn)?.place;
  return last?.group === group.id ? last.along + recordWidth(last.bytes).width : group.along + HEADER_WIDTH;
}

function moveCursor(view: WalView, cursor: LogPosition): Recovery | undefined {
  return view.recovery && { ...view.recovery, cursor };
}

export function scanEnded(view: WalView, event: ScanEnded): WalView {
  const { position, lastLsn, end, reason } = event;
  const discarded = [...view.entries.range(lastLsn + 1)].filter((entry) => entry.place !== undefined);
  const ended = endLives(view, asLsn(lastLsn + 1), 'lost');
  const at = ended.groups.search((group) => group.position >= position);
  const groups = closeScannedGroups(ended.groups.truncate(at), ended, event);
  return {
    ...ended,
    groups,
    writtenPosition: position,
    appendPosition: position,
    nextLsn: asLsn(lastLsn + 1),
    recovery: view.recovery && {
      ...view.recovery,
      cursor: position,
      end: { position, lastLsn, end, reason },
      discarded,
    },
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
    const hasRecords = last?.group === i;
    const end = hasRecords ? last.position + last.bytes : group.position;
    // A group whose records this trace has not seen before is known to be cut short by the reason alone.
    const isBrokenOff = i === groups.end - 1 && event.reason.startsWith(`record ${event.lastLsn + 1}: `);
    const bytes = Math.min(group.bytes, next - group.position);
    const leftBytes = lastLsn < group.lastLsn || isBrokenOff ? Math.max(0, next - end) : group.leftBytes;
    closed = closed.set(i, {
      ...group,
      bytes,
      lastLsn,
      leftBytes,
      // What was left gets a box of its own, and that needs room.
      alongEnd:
        leftBytes > 0 ? Math.max(group.alongEnd, takenEnd(view, { ...group, lastLsn }) + LEFT_WIDTH) : group.alongEnd,
    });
    next = group.position;
  }
  return closed;
}
