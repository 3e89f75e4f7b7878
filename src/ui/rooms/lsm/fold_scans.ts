/**
 * Scans in the view. The engine says when a reader begins and which blocks it takes; whatever it takes between the
 * beginning and the end of a `scan` is that scan's, for nothing else runs meanwhile.
 *
 * Of single rows nothing is told before the end. But a cursor asks for its next block only when the last key of the one
 * it is in has gone out, and then all cursors are past that key:
 *
 *     level 0     [cob elm]                          what is left in the blocks when level 1 takes its second one:
 *     level 1     [ash bay fig] [oak yew]            nothing of [cob elm], all of [oak yew]
 *                            └ passed
 */
import { compareBytes } from '../../../base/bytes';
import { commandOf } from '../../../lab/script_text';
import type { LsmEvent } from '../../../lsm';
import type { CommandFinished, CommandStarted } from '../../../protocol/trace';
import {
  anyTable,
  NOBODY,
  type Entries,
  type LsmView,
  type MemtableView,
  type ScanCursor,
  type ScanView,
  type TableView,
} from './model';

type BlockRead = Extract<LsmEvent, { kind: 'lsm.block_read' }>;

export function commandStarted(view: LsmView, { text }: CommandStarted): LsmView {
  const command = commandOf(text);
  if (command?.kind !== 'scan') return view;
  const { from, limit, reverse: isReverse, to } = command;
  const places = { first: undefined, passed: undefined, cursors: [], handed: undefined };
  return { ...view, scan: { isReverse, from, to, limit, ...places } };
}

/** A reader of the scan under way: memtables are in memory, so their cursors need nothing. */
export function readerOfScan(view: LsmView): ScanView | undefined {
  const { immutables, memtable, scan } = view;
  if (!scan || scan.handed || scan.cursors.length > 0) return scan;
  const opened = [memtable, ...immutables].map((one) => leftOf(scan, inMemory(one), one.entries));
  const cursors = opened.filter(({ isSpent }) => !isSpent);
  return { ...scan, cursors, first: firstOf(scan, cursors) };
}

function inMemory({ count, entries, number }: MemtableView): ScanCursor {
  const keys = { smallest: entries?.[0]?.key, largest: entries?.at(-1)?.key, isSpent: count === 0, edge: undefined };
  return { at: `m${number}`, level: -1, run: number, table: number, read: 0, cached: 0, ...keys };
}

/** The cursor of the table's run goes on to this block. */
export function scanRead(view: LsmView, scan: ScanView, event: BlockRead): LsmView {
  const table = anyTable(view, event.table);
  if (!table) return view;
  const known = scan.cursors.find(({ level, run }) => level === table.level && run === table.run);
  const passed = known?.edge ?? scan.passed;
  const now: ScanView = { ...scan, passed };
  const others = scan.cursors.filter((one) => one !== known).map((one) => leftOf(now, one, entriesAt(view, one.at)));
  const cursor = leftOf(now, cursorIn(now, table, event, known), table.entries);
  // Cursors keep their order.
  const at = known ? scan.cursors.indexOf(known) : others.length;
  const cursors = others.toSpliced(at, 0, cursor);
  const first = passed === undefined ? firstOf(scan, cursors) : scan.first;
  return { ...view, scan: { ...now, cursors, first }, subject: { ...NOBODY, tables: [table.id] } };
}

function cursorIn(
  { isReverse }: ScanView,
  table: TableView,
  event: BlockRead,
  known: ScanCursor | undefined,
): ScanCursor {
  const { cached, read }: Pick<ScanCursor, 'cached' | 'read'> = known ?? { cached: 0, read: 0 };
  const { id: at, level, run } = table;
  const isData = event.block === 'data';
  const { largest, smallest } = isData ? keysOfBlock(table, event.at) : table;
  return {
    ...{ at, level, run, table: table.table, smallest, largest, isSpent: false },
    read: read + (event.isCached ? 0 : 1),
    cached: cached + (event.isCached ? 1 : 0),
    edge: isData ? (isReverse ? smallest : largest) : undefined,
  };
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
  const last = entries.at(-1)?.key;
  const keys = [entries[0]?.key, last].sort((a, b) => (a && b ? compareBytes(a, b) : 0));
  const handed = { rows: entries.length, keys: keys[0] && keys[1] ? ([keys[0], keys[1]] as const) : undefined };
  // One that nobody stopped has gone through all there is.
  const isStopped = entries.length === scan.limit;
  const cursors = scan.cursors.map((one) =>
    isStopped ? leftOf({ ...scan, passed: last }, one, entriesAt(view, one.at)) : spent(one),
  );
  return { ...view, scan: { ...scan, cursors, handed }, subject: NOBODY };
}

// ---- what is left

const spent = (cursor: ScanCursor): ScanCursor => ({
  ...cursor,
  smallest: undefined,
  largest: undefined,
  isSpent: true,
});

/** What of the cursor's keys is still to come; as much as is known, where its entries are not. */
function leftOf(scan: ScanView, cursor: ScanCursor, entries: Entries): ScanCursor {
  const { largest, smallest } = cursor;
  if (!smallest || !largest || !entries) return cursor;
  const left = entries.filter(
    ({ key }) => compareBytes(key, smallest) >= 0 && compareBytes(key, largest) <= 0 && isToCome(scan, key),
  );
  const [next] = left;
  return next ? { ...cursor, smallest: next.key, largest: left.at(-1)!.key } : spent(cursor);
}

function isToCome({ from, isReverse, passed, to }: ScanView, key: Uint8Array): boolean {
  if (from && compareBytes(key, from) < 0) return false;
  if (to && compareBytes(key, to) >= 0) return false;
  return passed === undefined || (isReverse ? compareBytes(key, passed) < 0 : compareBytes(key, passed) > 0);
}

/** Of all cursors' keys the one that goes out first. */
function firstOf({ isReverse }: ScanView, cursors: readonly ScanCursor[]): Uint8Array | undefined {
  const keys = cursors.flatMap(({ largest, smallest }) => (isReverse ? largest : smallest) ?? []);
  keys.sort(compareBytes);
  return isReverse ? keys.at(-1) : keys[0];
}

const entriesAt = (view: LsmView, at: string): Entries =>
  [view.memtable, ...view.immutables].find(({ number }) => at === `m${number}`)?.entries ??
  view.levels
    .flat()
    .flatMap(({ tables }) => tables)
    .find(({ id }) => id === at)?.entries;
