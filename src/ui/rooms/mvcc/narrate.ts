/** Each step in one plain sentence: what happened, and why it matters. */
import { toHex } from '../../../base/bytes';
import type { BTreeEvent } from '../../../btree';
import type { StoreEvent } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import type { MvccEvent } from '../../../mvcc';
import type { TraceRecord } from '../../../protocol/trace';
import { bytesText, digits, keyText, plural } from '../../marks/units';
import { fileSentence, hostSentence, storeSentence, type OfTheRoom } from '../common_sentences';
import { mustStay } from './garbage';
import { strayOf } from './fold_reads';
import { readersOf, transactionOf, watermarkOf, type MvccView } from './model';
import { takenWords, tablesSentence, treeSentence } from './narrate_index';
import { nameOf, strayWords } from './words';

export function narrate(record: TraceRecord, before: MvccView, after: MvccView): string {
  const { event } = record;
  if (event.kind.startsWith('mvcc.')) return mvccSentence(event as MvccEvent, before, after);
  if (event.kind.startsWith('store.')) return storeSentenceOf(event as StoreEvent, before);
  if (event.kind.startsWith('storage.')) return fileSentence(event);
  if (event.kind.startsWith('btree.')) return treeSentence(record, event as BTreeEvent, before, after);
  if (event.kind.startsWith('lsm.')) return tablesSentence(event as LsmEvent, before, after);
  switch (event.kind) {
    case 'wal.record_buffered':
      return `Commit ${event.lsn} becomes a record of ${event.bytes} bytes in the log: what its session wrote, without any versions.`;
    case 'wal.group_written':
      if (event.unnumbered !== undefined)
        return `${plural(event.unnumbered, 'image')} of pages are handed to the log: what a torn page would be put right by.`;
      return event.firstLsn === event.lastLsn
        ? `The log record of commit ${event.firstLsn} is handed to the file.`
        : `The log records of commits ${event.firstLsn} to ${event.lastLsn} are handed to the file in one write.`;
    case 'wal.group_flushed':
      return `The log is flushed: commits up to ${event.durableLsn} survive a power cut, and may be published.`;
    case 'wal.group_cancelled':
      return 'The device refused the group: it can never come back, and its numbers are free again.';
    case 'wal.space_freed':
      return 'That part of the log may be used again: a checkpoint has its commits.';
    case 'wal.scan_started':
      return 'Recovery reads the log from where the checkpoint leaves off. What transactions had not committed is not in it.';
    case 'wal.group_scanned':
      return `A group of log records, ${bytesText(event.bytes)} from commit ${event.firstLsn} on, is whole.`;
    case 'wal.record_scanned':
      return `Recovery finds commit ${event.lsn} in the log${event.verdict === 'redo' ? ': its versions are made again, with the same timestamp' : ', which the checkpoint has already'}.`;
    case 'wal.scan_ended':
      return `The log ends here: ${event.reason}.`;
    default:
      return hostSentence(event, ROOM);
  }
}

const ROOM: OfTheRoom = {
  crashed: 'transactions, their writes and named snapshots were in memory and are gone. There is nothing to undo.',
  opened: ({ formatted, lastLsn }) =>
    formatted ? 'no key has a version yet.' : `versions of commits up to ${lastLsn}, and of nothing else.`,
};

