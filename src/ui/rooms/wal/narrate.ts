/** Each step in one plain sentence: what happened, and what it means for what would survive. */
import { decodeText, toHex } from '../../../base/bytes';
import type { OperationSummary } from '../../../kv_store/events';
import type { LabEvent, TraceRecord } from '../../../protocol/trace';
import type { FileName } from '../../../storage/file';
import type { WalView } from './model';
import { discardedWords } from './tape_end';
import { replayBytes } from './tape_lines';
import { bytesText, digits } from './units';

export function narrate(record: TraceRecord, before: WalView, after: WalView): string {
  const { event } = record;
  switch (event.kind) {
    case 'store.commit_submitted':
      return `${who(event.client)} asks to ${operations(event.operations)}: commit ${event.lsn}, ${event.mode === 'strict' ? 'to be acknowledged after a flush' : 'to be acknowledged as soon as it is written (relaxed)'}.`;
    case 'wal.record_buffered':
      return `Commit ${event.lsn} becomes a record of ${event.bytes} bytes in the log buffer: in memory only, and gone if the worker dies.`;
    case 'wal.group_written':
      if (event.unnumbered !== undefined)
        return `One write hands ${event.unnumbered === 1 ? 'an image of a page' : `images of ${event.unnumbered} pages`} to the log, ${bytesText(event.bytes)} with header and padding: no commit, but what a torn page is put right by.`;
      return `One write hands ${records(event.firstLsn, event.lastLsn)} to the file, ${bytesText(event.bytes)} with header and padding: safe from the end of the worker, not yet from a power cut.`;
    case 'wal.group_flushed': {
      const count = event.durableLsn - before.durableLsn;
      if (count <= 0) return 'The flush returned; there was nothing new for it to make durable.';
      return `The flush returned: ${count === 1 ? `record ${event.durableLsn} is` : `${count} records, ${before.durableLsn + 1} to ${event.durableLsn}, are`} durable at the price of one flush, and the durable line moves on.`;
    }
    case 'wal.group_cancelled':
      return `The device refused the group: its place is wiped and flushed, so ${records(event.firstLsn, event.lastLsn)} can never come back, and the numbers are free again.`;
    case 'wal.space_freed':
      return `The redo point moves to LSN ${event.redoLsn}: the log before it is not needed any more and may be written over.`;
    case 'wal.scan_started':
      return `Recovery starts reading the log at position ${digits(event.position)}, where the record of LSN ${event.expectedLsn} should be.`;
    case 'wal.group_scanned':
      return `A group header checks out at ${digits(event.position)} and continues the log; its records start with LSN ${event.firstLsn}.`;
    case 'wal.record_scanned':
      return event.verdict === 'redo'
        ? `Record ${event.lsn} has the next number and its checksum holds: redo.`
        : `Record ${event.lsn} is whole, but the checkpoint already holds it: skip.`;
    case 'wal.scan_ended':
      return scanEnded(event, after);

    case 'store.commit_applied':
      return `Commit ${event.lsn} is applied to the index and published: from here on readers see it.`;
    case 'store.commit_acknowledged':
      return acknowledged(event.lsn, event.client, after);
    case 'store.commit_rejected':
      return event.code === 'commit_unknown'
        ? `${who(event.client)} is told that commit ${event.lsn} failed and may or may not be there: reopening tells.`
        : `${who(event.client)} is told that commit ${event.lsn} failed (${event.code}): it did not happen.`;
    case 'store.key_read':
      return `Somebody reads ${keyText(event.key)} and ${event.found ? 'finds it' : 'finds nothing'}; reading changes nothing here.`;

    case 'store.checkpoint_started':
      return `A checkpoint of everything up to LSN ${event.lsn} begins${CAUSES[event.cause]}; commits go on meanwhile.`;
    case 'store.checkpoint_block_written':
      return `The checkpoint writes a block with ${event.entries} ${event.entries === 1 ? 'entry' : 'entries'} into extent ${event.extent}, which was free: nothing in force is touched.`;
    case 'store.checkpoint_data_flushed':
      return `The ${event.extents} ${event.extents === 1 ? 'extent' : 'extents'} of the checkpoint are durable, but nothing refers to them yet.`;
    case 'store.superblock_written':
      return `Superblock slot ${slot(event.slot)} is written with epoch ${event.epoch}: it says that the log is needed from position ${digits(event.redoPosition)} on.`;
    case 'store.superblock_flushed':
      return `Slot ${slot(event.slot)} is durable; the other slot is still whole, so one of the two always is.`;
    case 'store.checkpoint_finished':
      return event.freed.length === 0
        ? `The checkpoint is finished: everything up to LSN ${event.lsn} is found without the log.`
        : `The checkpoint is finished: everything up to LSN ${event.lsn} is found without the log, and the ${event.freed.length} ${event.freed.length === 1 ? 'extent' : 'extents'} of the old one are free.`;
    case 'store.checkpoint_abandoned':
      return `The checkpoint is given up (${event.code}); the old one stays in force and the log still has everything.`;

    case 'store.formatted':
      return `A new, empty store: a log of ${bytesText(event.format.logBytes)}, two equal superblock slots, no data yet.`;
    case 'store.superblock_read':
      return event.valid
        ? `Superblock slot ${slot(event.slot)} checks out: epoch ${event.epoch}.`
        : `Superblock slot ${slot(event.slot)} does not count: ${SLOT_REASONS[event.reason] ?? event.reason}.`;
    case 'store.checkpoint_loaded':
      return event.lsn === 0
        ? 'There is no checkpoint yet: whatever the store knows is in the log.'
        : `The checkpoint is read into memory: ${event.keys} ${event.keys === 1 ? 'key' : 'keys'}, everything up to LSN ${event.lsn}.`;
    case 'store.commit_replayed':
      return `Commit ${event.lsn} is applied again, as it was before: ${operations(event.operations)}.`;
    case 'store.recovered':
      return recovered(after);
    case 'store.poisoned':
      return `The store stops writing (${event.code}): after a failed flush nobody can say what reached the disk, so it only reads until it is opened again.`;
    case 'store.closed':
      return 'The store is closed.';
    default:
      return narrateCall(event, after);
  }
}

