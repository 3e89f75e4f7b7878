/**
 * The chain of one key, as it lies in the index: versions side by side, the newest first. There are no pointers: a read is one
 * search that lands on the version it wants, and a scan goes from record to record, each step a hop.
 *
 *     LSN 9  LSN 5  LSN 3  LSN 2
 *     [ d  ][ c   ][ b   ][ a   ]
 *      └hop──┘└hop──▲
 *
 * Other engines keep a chain of another form. Two of them are drawn as a model, of the same versions, to count their steps:
 *   delta  the newest as it is, and for each older one what differs, a pointer from each to the next
 *   undo   the newest in the place of the row, older ones in an undo log, to which it points
 */
import { toHex } from '../../../base/bytes';
import { digits, fitted, keyText, plural } from '../../marks/units';
import { drawVerdicts, type UnderCells } from './chain_verdicts';
import { stateOf } from './durability';
import { roleOf } from './garbage';
import { pageOf, recordKeyOf } from './records';
import { watermarkOf, type ChainView, type HopView, type MvccView, type TraceOfRead, type VersionView } from './model';
import type { Draw, Frame, Mark } from './scene';
import type { Sizes } from './sizes';
import { strayText, strayWords, valueText, versionWords } from './words';

/** Where a line says in which pages they lie. */
const PAGES = 12;
/** Under a hop. */
const HOP_NUMBER = 7;
export const chainHeight = ({ tree }: MvccView, { cell, way }: Sizes): number =>
  TITLE + TITLE_GAP + cell + way + (tree.tree === undefined ? 0 : PAGES);
export const STORAGES = ['records', 'delta', 'undo'] as const;
/** How versions of a key hang together: as in this engine, or a model of another one. */
export type Storage = (typeof STORAGES)[number];

const TITLE = 15;
const TITLE_GAP = 4;
const CELL_MAX = 96;
const CELL_MIN = 30;
const POINTER = 18;
/** They stand at the right end of the title. */
export const SWITCHES = 262;
const LETTER = 5.8;

export interface ChainInput {
  readonly view: MvccView;
  readonly chain: ChainView | undefined;
  readonly frame: Frame;
  readonly storage: Storage;
  /** Whose reads are counted in a model. */
  readonly at: number;
}

export function drawChain({ at, chain, frame, storage, view }: ChainInput, draw: Draw): void {
  const { chain: box, sizes } = frame;
  const { cell } = sizes;
  const name = chain ? keyText(chain.key) : '';
  const count = chain?.versions.length ?? 0;
  const read = storage === 'records' && view.read?.keyHex === chain?.keyHex ? view.read : undefined;
  draw({
    id: 'title-chain',
    kind: 'title',
    plane: 'page',
    x: 0,
    y: box.y,
    width: box.x + box.width - SWITCHES,
    height: TITLE,
    text: chain ? titleOf(storage, fitted(name, 90, 6), frame.narrow) : 'Chain of versions',
    note: chain && !frame.narrow ? noteOf(read, chain, storage, at) : '',
  });
  if (!chain || count === 0) {
    const text = 'Read or write a key, or select one: its versions lie here side by side.';
    draw({ id: 'chain-none', kind: 'words', plane: 'page', ...box, y: box.y + TITLE + TITLE_GAP, height: 14, text });
    return;
  }
  const gap = storage === 'records' ? 0 : POINTER;
  const width = Math.min(CELL_MAX, Math.max(CELL_MIN, Math.floor(box.width / count) - gap));
  const shown = Math.min(count, Math.max(1, Math.floor((box.width + gap) / (width + gap))));
  const cells = chain.versions.slice(0, shown < count ? shown - 1 : shown);
  const placeOf = (index: number): Mark['x'] => box.x + index * (width + gap);
  cells.forEach((version, index) => {
    drawCell(
      view,
      chain,
      version,
      index,
      { x: placeOf(index), y: box.y + TITLE + TITLE_GAP, width, height: cell },
      storage,
      draw,
    );
    if (gap > 0 && index > 0)
      drawPointer(version, placeOf(index) - gap, box.y + TITLE + TITLE_GAP + cell / 2, gap, storage, draw);
  });
  if (shown < count) {
    const text = `+${digits(count - cells.length)}`;
    const more = { x: placeOf(cells.length) + 4, y: box.y + TITLE + 10, width: CELL_MIN, height: 12 };
    draw({ id: 'chain-more', kind: 'note', plane: 'page', ...more, text, label: `${text} older versions` });
  }
  const under: Under = { x: placeOf, width, y: box.y + TITLE + TITLE_GAP + cell, way: sizes.way };
  if (storage === 'records') drawPages(view, cells, under, draw);
  if (read) new Way(view, read, cells, under, draw).draw();
  else if (storage === 'records') drawVerdicts(view, cells, under, draw);
  else drawModelWay(cells, at, placeOf, width, under.y, draw);
}

