/**
 * The logical tree: a row of page glyphs for each level, the root on top, the leaves linked below.
 *
 *     ┌───────────────────────────────┐      the header: number, LSN, its state as everywhere
 *     │ 17                     LSN 12 │
 *     ├──────┬──────┬─────────┊───────┤      its cells in key order, each as wide as its bytes: what is left is free
 *     │ elm  │ fig  │         ┊       │
 *     ├▮▮▮───┴──────┴──────▒▒▒▒▒▒▒▒▒▒▒┤      the same bytes where they lie: header, slots, gap, cells from the end
 *     └───────────────────────────────┘
 */
import type { PageId } from '../../../base/ids';
import { toHex } from '../../../base/bytes';
import { damagedExtent, damageWords, heldWords } from './damage';
import { orderOf, type Placed } from './order';
import { freeBytes, HEADER_BYTES, SLOT_BYTES, usableBytes, usedBytes, type PageBody } from './page_body';
import { placeOf, type PageView, type TreeView } from './model';
import { barPaths } from './bars';
import type { Draw, Frame, Mark } from './scene';
import type { MarkState } from '../../marks/states';
import { type Run, shareWidth, type Share } from './shares';
import { digits, fitted, keyText, percent, plural } from './units';

export interface Zoom {
  /** How many times wider than the window the tree is. */
  readonly factor: number;
  /** What stands in the middle of the window, 0 to 1. */
  readonly centre: number;
}
export const NO_ZOOM: Zoom = { factor: 1, centre: 0.5 };

const HEADER = 15;
const CELLS = 20;
const BYTES = 7;
export const PAGE_HEIGHT = HEADER + CELLS + BYTES;
const CHAIN = 20;
const CHAIN_GAP = 16;
const LEVEL_GAP_MIN = 26;
const LEVEL_GAP_MAX = 64;
const FULL_MAX = 250;
const FULL_MIN = 74;

export function treeHeight(view: TreeView, gap = LEVEL_GAP_MIN): number {
  const { chains, levels } = orderOf(view);
  const rows = Math.max(1, levels.length);
  return 8 + rows * PAGE_HEIGHT + (rows - 1) * gap + (chains.length > 0 ? CHAIN + CHAIN_GAP : 0) + 8;
}

export function drawTree(view: TreeView, frame: Frame, zoom: Zoom, draw: Draw): void {
  if (view.tree === undefined) {
    drawNothing(view, frame, draw);
    return;
  }
  new TreeLayout(view, frame, zoom, draw).draw();
}

function drawNothing(view: TreeView, { tree }: Frame, draw: Draw): void {
  const text = view.hasFormat ? 'This store has no tree: its index is a map in memory.' : 'No store yet.';
  draw({ id: 'nothing', kind: 'note', plane: 'page', ...tree, y: tree.y + 24, height: 20, text, label: text });
}

class TreeLayout {
  readonly #view: TreeView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #pageBytes: number;
  readonly #path: ReadonlySet<PageId>;
  readonly #focus: ReadonlySet<PageId>;
  readonly #lit: ReadonlySet<PageId>;
  readonly #litCells: ReadonlySet<string>;
  readonly #boxes = new Map<PageId, Mark>();
  readonly #middles = new Map<PageId, number>();
  readonly #from: number;
  readonly #width: number;

  constructor(view: TreeView, frame: Frame, zoom: Zoom, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    this.#pageBytes = view.tree!.pageBytes;
    const { operation, subject } = view;
    this.#path = new Set(operation?.path);
    this.#lit = new Set(subject.pages);
    this.#litCells = new Set(subject.cells);
    this.#focus = focusOf(view);
    const { tree } = frame;
    this.#width = tree.width * zoom.factor;
    const most = this.#width - tree.width;
    this.#from = tree.x - Math.min(most, Math.max(0, zoom.centre * this.#width - tree.width / 2));
  }

