/** Memtables and tables on the axis of keys, row by row, with the entries that are in them. */
import { sumBytes, type EntryView, type LsmView, type MemtableView, type TableView } from './model';
import type { MarkState } from '../../marks/states';
import { bytesText, fitted, keyText, plural } from '../../marks/units';
import type { KeyAxis } from './axis';
import { contentsOf } from './contents';
import { rangesOf } from './places';
import type { PlacedRow } from './rows';
import { drawScanBand } from './scan_layout';
import type { Draw, Frame, Mark } from './scene';
import { entryWords, longestFit, memtableWords, tableWords } from './words';

/** Narrower tables are bars. */
const BOX_MIN = 7;
/** Narrower entries are teeth. */
const CELL_MIN = 7;
const CELLS_MAX = 1200;
/** The line of words over the entries of a table. */
export const HEAD = 13;
const HEAD_FROM = 26;
const TEETH = 4;
/** How wide a tooth is where there is room. */
const TOOTH = 3;
/** From a table without tombstones to one of nothing else. */
const SHADES = 4;

interface Span {
  readonly x: number;
  readonly width: number;
}
interface PlacedTable extends Span {
  readonly table: TableView;
}

export class LevelsLayout {
  readonly #view: LsmView;
  readonly #axis: KeyAxis;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #shadowed: ReadonlySet<string>;
  readonly #hasCells: boolean;
  readonly #isDetailed: boolean;
  readonly #inputs: ReadonlySet<string>;
  readonly #later: (() => void)[] = [];

  constructor(view: LsmView, axis: KeyAxis, frame: Frame, draw: Draw) {
    const { isDetailed, shadowed } = contentsOf(view);
    this.#view = view;
    this.#axis = axis;
    this.#frame = frame;
    this.#draw = draw;
    this.#shadowed = shadowed;
    this.#isDetailed = isDetailed;
    this.#hasCells = isDetailed && axis.slot >= CELL_MIN && axis.keys.length < CELLS_MAX;
    const { merge } = view;
    const isOpen = merge?.stage === 'chosen' || merge?.stage === 'merging';
    this.#inputs = new Set(isOpen ? merge.inputs.flatMap(({ tables }) => tables.map(({ id }) => id)) : []);
  }