const titleOf = (storage: Storage, name: string, narrow: boolean): string => {
  if (narrow) return storage === 'records' ? `Chain of ${name}` : `Model: ${name}`;
  if (storage === 'records') return `Chain of ${name}, as it lies in the index`;
  return `Model, not this engine: ${name} ${storage === 'delta' ? 'as deltas' : 'with an undo log'}`;
};

function noteOf(read: TraceOfRead | undefined, { versions }: ChainView, storage: Storage, at: number): string {
  if (storage !== 'records') {
    const steps = versions.findIndex(({ lsn }) => lsn <= at);
    return steps < 0 ? '' : `a read as of ${at} follows ${plural(steps, 'pointer')}`;
  }
  if (!read) return plural(versions.length, 'version');
  if (read.stray) return `wrong: read ${strayText(read.stray)}`;
  const hops = read.hops.length === 0 ? 'one search, no hop' : plural(read.hops.length, 'hop');
  return `read as of ${read.at}: ${hops}${read.skips > 0 ? `, ${plural(read.skips, 'jump')}` : ''}`;
}

/** The page or the block that has the record; empty for an index in memory. */
function placeText(view: MvccView, { key }: VersionView, lsn: number, told: string): string {
  const found = view.tree.tree && pageOf(view.tree, key, lsn);
  if (!found) return told;
  return `page ${found.page}, ${found.isInMemory ? 'in memory' : 'in its file'}`;
}

type Place = Pick<Mark, 'x' | 'y' | 'width' | 'height'>;

function drawCell(
  view: MvccView,
  chain: ChainView,
  version: VersionView,
  index: number,
  place: Place,
  storage: Storage,
  draw: Draw,
): void {
  const role = roleOf(chain, index, watermarkOf(view));
  const isWhole = storage === 'records' || index === 0;
  const text = isWhole
    ? valueText(version)
    : storage === 'delta'
      ? `Δ ${valueText(version)}`
      : `undo ${valueText(version)}`;
  draw({
    id: `cell-${version.id}`,
    kind: 'cell',
    plane: 'page',
    family: 'version',
    state: stateOf(view, version, role),
    ...place,
    text: place.width > 40 ? fitted(text, place.width - 30, LETTER) : '',
    note: String(version.lsn),
    variant: storage,
    isTombstone: version.isTombstone,
    data: { chain: keyText(version.key), lsn: version.lsn, role },
    lsn: version.lsn,
    seq: version.seq,
    site: version.site,
    select: { kind: 'key', keyHex: toHex(recordKeyOf(version.key, version.lsn)) },
    lit: view.subject.versions.includes(version.id),
    label: `${versionWords(version, role, false)}${whereWords(placeText(view, version, version.lsn, ''))}`,
  });
}

const whereWords = (place: string): string => (place === '' ? '' : ` It lies in ${place}.`);

function drawPointer(
  version: VersionView,
  x: number,
  middle: number,
  width: number,
  storage: Storage,
  draw: Draw,
): void {
  draw({
    id: `pointer-${version.id}`,
    kind: 'pointer',
    plane: 'page',
    x: x + 1,
    y: middle - 4,
    width: width - 2,
    height: 8,
    variant: storage,
  });
}

interface Under extends UnderCells {
  /** How high what is under them may be. */
  readonly way: number;
}

/** Which leaf has them: said at the first of each. */
function drawPages(view: MvccView, cells: readonly VersionView[], { way, width, x, y }: Under, draw: Draw): void {
  if (!view.tree.tree) return;
  let last: number | undefined;
  cells.forEach(({ id, key, lsn }, index) => {
    const page = pageOf(view.tree, key, lsn)?.page;
    if (page === undefined || page === last) return;
    last = page;
    draw({
      id: `page-${id}`,
      kind: 'note',
      plane: 'page',
      x: x(index) + 1,
      y: y + way,
      width: Math.min(width, 60),
      height: 12,
      text: width > 44 ? `page ${page}` : String(page),
      data: { page },
    });
  });
}

