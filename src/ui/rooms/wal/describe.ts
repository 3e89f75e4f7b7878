/** V1: the part of the view that the engine describes too, in the engine's own words; a test holds the two equal. */
import { logPosition } from '../../../base/ids';
import type { LogDescription, RecordDescription, StoreDescription, WaitingCommit } from '../../../kv_store/types';
import { NEVER, type Entry, type WalView } from './model';

export function describeView(view: WalView): StoreDescription {
  return {
    state: view.state === 'read_only' || view.state === 'closed' ? view.state : 'open',
    poisonedBy: view.poisonedBy,
    log: describeLog(view),
    slots: [describeSlot(view, 0), describeSlot(view, 1)],
    extents: view.extents.map(({ extent, file, at, state }) => ({ extent, file, at, state })),
    checkpointing: view.checkpoint?.lsn,
    publishedLsn: view.publishedLsn,
    waiting: waiting(view),
    keys: view.keys,
  };
}

function describeSlot(view: WalView, slot: 0 | 1): StoreDescription['slots'][0] {
  const { valid, epoch, checkpointLsn, redoPosition } = view.slots[slot];
  return { slot, valid, epoch, checkpointLsn, redoPosition };
}

function describeLog(view: WalView): LogDescription {
  // A closed store reads no file any more.
  const isClosed = view.state === 'closed';
  const records: RecordDescription[] = [];
  for (const entry of view.entries) {
    if (isClosed || entry.place === undefined || entry.place.position < view.redoPosition) continue;
    records.push({
      lsn: entry.lsn,
      position: entry.place.position,
      bytes: entry.place.bytes,
      state: recordState(view, entry),
    });
  }
  return {
    logBytes: view.logBytes,
    redoPosition: view.redoPosition,
    appendPosition: view.appendPosition,
    nextLsn: view.nextLsn,
    durableLsn: view.durableLsn,
    records,
    groups: [...view.groups]
      .filter((group) => !isClosed && group.state === 'written' && group.position >= view.redoPosition)
      .map(({ position, bytes, firstLsn, lastLsn }) => ({ position: logPosition(position), bytes, firstLsn, lastLsn })),
  };
}

export function recordState(view: WalView, entry: Entry): RecordDescription['state'] {
  if (entry.lsn <= view.durableLsn && entry.life === 'kept') return 'durable';
  return entry.writtenAt === NEVER ? 'buffered' : 'written';
}

function waiting(view: WalView): WaitingCommit[] {
  return [...view.gone, ...view.entries]
    .filter((entry) => entry.outcome === 'waiting' && entry.submittedAt !== NEVER && entry.appliedAt === NEVER)
    .map(({ lsn, client, mode }) => ({ lsn, client: client!, mode: mode! }))
    .sort((a, b) => a.lsn - b.lsn);
}