  draw(rows: readonly PlacedRow[]): void {
    for (const row of rows) this.#drawLane(row);
    this.#drawBand(rows);
    drawScanBand(this.#view, this.#axis, rows, this.#draw);
    for (const row of rows) {
      if (row.memtable) this.#drawMemtable(row, row.memtable);
      this.#drawTables(row);
    }
    // Over all tables: an entry that moves from one to another is seen on its way.
    for (const drawLater of this.#later) drawLater();
  }

  #drawLane({ height, id, label, y }: PlacedRow): void {
    const { gutter, levels, narrow } = this.#frame;
    this.#draw({ id: `lane-${id}`, kind: 'lane', plane: 'page', x: levels.x, y, width: levels.width, height });
    if (!label) return;
    this.#draw({
      id: `level-${label.text}`,
      kind: 'level',
      plane: 'page',
      x: 0,
      y,
      width: gutter,
      height: Math.min(height, ROW_WORDS),
      text: narrow ? label.short : label.text,
      note: narrow ? '' : label.note,
      isTall: height >= HEAD_FROM,
      data: { row: label.text },
    });
    if (label.score !== undefined) this.#drawScore(label.text, label.score, y + Math.min(height, ROW_WORDS) + 1);
  }

  /** A bar that grows towards a line, and past it: then a compaction is due. */
  #drawScore(of: string, score: number, y: number): void {
    const room = this.#frame.gutter - 2 * SCORE_INSET;
    this.#draw({
      id: `score-${of}`,
      kind: 'score',
      plane: 'page',
      family: 'table',
      x: SCORE_INSET,
      y,
      width: room,
      height: 4,
      bars: [[0, Math.round(Math.min(1, score / SCORE_MAX) * room)], [Math.round(room / SCORE_MAX)]],
      variant: score >= 1 ? 'due' : '',
      data: { score: score.toFixed(2) },
      label: `${of}: ${Math.round(score * 100)} % of what it may have${score >= 1 ? ', so a compaction is due' : ''}`,
    });
  }

  /** The keys of a compaction, from where its inputs lie down to where its outputs will. */
  #drawBand(rows: readonly PlacedRow[]): void {
    const { merge } = this.#view;
    if (this.#inputs.size === 0 || !merge?.smallest || !merge.largest) return;
    const levels = new Set([merge.from, merge.to]);
    const covered = rows.filter(({ level }) => level >= Math.min(...levels) && level <= Math.max(...levels));
    const first = covered[0];
    const last = covered.at(-1);
    if (!first || !last) return;
    const x = this.#axis.left(merge.smallest);
    this.#draw({
      id: 'band',
      kind: 'band',
      plane: 'page',
      x: x - 2,
      y: first.y - 2,
      width: this.#axis.right(merge.largest) - x + 4,
      height: last.y + last.height - first.y + 4,
    });
  }

  // ---- in memory

  #drawMemtable({ height, kind, y }: PlacedRow, memtable: MemtableView): void {
    const { levels } = this.#frame;
    const { bytes, count, entries, maxLsn, number } = memtable;
    const isWaiting = kind === 'waiting';
    const first = entries?.[0];
    const last = entries?.at(-1);
    const isEmpty = count === 0;
    const entriesText = plural(count, 'entry', 'entries');
    const x = first && last ? this.#axis.left(first.key) : levels.x;
    const width = first && last ? this.#axis.right(last.key) - x : isEmpty ? Math.min(90, levels.width) : levels.width;
    this.#draw({
      id: `memtable-${number}`,
      kind: 'memtable',
      plane: 'page',
      family: 'table',
      state: isEmpty ? 'pending' : 'memory',
      x,
      y,
      width: Math.max(BOX_MIN, width),
      height,
      text: isEmpty ? 'empty' : longestFit(width, [`${entriesText}, ${bytesText(bytes)}`, entriesText, `${count}`]),
      isTall: height >= HEAD_FROM,
      data: { memtable: number, entries: count },
      label: memtableWords(memtable, isWaiting),
      ...(maxLsn > 0 && { select: { kind: 'lsn', lsn: maxLsn } }),
      lit: this.#view.subject.part === 'memtable' && (!isWaiting || this.#view.flush !== undefined),
    });
    if (entries) this.#later.push(() => this.#drawEntries(`m${number}`, entries, { x, width }, y, height, undefined));
  }

  // ---- tables

  #drawTables(row: PlacedRow): void {
    const narrow: PlacedTable[] = [];
    let end = -Infinity;
    for (const table of row.tables) {
      const { width, x } = this.#spanOf(table, end);
      end = x + width;
      if (width >= BOX_MIN || this.#isInFocus(table)) this.#drawTable(row, table, { x, width });
      else narrow.push({ table, x, width });
    }
    this.#drawNarrow(row, narrow);
  }

  /** Where keys are points, two tables may meet in one. */
  #spanOf({ largest, smallest }: TableView, after: number): Span {
    const { levels } = this.#frame;
    if (!smallest || !largest) return { x: levels.x, width: Math.min(90, levels.width) };
    const x = Math.max(this.#axis.left(smallest), after);
    return { x, width: Math.max(0, this.#axis.right(largest) - x) };
  }

  #isInFocus({ id }: TableView): boolean {
    return this.#inputs.has(id) || this.#view.subject.tables.includes(id);
  }

  #drawTable({ height, kind, y }: PlacedRow, table: TableView, { width, x }: Span): void {
    const { bytes, count, entries, id, isFinished, tombstones } = table;
    const ranges = rangesOf(table, this.#view.extentBytes);
    const box = { x, y, width: Math.max(3, width - 1), height };
    this.#draw({
      id: `table-${id}`,
      kind: 'table',
      plane: 'page',
      family: 'table',
      state: this.#stateOf(table),
      ...box,
      text: longestFit(box.width, [`${table.table}`]),
      note: box.width > 74 && bytes > 0 ? bytesText(bytes) : '',
      variant: this.#inputs.has(id) ? 'input' : '',
      isTall: height >= HEAD_FROM,
      data: { table: table.table, level: table.level, entries: count, force: table.state },
      label: tableWords(table),
      ...(ranges.length > 0 && { ranges }),
      select: ranges[0] ? { kind: 'bytes', ...ranges[0] } : { kind: 'event', seq: table.changedAt },
      seq: table.changedAt,
      site: table.site,
      lit: this.#view.subject.tables.includes(id),
    });
    if (kind === 'shelf') return;
    if (entries && this.#isDetailed)
      this.#later.push(() => this.#drawEntries(`t${id}`, entries, box, y, height, table));
    else if (this.#isDetailed && isFinished && height >= HEAD_FROM) this.#drawUnread(id, count, box);
    else if (tombstones > 0 && height >= HEAD_FROM) this.#drawShare(id, tombstones / Math.max(1, count), box);
  }

  #stateOf({ damage, extents, isFinished, state }: TableView): MarkState {
    if (state === 'obsolete') return 'garbage';
    const first = extents[0] === undefined ? undefined : this.#view.extents.get(extents[0]);
    if (state === 'making') return !isFinished ? 'pending' : first?.isUnflushed === true ? 'handed' : 'durable';
    if (damage !== undefined || first?.spoiled !== undefined) return 'torn';
    return first?.isUnflushed === true ? 'handed' : 'durable';
  }

  /** An opening reads no table: nobody knows the entries of one that was there before. */
  #drawUnread(id: string, count: number, { height, width, x, y }: Span & { y: number; height: number }): void {
    const entries = plural(count, 'entry', 'entries');
    const text = longestFit(width - 8, [`${entries}, not read yet`, entries]);
    if (text === '') return;
    const box = { x: x + 5, y: y + HEAD + 1, width: width - 8, height: height - HEAD - 2 };
    this.#draw({ id: `unread-${id}`, kind: 'words', plane: 'page', ...box, text });
  }

  /** How much of a table deletes what lies below, where single entries cannot be drawn. */
  #drawShare(id: string, share: number, { height, width, x, y }: Span & { y: number; height: number }): void {
    const room = width - 4;
    this.#draw({
      id: `share-${id}`,
      kind: 'share',
      plane: 'page',
      family: 'table',
      state: 'garbage',
      x: x + 2,
      y: y + HEAD + 3,
      width: Math.max(1, room * share),
      height: Math.max(2, height - HEAD - 6),
    });
  }

  /** Tables too narrow for a box of their own: bars, darker the more they delete. */
  #drawNarrow(row: PlacedRow, tables: readonly PlacedTable[]): void {
    let group: PlacedTable[] = [];
    const end = (): void => {
      if (group.length > 0) this.#drawMass(row, group);
      group = [];
    };
    for (const one of tables) {
      const last = group.at(-1);
      if (last && one.x - (last.x + last.width) > BOX_MIN) end();
      group.push(one);
    }
    end();
  }

  #drawMass({ height, id, y }: PlacedRow, tables: readonly PlacedTable[]): void {
    const bars: number[][] = Array.from({ length: SHADES }, () => []);
    for (const { table, width, x } of tables) {
      const share = table.tombstones / Math.max(1, table.count);
      const from = Math.round(x);
      bars[Math.min(SHADES - 1, Math.floor(share * SHADES))]!.push(from, Math.max(from + 1, Math.round(x + width - 1)));
    }
    const first = tables[0]!;
    const last = tables.at(-1)!;
    this.#draw({
      id: `mass-${id}-${first.table.id}`,
      kind: 'mass',
      plane: 'page',
      family: 'table',
      x: first.x,
      y,
      width: Math.max(1, last.x + last.width - first.x),
      height,
      bars,
      data: { tables: tables.length },
      label: `${plural(tables.length, 'table')}, ${bytesText(sumBytes(tables.map(({ table }) => table)))}`,
    });
  }

  // ---- entries

  #drawEntries(
    owner: string,
    entries: readonly EntryView[],
    box: Span,
    y: number,
    height: number,
    table: TableView | undefined,
  ): void {
    if (entries.length === 0) return;
    const isTall = height >= HEAD_FROM;
    const from = isTall ? y + HEAD + 1 : y + height - TEETH - 1;
    const room = isTall ? height - HEAD - 3 : TEETH;
    // What is being written is there twice: in its own place, and here.
    const isCopy = table?.state === 'making';
    if (this.#hasCells && isTall && this.#axis.scale !== 'true') {
      for (const entry of entries) this.#drawCell(entry, from, room, isCopy);
    } else if (this.#isDetailed) this.#drawTeeth(owner, entries, box, from, room);
  }

  #drawCell(entry: EntryView, y: number, height: number, isCopy: boolean): void {
    const x = this.#axis.left(entry.key);
    const width = Math.max(2, this.#axis.right(entry.key) - x - 3);
    const isShadowed = this.#shadowed.has(entry.id);
    this.#draw({
      id: `${isCopy ? 'copy' : 'entry'}-${entry.id}`,
      kind: isCopy ? 'copy' : 'entry',
      plane: 'page',
      family: 'version',
      x: x + 1,
      y,
      width,
      height,
      text: fitted(keyText(entry.key), width, 5.4),
      isTombstone: entry.isTombstone,
      isShadowed,
      ...(isCopy && { copyOf: `entry-${entry.id}`, keepsSize: true }),
      data: { key: keyText(entry.key), lsn: entry.lsn },
      label: entryWords(entry, isShadowed),
      select: { kind: 'key', keyHex: entry.keyHex },
      lsn: entry.lsn,
      lit: !isCopy && this.#view.subject.entries.includes(entry.id),
    });
  }

  #drawTeeth(owner: string, entries: readonly EntryView[], box: Span, y: number, height: number): void {
    const live: number[] = [];
    const hidden: number[] = [];
    const tooth = this.#axis.slot >= TOOTH + 2 ? TOOTH : 1;
    for (const entry of entries) {
      const at = Math.round(Math.min(this.#axis.middle(entry.key) - tooth / 2, box.x + box.width - 1 - tooth));
      const spans = entry.isTombstone || this.#shadowed.has(entry.id) ? hidden : live;
      if ((spans.at(-1) ?? -1) <= at) spans.push(at, at + tooth);
    }
    const mark: Omit<Mark, 'id' | 'bars' | 'variant'> = {
      kind: 'teeth',
      plane: 'page',
      family: 'version',
      x: box.x,
      y,
      width: box.width,
      height,
    };
    this.#draw({ ...mark, id: `teeth-${owner}`, bars: [live, hidden] });
  }
}

const ROW_WORDS = 24;
const SCORE_INSET = 10;
/** Where the bar ends. */
const SCORE_MAX = 1.5;