/** Hops and the landing of a read, under the cells. */
class Way {
  readonly #view: MvccView;
  readonly #read: TraceOfRead;
  readonly #cells: readonly VersionView[];
  readonly #x: (index: number) => number;
  readonly #width: number;
  readonly #y: number;
  readonly #hopHeight: number;
  readonly #draw: Draw;

  constructor(
    view: MvccView,
    read: TraceOfRead,
    cells: readonly VersionView[],
    { way, width, x, y }: Under,
    draw: Draw,
  ) {
    this.#view = view;
    this.#read = read;
    this.#cells = cells;
    this.#x = x;
    this.#width = width;
    this.#y = y;
    this.#hopHeight = way - HOP_NUMBER;
    this.#draw = draw;
  }

  draw(): void {
    this.#read.hops.forEach((hop, number) => this.#hop(hop, number));
    const { found, lsn, place } = this.#read;
    if (found === undefined || lsn === undefined) return;
    const index = this.#cells.findIndex((one) => one.lsn === lsn);
    if (index < 0) return;
    const where = this.#where(lsn, place);
    this.#jump(index);
    this.#draw({
      id: 'landing',
      kind: 'landing',
      plane: 'page',
      x: this.#middle(index) - 5,
      y: this.#y + 2,
      width: 10,
      height: 10,
      variant: found,
      data: { landing: lsn, found },
      lit: true,
      label: this.#read.stray
        ? `Wrong: the read found ${strayWords(this.#read.stray)}.`
        : `The version that the read wants: commit ${lsn}${where}.`,
    });
  }

  /** From the version passed over to its neighbour. */
  #hop({ lsn, place, why }: HopView, number: number): void {
    const index = this.#cells.findIndex((one) => one.lsn === lsn);
    if (index < 0) return;
    const step = this.#width;
    const where = this.#where(lsn, place);
    this.#draw({
      id: `hop-${number}`,
      kind: 'hop',
      plane: 'page',
      x: this.#middle(index),
      y: this.#y + 2,
      width: step,
      height: this.#hopHeight,
      text: String(number + 1),
      variant: why,
      data: { hop: number + 1, lsn, why },
      label: `Hop ${number + 1}: over commit ${lsn}, ${why === 'newer' ? 'newer than the snapshot' : 'older than what was read'}${where}.`,
    });
  }

  /** After some hops it is cheaper to search again: over what was not looked at. */
  #jump(landing: number): void {
    const { hops, skips } = this.#read;
    const last = hops.filter(({ why }) => why === 'newer').at(-1);
    const from = last ? this.#cells.findIndex((one) => one.lsn === last.lsn) + 1 : -1;
    if (skips === 0 || from <= 0 || from >= landing) return;
    this.#draw({
      id: 'jump',
      kind: 'hop',
      plane: 'page',
      x: this.#middle(from),
      y: this.#y + 2,
      width: this.#middle(landing) - this.#middle(from),
      height: this.#hopHeight,
      variant: 'jump',
      data: { jump: landing - from },
      label: `A search in place of more hops: over ${plural(landing - from, 'version')} that nobody looked at.`,
    });
  }

  #where(lsn: number, told: string): string {
    const version = this.#cells.find((one) => one.lsn === lsn);
    const place = version ? placeText(this.#view, version, lsn, told) : told;
    return place === '' ? '' : `; it lies in ${place}`;
  }

  #middle(index: number): number {
    return this.#x(index) + this.#width / 2;
  }
}

/** In a model every read begins at the newest version and follows pointers to its own. */
function drawModelWay(
  cells: readonly VersionView[],
  at: number,
  x: (index: number) => number,
  width: number,
  y: number,
  draw: Draw,
): void {
  const index = cells.findIndex(({ lsn }) => lsn <= at);
  if (index < 0) return;
  draw({
    id: 'landing',
    kind: 'landing',
    plane: 'page',
    x: x(index) + width / 2 - 5,
    y: y + 2,
    width: 10,
    height: 10,
    variant: 'value',
    data: { landing: cells[index]!.lsn, found: 'model' },
    label: `Model: a read as of ${at} follows ${plural(index, 'pointer')} to get here.`,
  });
}