  draw(): void {
    const { chains, levels, unseen } = orderOf(this.#view);
    const { tree } = this.#frame;
    const rows = Math.max(1, levels.length);
    const chainHeight = chains.length > 0 ? CHAIN + CHAIN_GAP : 0;
    const spare = tree.height - 16 - chainHeight - rows * PAGE_HEIGHT;
    const gap = rows > 1 ? Math.min(LEVEL_GAP_MAX, Math.max(LEVEL_GAP_MIN, spare / (rows - 1))) : 0;
    const used = rows * PAGE_HEIGHT + (rows - 1) * gap + chainHeight;
    const top = tree.y + 8 + Math.max(0, Math.min(60, (tree.height - 16 - used) / 2));
    levels.forEach((row, level) => {
      const y = top + (rows - 1 - level) * (PAGE_HEIGHT + gap);
      this.#drawLevel(row, level, y);
    });
    levels.forEach((row, level) => {
      if (level < rows - 1) this.#drawEdges(row);
      this.#drawTitle(row, level, top + (rows - 1 - level) * (PAGE_HEIGHT + gap), rows);
    });
    if (levels[0]) this.#drawLinks(levels[0]);
    this.#drawChains(chains, top + rows * PAGE_HEIGHT + (rows - 1) * gap + CHAIN_GAP);
    this.#drawOperation();
    if (unseen > 0) this.#note(`${plural(unseen, 'page')} in the files that nobody has read since the tree was opened`);
  }

  #note(text: string): void {
    const { tree } = this.#frame;
    this.#draw({
      id: 'unseen',
      kind: 'note',
      plane: 'page',
      x: tree.x,
      y: tree.y + tree.height - 14,
      width: tree.width,
      height: 12,
      text,
      label: text,
    });
  }

  // ---- one level

  #drawLevel(row: readonly Placed[], level: number, y: number): void {
    const { shares, runs } = shareWidth({
      count: row.length,
      isFocus: (index) => this.#focus.has(row[index]!.page.page),
      from: this.#from,
      width: this.#width,
      fullMax: FULL_MAX,
      fullMin: FULL_MIN,
      middleOf: level === 0 ? undefined : (index) => this.#middleOfChildren(row[index]!.page),
    });
    for (const share of shares) this.#drawShare(row[share.index]!, share, y);
    for (const run of runs) this.#drawRun(row, run, level, y);
  }

  #middleOfChildren({ body }: PageView): number | undefined {
    const first = this.#middles.get(body.left);
    const last = this.#middles.get(body.cells.at(-1)?.child ?? body.left);
    if (first === undefined || last === undefined) return first ?? last;
    return (first + last) / 2;
  }

  #isInside(x: number, width: number): boolean {
    const { tree } = this.#frame;
    return x + width >= tree.x - 1 && x <= tree.x + tree.width + 1;
  }

  #drawShare({ page }: Placed, { size, width, x }: Share, y: number): void {
    this.#middles.set(page.page, x + width / 2);
    if (!this.#isInside(x, width)) return;
    const mark = this.#pageMark(page, { x, y, width, height: PAGE_HEIGHT }, size === 'full' ? 'page' : 'mini');
    this.#boxes.set(page.page, mark);
    this.#draw(mark);
    if (size === 'full' && page.state === 'known' && mark.state !== 'torn' && page.body.kind !== 'overflow')
      this.#drawCells(page, mark);
  }

  #pageMark(page: PageView, box: { x: number; y: number; width: number; height: number }, kind: 'page' | 'mini'): Mark {
    const { body } = page;
    const state = pageState(page, this.#view);
    const used = usedBytes(body, this.#pageBytes);
    const fill = Math.min(1, used / usableBytes(this.#pageBytes));
    const under = Math.floor(usableBytes(this.#pageBytes) / 3);
    const isRoot = page.page === this.#view.root;
    const isUnderfull = !isRoot && page.state === 'known' && body.kind !== 'overflow' && used < under;
    const select = this.#selectionOf(page);
    const bytes = this.#bytesOf(page);
    const comesFrom = page.frame >= 0 ? `frame-${page.frame}-${page.id}` : undefined;
    return {
      id: `page-${page.id}`,
      kind,
      plane: 'page',
      family: 'page',
      state,
      ...box,
      text: box.width > String(page.page).length * 6.6 + 5 ? String(page.page) : '',
      note:
        box.width > 96 && page.state === 'known'
          ? `LSN ${body.lsn}`
          : box.width > 96 && page.state === 'unread'
            ? 'not read'
            : '',
      variant: body.kind,
      fill: page.state === 'known' ? fill : 0,
      isUnderfull,
      onPath: this.#path.has(page.page) && this.#view.operation?.isOver === false,
      slots: body.cells.length,
      headerWidth: HEADER_BYTES / this.#pageBytes,
      lit: this.#lit.has(page.page),
      ...(comesFrom === undefined ? {} : { copyOf: comesFrom }),
      data: { page: page.page, level: body.level, cells: body.cells.length, state: page.state, kind: body.kind },
      select,
      ...(bytes === undefined ? {} : { bytes }),
      site: page.site,
      seq: page.changedAt,
      lsn: body.lsn,
      label: `Page ${page.page}, ${isRoot ? 'the root, ' : ''}${KIND_WORDS[body.kind]}: ${pageWords(page, this.#view, this.#pageBytes)}`,
    };
  }

  /** The bytes of a page are where it lies: those of an older self, if its newest is in memory only. */
  #bytesOf(page: PageView): Mark['bytes'] {
    const extent = page.extent ?? this.#view.map.get(page.page)?.extent;
    if (extent === undefined) return undefined;
    const from = placeOf(extent, this.#view.extentBytes);
    return { file: extent % 2 === 0 ? 'data_0' : 'data_1', from, to: from + this.#pageBytes };
  }

  #selectionOf(page: PageView): NonNullable<Mark['select']> {
    const bytes = this.#bytesOf(page);
    if (bytes === undefined) return { kind: 'event', seq: page.changedAt };
    return { kind: 'bytes', file: bytes.file as 'data_0', from: bytes.from, to: bytes.to };
  }

  // ---- what is in a page

  #drawCells(page: PageView, mark: Mark): void {
    const { body } = page;
    const usable = usableBytes(this.#pageBytes);
    const inner = mark.width - 2;
    const perByte = inner / usable;
    const mapPerByte = inner / this.#pageBytes;
    let at = mark.x + 1;
    const leaving = page.isLeaving;
    const prefix = commonPrefix(body);
    body.cells.forEach((cell, slot) => {
      const width = (cell.cellBytes + SLOT_BYTES) * perByte;
      const copy = this.#view.subject.copyOf;
      const isCopy = copy?.cell === cell.id;
      const words = keyText(cell.key);
      if (!leaving) {
        this.#draw({
          id: `cell-${cell.id}`,
          kind: 'cell',
          plane: 'page',
          family: body.kind === 'inner' ? 'table' : 'page',
          x: at,
          y: mark.y + HEADER,
          width: Math.max(1, width - 1),
          height: CELLS,
          text: fittedKey(words, prefix, width),
          variant: body.kind,
          ...(isCopy ? { copyOf: `cell-${copy.of}`, keepsSize: true } : { copyOf: 'incoming' }),
          lit: this.#litCells.has(cell.id),
          data: { key: words, slot, page: page.page },
          select: { kind: 'key', keyHex: toHex(cell.key) },
          label: cellWords(words, slot, cell.cellBytes, body, cell.child),
        });
        this.#draw({
          id: `bytes-${cell.id}`,
          kind: 'bytes',
          plane: 'page',
          family: body.kind === 'inner' ? 'table' : 'page',
          x: mark.x + 1 + cell.at * mapPerByte,
          y: mark.y + HEADER + CELLS + 1,
          width: Math.max(0.75, cell.cellBytes * mapPerByte - 0.5),
          height: BYTES - 2,
          lit: false,
        });
      }
      at += width;
    });
  }

  // ---- pages too small for a box

  #drawRun(row: readonly Placed[], run: Run, level: number, y: number): void {
    const count = run.to - run.from;
    const each = run.width / count;
    const { tree } = this.#frame;
    // What is outside the window is not drawn; several pages a pixel become one bar.
    const first = Math.max(run.from, run.from + Math.floor((tree.x - run.x) / each));
    const end = Math.min(run.to, run.from + Math.ceil((tree.x + tree.width - run.x) / each));
    const usable = usableBytes(this.#pageBytes);
    let sum = 0;
    for (let index = run.from; index < run.to; index++) {
      const { page } = row[index]!;
      this.#middles.set(page.page, run.x + (index - run.from + 0.5) * each);
    }
    const shadeOf = (begin: number, stop: number): number => {
      let filled = 0;
      for (let index = first + begin; index < first + stop; index++) {
        const { page } = row[index]!;
        filled += page.state === 'known' ? usedBytes(page.body, this.#pageBytes) / usable : 0;
      }
      sum += filled;
      return Math.min(4, Math.floor((filled / (stop - begin)) * 5));
    };
    if (end <= first) return;
    const x = run.x + (first - run.from) * each;
    const paths = barPaths({ x, y, height: PAGE_HEIGHT, each, count: end - first, shades: 5, shadeOf });
    const from = Math.max(run.x, tree.x);
    const to = Math.min(run.x + run.width, tree.x + tree.width);
    const mean = sum / Math.max(1, end - first);
    this.#draw({
      id: `mass-${level}-${row[run.from]!.page.id}`,
      kind: 'mass',
      plane: 'page',
      family: 'page',
      x: from,
      y,
      width: Math.max(1, to - from),
      height: PAGE_HEIGHT,
      bars: { paths },
      text: to - from > 90 ? digits(count) : '',
      data: { pages: count },
      select: this.#selectionOf(row[Math.floor((first + end) / 2)]!.page),
      label: `${plural(count, 'page')} of level ${level}, ${percent(mean)} full on average. Zoom in to see each.`,
    });
  }

  // ---- lines between pages

  #drawEdges(row: readonly Placed[]): void {
    for (const { page, parent, slot } of row) {
      const below = this.#boxes.get(page.page);
      const above = this.#boxes.get(parent);
      if (!below || !above) continue;
      const x1 = childX(above, slot, this.#view.pages.get(parent)!.body, this.#pageBytes);
      const onPath = below.onPath === true && above.onPath === true;
      this.#draw({
        id: `edge-${page.id}`,
        kind: 'edge',
        plane: 'page',
        x: x1,
        y: above.y + PAGE_HEIGHT,
        width: below.x + below.width / 2 - x1,
        height: below.y - above.y - PAGE_HEIGHT,
        variant: onPath ? 'path' : '',
      });
    }
  }

  #drawLinks(leaves: readonly Placed[]): void {
    for (let index = 0; index + 1 < leaves.length; index++) {
      const left = this.#boxes.get(leaves[index]!.page.page);
      const right = this.#boxes.get(leaves[index + 1]!.page.page);
      if (
        left?.kind !== 'page' ||
        right === undefined ||
        leaves[index]!.page.body.right !== leaves[index + 1]!.page.page
      )
        continue;
      const x = left.x + left.width;
      this.#draw({
        id: `link-${leaves[index]!.page.id}`,
        kind: 'link',
        plane: 'page',
        x,
        y: left.y + HEADER / 2,
        width: right.x - x,
        height: 0,
      });
    }
  }

  #drawTitle(row: readonly Placed[], level: number, y: number, rows: number): void {
    const { narrow } = this.#frame;
    const name = level === 0 ? 'leaves' : level === rows - 1 ? 'root' : `level ${level}`;
    this.#draw({
      id: `level-${level}`,
      kind: 'level',
      plane: 'page',
      x: 0,
      y,
      width: this.#frame.gutter,
      height: PAGE_HEIGHT,
      text: rows === 1 ? 'root' : name,
      note: narrow ? digits(row.length) : plural(row.length, 'page'),
    });
  }

  // ---- long values

  #drawChains(chains: ReturnType<typeof orderOf>['chains'], y: number): void {
    let least = this.#frame.tree.x;
    for (const { leaf, pages } of chains) {
      const above = this.#boxes.get(leaf);
      if (above?.kind !== 'page') continue;
      let x = Math.max(least, above.x);
      let before: Mark = above;
      for (const page of pages) {
        const mark = this.#pageMark(page, { x, y, width: 34, height: CHAIN }, 'mini');
        if (!this.#isInside(x, 34)) break;
        const isFirst = before === above;
        const from = isFirst ? x + 17 : before.x + before.width;
        this.#draw({
          id: `edge-${page.id}`,
          kind: 'edge',
          plane: 'page',
          x: from,
          y: isFirst ? above.y + PAGE_HEIGHT : y + CHAIN / 2,
          width: isFirst ? 0 : x - from,
          height: isFirst ? y - above.y - PAGE_HEIGHT : 0,
          variant: 'chain',
        });
        this.#draw(mark);
        before = mark;
        x += 40;
      }
      least = x + 6;
    }
  }

  /** A separator that has left its page and is not in the one above yet. */
  #drawCarried(): void {
    const { carried } = this.#view.pending;
    const page = carried && this.#boxes.get(carried.from);
    if (!carried || page?.kind !== 'page') return;
    const words = keyText(carried.key);
    this.#draw({
      id: `cell-${carried.id}`,
      kind: 'cell',
      plane: 'page',
      family: 'table',
      x: page.x + page.width - 20,
      y: page.y - CELLS - 3,
      width: 44,
      height: CELLS,
      text: fitted(words, 44) === words ? words : fitted(`…${words.slice(-3)}`, 44),
      variant: 'inner',
      lit: true,
      data: { key: words },
      label: `Separator ${words}, on its way up`,
    });
  }

  // ---- the operation under way

  #drawOperation(): void {
    const { operation } = this.#view;
    if (!operation || operation.isOver) return;
    const leaf = this.#boxes.get(operation.path.at(-1)!);
    if (leaf?.kind !== 'page') return;
    const root = operation.path[0];
    const rootLife = root === undefined ? undefined : this.#view.pages.get(root)?.id;
    const words = keyText(operation.key);
    const verb = { get: 'get', put: 'put', delete: 'delete', seek: 'from' }[operation.purpose];
    const text = `${verb} ${words.length > 18 ? `…${words.slice(-16)}` : words}`;
    this.#draw({
      id: 'token',
      kind: 'token',
      plane: 'page',
      family: 'transaction',
      x: leaf.x + 2,
      y: leaf.y - 19,
      width: Math.min(140, text.length * 6.4 + 14),
      height: 16,
      text,
      keepsSize: true,
      copyOf: `page-${rootLife}`,
      select: { kind: 'key', keyHex: toHex(operation.key) },
      label: `The operation under way: ${text}`,
    });
    this.#drawCarried();
    const { overfull } = operation;
    if (!overfull) return;
    const page = this.#boxes.get(overfull.page);
    const body = this.#view.pages.get(overfull.page)?.body;
    if (!page || !body) return;
    const perByte = (page.width - 2) / usableBytes(this.#pageBytes);
    const free = freeBytes(body, this.#pageBytes);
    this.#draw({
      id: 'incoming',
      kind: 'incoming',
      plane: 'page',
      family: 'page',
      x: page.x + page.width - 1 - free * perByte,
      y: page.y + HEADER,
      width: (overfull.cellBytes + SLOT_BYTES) * perByte,
      height: CELLS,
      // How much of it the page still has room for.
      fill: Math.max(0, Math.min(1, free / (overfull.cellBytes + SLOT_BYTES))),
      text: words,
      lit: true,
      label: `${words} needs ${overfull.cellBytes + SLOT_BYTES} bytes, page ${overfull.page} has ${free} free`,
    });
  }
}

