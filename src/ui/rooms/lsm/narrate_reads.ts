/** A lookup in words, stop by stop. */
import type { KeyRead } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import { bytesText, keyText, plural } from '../../marks/units';
import { anyTable, type LsmView } from './model';

type ReadEvent =
  | Extract<LsmEvent, { kind: 'lsm.table_probed' | 'lsm.block_read' | 'lsm.reader_started' | 'lsm.reader_ended' }>
  | KeyRead;

export function readSentence(event: ReadEvent, after: LsmView): string {
  switch (event.kind) {
    case 'lsm.block_read':
      if (after.scan && !after.scan.handed) return scanSentence(event, after);
      return event.isCached
        ? `The ${event.block} block of table ${event.table} is in the cache: nothing is read.`
        : `The ${event.block} block of table ${event.table}, ${bytesText(event.bytes)}, is read from the file and checked.`;
    case 'lsm.table_probed':
      return probeSentence(event);
    case 'lsm.reader_started':
      return `A reader begins, and keeps the tables as they are after edit ${event.edit}, whatever compactions do meanwhile.`;
    case 'lsm.reader_ended':
      return 'The reader ends: tables that only it still needed can go.';
    case 'store.key_read':
      return foundSentence(event, after);
  }
}

/** A scan has a cursor in each run that it comes to, and asks for the next block only when it has handed out the last one. */
function scanSentence(event: Extract<LsmEvent, { kind: 'lsm.block_read' }>, after: LsmView): string {
  const { block, bytes, isCached, table } = event;
  const level = anyTable(after, table)?.level ?? 0;
  const from = isCached ? 'from the cache' : `${bytesText(bytes)} from the file`;
  return block === 'data'
    ? `The scan’s cursor on level ${level} takes a data block of table ${table}, ${from}: its keys are next in line there.`
    : `The scan comes to table ${table} on level ${level}, and takes its ${block.replace('_', ' ')} block, ${from}: no filter can spare it that.`;
}

export function probeSentence({ key, level, outcome, table }: Extract<LsmEvent, { kind: 'lsm.table_probed' }>): string {
  const where = `table ${table} on level ${level}`;
  switch (outcome) {
    case 'outside':
      return `${keyText(key)} lies outside the keys of ${where}: nothing is read.`;
    case 'filter_said_no':
      return `The filter of ${where} says that ${keyText(key)} is certainly not there: its blocks need not be read.`;
    case 'absent':
      return `${keyText(key)} is not in ${where}, although it could have been: the search goes on with older tables, if there are any.`;
    case 'found':
      return `${keyText(key)} is in ${where}: what is older lies below, and nobody needs to look.`;
    case 'tombstone':
      return `In ${where} there is a tombstone for ${keyText(key)}: the key is deleted, and the search is over.`;
  }
}

function foundSentence({ found, key }: KeyRead, { probe }: LsmView): string {
  const stops = probe?.stops ?? [];
  const tables = stops.filter(({ at }) => !at.startsWith('m'));
  const read = stops.flatMap(({ blocks }) => blocks).filter(({ isCached }) => !isCached).length;
  const way =
    tables.length === 0
      ? 'no table was asked'
      : `${plural(tables.length, 'table')} asked, ${plural(read, 'block')} read`;
  return found ? `${keyText(key)} is found: ${way}.` : `There is no ${keyText(key)}: ${way}.`;
}
