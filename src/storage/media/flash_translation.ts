/**
 * The flash translation layer: how a drive makes rewritable pages out of cells that are not.
 *
 * Flash programs a page only once; before it can be written again its whole erase block has to be erased. So a drive
 * writes every page to the next free place, remembers where it put it, and marks the old copy dead. When free blocks
 * run out it takes the block with the fewest live pages, moves those elsewhere and erases it (greedy cleaning).
 *
 *     block 0  [x . . x]   x live, . dead       cleaning moves 2, frees 4: for each 2 pages of the host 4 are
 *     block 1  [x x x x]                        written. That ratio is the drive's write amplification.
 *     block 2  [x x ▸    ] frontier
 *
 * For uniform random writes it depends only on the spare share (Xiang and Kurkoski 2012, with the Lambert W function;
 * Desnoyers 2012): a test holds this simulation to their figure. Left out: wear levelling, hot and cold frontiers of
 * real firmware, bad blocks, and a map that does not fit into memory.
 *
 *   F1  A logical page has at most one live copy, and map and reverse map say the same.
 *   F2  Live pages of a block equal its reverse entries; cleaning starts before the last free block is used.
 */
import { assert } from '../../base/assert';

const NOWHERE = -1;
/** Cleaning keeps this many blocks free: one to move pages into, one for the host. */
const FREE_BLOCKS_MIN = 2;

export interface FlashShape {
  readonly logicalPages: number;
  readonly pagesPerBlock: number;
  /** Flash beyond the logical pages, as a share of them. */
  readonly overProvisioning: number;
}

export class FlashTranslation {
  readonly logicalPages: number;
  readonly #pagesPerBlock: number;
  /** Logical page to place. */
  readonly #places: Int32Array;
  /** Place to logical page, if it is its live copy. */
  readonly #owners: Int32Array;
  readonly #live: Int32Array;
  /** 1: written whole, may be cleaned. */
  readonly #closed: Uint8Array;
  readonly #free: number[] = [];
  #hostNext = NOWHERE;
  #moveNext = NOWHERE;

  hostPages = 0;
  movedPages = 0;
  erases = 0;

  constructor({ logicalPages, pagesPerBlock, overProvisioning }: FlashShape) {
    this.logicalPages = logicalPages;
    this.#pagesPerBlock = pagesPerBlock;
    const blocks = Math.ceil((logicalPages * (1 + overProvisioning)) / pagesPerBlock) + FREE_BLOCKS_MIN;
    this.#places = new Int32Array(logicalPages).fill(NOWHERE);
    this.#owners = new Int32Array(blocks * pagesPerBlock).fill(NOWHERE);
    this.#live = new Int32Array(blocks);
    this.#closed = new Uint8Array(blocks);
    for (let block = blocks - 1; block >= 0; block--) this.#free.push(block);
  }

  get physicalPages(): number {
    return this.#owners.length;
  }

  write(logicalPage: number): void {
    assert(logicalPage >= 0 && logicalPage < this.logicalPages, 'the drive has this page');
    this.hostPages++;
    this.#kill(logicalPage);
    if (this.#hostNext === NOWHERE) {
      this.#clean();
      this.#hostNext = this.#takeBlock();
    }
    this.#hostNext = this.#put(logicalPage, this.#hostNext);
  }

  /** The host says that nobody needs the page any more. */
  trim(logicalPage: number): void {
    this.#kill(logicalPage);
    this.#places[logicalPage] = NOWHERE;
  }

  /** Every page written once, in order, at nobody's expense: a drive that is full. */
  fill(): void {
    for (let page = 0; page < this.logicalPages; page++) this.write(page);
    this.forget();
  }

  /** Starts counting anew. */
  forget(): void {
    this.hostPages = this.movedPages = this.erases = 0;
  }

  /** Live pages in each block that is written whole: what cleaning chooses from. */
  liveInClosedBlocks(): readonly number[] {
    return Array.from(this.#live).filter((_, block) => this.#closed[block] === 1);
  }

  /** F1, F2. */
  check(): void {
    const live = new Int32Array(this.#live.length);
    for (let place = 0; place < this.#owners.length; place++) {
      const owner = this.#owners[place]!;
      if (owner === NOWHERE) continue;
      assert(this.#places[owner] === place, 'F1: map and reverse map agree');
      live[Math.floor(place / this.#pagesPerBlock)]!++;
    }
    for (let block = 0; block < live.length; block++) assert(live[block] === this.#live[block], 'F2: live pages');
  }

  #clean(): void {
    while (this.#free.length < FREE_BLOCKS_MIN) {
      const victim = this.#victim();
      const begin = victim * this.#pagesPerBlock;
      for (let place = begin; place < begin + this.#pagesPerBlock; place++) {
        const page = this.#owners[place]!;
        if (page === NOWHERE) continue;
        this.#kill(page);
        if (this.#moveNext === NOWHERE) this.#moveNext = this.#takeBlock();
        this.#moveNext = this.#put(page, this.#moveNext);
        this.movedPages++;
      }
      this.#closed[victim] = 0;
      this.#free.unshift(victim); // Used again last: erases spread over the blocks.
      this.erases++;
    }
  }

  /** The closed block with the fewest live pages. */
  #victim(): number {
    let best = NOWHERE;
    for (let block = 0; block < this.#live.length; block++) {
      if (this.#closed[block] === 1 && (best === NOWHERE || this.#live[block]! < this.#live[best]!)) best = block;
    }
    assert(
      best !== NOWHERE && this.#live[best]! < this.#pagesPerBlock,
      'F2: spare room means a block with a dead page',
    );
    return best;
  }

  /** @returns the place of the next page in that block, or nowhere if it is written whole. */
  #put(page: number, place: number): number {
    const block = Math.floor(place / this.#pagesPerBlock);
    this.#places[page] = place;
    this.#owners[place] = page;
    this.#live[block]!++;
    if ((place + 1) % this.#pagesPerBlock !== 0) return place + 1;
    this.#closed[block] = 1;
    return NOWHERE;
  }

  #kill(page: number): void {
    const place = this.#places[page]!;
    if (place === NOWHERE) return;
    this.#owners[place] = NOWHERE;
    this.#live[Math.floor(place / this.#pagesPerBlock)]!--;
    this.#places[page] = NOWHERE;
  }

  #takeBlock(): number {
    const block = this.#free.pop();
    assert(block !== undefined, 'F2: a block is free');
    return block * this.#pagesPerBlock;
  }
}

/**
 * Write amplification of greedy cleaning under uniform random writes, for a large drive: with x the share of live
 * pages in the block that is cleaned, (x - 1) / ln x is the share of flash that holds data, and it is 1 / (1 - x).
 */
export function greedyWriteAmplification(overProvisioning: number): number {
  const utilization = 1 / (1 + overProvisioning);
  let low = 1e-12;
  let high = 1 - 1e-12;
  for (let i = 0; i < 200; i++) {
    const x = (low + high) / 2;
    if ((x - 1) / Math.log(x) < utilization) low = x;
    else high = x;
  }
  return 1 / (1 - low);
}
