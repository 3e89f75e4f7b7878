/** Each step in one plain sentence: what happened, and why it matters. */
import type { StoreEvent } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import type { MvccEvent } from '../../../mvcc';
import type { TraceRecord } from '../../../protocol/trace';
import { bytesText, digits, keyText, plural } from '../../marks/units';
import { mustStay } from './garbage';
import { readersOf, transactionOf, watermarkOf, type MvccView } from './model';
import { versionOfRecord } from './records';
import { nameOf } from './words';

export function narrate(record: TraceRecord, before: MvccView, after: MvccView): string {
  const { event } = record;
  if (event.kind.startsWith('mvcc.')) return mvccSentence(event as MvccEvent, before, after);
  if (event.kind.startsWith('store.')) return storeSentence(event as StoreEvent, before);
  if (event.kind.startsWith('storage.')) return storageSentence(event);
  switch (event.kind) {
    case 'wal.record_buffered':
      return `Commit ${event.lsn} becomes a record of ${event.bytes} bytes in the log: what its client wrote, without any versions.`;
    case 'wal.group_written':
      return event.firstLsn === event.lastLsn
        ? `The log record of commit ${event.firstLsn} is handed to the file.`
        : `The log records of commits ${event.firstLsn} to ${event.lastLsn} are handed to the file in one write.`;
    case 'wal.group_flushed':
      return `The log is flushed: commits up to ${event.durableLsn} survive a power cut, and may be published.`;
    case 'wal.space_freed':
      return 'That part of the log may be used again: a checkpoint has its commits.';
    case 'wal.scan_started':
      return 'Recovery reads the log from where the checkpoint leaves off. What transactions had not committed is not in it.';
    case 'wal.group_scanned':
      return `A group of log records, ${bytesText(event.bytes)} from commit ${event.firstLsn} on, is whole.`;
    case 'wal.record_scanned':
      return `Recovery finds commit ${event.lsn} in the log${event.verdict === 'redo' ? ': its versions are made again, with the same number' : ', which the checkpoint has already'}.`;
    case 'wal.scan_ended':
      return `The log ends here: ${event.reason}.`;
    case 'btree.page_read':
      return `Page ${event.page} is read from its file: the record that is looked for may be in it.`;
    case 'btree.cell_inserted':
      return `The record of a version goes into page ${event.page}, beside the other versions of its key; nothing is written over.`;
    case 'btree.cell_removed':
      return `A record leaves page ${event.page}.`;
    case 'lsm.entry_merged':
      return entrySentence(event);
    case 'lsm.version_edited':
      return before.dropped.length > 0
        ? `The merge is in force: ${plural(before.dropped.length, 'version')} that nobody could read ${before.dropped.length === 1 ? 'is' : 'are'} gone.`
        : `Edit ${event.edit} of the manifest is in force: which tables count.`;
    case 'lsm.compaction_started':
      return `A merge begins. It asks for the watermark, ${watermarkOf(after)}, and drops what nobody can read as it comes by.`;
    case 'lsm.block_read':
      return `A ${event.block} block of table ${event.table} is ${event.isCached ? 'in the cache' : 'read from its file'}.`;
    default:
      return hostSentence(event);
  }
}

function entrySentence({ key, outcome }: Extract<LsmEvent, { kind: 'lsm.entry_merged' }>): string {
  const version = versionOfRecord(key);
  const what = version ? `The version of commit ${version.lsn} of ${keyText(version.key)}` : 'A record';
  switch (outcome) {
    case 'filtered':
      return `${what} is left out of the new table: no snapshot in use can read it.`;
    case 'kept':
      return `${what} goes to the new table.`;
    default:
      return `${what} is left out of the new table.`;
  }
}