function mvccSentence(event: MvccEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'mvcc.transaction_begun': {
      const level = event.level === 'serializable' ? ' It is to be serializable.' : '';
      const who = event.label ?? 'A scan';
      return `${who} begins: all it notes is a timestamp, ${event.snapshot}, its snapshot. Of each key it is to read the newest version at or before it, whoever commits meanwhile.${level}${aheadWords(event, after)}`;
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
      return commitSentence(event, after);
    case 'mvcc.conflict_found':
      return `${nameIn(after, event.transaction)} is refused: commit ${event.lsn} wrote ${keyText(event.key)} after its snapshot. The first to commit wins; nothing of the second was written, and it may run again.`;
    case 'mvcc.dependency_found':
      return `${nameIn(after, event.reader)} read ${keyText(event.key)} as it was before ${event.writer === undefined ? `commit ${event.writerLsn}` : nameIn(after, event.writer)} changed it: in any order of running them one by one, it comes first.`;
    case 'mvcc.danger_found':
      return `Two such arrows in a row, and the last of the three committed first: there may be no such order. ${nameIn(after, event.transaction)} is refused as the ${event.as === 'pivot' ? 'one in the middle' : 'first of them'}.`;
    case 'mvcc.commit_settled':
      return event.code === undefined
        ? `Nothing of commit ${event.lsn} is on its way any more.`
        : event.code === 'commit_unknown'
          ? `The session of commit ${event.lsn} is told that nobody knows whether it is there: the log may have it, and opening the store again will show.`
          : `The session of commit ${event.lsn} is told that it failed: ${event.code.replaceAll('_', ' ')}.`;
    case 'mvcc.snapshot_kept':
      return `The state as of ${event.snapshot} has a name now, ${event.name}: versions that it needs stay until it is released.`;
    case 'mvcc.snapshot_released':
      return `The snapshot ${event.name} is released${heldWords(before, after)}.`;
    default:
      return vacuumSentence(event, before, after);
  }
}

/** Who was not checked must not be said to have been: the view knows what others wrote meanwhile. */
function commitSentence(
  { keys, lsn, snapshot, transaction: id }: Extract<MvccEvent, { kind: 'mvcc.commit_started' }>,
  after: MvccView,
): string {
  if (id === undefined)
    return `The write gets its timestamp, ${lsn}: the LSN of its record in the log. It is not published yet.`;
  const conflict = transactionOf(after, id)?.conflict;
  const who = nameIn(after, id);
  if (conflict)
    return `${who} commits, though commit ${conflict.lsn} wrote ${keyText(conflict.key)} after its snapshot, ${snapshot}: nobody checks. Commit ${lsn} will hide what commit ${conflict.lsn} wrote, and ${who} never saw it: a lost update.`;
  return `${who} may commit: nobody wrote ${keys.length === 1 ? 'its key' : 'its keys'} since ${snapshot}. Its timestamp is ${lsn}, and from here on others lose against it.`;
}

function vacuumSentence(event: MvccEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'mvcc.vacuum_started':
      return `Vacuum begins to walk over all versions. The watermark is ${watermarkOf(after)}: of each key the newest version at or left of it stays.`;
    case 'mvcc.version_collected':
      return `The version of commit ${event.lsn} of ${keyText(event.key)} goes, ${bytesText(event.bytes)}: ${takenWords(before, toHex(event.key), event.lsn)}.`;
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
    case 'mvcc.slice_abandoned':
      return `A slice of the walk comes to nothing: ${event.code.replaceAll('_', ' ')}. Nobody begins below ${event.watermark}, its watermark, any more; the next slice does it again.`;
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
  const by = transactionOf(before, transaction);
  const who = transaction === undefined ? 'A read' : nameIn(before, transaction);
  const name = keyText(key);
  const stray = by && strayOf(before, by, event);
  if (stray && event.stray) {
    const what = found === 'tombstone' ? `${name} as deleted` : name;
    return `${who} reads ${what} from ${strayWords(stray)}. A protection is off.`;
  }
  const strayed = stray ? `. Wrong: it read ${strayWords(stray)}` : '';
  switch (found) {
    case 'own':
      return `${who} reads ${name} as it wrote it itself: its own writes lie over its snapshot.`;
    case 'nothing':
      return `${who} finds no ${name}: as of ${at} it had no version${strayed}.`;
    case 'tombstone':
      return `${who} finds no ${name}: as of ${at} its newest version is the deletion by commit ${lsn}${strayed}.`;
    case 'value': {
      const isOld = before.publishedLsn > at && before.chains.some((chain) => isReplaced(chain, key, lsn));
      return `${who} reads ${name} as commit ${lsn} left it: the newest version at or before ${at}${isOld ? ', though a newer one is there' : ''}${strayed}.`;
    }
  }
}

