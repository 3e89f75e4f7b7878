/** Tables, memtables and entries in words, for whoever points at them and for whoever cannot see them. */
import { bytesText, digits, keyText, plural } from '../../marks/units';
import type { EntryView, LsmView, MemtableView, TableView } from './model';

export function tableWords(table: TableView): string {
  const { bytes, count, damage, largest, level, maxLsn, minLsn, smallest, state, tombstones } = table;
  const keys = smallest && largest ? `, keys ${keyText(smallest)} to ${keyText(largest)}` : '';
  const deletes = tombstones > 0 ? `, ${digits(tombstones)} of them tombstones` : '';
  const lsns = maxLsn === 0 ? '' : minLsn === maxLsn ? `, LSN ${maxLsn}` : `, LSN ${minLsn} to ${maxLsn}`;
  const what = `Table ${table.table}: ${plural(count, 'entry', 'entries')}${deletes}, ${bytesText(bytes)}${keys}${lsns}.`;
  const where = {
    making: table.isFinished
      ? `Written for level ${level}; the manifest does not name it yet.`
      : `Being written, for level ${level}.`,
    in_force: `In force on level ${level}.`,
    obsolete: 'Not in force any more; somebody still reads it.',
  }[state];
  return `${what} ${where}${damage === undefined ? '' : ` Damaged: ${damage}.`}`;
}

export function memtableWords({ bytes, count, maxLsn, minLsn }: MemtableView, isWaiting: boolean): string {
  const what = isWaiting ? 'A full memtable, waiting to be flushed' : 'The memtable';
  if (count === 0) return `${what}: empty.`;
  return `${what}: ${plural(count, 'entry', 'entries')}, ${bytesText(bytes)}, LSN ${minLsn} to ${maxLsn}. In memory only; the log has the same.`;
}

export function entryWords({ isTombstone, key, lsn }: EntryView, isShadowed: boolean): string {
  const what = isTombstone
    ? `${keyText(key)} was deleted by LSN ${lsn}: a tombstone`
    : `${keyText(key)}, written by LSN ${lsn}`;
  return `${what}.${isShadowed ? ' A newer entry hides it.' : ''}`;
}

export const OUTCOME_WORDS = {
  outside: 'outside its keys',
  filter_said_no: 'filter: no',
  absent: 'not here',
  found: 'found',
  tombstone: 'deleted',
} as const;

export const BIN_WORDS = {
  overwritten: { name: 'overwritten', meaning: 'A newer entry of the key was in the same merge.' },
  tombstone_at_bottom: {
    name: 'tombstone',
    meaning: 'A tombstone with nothing older left below it: nobody needs it any more.',
  },
  filtered: {
    name: 'below watermark',
    meaning: 'An old version: every reader, from the oldest snapshot in use on, sees a newer one.',
  },
} as const;

export const PRESSURE_WORDS: Readonly<Record<LsmView['pressure']['state'], string>> = {
  none: 'writers run free',
  slowed: 'writers are slowed',
  stalled: 'writers wait',
};

const LETTER = 5.8;
/** The first of these words that a box has room for: a number that is cut would be another number. */
export const longestFit = (width: number, words: readonly string[]): string =>
  words.find((one) => one.length * LETTER + 8 <= width) ?? '';

/** Words of a line of so many letters at most. */
export function wrapped(text: string, letters: number, linesMax: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  if (lines.length <= linesMax) return lines;
  return [...lines.slice(0, linesMax - 1), `${lines[linesMax - 1]!.slice(0, letters - 2)} …`];
}

/** Beside a cursor: a table and its level in as little room as there is for them. */
export const placeName = (level: number, table: number): string =>
  table < 10_000 ? `L${level} · ${table}` : `L${level}·${table}`;
