/**
 * A scan: a band over the keys that it has gone through, in each row the cursor that reads it, and beside the levels the
 * heap: the cursors in the order in which their keys are due.
 */
import { compareBytes } from '../../../base/bytes';
import { digits, fitted, keyText, plural } from '../../marks/units';
import type { KeyAxis } from './axis';
import type { LsmView, ScanCursor, ScanView, TableView } from './model';
import { CHIP_HEIGHT, CHIP_LETTER, chipY } from './probe_layout';
import type { PlacedRow } from './rows';
import type { Draw, Frame } from './scene';
import { TITLE } from './side_layout';
import { placeName } from './words';

const ROW = 19;
const LINE = 13;
const SHOWN = 7;
const NAME = 62;
const LETTER = 5.7;

type Keys = readonly [Uint8Array, Uint8Array];

/** What has gone out, as far as it is told. */
function reachOf({ first, handed, isReverse, passed }: ScanView): Keys | undefined {
  if (handed) return handed.keys;
  if (!first || !passed) return undefined;
  return isReverse ? [passed, first] : [first, passed];
}

// ---- among the levels

export function drawScanBand({ scan }: LsmView, axis: KeyAxis, rows: readonly PlacedRow[], draw: Draw): void {
  const keys = scan && reachOf(scan);
  const [first] = rows;
  const last = rows.findLast(({ kind }) => kind !== 'shelf');
  if (!keys || !first || !last) return;
  const x = axis.left(keys[0]);
  draw({
    id: 'scan',
    kind: 'scan',
    plane: 'page',
    x: x - 2,
    y: first.y - 2,
    width: axis.right(keys[1]) - x + 4,
    height: last.y + last.height - first.y + 4,
    data: { from: keyText(keys[0]), to: keyText(keys[1]) },
    label: `The scan has gone through ${spanWords(keys[0], keys[1])}.`,
  });
}

/** Over the line of words of what it is in; where the two have no room beside each other, over all of it. */
export function drawCursors(
  { scan }: LsmView,
  axis: KeyAxis,
  rows: readonly PlacedRow[],
  { levels }: Frame,
  draw: Draw,
): void {
  for (const cursor of scan?.cursors ?? []) {
    const row = rows.find((one) => isOf(one, cursor));
    const home = row && homeOf(row, cursor);
    if (!row || !home) continue;
    const [left, right] = [axis.left(home[0]), axis.right(home[1])];
    const words = blocksWords(cursor);
    const fitting = words.length * CHIP_LETTER + 10;
    const width = Math.min(
      levels.width - 8,
      right - left < fitting + WORDS ? Math.max(fitting, right - left - 1) : fitting,
    );
    const key = scan!.isReverse ? cursor.largest : cursor.smallest;
    const due = key === undefined ? right : axis.left(key);
    // Not over the number of its table, where there is room behind it.
    const x = Math.min(right - width - 1, Math.max(left + (right - left < fitting + WORDS ? 0 : NUMBER), due));
    draw({
      id: `scan-${cursor.level}-${cursor.run}`,
      kind: 'stop',
      plane: 'page',
      x: Math.min(levels.x + levels.width - width, Math.max(levels.x, x)),
      y: chipY(row),
      width,
      height: CHIP_HEIGHT,
      text: fitted(words, width, CHIP_LETTER),
      variant: 'scan',
      data: { cursor: cursor.at },
      label: `Cursor of the scan in ${placeWords(cursor)}: ${blocksWords(cursor)}.`,
    });
  }
}
/** Room that the words of a table take. */
const WORDS = 80;
const NUMBER = 24;

function homeOf({ memtable, tables }: PlacedRow, { at }: ScanCursor): Keys | undefined {
  const { entries } = memtable ?? {};
  const keys = memtable ? [entries?.[0]?.key, entries?.at(-1)?.key] : keysOf(tables.find(({ id }) => id === at));
  return keys[0] && keys[1] && [keys[0], keys[1]];
}
const keysOf = (table: TableView | undefined) => [table?.smallest, table?.largest] as const;

