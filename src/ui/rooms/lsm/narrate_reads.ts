/** A lookup in words, stop by stop. */
import type { KeyRead } from '../../../kv_store/events';
import type { LsmEvent } from '../../../lsm';
import { bytesText, keyText, plural } from '../../marks/units';
import type { LsmView } from './model';

type ReadEvent =
  | Extract<LsmEvent, { kind: 'lsm.table_probed' | 'lsm.block_read' | 'lsm.reader_started' | 'lsm.reader_ended' }>
  | KeyRead;

export function readSentence(event: ReadEvent, after: LsmView): string {
  switch (event.kind) {
    case 'lsm.block_read':
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

function probeSentence({ key, level, outcome, table }: Extract<LsmEvent, { kind: 'lsm.table_probed' }>): string {
  const where = `table ${table} on level ${level}`;
  switch (outcome) {
    case 'outside':
      return `${keyText(key)} lies outside the keys of ${where}: nothing is read.`;
    case 'filter_said_no':
      return `The filter of ${where} says that ${keyText(key)} is certainly not there: its blocks need not be read.`;
    case 'absent':
      return `${keyText(key)} is not in ${where}, although it could have been: the search goes on below.`;
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