/** A snapshot with more in it than its number says: publishing in order is off, or publishing as a whole. */
function aheadWords(
  { ahead = [] }: Extract<MvccEvent, { kind: 'mvcc.transaction_begun' }>,
  { pending }: MvccView,
): string {
  return ahead
    .map(({ keys, lsn }) => {
      const commit = pending.find((one) => one.lsn === lsn);
      const [first] = pending;
      const isHalf = commit !== undefined && keys.length < commit.versions.length;
      const what = `${isHalf ? `${plural(keys.length, 'write')} of ` : ''}commit ${lsn}`;
      const order = first && first.lsn < lsn ? `, before commit ${first.lsn}, which comes first in the log` : '';
      return ` Wrong: its snapshot has ${what} as well, which is not published yet${order}. A protection is off.`;
    })
    .join('');
}

const isReplaced = ({ versions }: MvccView['chains'][number], key: Uint8Array, lsn: number | undefined): boolean =>
  lsn !== undefined && versions[0]!.lsn > lsn && keyText(versions[0]!.key) === keyText(key);

function storeSentenceOf(event: StoreEvent, before: MvccView): string {
  switch (event.kind) {
    case 'store.commit_submitted':
      return `Commit ${event.lsn} is handed in, ${plural(event.operations.length, 'write')}.`;
    case 'store.commit_acknowledged':
      return `The session of commit ${event.lsn} is told that it is stored.`;
    case 'store.commit_rejected':
      return `The session of commit ${event.lsn} is told that it failed: ${event.code.replaceAll('_', ' ')}.`;
    case 'store.commit_applied':
      return `Commit ${event.lsn} is published: ${addedWords(before, event.lsn)}. Snapshots before ${event.lsn} do not see it.`;
    case 'store.commit_replayed':
      return `Recovery applies commit ${event.lsn} again: the very same versions, since its timestamp is its place in the log.`;
    case 'store.key_read':
      return event.found ? `${keyText(event.key)} is found.` : `There is no ${keyText(event.key)}.`;
    case 'store.checkpoint_started':
      return `A checkpoint begins: all versions of commits up to ${event.lsn} are to be in the data files.`;
    case 'store.checkpoint_block_written':
      return `A block of the checkpoint is written, with ${plural(event.entries, 'version')}.`;
    case 'store.checkpoint_finished':
      return `The checkpoint is done: what vacuum took before it began does not come back any more.`;
    case 'store.checkpoint_abandoned':
      return `The checkpoint is given up: ${event.code.replaceAll('_', ' ')}.`;
    case 'store.superblock_written':
      return `Slot ${event.slot} of the superblock names the checkpoint, up to commit ${event.checkpointLsn}.`;
    case 'store.formatted':
      return event.format.versions === true
        ? 'The store is formatted, with versions: every put and delete adds one.'
        : 'The store is formatted, without versions.';
    case 'store.checkpoint_loaded':
      return `The checkpoint has everything up to commit ${event.lsn}; the log has what came later.`;
    case 'store.recovered':
      return 'Recovery is over: there are versions of published commits, and of nothing else.';
    default:
      return storeSentence(event);
  }
}

/** Old versions stay only where there are some. */
function addedWords({ chains, pending }: MvccView, lsn: number): string {
  const versions = pending.find((one) => one.lsn === lsn)?.versions ?? [];
  const replaced = versions.filter(({ keyHex }) => chains.some((chain) => chain.keyHex === keyHex)).length;
  const added = `it adds ${plural(versions.length, 'version')}`;
  if (replaced === 0) return added;
  return `${added}, and ${replaced === 1 ? 'what was there stays' : `what was there of ${replaced} keys stays`} beside ${versions.length === 1 ? 'it' : 'them'}`;
}
