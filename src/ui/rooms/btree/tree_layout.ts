/** The logical tree: a row of page glyphs for each level, the root on top, the leaves linked below. */
import { toHex } from '../../../base/bytes';
import type { PageId } from '../../../base/ids';
import type { PageView, TreeView } from './model';
import { type Level, orderOf, type TreeOrder } from './order';
import { freeBytes, NO_PAGE, SLOT_BYTES, usableBytes } from './page_body';
import { CELLS, childX, HEADER, PAGE_HEIGHT, PageGlyphs } from './page_glyph';
import { drawRun } from './page_runs';
import type { Draw, Frame, Mark } from './scene';
import { shareWidth, type Share } from './shares';
import { digits, fitted, keyText, plural } from '../../marks/units';
import type { Zoom } from './zoom';

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

/** A page that has a box, and its place among those of its level. */
interface Boxed {
  readonly index: number;
  readonly mark: Mark;
}

class TreeLayout {
  readonly #view: TreeView;
  readonly #frame: Frame;
  readonly #draw: Draw;
  readonly #pageBytes: number;
  readonly #order: TreeOrder;
  readonly #glyphs: PageGlyphs;
  readonly #focus: ReadonlySet<PageId>;
  readonly #boxes = new Map<PageId, Mark>();
  /** Of each level, left to right: the few pages of thousands that have a box. */
  readonly #boxed: Boxed[][] = [];
  /** By page number: what the middle of a page is at; of a tree of thousands, a map would cost more than the rest. */
  readonly #middles: Float64Array;
  readonly #from: number;
  readonly #width: number;

  constructor(view: TreeView, frame: Frame, zoom: Zoom, draw: Draw) {
    this.#view = view;
    this.#frame = frame;
    this.#draw = draw;
    this.#pageBytes = view.tree!.pageBytes;
    this.#order = orderOf(view);
    this.#glyphs = new PageGlyphs(view);
    this.#focus = focusOf(view);
    this.#middles = new Float64Array(view.pages.end).fill(NaN);
    const { tree } = frame;
    this.#width = tree.width * zoom.factor;
    const most = this.#width - tree.width;
    this.#from = tree.x - Math.min(most, Math.max(0, zoom.centre * this.#width - tree.width / 2));
  }

  draw(): void {
    const { chains, levels, unseen } = this.#order;
    const { tree } = this.#frame;
    const rows = Math.max(1, levels.length);
    const chainHeight = chains.length > 0 ? CHAIN + CHAIN_GAP : 0;
    const spare = tree.height - 16 - chainHeight - rows * PAGE_HEIGHT;
    // On whole pixels: there paint and elements are one picture.
    const gap = rows > 1 ? Math.floor(Math.min(LEVEL_GAP_MAX, Math.max(LEVEL_GAP_MIN, spare / (rows - 1)))) : 0;
    const used = rows * PAGE_HEIGHT + (rows - 1) * gap + chainHeight;
    const top = tree.y + 8 + Math.floor(Math.max(0, Math.min(60, (tree.height - 16 - used) / 2)));
    levels.forEach((row, level) => {
      const y = top + (rows - 1 - level) * (PAGE_HEIGHT + gap);
      this.#drawLevel(row, level, y);
    });
    levels.forEach((row, level) => {
      if (level < rows - 1) this.#drawEdges(row, level);
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

  #drawLevel(row: Level, level: number, y: number): void {
    const { shares, runs } = shareWidth({
      count: row.count,
      focus: this.#focusIn(row),
      from: this.#from,
      width: this.#width,
      fullMax: FULL_MAX,
      fullMin: FULL_MIN,
      middleOf: level === 0 ? undefined : (index) => this.#middleOfChildren(this.#pageAt(row, index)),
    });
    this.#boxed[level] = [];
    for (const share of shares) this.#drawShare(this.#pageAt(row, share.index), share, level, y);
    for (const run of runs) {
      const each = run.width / (run.to - run.from);
      for (let index = run.from; index < run.to; index++)
        this.#middles[row.page(index)] = run.x + (index - run.from + 0.5) * each;
      const mark = drawRun(this.#view, this.#order, row, run, { level, window: this.#frame.tree, y });
      if (mark) this.#draw(mark);
    }
  }

  #pageAt(row: Level, index: number): PageView {
    return this.#view.pages.get(row.page(index))!;
  }

  #focusIn(row: Level): number[] {
    const indices = [...this.#focus].map((page) => row.indexOf(page));
    return indices.filter((index) => index >= 0).sort((one, other) => one - other);
  }

  #middleOfChildren({ body }: PageView): number | undefined {
    const first = this.#middles[body.left] ?? NaN;
    const last = this.#middles[body.cells.at(-1)?.child ?? body.left] ?? NaN;
    if (Number.isNaN(first)) return Number.isNaN(last) ? undefined : last;
    return Number.isNaN(last) ? first : (first + last) / 2;
  }

  #isInside(x: number, width: number): boolean {
    const { tree } = this.#frame;
    return x + width >= tree.x - 1 && x <= tree.x + tree.width + 1;
  }

  #drawShare(page: PageView, { index, size, width, x }: Share, level: number, y: number): void {
    this.#middles[page.page] = x + width / 2;
    if (!this.#isInside(x, width)) return;
    const mark = this.#glyphs.page(page, { x, y, width, height: PAGE_HEIGHT }, size === 'full' ? 'page' : 'mini');
    this.#boxes.set(page.page, mark);
    this.#boxed[level]!.push({ index, mark });
    this.#draw(mark);
    if (size === 'full') for (const cell of this.#glyphs.cells(page, mark)) this.#draw(cell);
  }

  // ---- lines between pages

  #drawEdges(row: Level, level: number): void {
    for (const { index, mark: below } of this.#boxed[level]!) {
      const parent = row.parent(index);
      const above = this.#boxes.get(parent);
      if (!above) continue;
      const x1 = childX(above, row.slot(index), this.#view.pages.get(parent)!.body, this.#pageBytes);
      this.#draw({
        id: `edge-${this.#pageAt(row, index).id}`,
        kind: 'edge',
        plane: 'page',
        x: x1,
        y: above.y + PAGE_HEIGHT,
        width: below.x + below.width / 2 - x1,
        height: below.y - above.y - PAGE_HEIGHT,
        variant: below.onPath === true && above.onPath === true ? 'path' : '',
      });
    }
  }

  #drawLinks(leaves: Level): void {
    for (const { index, mark: left } of this.#boxed[0]!) {
      const page = this.#pageAt(leaves, index);
      const next = index + 1 < leaves.count ? leaves.page(index + 1) : NO_PAGE;
      const right = this.#boxes.get(next);
      if (left.kind !== 'page' || right === undefined || page.body.right !== next) continue;
      const x = left.x + left.width;
      this.#draw({
        id: `link-${page.id}`,
        kind: 'link',
        plane: 'page',
        x,
        y: left.y + HEADER / 2,
        width: right.x - x,
        height: 0,
      });
    }
  }

  #drawTitle(row: Level, level: number, y: number, rows: number): void {
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
      note: narrow ? digits(row.count) : plural(row.count, 'page'),
    });
  }

  // ---- long values

  #drawChains(chains: TreeOrder['chains'], y: number): void {
    let least = this.#frame.tree.x;
    for (const { leaf, pages } of chains) {
      const above = this.#boxes.get(leaf);
      if (above?.kind !== 'page') continue;
      let x = Math.max(least, above.x);
      let before: Mark = above;
      for (const page of pages) {
        const mark = this.#glyphs.page(page, { x, y, width: 34, height: CHAIN }, 'mini');
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