/** What files and host say. */
function narrateCall(event: LabEvent, after: WalView): string {
  switch (event.kind) {
    case 'storage.file_read':
      return `${digits(event.count)} bytes are read at ${digits(event.at)} of ${fileWords(event.file)}${failed(event.result)}.`;
    case 'storage.file_written':
      if (event.result === 'failed')
        return `A write of ${digits(event.bytes.length)} bytes at ${digits(event.at)} of ${fileWords(event.file)} fails.`;
      if (event.result === 'short')
        return `The device takes ${digits(event.count)} of ${digits(event.bytes.length)} bytes at ${digits(event.at)} of ${fileWords(event.file)}: a short write, which counts as a failure.`;
      return `${digits(event.bytes.length)} bytes are written at ${digits(event.at)} of ${fileWords(event.file)}; only a flush makes them durable.`;
    case 'storage.file_flushed':
      if (event.result === 'ok' && event.file === 'log' && after.state === 'opening' && after.recovery?.end)
        return 'Recovery flushes the log: what it has read and is about to show must not vanish in a later power cut.';
      return event.result === 'ok'
        ? `The flush of ${fileWords(event.file)} returns: what was written to it before is durable.`
        : `The flush of ${fileWords(event.file)} fails: what reached the disk is unknown, and asking again would not tell.`;
    case 'storage.file_truncated':
      return `The length of ${fileWords(event.file)} is set to ${digits(event.size)} bytes${failed(event.result)}.`;
    case 'storage.extents_counted':
      return `${event.file} has room for ${event.extents} ${event.extents === 1 ? 'extent' : 'extents'}.`;

    case 'host.command_started':
      return event.origin === 'schedule' ? `The waiting group gets its turn: ${event.text}.` : `Command: ${event.text}`;
    case 'host.command_finished':
      return 'The command is done.';
    case 'host.store_opened':
      return event.opening === 1
        ? 'The store is open.'
        : `The store is open again, for the ${ordinal(event.opening)} time.`;
    case 'host.crashed': {
      const prefix = event.landed ? `, ${digits(event.landed.bytes.length)} bytes into a write` : '';
      const lost = after.gone.filter((entry) => entry.outcome === 'cut_off').length;
      return `The worker dies${event.io > 0 ? ` at I/O ${event.io}` : ''}${prefix}: what was only in memory is gone${lost > 0 ? ', and nobody had been told otherwise' : ''}.`;
    }
    case 'host.power_cut':
      return 'The power is cut: of what was written and not flushed, each sector is kept, lost or torn.';
    case 'host.byte_flipped':
      return `Behind the store’s back, byte ${digits(event.at)} of ${fileWords(event.file)} changes from ${hex(event.before)} to ${hex(event.after)}.`;
    case 'host.fault_armed':
      return event.sentence;
    case 'host.protection_switched':
      return `The protection “${event.protection}” is switched ${event.on ? 'on' : 'off'}.`;
    case 'host.narrated':
      return event.text;
    default:
      return '';
  }
}

