/**
 * What the index under the versions does, in words: pages of a B-tree, tables of an LSM tree. Their own rooms say how; here the
 * keys are those of versions, and what matters is what becomes of them.
 */
import { encodeText } from '../../../base/bytes';
import type { BTreeEvent } from '../../../btree';
import type { LsmEvent } from '../../../lsm';
import type { TraceRecord } from '../../../protocol/trace';
import { bytesText, keyText, plural } from '../../marks/units';
import { narrate as narrateTree } from '../btree/narrate';
import { tableSentence } from '../lsm/narrate';
import { probeSentence } from '../lsm/narrate_reads';
import { roleOf, type Role } from './garbage';
import { watermarkOf, type MvccView } from './model';
import { versionOfRecord } from './records';

/** Between the user's key and its timestamp, in the key of a record. */
const END = 0;

/** The key of a record as a reader wants it: whose version, and which. A separator is cut short, and may lack the timestamp. */
export function recordKeyText(record: Uint8Array): string {
  const version = versionOfRecord(record);
  if (version) return `${keyText(version.key)}@${version.lsn}`;
  const end = record.indexOf(END);
  return keyText(end < 0 ? record : record.subarray(0, end));
}

const readable = (record: Uint8Array): Uint8Array => encodeText(recordKeyText(record));

export function treeSentence(record: TraceRecord, event: BTreeEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'btree.page_read':
      return `Page ${event.page} is read from its file: the record that is looked for may be in it.`;
    case 'btree.cell_inserted':
      return `The record of ${recordKeyText(event.key)} goes into page ${event.page}, beside the other versions of its key; nothing is written over.`;
    case 'btree.cell_removed':
      return `A record leaves page ${event.page}.`;
    case 'btree.descended':
      return narrateTree({ ...record, event: { ...event, key: readable(event.key) } }, before.tree, after.tree);
    case 'btree.inner_split':
    case 'btree.separator_inserted':
    case 'btree.separator_replaced':
      return narrateTree(
        { ...record, event: { ...event, separator: readable(event.separator) } },
        before.tree,
        after.tree,
      );
    default:
      return narrateTree(record, before.tree, after.tree);
  }
}

export function tablesSentence(event: LsmEvent, before: MvccView, after: MvccView): string {
  switch (event.kind) {
    case 'lsm.memtable_changed':
      return `The record of ${recordKeyText(event.key)} goes into the memtable, in memory, beside the other versions of its key.`;
    case 'lsm.entry_merged':
      return entrySentence(event, before);
    case 'lsm.version_edited':
      return editSentence(event, before);
    case 'lsm.compaction_started':
      return event.isTrivialMove
        ? `${plural(event.inputs.length, 'table')} can go down to level ${event.to} as they are: nothing is read, so no garbage is found either.`
        : `A merge begins. It asks for the watermark, ${watermarkOf(after)}, and drops what every snapshot in use can do without.`;
    case 'lsm.compaction_finished':
      return event.bytesRead === 0
        ? 'The merge is over: tables changed their level, and nothing was read.'
        : `The merge is over: ${bytesText(event.bytesRead)} were read and ${bytesText(event.bytesWritten)} written.`;
    case 'lsm.compaction_abandoned':
      return `The merge is given up (${event.why}): its tables are still in force, with all their versions.`;
    case 'lsm.manifest_area_changed':
      return `The manifest, ${bytesText(event.bytes)}, is durable in area ${event.area}: which tables count.`;
    case 'lsm.table_probed':
      return probeSentence({ ...event, key: readable(event.key) });
    case 'lsm.block_read':
      return `${event.block === 'index' ? 'An' : 'A'} ${event.block.replace('_', ' ')} block of table ${event.table} is ${event.isCached ? 'in the cache' : 'read from its file'}.`;
    case 'lsm.reader_started':
      return 'A cursor begins, and keeps the tables as they are now, whatever merges do meanwhile.';
    case 'lsm.reader_ended':
      return 'The cursor ends: tables that only it still needed can go.';
    default:
      return tableSentence(event);
  }
}

function editSentence(
  { added, cause, edit }: Extract<LsmEvent, { kind: 'lsm.version_edited' }>,
  { dropped }: MvccView,
): string {
  if (dropped.length > 0)
    return `The merge is in force: ${plural(dropped.length, 'version')} ${dropped.length === 1 ? 'is' : 'are'} gone.`;
  if (cause === 'flush' && added.length > 0)
    return `What was in the memtable is table ${added[0]!.table} from here on: edit ${edit} of the manifest is durable.`;
  return `Edit ${edit} of the manifest is durable: which tables count.`;
}

function entrySentence({ key, outcome }: Extract<LsmEvent, { kind: 'lsm.entry_merged' }>, before: MvccView): string {
  const version = versionOfRecord(key);
  if (!version) return `A record ${outcome === 'kept' ? 'goes to' : 'is left out of'} the new table.`;
  const what = `The version of commit ${version.lsn} of ${keyText(version.key)}`;
  switch (outcome) {
    case 'filtered':
      return `${what} is left out of the new table: ${takenWords(before, version.keyHex, version.lsn)}.`;
    case 'kept':
      return `${what} goes to the new table.`;
    default:
      return `${what} is left out of the new table.`;
  }
}

/** Why a version may go; or what goes wrong with it, where the rule is switched off. */
export function takenWords(view: MvccView, keyHex: string, lsn: number): string {
  switch (roleIn(view, keyHex, lsn)) {
    case 'live':
      return 'though it is the newest of its key. Whoever reads it from here on finds nothing';
    case 'kept':
      return `though a snapshot at ${watermarkOf(view)} or later reads it. One version too many: it will be missed`;
    default:
      return 'without it every snapshot in use reads the same';
  }
}

/** Undefined: of a store that is older than the run only some versions are known. */
function roleIn(view: MvccView, keyHex: string, lsn: number): Role | undefined {
  const chain = view.chains.find((one) => one.keyHex === keyHex);
  const index = chain?.versions.findIndex((one) => one.lsn === lsn) ?? -1;
  return chain && index >= 0 && !view.isPartial ? roleOf(chain, index, watermarkOf(view)) : undefined;
}
