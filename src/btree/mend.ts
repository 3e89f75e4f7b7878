/**
 * Putting right what damage kept from being put right at the time.
 *
 * A page that cannot be read stops no operation on others. But some of them have a word for it, or need one from it:
 *
 *     a long value goes       [ page 31 | damaged | page 33 ]    33 cannot be found, so the chain keeps its pages
 *     a leaf is split         [a c] [e g] -> [k m] damaged       [k m] goes on linking left to [a c]
 *     a leaf is emptied       [ ] between damaged neighbours     nobody to be joined with
 *
 * Whoever leaves such a thing behind notes it in the shape of the tree, which goes into the next root: so it is known in
 * later lives too. The damage may be gone by then (a device that failed for a while, a page that was part of what was
 * deleted), or may stay. Before each checkpoint the tree is walked; if every page can be read, pages that nothing
 * reaches are freed, links to the left corrected, empty pages joined. Until then whoever goes backwards walks by the
 * parents (`walk.ts`), and `check` does not hold the tree to T1, the left half of S3, and S4.
 *
 *   M1  Nothing is freed unless every page of the tree was read: what seems out of reach may hang on a damaged one.
 */
import { EMPTY_BYTES } from '../base/bytes';
import { isEngineError } from '../base/errors';
import { pageId, type PageId } from '../base/ids';
import type { TraceSink } from '../base/trace';
import type { BTreeEvent } from './events';
import { pagesOfChain } from './overflow';
import { childAt, keyAt, leftOf, NO_PAGE, slotCount, valueAt, type ValuePlace } from './page';
import type { Pager } from './pager';
import type { Tree } from './tree';

export class Mending {
  readonly #pager: Pager;
  readonly #tree: Tree;
  readonly #trace: TraceSink<BTreeEvent> | null;
  /** The damaged page that the last attempt ended at. */
  #endedAt: PageId = NO_PAGE;

  constructor(pager: Pager, tree: Tree, trace: TraceSink<BTreeEvent> | null) {
    this.#pager = pager;
    this.#tree = tree;
    this.#trace = trace;
  }

  /**
   * Mends the tree, if that is needed and can be done.
   *
   * @throws EngineError read_failed, and what a change throws
   */
  run(): void {
    const { shape } = this.#tree;
    if (!shape.needsMending || this.#isStillDamaged()) return;
    const survey = this.#survey();
    if (!survey) return;
    const { emptyPages, reached, staleLeaves } = survey;
    const freed = this.#pager.pages().filter((page) => reached[page] !== 1);
    for (const page of freed) this.#pager.free(page);
    for (const { left, page } of staleLeaves) this.#tree.relink(page, left);
    for (const { from, level } of emptyPages) this.#tree.rebalanceAt(from, level);
    shape.needsMending = false;
    this.#trace?.emit({ kind: 'btree.tree_mended', freed, relinked: staleLeaves.map(({ page }) => page) });
  }

  /** One read tells, in most cases, what a walk would come to. */
  #isStillDamaged(): boolean {
    if (this.#endedAt === NO_PAGE || !this.#pager.exists(this.#endedAt)) return false;
    return this.#unlessDamaged(() => this.#pager.read(this.#endedAt, true)) === undefined;
  }

  /** M1: undefined if a page is damaged. */
  #survey(): Survey | undefined {
    this.#endedAt = NO_PAGE;
    return this.#unlessDamaged(() => new Survey(this.#pager, this.#tree));
  }

  #unlessDamaged<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      if (!isEngineError(error, 'page_damaged')) throw error;
      this.#endedAt = pageId(error.place.page ?? NO_PAGE);
      return undefined;
    }
  }
}

/** The whole tree, walked once. */
class Survey {
  /** By page: 1 if something leads to it. */
  readonly reached: Uint8Array;
  readonly staleLeaves: { readonly page: PageId; readonly left: PageId }[] = [];
  /** Lower levels first: joining their children may empty, or fill, those above. */
  readonly emptyPages: { readonly level: number; readonly from: Uint8Array }[] = [];
  readonly #pager: Pager;
  readonly #height: number;
  readonly #value: ValuePlace = { at: 0, length: 0, overflow: NO_PAGE };
  #lastLeaf: PageId = NO_PAGE;

  constructor(pager: Pager, { shape: { height, root } }: Tree) {
    this.#pager = pager;
    this.#height = height;
    this.reached = new Uint8Array(pager.length);
    this.#visit(root, height - 1, EMPTY_BYTES);
    this.emptyPages.sort((a, b) => a.level - b.level);
  }

  /** `from`: no key of the page is smaller. */
  #visit(page: PageId, level: number, from: Uint8Array): void {
    this.reached[page] = 1;
    const bytes = this.#pager.read(page, true).slice();
    const slots = slotCount(bytes);
    if (slots === 0 && this.#height > 1) this.emptyPages.push({ level, from });
    if (level === 0) this.#visitLeaf(page, bytes);
    else for (let i = -1; i < slots; i++) this.#visit(childAt(bytes, i), level - 1, i < 0 ? from : keyAt(bytes, i));
  }

  #visitLeaf(page: PageId, bytes: Uint8Array): void {
    if (leftOf(bytes) !== this.#lastLeaf) this.staleLeaves.push({ page, left: this.#lastLeaf });
    this.#lastLeaf = page;
    for (let slot = 0; slot < slotCount(bytes); slot++) {
      valueAt(bytes, slot, this.#value);
      const { length, overflow } = this.#value;
      if (overflow === NO_PAGE) continue;
      const chain = pagesOfChain(overflow, length, this.#pager.pageBytes, (each) => this.#pager.read(each, true));
      for (const each of chain) this.reached[each] = 1;
    }
  }
}