function storageSentence(event: TraceRecord['event']): string {
  switch (event.kind) {
    case 'storage.file_written':
      return `${bytesText(event.bytes.length)} go to ${event.file} at ${digits(event.at)}: handed over, not flushed.`;
    case 'storage.file_flushed':
      return `${event.file} is flushed.`;
    case 'storage.extents_counted':
      return `${event.file} has ${plural(event.extents, 'extent')} now.`;
    case 'storage.file_truncated':
      return `${event.file} is ${bytesText(event.size)} long now.`;
    case 'storage.file_read':
      return `A read of ${bytesText(event.count)} from ${event.file} at ${digits(event.at)}.`;
    default:
      return '';
  }
}

function hostSentence(event: TraceRecord['event']): string {
  switch (event.kind) {
    case 'host.command_started':
      return `The script asks: ${event.text}`;
    case 'host.crashed':
      return 'The process ends: transactions, their writes and named snapshots were in memory and are gone. There is nothing to undo.';
    case 'host.power_cut': {
      const kept = event.items.filter(({ fate }) => fate === 'kept').length;
      return `The power goes: of ${plural(event.items.length, 'pending sector')}, ${digits(kept)} reached the disk.`;
    }
    case 'host.byte_flipped':
      return `Behind the store’s back a bit of ${event.file} is flipped at byte ${digits(event.at)}; nobody has noticed yet.`;
    case 'host.narrated':
      return event.text;
    case 'host.fault_armed':
      return event.sentence;
    case 'host.store_opened':
      return event.recovery.formatted
        ? 'The store is open: no key has a version yet.'
        : `The store is open: versions of commits up to ${event.recovery.lastLsn}, and of nothing else.`;
    case 'host.protection_switched':
      return `${event.protection} is switched ${event.on ? 'on' : 'off'}, from the next opening on.`;
    default:
      return '';
  }
}

function mvccSentence(event: MvccEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'mvcc.transaction_begun': {
      const level = event.level === 'serializable' ? ', and what it reads is remembered' : '';
      const who = event.label ?? 'A scan';
      return `${who} begins: all it notes is a number, ${event.snapshot}. It reads the newest version at or before it of each key, whoever commits meanwhile${level}.`;
    }
    case 'mvcc.transaction_ended':
      return endSentence(event, before, after);
    case 'mvcc.version_read':
      return readSentence(event, before);
    case 'mvcc.version_passed':
      return event.why === 'newer'
        ? `The cursor goes over the version of commit ${event.lsn} of ${keyText(event.key)}: it is newer than the snapshot. One hop.`
        : `The cursor goes over the version of commit ${event.lsn} of ${keyText(event.key)}: the one wanted was found already. One hop.`;
    case 'mvcc.chain_skipped':
      return `${keyText(event.key)} has many versions: after a few hops it is cheaper to search again than to walk over the rest.`;
    case 'mvcc.write_buffered':
      return `${nameIn(after, event.transaction)} ${event.operation === 'put' ? 'writes' : 'deletes'} ${keyText(event.key)} in its own memory. Nobody else sees it, and nobody waits for it.`;
    case 'mvcc.commit_started':
      return event.transaction === undefined
        ? `The write gets its number, ${event.lsn}: the place of its record in the log is its timestamp. It is not published yet.`
        : `${nameIn(after, event.transaction)} may commit: nobody wrote ${plural(event.keys.length, 'its key', 'its keys').replace(/^[\d,]+ /, '')} since ${event.snapshot}. Its number is ${event.lsn}, and from here on others lose against it.`;
    case 'mvcc.conflict_found':
      return `${nameIn(after, event.transaction)} is refused: commit ${event.lsn} wrote ${keyText(event.key)} after its snapshot. The first to commit wins; nothing of the second was written, and it may run again.`;
    case 'mvcc.dependency_found':
      return `${nameIn(after, event.reader)} read ${keyText(event.key)} as it was before ${event.writer === undefined ? `commit ${event.writerLsn}` : nameIn(after, event.writer)} changed it: in any order of running them one by one, it comes first.`;
    case 'mvcc.danger_found':
      return `Two such arrows in a row, and the last of the three committed first: there may be no such order. ${nameIn(after, event.transaction)} is refused as the ${event.as === 'pivot' ? 'one in the middle' : 'first of them'}.`;
    case 'mvcc.commit_settled':
      return event.code === undefined
        ? `Commit ${event.lsn} is published, whole, and its client is told.`
        : event.code === 'commit_unknown'
          ? `The client of commit ${event.lsn} is told that nobody knows whether it is there: the log may have it, and opening the store again will show.`
          : `The client of commit ${event.lsn} is told that it failed: ${event.code.replaceAll('_', ' ')}.`;
    case 'mvcc.snapshot_kept':
      return `The state as of commit ${event.snapshot} has a name now, ${event.name}: versions that it needs stay until it is released.`;
    case 'mvcc.snapshot_released':
      return `The snapshot ${event.name} is released${heldWords(before, after)}.`;
    default:
      return vacuumSentence(event, before, after);
  }
}

