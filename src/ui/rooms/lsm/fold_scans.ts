/**
 * Scans in the view. The engine says when a reader begins and which blocks it takes; whatever it takes between the
 * beginning and the end of a `scan` is that scan's, for nothing else runs meanwhile.
 */
import { compareBytes } from '../../../base/bytes';
import type { LsmEvent } from '../../../lsm';
import type { CommandFinished, CommandStarted } from '../../../protocol/trace';
import {
  anyTable,
  NOBODY,
  type LsmView,
  type MemtableView,
  type ScanCursor,
  type ScanView,
  type TableView,
} from './model';

type BlockRead = Extract<LsmEvent, { kind: 'lsm.block_read' }>;

export function commandStarted(view: LsmView, { text }: CommandStarted): LsmView {
  const [verb, ...words] = text.split(' ');
  if (verb !== 'scan') return view;
  return { ...view, scan: { isReverse: words.includes('reverse'), cursors: [], handed: undefined } };
}

/** A reader of the scan under way: memtables are in memory, so their cursors need nothing. */
export function readerOfScan(view: LsmView): ScanView | undefined {
  const { immutables, memtable, scan } = view;
  if (!scan || scan.handed || scan.cursors.length > 0) return scan;
  return { ...scan, cursors: [memtable, ...immutables].filter(({ count }) => count > 0).map(inMemory) };
}

const inMemory = ({ entries, number }: MemtableView): ScanCursor => ({
  ...{ at: `m${number}`, level: -1, run: number, table: number, read: 0, cached: 0 },
  smallest: entries?.[0]?.key,
  largest: entries?.at(-1)?.key,
});

/** The cursor of the table's run is in this block now. */
export function scanRead(view: LsmView, scan: ScanView, event: BlockRead): LsmView {
  const table = anyTable(view, event.table);
  if (!table) return view;
  const known = scan.cursors.find(({ level, run }) => level === table.level && run === table.run);
  const { cached, read }: Pick<ScanCursor, 'cached' | 'read'> = known ?? { cached: 0, read: 0 };
  const inBlock = known?.at === table.id ? known : table;
  const now: ScanCursor = {
    at: table.id,
    level: table.level,
    run: table.run,
    table: table.table,
    read: read + (event.isCached ? 0 : 1),
    cached: cached + (event.isCached ? 1 : 0),
    ...(event.block === 'data'
      ? keysOfBlock(table, event.at)
      : { smallest: inBlock.smallest, largest: inBlock.largest }),
  };
  const cursors = known ? scan.cursors.map((one) => (one === known ? now : one)) : [...scan.cursors, now];
  return { ...view, scan: { ...scan, cursors }, subject: { ...NOBODY, tables: [table.id] } };
}

/** Of a block that was not seen being built, the table's. */
function keysOfBlock(table: TableView, at: number): Pick<ScanCursor, 'smallest' | 'largest'> {
  const data = table.blocks.filter(({ block }) => block === 'data');
  const index = data.findIndex((one) => one.at === at);
  const { entries, largest, smallest } = table;
  if (index < 0) return { smallest, largest };
  const before = data[index - 1]?.largest;
  const first = before && entries?.find(({ key }) => compareBytes(key, before) > 0);
  return {
    smallest: before === undefined ? smallest : (first?.key ?? before),
    largest: data[index]!.largest ?? largest,
  };
}

export function commandFinished(view: LsmView, { result }: CommandFinished): LsmView {
  const { scan } = view;
  if (!scan || scan.handed) return view;
  if (result.kind !== 'entries') return { ...view, scan: undefined, subject: NOBODY };
  const { entries } = result;
  const keys = [entries[0]?.key, entries.at(-1)?.key].sort((a, b) => (a && b ? compareBytes(a, b) : 0));
  const handed = { rows: entries.length, keys: keys[0] && keys[1] ? ([keys[0], keys[1]] as const) : undefined };
  return { ...view, scan: { ...scan, handed }, subject: NOBODY };
}
