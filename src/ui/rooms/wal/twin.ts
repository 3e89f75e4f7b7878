/** The log as a table: its newest records. */
import { type Twin, TWIN_ROWS_MAX } from '../../marks/twin';
import { recordState } from './describe';
import { dirtyKeys } from './dirty';
import { outcomeWords } from './lanes_layout';
import { type Entry, NEVER, type WalView } from './model';
import { discardedWords } from './tape_end';
import { endOfScan } from './tape_place';
import { bytesText, digits } from './units';

export function twinOf(view: WalView): Twin {
  const entries = [...view.entries.range(view.entries.end - TWIN_ROWS_MAX)];
  return {
    caption: captionOf(view, entries.length),
    columns: ['LSN', 'client', 'mode', 'position', 'bytes', 'state', 'outcome'],
    rows: entries.map((entry) => ({ id: entry.id, cells: cellsOf(view, entry) })),
  };
}

function captionOf(view: WalView, rows: number): string {
  const dirty = dirtyKeys(view);
  const end = endOfScan(view);
  return (
    `The newest ${rows} records of the log. Durable up to LSN ${view.durableLsn}, published up to ${view.publishedLsn}; ` +
    `the next group goes to position ${digits(view.appendPosition)}; the redo point is ${digits(view.redoPosition)}. ` +
    `Log written: ${bytesText(view.counters.logBytes)}. ` +
    `Changed since the checkpoint: ${digits(dirty.keys)} keys, ${bytesText(dirty.bytes)}.` +
    (end ? ` The last scan stopped at ${digits(end.end.position)}: ${end.end.reason}${discardedWords(end)}.` : '')
  );
}

function cellsOf(view: WalView, entry: Entry): readonly (string | number)[] {
  const { client, lsn, mode, place, submittedAt } = entry;
  return [
    lsn,
    client ?? '–',
    mode ?? '–',
    place ? digits(place.position) : '–',
    place?.bytes ?? '–',
    stateWords(view, entry),
    submittedAt === NEVER ? 'read from the log' : outcomeWords(entry),
  ];
}

const STATE_WORDS = { buffered: 'in memory', written: 'handed to the file', durable: 'durable' } as const;
function stateWords(view: WalView, entry: Entry): string {
  if (entry.place === undefined) return 'waiting for room in the log';
  return entry.place.position < view.redoPosition ? 'in the checkpoint' : STATE_WORDS[recordState(view, entry)];
}
