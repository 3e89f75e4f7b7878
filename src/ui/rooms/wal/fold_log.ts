/** The log in the view: records in the buffer, groups in the file, flushes, and what a crash takes. */
import { logPosition, type LogPosition, type Lsn, lsn as asLsn, type SiteId } from '../../../base/ids';
import type { GroupCancelled, GroupWritten, RecordBuffered, SpaceFreed } from '../../../wal/events';
import { endLives, setEntry } from './fold_commits';
import { FLUSHES_KEPT, type Group, NEVER, type Place, type WalView } from './model';
import { keepLast, type PersistentList } from '../../../lab/persistent_list';
import { HEADER_WIDTH, LEADER_WIDTH, paddingWidth, recordWidth, SEAM_WIDTH } from './tape_scale';

export function recordBuffered(view: WalView, event: RecordBuffered, seq: number, site: SiteId): WalView {
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

export const nextAlong = (groups: PersistentList<Group>): number => {
  const last = groups.last();
  return last ? last.alongEnd + SEAM_WIDTH : LEADER_WIDTH;
};

export function groupWritten(view: WalView, event: GroupWritten, seq: number): WalView {
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
  const restBytes = Math.max(0, event.bytes - open.bytes);
  // Images of pages stand in it without a record of their own in the picture: the rest of the group is those, no padding.
  const paddingBytes = event.unnumbered === undefined ? restBytes : 0;
  const group: Group = {
    ...open,
    state: 'written',
    bytes: event.bytes,
    paddingBytes,
    salt: event.salt,
    writtenAt: seq,
    alongEnd: open.alongEnd + (paddingBytes < restBytes ? recordWidth(restBytes) : paddingWidth(restBytes)).width,
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

export function groupFlushed(view: WalView, durableLsn: Lsn, seq: number, site: SiteId): WalView {
  const flush = { id: view.flushes.end, at: seq, afterLsn: view.durableLsn, durableLsn, site };
  const next = markDurable(view, durableLsn, seq);
  return {
    ...next,
    flushes: keepLast(view.flushes.push(flush), FLUSHES_KEPT),
    counters: { ...view.counters, flushes: view.counters.flushes + 1 },
    subject: { lsn: asLsn(Math.min(durableLsn, view.durableLsn + 1)), toLsn: durableLsn, file: 'log' },
  };
}

export function markDurable(view: WalView, durableLsn: Lsn, seq: number): WalView {
  let entries = view.entries;
  for (let n = Math.max(view.durableLsn + 1, entries.first); n <= durableLsn; n++) {
    const entry = entries.get(n);
    // Read back after a crash it was durable before: the first time is the one that counts.
    if (entry?.flushedAt === NEVER) entries = entries.set(n, { ...entry, flushedAt: seq });
  }
  return { ...view, entries, durableLsn, durablePosition: view.writtenPosition };
}

/** The wipe that cancels a group is flushed, and with it everything written before. */
export function groupCancelled(view: WalView, event: GroupCancelled): WalView {
  const groups = view.groups.last()?.state === 'open' ? view.groups.truncate(view.groups.end - 1) : view.groups;
  const durable = markDurable(view, asLsn(event.firstLsn - 1), view.seq + 1);
  return {
    ...endLives({ ...durable, groups }, event.firstLsn, 'cancelled'),
    appendPosition: event.position,
    subject: { group: event.position, lsn: event.firstLsn, toLsn: event.lastLsn },
  };
}

export function spaceFreed(view: WalView, event: SpaceFreed): WalView {
  return { ...view, redoPosition: event.redoPosition, redoLsn: event.redoLsn, subject: { lsn: event.redoLsn } };
}

/** What was only in memory is gone: the group in the buffer, and the clients' calls with it. */
export function dropBuffer(view: WalView, life: 'cancelled' | 'lost'): WalView {
  const open = view.groups.last();
  if (open?.state !== 'open') return view;
  return endLives({ ...view, groups: view.groups.truncate(open.id) }, open.firstLsn, life);
}

export function crashed(view: WalView, seq: number): WalView {
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
