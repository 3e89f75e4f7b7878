/** The tree as tables to read: memory and tables from the newest to the oldest, the compaction, the cursors of a scan. */
import { type Twin, TWIN_ROWS_MAX, type TwinRow } from '../../marks/twin';
import { bytesText, digits, keyText, plural } from '../../marks/units';
import { tablesInForce } from './contents';
import { BINS, type LsmView, type MemtableView, type MergeView, type ScanView, type TableView } from './model';
import { BIN_WORDS, PRESSURE_WORDS } from './words';

export const twinsOf = (view: LsmView): readonly Twin[] => [
  treeTwin(view),
  ...(view.merge ? [mergeTwin(view.merge)] : []),
  ...(view.scan ? [scanTwin(view.scan)] : []),
];

function treeTwin(view: LsmView): Twin {
  const tables = tablesInForce(view);
  const rows = [
    memoryRow(view.memtable, 'memtable'),
    ...view.immutables.map((one) => memoryRow(one, 'memtable, waiting')),
    ...[...view.making, ...tables, ...view.shelf].map(tableRow),
  ];
  return {
    caption:
      `The tree: ${digits(view.keys)} keys, ${plural(tables.length, 'table')}${tables.length === 0 ? '' : ` on ${levelsIn(view)}`}; ` +
      `${PRESSURE_WORDS[view.pressure.state]}. From the newest data to the oldest:`,
    columns: ['what', 'where', 'keys', 'entries', 'tombstones', 'size', 'state'],
    rows: rows.slice(0, TWIN_ROWS_MAX),
  };
}

const levelsIn = ({ levels }: LsmView): string => plural(levels.filter((runs) => runs.length > 0).length, 'level');

function memoryRow({ bytes, count, entries, number }: MemtableView, where: string): TwinRow {
  const tombstones = entries?.filter(({ isTombstone }) => isTombstone).length ?? '';
  const keys = spanOf(entries?.[0]?.key, entries?.at(-1)?.key);
  return {
    id: `m${number}`,
    cells: [`memtable ${number}`, where, keys, count, tombstones, bytesText(bytes), 'in memory'],
  };
}

const STATE_WORDS: Readonly<Record<TableView['state'], string>> = {
  making: 'being written',
  in_force: 'in force',
  obsolete: 'let go, still read',
};

function tableRow({ bytes, count, id, largest, level, smallest, state, table, tombstones }: TableView): TwinRow {
  const keys = spanOf(smallest, largest);
  const where = `level ${level}`;
  return { id, cells: [`table ${table}`, where, keys, count, tombstones, bytesText(bytes), STATE_WORDS[state]] };
}

const spanOf = (smallest: Uint8Array | undefined, largest: Uint8Array | undefined): string =>
  smallest && largest ? `${keyText(smallest)} to ${keyText(largest)}` : '';

function mergeTwin(merge: MergeView): Twin {
  const { compaction, dropped, from, inputs, kept, to, why } = merge;
  return {
    part: 'merge-table',
    caption: `Compaction ${compaction}, level ${from} to level ${to}: ${why}.`,
    columns: ['what', 'how many'],
    rows: [
      { id: 'inputs', cells: ['tables in', inputs.reduce((sum, { tables }) => sum + tables.length, 0)] },
      { id: 'kept', cells: ['entries kept', kept] },
      ...BINS.map((bin) => ({ id: bin, cells: [`dropped: ${BIN_WORDS[bin].name}`, dropped[bin]] })),
    ],
  };
}

function scanTwin({ cursors, handed, isReverse }: ScanView): Twin {
  const way = isReverse ? 'from the largest key to the smallest' : 'from the smallest key to the largest';
  const rows = handed === undefined ? 'under way' : `${plural(handed.rows, 'row')} handed out`;
  return {
    part: 'scan-table',
    caption: `A scan, ${way}: ${rows}. Its cursors, one in each place that has rows:`,
    columns: ['where', 'keys still to come in its block', 'blocks read', 'blocks from the cache'],
    rows: cursors.map(({ at, cached, largest, level, read, smallest, table }) => ({
      id: at,
      cells: [
        level < 0 ? `memtable ${table}` : `table ${table}, level ${level}`,
        spanOf(smallest, largest),
        read,
        cached,
      ],
    })),
  };
}