const isOf = ({ id, memtable }: PlacedRow, { at, level, run }: ScanCursor): boolean =>
  memtable ? `m${memtable.number}` === at : id === `run-${level}-${run}`;

function blocksWords({ cached, level, read }: ScanCursor): string {
  if (level < 0) return 'in memory';
  return [read > 0 ? `${plural(read, 'block')} read` : '', cached > 0 ? `${digits(cached)} cached` : '']
    .filter(Boolean)
    .join(' · ');
}

const placeWords = ({ level, table }: ScanCursor): string =>
  level < 0 ? 'memory' : `table ${table} of level ${level}`;

// ---- beside them

export const scanHeight = ({ cursors }: ScanView): number =>
  TITLE + 4 + Math.min(SHOWN, cursors.length) * ROW + (cursors.length > SHOWN ? ROW : 0) + 3 * LINE;

export function drawHeap(scan: ScanView, { merge: box }: Frame, draw: Draw): void {
  const { cursors, handed } = scan;
  draw({
    id: 'title-scan',
    kind: 'title',
    plane: 'page',
    ...box,
    height: TITLE,
    text: scan.isReverse ? 'Scan, from the end' : 'Scan',
    note: plural(cursors.length, 'cursor'),
  });
  const shown = inHeap(scan).slice(0, SHOWN);
  shown.forEach((cursor, i) => drawCursor(cursor, { ...box, y: box.y + TITLE + 4 + i * ROW }, draw));
  let y = box.y + TITLE + 4 + shown.length * ROW;
  const line = (id: string, text: string): void => {
    draw({ id: `words-${id}`, kind: 'words', plane: 'page', ...box, y, height: LINE, text });
    y += LINE;
  };
  if (cursors.length > shown.length) {
    line('scan-more', `and ${plural(cursors.length - shown.length, 'more cursor')}`);
    y += ROW - LINE;
  }
  const words = handed ? handedWords(handed) : `The ${scan.isReverse ? 'largest' : 'smallest'} key goes out next.`;
  line('scan-rows', fitted(words, box.width, LETTER));
}

const handedWords = ({ keys, rows }: NonNullable<ScanView['handed']>): string =>
  keys ? `${plural(rows, 'row')}: ${spanWords(...keys)}` : 'Nothing is in this range.';

/** Whose key is due first, first; those that have none left, last. */
const inHeap = ({ cursors, isReverse }: ScanView): readonly ScanCursor[] =>
  cursors.toSorted((a, b) => {
    const [one, other] = isReverse ? [b.largest, a.largest] : [a.smallest, b.smallest];
    return one && other ? compareBytes(one, other) : Number(a.isSpent) - Number(b.isSpent);
  });

function drawCursor(cursor: ScanCursor, { width, x, y }: { width: number; x: number; y: number }, draw: Draw): void {
  const { isSpent, largest, level, run, smallest, table } = cursor;
  const keys = isSpent
    ? 'nothing left'
    : smallest && largest
      ? spanWords(smallest, largest)
      : 'keys that nobody has told';
  draw({
    id: `cursor-scan-${level}-${run}`,
    kind: 'cursor',
    plane: 'page',
    family: 'table',
    ...{ x, y, width: NAME, height: ROW - 3 },
    text: level < 0 ? 'memory' : placeName(level, table),
    label: `Cursor in ${placeWords(cursor)}, still to come ${level < 0 ? 'there' : 'in its block'}: ${keys}`,
  });
  draw({
    id: `words-scan-${level}-${run}`,
    kind: 'words',
    plane: 'page',
    ...{ x: x + NAME, y: y + 2, width: width - NAME, height: LINE },
    text: fitted(keys, width - NAME, LETTER),
  });
}

const spanWords = (smallest: Uint8Array, largest: Uint8Array): string =>
  compareBytes(smallest, largest) === 0 ? keyText(smallest) : `${keyText(smallest)} to ${keyText(largest)}`;
