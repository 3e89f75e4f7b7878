/**
 * One page as a glyph, wherever it stands in the tree:
 *
 *     ┌───────────────────────────────┐      the header: number, LSN, its state as everywhere
 *     │ 17                     LSN 12 │
 *     ├──────┬──────┬─────────┊───────┤      its cells in key order, each as wide as its bytes: what is left is free
 *     │ elm  │ fig  │         ┊       │
 *     ├▮▮▮───┴──────┴──────▒▒▒▒▒▒▒▒▒▒▒┤      the same bytes where they lie: header, slots, gap, cells from the end
 *     └───────────────────────────────┘
 */
import { toHex } from '../../../base/bytes';
import type { PageId } from '../../../base/ids';
import type { Box } from '../../marks/scene';
import { fileOf, placeOf, type PageView, type TreeView } from './model';
import { Spans } from '../../marks/bars';
import { type Cell, HEADER_BYTES, type PageBody, SLOT_BYTES, usableBytes, usedBytes } from './page_body';
import { cellWords, KIND_WORDS, pageState, pageWords } from './page_words';
import type { Mark } from './scene';
import { fitted, keyText } from '../../marks/units';

/** Even: half of it is filled where a page is handed over, and no pixel is to be half filled. */
export const HEADER = 16;
export const CELLS = 20;
const BYTES = 7;
/** So many cells, narrower on average than this, are one mark. */
const TEETH_FROM = 8;
const TOOTH_WIDTH_MAX = 5;
export const PAGE_HEIGHT = HEADER + CELLS + BYTES;

/** Draws the pages of one view. */
export class PageGlyphs {
  readonly #view: TreeView;
  readonly #pageBytes: number;
  readonly #usable: number;
  readonly #path: ReadonlySet<PageId>;
  readonly #lit: ReadonlySet<PageId>;
  readonly #litCells: ReadonlySet<string>;

  constructor(view: TreeView) {
    const { operation, subject } = view;
    this.#view = view;
    this.#pageBytes = view.tree?.pageBytes ?? 0;
    this.#usable = usableBytes(this.#pageBytes);
    this.#path = new Set(operation?.isOver === false ? operation.path : []);
    this.#lit = new Set(subject.pages);
    this.#litCells = new Set(subject.cells);
  }