function vacuumSentence(event: MvccEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'mvcc.vacuum_started':
      return `Vacuum begins to walk over all versions. The watermark is ${watermarkOf(after)}: of each key the newest version at or left of it stays.`;
    case 'mvcc.version_collected':
      return `The version of commit ${event.lsn} of ${keyText(event.key)} goes, ${bytesText(event.bytes)}: no snapshot in use could read it.`;
    case 'mvcc.vacuum_advanced': {
      const stays = before.chains.filter((chain) =>
        chain.versions.some((_, index) => mustStay(chain, index, event.watermark)),
      ).length;
      const kept =
        stays > 0
          ? ` Of ${plural(stays, 'key')} an old version stays, since the line of the watermark crosses it.`
          : '';
      return `A slice of the walk is over: ${plural(event.versionsSeen, 'version')} seen.${kept}`;
    }
    case 'mvcc.vacuum_finished':
      return `The walk is over: ${plural(event.versionsSeen, 'version')} seen, ${digits(event.versionsCollected)} taken, ${bytesText(event.bytesCollected)}.`;
    default:
      return '';
  }
}

function nameIn(view: MvccView, id: Parameters<typeof transactionOf>[1]): string {
  const transaction = transactionOf(view, id);
  return transaction ? nameOf(transaction) : `transaction ${id}`;
}

function endSentence(
  { how, transaction: id }: Extract<MvccEvent, { kind: 'mvcc.transaction_ended' }>,
  before: MvccView,
  after: MvccView,
): string {
  const who = nameIn(before, id);
  const held = heldWords(before, after);
  switch (how) {
    case 'submitted':
      return `${who} reads no more: its snapshot keeps nothing alive${held}. What it wrote is on its way.`;
    case 'read_only': {
      // Y3: what a serializable one read was compared with what others have committed.
      const isChecked = transactionOf(before, id)?.level === 'serializable';
      return isChecked
        ? `${who} ends; it wrote nothing, and nothing speaks against what it read${held}.`
        : `${who} ends; it wrote nothing, so there is nothing to commit or to check${held}.`;
    }
    case 'aborted': {
      const hasWritten = (transactionOf(before, id)?.writes.length ?? 0) > 0;
      return hasWritten
        ? `${who} aborts: its writes were in its own memory, and are forgotten${held}.`
        : `${who} is given up; it had written nothing${held}.`;
    }
    case 'refused':
      return `${who} has ended: nothing of it was written, and its snapshot is given back${held}.`;
    case 'idle':
      return `${who} was not used for too long and is ended, so that it keeps nothing alive${held}. If it comes back it gets an error, never wrong data.`;
  }
}

/** What an end lets go. */
function heldWords(before: MvccView, after: MvccView): string {
  const [old, now] = [watermarkOf(before), watermarkOf(after)];
  if (old !== now) return `; the watermark moves from ${old} to ${now}`;
  const [oldest] = readersOf(after);
  return oldest && oldest.snapshot === now ? `; ${oldest.name} still keeps the watermark at ${now}` : '';
}