/** The pages that stay full size, however many there are: the way, and what the step is about. */
function focusOf(view: TreeView): ReadonlySet<PageId> {
  const focus = new Set<PageId>();
  const { operation, subject } = view;
  for (const page of operation?.path ?? []) focus.add(page);
  for (const page of operation?.changed.slice(0, 8) ?? []) focus.add(page);
  for (const page of subject.pages.slice(0, 4)) focus.add(page);
  focus.add(view.root);
  return focus;
}

/** Letters that all keys of the page begin with. */
function commonPrefix({ cells }: PageBody): number {
  if (cells.length < 2) return 0;
  const first = keyText(cells[0]!.key);
  return cells.reduce((shortest, { key }) => {
    const words = keyText(key);
    let same = 0;
    while (same < shortest && words[same] === first[same]) same++;
    return same;
  }, first.length);
}

/** A key that does not fit shows what tells it from its neighbours. */
function fittedKey(words: string, prefix: number, width: number): string {
  const whole = fitted(words, width);
  return whole === words || prefix < 2
    ? whole
    : fitted(`…${words.slice(prefix)}`, width) || fitted(words.slice(prefix), width);
}

/** Where the pointer to a child leaves its parent: behind the separator, or at the left edge. */
function childX(mark: Mark, slot: number, body: PageBody, pageBytes: number): number {
  if (mark.kind !== 'page') return mark.x + mark.width / 2;
  const perByte = (mark.width - 2) / usableBytes(pageBytes);
  let x = mark.x + 4;
  for (let i = 0; i <= slot && i < body.cells.length; i++) x += (body.cells[i]!.cellBytes + SLOT_BYTES) * perByte;
  return Math.min(mark.x + mark.width - 2, slot < 0 ? x : x - 4);
}