  /** The page itself, without what is in it. */
  page(page: PageView, box: Box, kind: 'page' | 'mini'): Mark {
    const { body } = page;
    const used = usedBytes(body);
    const isKnown = page.state === 'known';
    const isRoot = page.page === this.#view.root;
    const isUnderfull = !isRoot && isKnown && body.kind !== 'overflow' && used < Math.floor(this.#usable / 3);
    const bytes = bytesOf(page, this.#view);
    return {
      id: `page-${page.id}`,
      kind,
      plane: 'page',
      family: 'page',
      state: pageState(page, this.#view),
      ...box,
      text: box.width > String(page.page).length * 6.6 + 5 ? String(page.page) : '',
      note: box.width > 96 ? noteOf(page) : '',
      variant: body.kind,
      fill: isKnown ? Math.min(1, used / this.#usable) : 0,
      isUnderfull,
      onPath: this.#path.has(page.page),
      slots: body.cells.length,
      headerWidth: HEADER_BYTES / this.#pageBytes,
      lit: this.#lit.has(page.page),
      ...(page.frame < 0 ? {} : { copyOf: `frame-${page.frame}-${page.id}` }),
      data: { page: page.page, level: body.level, cells: body.cells.length },
      select: selectionOf(page, this.#view),
      ...(bytes === undefined ? {} : { bytes }),
      site: page.site,
      seq: page.changedAt,
      lsn: body.lsn,
      label: `Page ${page.page}, ${isRoot ? 'the root, ' : ''}${KIND_WORDS[body.kind]}: ${pageWords(page, this.#view, this.#pageBytes)}`,
    };
  }

  /** What is in it, where there is room to see that and the page is not about to go. */
  cells(page: PageView, mark: Mark): readonly Mark[] {
    if (page.state !== 'known' || mark.state === 'torn' || page.body.kind === 'overflow' || page.isLeaving) return [];
    if (this.#isAboutCellsOf(page)) return this.#makeCells(page, mark);
    const known = drawnBefore.get(page);
    if (known?.x === mark.x && known.y === mark.y && known.width === mark.width) return known.cells;
    const cells = this.#areTeeth(page, mark) ? this.#makeTeeth(page, mark) : this.#makeCells(page, mark);
    if (drawnBefore.size >= DRAWN_MAX) drawnBefore.clear();
    drawnBefore.set(page, { x: mark.x, y: mark.y, width: mark.width, cells });
    return cells;
  }

  /** Cells of it move, or are pointed at, in this step or in the operation that it is part of. */
  #isAboutCellsOf({ body: { cells }, page }: PageView): boolean {
    const { operation } = this.#view;
    if (operation?.isOver === false && operation.changed.includes(page)) return true;
    const copy = this.#view.subject.copyOf?.cell;
    if (copy === undefined && this.#litCells.size === 0) return false;
    return cells.some(({ id }) => id === copy || this.#litCells.has(id));
  }

  #areTeeth({ body }: PageView, mark: Mark): boolean {
    return body.cells.length > TEETH_FROM && (mark.width - 2) / body.cells.length < TOOTH_WIDTH_MAX;
  }

  #makeCells({ body, page }: PageView, mark: Mark): Mark[] {
    const family = body.kind === 'inner' ? 'table' : 'page';
    const perByte = (mark.width - 2) / this.#usable;
    const mapPerByte = (mark.width - 2) / this.#pageBytes;
    const names = body.cells.map(({ key }) => keyText(key));
    const prefix = commonPrefix(names);
    const marks: Mark[] = [];
    const places: Mark[] = [];
    let at = mark.x + 1;
    body.cells.forEach((cell, slot) => {
      const width = (cell.cellBytes + SLOT_BYTES) * perByte;
      const words = names[slot]!;
      marks.push({
        id: `cell-${cell.id}`,
        kind: 'cell',
        plane: 'page',
        family,
        x: at,
        y: mark.y + HEADER,
        width: Math.max(1, width - 1),
        height: CELLS,
        text: fittedKey(words, prefix, width),
        variant: body.kind,
        ...this.#originOf(cell),
        lit: this.#litCells.has(cell.id),
        data: { key: words, slot, page },
        select: { kind: 'key', keyHex: toHex(cell.key) },
        label: cellWords(words, slot, cell, body.kind),
      });
      places.push({
        id: `bytes-${cell.id}`,
        kind: 'bytes',
        plane: 'page',
        family,
        x: mark.x + 1 + cell.at * mapPerByte,
        y: mark.y + HEADER + CELLS + 1,
        width: Math.max(0.75, cell.cellBytes * mapPerByte - 0.5),
        height: BYTES - 2,
        lit: false,
      });
      at += width;
    });
    // One kind after the other: a canvas that changes its colour for each box takes twice as long.
    return [...marks, ...places];
  }

  /** Cells too narrow for boxes that anybody could tell apart or point at: all of a page as one mark, and their bytes. */
  #makeTeeth({ body, id }: PageView, mark: Mark): Mark[] {
    const family = body.kind === 'inner' ? 'table' : 'page';
    const perByte = (mark.width - 2) / this.#usable;
    const mapPerByte = (mark.width - 2) / this.#pageBytes;
    const cells = new Spans();
    const places = new Spans();
    let at = mark.x + 1;
    for (const cell of body.cells) {
      const width = (cell.cellBytes + SLOT_BYTES) * perByte;
      cells.add(at, at + width - 1);
      at += width;
    }
    for (const cell of body.cells.toSorted((one, other) => one.at - other.at)) {
      const from = mark.x + 1 + cell.at * mapPerByte;
      places.add(from, from + cell.cellBytes * mapPerByte);
    }
    const box = { x: mark.x + 1, width: mark.width - 2, lit: false } as const;
    const all = { kind: 'teeth', plane: 'page', family, ...box } as const;
    return [
      { ...all, id: `teeth-${id}`, y: mark.y + HEADER + 1.5, height: CELLS - 2, bars: [cells.all] },
      { ...all, id: `places-${id}`, y: mark.y + HEADER + CELLS + 1, height: BYTES - 2, bars: [places.all] },
    ];
  }

  #originOf({ id }: Cell): Partial<Mark> {
    const copy = this.#view.subject.copyOf;
    return copy?.cell === id ? { copyOf: `cell-${copy.of}`, keepsSize: true } : { copyOf: 'incoming' };
  }
}

interface DrawnCells {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly cells: readonly Mark[];
}
/** Most pages stay what they were and where they were from one scene to the next. */
const drawnBefore = new Map<PageView, DrawnCells>();
const DRAWN_MAX = 128;

function noteOf({ body, state }: PageView): string {
  return state === 'known' ? `LSN ${body.lsn}` : 'not read';
}

/** The bytes of a page are where it lies: those of an older self, if its newest is in memory only. */
function bytesOf(page: PageView, view: TreeView): Mark['bytes'] {
  const extent = page.extent ?? view.map.get(page.page)?.extent;
  if (extent === undefined) return undefined;
  const from = placeOf(extent, view.extentBytes);
  return { file: fileOf(extent), from, to: from + (view.tree?.pageBytes ?? 0) };
}

export function selectionOf(page: PageView, view: TreeView): NonNullable<Mark['select']> {
  const bytes = bytesOf(page, view);
  if (bytes === undefined) return { kind: 'event', seq: page.changedAt };
  return { kind: 'bytes', file: bytes.file as 'data_0', from: bytes.from, to: bytes.to };
}

/** Where the pointer to a child leaves its parent: behind the separator, or at the left edge. */
export function childX(mark: Mark, slot: number, { cells }: PageBody, pageBytes: number): number {
  if (mark.kind !== 'page') return mark.x + mark.width / 2;
  const perByte = (mark.width - 2) / usableBytes(pageBytes);
  let x = mark.x + 4;
  for (let i = 0; i <= slot && i < cells.length; i++) x += (cells[i]!.cellBytes + SLOT_BYTES) * perByte;
  return Math.min(mark.x + mark.width - 2, slot < 0 ? x : x - 4);
}

/** Letters that all of several names begin with; of one alone, none. */
function commonPrefix([first = '', ...others]: readonly string[]): number {
  return others.reduce(
    (shortest, name) => {
      let same = 0;
      while (same < shortest && name[same] === first[same]) same++;
      return same;
    },
    others.length === 0 ? 0 : first.length,
  );
}

/** A key that does not fit shows what tells it from its neighbours. */
function fittedKey(words: string, prefix: number, width: number): string {
  const whole = fitted(words, width);
  return whole === words || prefix < 2
    ? whole
    : fitted(`…${words.slice(prefix)}`, width) || fitted(words.slice(prefix), width);
}