function acknowledged(lsn: number, client: number, after: WalView): string {
  const entry = after.entries.get(lsn);
  if (lsn <= after.durableLsn)
    return `${who(client)} is told: commit ${lsn} is durable, and a power cut cannot take it back.`;
  if (entry?.mode === 'relaxed')
    return `${who(client)} is told after the write alone (relaxed): the end of the worker cannot take commit ${lsn} back, a power cut still can.`;
  return `${who(client)} is told that commit ${lsn} is durable, but no flush has covered it: a protection is off.`;
}

function scanEnded(event: Extract<LabEvent, { kind: 'wal.scan_ended' }>, after: WalView): string {
  const discarded = after.recovery ? discardedWords(after.recovery) : '';
  switch (event.end) {
    case 'end_clean':
      return `The log ends after LSN ${event.lastLsn}: ${event.reason}${discarded}.`;
    case 'end_unfinished':
      return `The log ends after LSN ${event.lastLsn}, and what follows is unfinished or damaged, which look the same: ${event.reason}${discarded}.`;
    case 'damaged':
      return `Damage after LSN ${event.lastLsn}: ${event.reason}${discarded}.`;
  }
}

function recovered(after: WalView): string {
  const report = after.recovery?.report;
  if (!report || report.formatted) return 'The store is ready.';
  const replayed =
    report.recordsApplied === 0
      ? 'nothing had to be applied again'
      : `${count(report.recordsApplied, 'commit')} applied again`;
  return `The store is back as of LSN ${report.lastLsn}: ${replayed}, and the next recovery would read ${bytesText(replayBytes(after))}.`;
}

const CAUSES = {
  asked: ', because somebody asked for it',
  log_bytes: ', because enough log was written since the last one',
  log_full: ', because the log is nearly full and must not be written over',
  memory_full: ', because what is in memory alone has grown to its limit',
  log_in_doubt: ', because a flush of the log failed in an earlier life, and what it shows may not be on the disk',
} as const;

const SLOT_REASONS: Readonly<Record<string, string>> = {
  empty: 'it is empty',
  damaged: 'its checksum does not match',
  not_ours: 'it is not a superblock of this program',
  too_new: 'a later version of this program wrote it',
};

const slot = (number: 0 | 1): string => (number === 0 ? 'A' : 'B');
const who = (client: number): string => `Client ${client}`;
const failed = (result: string): string =>
  result === 'ok' ? '' : result === 'short' ? ', cut short' : ', and it fails';
const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
const ordinal = (number: number): string => (number === 2 ? 'second' : number === 3 ? 'third' : `${number}th`);
const fileWords = (file: FileName): string =>
  file === 'log' ? 'the log file' : file === 'superblock' ? 'the superblock file' : file;

function records(first: number, last: number): string {
  return first === last ? `record ${first}` : `records ${first} to ${last}`;
}

function operations(list: readonly OperationSummary[]): string {
  const [first] = list;
  if (first === undefined) return 'do nothing';
  if (list.length > 1) return `change ${list.length} keys together, ${keyText(first.key)} first`;
  return first.kind === 'put'
    ? `put ${keyText(first.key)} (${count(first.valueBytes, 'byte')})`
    : `delete ${keyText(first.key)}`;
}

/** As text where it is some, else in hexadecimal; long keys are cut. */
export function keyText(key: Uint8Array): string {
  const text = decodeText(key);
  const readable = text !== undefined && !/[\u0000-\u001f\u007f]/.test(text);
  const shown = readable ? text : `0x${toHex(key)}`;
  const cut = shown.length > 24 ? `${shown.slice(0, 23)}…` : shown;
  return readable ? `“${cut}”` : cut;
}