/** Durable and current; written and not named yet; in memory only; or no more part of the tree. */
export function pageState(page: PageView, view: TreeView): MarkState {
  if (page.isLeaving) return 'garbage';
  if (page.extent === undefined) return 'memory';
  if (damagedExtent(page, view)) return 'torn';
  if (page.state === 'unread') return 'pending';
  const extent = view.extents.get(page.extent);
  return extent?.state === 'written' || extent?.state === 'spilled' ? 'handed' : 'durable';
}

const KIND_WORDS: Readonly<Record<PageBody['kind'], string>> = {
  leaf: 'leaf',
  inner: 'inner page',
  overflow: 'overflow page',
  map: 'map page',
  copies: 'list of copies',
};
const STATE_WORDS: Readonly<Record<MarkState, string>> = {
  memory: 'its newest state is in memory only',
  handed: 'written to the file, not named by a superblock yet',
  durable: 'durable and current',
  pending: 'on disk, not read since the tree was opened',
  torn: 'damaged on disk',
  garbage: 'emptied, about to be freed',
};

export function pageWords(page: PageView, view: TreeView, pageBytes: number): string {
  const state = STATE_WORDS[pageState(page, view)];
  const damage = damagedExtent(page, view);
  if (damage) {
    const [takes, what] = [damage.found ? 'takes' : 'would take', heldWords(view, page.page)];
    return `${damageWords(damage)}; that ${takes} ${what}, and nothing else`;
  }
  if (page.state !== 'known') return state;
  if (page.body.kind === 'overflow') return `${plural(page.body.valueBytes, 'byte')} of a value; ${state}`;
  const used = usedBytes(page.body, pageBytes);
  const what =
    page.body.kind === 'inner'
      ? plural(page.body.cells.length + 1, 'child', 'children')
      : plural(page.body.cells.length, 'key');
  return `${what}, ${used} of ${usableBytes(pageBytes)} bytes used (${percent(used / usableBytes(pageBytes))}), LSN ${page.body.lsn}; ${state}`;
}

function cellWords(words: string, slot: number, bytes: number, body: PageBody, child: PageId | undefined): string {
  if (body.kind === 'inner') return `Separator ${words}: from here on, page ${child}. ${bytes} bytes, slot ${slot}`;
  return `${words}: ${bytes} bytes, slot ${slot}`;
}