function readSentence(event: Extract<MvccEvent, { kind: 'mvcc.version_read' }>, before: MvccView): string {
  const { at, found, key, lsn, transaction } = event;
  const who = transaction === undefined ? 'A read' : nameIn(before, transaction);
  const name = keyText(key);
  switch (found) {
    case 'own':
      return `${who} reads ${name} as it wrote it itself: its own writes lie over its snapshot.`;
    case 'nothing':
      return `${who} finds no ${name}: as of ${at} it had no version.`;
    case 'tombstone':
      return `${who} finds no ${name}: as of ${at} its newest version is the deletion by commit ${lsn}.`;
    case 'value': {
      const isOld = before.publishedLsn > at && before.chains.some((chain) => isReplaced(chain, key, lsn));
      return `${who} reads ${name} as commit ${lsn} left it: the newest version at or before ${at}${isOld ? ', though a newer one is there' : ''}.`;
    }
  }
}

const isReplaced = ({ versions }: MvccView['chains'][number], key: Uint8Array, lsn: number | undefined): boolean =>
  lsn !== undefined && versions[0]!.lsn > lsn && keyText(versions[0]!.key) === keyText(key);

function storeSentence(event: StoreEvent, before: MvccView): string {
  switch (event.kind) {
    case 'store.commit_submitted':
      return `Client ${event.client} hands in commit ${event.lsn}, ${plural(event.operations.length, 'operation')}.`;
    case 'store.commit_applied':
      return `Commit ${event.lsn} is published: it adds ${plural(versionsOf(before, event.lsn), 'version')}, and the old ones stay beside them. Snapshots before ${event.lsn} do not see it.`;
    case 'store.commit_acknowledged':
      return `Client ${event.client} is told that commit ${event.lsn} is there.`;
    case 'store.commit_rejected':
      return `Client ${event.client} is told that commit ${event.lsn} failed: ${event.code.replaceAll('_', ' ')}.`;
    case 'store.commit_replayed':
      return `Recovery applies commit ${event.lsn} again: the very same versions, since its number is its place in the log.`;
    case 'store.key_read':
      return event.found ? `${keyText(event.key)} is found.` : `There is no ${keyText(event.key)}.`;
    case 'store.checkpoint_started':
      return `A checkpoint begins: all versions of commits up to ${event.lsn} are to be in the data files.`;
    case 'store.checkpoint_block_written':
      return `A block of the checkpoint is written, with ${plural(event.entries, 'version')}.`;
    case 'store.checkpoint_data_flushed':
      return 'What the checkpoint wrote is durable.';
    case 'store.checkpoint_finished':
      return `The checkpoint is done: what vacuum took before it began does not come back any more.`;
    case 'store.checkpoint_abandoned':
      return `The checkpoint is given up: ${event.code.replaceAll('_', ' ')}.`;
    case 'store.superblock_read':
      return event.valid
        ? `Slot ${event.slot} of the superblock is whole.`
        : `Slot ${event.slot} of the superblock is not usable: ${event.reason}.`;
    case 'store.superblock_written':
      return `Slot ${event.slot} of the superblock names the checkpoint, up to commit ${event.checkpointLsn}.`;
    case 'store.superblock_flushed':
      return `Slot ${event.slot} is durable.`;
    case 'store.formatted':
      return event.format.versions === true
        ? 'The store is formatted, with versions: every put and delete adds one.'
        : 'The store is formatted, without versions.';
    case 'store.checkpoint_loaded':
      return `The checkpoint has everything up to commit ${event.lsn}; the log has what came later.`;
    case 'store.recovered':
      return 'Recovery is over: there are versions of published commits, and of nothing else.';
    case 'store.poisoned':
      return `A call failed that cannot be repeated safely (${event.code.replaceAll('_', ' ')}): no more commits until the store is opened again.`;
    case 'store.closed':
      return 'The store is closed.';
    default:
      return '';
  }
}

const versionsOf = ({ pending }: MvccView, lsn: number): number =>
  pending.find((one) => one.lsn === lsn)?.versions.length ?? 0;
